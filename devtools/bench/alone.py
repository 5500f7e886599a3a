"""One letter alone: what a salesperson does all day, against a mail that core sends.

Besides the time and the number of the queries, it says where each query comes from.
"""

from ..machine import Machine
from .posting import CARRIER
from .report import Report
from .turns import Turns
from .worlds import World, Worlds

ROUNDS = 40
HISTORY = 50_000
GOAL_TIME, GOAL_QUERIES = 1.3, {"service": 30, "odoo": 35}
COMPARED = ("core", "ours")


def alone(machine: Machine, report: Report) -> None:
    """Send one mail with a file to one reader, in turns, without and with history.

    By the service, and by this Odoo.
    """
    with Worlds(machine, COMPARED) as worlds:
        for rows in (0, HISTORY):
            worlds.grow(rows)
            for carrier in GOAL_QUERIES:
                _deliver_by(worlds, carrier)
                compare(worlds, report, ROUNDS, carrier)
        _trace(worlds.core, "core")
        for carrier in GOAL_QUERIES:
            _deliver_by(worlds, carrier)
            _trace(worlds.ours, f"ours, by {carrier}")


def _deliver_by(worlds: Worlds, carrier: str) -> None:
    """Choose who delivers; what is cached of the settings is read again before it counts."""
    worlds.ours.do("set_parameters", values={CARRIER: carrier})
    worlds.ours.do("send", count=1)


def _trace(world: World, name: str) -> None:
    print(f"\n{name}: queries of one letter, and where they come from")
    for number, (origin, text) in enumerate(world.do("trace", count=1), 1):
        print(f"{number:>3} {origin}\n      {text}")


def compare(worlds: Worlds, report: Report, rounds: int, carrier: str) -> None:
    """Send one letter in each of the databases, as often as asked."""
    rows = f"by {carrier}, {worlds.rows:,} rows of history"
    most = GOAL_QUERIES[carrier]
    works = {
        world.name: lambda world=world: world.do("send", count=1) for world in worlds
    }
    turns = Turns(rounds, works)
    ratio = turns.ratio("ours", "core")
    cells = {name: f"{turns.median(name) * 1000:.3g} ms" for name in works}
    queries = {name: turns.median(name, "queries") for name in works}
    report.add(
        f"send 1, {rows}",
        cells.pop("ours"),
        **cells,
        ratio=str(ratio),
        goal=f"at most {GOAL_TIME} of core",
        met=ratio.median <= GOAL_TIME,
    )
    report.add(
        f"send 1, queries a letter, {rows}",
        f"{queries.pop('ours'):.0f}",
        **{name: f"{number:.0f}" for name, number in queries.items()},
        goal=f"at most {most}",
        met=turns.median("ours", "queries") <= most,
    )
    processor = {name: f"{turns.median(name, 'cpu') * 1000:.3g} ms" for name in works}
    report.add(
        f"send 1, Odoo's processor time, {rows}",
        processor.pop("ours"),
        **processor,
        ratio=str(turns.ratio("ours", "core", "cpu")),
    )
