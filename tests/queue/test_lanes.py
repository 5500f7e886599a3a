# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Lanes, step by step and without a runner: when they end, and what they take."""

import pytest
from forks import Forks
from queue_world import LOGS, job_server

from devtools import queue_job
from devtools.paths import ROOT

SYNC_BATCH = 200
LETTERS = "env['b2b.family.letter']"
MODULE = "odoo.addons.b2b_family_mail_queue.models.b2b_family_letter"


@pytest.fixture(scope="module")
def still(running, queue_database):
    """A world in which jobs are run by nobody but the test."""
    env = {"PYTHONPATH": f"{ROOT}:{queue_job.TREE}"}
    log, options = LOGS / "lanes_workers.log", queue_job.OPTIONS
    with (
        running.on(job_server(queue_database, log="lanes", runner=False)),
        Forks(queue_database, log, options, env) as forks,
    ):
        running.set_crons(False)
        running.forks = forks
        yield running
        running.set_crons(True)


@pytest.fixture
def lanes(still):
    still.reset()
    return still


def ask(lanes, number):
    """Make letters that are due to be asked about."""
    mail = lanes.write_mailing(number)
    lanes.press_send(mail)
    lanes.forks.run(f"{LETTERS}._deliver()")
    assert lanes.states() == {"sent": number}
    lanes.sql("DELETE FROM queue_job")
    lanes.sql("UPDATE b2b_family_letter SET next_sync_date = now() - interval '1 hour'")


def due(lanes):
    query = (
        "SELECT count(*) FROM b2b_family_letter"
        " WHERE next_sync_date < now() AT TIME ZONE 'UTC'"
    )
    [(number,)] = lanes.sql(query)
    return number


def test_a_lane_whose_time_is_up_leaves_the_rest_to_the_next_job(lanes):
    ask(lanes, SYNC_BATCH + 1)
    no_time = f"import {MODULE} as lanes; lanes.LANE_SECONDS = 0"
    assert lanes.forks.run(f"{no_time}; {LETTERS}._job_sync_due(3)") == [0]
    assert due(lanes) == 1
    assert lanes.jobs() == {"_job_sync_due": 1}
    assert lanes.forks.run(f"{LETTERS}._job_sync_due(3)") == [0]
    assert due(lanes) == 0


def test_a_lane_in_which_a_job_waits_gets_no_other(lanes):
    ask(lanes, SYNC_BATCH + 1)
    for _ in range(2):
        assert lanes.forks.run(f"{LETTERS}._sync_due()") == [0]
        assert lanes.jobs() == {"_job_sync_due": 2}


def test_an_outage_ends_a_lane(lanes):
    ask(lanes, SYNC_BATCH + 1)
    lanes.sandbox.fault("statistics", "http_500", times=None)
    assert lanes.forks.run(f"{LETTERS}._job_sync_due(0)") == [0]
    assert due(lanes) == 1


def test_two_lanes_take_different_letters_and_do_not_wait(lanes):
    ask(lanes, SYNC_BATCH + 1)
    code = (
        f"mine = {LETTERS}._lease_due()\n"
        "with env.registry.cursor() as cr:\n"
        "    cr.execute(\"SET lock_timeout = '5s'\")\n"
        f"    theirs = {LETTERS}.with_env(env(cr=cr))._lease_due()\n"
        f"    assert (len(mine), len(theirs)) == ({SYNC_BATCH}, 1)\n"
        "    assert not set(mine.ids) & set(theirs.ids)\n"
    )
    assert lanes.forks.run(code) == [0]
