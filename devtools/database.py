"""Databases: two templates that are built when something changed, and clones of them.

The base template has Odoo's modules only; the addon template is a clone of it with the
addon installed. Their names end in a digest of what they were made from, so a template
that exists is never stale.
"""

import re
import shutil
from pathlib import Path

from .console import DevError, log_path, preparing, run_logged, step
from .machine import Machine
from .paths import ADDON, DEV, ODOO_BIN, PYTHON, digest, tree_digest

BASE_MODULES = ("base", "mail", "contacts", "web_tour")
LANGUAGES = "en_US,ru_RU"  # the first is the default
ADDON_MODULE = ADDON.name
SCRIPTS = Path(__file__).parent / "scripts"
MEND_SCRIPT = SCRIPTS / "mend_assets.py"
STORE_SCRIPT = SCRIPTS / "store_in_database.py"
BUNDLES_SCRIPT = SCRIPTS / "make_bundles.py"
ONCE = ("--stop-after-init", "--no-http", "--max-cron-threads=0")
BASE_PREFIX = "b2b_base_"
ADDON_PREFIX = "b2b_template_"


def new(machine: Machine, name: str, *, with_addon: bool = True) -> None:
    """Clone the template to the database `name`. DevError if it exists."""
    _check_name(name)
    with preparing():
        if name in names(machine):
            raise DevError(
                f"The database {name} exists. Drop it first: ./dev db drop {name}"
            )
        template = addon_template(machine) if with_addon else base_template(machine)
        _clone(machine, template, name)


def new_with_demo(machine: Machine, name: str) -> None:
    """Make the database `name` with demo data, Odoo's and ours. Needs the lock.

    Not a clone: Odoo loads a module's demo data only if the modules below it have theirs.
    """
    scratch = _scratch(machine, f"{name}_")
    _create(machine, scratch)
    options = [f"--load-language={LANGUAGES}", "--with-demo"]
    install(machine, scratch, [*BASE_MODULES, ADDON_MODULE], *options, log="demo")
    run_script(machine, scratch, MEND_SCRIPT, log="demo")
    # Before it is renamed: a file store goes by the database's name.
    run_script(machine, scratch, STORE_SCRIPT, log="demo")
    make_bundles(machine, scratch)
    machine.postgres.sql(f'ALTER DATABASE "{scratch}" RENAME TO "{name}"')
    _drop_files(scratch)


def new_plain(machine: Machine, name: str, modules) -> None:
    """Make the database `name` with `modules`, as Odoo makes it: no clone."""
    _create(machine, name)
    install(machine, name, modules, log="plain")
    run_script(machine, name, MEND_SCRIPT, log="plain")


def upgrade(machine: Machine, name: str) -> None:
    """Bring the addon in the database `name` up to what the checkout has."""
    odoo = [PYTHON, ODOO_BIN, "--database", name, "--update", ADDON_MODULE]
    run_logged([*odoo, *ONCE], "upgrade", env=machine.environ, cwd=DEV)
    make_bundles(machine, name)


def require(machine: Machine, name: str) -> None:
    """DevError unless the database `name` exists. Odoo would make one without the addon."""
    if name not in names(machine):
        raise DevError(f"There is no database {name}. Make it: ./dev db new {name}")


def drop(machine: Machine, name: str) -> None:
    """Drop the database `name` and its files, closing its connections."""
    _check_name(name)
    machine.postgres.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _drop_files(name)


def names(machine: Machine) -> list[str]:
    """The databases there are, templates left out."""
    return machine.postgres.sql(
        "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'"
        " AND datname NOT LIKE '%\\_building' ORDER BY datname"
    )


def base_template(machine: Machine) -> str:
    """Name of the template without the addon, built if need be. Needs the lock."""
    release = machine.odoo.root / "odoo" / "release.py"
    made_from = [
        release.read_bytes(),
        MEND_SCRIPT.read_bytes(),
        STORE_SCRIPT.read_bytes(),
        *BASE_MODULES,
        LANGUAGES,
    ]
    key = digest(str(machine.odoo.root), *made_from)
    name = BASE_PREFIX + key
    if not _exists(machine, name):
        with step("Building the database of Odoo's modules"):
            scratch = _scratch(machine, BASE_PREFIX)
            _create(machine, scratch)
            install(
                machine,
                scratch,
                BASE_MODULES,
                f"--load-language={LANGUAGES}",
                log="base",
            )
            run_script(machine, scratch, MEND_SCRIPT, log="base")
            run_script(machine, scratch, STORE_SCRIPT, log="base")
            make_bundles(machine, scratch)
            _seal(machine, scratch, name)
    return name


