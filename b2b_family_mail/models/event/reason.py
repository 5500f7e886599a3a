# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import LazyTranslate, format_datetime, unique

from ... import evidence
from .verdict import ARRIVED

_lt = LazyTranslate(__name__)

# By verdict. What the rules look at (why) is part of a sentence, without a full stop.
SENTENCES = {
    "person": _lt("%(program)s: the reader's own program."),
    "proxy": _lt(
        "%(program)s for the reader, who was reading; the place is not known."
    ),
    "prefetch": _lt("%(program)s fetched it ahead; nobody need have read it."),
    "scanner": _lt("A program, not a person: %(why)s."),
    "own": _lt("A colleague: %(why)s."),
    "unclear": _lt("%(program)s: the reader, or a program. %(doubt)s"),
    "reported": _lt("The service says so, and tells neither program nor network."),
}
OWN_LINE = _lt("A line of your company's own says so.")
UNKNOWN = _lt("An unknown program")


class B2BFamilyEvent(models.Model):
    """Why an event is taken for the reader's, or not: a sentence for its author."""

    _inherit = "b2b.family.event"

    # For its labels, which are translated: what the rules look at.
    verdict_sign = fields.Selection(
        [(rule.code, rule.text) for rule in evidence.RULES],
        compute="_compute_verdict_reason",
    )
    verdict_reason = fields.Char("Why", compute="_compute_verdict_reason")

    @api.depends("verdict", "verdict_rule", "agent_class", "payload")
    @api.depends_context("lang", "tz")
    def _compute_verdict_reason(self):
        self.verdict_sign = False
        judged = self.filtered("verdict")
        sentences = self._say_why(event._grounds() for event in judged)
        self.verdict_reason = False
        for event in judged:
            event.verdict_reason = sentences[event._grounds()]
        for event in self.filtered(lambda ev: ev.event_type == "judged"):
            # sudo: what it changed is for whoever may see the letter
            event.verdict_reason = event._say_change(**event.sudo().payload)

    def _say_change(self, before, now):
        """Return what another judgement changed, in a sentence or two.

        :param before: see b2b.family.letter._recount(), and ``now``
        """
        states = self.env["b2b.family.letter"]._fields["state"]
        labels = dict(states._description_selection(self.env))
        words = {"before": self._say_span(before), "now": self._say_span(now)}
        said = []
        if words["before"] and words["now"] and words["before"] != words["now"]:
            said = [self.env._("Opened on %(now)s, not on %(before)s.", **words)]
        elif words["before"] and not words["now"]:
            said = [self.env._("Not opened, as it had seemed, on %(before)s.", **words)]
        elif words["now"] and not words["before"]:
            said = [self.env._("Opened on %(now)s.", **words)]
        if before.get("state") != now.get("state"):
            was, is_now = labels[before["state"]], labels[now["state"]]
            said.append(
                self.env._(
                    "Now “%(now)s”, before “%(before)s”.", before=was, now=is_now
                )
            )
        return " ".join(said)

    def _say_span(self, opens):
        """Return when something was opened: the first time and the last."""
        dates = filter(None, (opens["first_open_date"], opens["last_open_date"]))
        return " – ".join(
            format_datetime(self.env, date, dt_format="medium")
            for date in unique(dates)
        )

    def _grounds(self):
        return self.verdict, self.verdict_rule, self.agent_class

    @api.model
    def _say_why(self, grounds):
        """Return sentences that say whose something was, and why.

        :param grounds: (verdict, rule, code of the program) each
        :return: dict by these
        """
        signs = dict(self._fields["verdict_sign"]._description_selection(self.env))
        programs = dict(self._fields["agent_class"]._description_selection(self.env))
        sentences = {}
        for verdict, rule, code in set(grounds):
            if rule in ("company", "office"):
                sentences[verdict, rule, code] = self.env._(OWN_LINE)
                continue
            program = programs.get(code) or self.env._(UNKNOWN)
            rules = (rule or "").split("+")
            why = "; ".join(signs[name] for name in rules if name in signs)
            words = {
                "program": program,
                "why": why or program,
                "doubt": why and f"{why[:1].upper()}{why[1:]}.",
            }
            sentence = self.env._(SENTENCES[verdict])
            sentences[verdict, rule, code] = (sentence % words).strip()
        return sentences


class B2BFamilyLetter(models.Model):
    _inherit = "b2b.family.letter"

    verdict_reason = fields.Char(
        "Why",
        compute="_compute_verdict_reason",
        help="Why the letter counts as opened, or only as delivered.",
    )

    @api.depends("state", "open_verdict", "event_ids.verdict", "event_ids.pending")
    @api.depends_context("lang")
    def _compute_verdict_reason(self):
        """By the first event that says as much as the letter does; one query for all."""
        events = self.env["b2b.family.event"]
        grounds = {}
        for letter, *ground in events._read_group(
            Domain("letter_id", "in", self.ids)
            & Domain("verdict", "!=", False)
            & Domain("pending", "=", False),
            ["letter_id", "verdict", "verdict_rule", "agent_class"],
            order="date:min",
        ):
            if ground[0] in letter._verdicts_shown():
                grounds.setdefault(letter, tuple(ground))
        for letter in self.filtered(lambda lt: lt.open_verdict == "reported"):
            grounds.setdefault(letter, ("reported", False, False))
        sentences = events._say_why(grounds.values())
        for letter in self:
            letter.verdict_reason = sentences.get(grounds.get(letter), False)

    def _verdicts_shown(self):
        """Return the verdicts to which the letter owes its state."""
        if self.open_verdict:
            return (self.open_verdict,)
        return ARRIVED if self.state == "delivered" else ()
