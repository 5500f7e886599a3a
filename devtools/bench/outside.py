"""What is measured from outside, on real servers: the ways in for news."""

import json
import math
import time
from contextlib import ExitStack

from ..console import log_path
from ..server import OdooServer
from .child import Child
from .plan import Plan
from .report import Report
from .turns import Turns
from .worlds import LOG, World, Worlds

CLIENTS = 4
WORKERS = 2
PARALLEL = 8


def server(worlds: Worlds, world: World, workers: int) -> OdooServer:
    options = ["--max-cron-threads=0", "--log-level=error"]
    options.append(f"--addons-path={worlds.addons_path(world.name)}")
    log = log_path(f"bench-{world.name}")
    return OdooServer(world.database, workers=workers, log=log, options=options)


class Caller:
    """Makes requests to one server and adds up how it went."""

    def __init__(
        self, load: Child, server: OdooServer, requests: list[dict], size: int
    ):
        self.load, self.server, self.size = load, server, size
        self.requests = iter(requests)
        self.statuses = set()

    def __call__(self) -> dict:
        requests = [next(self.requests) for _number in range(self.size)]
        answer = self.load.ask(
            {"port": self.server.port, "requests": requests, "clients": CLIENTS}
        )
        self.statuses |= set(answer["statuses"])
        late = answer["times"][math.ceil(0.95 * self.size) - 1]
        return {"rate": self.size / answer["seconds"], "p95": late}


def webhook(worlds: Worlds, plan: Plan, report: Report) -> None:
    """News of as many letters as requests, beside the pixel of core's mailings."""
    core, ours = worlds.core, worlds.ours
    count = plan.requests * (plan.rounds + 1)
    path = f"/b2b_family/webhook/{worlds.token}"
    hooks = [
        {"method": "POST", "path": path, "body": body}
        for body in ours.own("webhook_bodies", count=count)
    ]
    rejects = [{**call, "path": path[:-5] + "wrong"} for call in hooks]
    pixels = [
        {"method": "GET", "path": path} for path in core.do("pixel_paths", count=count)
    ]
    mailgun = [
        _mailgun_call(body) for body in worlds.oca.own("webhook_bodies", count=count)
    ]
    with ExitStack() as stack:
        load = Child("load", env=worlds.machine.environ, log=LOG)
        stack.callback(load.close)
        at_core = stack.enter_context(server(worlds, core, WORKERS))
        at_oca = stack.enter_context(server(worlds, worlds.oca, WORKERS))
        at_ours = stack.enter_context(server(worlds, ours, WORKERS))
        callers = {
            "pixel": Caller(load, at_core, pixels, plan.requests),
            "mailgun": Caller(load, at_oca, mailgun, plan.requests),
            "hook": Caller(load, at_ours, hooks, plan.requests),
            "reject": Caller(load, at_ours, rejects, plan.requests),
        }
        turns = Turns(plan.rounds, callers)
        pending = wait_until_applied(ours)
    expected = {"pixel": {200}, "mailgun": {200}, "hook": {200}, "reject": {404}}
    if {name: caller.statuses for name, caller in callers.items()} != expected:
        raise AssertionError({name: c.statuses for name, c in callers.items()})
    if pending:
        raise AssertionError(f"{pending} events were not applied")
    for name, what, goal in (
        ("hook", "webhook", 1.0),
        ("reject", "webhook refused", 1.2),
    ):
        ratio = turns.ratio(name, "pixel", "rate")
        report.add(
            f"{what}, requests a second, {WORKERS} workers; core: its pixel",
            f"{turns.median(name, 'rate'):.0f}",
            core=f"{turns.median('pixel', 'rate'):.0f}",
            oca=f"{turns.median('mailgun', 'rate'):.0f}" if name == "hook" else "",
            ratio=str(ratio),
            goal=f"at least {goal}",
            met=ratio.median >= goal,
        )
    ratio = turns.ratio("hook", "pixel", "p95")
    report.add(
        "webhook, p95; core: its pixel",
        f"{turns.median('hook', 'p95') * 1000:.0f} ms",
        core=f"{turns.median('pixel', 'p95') * 1000:.0f} ms",
        oca=f"{turns.median('mailgun', 'p95') * 1000:.0f} ms",
        ratio=str(ratio),
        goal="at most 1.2",
        met=ratio.median <= 1.2,
    )


def wait_until_applied(ours: World, timeout: float = 15) -> int:
    deadline = time.monotonic() + timeout
    while True:
        [pending] = ours.sql("SELECT count(*) FROM b2b_family_event WHERE pending")
        if pending == "0" or time.monotonic() > deadline:
            return int(pending)
        time.sleep(0.2)


def parallel(worlds: Worlds, plan: Plan, report: Report) -> None:
    """Different events of one letter at the same moment, on a threaded server."""
    counts = {}
    for world in (worlds.oca, worlds.ours):
        with ExitStack() as stack:
            load = Child("load", env=worlds.machine.environ, log=LOG)
            stack.callback(load.close)
            odoo = stack.enter_context(server(worlds, world, 0))
            rounds = _oca_rounds if world is worlds.oca else _our_rounds
            accepted = 0
            for requests in rounds(worlds, plan.parallel):
                answer = load.ask(
                    {"port": odoo.port, "requests": requests, "clients": PARALLEL}
                )
                accepted += sum(status == 200 for status in answer["statuses"])
            if world is worlds.ours:
                wait_until_applied(world)
        counts[world.name] = (accepted, _stored(world))
    sent = plan.parallel * PARALLEL
    report.add(
        f"{PARALLEL} parallel events of one letter, stored of accepted of {sent}",
        "{1}/{0}".format(*counts["ours"]),
        oca="{1}/{0}".format(*counts["oca"]),
        goal="all",
        met=counts["ours"] == (sent, sent),
    )


def _our_rounds(worlds: Worlds, count: int):
    path = f"/b2b_family/webhook/{worlds.token}"
    for _number in range(count):
        bodies = worlds.ours.own("webhook_bodies_of_one", count=PARALLEL)
        yield [{"method": "POST", "path": path, "body": body} for body in bodies]


def _oca_rounds(worlds: Worlds, count: int):
    for _number in range(count):
        bodies = worlds.oca.own("webhook_bodies_of_one", count=PARALLEL)
        yield [_mailgun_call(body) for body in bodies]


def _mailgun_call(body: dict) -> dict:
    return {
        "method": "POST",
        "path": "/mail/tracking/mailgun/all",
        "body": json.dumps(body),
        "look_into": True,
    }


def _stored(world: World) -> int:
    table, condition = {
        "ours": ("b2b_family_event", "NOT pending AND url = 'parallel'"),
        "oca": ("mail_tracking_event", "mailgun_id LIKE 'parallel-%'"),
    }[world.name]
    return int(world.sql(f"SELECT count(*) FROM {table} WHERE {condition}")[0])
