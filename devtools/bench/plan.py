"""How much is measured: all of it, or what fits into five minutes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """`rounds` of every pair; `few` where one round takes many seconds."""

    rounds: int = 12
    few: int = 12
    batch: int = 100  # mails sent together
    histories: tuple[int, ...] = (0, 50_000, 500_000)
    synced: int = 1000
    slow: int = 100  # letters asked about at 200 ms a call
    growth: tuple[int, int] = (10_000, 100_000)
    growth_rounds: int = 4
    requests: int = 200  # to a server in one round
    parallel: int = 24  # rounds of eight events for one letter


FULL = Plan()
QUICK = Plan(
    rounds=4,
    few=2,
    histories=(0, 50_000),
    synced=400,
    slow=80,
    growth=(2_000, 20_000),
    growth_rounds=1,
    requests=150,
)
