# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.addresses import read_addresses


class B2BFamilyResend(models.TransientModel):
    """Asks where letters are to go that cannot go where they went before.

    Made only by ``b2b.family.letter._ask_addresses()``, and seen only by the user who asked,
    who can set nothing here but the addresses.
    """

    _name = "b2b.family.resend"
    _description = "Send B2B Family Letters Again"

    line_ids = fields.One2many("b2b.family.resend.line", "resend_id", "Letters")

    def write(self, vals):
        self._check_allowed(vals, {"line_ids"})
        return super().write(vals)

    def _check_allowed(self, vals, allowed):
        """Raise AccessError if a person sets something else than ``allowed``."""
        if not self.env.su and not allowed.issuperset(vals):
            raise AccessError(
                self.env._("Only the addresses of the letters can be changed here.")
            )

    def action_send(self):
        """Send the letters to the addresses entered."""
        self.ensure_one()
        self.check_access("write")
        addresses = {line.letter_id: line._read_address() for line in self.line_ids}
        # As the one who asks: the right to the letters may have been lost meanwhile.
        letters = self.line_ids.letter_id._take_lost()
        letters._redirect({letter: addresses[letter] for letter in letters})
        letters._send_again()
        return {"type": "ir.actions.act_window_close"}


class B2BFamilyResendLine(models.TransientModel):
    _name = "b2b.family.resend.line"
    _description = "B2B Family Letter to Be Sent Again"

    resend_id = fields.Many2one(
        "b2b.family.resend", required=True, ondelete="cascade", readonly=True
    )
    letter_id = fields.Many2one(
        "b2b.family.letter", required=True, ondelete="cascade", readonly=True
    )
    partner_id = fields.Many2one(related="letter_id.partner_id", related_sudo=False)
    old_email = fields.Char(
        related="letter_id.email", string="Sent To", related_sudo=False
    )
    failure_reason = fields.Char(related="letter_id.failure_reason", related_sudo=False)
    email = fields.Char("Send To")

    def write(self, vals):
        self.env["b2b.family.resend"]._check_allowed(vals, {"email"})
        return super().write(vals)

    def _read_address(self):
        """Return the one address entered, normalized.

        :raise UserError: there is none, or not one
        """
        found = read_addresses(self.email)
        if len(found) == 1:
            return found[0]
        if self.email:
            raise UserError(
                self.env._(
                    "Send To: “%(address)s” is not a valid e-mail address.",
                    address=self.email,
                )
            )
        raise UserError(
            self.env._("Send To: enter the address that the letter is to go to.")
        )
