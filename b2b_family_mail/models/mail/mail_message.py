# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models
from odoo.exceptions import AccessError

from .mail_mail_guard import OF_MESSAGE


class MailMessage(models.Model):
    """The message of a letter is not changed behind the back of the letter."""

    _inherit = "mail.message"

    def write(self, vals):
        trusted = self.env["mail.mail"]._b2b_is_trusted()
        if not trusted and self._b2b_behind_letters():
            # Sent ones are frozen, and drafts are own ones or not to be written.
            self._b2b_check_drafts(vals)
        return super().write(vals)

    def unlink(self):
        if not self.env["mail.mail"]._b2b_is_trusted():
            self._b2b_check_no_letter()
        # sudo: the letters are written by the system
        letters = self.env["b2b.family.letter"].sudo()
        letters.search([("message_id", "in", self.ids)])._let_go_of_text()
        return super().unlink()

    def _b2b_behind_letters(self):
        """Return those of the messages that a letter, or the draft of one, hangs on."""
        # sudo: whether it is a letter decides, whoever's letter it is
        messages = self.sudo()
        mails = self.env["mail.mail"].sudo()
        drafts = mails.search_fetch(
            [("mail_message_id", "in", self.ids), ("b2b_send", "=", True)],
            ["mail_message_id"],
        )
        letters = self.env["b2b.family.letter"].sudo()
        sent = letters.search_fetch([("message_id", "in", self.ids)], ["message_id"])
        return messages & (drafts.mail_message_id | sent.message_id)

    def _b2b_check_no_letter(self):
        """Raise AccessError if one of the messages is a letter's."""
        if self._b2b_behind_letters():
            raise AccessError(
                self.env._(
                    "This message is a letter sent via B2B: what it says is "
                    "kept as the recipient got it."
                )
            )

    def _b2b_check_drafts(self, vals):
        """Raise AccessError unless the letters are drafts that the user may write."""
        mails = self.env["mail.mail"]
        mails._b2b_check_values(vals, OF_MESSAGE)
        # sudo: found for whoever asks, then checked as the one who asks
        drafts = mails.sudo().search([("mail_message_id", "in", self.ids)])
        drafts.sudo(False).check_access("write")
