"""A copy of the checkout, in which changes are made and tests run, one after another."""

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

from .. import database, templates
from ..machine import Machine
from ..paths import DEV, PYTHON, ROOT, digest, tree_digest
from .catalogue import IN_ODOO, PURE, SERVERS, Mutant
from .nursery import GRACE, UNINSTALLABLE, UNSWAPPABLE, Nursery

HOME = DEV / "mutants"
# What a copy shares with the checkout; of its own are logs, notes and the configuration.
SHARED = ("apt", "odoo", "postgres", "postgres-wheel", "queue_job", "venv")
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "_build", "images", "*.egg-info")
# Seconds for all tests of one change; a single one is given less than in the suites.
LIMITS = dict.fromkeys(PURE, 120) | dict.fromkeys((*IN_ODOO, *SERVERS), 300)
TEST_LIMIT = 60
WALKED = ("tours", "sales")

TEMPLATES = {
    "odoo": templates.WITH_ADDON,
    "live": templates.WITH_ADDON,
    "hosting": templates.WITH_ADDON,
    "doors": templates.WITH_ADDON,
    "tours": templates.WEB,
    "sales": templates.SALES,
    "queue": templates.QUEUE,
}
# pytest: all passed; some failed; interrupted, which an import that fails is, too.
_PASSED, _FAILED, _INTERRUPTED = 0, 1, 2


class Broken(Exception):
    """The tests could not be run: neither noticed nor not."""


