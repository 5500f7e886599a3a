"""What it costs to ask of each event whether it was the reader: beside storing it.

A database of its own, with letters and their news; no peer does the like.
"""

from contextlib import ExitStack

from .. import database
from ..console import step
from ..machine import Machine
from ..paths import ROOT
from .report import Report
from .worlds import PREFIX, World

EVENTS = 100_000
DATABASE = "judging"
GOAL = 0.2


def judging(machine: Machine, report: Report, events: int = EVENTS) -> None:
    """Take in events of many letters, then judge all of them again."""
    name = PREFIX + DATABASE
    paths = ",".join(map(str, (*machine.odoo.addons_paths, ROOT)))
    with ExitStack() as stack:
        database.drop(machine, name)
        database.new(machine, name)
        stack.callback(database.drop, machine, name)
        world = World(DATABASE, machine, paths)
        stack.callback(world.close)
        with step(f"Taking in {events:,} events"):
            taken = world.do("take_in", _module="tasks_judging", events=events)
        with step("Judging them again"):
            again = world.do("judge_again", _module="tasks_judging")
    share = taken["judging"] / (taken["seconds"] - taken["judging"])
    report.add(f"{events:,} events stored and applied", f"{taken['seconds']:.0f} s")
    report.add(
        "of that, judging them, as a share of the rest",
        f"{share:.1%}",
        goal=f"less than {GOAL:.0%}",
        met=share < GOAL,
    )
    report.add("all of them judged again", f"{again['seconds']:.0f} s")
    report.add("the same, queries an event", f"{again['queries'] / events:.3f}")
    report.add(
        "the same, longest batch of 200 letters", f"{1000 * again['longest']:.0f} ms"
    )
