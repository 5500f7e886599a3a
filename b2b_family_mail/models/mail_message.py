# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models
from odoo.exceptions import AccessError

from .mail_mail import SENDER_FIELDS


class MailMessage(models.Model):
    _inherit = "mail.message"

    def write(self, vals):
        """Keep who a letter is from, also behind the back of its mail."""
        if any(name in vals for name in SENDER_FIELDS):
            # sudo: whether a message is a letter decides, whoever's letter it is
            mails = self.sudo().mail_ids
            if not self.env["mail.mail"]._b2b_is_trusted() and any(
                mails.mapped("b2b_send")
            ):
                raise AccessError(
                    self.env._("Only an administrator can change who a letter is from.")
                )
        return super().write(vals)
