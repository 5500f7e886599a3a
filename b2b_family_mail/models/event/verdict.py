# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ... import evidence
from ..b2b_family_opens_mixin import to_naive_utc

# What is judged, and what the judge calls it.
SEEN = {
    "message_open": "pixel",
    "link_click": "link",
    "attachment_open": "document",
    "attachment_download": "document",
}
VERDICTS = [
    ("person", "A person"),
    ("proxy", "Mail provider's proxy"),
    ("prefetch", "Fetched ahead"),
    ("scanner", "Scanner"),
    ("own", "Own"),
    ("unclear", "Unclear"),
    ("reported", "Reported by the service"),
]
# What shows that a letter has arrived, though nobody has read it.
ARRIVED = ("prefetch", "scanner")
# Rules that look at what else happened to the letter: what they say may change.
_BY_COMPANY = ("trap_company", "burst", "no_browser")
_FINAL = {
    *(rule.code for rule in evidence.RULES if rule.strength == "strong"),
    *("company", "office"),
} - {*_BY_COMPANY}
# Around an event, in which others say something about it.
AROUND = timedelta(seconds=evidence.COMPANY)
TRAPS = 1_000  # that are looked at: a flood of them says no more


class B2BFamilyEvent(models.Model):
    """Was it the reader? Each open, click and download is judged, see ``evidence/``.

    When it is stored, by all that is told of it; and once more when it is applied, by
    what came with it. What follows may change what is thought of an event of a young
    letter: it waits a moment for that.
    """

    _inherit = "b2b.family.event"

    agent_class = fields.Selection(
        [
            (code, title[:1].upper() + title[1:])
            for code, title in evidence.TITLES.items()
        ],
        "Opened With",
        readonly=True,
    )
    verdict = fields.Selection(
        VERDICTS,
        "Who It Was",
        readonly=True,
        help="Whether the reader did it, or a program. What a program did does not count "
        "as opened.",
    )
    verdict_rule = fields.Char(
        "Rule", readonly=True, help="By which rule it was judged."
    )
    # ------------------------------------------------------------
    # JUDGE
    # ------------------------------------------------------------

    @api.model
    def _prepare_verdict(self, event, letter, lines):
        """Return what is kept of the judgement on news that is to be stored.

        :param event: ``client.TrackingEvent``
        :param lines: see _company_lines()
        """
        if event.type.value not in SEEN:
            return {}
        observation = evidence.Observation(**self._prepare_observation(event, letter))
        verdict = evidence.judge(observation, lines=lines)
        return {
            "verdict": verdict.kind,
            "verdict_rule": verdict.rule,
            "agent_class": observation.program_code,
        }

    @api.model
    def _prepare_observation(self, event, letter):
        """Return what is told of an event, for the judge."""
        return {
            "kind": SEEN[event.type.value],
            "at": _seconds(letter, to_naive_utc(event.date)),
            # A service that leaves it empty does not know.
            "user_agent": event.user_agent or None,
            "ip": event.ip or None,
            "link": event.url or event.attachment_ref or None,
        }

    def _judge_in_company(self):
        """Judge these events again by what came with them."""
        open_ones = self.filtered(lambda event: event._may_change())
        if not open_ones:
            return
        dates = open_ones.mapped("date")
        around = self.search(
            Domain("letter_id", "in", open_ones.letter_id.ids)
            & Domain("date", ">=", min(dates) - AROUND)
            & Domain("date", "<=", max(dates) + AROUND)
            & Domain("verdict", "!=", False)
        )
        traps = around._traps_elsewhere()
        found = {}
        for events in around.grouped("letter_id").values():
            observed = {event: event._observation() for event in events}
            history = evidence.History(observed.values(), traps)
            for event in events.filtered(lambda event: event._may_change()):
                verdict = evidence.judge(observed[event], history)
                if event.pending or evidence.upgrades(event.verdict, verdict.kind):
                    found[event] = verdict
        self._write_verdicts(found)

    def _traps_elsewhere(self):
        """Return who was in a trap of any letter around these events, from their networks."""
        networks = list(set(self.mapped("ip_network")) - {False})
        if not networks:
            return []
        dates = self.mapped("date")
        traps = self.search(
            Domain("date", ">=", min(dates) - AROUND)
            & Domain("date", "<=", max(dates) + AROUND)
            & Domain("verdict_rule", "=", "trap")
            & Domain("ip_network", "in", networks),
            limit=TRAPS,
        )
        return [trap._observation() for trap in traps]

    @api.model
    def _write_verdicts(self, found):
        """Keep what was found anew of some events; return those where it differs.

        :param dict found: ``evidence.Verdict`` by event
        """
        differing = {
            event: (verdict.kind, verdict.rule)
            for event, verdict in found.items()
            if (verdict.kind, verdict.rule) != (event.verdict, event.verdict_rule)
        }
        changed = self.browse().union(*differing)
        for (kind, rule), events in changed.grouped(differing.get).items():
            events.write({"verdict": kind, "verdict_rule": rule})
        return changed

    def _may_change(self):
        """Tell whether other events may change what is thought of this one."""
        if not self.verdict or self.verdict_rule in _FINAL:
            return False
        return self.verdict != "reported" or self.event_type != "message_open"

    def _observation(self):
        """Return what is kept of an event for the judge."""
        return evidence.Observation(
            kind=SEEN[self.event_type],
            at=_seconds(self.letter_id, self.date),
            program=self.agent_class or None,
            ip=self.ip_network or None,
            link=self.url or str(self.attachment_id.id or "") or None,
            # What is not kept, and is known by what it was judged by.
            method="HEAD" if self.verdict_rule == "head" else None,
            internal_session=self.verdict_rule == "session" or None,
            moment=self.date.timestamp(),
        )

    def _settles_on(self, pause):
        """Return when an event may move its letter: what follows may change it.

        :param pause: timedelta for which one of a young letter waits
        """
        after = _seconds(self.letter_id, self.date)
        if not self._may_change() or not evidence.is_young(after):
            return self.received_date
        return min(self.date, self.received_date) + pause

    # ------------------------------------------------------------
    # COUNT
    # ------------------------------------------------------------

    @api.model
    def _uncounted(self):
        """Return the verdicts that do not count as read."""
        policy = bool(
            self.env["b2b.family.service"]._get_int_param("unclear_counts", 0)
        )
        return [kind for kind, _label in VERDICTS if not evidence.counts(kind, policy)]

    @api.model
    def _counted_domain(self):
        return Domain("verdict", "=", False) | Domain(
            "verdict", "not in", self._uncounted()
        )

    def _verdicts_on_reader(self):
        """Return the set of verdicts on these events, which count as the reader's."""
        # An answer is no fetch that could be judged: it is the reader's.
        return {event.verdict or "person" for event in self}

    def _counted(self):
        """Return those of the events that count as the reader's: asked for all at once."""
        uncounted = self._uncounted()
        return self.filtered(lambda event: event.verdict not in uncounted)

    @api.model
    def _count_of_machines(self, letters):
        """Return how many events are stored of letters that programs looked at.

        And of those of which an event waits, see _settles_on().

        :return: dict by letter: dict by attachment, the empty one for the letter
            itself; no entry for any other letter
        """
        ids = [letter.id for letter in letters]
        by_machines = self.search(
            Domain("letter_id", "in", ids)
            & (
                Domain("verdict", "in", self._uncounted())
                | Domain("pending", "=", True)
            )
        ).letter_id
        counts = {letter: {} for letter in by_machines}
        if by_machines:
            for letter, attachment, count in self._read_group(
                Domain("letter_id", "in", by_machines.ids)
                & Domain("twin_id", "=", False)
                & Domain(
                    "event_type", "in", [kind for kind in SEEN if kind != "link_click"]
                ),
                ["letter_id", "attachment_id"],
                ["__count"],
            ):
                counts[letter][attachment] = count
        return counts

    @api.model
    def _company_lines(self):
        """Return what the company adds to the rules; what cannot be read is left out."""
        settings = self.env["b2b.family.service"]
        try:
            return evidence.Lines(
                office=evidence.parse_networks(
                    settings._get_param("office_networks") or ""
                ),
                lines=evidence.parse_lines(settings._get_param("evidence_lines") or ""),
            )
        except evidence.BadLine:
            # Checked when it was saved; a parameter can be written past that.
            return evidence.Lines()


def _seconds(letter, date):
    """Return the seconds from a letter's sending; None if not known."""
    if not letter.sent_date or not date:
        return None
    return (date - letter.sent_date).total_seconds()
