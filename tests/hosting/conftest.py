# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a server of one's own is for: delivers, watches, is called by strangers, upgraded."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "live"), str(ROOT)]

from running import forking, forks, odoo_database, running, world  # noqa: E402, F401


@pytest.fixture(scope="session")
def suite():
    return HERE.name
