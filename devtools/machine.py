"""The prepared machine: Odoo, Python packages and PostgreSQL, ready to be used."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import environment, odoo_source, postgres
from .console import built_file, preparing
from .odoo_source import OdooSource
from .paths import DEV, ODOO_CONF, ROOT, VENV
from .postgres import Postgres

CONFIGURATION = """\
; Written by ./dev, which overwrites it.
[options]
addons_path = {addons_path}
data_dir = {data_dir}
db_host = {db_host}
db_port = {db_port}
db_user = {db_user}
http_interface = 127.0.0.1
list_db = False
limit_time_cpu = 600
limit_time_real = 1200
"""


@dataclass(frozen=True)
class Machine:
    """What `prepare` made ready."""

    odoo: OdooSource
    postgres: Postgres

    @property
    def environ(self) -> dict[str, str]:
        """The environment in which everything that ./dev starts runs."""
        path = f"{VENV / 'bin'}:{os.environ.get('PATH', '')}:{self.postgres.bindir}"
        inherited = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("PG", "ODOO_", "PYTHONPATH", "VIRTUAL_ENV"))
        }
        ours = {
            "PATH": path,
            "ODOO_RC": str(ODOO_CONF),
            "ODOO_PATH": str(self.odoo.root),
            "PYTHONNOUSERSITE": "1",
            # A process of Odoo starts in a third of the time when it need not compile
            # Odoo: some containers forbid to keep that, and not all trees are writable.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(DEV / "pycache"),
            # Lets the service address be http://127.0.0.1: never set in production.
            "B2B_FAMILY_ALLOW_LOOPBACK": "1",
        }
        return inherited | self.postgres.environ | ours


def prepare() -> Machine:
    """Make ready what is not ready yet. Takes a fraction of a second when all is."""
    with preparing():
        # One downloads, the other works: together they take as long as one.
        with ThreadPoolExecutor(1) as aside:
            found = aside.submit(odoo_source.ensure)
            environment.ensure()
        odoo = found.result()
        environment.link(odoo)
        machine = Machine(odoo, postgres.ensure())
        _configure(machine)
    return machine


def _configure(machine: Machine) -> None:
    text = CONFIGURATION.format(
        addons_path=",".join(map(str, [*machine.odoo.addons_paths, ROOT])),
        data_dir=DEV / "odoo-data",
        db_host=machine.postgres.socket_dir,
        db_port=postgres.PORT,
        db_user=postgres.ROLE,
    )
    (DEV / "odoo-data").mkdir(exist_ok=True)
    built_file(ODOO_CONF, text)
