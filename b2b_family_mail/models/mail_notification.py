# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from odoo.addons.mail.tools.discuss import Store

from .b2b_family_letter import STATES

READERS = "b2b_family_mail.group_user,base.group_system"
STORE_FIELDS = ("b2b_state", "b2b_open_date", "b2b_attachment_opened")


class MailNotification(models.Model):
    """What the chatter shows of a letter, beside core's own status.

    Copies, written by ``b2b.family.letter._update_notifications()``: a chatter
    reads them with the rest of the row, without any query of their own.
    """

    _inherit = "mail.notification"

    b2b_state = fields.Selection(STATES, "B2B Status", readonly=True, groups=READERS)
    b2b_open_date = fields.Datetime("First Opened On", readonly=True, groups=READERS)
    b2b_attachment_opened = fields.Boolean(
        "Attachment Opened", readonly=True, groups=READERS
    )

    def _to_store_defaults(self, target):
        defaults = super()._to_store_defaults(target)
        # What readers do is for those to know who write letters.
        user = target.get_user(self.env)
        return defaults + (self._b2b_store() if self._b2b_is_shown(user) else [])

    @api.model
    def _b2b_is_shown(self, user):
        # sudo: news for them may be caused by somebody outside
        user = user.sudo()
        return bool(user) and any(user.has_group(group) for group in READERS.split(","))

    def _b2b_store(self):
        """Return what the web client needs of the letters; nothing where none is.

        A message that is being posted has no letters yet. Its answer must not
        say so: it may arrive later than what is told once they are sent.
        """
        return [
            # sudo: who is told may see it, whoever it was that caused the news
            Store.Attr(name, predicate=lambda row: row.sudo().b2b_state, sudo=True)
            for name in STORE_FIELDS
        ]

    def _b2b_show(self):
        """Let the open screens of the authors show what is new."""
        for author, notifications in self.grouped("author_id").items():
            user = author.main_user_id
            if self._b2b_is_shown(user):
                store = Store(bus_channel=user)
                fields_to_show = ["notification_status", *notifications._b2b_store()]
                store.add(notifications, fields_to_show).bus_send()
