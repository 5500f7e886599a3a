# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Pure tests: the client is imported as it is, no Odoo anywhere."""

import json
import sys
from pathlib import Path

import pytest
from hypothesis import settings

HERE = Path(__file__).parent
ADDON = HERE.parents[1] / "b2b_family_mail"
sys.path.insert(0, str(ADDON))
sys.path.insert(0, str(HERE))

from client import B2BFamilyClient, Transport  # noqa: E402
from raw_server import RawServer  # noqa: E402

settings.register_profile("unit", deadline=None, database=None, max_examples=60)
settings.load_profile("unit")


@pytest.fixture(scope="session")
def payload():
    """Return the content of a JSON file in payloads/."""

    def load(name):
        return json.loads((HERE / "payloads" / f"{name}.json").read_text("utf-8"))

    return load


@pytest.fixture
def server():
    """A real server on 127.0.0.1 that does what ``server.script`` says."""
    with RawServer() as running:
        yield running


@pytest.fixture
def client(server):
    with B2BFamilyClient(
        server.url, api_key="api-1", deadline=5, allow_loopback=True
    ) as client:
        yield client


@pytest.fixture
def transport():
    transport = Transport(allow_loopback=True)
    yield transport
    transport.close()


@pytest.fixture(scope="module")
def strict():
    """A transport as in production."""
    transport = Transport()
    yield transport
    transport.close()
