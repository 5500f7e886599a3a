# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The judge: an observation and what else is known in, a verdict with its reason out."""

from dataclasses import dataclass

from .company import Lines
from .history import History
from .observation import Observation
from .rules import BROWSERS, RULES, STRONG, WEAK, company_rule

UNCLEAR = "unclear"
#: What a verdict can be: what was seen was ... the reader's own program (person); a mail
#: provider for a reader who was reading (proxy); fetched without anybody reading
#: (prefetch); a gateway, crawler, preview or library (scanner); the author or a
#: colleague (own); nothing speaks for one of them (unclear); told by the service, which
#: gives neither program nor network (reported).
KINDS = ("person", "proxy", "prefetch", "scanner", "own", UNCLEAR, "reported")
#: Kinds that count as read. "unclear" counts as the company's policy says.
COUNTED = frozenset(("person", "proxy", "reported"))

_STRONG = tuple(rule for rule in RULES if rule.strength == STRONG)
_WEAK = tuple(rule for rule in RULES if rule.strength == WEAK)
_NOTHING = History()
_NO_LINES = Lines()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found, and why.

    :ivar kind: one of :data:`KINDS`
    :ivar rule: the code of the rule, of two weak ones joined by ``+``; where none fits:
        ``browser``, ``reported`` or ``nothing``
    :ivar strong: whether one rule decided alone
    """

    kind: str
    rule: str
    strong: bool = False


def judge(
    observation: Observation,
    history: History | None = None,
    lines: Lines | None = None,
) -> Verdict:
    """Return whose the observation was.

    :param history: the other observations of the letter, earlier and later ones; the
        more is known, the better: what follows can change the verdict
    :param lines: what the company adds; it comes before all other rules
    """
    history = history or _NOTHING
    program = observation.program_code
    found = company_rule(observation, lines or _NO_LINES)
    if found:
        code, kind = found
        return Verdict(kind, code, strong=True)
    for rule in _STRONG:
        if rule.fits(observation, program, history):
            return Verdict(rule.says, rule.code, strong=True)
    if program is None and not observation.ip:
        return Verdict("reported", "reported")
    signs = [rule for rule in _WEAK if rule.fits(observation, program, history)]
    return _weighed(signs, program)


def _weighed(signs, program) -> Verdict:
    """Return the verdict on an observation that no strong rule decides."""
    # Signs that mean nothing alone mean nothing together.
    if len(signs) > 1 and any(sign.alone == UNCLEAR for sign in signs):
        # What says something of its own, a prefetch, says more than what only doubts.
        says = next((sign.says for sign in signs if sign.says == "prefetch"), "scanner")
        return Verdict(says, "+".join(sign.code for sign in signs[:2]))
    if signs:
        return Verdict(signs[0].alone, signs[0].code)
    if program in BROWSERS:
        return Verdict("person", "browser")
    return Verdict(UNCLEAR, "nothing")


def counts(kind: str, unclear_counts: bool = True) -> bool:
    """Return whether a kind of verdict counts as read by the company's policy."""
    return kind in COUNTED or (kind == UNCLEAR and unclear_counts)
