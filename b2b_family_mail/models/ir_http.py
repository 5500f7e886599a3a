# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from ..tools.rights import SEND_GROUP
from .letter.state import AT_A_GLANCE, READ_STATES


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Tell the web client who may send, and how, so that no composer has to ask.

        And how much news is new, so that no page has to ask for that; and what the
        statuses mean, which is said in one place.
        """
        info = super().session_info()
        user = self.env.user
        may_send = bool(user) and user.has_group(SEND_GROUP)
        info["groups"][SEND_GROUP] = may_send
        info["b2b_states"] = {"order": AT_A_GLANCE, "read": READ_STATES}
        if may_send:
            # sudo: the user's own preference
            info["b2b_track_by_default"] = user.sudo().b2b_track_by_default
            info["b2b_news_count"] = self.env["b2b.family.letter"].count_news()
        return info
