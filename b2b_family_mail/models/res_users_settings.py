# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from ..tools.rights import SEND_GROUP


class ResUsersSettings(models.Model):
    _inherit = "res.users.settings"

    b2b_news_seen_date = fields.Datetime(
        "News of Letters Looked At",
        groups=SEND_GROUP,
        help="News of the user's letters up to then was looked at in the top bar.",
    )

    @api.model
    def _get_fields_blacklist(self):
        # The web client is told the number of news, not the date.
        return [*super()._get_fields_blacklist(), "b2b_news_seen_date"]
