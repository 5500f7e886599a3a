# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from .state import READ_STATES

OPEN_RATE = "open_rate:avg"


class B2BFamilyLetter(models.Model):
    """What reports say of letters: how many of those that arrived were opened."""

    _inherit = "b2b.family.letter"

    open_rate = fields.Float(
        compute="_compute_open_rate",
        aggregator="avg",
        help="How many of the letters that arrived were opened. Those that failed, wait, "
        "are in doubt or are not tracked do not count.",
    )

    @api.depends("state")
    def _compute_open_rate(self):
        for letter in self:
            letter.open_rate = letter.state in READ_STATES

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec != OPEN_RATE:
            return super()._read_group_select(aggregate_spec, query)
        state = self._field_to_sql(self._table, "state", query)
        return SQL(
            "AVG(CASE WHEN %(state)s IN %(read)s THEN 1.0 WHEN %(state)s IN ('sent', 'delivered') THEN 0.0"
            " END)",
            state=state,
            read=READ_STATES,
        )
