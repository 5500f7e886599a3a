"""The screens when there is much of everything: queries, and time until one sees it.

A salesperson without other rights opens them in Chromium. Beside ours stands the screen
of core that is likest to it, with as many rows.
"""

import json
import re
import secrets
import subprocess
from contextlib import ExitStack
from pathlib import Path

from .. import browser, database
from ..console import DevError, log_path, step, tail
from ..machine import Machine
from ..paths import ROOT
from ..screenshots.__main__ import playwright_python
from ..server import OdooServer
from .child import Child
from .report import Report
from .turns import Turns

DATABASE = "b2b_bench_front"
LOG = "bench-front"
ROUNDS = 7
FEW = 3  # where a round takes many seconds
LETTERS, EVENTS, MESSAGES = 50_000, 10_000, 500
# A call as Odoo's log has it, with the number of its queries.
CALL = re.compile(r'"POST (\S+) HTTP/1.1" 200 - (\d+) ')
LIST = {"type": "ir.actions.act_window", "views": [[False, "list"], [False, "form"]]}
FORM = {"type": "ir.actions.act_window", "views": [[False, "form"]]}
EMPTY = {
    "action": {**LIST, "res_model": "res.partner", "domain": [("id", "=", 0)]},
    "count": 0,
    "scroll": False,
}
ROW, CARD = ".o_list_view .o_data_row", ".o_kanban_record:not(.o_kanban_ghost)"


def screens(machine: Machine, report: Report) -> None:
    """Fill a database, open each screen some times, and say what it took."""
    chromium = browser.ensure()
    with ExitStack() as stack:
        database.drop(machine, DATABASE)
        database.new(machine, DATABASE)
        stack.callback(database.drop, machine, DATABASE)
        database.make_bundles(machine, DATABASE)
        password = secrets.token_urlsafe(12)
        with step("Filling a database"):
            ids = _fill(machine, password)
        machine.postgres.sql("VACUUM ANALYZE", DATABASE)
        log = log_path(LOG)
        server = OdooServer(DATABASE, log=log, options=["--max-cron-threads=0"])
        stack.enter_context(server)
        pages = _Pages(server, log, chromium, password)
        stack.callback(pages.close)
        for what, ours, core in _plan(ids):
            _compare(pages, what, ours, core, report)


def _fill(machine: Machine, password: str) -> dict:
    paths = ",".join(map(str, [*machine.odoo.addons_paths, ROOT]))
    worker = Child("worker", DATABASE, paths, env=machine.environ, log=LOG)
    arguments = {"letters": LETTERS, "events": EVENTS, "messages": MESSAGES}
    arguments["password"] = password
    try:
        return worker.ask({"module": "tasks_front", "task": "fill", "args": arguments})
    finally:
        worker.close()


def _plan(ids: dict) -> list[tuple]:
    """What is opened: a description, our screen, core's screen or None."""
    letters = {"res_model": "b2b.family.letter"}
    contacts = {"res_model": "res.partner"}
    board = {"type": "ir.actions.act_window", "views": [[False, "kanban"]]}
    contact_board = {**board, **contacts, "context": {"group_by": "type"}}
    letter_board = {**board, **letters}
    chatter = ".o-mail-Chatter .o-mail-Message"

    def form(name):
        return {**FORM, **contacts, "res_id": ids[name]}

    rows = f"{LETTERS:,}"
    return [
        (
            f"board of {rows} letters, 120 cards; core: of contacts",
            _screen(letter_board, CARD, 120),
            _screen(contact_board, CARD, 120),
        ),
        (
            f"list of {rows} letters; core: of as many contacts",
            _screen({**LIST, **letters}, ROW, 80),
            _screen({**LIST, **contacts}, ROW, 80),
        ),
        (
            f"letter with {EVENTS:,} events",
            _screen(
                {**FORM, **letters, "res_id": ids["letter"]},
                ".o_field_widget[name=event_ids] .o_data_row",
                40,
            ),
            None,
        ),
        (
            f"chatter with {MESSAGES} tracked messages; core: plain ones",
            _screen(form("tracked"), chatter, 30),
            _screen(form("plain"), chatter, 30),
        ),
        (
            f"the same, scrolled to the first of {MESSAGES}",
            _screen(form("tracked"), chatter, MESSAGES, scroll=True),
            _screen(form("plain"), chatter, MESSAGES, scroll=True),
        ),
    ]


def _screen(action: dict, selector: str, count: int, scroll=False) -> dict:
    return {"action": action, "selector": selector, "count": count, "scroll": scroll}


def _compare(pages, what: str, ours: dict, core: dict | None, report: Report) -> None:
    works = {"ours": lambda: pages.open(ours)}
    if core:
        works["core"] = lambda: pages.open(core)
    turns = Turns(FEW if ours["scroll"] else ROUNDS, works)
    cells = {name: _cells(turns, name) for name in works}
    ratio = str(turns.ratio("ours", "core")) if core else ""
    report.add(
        f"{what}, painted after",
        cells["ours"][0],
        core=cells.get("core", ("",))[0],
        ratio=ratio,
    )
    report.add(
        f"{what}, queries",
        cells["ours"][1],
        core=cells.get("core", ("", ""))[1],
    )
    for name in works:
        calls = turns.results[name][-1]["calls"]
        counts = {call: [] for call, _count in calls}
        for call, count in calls:
            counts[call].append(str(count))
        asked = (f"{call} {'+'.join(each)}" for call, each in counts.items())
        print(f"    {name}: {', '.join(asked)}", flush=True)


def _cells(turns: Turns, name: str) -> tuple[str, str]:
    return (
        f"{turns.median(name) * 1000:.0f} ms",
        f"{turns.median(name, 'queries'):.0f}",
    )


class _Pages:
    """A browser in which screens are opened, and the log of what they asked for."""

    def __init__(self, server: OdooServer, log: Path, chromium: str, password: str):
        self.log = log
        command = [playwright_python(), "-m", "devtools.bench.pages", chromium]
        with log_path(f"{LOG}-browser").open("ab") as output:
            self.process = subprocess.Popen(
                [*map(str, command), server.url, "seller", password],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )

    def open(self, screen: dict) -> dict:
        """Open a screen; return the seconds until it is painted, and its queries."""
        # Nothing of the last screen may be taken for this one; and what the page keeps
        # of a chatter would be shown without asking for it again.
        reload = "Message" in screen["selector"]
        self._ask({**EMPTY, "selector": screen["selector"], "reload": reload})
        start = self.log.stat().st_size
        milliseconds = self._ask(screen)
        said = self.log.read_bytes()[start:].decode(errors="replace")
        calls = [
            (path.rpartition("#")[2], int(queries))
            for path, queries in CALL.findall(said)
        ]
        return {
            "seconds": milliseconds / 1000,
            "queries": sum(queries for _call, queries in calls),
            "calls": calls,
        }

    def _ask(self, job: dict) -> float:
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            log = log_path(f"{LOG}-browser")
            raise DevError(f"A screen stayed empty:\n{tail(log)}")
        return json.loads(answer)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(30)
