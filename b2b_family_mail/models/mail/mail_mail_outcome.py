# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class MailMail(models.Model):
    """What core says of a mail, by what became of its letters."""

    _inherit = "mail.mail"

    def _b2b_fail(self, failure_type, reason):
        """Nothing leaves: say so where core says it of ordinary mail."""
        self.write(
            {
                "state": "exception",
                "failure_type": failure_type,
                "failure_reason": reason,
            }
        )
        self._postprocess_sent_message(
            success_pids=[],
            success_emails=[],
            failure_type=failure_type,
            failure_reason=reason,
        )

    def _b2b_update_state(self):
        """Let core's state and notifications say what became of the letters."""
        for mail in self:
            letters = mail.b2b_letter_ids
            if any(letter._is_on_its_way() for letter in letters):
                if mail.state == "exception":
                    mail.state = "outgoing"
                continue
            lost = letters.filtered(lambda lt: lt.state in ("failed", "unknown"))
            delivered = letters - lost
            reason = next(filter(None, lost.mapped("failure_reason")), False)
            mail.write(
                {
                    "state": "sent" if delivered else "exception",
                    "failure_type": False if delivered else "unknown",
                    "failure_reason": reason,
                }
            )
            mail._postprocess_sent_message(
                success_pids=list(delivered.partner_id),
                success_emails=delivered.mapped("email"),
                failure_type="unknown" if lost else None,
                failure_reason=reason,
            )
