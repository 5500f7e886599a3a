"""The test suites, in the order in which a failure is cheapest to find."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import browser, database
from .console import DevError, say, step
from .machine import Machine
from .odoo_log import our_warnings
from .paths import LOG, PYTHON, ROOT

TESTS = ROOT / "tests"
NO_MODELS = "--disable=method-required-super,missing-return,except-pass"
SALES_MODULES = ("sale_management", "crm")
LIVE_LOGS = LOG / "live"


@dataclass(frozen=True)
class Suite:
    """One stage of ./dev test. `run` returns whether it passed."""

    name: str
    run: Callable[[Machine, list[str]], bool]
    needs_browser: bool = False


def run(
    machine: Machine, names: list[str], *, browser: bool = True, pytest_args=()
) -> int:
    """Run the suites named, or all; print a closing table; return an exit code."""
    suites = _chosen(names)
    left_out = [suite for suite in suites if suite.needs_browser and not browser]
    results = []
    for suite in suites:
        if suite in left_out:
            continue
        say(f"\n=== {suite.name}")
        start = time.monotonic()
        passed = _guarded(suite, machine, list(pytest_args))
        results.append((suite.name, passed, time.monotonic() - start))
    say()
    for name, passed, seconds in results:
        say(f"  {name:<10} {'passed' if passed else 'FAILED':<8} {seconds:7.1f} s")
    say(f"  {'total':<10} {'':<8} {sum(seconds for *_, seconds in results):7.1f} s")
    if left_out:
        say(
            f"Not run, because of --no-browser: {', '.join(suite.name for suite in left_out)}"
        )
    return 0 if all(passed for _, passed, _ in results) else 1


def _chosen(names: list[str]) -> list[Suite]:
    unknown = set(names) - {suite.name for suite in SUITES}
    if unknown:
        known = " ".join(suite.name for suite in SUITES)
        raise DevError(
            f"There is no suite {', '.join(sorted(unknown))}. There are: {known}"
        )
    return [suite for suite in SUITES if not names or suite.name in names]


def _guarded(suite: Suite, machine: Machine, pytest_args: list[str]) -> bool:
    """Run one suite; a foreseeable problem fails it and lets the others run."""
    try:
        return suite.run(machine, pytest_args)
    except DevError as error:
        say(f"dev: {error}")
        return False


def _command(machine: Machine, *command) -> bool:
    say("$ " + " ".join(str(part) for part in command).replace(f"{ROOT}/", ""))
    return (
        subprocess.call(
            [str(part) for part in command],
            cwd=ROOT,
            env=machine.environ,
            stdin=subprocess.DEVNULL,
        )
        == 0
    )


def _pytest(machine: Machine, folder: str, *options) -> bool:
    if not any((TESTS / folder).glob("test_*.py")):
        raise DevError(f"There are no tests in {TESTS / folder}.")
    return _command(
        machine,
        PYTHON,
        "-m",
        "pytest",
        "-p",
        "devtools.strict",
        f"tests/{folder}",
        *options,
    )


def _pure(folder: str):
    return lambda machine, arguments: _pytest(
        machine, folder, "-p", "no:odoo", *arguments
    )


def lint(machine: Machine, arguments: list[str]) -> bool:
    """ruff, its formatter, and pylint-odoo."""
    addons = ["b2b_family_mail", "b2b_family_mail_queue"]
    sources = ["dev", "setup.py", *addons, "devtools", "tests"]
    checks = [
        [PYTHON, "-m", "ruff", "check", *sources],
        [PYTHON, "-m", "ruff", "format", "--check", *sources],
        [PYTHON, "-m", "pylint", *addons],
        # The client has no models, and it does not log.
        [
            PYTHON,
            "-m",
            "pylint",
            "--ignore-paths=",
            NO_MODELS,
            "b2b_family_mail/client",
        ],
    ]
    # All of them, so that one run shows everything there is to mend.
    return all([_command(machine, *check) for check in checks])


def odoo(machine: Machine, arguments: list[str]) -> bool:
    """Tests inside Odoo, on a fresh clone of the template."""
    with _database(machine, "b2b_test_odoo") as name:
        passed = _in_odoo(machine, "odoo", name, *arguments)
    return _log_is_clean(database.install_log()) and passed


def tours(machine: Machine, arguments: list[str]) -> bool:
    """Browser tours, on a fresh clone with the web client's bundles ready."""
    browser.ensure()
    with _database(machine, "b2b_test_tours") as name:
        database.make_bundles(machine, name)
        return _in_odoo(machine, "tours", name, *arguments)


def sales(machine: Machine, arguments: list[str]) -> bool:
    """Tests on the documents of Odoo's Sales, CRM and Invoicing, the browser included."""
    browser.ensure()
    with _database(machine, "b2b_test_sales") as name:
        with step("Installing Odoo's Sales and CRM"):
            database.install(machine, name, SALES_MODULES, log="sales")
            database.make_bundles(machine, name)
        return _in_odoo(machine, "sales", name, *arguments)


def live(machine: Machine, arguments: list[str]) -> bool:
    """Tests that start real servers; these write their logs to `.dev/log/live`."""
    for log in LIVE_LOGS.glob("*.log"):
        log.unlink()
    passed = _pytest(machine, "live", "-p", "no:odoo", *arguments)
    return (
        all([_log_is_clean(log) for log in sorted(LIVE_LOGS.glob("*.log"))]) and passed
    )


def _in_odoo(machine: Machine, folder: str, name: str, *arguments) -> bool:
    options = [f"--odoo-database={name}", "--odoo-http", "--odoo-log-level=warn"]
    return _pytest(machine, folder, *options, *arguments)


class _database:
    """A database for one suite, made anew, dropped in the end."""

    def __init__(self, machine: Machine, name: str):
        self.machine, self.name = machine, name

    def __enter__(self) -> str:
        database.drop(self.machine, self.name)
        database.new(self.machine, self.name)
        return self.name

    def __exit__(self, *exception) -> None:
        database.drop(self.machine, self.name)


def _log_is_clean(log: Path) -> bool:
    """Whether an Odoo log holds no warning by or about the addon; says which it holds."""
    warnings = our_warnings(log)
    for line in warnings:
        say(f"Unexpected in {log}: {line}")
    return not warnings


def build_docs(machine: Machine) -> int:
    """Build docs/ with Sphinx, warnings being errors; return an exit code."""
    folder = ROOT / "docs"
    if not (folder / "conf.py").exists():
        raise DevError(f"There is no documentation in {folder}.")
    options = ["-W", "--keep-going", "-q", "-b", "html"]
    built = _command(
        machine, PYTHON, "-m", "sphinx", *options, folder, folder / "_build"
    )
    if built:
        say(f"Open {folder / '_build' / 'index.html'}")
    return 0 if built else 1


SUITES = [
    Suite("lint", lint),
    Suite("dev", _pure("dev")),
    Suite("unit", _pure("unit")),
    Suite("sandbox", _pure("sandbox")),
    Suite("odoo", odoo),
    Suite("live", live),
    Suite("queue", _pure("queue")),
    Suite("tours", tours, needs_browser=True),
    Suite("sales", sales, needs_browser=True),
    Suite("wheel", _pure("wheel")),
]
