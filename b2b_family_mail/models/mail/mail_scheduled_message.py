# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json

from odoo import models

from odoo.addons.mail.tools.discuss import Store


class MailScheduledMessage(models.Model):
    _inherit = "mail.scheduled.message"

    def _notification_parameters_whitelist(self):
        # Not a way around the gate: it is posted as its creator, by message_post()
        ours = {"b2b_send", "b2b_attachment_links"}
        return super()._notification_parameters_whitelist() | ours

    def _to_store_defaults(self, target):
        defaults = super()._to_store_defaults(target)
        if not self.env["mail.notification"]._b2b_may_be_told(
            target.get_user(self.env)
        ):
            return defaults
        return [*defaults, Store.Attr("b2b_send", lambda row: row._b2b_goes_by_b2b())]

    def _b2b_goes_by_b2b(self):
        return bool(json.loads(self.notification_parameters or "{}").get("b2b_send"))