def addon_template(machine: Machine) -> str:
    """Name of the template with the addon, built if need be. Needs the lock."""
    base = base_template(machine)
    if not (ADDON / "__manifest__.py").exists():
        raise DevError(f"There is no addon in {ADDON}.")
    name = ADDON_PREFIX + digest(base, tree_digest(ADDON))
    if not _exists(machine, name):
        with step("Building the database with the addon"):
            scratch = _scratch(machine, ADDON_PREFIX)
            _clone(machine, base, scratch)
            install_log().unlink(missing_ok=True)
            install(machine, scratch, [ADDON_MODULE], log="install")
            _seal(machine, scratch, name)
    return name


def install_log() -> Path:
    """Odoo's log of the installation that made the addon template."""
    return log_path("install")


def install(machine: Machine, database: str, modules, *options: str, log: str) -> None:
    """Run Odoo on `database` to install `modules`, output to `.dev/log/<log>.log`."""
    odoo = [PYTHON, ODOO_BIN, "--database", database, "--init", ",".join(modules)]
    run_logged([*odoo, *ONCE, *options], log, env=machine.environ, cwd=DEV)


def make_bundles(machine: Machine, database: str) -> None:
    """Make the web client's bundles in `database`; quick for those that did not change."""
    run_script(machine, database, BUNDLES_SCRIPT, log="bundles")


def run_script(
    machine: Machine, database: str, script: Path, *, log: str, **environ
) -> None:
    """Run `script` in an Odoo shell on `database`; `environ` is added to its environment."""
    command = [PYTHON, ODOO_BIN, "shell", "--database", database, "--no-http"]
    with script.open() as source:
        run_logged(command, log, stdin=source, env=machine.environ | environ, cwd=DEV)


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,50}", name):
        raise DevError(
            f"{name!r} is no name for a database: use small letters, digits, - and _, "
            "a letter first, at most 51 in all."
        )
    if name.startswith((BASE_PREFIX, ADDON_PREFIX)):
        raise DevError(
            f"Names that begin with {BASE_PREFIX} or {ADDON_PREFIX} are for templates."
        )


def _exists(machine: Machine, name: str) -> bool:
    return bool(
        machine.postgres.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'")
    )


def _create(machine: Machine, name: str) -> None:
    # Odoo's own choice of encoding and collation.
    machine.postgres.sql(
        f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'"
    )


def _clone(machine: Machine, template: str, name: str) -> None:
    machine.postgres.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def _scratch(machine: Machine, prefix: str) -> str:
    """A name to build a template under, free of what an interrupted run left there."""
    name = f"{prefix}building"
    drop_template(machine, name)
    return name


def _seal(machine: Machine, scratch: str, name: str) -> None:
    """Turn the finished `scratch` into the template `name` and drop those it replaces."""
    prefix = scratch.removesuffix("building")
    pattern = prefix.replace("_", r"\_") + "%"
    for old in machine.postgres.sql(
        f"SELECT datname FROM pg_database WHERE datname LIKE '{pattern}' AND datistemplate"
    ):
        drop_template(machine, old)
    _drop_files(scratch)
    # Nobody may connect to it: a connection would forbid cloning.
    machine.postgres.sql(f'ALTER DATABASE "{scratch}" RENAME TO "{name}"')
    machine.postgres.sql(
        f'ALTER DATABASE "{name}" IS_TEMPLATE true ALLOW_CONNECTIONS false'
    )


def drop_template(machine: Machine, name: str) -> None:
    """Drop a template or what was left of building one."""
    if _exists(machine, name):
        machine.postgres.sql(f'ALTER DATABASE "{name}" IS_TEMPLATE false')
        machine.postgres.sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    _drop_files(name)


def _drop_files(name: str) -> None:
    shutil.rmtree(DEV / "odoo-data" / "filestore" / name, ignore_errors=True)
