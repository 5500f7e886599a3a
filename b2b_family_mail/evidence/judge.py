# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The judge: an observation and what else is known in, a verdict with its reason out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .company import Lines
from .history import History
from .observation import Observation
from .programs import TITLES
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
    :ivar reason: a code that the models have words for: that of the rule; ``two_signs``
        with the codes ``first`` and ``second``; ``one_sign`` with ``first``;
        ``browser``, ``reported``, ``nothing``
    :ivar rule: what is kept: the code of the rule, of two weak ones joined by ``+``
    :ivar values: what the words of the reason have places for: ``program``, a code of
        :data:`~.programs.TITLES`, and the above
    :ivar strong: whether one rule decided alone
    """

    kind: str
    reason: str
    rule: str
    values: Mapping[str, str] = field(default_factory=dict)
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
    values = {"program": program} if program in TITLES else {}
    found = company_rule(observation, lines or _NO_LINES)
    if found:
        code, kind = found
        return Verdict(kind, code, code, values, strong=True)
    for rule in _STRONG:
        if rule.fits(observation, program, history):
            return Verdict(rule.says, rule.code, rule.code, values, strong=True)
    if program is None and not observation.ip:
        return Verdict("reported", "reported", "reported", values)
    signs = [rule for rule in _WEAK if rule.fits(observation, program, history)]
    return _weighed(signs, program, values)


def _weighed(signs, program, values) -> Verdict:
    """Return the verdict on an observation that no strong rule decides."""
    # Signs that mean nothing alone mean nothing together.
    if len(signs) > 1 and any(sign.alone == UNCLEAR for sign in signs):
        # What says something of its own, a prefetch, says more than what only doubts.
        says = next((sign.says for sign in signs if sign.says == "prefetch"), "scanner")
        first, second = (sign.code for sign in signs[:2])
        values = values | {"first": first, "second": second}
        return Verdict(says, "two_signs", f"{first}+{second}", values)
    if signs:
        code = signs[0].code
        return Verdict(signs[0].alone, "one_sign", code, values | {"first": code})
    if program in BROWSERS:
        return Verdict("person", "browser", "browser", values)
    return Verdict(UNCLEAR, "nothing", "nothing", values)


def counts(kind: str, unclear_counts: bool = True) -> bool:
    """Return whether a kind of verdict counts as read by the company's policy."""
    return kind in COUNTED or (kind == UNCLEAR and unclear_counts)
