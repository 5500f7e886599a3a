# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When a verdict may be believed: what follows an observation may still change it."""

from collections.abc import Iterable

from .judge import KINDS
from .observation import Observation

#: Seconds after sending in which gateways come: a letter so young is not sure of itself.
YOUNG = 600
#: Seconds that an observation of a young letter waits for company.
SETTLES = 15

# The surest last. A later verdict counts only if it is surer than the one before.
_SURENESS = ("scanner", "prefetch", "own", "unclear", "reported", "proxy", "person")
if set(_SURENESS) != set(KINDS):
    raise AssertionError("a kind of verdict has no place in the order")


def settled_at(observation: Observation) -> float | None:
    """Return when its verdict may move the letter: seconds, of the clock of ``at``.

    At once for an old letter, or where nobody knows the time (None): what follows is
    then looked for in vain. Before that the observation waits, and is judged with all
    that came in the meantime; after that, later evidence only upgrades.
    """
    at = observation.at
    return at + SETTLES if at is not None and 0 <= at < YOUNG else at


def surest(kinds: Iterable[str]) -> str | None:
    """Return the surest of some kinds of verdict, None if there is none."""
    return max(kinds, key=_SURENESS.index, default=None)


def upgrades(before: str, now: str) -> bool:
    """Return whether a kind of verdict found after settling may replace one found then."""
    return _SURENESS.index(now) > _SURENESS.index(before)
