# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .state import READ_STATES

# States of letters that arrived.
ARRIVED = (*READ_STATES, "sent", "delivered")
# field -> the states of letters of which it is the share
RATES = {"open_rate": READ_STATES, "answer_rate": ("answered",)}
# field -> the value of ``reader`` of which it is the share
SHARES = {
    "person_rate": "person",
    "proxy_rate": "proxy",
    "reported_rate": "reported",
    "unclear_rate": "unclear",
    "machine_rate": "machine",
}
# Opened as it is put down to whom; then what became of the others.
WHO_LOOKED = [
    ("person", "The reader"),
    ("proxy", "Mail provider"),
    ("reported", "As reported"),
    ("unclear", "Reader or program"),
    ("machine", "A program only"),
    ("nobody", "Nobody yet"),
    ("failed", "Not delivered"),
    ("untracked", "Not tracked"),
]
# The states of letters that nobody has opened.
UNOPENED = {
    "machine": ("delivered",),
    "nobody": ("sent", "linked"),
    "failed": ("failed",),
    "untracked": ("untracked",),
}
WEEKDAYS = [
    ("0", "Monday"),
    ("1", "Tuesday"),
    ("2", "Wednesday"),
    ("3", "Thursday"),
    ("4", "Friday"),
    ("5", "Saturday"),
    ("6", "Sunday"),
]


class B2BFamilyLetter(models.Model):
    """What reports say of letters: how many of those that arrived were opened, by whom.

    None of it is stored; what people group by is computed by the database from the
    columns that are.
    """

    _inherit = "b2b.family.letter"

    open_rate = fields.Float(
        compute="_compute_open_rate",
        aggregator="avg",
        help="How many of the letters that arrived were opened. Those that failed, wait, "
        "are in doubt or are not tracked do not count.",
    )
    answer_rate = fields.Float(
        compute="_compute_open_rate",
        aggregator="avg",
        help="How many of the letters that arrived were answered.",
    )
    # The open rate by whom it was, and what was no open: of the same letters.
    person_rate = fields.Float(
        "By the Reader", compute="_compute_open_rate", aggregator="avg"
    )
    proxy_rate = fields.Float(
        "By Mail Provider", compute="_compute_open_rate", aggregator="avg"
    )
    reported_rate = fields.Float(
        "As Reported", compute="_compute_open_rate", aggregator="avg"
    )
    unclear_rate = fields.Float(
        "Reader or Program", compute="_compute_open_rate", aggregator="avg"
    )
    machine_rate = fields.Float(
        "Program Only", compute="_compute_open_rate", aggregator="avg"
    )
    reader = fields.Selection(
        WHO_LOOKED,
        "Who Looked",
        compute="_compute_reader",
        search="_search_reader",
        help="To whom the opens are put down, beside letters that nobody opened.",
    )
    sent_weekday = fields.Selection(
        WEEKDAYS,
        "Sent on Weekday",
        compute="_compute_sent_weekday",
        search="_search_sent_weekday",
        help="In your time zone.",
    )
    sent_hour = fields.Integer(
        "Sent at Hour",
        compute="_compute_sent_weekday",
        search="_search_sent_hour",
        aggregator=None,
        help="In your time zone.",
    )

    @api.depends("state", "reader")
    def _compute_open_rate(self):
        for letter in self:
            for name, states in RATES.items():
                letter[name] = letter.state in states
            for name, reader in SHARES.items():
                letter[name] = letter.reader == reader

    @api.depends("state", "open_verdict")
    def _compute_reader(self):
        by_state = {state: who for who, states in UNOPENED.items() for state in states}
        for letter in self:
            # One that was opened before there were verdicts has none.
            opened = letter.state in READ_STATES and "reported"
            letter.reader = (
                letter.open_verdict or opened or by_state.get(letter.state, False)
            )

    def _search_reader(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain.OR(map(self._reader_domain, value))

    @api.model
    def _reader_domain(self, who):
        """Return the domain of the letters of which ``reader`` is ``who``."""
        verdict = Domain("open_verdict", "=", who)
        if not who:
            known = sum(UNOPENED.values(), READ_STATES)
            return verdict & Domain("state", "not in", known)
        if who == "reported":
            return verdict | Domain("open_verdict", "=", False) & Domain(
                "state", "in", READ_STATES
            )
        if who in UNOPENED:
            return Domain("open_verdict", "=", False) & Domain(
                "state", "in", UNOPENED[who]
            )
        return verdict

    @api.depends("sent_date")
    @api.depends_context("tz")
    def _compute_sent_weekday(self):
        for letter in self:
            date = letter.sent_date
            date = date and fields.Datetime.context_timestamp(letter, date)
            letter.sent_weekday = date and str(date.weekday())
            letter.sent_hour = date and date.hour

    def _search_sent_weekday(self, operator, value):
        if operator != "in":
            return NotImplemented
        # PostgreSQL's week begins with Sunday.
        days = [day and (int(day) + 1) % 7 for day in value]
        return self._sent_domain("day_of_week", days)

    def _search_sent_hour(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._sent_domain("hour_number", value)

    @api.model
    def _sent_domain(self, part, values):
        return Domain.OR(
            Domain("sent_date", "=", False)
            if value is False
            else Domain(f"sent_date.{part}", "=", value)
            for value in values
        )

    def _read_group_select(self, aggregate_spec, query):
        name = aggregate_spec.removesuffix(":avg")
        if name not in RATES and name not in SHARES:
            return super()._read_group_select(aggregate_spec, query)
        state = self._field_to_sql(self._table, "state", query)
        if name in RATES:
            counts = SQL("%s IN %s", state, RATES[name])
        else:
            counts = SQL("%s = %s", self._reader_sql(self._table, query), SHARES[name])
        return SQL("AVG(CASE WHEN %s IN %s THEN (%s)::int END)", state, ARRIVED, counts)

    def _read_group_groupby(self, alias, groupby_spec, query):
        if groupby_spec == "reader":
            return self._reader_sql(alias, query)
        if groupby_spec == "sent_weekday":
            day = super()._read_group_groupby(alias, "sent_date:day_of_week", query)
            return SQL("MOD(%s::int + 6, 7)::text", day)
        if groupby_spec == "sent_hour":
            groupby_spec = "sent_date:hour_number"
        return super()._read_group_groupby(alias, groupby_spec, query)

    def _reader_sql(self, alias, query):
        """Return what _compute_reader() does, for the database."""
        state = self._field_to_sql(alias, "state", query)
        cases = [
            SQL("WHEN %s IN %s THEN %s", state, states, who)
            for who, states in UNOPENED.items()
        ]
        return SQL(
            "COALESCE(%s, CASE WHEN %s IN %s THEN 'reported' %s END)",
            self._field_to_sql(alias, "open_verdict", query),
            state,
            READ_STATES,
            SQL(" ").join(cases),
        )
