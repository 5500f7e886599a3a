# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    _inherit = "res.partner"

    b2b_letter_count = fields.Integer(
        "B2B Letters",
        compute="_compute_b2b_letters",
        search="_search_b2b_letter_count",
        groups="b2b_family_mail.group_user",
    )
    b2b_last_open_date = fields.Datetime(
        "Last Letter Opened On",
        compute="_compute_b2b_letters",
        search="_search_b2b_last_open_date",
        groups="b2b_family_mail.group_user",
    )

    def _compute_b2b_letters(self):
        """Count the letters that the user may see."""
        rows = self.env["b2b.family.letter"]._read_group(
            [("partner_id", "in", self.ids)],
            ["partner_id"],
            ["__count", "last_open_date:max"],
        )
        found = {partner.id: (count, last) for partner, count, last in rows}
        for partner in self:
            count, last = found.get(partner.id, (0, False))
            partner.b2b_letter_count = count
            partner.b2b_last_open_date = last

    @api.model
    def _search_b2b_letter_count(self, operator, value):
        return self._search_b2b_letters("__count", operator, value)

    @api.model
    def _search_b2b_last_open_date(self, operator, value):
        return self._search_b2b_letters("last_open_date:max", operator, value)

    @api.model
    def _search_b2b_letters(self, aggregate, operator, value):
        """Return the domain of the partners whose letters sum up to ``value``."""
        if operator == "in":
            domains = [self._search_b2b_letters(aggregate, "=", val) for val in value]
            return Domain.OR(domains)
        if operator not in ("=", "<", ">", "<=", ">="):
            return NotImplemented
        if not value and operator in ("=", "<="):
            # Partners without a letter have no row to find: exclude the others.
            return ~self._search_b2b_letters(aggregate, ">", value or 0)
        rows = self.env["b2b.family.letter"]._read_group(
            [("partner_id", "!=", False)],
            ["partner_id"],
            having=[(aggregate, operator, value)],
        )
        return Domain("id", "in", [partner.id for (partner,) in rows])

    def action_b2b_open_letters(self):
        """Open the letters to these contacts."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "b2b_family_mail.b2b_family_letter_action"
        )
        return action | {"domain": [("partner_id", "in", self.ids)], "context": {}}
