# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

from ..client import B2BFamilyError


class B2BFamilyLetter(models.Model):
    """A letter that the author hands over by another channel, as a tracked link."""

    _inherit = "b2b.family.letter"

    link = fields.Char(
        "Tracked Link",
        readonly=True,
        copy=False,
        help="Who opens it reads the letter; Odoo then shows it as opened.",
    )

    def _make_link(self):
        """Have the service make a link to this letter instead of sending it.

        :raise UserError: the service refused or cannot be reached
        """
        self.ensure_one()
        with self.env["b2b.family.service"]._errors_for_user():
            for error in self.attachment_ids._upload_missing().values():
                raise error
            self.link = self._call("generate_link", self._prepare_outgoing())
        self.write({"state": "linked", "sent_date": fields.Datetime.now()})
        self._learn_ref()
        self._schedule_sync()

    def _learn_ref(self):
        """Ask for the service's id of the letter: the answer with the link has none.

        If it cannot be told now, it is asked for each time the letter is asked about.
        """
        try:
            self.ref = self._call("find", self.key)
        except B2BFamilyError:
            self.ref = False
