# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class MailScheduledMessage(models.Model):
    _inherit = "mail.scheduled.message"

    def _notification_parameters_whitelist(self):
        # Not a way around the gate: it is posted as its creator, by message_post()
        return super()._notification_parameters_whitelist() | {"b2b_send"}
