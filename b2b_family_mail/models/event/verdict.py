# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ... import evidence
from ..b2b_family_opens_mixin import to_naive_utc

# What is judged, and what it is for the judge.
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
# What the rules look at, in words for salespeople; others keep those of the rule.
WORDS = {
    "early": "it came within seconds of sending",
    "webkit": "it may be Apple's proxy, or Outlook for Mac",
    "mail_filter": "it came from a network that filters mail",
    "machine": "it calls itself a security check, a crawler, a preview or the like",
    "no_program": "it gives no name",
    "burst": "several links were followed at once",
    "beside_burst": "several links were followed at once, within a minute of it",
    "round": "many links were followed from the same network within a minute",
    "pair": "two links were followed from the same network within seconds",
    "machine_company": "a program came from the same network within a minute",
    "unknown_program": "it calls itself neither a browser nor a mail program",
    "no_browser": "what followed the link is neither a browser nor a mail program",
    "show_only": "it only shows pictures, and followed a link",
    "office_link": "a mail program followed the link, not a browser",
    "app_link": "an app followed the link, not a browser",
    "old_browser": "it is a browser that is years old, as security checks pretend to be",
    "echo": "another program had followed the link seconds before",
}
# Rules that look at what else happened to the letter: what they say may change.
_BY_COMPANY = ("trap_company", "burst", "no_browser")
_FINAL = {
    *(rule.code for rule in evidence.RULES if rule.strength == "strong"),
    *("company", "office"),
} - {*_BY_COMPANY}
# Around an event, in which others say something about it.
AROUND = timedelta(seconds=evidence.COMPANY)
YOUNG = timedelta(seconds=evidence.YOUNG)


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
    # For its labels, which are translated: what the rules look at.
    verdict_sign = fields.Selection(
        [(rule.code, WORDS.get(rule.code, rule.text)) for rule in evidence.RULES],
        compute="_compute_verdict_reason",
    )
    verdict_reason = fields.Char("Why", compute="_compute_verdict_reason")

    @api.depends("verdict", "verdict_rule", "agent_class")
    @api.depends_context("lang")
    def _compute_verdict_reason(self):
        signs = dict(self._fields["verdict_sign"]._description_selection(self.env))
        programs = dict(self._fields["agent_class"]._description_selection(self.env))
        for event in self:
            codes = (event.verdict_rule or "").split("+")
            event.verdict_sign = codes[0] if codes[0] in signs else False
            event.verdict_reason = event.verdict and event._say_why(
                "; ".join(signs[code] for code in codes if code in signs),
                programs.get(event.agent_class) or self.env._("An unknown program"),
            )

    def _say_why(self, why, program):
        """Return the reason of the verdict in a sentence for the author."""
        if self.verdict_rule in ("company", "office"):
            return self.env._("A line of your company's own says so.")
        sentences = {
            "person": self.env._("The reader: %(program)s.", program=program),
            "proxy": self.env._(
                "%(program)s for the reader, who was reading; the place is not known.",
                program=program,
            ),
            "prefetch": self.env._(
                "%(program)s fetched it ahead; nobody need have read it.",
                program=program,
            ),
            "scanner": self.env._(
                "A program, not a person: %(why)s.", why=why or program
            ),
            "own": self.env._("A colleague: %(why)s.", why=why),
            "unclear": self.env._(
                "%(program)s: the reader, or a program. %(why)s",
                program=program,
                why=why and f"{why[:1].upper()}{why[1:]}.",
            ),
            "reported": self.env._(
                "The service says so, and tells neither program nor network."
            ),
        }
        return sentences[self.verdict].strip()

    # ------------------------------------------------------------
    # JUDGE
    # ------------------------------------------------------------

    @api.model
    def _prepare_verdict(self, event, letter, lines):
        """Return what is kept of the judgement on news that is to be stored.

        :param event: ``client.TrackingEvent``
        :param lines: see _company_lines()
        """
        kind = SEEN.get(event.type.value)
        if not kind:
            return {}
        observation = evidence.Observation(
            kind=kind,
            at=_seconds(letter, to_naive_utc(event.date)),
            # A service that leaves it empty does not know.
            user_agent=event.user_agent or None,
            ip=event.ip or None,
            link=event.url or event.attachment_ref or None,
        )
        verdict = evidence.judge(observation, lines=lines)
        return {
            "verdict": verdict.kind,
            "verdict_rule": verdict.rule,
            "agent_class": observation.program_code,
        }

    def _judge_in_company(self):
        """Judge these events, of which one more may be known now."""
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
        by_letter = {
            letter: evidence.History(event._observation() for event in events)
            for letter, events in around.grouped("letter_id").items()
        }
        for event in around.filtered(lambda event: event._may_change()):
            verdict = evidence.judge(event._observation(), by_letter[event.letter_id])
            if event.pending or evidence.upgrades(event.verdict, verdict.kind):
                event.write({"verdict": verdict.kind, "verdict_rule": verdict.rule})

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
        )

    def _settles_on(self, pause):
        """Return when an event may move its letter: what follows may change it.

        :param pause: timedelta for which one of a young letter waits
        """
        sent = self.letter_id.sent_date
        if not self._may_change() or not sent or not sent <= self.date < sent + YOUNG:
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

    def _counted(self):
        """Return those of the events that count as the reader's."""
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
