# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from .mail_mail_guard import LINKED


class MailTemplate(models.Model):
    """What a template sends is no way around the rules for letters.

    Core creates its mails as the system, with whatever values its caller gives, and
    every employee can call it.
    """

    _inherit = "mail.template"

    def send_mail_batch(self, res_ids, *args, email_values=None, **kwargs):
        if email_values and not self.env["mail.mail"]._b2b_is_trusted():
            email_values = self._b2b_prepare_values(email_values)
        return super().send_mail_batch(
            res_ids, *args, email_values=email_values, **kwargs
        )

    def _b2b_prepare_values(self, email_values):
        """Return the values of mails that the user may give.

        :raise AccessError: he may not send letters, or reaches for fields of ours,
            for other records, or for the message of a letter
        """
        mails = self.env["mail.mail"]
        for name, value in email_values.items():
            field = mails._fields.get(name)
            nested = field and field.type in ("one2many", "many2many")
            if name in ("recipient_ids", "partner_ids"):
                mails._b2b_linked_ids(name, value or [])
            elif name != "b2b_send" and (
                name.startswith("b2b_") or (nested and name not in LINKED)
            ):
                mails._b2b_refuse_field(name)
        if message_id := email_values.get("mail_message_id"):
            self.env["mail.message"].browse(message_id)._b2b_check_no_letter()
        if not email_values.get("b2b_send"):
            return email_values
        mails._b2b_linked_ids("attachment_ids", email_values.get("attachment_ids", []))
        sending = self.env["mail.thread"]._b2b_prepare_post(email_values)
        # Nor from the template: everybody may have one of his own.
        return sending | {"reply_to": False}
