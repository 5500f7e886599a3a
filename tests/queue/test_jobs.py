# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Letters go out, and are asked about, by jobs: what is due once is done once."""

import math

from devtools.sandbox.control import wait_for

MAILING, SEND_BATCH, SYNC_BATCH, LANES = 200, 40, 200, 8


def test_a_mailing_is_sent_by_jobs_each_letter_once(world):
    mail = world.write_mailing(MAILING)
    world.press_send(mail)
    world.wait_states(sent=MAILING)
    world.wait_jobs()
    world.assert_each_once(MAILING)
    assert world.jobs("done") == world.jobs()
    assert world.jobs()["_job_send"] == math.ceil(MAILING / SEND_BATCH)
    assert world.mail(mail)["state"] == "sent"


def test_a_letter_just_written_overtakes_a_mailing(world):
    world.sandbox.fault("send", "latency", times=None, seconds=0.1)
    world.press_send(world.write_mailing(2 * MAILING))
    mail = world.send_mail("rita@client.example")
    sent = "SELECT 1 FROM b2b_family_letter WHERE mail_id = %s AND state = 'sent'"
    wait_for(lambda: world.sql(sent, mail), 60, "the letter")
    assert world.states()["queued"] >= SEND_BATCH
    world.wait_states(sent=2 * MAILING + 1, timeout=120)
    world.wait_jobs()
    world.assert_each_once(2 * MAILING + 1)


def test_news_are_asked_for_by_jobs_once_each(world):
    number = 2 * SYNC_BATCH + 1
    mail = world.write_mailing(number)
    world.press_send(mail)
    world.wait_states(sent=number, timeout=90)
    world.wait_jobs()
    refs = world.sql("SELECT ref FROM b2b_family_letter ORDER BY id LIMIT 3")
    world.sandbox.inject_events(
        [{"type": "message_open", "mail_id": int(ref)} for (ref,) in refs],
        notify=False,
    )
    world.shift("next_sync_date", -1, mail)
    world.run_cron("ir_cron_sync")
    world.wait_states(sent=number - 3, opened=3)
    world.wait_jobs()
    assert len(world.sandbox.requests("statistics")) == number
    assert world.jobs("done")["_job_sync_due"] == 3


def test_an_outage_does_not_fill_the_table_of_jobs(world):
    """Every try of what waits goes by LANES jobs at most, and none stays behind."""
    world.sandbox.stop()
    try:
        world.press_send(world.write_mailing(2 * MAILING))
        world.wait_jobs()
        for _ in range(3):
            world.age()
            tried = world.tries()
            world.run_cron("ir_cron_send")
            wait_for(lambda tried=tried: world.tries() > tried, 30, "another try")
            world.wait_jobs()
        assert world.states() == {"queued": 2 * MAILING}
        jobs = world.jobs()
        assert world.jobs("done") == jobs
        assert jobs["_job_send"] == math.ceil(2 * MAILING / SEND_BATCH)
        assert 3 <= jobs["_job_send_due"] <= 3 * LANES
    finally:
        world.sandbox.start()
    world.sandbox.settings(deliver=False)
    world.age()
    world.run_cron("ir_cron_send")
    world.wait_states(sent=2 * MAILING)
    world.wait_jobs()
    world.assert_each_once(2 * MAILING)
    print(f"an outage and 3 tries of {2 * MAILING} letters: jobs {world.jobs()}")
