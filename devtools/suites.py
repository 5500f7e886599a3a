"""The test suites: what each runs, and in which order."""

import contextlib
import functools
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import browser, console, database, lanes, templates
from .console import DevError, say
from .machine import Machine
from .odoo_log import our_warnings
from .paths import LOG, PYTHON, ROOT
from .templates import Template

TESTS = ROOT / "tests"
NO_MODELS = "--disable=method-required-super,missing-return,except-pass"
# What a run by day does less of, as the tests take it from the environment.
LONG = {
    "SOAK_MINUTES": "2",
    "B2B_FUZZ_BODIES": "2100",
    "B2B_KILLS": "8",
    "B2B_RESTARTS": "5",
    "B2B_ORDERS": "120",
    "B2B_SURFACE": "all",
}
# A test has a limit of its own (pyproject.toml); this ends what hangs outside of tests.
LIMIT = 30 * 60  # seconds that a suite may take
GRACE = 30  # seconds for its fixtures to stop what they started
# A test that waits for a lock hears of its limit only when it has it: less than that.
# What is asked once is not worth compiling. Not among the server's own settings, for
# ./dev bench measures with those that a company has.
SESSION = {
    "PGOPTIONS": "-c lock_timeout=100s -c jit=off -c max_parallel_workers_per_gather=0"
}


@dataclass(frozen=True)
class Suite:
    """One stage of ./dev test. `run` returns whether it passed; before, the template
    is built from which it clones its databases.
    """

    name: str
    run: Callable[[Machine, list[str]], bool]
    template: Template | None = None
    needs_browser: bool = False


def run(
    machine: Machine,
    names: list[str],
    *,
    browser: bool = True,
    pytest_args=(),
    since: float | None = None,
) -> int:
    """Run the suites named, or all; print a closing table; return an exit code.

    Side by side if they are several, so that one works while the other waits. `since`
    is the monotonic time at which the preparation began.
    """
    since = since or time.monotonic()
    suites = _chosen(names)
    left_out = [suite for suite in suites if suite.needs_browser and not browser]
    suites = [suite for suite in suites if suite not in left_out]
    jobs = list(_jobs(machine, suites, list(pytest_args)))
    outcomes = list(lanes.run(jobs, lanes.LANES if len(suites) > 1 else 1))
    _show_times(outcomes, time.monotonic() - since)
    if left_out:
        say(
            f"Not run, because of --no-browser: {', '.join(suite.name for suite in left_out)}"
        )
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def _show_times(outcomes: list[lanes.Outcome], total: float) -> None:
    """Print how long everything took, the preparation included."""

    def row(name, result, seconds, cpu=""):
        say(f"  {name:<45} {result:<8} {seconds:7.1f} s {cpu}".rstrip())

    say()
    for title, seconds in console.finished_steps:
        row(title, "done", seconds)
    for outcome in outcomes:
        result = "passed" if outcome.passed else "FAILED"
        row(outcome.name, result, outcome.seconds, f"{outcome.cpu:7.1f} s of processor")
    row("all, side by side", "", total)


def _jobs(
    machine: Machine, suites: list[Suite], arguments: list[str]
) -> list[lanes.Job]:
    """The suites as jobs, and before each the building of what it lacks."""
    jobs = {}

    def need(template: Template | None) -> tuple[str, ...]:
        """Have it built, after its parent; return what to wait for."""
        if template is None or template.is_ready(machine):
            return ()
        if template.stage not in jobs:
            build = functools.partial(_build, machine, template)
            jobs[template.stage] = lanes.Job(
                template.stage, build, after=need(template.parent)
            )
        return (template.stage,)

    if any(suite.template for suite in suites):
        need(templates.BASE)  # first, because all of these wait for it
    for suite in suites:
        work = functools.partial(suite.run, machine, arguments)
        jobs[suite.name] = lanes.Job(suite.name, work, after=need(suite.template))
    return list(jobs.values())


