# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from ..letter.record import CARRIERS


class MailMail(models.Model):
    """Who delivers the letters of a mail, and what follows from it for its screen."""

    _inherit = "mail.mail"

    b2b_carrier = fields.Selection(
        CARRIERS,
        "Delivered By",
        compute="_compute_b2b_carrier",
        help="Who delivered its letters; empty as long as there are none.",
    )
    b2b_may_link = fields.Boolean(
        compute="_compute_b2b_may_link",
        help="Instead of being sent the letter can be handed over as a link.",
    )

    @api.depends("b2b_letter_ids.carrier")
    def _compute_b2b_carrier(self):
        for mail in self:
            mail.b2b_carrier = mail.b2b_letter_ids[:1].carrier

    @api.depends("author_id")
    @api.depends_context("uid")
    def _compute_b2b_may_link(self):
        carrier = self.env["b2b.family.carrier"]
        for mail in self:
            author = mail.author_id.main_user_id or self.env.user
            mail.b2b_may_link = carrier._choose(author) == "service"
