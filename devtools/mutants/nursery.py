"""Where tests inside Odoo are born: a process that has imported Odoo, and forks.

Half the time of a few tests goes to imports that no change concerns. Asked by lines of
JSON on stdin, see Nursery. Without a database it never imports the addons of the checkout;
with one it has all of Odoo ready, and puts changed functions in.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

from ..database import BASE_MODULES
from ..paths import ADDON, PYTHON
from .swap import Functions, Unswappable

UNSWAPPABLE, UNINSTALLABLE = 64, 65  # exit codes that pytest does not have
GRACE = 20  # seconds for fixtures to stop what they started
# What the tests are made of, beside the modules.
TESTS = ("odoo.tests", "odoo.addons.mail.tests.common", "hypothesis", "pytest")


class Uninstallable(Exception):
    """Odoo does not take the addon as it is now."""


class Nursery:
    """The process, as those who want tests run see it."""

    def __init__(self, tree: Path, environ: dict[str, str], database: str = ""):
        self._process = subprocess.Popen(
            [PYTHON, "-m", "devtools.mutants.nursery", database],
            cwd=tree,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._process.stdout.readline()  # what it is to know is read

    def run(
        self,
        arguments: list[str],
        log: Path,
        limit: float | None,
        *,
        change: tuple[Path, str] | None = None,
        install: str = "",
    ) -> int | None:
        """Run pytest, output to `log`; return its exit code, None if it took too long.

        :param change: of a nursery with a database: a file, and what was in it before
        :param install: a database into which the addon is to be installed first
        """
        question = {"arguments": arguments, "log": str(log), "limit": limit}
        question["change"] = change and [str(change[0]), change[1]]
        question["install"] = install
        print(json.dumps(question), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2 * GRACE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what else is printed
    _import()
    functions = _load(sys.argv[1]) if sys.argv[1] else None
    print("ready", file=answers)
    for line in sys.stdin:
        question = json.loads(line)
        print(json.dumps(_run(functions, **question)), file=answers)


def _import() -> None:
    from odoo.tools import config

    # The log is for the tests to set up.
    config.parse_config([], setup_logging=False)
    for name in (*(f"odoo.addons.{module}" for module in BASE_MODULES), *TESTS):
        importlib.import_module(name)


def _load(database: str) -> Functions:
    """Have Odoo ready for a database; return the functions of the addon."""
    import odoo.sql_db
    from odoo.modules.registry import Registry

    threading.current_thread().testing = True  # as pytest-odoo does
    Registry(database)
    odoo.sql_db.close_all()  # no connection is for two processes
    functions = Functions(Path.cwd() / ADDON.name)
    gc.collect()
    gc.freeze()  # so that the memory stays common
    return functions


def _install(database: str) -> None:
    from odoo.modules.registry import Registry
    from odoo.service import server

    server.load_server_wide_modules()
    try:
        Registry.new(database, update_module=True, install_modules=[ADDON.name])
    except Exception as error:
        raise Uninstallable from error


def _run(functions, limit: float | None, **question) -> int | None:
    pid = os.fork()
    if not pid:
        _be_born(functions, **question)
    end = time.monotonic() + limit if limit else float("inf")
    try:
        if (status := _wait(pid, end)) is None:
            os.kill(pid, signal.SIGTERM)
            if _wait(pid, time.monotonic() + GRACE) is None:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            return None
        return os.waitstatus_to_exitcode(status)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)  # what it left behind: browsers


def _wait(pid: int, end: float) -> int | None:
    """Return the status of a child that has ended, None if it did not in time."""
    while time.monotonic() < end:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status
        time.sleep(0.05)
    return None


def _be_born(functions, arguments: list[str], log: str, change, install) -> None:
    code = 3  # pytest's own word for an error inside of it
    try:
        os.setsid()
        output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, target in enumerate((nothing, output, output)):
            os.dup2(target, number)
        import pytest

        if change:
            functions.swap(Path(change[0]), change[1])
        if install:
            _install(install)
        code = int(pytest.main(arguments))
    except Unswappable as error:
        code = UNSWAPPABLE
        print("Anew:", error)
    except Uninstallable:
        code = UNINSTALLABLE
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
