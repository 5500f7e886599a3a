# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

from odoo import fields, models
from odoo.exceptions import UserError

from ....runtime import let_go, rollback, transact
from .claim import CLAIM_MINUTES

_logger = logging.getLogger(__name__)


class B2BFamilyLetter(models.Model):
    """A letter that the author hands over by another channel, as a tracked link.

    That one is being made is committed before the service is called: the letter is
    ``linked`` and has no link. Whoever presses the button again meanwhile is told so;
    if who was at it has died, the next press makes the link.
    """

    _inherit = "b2b.family.letter"

    link = fields.Char(
        "Tracked Link",
        readonly=True,
        copy=False,
        help="Who opens it reads the letter; Odoo then shows it as opened.",
    )

    def _is_link_missing(self):
        return self.state == "linked" and not self.link

    def _begin_link_again(self):
        """Take over a link that nobody makes any more.

        :raise UserError: somebody may still be at it
        """
        begun_long_ago = self._minutes_ago(CLAIM_MINUTES)
        recent = self.claim_date and self.claim_date > begun_long_ago
        if recent or not self.try_lock_for_update():
            raise UserError(
                self.env._(
                    "The link is being made. If it is not here in %(minutes)s minutes, "
                    "press the button again.",
                    minutes=CLAIM_MINUTES,
                )
            )
        self.claim_date = fields.Datetime.now()

    def _make_link(self):
        """Have the service make a link to this letter instead of sending it.

        :raise UserError: the service refused or cannot be reached; the letter is none
            any more, and its mail a draft
        """
        self.ensure_one()
        begun = self.claim_date
        let_go(self.env)
        try:
            with self._carrier()._errors_for_user():
                link, ref = self._carrier()._make_link(self)
        except Exception:
            rollback(self.env)
            transact(self.env, lambda: self._take_back(begun))
            raise
        transact(self.env, lambda: self._take_link(begun, link, ref))

    def _take_link(self, begun, link, ref):
        """Write down the link, unless somebody else has begun to make one since."""
        ours = self._still_ours(begun)
        if not ours:
            _logger.info("Letter %s: a link came too late", self.ids)
            return
        ours.ref = ref
        ours._set_linked(link)
        ours._accepted(ours.browse())

    def _take_back(self, begun):
        """Make the mail a draft again: no link could be made."""
        ours = self._still_ours(begun)
        mail = ours.mail_id
        ours.unlink()
        if mail:
            mail.state = "b2b_draft"

    def _still_ours(self, begun):
        """Return the letter if it is there, and nobody else makes its link."""
        return self.exists().filtered(
            lambda lt: lt._is_link_missing() and lt.claim_date == begun
        )
