"""What letters cost that leave by Odoo's own mail server, watched from here."""

from ..machine import Machine
from .plan import FULL, Plan
from .report import Report
from .turns import Turns
from .worlds import Worlds

CARRIER = "b2b_family_mail.carrier"


def alone(machine: Machine, report: Report) -> None:
    """Measure nothing else."""
    with Worlds(machine) as worlds:
        posting(worlds, FULL, report)


def posting(worlds: Worlds, plan: Plan, report: Report) -> None:
    """The same mails to one reader each by all three, to the same mail server."""
    worlds.ours.do("set_parameters", values={CARRIER: "odoo"})
    for count in (1, plan.batch):
        for with_file in (False, True):
            _measure(worlds, plan, report, count, with_file)
    worlds.ours.do("set_parameters", values={CARRIER: ""})


def _measure(worlds, plan, report, count, with_file) -> None:
    works = {
        world.name: lambda world=world: world.do(
            "send", count=count, with_file=with_file
        )
        for world in worlds
    }
    turns = Turns(plan.few, works)
    what = f"by Odoo itself, send {count}{' with a file' if with_file else ''}"
    by_oca, by_core = turns.ratio("ours", "oca"), turns.ratio("ours", "core")
    big = count == plan.batch
    times = {name: f"{turns.median(name) * 1000:.0f} ms" for name in works}
    report.add(
        f"{what} (ratio to OCA; to core {by_core})",
        times["ours"],
        core=times["core"],
        oca=times["oca"],
        ratio=str(by_oca),
        goal="at most OCA" if big else "",
        met=by_oca.median <= 1 if big else None,
    )
    each = {name: turns.median(name, "queries") / count for name in works}
    report.add(
        f"{what}, queries a letter",
        f"{each['ours']:.1f}",
        core=f"{each['core']:.1f}",
        oca=f"{each['oca']:.1f}",
        goal="fewer than OCA" if big else "",
        met=each["ours"] <= each["oca"] if big else None,
    )
