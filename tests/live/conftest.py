# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Letters that the service delivers: a real server, and a real service that misbehaves."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT), str(ROOT / "b2b_family_mail")]

from running import forking, forks, odoo_database, running, world  # noqa: E402, F401


@pytest.fixture(scope="session")
def suite():
    return HERE.name
