"""A million opens stored, beside fifty thousand: what slows down, and what does not.

Two databases with the same letters, one of them with twenty times the opens; the same
work in both, in turns. No peer does the like: OCA keeps the first open only.
"""

import secrets
from contextlib import ExitStack

from .. import database
from ..console import step
from ..machine import Machine
from ..paths import ROOT
from .report import Report
from .turns import Turns
from .worlds import PREFIX, World

LETTERS, MESSAGES = 50_000, 500
FEW, MANY = 1, 20  # opens of each letter
CLICKED = 10  # every so manieth letter has a click
ROUNDS = 12
GOAL = 1.2
# What people wait for, or the server does all the time; and what may grow, since it is
# asked to count all of them, or looks at all of them once a day.
WORKS = ("chatter", "board", "event list", "letter", "report of letters")
WORKS += ("report of clicks", "scheduled actions", "a new open")
COUNTING = ("report of all events", "vacuum")


def opens(machine: Machine, report: Report) -> None:
    """Fill both databases, do each work in turns, and say what it took."""
    with ExitStack() as stack:
        few, ids = _fill(machine, stack)
        many = _multiply(machine, stack, few)
        few = _world(machine, "few")
        stack.callback(few.close)
        count = int(many.sql("SELECT count(*) FROM b2b_family_event")[0])
        for work in (*WORKS, *COUNTING):
            works = {
                world.name: lambda world=world, work=work: world.do(
                    "do", _module="tasks_opens", name=work, ids=ids
                )
                for world in (few, many)
            }
            _tell(report, work, count, Turns(ROUNDS, works))


def _tell(report: Report, work: str, count: int, turns: Turns) -> None:
    ratio = turns.ratio("many", "few")
    queries = [turns.median(name, "queries") for name in ("many", "few")]
    has_goal = work not in COUNTING
    report.add(
        f"{work}, {count:,} events; ratio to {FEW / MANY:.0%} of them",
        f"{turns.median('many') * 1000:.3g} ms",
        core=f"{turns.median('few') * 1000:.3g} ms",
        ratio=str(ratio),
        goal=f"at most {GOAL}" if has_goal else "",
        met=ratio.median <= GOAL if has_goal else None,
    )
    report.add(
        f"{work}, queries",
        f"{queries[0]:.0f}",
        core=f"{queries[1]:.0f}",
        goal="as many",
        met=queries[0] <= queries[1],
    )


def _fill(machine: Machine, stack: ExitStack) -> tuple[World, dict]:
    """Make a database with letters, an open each; return it and what is looked at."""
    name = PREFIX + "few"
    database.drop(machine, name)
    database.new(machine, name)
    stack.callback(database.drop, machine, name)
    world = _world(machine, "few")
    arguments = {"letters": LETTERS, "events": 1, "messages": MESSAGES}
    arguments["password"] = secrets.token_urlsafe(12)
    with step("Filling a database"):
        ids = world.do("fill", _module="tasks_front", **arguments)
        clicks = {"kind": "link_click", "first": 1, "last": 1, "every": CLICKED}
        world.do("store", _module="tasks_opens", **clicks)
    world.close()
    machine.postgres.sql("VACUUM ANALYZE", name)
    return world, ids


def _multiply(machine: Machine, stack: ExitStack, few: World) -> World:
    """Make a copy with all the opens, and start both; return the copy."""
    name = PREFIX + "many"
    database.drop(machine, name)
    machine.postgres.sql(
        f'CREATE DATABASE "{name}" TEMPLATE "{few.database}"', "postgres"
    )
    stack.callback(database.drop, machine, name)
    many = _world(machine, "many")
    stack.callback(many.close)
    with step(f"Storing {LETTERS * MANY:,} opens"):
        more = {"kind": "message_open", "first": FEW + 1, "last": MANY}
        many.do("store", _module="tasks_opens", **more)
    machine.postgres.sql("VACUUM ANALYZE", name)
    return many


def _world(machine: Machine, name: str) -> World:
    paths = ",".join(map(str, (*machine.odoo.addons_paths, ROOT)))
    return World(name, machine, paths)
