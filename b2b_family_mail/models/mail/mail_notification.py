# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from odoo.addons.mail.tools.discuss import Store

from ..letter.state import STATUSES

READERS = ("b2b_family_mail.group_user", "base.group_system")
MANAGERS = "b2b_family_mail.group_manager"
STORE_FIELDS = (
    "b2b_state",
    "b2b_open_date",
    "b2b_open_unclear",
    "b2b_attachment_opened",
)


class MailNotification(models.Model):
    """What the chatter shows of a letter, beside core's own status.

    Copies, written by ``b2b.family.letter._update_notifications()``: a chatter
    reads them with the rest of the row, without any query of their own. Core lets
    every employee read, search, make and write notifications, so these fields are
    closed to all of them; the web client is handed what is for its user.
    """

    _inherit = "mail.notification"

    b2b_state = fields.Selection(
        STATUSES, "B2B Status", readonly=True, groups=fields.NO_ACCESS
    )
    b2b_open_date = fields.Datetime(
        "First Opened On", readonly=True, groups=fields.NO_ACCESS
    )
    b2b_open_unclear = fields.Boolean(
        "Opened, but by Whom", readonly=True, groups=fields.NO_ACCESS
    )
    b2b_attachment_opened = fields.Boolean(
        "Attachment Opened", readonly=True, groups=fields.NO_ACCESS
    )
    b2b_company_id = fields.Many2one(
        "res.company", readonly=True, groups=fields.NO_ACCESS, index=False
    )

    def _to_store_defaults(self, target):
        defaults = super()._to_store_defaults(target)
        return defaults + self._b2b_store(target.get_user(self.env))

    @api.model
    def _b2b_may_be_told(self, user):
        """Tell whether ``user`` writes letters, or is an administrator."""
        # sudo: news for them may be caused by somebody outside
        user = user.sudo()
        return bool(user) and any(user.has_group(group) for group in READERS)

    @api.model
    def _b2b_store(self, user):
        """Return what the web client of ``user`` is told of the letters.

        That is for their author, and for the managers of their company. Nothing
        where there is no letter: a message that is being posted has none yet, and its
        answer must not say so, for it may arrive later than what is told once they
        are sent.
        """
        if not self._b2b_may_be_told(user):
            return []
        author = user.sudo().partner_id
        companies = user.sudo().company_ids
        if not user.sudo().has_group(MANAGERS):
            companies = companies.browse()

        def is_told(row):
            # sudo: the fields are closed to everybody, and this decides for whom not
            row = row.sudo()
            return row.b2b_state and (
                row.author_id == author or row.b2b_company_id in companies
            )

        return [Store.Attr(name, predicate=is_told, sudo=True) for name in STORE_FIELDS]

    def _b2b_show(self):
        """Let the open screens of the authors show what is new."""
        for author, notifications in self.grouped("author_id").items():
            user = author.main_user_id
            if news := notifications._b2b_store(user):
                store = Store(bus_channel=user)
                fields_to_show = ["notification_status", *news]
                store.add(notifications, fields_to_show).bus_send()
