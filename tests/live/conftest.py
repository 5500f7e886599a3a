# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Real processes, once for all tests; letters are forgotten from test to test."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [
    str(HERE),
    str(HERE.parents[1]),
    str(HERE.parents[1] / "b2b_family_mail"),
]

from forks import Forks  # noqa: E402
from world import World  # noqa: E402

from devtools import database  # noqa: E402
from devtools.machine import prepare  # noqa: E402
from devtools.sandbox.control import Sandbox  # noqa: E402
from devtools.server import OdooServer  # noqa: E402
from devtools.suites import LIVE_LOGS  # noqa: E402

# Two runs at the same time need two names.
NAME = os.environ.get("LIVE_DATABASE", "b2b_test_live")
LOG = LIVE_LOGS / f"{NAME}.log"
# Fewer connections than Odoo takes by itself (64): they must do for ten users at once,
# and for the 24 notices that come at the same moment when each is sent three times.
OPTIONS = ["--db_maxconn=48"]


@pytest.fixture(scope="session")
def odoo_database():
    machine = prepare()
    database.drop(machine, NAME)
    database.new(machine, NAME)
    yield NAME
    database.drop(machine, NAME)


@pytest.fixture(scope="session")
def running(odoo_database):
    server = OdooServer(odoo_database, log=LOG, options=OPTIONS)
    with Sandbox() as sandbox, server:
        yield World(sandbox, server)


@pytest.fixture
def world(running):
    """Odoo and the service, connected, without letters. The log must stay clean."""
    if not running.server.is_running():  # a test that failed had killed it
        running.restart()
    with running.watched() as part:
        yield running
    assert not part.troubles()


@pytest.fixture(scope="session")
def forking(running):
    with Forks(NAME, LIVE_LOGS / f"{NAME}_workers.log") as forks:
        yield forks


@pytest.fixture
def forks(world, forking):
    """Workers of the test's own; the server's leave the letters alone meanwhile."""
    world.set_crons(False)
    yield forking
    world.set_crons(True)
