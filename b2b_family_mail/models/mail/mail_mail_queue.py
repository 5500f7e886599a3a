# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

# Letters that wait for the service, or for a copy by ordinary mail: other scheduled
# actions send them, and write down what became of them.
ON_THEIR_WAY = [
    "|",
    ("state", "in", ("queued", "sending")),
    "&",
    ("state", "=", "untracked"),
    ("sent_date", "=", False),
]


class MailMail(models.Model):
    """Core's queue takes the newest 1,000 mails that wait, each time.

    Ours that wait for the service would take the places of ordinary mail.
    """

    _inherit = "mail.mail"

    @api.model
    def process_email_queue(self, *args, **kwargs):
        filters = [
            *self.env.context.get("filters", ()),
            # Mails that are not ours are not looked for among the letters.
            "|",
            ("b2b_send", "=", False),
            ("b2b_letter_ids", "not any", ON_THEIR_WAY),
        ]
        mails = self.with_context(filters=filters)
        return super(MailMail, mails).process_email_queue(*args, **kwargs)
