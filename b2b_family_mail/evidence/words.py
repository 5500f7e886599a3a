# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reasons in English, for the command and for logs. The models have their own words."""

from .judge import Verdict
from .programs import TITLES
from .rules import RULES

_RULES = {rule.code: rule.text for rule in RULES}
_SENTENCES = {
    "company": "a line of the company's own",
    "browser": "%(program)s, and nothing speaks against a reader",
    "reported": "the service says so, and tells neither program nor network",
    "nothing": "%(program)s: nothing speaks for one or the other",
    "one_sign": "one sign alone: %(first)s",
    "two_signs": "two signs: %(first)s; %(second)s",
}
#: All reasons that a verdict can have.
REASONS = frozenset((*_RULES, *_SENTENCES))


def sentence(verdict: Verdict) -> str:
    """Return why it is so, without a capital and a full stop."""
    values = {"program": "", "first": "", "second": ""}
    values |= {name: str(value) for name, value in verdict.values.items()}
    values["program"] = TITLES.get(values["program"], "a program that nobody knows")
    for name in ("first", "second"):
        values[name] = _RULES.get(values[name], values[name])
    words = _SENTENCES.get(verdict.reason) or _RULES[verdict.reason]
    return words % values if "%(" in words else words
