"""OCA queue_job, for the tests of the addon that hands its work to it.

Nothing of it is part of the project; it lies in `.dev/queue_job`.
"""

from . import database
from .console import run_logged
from .environment import add_aside
from .machine import Machine
from .paths import DEV, ODOO_BIN, PYTHON

PACKAGES = ("odoo-addon-queue-job==19.0.2.4.0", "openupgradelib==3.13.7")
TREE = DEV / "queue_job"
# Odoo finds the addons in installed packages by itself.
ENVIRON = {"PYTHONPATH": str(TREE)}
# The runner starts in a server that loads the addon before there is any database.
OPTIONS = ("--load=base,rpc,web,queue_job",)


def ensure() -> None:
    """Install the packages unless they are there."""
    add_aside("queue_job", TREE, PACKAGES)


def install(machine: Machine, name: str, module: str, *, log: str) -> None:
    """Install queue_job, or a module upon it, in the database `name`."""
    command = [PYTHON, ODOO_BIN, "--database", name, "--init", module]
    environ = machine.environ | ENVIRON
    run_logged([*command, *database.ONCE], log, env=environ, cwd=DEV)


def uninstall(machine: Machine, name: str, module: str, *, log: str) -> None:
    """Uninstall a module from the database `name`."""
    command = [PYTHON, ODOO_BIN, "module", "uninstall", "--database", name, module]
    run_logged(command, log, env=machine.environ | ENVIRON, cwd=DEV)