def _build(machine: Machine, template: Template) -> bool:
    with template.held(machine):
        return True


def _chosen(names: list[str]) -> list[Suite]:
    unknown = set(names) - {suite.name for suite in SUITES}
    if unknown:
        known = " ".join(suite.name for suite in SUITES)
        raise DevError(
            f"There is no suite {', '.join(sorted(unknown))}. There are: {known}"
        )
    return [suite for suite in SUITES if not names or suite.name in names]


def _command(machine: Machine, *command) -> bool:
    """Run a command, its output shown; return whether it succeeded in time."""
    say("$ " + " ".join(str(part) for part in command).replace(f"{ROOT}/", ""))
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        env=machine.environ | SESSION,
        stdin=subprocess.DEVNULL,
    )
    try:
        return process.wait(LIMIT) == 0
    except subprocess.TimeoutExpired:
        say(f"dev: It has not ended within {LIMIT / 60:.0f} minutes, and is stopped.")
        return False
    finally:
        if process.poll() is None:
            _interrupt(process)


def _interrupt(process: subprocess.Popen) -> None:
    """Let pytest stop what its fixtures have started; kill it if it does not."""
    process.terminate()  # which devtools.time_limit makes an interruption
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


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
    with _database(machine, "b2b_test_odoo", templates.WITH_ADDON) as name:
        passed = _in_odoo(machine, "odoo", name, *arguments)
    return _log_is_clean(templates.install_log()) and passed


def tours(machine: Machine, arguments: list[str]) -> bool:
    """Browser tours, on a fresh clone with the web client's bundles ready."""
    browser.ensure()
    with _database(machine, "b2b_test_tours", templates.WEB) as name:
        return _in_odoo(machine, "tours", name, *arguments)


def sales(machine: Machine, arguments: list[str]) -> bool:
    """Tests on the documents of Odoo's Sales, CRM and Invoicing, the browser included."""
    browser.ensure()
    with _database(machine, "b2b_test_sales", templates.SALES) as name:
        return _in_odoo(machine, "sales", name, *arguments)


def _served(folder: str):
    """Tests that start real servers; these write their logs to `.dev/log/FOLDER`."""

    def run(machine: Machine, arguments: list[str]) -> bool:
        logs = LOG / folder
        for log in logs.glob("*.log"):
            log.unlink()
        passed = _pytest(machine, folder, "-p", "no:odoo", *arguments)
        return (
            all([_log_is_clean(log) for log in sorted(logs.glob("*.log"))]) and passed
        )

    return run


def _in_odoo(machine: Machine, folder: str, name: str, *arguments) -> bool:
    options = [f"--odoo-database={name}", "--odoo-http", "--odoo-log-level=warn"]
    return _pytest(machine, folder, *options, *arguments)


@contextlib.contextmanager
def _database(machine: Machine, name: str, template: Template):
    """A database for one suite, made anew, dropped in the end."""
    database.drop(machine, name)
    database.new(machine, name, template)
    try:
        yield name
    finally:
        database.drop(machine, name)


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


# The first ones begin first: what takes longest. What needs no database fills the lanes
# until there is one, that which waits most before that which works.
SUITES = [
    Suite("odoo", odoo, templates.WITH_ADDON),
    Suite("hosting", _served("hosting"), templates.WITH_ADDON),
    Suite("tours", tours, templates.WEB, needs_browser=True),
    Suite("live", _served("live"), templates.WITH_ADDON),
    Suite("queue", _pure("queue"), templates.QUEUE),
    Suite("doors", _pure("doors"), templates.WITH_ADDON),
    Suite("sales", sales, templates.SALES, needs_browser=True),
    Suite("wheel", _pure("wheel"), templates.BASE),
    Suite("sandbox", _pure("sandbox")),
    Suite("dev", _pure("dev")),
    Suite("lint", lint),
    Suite("unit", _pure("unit")),
]
