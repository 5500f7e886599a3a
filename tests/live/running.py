# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Real processes, once for all tests of a suite; letters are forgotten in between.

For the conftest.py of a suite, which says its name by a fixture ``suite``. Each has a
database, a server, a service and a folder of logs of its own: two run at a time.
"""

import os

import pytest
from forks import Forks
from world import World

from devtools import database
from devtools.machine import prepare
from devtools.paths import LOG
from devtools.sandbox.control import Sandbox
from devtools.server import OdooServer

# Fewer connections than Odoo takes by itself (64): they must do for ten users at once,
# and for the 24 notices that come at the same moment when each is sent three times.
OPTIONS = ["--db_maxconn=48"]


@pytest.fixture(scope="session")
def odoo_database(suite):
    name = os.environ.get(f"{suite.upper()}_DATABASE", f"b2b_test_{suite}")
    machine = prepare()
    database.drop(machine, name)
    database.new(machine, name)
    yield name
    database.drop(machine, name)


@pytest.fixture(scope="session")
def running(suite, odoo_database):
    log = LOG / suite / f"{odoo_database}.log"
    server = OdooServer(odoo_database, log=log, options=OPTIONS)
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
    with Forks(running.server.database, running.log("workers")) as forks:
        yield forks


@pytest.fixture
def forks(world, forking):
    """Workers of the test's own; the server's leave the letters alone meanwhile."""
    world.set_crons(False)
    yield forking
    world.set_crons(True)
