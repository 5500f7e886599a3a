# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A server for who tries what is forbidden; letters are forgotten from test to test."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "live"), str(HERE.parents[1])]

from people import Doors, complaints  # noqa: E402

from devtools import database  # noqa: E402
from devtools.machine import prepare  # noqa: E402
from devtools.paths import LOG  # noqa: E402
from devtools.sandbox.control import Sandbox  # noqa: E402
from devtools.server import OdooServer  # noqa: E402

# Two runs at the same time need two names.
NAME = os.environ.get("DOORS_DATABASE", "b2b_test_doors")
# A refusal is logged by Odoo as a warning with the model's name, which no other log may
# hold: the tests read this one themselves.
OPTIONS = ["--db_maxconn=48", "--log-handler=odoo.http:ERROR"]


@pytest.fixture(scope="session")
def knocking():
    machine = prepare()
    database.drop(machine, NAME)
    database.new(machine, NAME)
    log = LOG / "doors" / f"{NAME}.log"
    log.unlink(missing_ok=True)
    with Sandbox() as sandbox, OdooServer(NAME, log=log, options=OPTIONS) as server:
        yield Doors(sandbox, server)
    database.drop(machine, NAME)


@pytest.fixture
def doors(knocking):
    """People of all roles, without letters. No call may end in a traceback."""
    with knocking.watched() as part:
        yield knocking
    assert not complaints(part)
