# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Killed workers, killed servers, no runner: nothing twice, nothing left."""

import pytest
from queue_world import job_server

from devtools import queue_job
from devtools.sandbox.control import wait_for

GLUE = "b2b_family_mail_queue"
MAILING = 200


def settle(world, number):
    """Let time pass until every letter has an outcome."""

    def settled():
        world.age()
        world.run_cron("ir_cron_send")
        try:
            world.wait_states(sent=number, timeout=2)
        except TimeoutError:
            return False
        return True

    wait_for(settled, 90, "all letters to be sent")


def test_a_worker_killed_in_mid_run(world):
    world.sandbox.fault("send", "latency", times=None, seconds=0.2)
    world.press_send(world.write_mailing(MAILING))
    wait_for(lambda: world.sandbox.accepted() > 5, 30, "letters to go out")
    killed = world.kill_worker()
    world.sandbox.clear_faults()
    world.wait_rerun(killed)
    claimed = world.states().get("sending", 0)
    assert claimed, "the second run left the first one's claims alone"
    settle(world, MAILING)
    world.wait_jobs()
    world.assert_each_once(MAILING)
    assert world.jobs("done") == world.jobs()
    print(f"a worker killed: {claimed} letters claimed by it, all settled, none twice")


def test_another_server_takes_over(world, queue_database):
    """The server whose runner is at work dies as a whole; a second one goes on."""
    world.sandbox.fault("send", "latency", times=None, seconds=0.2)
    with job_server(queue_database, log="second"):
        world.press_send(world.write_mailing(MAILING))
        wait_for(lambda: world.sandbox.accepted() > 5, 30, "letters to go out")
        world.server.kill()
        try:
            world.sandbox.clear_faults()
            settle(world, MAILING)
            world.wait_jobs()
            world.assert_each_once(MAILING)
        finally:
            world.restart()


def test_without_a_runner_the_scheduled_actions_send(world, queue_database):
    """Nobody has Odoo load queue_job: the letters do not wait for ever."""
    with world.on(job_server(queue_database, log="no_runner", runner=False)):
        world.press_send(world.write_mailing(10))
        assert world.jobs("pending") == {"_job_send": 1}
        world.run_cron("ir_cron_send")
        wait_for(lambda: world.jobs("pending").get("_job_send_due"), 30, "a lane")
        assert world.states() == {"queued": 10}
        world.sql("UPDATE queue_job SET date_created = now() - interval '1 day'")
        world.run_cron("ir_cron_send")
        world.wait_states(sent=10)
        world.send_mail("rita@client.example")
        world.wait_states(sent=11)
        assert world.jobs() == {"_job_send": 1, "_job_send_due": 1}
        # Else the other server's cron may say so, too, before its runner has begun one.
        world.sql("UPDATE queue_job SET date_created = now() AT TIME ZONE 'utc'")
    # With a runner, what has waited does no harm.
    world.wait_jobs()
    world.assert_each_once(11)


@pytest.mark.timeout(300)  # five starts of Odoo
def test_uninstalled_and_installed_again(world, machine, queue_database):
    with world.on(job_server(queue_database, log="no_runner", runner=False)):
        world.press_send(world.write_mailing(MAILING))
        world.server.stop()
        queue_job.uninstall(machine, queue_database, GLUE, log="queue/uninstall")
        assert not world.sql("SELECT 1 FROM queue_job")
        assert not world.sql("SELECT 1 FROM queue_job_channel WHERE name = 'send'")
        world.restart()
        world.run_cron("ir_cron_send")
        world.wait_states(sent=MAILING)
        world.server.stop()
        queue_job.install(machine, queue_database, GLUE, log="queue/install")
        world.restart()
    world.send_mail("rita@client.example")
    world.wait_states(sent=MAILING + 1)
    world.wait_jobs()
    world.assert_each_once(MAILING + 1)
    assert world.jobs("done") == {"_job_send": 1}
