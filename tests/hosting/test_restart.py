# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""PostgreSQL is restarted while Odoo takes in what the service says."""

import dataclasses
import os
import random
import shutil
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from copies import restore
from forks import SEND, SYNC, Forks

from devtools import postgres
from devtools.sandbox.control import wait_for
from devtools.seed import SEED

RESTARTS = int(os.environ.get("B2B_RESTARTS", "3"))
# In batches of 200, more of them than restarts that wait for one.
LETTERS, OPENS = 200 * (RESTARTS // 2 + 2), 2
LAST_ANSWER = 3  # seconds that it takes, more than pass from a commit to the restart
WRITE = f"""
env['mail.mail'].create({{
    'b2b_send': True, 'state': 'outgoing',
    'subject': 'Offer', 'body_html': '<p>Hello</p>',
    'email_to': ', '.join(f'reader{{n}}@client.example' for n in range({LETTERS})),
}}).send()
"""
# The administrator says that the copy is the real one; all letters are due.
SETTLE_IN = """
DELETE FROM ir_config_parameter WHERE key = 'b2b_family_mail.instance';
UPDATE b2b_family_letter SET next_sync_date = now() - interval '1 day';
"""
LAST_REF = "SELECT ref FROM b2b_family_letter ORDER BY id DESC LIMIT 1"
ROWS = (
    "SELECT key, state, open_count, first_open_date, last_open_date"
    " FROM b2b_family_letter ORDER BY key",
    "SELECT e.key, l.key, event_type, e.date, e.other_email, source, pending, problem"
    " FROM b2b_family_event e JOIN b2b_family_letter l ON l.id = letter_id"
    " ORDER BY e.key",
)


@pytest.fixture
def cluster():
    """A PostgreSQL of the test's own: others use the common one meanwhile."""
    home = Path(tempfile.mkdtemp(prefix="b2b-restart-"))
    server = dataclasses.replace(postgres.find(), home=home, socket_dir=home)
    if server.owner:
        shutil.chown(home, server.owner)
    server.create()
    server.start()
    # Else what was committed within the last moments is lost with the server.
    server.sql(f"ALTER ROLE {postgres.ROLE} SET synchronous_commit = on")
    yield server
    server.stop("immediate")
    shutil.rmtree(home)


def read(cluster, name):
    with closing(psycopg2.connect(dbname=name, host=cluster.socket_dir)) as connection:
        with connection.cursor() as cursor:
            for query in ROWS:
                cursor.execute(query)
                yield cursor.fetchall()


def count(cluster):
    return len(list(read(cluster, "shaken"))[1])


def workers(world, cluster, name):
    return Forks(
        name,
        world.log(f"restart_{name}").with_suffix(".out"),
        [f"--db_host={cluster.socket_dir}"],
        cluster.environ,
    )


@pytest.mark.timeout(300)
def test_a_database_restarted_in_mid_sync_ends_with_the_same_rows(
    world, forks, cluster
):
    world.sandbox.settings(deliver=False)
    world.sandbox.fault("webhook", "hold", times=None)
    assert forks.run(WRITE) == forks.run(SEND) == [0]
    world.sandbox.inject_events(
        [
            {"key": key, "type": "message_open", "date": f"2026-01-0{day}T10:00:00Z"}
            for key in world.counts()
            for day in range(1, OPENS + 1)
        ]
    )
    restore(world.server.database, "calm", cluster)
    cluster.sql(SETTLE_IN, "calm")
    cluster.sql("CREATE DATABASE shaken TEMPLATE calm")
    with workers(world, cluster, "calm") as calm:
        assert calm.run(SYNC) == [0]
    undisturbed = list(read(cluster, "calm"))

    # However fast the machine is, the last batch is not over before the last restart.
    [ref] = cluster.sql(LAST_REF, "shaken")
    world.sandbox.fault(
        "statistics", "latency", seconds=LAST_ANSWER, match=f"={ref}", times=None
    )
    rng = random.Random(SEED)
    exits, progress = [], [0]
    with workers(world, cluster, "shaken") as shaken:
        for number in range(RESTARTS):
            pid = shaken.start(SYNC)
            if number % 2:  # every other time something is committed before
                wait_for(lambda: count(cluster) > progress[-1], 30, "a batch")
            time.sleep(rng.uniform(0, 0.5))
            cluster.stop("immediate")
            cluster.start()
            exits.append(shaken.wait(pid))
            progress.append(count(cluster))
        last = shaken.run(SYNC)
    rows = list(read(cluster, "shaken"))
    print(
        f"{RESTARTS} restarts, seed {SEED}: runs ended with {exits}, events after each"
        f" {progress}, then {last}; {len(rows[0])} letters and {len(rows[1])} events,"
        f" as undisturbed: {rows == undisturbed}"
    )
    assert set(exits) == {1}
    assert last == [0]
    assert 0 < progress[-1] < LETTERS * OPENS
    assert len(undisturbed[1]) == LETTERS * OPENS
    assert rows == undisturbed
