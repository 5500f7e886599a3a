# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What else was seen of the same letter, before and after, and of traps elsewhere."""

import bisect
import functools
from collections import Counter, defaultdict
from collections.abc import Iterable

from .networks import filters_mail
from .observation import TRAP, Observation
from .programs import MACHINES, MAIL

#: Seconds after sending in which gateways come: a letter so young is not sure of itself.
YOUNG = 600
#: Several links of one letter within that many seconds are no person's.
BURST = 2
#: ... nor that many, or all of them, within these.
SLOW_BURST, MANY = 10, 3
#: ... but a reader opens links in new windows, one after another: of what one browser in
#: one network does with an old letter, two within a second are none, nor three in four.
BURST_OF_ONE, SLOW_BURST_OF_ONE = 1, 4
#: Seconds around a burst or a trap in which what comes with it belongs to it.
COMPANY = 60
#: Seconds within which somebody else follows the link that was just followed.
ECHO = 15
#: From when to when.
Span = tuple[float, float]
# Fetches of one link that an echo is looked for in: a flood of them costs no more.
_LOOKED_AT = 20


class History:
    """All that was seen of one letter, in any order; read once, then asked cheaply.

    :param observations: of the letter, the one to judge among them or not
    :param traps: fetches of traps of other letters, with ``ip`` and ``moment``
    :param links: how many links and documents the letter has, None if not known
    """

    def __init__(
        self,
        observations: Iterable[Observation] = (),
        traps: Iterable[Observation] = (),
        links: int | None = None,
    ):
        self._seen = [one for one in observations if one.at is not None]
        self._seen.sort(key=_at)
        self._other_traps = traps
        self._enough = min(MANY, max(links, 2)) if links else MANY

    # Each is put together when it is first asked for: many letters never are.

    @functools.cached_property
    def _followed(self) -> list[Observation]:
        """What followed links and documents, in order, colleagues left out."""
        return [one for one in self._seen if one.kind != "pixel" and not is_own(one)]

    @functools.cached_property
    def _bursts(self) -> list[Span]:
        followed = self._followed
        if len(followed) < 2:
            return []
        young = [one for one in followed if one.at < YOUNG]
        spans = _spans(young, BURST, 2) + _spans(young, SLOW_BURST, self._enough)
        if len(young) < len(followed):
            spans += (
                _spans(followed, BURST, 2, of_several=True)
                + _spans(followed, SLOW_BURST, self._enough, of_several=True)
                + _spans(followed, BURST_OF_ONE, 2)
                + _spans(followed, SLOW_BURST_OF_ONE, self._enough)
            )
        return _merged(spans)

    @functools.cached_property
    def _by_network(self) -> dict[str, list[Observation]]:
        by_network = defaultdict(list)
        for one in self._followed:
            by_network[one.network].append(one)
        by_network.pop(None, None)
        return by_network

    @functools.cached_property
    def _pairs(self) -> dict[str, list[Span]]:
        return {
            network: _merged(_spans(followed, SLOW_BURST, 2))
            for network, followed in self._by_network.items()
        }

    @functools.cached_property
    def _rounds(self) -> dict[str, list[Span]]:
        return {
            network: _merged(_spans(followed, COMPANY, MANY))
            for network, followed in self._by_network.items()
        }

    @functools.cached_property
    def _machines(self) -> dict[str, list[float]]:
        return _times(filter(is_machine, self._seen), "at")

    @functools.cached_property
    def _links(self) -> dict[tuple, list[Observation]]:
        links = defaultdict(list)
        for one in self._followed:
            links[one.target].append(one)
        return links

    @functools.cached_property
    def _traps(self) -> dict[str, list[float]]:
        return _times((one for one in self._seen if one.link == TRAP), "at")

    @functools.cached_property
    def _elsewhere(self) -> dict[str, list[float]]:
        return _times(self._other_traps, "moment")

    def in_burst(self, one: Observation) -> bool:
        """Return whether it is one of several links that were followed at once."""
        return one.kind != "pixel" and _touches(self._bursts, one.at)

    def in_pair(self, one: Observation) -> bool:
        """Return whether its network followed two links one after another, no more."""
        return (
            one.kind != "pixel"
            and _touches(self._pairs.get(one.network, ()), one.at)
            and not self.in_round(one)
        )

    def in_round(self, one: Observation) -> bool:
        """Return whether its network followed many links in that minute."""
        return one.kind != "pixel" and _touches(
            self._rounds.get(one.network, ()), one.at
        )

    def beside_burst(self, one: Observation) -> bool:
        """Return whether links were followed at once within a minute of it."""
        return _touches(self._bursts, one.at, COMPANY)

    def with_trap(self, one: Observation) -> bool:
        """Return whether the same network was in a trap then, of this letter or not."""
        return _near(self._traps, one.network, one.at) or _near(
            self._elsewhere, one.network, one.moment
        )

    def with_machine(self, one: Observation) -> bool:
        """Return whether the same network sent then what is a machine by itself."""
        return _near(self._machines, one.network, one.at)

    def is_echo(self, one: Observation) -> bool:
        """Return whether another program, from elsewhere, had just followed that link."""
        return any(
            _is_another(one, other)
            # A gateway that looks at a link before the reader may is followed by him.
            and not (is_machine(other) or filters_mail(other.ip))
            for other in self._around(one, before=ECHO)
        )

    def is_ahead(self, one: Observation) -> bool:
        """Return whether another program, from elsewhere, followed that link right after."""
        return any(
            _is_another(one, other) and not filters_mail(other.ip)
            for other in self._around(one, after=ECHO)
        )

    def _around(self, one, before=0, after=0) -> list[Observation]:
        """Return what else followed the same link within so many seconds."""
        if one.kind == "pixel" or one.at is None:
            return []
        fetches = self._links.get(one.target, ())
        here = bisect.bisect_left(fetches, one.at, key=_at)
        near = fetches[max(0, here - _LOOKED_AT) : here + _LOOKED_AT]
        return [
            other for other in near if one.at - before <= other.at <= one.at + after
        ]

    def was_shown(self, one: Observation) -> bool:
        """Return whether a mail program in the same network had shown the letter."""
        return (
            one.at is not None
            and self._first_shown.get(one.network, one.at + 1) <= one.at
        )

    @functools.cached_property
    def _first_shown(self) -> dict[str, float]:
        """When a mail program first showed the letter, by network."""
        shown = _times(filter(_is_shown, self._seen), "at")
        return {network: times[0] for network, times in shown.items()}


