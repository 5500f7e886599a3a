"""One letter alone: what a salesperson does all day, against a mail that core sends.

Besides the time and the number of the queries, it says where each query comes from.
"""

from ..machine import Machine
from .report import Report
from .turns import Turns
from .worlds import Worlds

ROUNDS = 40
HISTORY = 50_000
GOAL_TIME, GOAL_QUERIES = 1.3, 30
COMPARED = ("core", "ours")


def alone(machine: Machine, report: Report) -> None:
    """Send one mail with a file to one reader, in turns, without and with history."""
    with Worlds(machine, COMPARED) as worlds:
        for rows in (0, HISTORY):
            worlds.grow(rows)
            compare(worlds, report, ROUNDS)
        for world in worlds:
            print(f"\n{world.name}: queries of one letter, and where they come from")
            for number, (origin, text) in enumerate(world.do("trace", count=1), 1):
                print(f"{number:>3} {origin}\n      {text}")


def compare(worlds: Worlds, report: Report, rounds: int) -> None:
    """Send one letter in each of the databases, as often as asked."""
    rows = f"{worlds.rows:,} rows of history"
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
        goal=f"at most {GOAL_QUERIES}",
        met=turns.median("ours", "queries") <= GOAL_QUERIES,
    )
    processor = {name: f"{turns.median(name, 'cpu') * 1000:.3g} ms" for name in works}
    report.add(
        f"send 1, Odoo's processor time, {rows}",
        processor.pop("ours"),
        **processor,
        ratio=str(turns.ratio("ours", "core", "cpu")),
    )
