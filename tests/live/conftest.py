# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Real processes, once for all tests; letters are forgotten from test to test."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from world import World, bad_lines  # noqa: E402

from devtools import database  # noqa: E402
from devtools.machine import prepare  # noqa: E402
from devtools.sandbox.control import Sandbox  # noqa: E402
from devtools.server import OdooServer  # noqa: E402
from devtools.suites import LIVE_LOGS  # noqa: E402

NAME = "qa_live"
# Core speaks of these in every start on a machine for developers.
HARMLESS = ("Running as user 'root'", "pg_trgm", "unaccent", "wkhtmltopdf", "Wkhtml")


@pytest.fixture(scope="session")
def odoo_database():
    machine = prepare()
    database.drop(machine, NAME)
    database.new(machine, NAME)
    yield NAME
    database.drop(machine, NAME)


@pytest.fixture(scope="session")
def running(odoo_database):
    server = OdooServer(odoo_database, log=LIVE_LOGS / "odoo.log")
    with Sandbox() as sandbox, server:
        yield World(sandbox, server)


@pytest.fixture
def world(running):
    """Odoo and the service, connected, without letters. The log must stay clean."""
    log = running.server.log_path
    start = log.stat().st_size
    running.reset()
    yield running
    said = log.read_bytes()[start:].decode(errors="replace")
    for secret in running.sandbox.credentials.values():
        assert secret not in said or secret == running.sandbox.credentials["email"]
    assert not [
        line for line in bad_lines(said) if not any(word in line for word in HARMLESS)
    ]
