# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The addon is uninstalled, and the one that joins it to queue_job goes with it."""

import pytest
from conftest import NAME
from copies import restore
from queue_world import LOGS
from world import ADMIN, Rpc, sql

from devtools import database, queue_job
from devtools.odoo_log import Part
from devtools.paths import ADDON
from devtools.server import OdooServer

pytestmark = pytest.mark.timeout(360)

COPY = f"{NAME}_gone"
LOG = LOGS / "gone.log"
LEFT = (
    "SELECT model_name FROM queue_job WHERE model_name ~ '^b2b'",
    "SELECT name FROM queue_job_function WHERE name ~ 'b2b'",
    "SELECT complete_name FROM queue_job_channel WHERE complete_name ~ 'b2b'",
    "SELECT name FROM ir_module_module WHERE name ~ '^b2b' AND state <> 'uninstalled'",
    "SELECT name FROM ir_model_data WHERE module ~ '^b2b'",
)


@pytest.fixture
def copy(world, machine):
    """A copy with a letter that waits, and its job."""
    world.sandbox.fault("send", "rate_limit", times=None)
    world.press_send(world.write_mail("waits@client.example"))
    world.wait_states(queued=1)
    database.drop(machine, COPY)
    LOG.unlink(missing_ok=True)
    restore(NAME, COPY)
    # It is the real one, as far as it knows.
    sql(COPY, "DELETE FROM ir_config_parameter WHERE key = 'b2b_family_mail.instance'")
    sql(
        COPY,
        "INSERT INTO queue_job (uuid, user_id, model_name, method_name, state)"
        " VALUES ('waits', 1, 'b2b.family.letter', '_job_send', 'pending')",
    )
    yield COPY
    database.drop(machine, COPY)


def serving(copy):
    options = ["--max-cron-threads=0"]  # Odoo uninstalls nothing while one runs
    return OdooServer(copy, log=LOG, env=queue_job.ENVIRON, options=options)


def test_its_jobs_and_channels_go_too(copy):
    with serving(copy) as server:
        admin = Rpc(server.url, copy, *ADMIN)
        [module] = admin.read("ir.module.module", [("name", "=", ADDON.name)], "id")
        admin.call("ir.module.module", "button_immediate_uninstall", [module["id"]])
    left = {query: rows for query in LEFT if (rows := sql(copy, query))}
    assert left == {}
    with serving(copy) as server:
        admin = Rpc(server.url, copy, *ADMIN)
        for model in ("queue.job", "queue.job.function", "queue.job.channel"):
            admin.call(model, "get_views", [[False, "form"], [False, "list"]])
    assert not Part(LOG, whole=True).troubles()