class Lane:
    """One copy. Changes and runs tests in it, one thing at a time."""

    def __init__(self, machine: Machine, number: int):
        self.machine = machine
        self.tree = HOME / f"lane{number}"
        self.prefix = f"b2b_mutants{number}"
        self._clones: set[str] = set()
        self._nurseries: dict[str, Nursery] = {}  # by the database they have ready

    def __enter__(self) -> "Lane":
        shutil.rmtree(self.tree, ignore_errors=True)
        shutil.copytree(ROOT, self.tree, ignore=LEFT_OUT)
        (self.tree / ".dev").mkdir()
        for name in SHARED:
            if (DEV / name).exists():
                (self.tree / ".dev" / name).symlink_to((DEV / name).resolve())
        # Writes the configuration that leads Odoo to this copy.
        self._python("from devtools.machine import prepare; prepare()")
        return self

    def __exit__(self, *exc_info) -> None:
        for nursery in self._nurseries.values():
            nursery.close()
        for suite in [*self._clones]:
            self._drop(suite)

    def notices(self, mutant: Mutant, log: Path) -> bool:
        """Tell whether the tests fail when the change is made.

        :raises Broken: they cannot be run
        """
        how = {}
        if _may_swap(mutant):
            self._nursery(self._clone(mutant.suite))  # reads what is there before
        before = mutant.apply(self.tree)
        try:
            if _may_swap(mutant):
                how["change"] = self.tree / mutant.file, before
            elif mutant.install and mutant.suite == "odoo":
                # From nothing, because data may be for the first time only.
                self._drop(mutant.suite)
                how["install"] = self._clone(mutant.suite, templates.BASE)
            elif mutant.install and not self._update(mutant.suite, log):
                return True
            limit = LIMITS[mutant.suite]
            tests = mutant.suite, mutant.tests, mutant.only
            return not self.passes(*tests, log, limit=limit, **how)
        finally:
            (self.tree / mutant.file).write_text(before, "utf-8")
            if mutant.install:
                self._drop(mutant.suite)

    def passes(
        self,
        suite: str,
        tests,
        only: str,
        log: Path,
        *,
        limit: float | None = None,
        **how,
    ) -> bool:
        """Run tests; tell whether they pass. What takes longer than `limit` does not.

        :param how: for tests inside Odoo, see Nursery.run()
        :raises Broken: they cannot be run
        """
        options = ["-x", "-q", "-p", "devtools.strict", "-p", "no:cacheprovider"]
        options += ["-k", only] if only else []
        if suite in IN_ODOO:
            name = self._clone(suite)
            options += [f"--odoo-database={name}", "--odoo-http"]
            options += ["--odoo-log-level=warn"]
        else:
            options += ["-p", "no:odoo"]
        if suite not in (*SERVERS, *WALKED):  # in which a step's own limit is to tell
            options += ["-o", f"timeout={TEST_LIMIT}"]
        options += [f"tests/{name}" for name in tests]
        if suite in IN_ODOO:
            code = self._run_in_odoo(name, options, log, limit, **how)
            if code is None:
                self._drop(suite)  # who knows what it was in the middle of
        else:
            with log.open("ab") as output:
                code = self._run([PYTHON, "-m", "pytest", *options], output, limit)
        if suite in SERVERS:
            self._python("from devtools import processes; processes.stop_noted()")
        if code not in (None, _PASSED, _FAILED, _INTERRUPTED, UNINSTALLABLE):
            raise Broken(f"pytest ended with {code}, see {log}")
        return code == _PASSED

    def _run_in_odoo(
        self, database: str, options: list[str], log: Path, limit, **how
    ) -> int | None:
        """Let functions be changed in an Odoo that is ready.

        If that cannot be, or nothing fails, in one that starts with the change.
        """
        if "change" in how:
            code = self._nursery(database).run(options, log, limit, **how)
            if code not in (UNSWAPPABLE, _PASSED):
                return code
            how = {}
        return self._nursery().run(options, log, limit, **how)

    def _nursery(self, database: str = "") -> Nursery:
        if database not in self._nurseries:
            nursery = Nursery(self.tree, self._environ(), database)
            self._nurseries[database] = nursery
        return self._nurseries[database]

    def _environ(self) -> dict[str, str]:
        return self.machine.environ | {
            "ODOO_RC": str(self.tree / ".dev" / "odoo.conf"),
            # Two changes within a second would leave one compiled file.
            "PYTHONDONTWRITEBYTECODE": "1",
            "PGOPTIONS": f"-c lock_timeout={TEST_LIMIT - 10}s",
            "B2B_ORIGINAL": str(ROOT),
            **{f"{suite.upper()}_DATABASE": self._name(suite) for suite in SERVERS},
        }

    def _run(self, command, output, limit: float | None) -> int | None:
        """Return the exit code; None if it did not end in time."""
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=self.tree,
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            return None
        finally:
            self._end(process)

    @staticmethod
    def _end(process: subprocess.Popen) -> None:
        """End what is left of a run, its fixtures first stopping what they started."""
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _python(self, code: str) -> None:
        command = [PYTHON, "-c", code]
        subprocess.run(command, cwd=self.tree, env=self._environ(), check=True)

    def _name(self, suite: str) -> str:
        return f"{self.prefix}_{suite}"

    def _clone(self, suite: str, template=None) -> str:
        """A database for the tests of a suite, used until something is wrong with it."""
        name = self._name(suite)
        if suite not in self._clones:
            database.drop(self.machine, name)
            database.new(self.machine, name, template or TEMPLATES[suite])
            self._clones.add(suite)
        return name

    def _drop(self, suite: str) -> None:
        database.drop(self.machine, self._name(suite))
        self._clones.discard(suite)

    def _update(self, suite: str, log: Path) -> bool:
        """Have Odoo read changed data where there are bundles to keep, over what is there.

        :return: whether it takes them
        """
        self._drop(suite)
        command = [PYTHON, self.tree / ".dev" / "venv" / "bin" / "odoo"]
        command += ["-d", self._clone(suite), "--update", database.ADDON_MODULE]
        command += [*database.ONCE, "--log-level=warn"]
        with log.open("ab") as output:
            return self._run(command, output, LIMITS[suite]) == 0


def _may_swap(mutant: Mutant) -> bool:
    """Whether its tests may run in an Odoo that is ready: it changes code."""
    is_code = mutant.file.endswith(".py") and not mutant.install
    return is_code and mutant.suite == "odoo"


def tree_state() -> str:
    """A digest of what a copy is made of, as far as tests depend on it."""
    parts = ("b2b_family_mail", "b2b_family_mail_queue", "devtools", "tests")
    return digest(*(tree_digest(ROOT / part) for part in parts))
