"""What the addresses in letters cost: our picture beside that of core's mailings."""

import time
from contextlib import ExitStack

from ..machine import Machine
from . import outside
from .child import Child
from .plan import FULL, Plan
from .report import Report
from .turns import Turns
from .worlds import LOG, Worlds

AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
)
SEEN = "source = 'here'"
AT_LEAST, P95_AT_MOST = 0.9, 1.2


def alone(machine: Machine, report: Report) -> None:
    """Measure nothing else."""
    with Worlds(machine) as worlds:
        watching(worlds, FULL, report)


def watching(worlds: Worlds, plan: Plan, report: Report) -> None:
    """Fetch pictures, links and wrong addresses, each picture of another letter."""
    core, ours = worlds.core, worlds.ours
    count = plan.requests * (plan.rounds + 1)
    found = ours.own("watched_paths", count=count)
    wrong = [f"{path[:-6]}x.gif" for path in found["pictures"]]
    paths = {
        "core": core.do("pixel_paths", count=count),
        "picture": found["pictures"],
        "link": found["links"],
        "wrong": wrong,
        "wrong link": [path[:-2] + "xx" for path in found["links"]],
    }
    with ExitStack() as stack:
        load = Child("load", env=worlds.machine.environ, log=LOG)
        stack.callback(load.close)
        servers = {
            world.name: stack.enter_context(
                outside.server(worlds, world, outside.WORKERS)
            )
            for world in (core, ours)
        }
        callers = {
            name: outside.Caller(
                load,
                servers["core" if name == "core" else "ours"],
                [_fetch(path) for path in theirs],
                plan.requests,
            )
            for name, theirs in paths.items()
        }
        turns = Turns(plan.rounds, callers)
        stored = _wait_until_stored(ours, 2 * count)
        pending = outside.wait_until_applied(ours)
    _check({name: caller.statuses for name, caller in callers.items()}, pending)
    if stored != 2 * count:
        raise AssertionError(f"{stored} of {2 * count} are stored")
    for name in ("picture", "wrong", "link", "wrong link"):
        _tell(turns, name, report)
    report.add("bytes an open seen here, indexes included", f"{_bytes(ours):.0f}")


def _wait_until_stored(ours, count: int, timeout: float = 15) -> int:
    deadline = time.monotonic() + timeout
    while True:
        stored = int(_one(ours, f"SELECT count(*) FROM b2b_family_event WHERE {SEEN}"))
        if stored >= count or time.monotonic() > deadline:
            return stored
        time.sleep(0.2)


def _fetch(path: str) -> dict:
    return {"method": "GET", "path": path, "headers": {"User-Agent": AGENT}}


def _check(statuses: dict, pending: int) -> None:
    expected = {
        "core": {200},
        "picture": {200},
        "wrong": {200},
        "link": {302},
        "wrong link": {404},
    }
    if statuses != expected or pending:
        raise AssertionError((statuses, pending))


def _tell(turns: Turns, name: str, report: Report) -> None:
    rate, late = turns.ratio(name, "core", "rate"), turns.ratio(name, "core", "p95")
    has_goal = name != "wrong link"
    report.add(
        f"{name}, requests a second, {outside.WORKERS} workers; core: its pixel",
        f"{turns.median(name, 'rate'):.0f}",
        core=f"{turns.median('core', 'rate'):.0f}",
        ratio=str(rate),
        goal=f"at least {AT_LEAST}" if has_goal else "",
        met=rate.median >= AT_LEAST if has_goal else None,
    )
    report.add(
        f"{name}, p95; core: its pixel",
        f"{turns.median(name, 'p95') * 1000:.0f} ms",
        core=f"{turns.median('core', 'p95') * 1000:.0f} ms",
        ratio=str(late),
        goal=f"at most {P95_AT_MOST}" if has_goal else "",
        met=late.median <= P95_AT_MOST if has_goal else None,
    )


def _bytes(ours) -> float:
    """Return what one event takes, of those that were seen here."""
    copy = "b2b_family_event_bench"
    ours.sql(f"CREATE TABLE {copy} (LIKE b2b_family_event INCLUDING ALL)")
    ours.sql(f"INSERT INTO {copy} SELECT * FROM b2b_family_event WHERE source = 'here'")
    size = _one(
        ours, f"SELECT pg_total_relation_size('{copy}')::float / count(*) FROM {copy}"
    )
    ours.sql(f"DROP TABLE {copy}")
    return float(size)


def _one(world, statement: str) -> str:
    [value] = world.sql(statement)
    return value
