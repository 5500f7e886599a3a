# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How often the service is asked: as the setting says, in seconds."""

import time

from devtools.sandbox.control import wait_for

RATE = 10  # seconds


def questions(world, since):
    return [moment for moment in world.sandbox.requests("statistics") if moment > since]


def test_every_ten_seconds_or_once_an_hour(world):
    world.sandbox.fault("webhook", "hold", times=None)
    world.sql("UPDATE b2b_family_service_status SET webhook_date = NULL")
    over = world.send_mail("over@client.example")
    world.shift("sent_date", -31 * 24 * 60, over)
    world.shift("next_sync_date", -1, over)

    world.set_parameter("b2b_family_mail.email_update_rate", str(RATE))
    start = time.time()
    mail = world.send_mail("rita@client.example")
    wait_for(lambda: len(questions(world, start)) >= 2, 4 * RATE, "two questions")
    moments = [start, *questions(world, start)]
    intervals = [round(b - a, 2) for a, b in zip(moments, moments[1:], strict=False)]
    print(f"update rate {RATE} s: after sending, and between questions {intervals}")
    # Without the timer it would be a minute.
    assert all(RATE - 1 <= interval < 3 * RATE for interval in intervals)

    # The second answer is stored: what comes before that has Odoo ask once more.
    stored = (
        "SELECT 1 FROM b2b_family_letter WHERE mail_id = %s"
        " AND refreshed_date > to_timestamp(%s) AT TIME ZONE 'utc'"
    )
    between = moments[1] + RATE / 2
    wait_for(lambda: world.sql(stored, mail, between), 15, "the second answer")
    world.set_parameter("b2b_family_mail.email_update_rate", "3600")
    world.shift("next_sync_date", 60, mail)
    start = time.time()
    world.run_cron("ir_cron_sync")
    time.sleep(max(intervals) + 3)  # none comes in the time in which one came before
    assert not questions(world, start)
    assert not world.sql(
        "SELECT next_sync_date FROM b2b_family_letter WHERE mail_id = %s", over
    )[0][0]
