"""Core Odoo, the addons of peers, and ours, measured in one run."""

import argparse
import os
import sys
import time

from ..console import DevError, say
from ..machine import Machine, prepare
from ..paths import DEV, ROOT
from . import front, inside, outside, posting, report, watching
from .alone import alone
from .judging import judging
from .opens import opens
from .plan import FULL, QUICK, Plan
from .worlds import Worlds

TABLE = ROOT / "docs" / "benchmarks.csv"
ALONE = {
    "alone": alone,
    "front": front.screens,
    "judging": judging,
    "opens": opens,
    "posting": posting.alone,
    "watching": watching.alone,
}
QUICK_TABLE = DEV / "benchmarks-quick.csv"


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="less of everything (five minutes)"
    )
    parser.add_argument(
        "--only",
        choices=ALONE,
        help="alone: one letter, query by query; front: the screens, in a browser; "
        "judging: whether it was the reader; opens: where a million are stored; posting: letters by Odoo's own mail "
        "server; watching: the addresses in letters",
    )
    options = parser.parse_args()
    machine = prepare()
    os.environ.update(machine.environ)
    try:
        if options.only:
            ALONE[options.only](machine, report.Report())
            return 0
        return run(machine, quick=options.quick)
    except DevError as error:
        say(f"dev: {error}")
        return 1


def run(machine: Machine, *, quick: bool) -> int:
    """Measure, print the table, write it down; the exit code is 1 if a goal is missed."""
    start = time.monotonic()
    table = report.Report()
    with Worlds(machine) as worlds:
        _measure(worlds, QUICK if quick else FULL, table)
    if not quick:
        judging(machine, table)
        opens(machine, table)
        front.screens(machine, table)
    path = QUICK_TABLE if quick else TABLE
    table.write(path)
    missed = [row.what for row in table.rows if row.met is False]
    minutes = (time.monotonic() - start) / 60
    say(f"On {report.machine_class()}; {minutes:.1f} minutes; written to {path}")
    for what in missed:
        say(f"Not met: {what}")
    return 1 if missed else 0


def _measure(worlds: Worlds, plan: Plan, table: report.Report) -> None:
    for rows in plan.histories:
        worlds.grow(rows)
        inside.sending(worlds, plan, table)
        inside.nothing_due(worlds, plan, table)
    inside.storage(worlds, plan, table)
    inside.unlinking(worlds, plan, table)
    inside.chatter(worlds, plan, table)
    inside.syncing(worlds, plan, table)
    inside.sending_slowly(worlds, plan, table)
    inside.applying(worlds, plan, table)
    outside.webhook(worlds, plan, table)
    outside.parallel(worlds, plan, table)
    posting.posting(worlds, plan, table)
    watching.watching(worlds, plan, table)
    inside.growth(worlds, plan, table)


if __name__ == "__main__":
    sys.exit(main())
