# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Judging once more, by what is kept of an observation: less than there was to see."""

from .company import Lines
from .history import History
from .judge import Verdict, judge
from .networks import parse, within
from .observation import Observation

# What these rules look at is never kept,
_OF_THE_MOMENT = frozenset(
    ("session", "trap", "trap_company", "head", "prefetch_header", "read", "unseen")
)
# ... and this is forgotten after a while: the network.
_OF_THE_NETWORK = frozenset(
    (
        "mail_filter",
        "apple_network",
        "round",
        "pair",
        "machine_company",
        "echo",
        "ahead",
    )
)


def judge_again(
    before: str | None, observation: Observation, history: History, lines: Lines
) -> Verdict | None:
    """Return the verdict by the rules of today; None where the one before stands.

    It stands where it rests on something that is not kept, as far as that can be told.

    :param before: the rule that it was judged by, None if it never was
    """
    rules = frozenset((before or "").split("+"))
    if rules & _OF_THE_MOMENT or (rules & _OF_THE_NETWORK and not observation.ip):
        return None
    verdict = judge(observation, history, lines)
    if verdict.rule != before and _may_have_fitted(rules, observation.ip, lines):
        return None
    return verdict


def _may_have_fitted(rules, network, lines: Lines) -> bool:
    """Return whether a line of the company may have been about what is not kept.

    That is a part of the program's name, or an address within the network; any address
    where the network is forgotten.
    """
    named = []
    if "office" in rules:
        named += lines.office
    if "company" in rules:
        named += [line.network for line in lines.lines]
    kept = parse(network) if network else None
    return any(None in (one, kept) or within(str(one), (kept,)) for one in named)
