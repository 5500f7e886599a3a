# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

from odoo.addons.mail.tools.discuss import Store

from .b2b_family_letter import STATES

STORE_FIELDS = ("b2b_state", "b2b_open_date", "b2b_attachment_opened")


class MailNotification(models.Model):
    """What the chatter shows of a letter, beside core's own status.

    Copies, written by ``b2b.family.letter._update_notifications()``: a chatter
    reads them with the rest of the row, without any query of their own.
    """

    _inherit = "mail.notification"

    b2b_state = fields.Selection(
        STATES, "B2B Status", readonly=True, groups="base.group_user"
    )
    b2b_open_date = fields.Datetime(
        "First Opened On", readonly=True, groups="base.group_user"
    )
    b2b_attachment_opened = fields.Boolean(
        "Attachment Opened", readonly=True, groups="base.group_user"
    )

    def _to_store_defaults(self, target):
        defaults = super()._to_store_defaults(target)
        # What readers do is for the company to know, not for other readers.
        return defaults + (self._b2b_store() if target.is_internal(self.env) else [])

    def _b2b_store(self):
        """Return what the web client needs of the letters; nothing where none is.

        A message that is being posted has no letters yet. Its answer must not
        say so: it may arrive later than what is told once they are sent.
        """
        return [
            Store.Attr(name, predicate=lambda notification: notification.b2b_state)
            for name in STORE_FIELDS
        ]

    def _b2b_show(self):
        """Let the open screens of the authors show what is new."""
        for author, notifications in self.grouped("author_id").items():
            user = author.main_user_id
            if user._is_internal():
                store = Store(bus_channel=user)
                fields_to_show = ["notification_status", *notifications._b2b_store()]
                store.add(notifications, fields_to_show).bus_send()
