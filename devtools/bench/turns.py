"""Taking turns, A B A B: what the machine does meanwhile meets all alike."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """A median with the quartiles around it."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{_short(self.median)} ({_short(self.low)}-{_short(self.high)})"


def spread(values) -> Spread:
    values = list(values)
    if len(values) < 3:
        return Spread(statistics.median(values), min(values), max(values))
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


class Turns:
    """What several did in as many rounds, one after the other in each round."""

    def __init__(self, rounds: int, works: dict[str, Callable[[], dict]]):
        for work in works.values():
            work()  # warm
        self.results = {name: [] for name in works}
        for _number in range(rounds):
            for name, work in works.items():
                self.results[name].append(work())

    def values(self, name: str, what: str = "seconds") -> list[float]:
        return [result[what] for result in self.results[name]]

    def median(self, name: str, what: str = "seconds") -> float:
        return statistics.median(self.values(name, what))

    def ratio(self, name: str, other: str, what: str = "seconds") -> Spread:
        """`name` against `other`, pair by pair."""
        pairs = zip(self.values(name, what), self.values(other, what), strict=True)
        return spread(mine / theirs for mine, theirs in pairs)


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
