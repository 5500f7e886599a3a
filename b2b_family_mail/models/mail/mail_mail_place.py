# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from ...tools.rights import seen_by


class MailMail(models.Model):
    """A letter written in the app stands in the chatter of the contact it goes to."""

    _inherit = "mail.mail"

    def _b2b_place(self):
        """Put letters about no document, to one contact, into its chatter.

        From when they are sent, and only where their author might have written there
        as well. Whoever may read the contact may then read them, too.
        """
        for mail in self:
            if contact := mail._b2b_only_contact():
                mail.mail_message_id.write(
                    {
                        "model": contact._name,
                        "res_id": contact.id,
                        "body": mail.body_html,
                        "subtype_id": self.env.ref("mail.mt_comment").id,
                    }
                )
                # From now on the message belongs to the contact, and outlives the mail.
                mail.is_notification = True
                self.env["mail.notification"].create(
                    [
                        values | {"res_partner_id": contact.id}
                        for values in mail._get_notification_values()
                    ]
                )

    def _b2b_only_contact(self):
        """Return the one contact in whose chatter the letter belongs, or an empty one.

        Not a colleague's: all others read there.
        """
        contact = self.recipient_ids
        if self.model or self.email_to or self.email_cc or len(contact) != 1:
            return contact.browse()
        as_author = seen_by(self._b2b_person(), contact)
        may_write = as_author.has_access(contact._mail_post_access)
        return contact if contact.partner_share and may_write else contact.browse()
