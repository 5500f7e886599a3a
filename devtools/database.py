"""Databases: made as Odoo makes them, or cloned from a template (see `templates`)."""

import re
import shutil
from pathlib import Path
from tempfile import TemporaryFile

from .console import DevError, preparing, run_logged
from .machine import Machine
from .paths import ADDON, DEV, ODOO_BIN, PYTHON

BASE_MODULES = ("base", "mail", "contacts", "web_tour")
LANGUAGES = "en_US,ru_RU"  # the first is the default
ADDON_MODULE = ADDON.name
SCRIPTS = Path(__file__).parent / "scripts"
MEND_SCRIPT = SCRIPTS / "mend_assets.py"
STORE_SCRIPT = SCRIPTS / "store_in_database.py"
NOBODY_SCRIPT = SCRIPTS / "ask_nobody.py"
BUNDLES_SCRIPT = SCRIPTS / "make_bundles.py"
ONCE = ("--stop-after-init", "--no-http", "--max-cron-threads=0")
# The names of templates begin so.
RESERVED = ("b2b_base_", "b2b_template_", "b2b_web_", "b2b_sales_", "b2b_jobs_")


def new(machine: Machine, name: str, template=None) -> None:
    """Clone a template, by default that with the addon, to the database `name`.

    DevError if it exists.
    """
    from . import templates  # which need what is below

    _check_name(name)
    with (template or templates.WITH_ADDON).held(machine) as source, preparing():
        if name in names(machine):
            raise DevError(
                f"The database {name} exists. Drop it first: ./dev db drop {name}"
            )
        clone(machine, source, name)


def new_with_demo(machine: Machine, name: str) -> None:
    """Make the database `name` with demo data, Odoo's and ours. Needs the lock.

    Not a clone: Odoo loads a module's demo data only if the modules below it have theirs.
    """
    scratch = f"{name}_building"
    drop_template(machine, scratch)
    create(machine, scratch)
    options = [f"--load-language={LANGUAGES}", "--with-demo"]
    install(machine, scratch, [*BASE_MODULES, ADDON_MODULE], *options, log="demo")
    # Before it is renamed: a file store goes by the database's name.
    run_script(machine, scratch, MEND_SCRIPT, STORE_SCRIPT, NOBODY_SCRIPT, log="demo")
    make_bundles(machine, scratch)
    machine.postgres.sql(f'ALTER DATABASE "{scratch}" RENAME TO "{name}"')
    drop_files(scratch)


def new_plain(machine: Machine, name: str, modules) -> None:
    """Make the database `name` with `modules`, as Odoo makes it: no clone."""
    create(machine, name)
    install(machine, name, modules, log="plain")
    run_script(machine, name, MEND_SCRIPT, NOBODY_SCRIPT, log="plain")


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
    drop_files(name)


def names(machine: Machine) -> list[str]:
    """The databases there are, templates left out."""
    return machine.postgres.sql(
        "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'"
        " AND datname NOT LIKE '%\\_building' ORDER BY datname"
    )


def install(machine: Machine, database: str, modules, *options: str, log: str) -> None:
    """Run Odoo on `database` to install `modules`, output to `.dev/log/<log>.log`."""
    odoo = [PYTHON, ODOO_BIN, "--database", database, "--init", ",".join(modules)]
    run_logged([*odoo, *ONCE, *options], log, env=machine.environ, cwd=DEV)


def make_bundles(machine: Machine, database: str) -> None:
    """Make the web client's bundles in `database`; quick for those that did not change."""
    run_script(machine, database, BUNDLES_SCRIPT, log="bundles")


def run_script(
    machine: Machine, database: str, *scripts: Path, log: str, **environ
) -> None:
    """Run scripts in one Odoo shell on `database`; `environ` is added to its environment."""
    command = [PYTHON, ODOO_BIN, "shell", "--database", database, "--no-http"]
    with TemporaryFile() as source:
        for script in scripts:
            source.write(script.read_bytes() + b"\n")
        source.seek(0)
        run_logged(command, log, stdin=source, env=machine.environ | environ, cwd=DEV)


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,50}", name):
        raise DevError(
            f"{name!r} is no name for a database: use small letters, digits, - and _, "
            "a letter first, at most 51 in all."
        )
    if name.startswith(RESERVED):
        raise DevError(f"Names that begin so are for templates: {', '.join(RESERVED)}")


def exists(machine: Machine, name: str) -> bool:
    """Whether there is such a database, or template."""
    return bool(
        machine.postgres.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'")
    )


def create(machine: Machine, name: str) -> None:
    """Make an empty database."""
    # Odoo's own choice of encoding and collation.
    machine.postgres.sql(
        f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'"
    )


def clone(machine: Machine, template: str, name: str) -> None:
    """Copy the database `template`, to which nobody is connected."""
    machine.postgres.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def drop_template(machine: Machine, name: str) -> None:
    """Drop a template or what was left of building one."""
    if exists(machine, name):
        machine.postgres.sql(f'ALTER DATABASE "{name}" IS_TEMPLATE false')
        machine.postgres.sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    drop_files(name)


def drop_files(name: str) -> None:
    """Remove the file store of a database."""
    shutil.rmtree(DEV / "odoo-data" / "filestore" / name, ignore_errors=True)
