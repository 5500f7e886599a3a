# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When a verdict may be believed: what follows an observation may still change it."""

from collections.abc import Iterable

from .history import YOUNG
from .judge import KINDS

#: Seconds that an observation of a young letter waits for company, unless set otherwise.
SETTLES = 15

# The surest last. A later verdict counts only if it is surer than the one before.
_SURENESS = ("scanner", "prefetch", "own", "unclear", "reported", "proxy", "person")
if set(_SURENESS) != set(KINDS):
    raise AssertionError("a kind of verdict has no place in the order")


def is_young(at: float | None) -> bool:
    """Return whether what is seen so long after sending waits before it is believed.

    It is then judged with all that came in the meantime; after that, later evidence only
    upgrades. For an old letter, or where nobody knows the time (None), what follows is
    looked for in vain.
    """
    return at is not None and 0 <= at < YOUNG


def surest(kinds: Iterable[str]) -> str | None:
    """Return the surest of some kinds of verdict, None if there is none."""
    return max(kinds, key=_SURENESS.index, default=None)


def upgrades(before: str, now: str) -> bool:
    """Return whether a kind of verdict found after settling may replace one found then."""
    return _SURENESS.index(now) > _SURENESS.index(before)
