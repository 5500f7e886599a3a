"""Templates: databases that are built when something changed, for others to be cloned from.

The name of each ends in a digest of what it was made from, its parent included, so a
template that exists is never stale.
"""

import contextlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from . import database, queue_job
from .console import DevError, log_path, preparing, step
from .machine import Machine
from .paths import ADDON, ROOT, digest, tree_digest

# A copy in which something was changed on purpose (devtools.mutants) clones what was
# built for the checkout that it is a copy of.
ORIGINAL = Path(os.environ.get("B2B_ORIGINAL", ROOT))
SALES_MODULES = ("sale_management", "crm")
BASE_SCRIPTS = (database.MEND_SCRIPT, database.STORE_SCRIPT, database.NOBODY_SCRIPT)


@dataclass(frozen=True)
class Template:
    """A clone of its parent, or a new database, that `build` completes.

    `made_from` names what else it depends on.
    """

    stage: str
    prefix: str
    parent: "Template | None"
    made_from: Callable[[Machine], Iterable[str | bytes]]
    build: Callable[[Machine, str], None]

    def name(self, machine: Machine) -> str:
        """Name of its database, whether it is there or not."""
        parent = self.parent.name(machine) if self.parent else ""
        return self.prefix + digest(parent, *self.made_from(machine))

    def is_ready(self, machine: Machine) -> bool:
        return database.exists(machine, self.name(machine))

    @contextlib.contextmanager
    def held(self, machine: Machine):
        """Yield the name of its database, built if need be, which stays for so long."""
        with preparing(f"{self.prefix}lock"):
            name = self.name(machine)
            if not self.is_ready(machine):
                self._build(machine, name)
            yield name

    def _build(self, machine: Machine, name: str) -> None:
        scratch = f"{self.prefix}building"
        if self.parent:
            parent = self.parent.held(machine)
        else:
            parent = contextlib.nullcontext("template0")
        with parent as source:
            # Free of what an interrupted run left there.
            database.drop_template(machine, scratch)
            if self.parent:
                database.clone(machine, source, scratch)
            else:
                database.create(machine, scratch)
        with step(f"Building the {self.stage}"):
            self.build(machine, scratch)
            self._seal(machine, scratch, name)

    def _seal(self, machine: Machine, scratch: str, name: str) -> None:
        """Turn the finished `scratch` into the template `name`; drop what it replaces."""
        pattern = self.prefix.replace("_", r"\_") + "%"
        for old in machine.postgres.sql(
            "SELECT datname FROM pg_database"
            f" WHERE datname LIKE '{pattern}' AND datistemplate"
        ):
            database.drop_template(machine, old)
        database.drop_files(scratch)
        # Nobody may connect to it: a connection would forbid cloning.
        machine.postgres.sql(f'ALTER DATABASE "{scratch}" RENAME TO "{name}"')
        machine.postgres.sql(
            f'ALTER DATABASE "{name}" IS_TEMPLATE true ALLOW_CONNECTIONS false'
        )


def install_log() -> Path:
    """Odoo's log of the installation that made the addon's template."""
    return log_path("install")


def _build_base(machine: Machine, name: str) -> None:
    option = f"--load-language={database.LANGUAGES}"
    database.install(machine, name, database.BASE_MODULES, option, log="base")
    database.run_script(machine, name, *BASE_SCRIPTS, log="base")


def _base_made_from(machine: Machine):
    release = machine.odoo.root / "odoo" / "release.py"
    yield str(machine.odoo.root)
    yield release.read_bytes()
    yield from (script.read_bytes() for script in BASE_SCRIPTS)
    yield from (*database.BASE_MODULES, database.LANGUAGES)


def _build_addon(machine: Machine, name: str) -> None:
    install_log().unlink(missing_ok=True)
    database.install(machine, name, [database.ADDON_MODULE], log="install")


def _addon_made_from(machine: Machine):
    if not (ADDON / "__manifest__.py").exists():
        raise DevError(f"There is no addon in {ADDON}.")
    yield tree_digest(ORIGINAL / ADDON.name)


def _bundles_made_from(machine: Machine):
    yield database.BUNDLES_SCRIPT.read_bytes()


def _build_sales_base(machine: Machine, name: str) -> None:
    database.install(machine, name, SALES_MODULES, log="sales")
    # A module that comes later brings files into the store.
    database.run_script(machine, name, database.STORE_SCRIPT, log="sales")


def _build_sales(machine: Machine, name: str) -> None:
    database.install(machine, name, [database.ADDON_MODULE], log="sales")
    database.make_bundles(machine, name)


def _sales_made_from(machine: Machine):
    yield from _addon_made_from(machine)
    yield from _bundles_made_from(machine)


def _build_queue(machine: Machine, name: str) -> None:
    queue_job.ensure()
    queue_job.install(machine, name, "queue_job", log="jobs")


def _queue_made_from(machine: Machine):
    yield from queue_job.PACKAGES
    yield tree_digest(ORIGINAL / "b2b_family_mail_queue")


BASE = Template(
    "database of Odoo's modules",
    "b2b_base_",
    None,
    _base_made_from,
    _build_base,
)
WITH_ADDON = Template(
    "database with the addon",
    "b2b_template_",
    BASE,
    _addon_made_from,
    _build_addon,
)
WEB = Template(
    "database with the bundles",
    "b2b_web_",
    WITH_ADDON,
    _bundles_made_from,
    database.make_bundles,
)
SALES_BASE = Template(
    "database of Sales and CRM",
    "b2b_sales_base_",
    BASE,
    lambda machine: SALES_MODULES,
    _build_sales_base,
)
SALES = Template(
    "database of Sales with the addon",
    "b2b_sales_addon_",
    SALES_BASE,
    _sales_made_from,
    _build_sales,
)
QUEUE = Template(
    "database with queue_job",
    "b2b_jobs_",
    WITH_ADDON,
    _queue_made_from,
    _build_queue,
)