def is_own(one: Observation) -> bool:
    """Return whether a colleague was seen, who may follow what he likes."""
    return bool(one.internal_session or one.office_network)


def only_asks(one: Observation) -> bool:
    """Return whether only its being there was asked for, as no reader's program does."""
    return (one.method or "GET").upper() in ("HEAD", "OPTIONS", "PROPFIND")


def is_machine(one: Observation) -> bool:
    """Return whether its method or its name alone make it a machine."""
    return only_asks(one) or one.program_code in ("none", *MACHINES)


def _is_shown(one: Observation) -> bool:
    return one.kind == "pixel" and one.program_code in MAIL


def _is_another(one: Observation, other: Observation) -> bool:
    """Return whether another program in another network was seen, as far as is known."""
    return bool(one.network and other.network) and (
        other.network != one.network and other.user_agent != one.user_agent
    )


def _at(one: Observation) -> float:
    return one.at


def _spans(followed, seconds, enough, of_several=False) -> list[Span]:
    """Return the times in which `enough` targets were followed within `seconds`.

    :param followed: in order of time
    :param of_several: only times in which it cannot have been one browser alone, as far
        as is known
    """
    if len(followed) < enough:
        return []
    spans, first, targets, browsers = [], 0, Counter(), Counter()
    for one in followed:
        targets[one.target] += 1
        if of_several:
            browsers[_browser(one)] += 1
        while one.at - followed[first].at > seconds:
            _take_off(targets, followed[first].target)
            if of_several:
                _take_off(browsers, _browser(followed[first]))
            first += 1
        is_one = len(browsers) == 1 and None not in browsers
        if len(targets) >= enough and not (of_several and is_one):
            spans.append((followed[first].at, one.at))
    return spans


def _browser(one: Observation) -> tuple | None:
    """Return what tells a browser from others; None if its network is not known."""
    return one.network and (one.network, one.user_agent or one.program)


def _take_off(counts: Counter, key):
    counts[key] -= 1
    if not counts[key]:
        del counts[key]


def _merged(spans) -> list[Span]:
    """Return the spans in order, those that touch as one."""
    merged = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _touches(spans, at: float | None, around: float = 0) -> bool:
    """Return whether a time lies in one of the spans, or so many seconds around it."""
    if at is None:
        return False
    index = bisect.bisect_left(spans, at - around, key=lambda span: span[1])
    return index < len(spans) and spans[index][0] <= at + around


def _times(observations, clock) -> dict[str, list[float]]:
    times = defaultdict(list)
    for one in observations:
        time = getattr(one, clock)
        if one.network and time is not None:
            times[one.network].append(time)
    return {network: sorted(times[network]) for network in times}


def _near(times, network: str | None, at: float | None) -> bool:
    if at is None or network is None or network not in times:
        return False
    index = bisect.bisect_left(times[network], at - COMPANY)
    return index < len(times[network]) and times[network][index] <= at + COMPANY
