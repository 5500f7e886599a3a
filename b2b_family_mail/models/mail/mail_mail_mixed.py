# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from ...tools.addresses import read_addresses, split_addresses

# What a mail has of its own; the rest is in its message, which both mails share.
OWN_FIELDS = ("body_html", "headers", "references", "scheduled_date", "auto_delete")


class MailMail(models.Model):
    """Mails of a mailing that are for colleagues and for readers outside."""

    _inherit = "mail.mail"

    def _b2b_part_colleagues(self):
        """Take colleagues off the mails by B2B; return the ordinary mails they get.

        As in a chatter, they belong to the same messages, and so do the notifications.
        Nobody is in both: an address typed beside a colleague of that address goes.
        """
        # sudo: whether a recipient is a colleague decides how he is written to
        mails = self.sudo().filtered(
            lambda mail: mail.b2b_send and mail.state == "outgoing"
        )
        tracked = self.env["mail.thread"]._b2b_filter_tracked(mails.recipient_ids)
        mixed = {}
        for mail in mails:
            # Like them: contacts whom the sender may not read.
            colleagues = mail.recipient_ids - tracked
            if not colleagues:
                continue
            outside = mail._b2b_prepare_outside(colleagues)
            if mail.recipient_ids - colleagues or any(outside.values()):
                mixed[mail] = colleagues
            else:
                outside["b2b_send"] = False
            mail.write(outside)
        ordinary = self.sudo().create(
            [mail._b2b_prepare_ordinary(people) for mail, people in mixed.items()]
        )
        for (mail, colleagues), theirs in zip(mixed.items(), ordinary, strict=True):
            mail.recipient_ids -= colleagues
            mail.mail_message_id.notification_ids.filtered(
                lambda notification, mail=mail, colleagues=colleagues: (
                    notification.mail_mail_id == mail
                    and notification.res_partner_id in colleagues
                )
            ).mail_mail_id = theirs
        return ordinary

    def _b2b_prepare_outside(self, colleagues):
        """Return the typed addresses, less those of colleagues who get it anyway."""
        known = set(filter(None, colleagues.mapped("email_normalized")))
        return {
            name: ", ".join(
                address
                for address in split_addresses(self[name])
                if not known & set(read_addresses(address))
            )
            for name in ("email_to", "email_cc")
            if self[name]
        }

    def _b2b_prepare_ordinary(self, colleagues):
        """Return the values of an ordinary mail of the same message."""
        return {
            **{name: self[name] for name in OWN_FIELDS},
            "b2b_send": False,
            "mail_message_id": self.mail_message_id.id,
            "recipient_ids": [(6, 0, colleagues.ids)],
            "state": "outgoing",
        }
