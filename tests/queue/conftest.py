# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Real processes, once for all tests; letters and jobs are forgotten in between."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "live"), str(HERE.parents[1])]

from queue_world import LOGS, QueueWorld, job_server  # noqa: E402

from devtools import database, queue_job, templates  # noqa: E402
from devtools.machine import prepare  # noqa: E402
from devtools.odoo_log import Part  # noqa: E402
from devtools.sandbox.control import Sandbox  # noqa: E402

# Two runs at the same time need two names.
NAME = os.environ.get("QUEUE_DATABASE", "b2b_test_queue")


@pytest.fixture(scope="session")
def machine():
    prepared = prepare()
    queue_job.ensure()
    LOGS.mkdir(parents=True, exist_ok=True)
    for log in LOGS.glob("*.log"):
        log.unlink()
    return prepared


@pytest.fixture(scope="session")
def queue_database(machine):
    """Has queue_job installed upon the addon, and so the addon that joins them."""
    database.drop(machine, NAME)
    database.new(machine, NAME, templates.QUEUE)
    yield NAME
    database.drop(machine, NAME)


@pytest.fixture(scope="session")
def running(queue_database):
    with Sandbox() as sandbox, job_server(queue_database) as server:
        yield QueueWorld(sandbox, server)


@pytest.fixture
def world(running):
    """Odoo and the service, connected, without letters or jobs. No job may fail."""
    part = Part(running.server.log_path)
    running.reset()
    yield running
    assert not running.jobs("failed")
    assert not part.warnings()
