# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from .mail_thread import SEND_GROUP


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Tell the web client who may send, so that no composer has to ask."""
        info = super().session_info()
        user = self.env.user
        info["groups"][SEND_GROUP] = bool(user) and user.has_group(SEND_GROUP)
        return info
