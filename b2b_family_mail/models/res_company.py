# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResCompany(models.Model):
    """What a company tells the readers of its tracked letters."""

    _inherit = "res.company"

    b2b_family_consent_line = fields.Char(
        "Words of the line",
        translate=True,
        help="Stands under each tracked letter, before the link to the page. Empty: "
        "a sentence of ours, in the language of the recipient.",
    )
    b2b_family_consent_line_off = fields.Boolean("No line under tracked letters")
