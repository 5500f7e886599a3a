# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from ..state import RANK, READ_STATES


class B2BFamilyLetter(models.Model):
    """How the chatter gets to know what became of the letters of a message."""

    _inherit = "b2b.family.letter"

    @api.model_create_multi
    def create(self, vals_list):
        letters = super().create(vals_list)
        letters._update_notifications()
        return letters

    def _notify_screens(self):
        self._update_notifications()
        return super()._notify_screens()

    def _update_notifications(self):
        """Copy what is known of the letters to the notifications of their messages.

        The open screens of the authors show it at once, those of others when
        they load the message.
        """
        shown = self._in_chatter()
        if not shown:
            return
        # sudo: copies, written by the system whoever causes the news
        notifications = (
            self.env["mail.notification"]
            .sudo()
            .search(
                [
                    ("mail_message_id", "in", shown.message_id.ids),
                    "|",
                    ("res_partner_id", "in", shown.partner_id.ids),
                    ("mail_email_address", "in", shown.mapped("email")),
                ]
            )
        )
        if not notifications:
            return
        letters = self._with_twins().grouped(
            lambda lt: (lt.message_id, lt.partner_id.id or lt.email)
        )
        updated = notifications.browse()
        for notification in notifications:
            recipient = (
                notification.res_partner_id.id or notification.mail_email_address
            )
            if own := letters.get((notification.mail_message_id, recipient)):
                notification.write(own._prepare_notification())
                updated |= notification
        updated._b2b_show()

    def _in_chatter(self):
        """Return the letters whose messages may have notifications, by their mails.

        Core marks the mails that it makes for notifications.
        """
        self.mail_id.fetch(["is_notification"])
        return self.filtered(lambda lt: not lt.mail_id or lt.mail_id.is_notification)

    def _notifications(self):
        """Return the notifications of the recipients of these letters."""
        notifications = self.env["mail.notification"].sudo()  # sudo: see above
        found = notifications.browse()
        for letter in self.filtered("message_id"):
            recipient = (
                ("res_partner_id", "=", letter.partner_id.id)
                if letter.partner_id
                else ("mail_email_address", "=", letter.email or "")
            )
            message = ("mail_message_id", "=", letter.message_id.id)
            found |= notifications.search([message, recipient])
        return found

    def _with_twins(self):
        """Return the letters and those to other addresses of the same partners."""
        return self | self.search(
            [
                ("message_id", "in", self.message_id.ids),
                ("partner_id", "in", self.partner_id.ids),
            ]
        )

    def _prepare_notification(self):
        """Return the values of the one notification that stands for the letters."""
        opened = self.filtered(lambda letter: letter.state in READ_STATES)
        dates = list(filter(None, self.mapped("first_open_date")))
        return {
            "b2b_state": max(self, key=lambda letter: RANK[letter.state]).status,
            "b2b_open_date": min(dates, default=False),
            "b2b_open_unclear": set(opened.mapped("open_verdict")) == {"unclear"},
            "b2b_attachment_opened": any(self.attachment_ids.mapped("opened")),
            "b2b_company_id": self.company_id[:1].id,
        }
