# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models
from odoo.exceptions import UserError


class B2BFamilyLetter(models.Model):
    """A letter that goes by ordinary mail instead, untracked.

    Because the reader does not want to be tracked, or because somebody decides so
    for a letter that failed or is in doubt.
    """

    _inherit = "b2b.family.letter"

    def action_send_plain(self):
        """Send letters that failed, or are in doubt, by ordinary mail."""
        self.check_access("read")
        # sudo: users own their letters' fate, not their fields
        letters = self.sudo().filtered(lambda lt: lt.state in ("failed", "unknown"))
        if not letters.filtered(lambda lt: lt.mail_id and lt.email):
            raise UserError(
                self.env._(
                    "Only a failed letter or one in doubt, with a valid address, can "
                    "be sent by ordinary mail."
                )
            )
        letters = letters.filtered(lambda lt: lt.mail_id and lt.email)
        letters.mail_id._b2b_check_leaving(letters.partner_id)
        letters.write(
            {"state": "untracked", "next_try_date": False, "failure_reason": False}
        )
        letters._send_plain()
        letters._after_outcome()
        return True

    def _send_plain(self):
        """Hand these letters over to Odoo's own outgoing mail."""
        for mail, letters in self.grouped("mail_id").items():
            partners = letters.partner_id
            bare = letters.filtered(lambda lt: not lt.partner_id).mapped("email")
            plain = mail.copy(
                {
                    "mail_message_id": mail.mail_message_id.id,
                    # The message belongs to the letter: it outlives this mail.
                    "is_notification": True,
                    "b2b_send": False,
                    "state": "outgoing",
                    "auto_delete": True,
                    "recipient_ids": [(6, 0, partners.ids)],
                    "email_to": ", ".join(bare) or False,
                    "email_cc": False,
                    "headers": mail.headers,
                }
            )
            notifications = self.env["mail.notification"].search(
                [
                    ("mail_mail_id", "=", mail.id),
                    "|",
                    ("res_partner_id", "in", partners.ids),
                    ("mail_email_address", "in", bare),
                ]
            )
            notifications.mail_mail_id = plain
            plain.send_after_commit()
