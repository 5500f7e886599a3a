# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re

from odoo import api, fields, models


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    b2b_send = fields.Boolean("By B2B Family")
    b2b_template_id = fields.Many2one(
        "b2b.family.template", store=False, groups="b2b_family_mail.group_user"
    )

    @api.onchange("b2b_template_id")
    def _onchange_b2b_template_id(self):
        """Take over subject and text of a template of the service, literally."""
        if not self.b2b_template_id:
            return
        self.subject, self.body = self.b2b_template_id._get_content()
        if self.composition_mode == "mass_mail":
            # A mailing renders its subject: apart, the braces are just braces.
            self.subject = re.sub(r"\{(?=\{)", "{ ", self.subject or "")

    def action_b2b_send_mail(self):
        """Send as *Send* does, readers outside by B2B Family."""
        self._b2b_mark()
        return self.action_send_mail()

    def action_b2b_schedule_message(self):
        """Schedule as *Schedule* does; it will go by B2B Family."""
        self._b2b_mark()
        return self.action_schedule_message()

    def _b2b_mark(self):
        self.b2b_send = True
        mailings = self.filtered(lambda wizard: wizard.composition_mode == "mass_mail")
        # What became of a letter is shown on the message: keep it. And core's hourly
        # queue is for what would keep the page waiting, which letters do not.
        mailings.write({"auto_delete": False, "force_send": True})

    def _prepare_mail_values(self, res_ids):
        if self.b2b_send:
            sending = self.env["mail.thread"]._b2b_prepare_sending()
            self._b2b_force_sender(sending)
        all_values = super()._prepare_mail_values(res_ids)
        if self.b2b_send:
            for values in all_values.values():
                if self.composition_mode == "mass_mail":
                    values |= self._b2b_prepare_mailing(values, sending)
                else:
                    values |= sending
        return all_values

    def _b2b_force_sender(self, sending):
        """Forget whom the client named as sender, and where answers should go.

        See ``mail.thread._b2b_prepare_post()``: core makes the one from the other.
        """
        if not self.env["mail.mail"]._b2b_is_trusted():
            names = ("author_id", "email_from")
            sender = {name: sending[name] for name in names}
            self.write({**sender, "reply_to": False, "reply_to_force_new": False})

    def _b2b_prepare_mailing(self, values, sending):
        """Return what changes in the values of one mail of a mailing.

        What core will not send, because of a blacklist for instance, keeps the
        state that says so.
        """
        partners = self.env["res.partner"].browse(
            partner_id for _command, partner_id in values.get("recipient_ids", [])
        )
        by_b2b = self.env["mail.thread"]._b2b_prepare_mail(partners)
        if not by_b2b:
            return {}
        return by_b2b | sending | {"state": values.get("state", by_b2b["state"])}
