"""Odoo's own mail tests, run without and with the addon: what does the addon break?"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import browser, database
from .console import DevError, log_path, say, step
from .machine import Machine
from .paths import DEV, ODOO_BIN, PYTHON
from .server import choose_port

MODULE = "test_mail"
TAGS = "/mail,/test_mail"
FAILURE = re.compile(
    r" ERROR \S+ odoo\.addons\.(?P<where>\S+): (?:FAIL|ERROR): (?P<test>.+)$"
)
SUMMARY = re.compile(r"\d+ failed, \d+ error\(s\) of (?P<count>\d+) tests")


@dataclass(frozen=True)
class Outcome:
    """Of one run: how many tests there were and which failed."""

    count: int
    failed: frozenset[str]


def run(machine: Machine) -> int:
    """Run both ways, print the difference; the exit code is 1 if the addon breaks a test."""
    if not browser.find():
        say("Chromium is missing, so Odoo's browser tests are skipped in both runs.")
    without = _outcome(machine, "without")
    with_addon = _outcome(machine, "with")
    broken = sorted(with_addon.failed - without.failed)
    mended = sorted(without.failed - with_addon.failed)
    print(f"without the addon: {len(without.failed)} of {without.count} tests failed")
    print(
        f"with the addon:    {len(with_addon.failed)} of {with_addon.count} tests failed"
    )
    for title, tests in (
        ("fail both ways", sorted(without.failed & with_addon.failed)),
        ("fail only without the addon", mended),
        ("fail only with the addon", broken),
    ):
        print(f"{title}: {len(tests)}")
        for test in tests:
            print(f"  {test}")
    # Fewer tests, for instance because a test class died while loading, is no success.
    return 1 if broken or with_addon.count < without.count else 0


def _outcome(machine: Machine, variant: str) -> Outcome:
    name = f"b2b_core_{variant}"
    log = log_path(f"core-tests-{variant}")
    log.unlink(missing_ok=True)
    database.drop(machine, name)
    try:
        # Not a clone of the template: storing files in the database, as that does,
        # costs a query each, and these tests count queries.
        with step(f"Building a database {variant} the addon"):
            modules = ["mail"] + [database.ADDON_MODULE] * (variant == "with")
            database.new_plain(machine, name, modules)
        with step(f"Odoo's mail tests {variant} the addon (about 5 minutes)"):
            _run_odoo(machine, name, log)
    finally:
        database.drop(machine, name)
    return read_outcome(log)


def _run_odoo(machine: Machine, name: str, log: Path) -> None:
    command = [
        PYTHON,
        ODOO_BIN,
        "--database",
        name,
        "--init",
        MODULE,
        "--test-tags",
        TAGS,
    ]
    command += ["--stop-after-init", f"--http-port={choose_port(None)}"]
    command += ["--max-cron-threads=0", f"--db-filter=^{name}$"]
    with log.open("wb") as output:
        # The exit code says only that something failed; the log says what.
        subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=DEV,
            env=machine.environ,
            check=False,
        )


def read_outcome(log: Path) -> Outcome:
    """What a log of Odoo's test run says. DevError if the run did not get to its end."""
    failed, count = set(), None
    for line in log.read_text(errors="replace").splitlines():
        if match := FAILURE.search(line):
            failed.add(f"{match['where']}: {match['test']}")
        elif match := SUMMARY.search(line):
            count = int(match["count"])
    if count is None:
        raise DevError(f"Odoo did not finish its tests. See {log}")
    return Outcome(count, frozenset(failed))
