# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Crashes, outages and races: never twice, never lost, never silent."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg2
import pytest
import requests
from world import RpcError

from devtools.sandbox.control import wait_for

READER = "rita@client.example"


def webhook_url(world):
    token = world.admin.call(
        "ir.config_parameter", "get_param", "b2b_family_mail.webhook_token"
    )
    return f"{world.server.url}/b2b_family/webhook/{token}"


def post_in_parallel(url, bodies):
    with ThreadPoolExecutor(len(bodies)) as pool:
        answers = pool.map(
            lambda body: requests.post(url, json=body, timeout=60), bodies
        )
        return [answer.status_code for answer in answers]


def open_event(letter, number):
    return {
        "id": f"e-{number}",
        "type": "message_open",
        "mail_id": letter["ref"],
        "custom_data": {"key": letter["key"]},
        "date": f"2026-01-02T10:00:{number:02}Z",
        "email": READER,
    }


def count_events(world):
    [(count,)] = world.sql("SELECT count(*) FROM b2b_family_event")
    return count


def settle(world, mail):
    """Let the scheduled action settle a letter that may or may not be there."""
    world.shift("next_try_date", -1, mail)
    world.run_cron("ir_cron_send")


def test_an_outage_delays_and_loses_nothing(world):
    world.sandbox.stop()
    try:
        mail = world.send_mail(READER)
        letter = world.letter(mail)
        assert letter["state"] == "queued"
        assert "cannot be reached" in letter["failure_reason"]
        assert world.mail(mail)["state"] == "outgoing"
        settle(world, mail)
        # Tried, and put off again.
        wait_for(
            lambda: world.sql(
                "SELECT 1 FROM b2b_family_letter WHERE mail_id = %s AND try_count = 2"
                " AND state = 'queued'",
                mail,
            ),
            15,
            "another try",
        )
    finally:
        world.sandbox.start()
    settle(world, mail)
    world.wait_state(mail, "sent")
    assert world.mail(mail)["state"] == "sent"
    assert world.sandbox.accepted() == 1


def test_a_page_instead_of_an_answer_leaves_doubt_not_loss(world):
    world.sandbox.fault("send", "html_before")
    mail = world.send_mail(READER)
    assert world.letter(mail)["state"] == "unknown"
    assert "gave no clear answer" in world.mail(mail)["b2b_failure_reason"]
    assert world.sandbox.accepted() == 0
    world.seller.call("mail.mail", "action_b2b_send_again", [mail])
    world.wait_state(mail, "sent")
    assert world.sandbox.accepted() == 1


@pytest.mark.parametrize("fault", ["drop_after", "html_after", "http_500_after"])
def test_accepted_without_a_clear_answer_is_not_sent_twice(world, fault):
    world.sandbox.fault("send", fault)
    mail = world.send_mail(READER)
    world.wait_state(mail, "sent")
    for _ in range(3):
        settle(world, mail)
    assert world.sandbox.accepted() == 1


def test_a_slow_service_keeps_nobody_waiting(world):
    """The button comes back; the letter is sent all the same, once."""
    world.sandbox.fault("send", "latency", seconds=25)
    mail = world.write_mail(READER)
    world.press_send(mail)
    assert world.letter(mail)["state"] == "sending"
    world.sandbox.clear_faults()  # the service answers after all
    world.wait_state(mail, "sent")
    assert world.sandbox.accepted() == 1


def test_killed_while_the_service_accepts(world):
    world.sandbox.fault("send", "latency", seconds=25)
    mail = world.write_mail(READER)
    with ThreadPoolExecutor(1) as pool:
        pressed = pool.submit(world.press_send, mail)
        wait_for(lambda: world.sandbox.requests("send"), 15, "the call")
        world.server.kill()
        with pytest.raises(requests.RequestException):
            pressed.result()
    world.sandbox.clear_faults()
    wait_for(lambda: world.sandbox.accepted() == 1, 15, "the letter")
    world.restart()
    assert world.letter(mail)["state"] == "sending"
    world.shift("claim_date", -3, mail)
    settle(world, mail)
    letter = world.wait_state(mail, "sent")[0]
    assert world.sandbox.accepted() == world.sandbox.accepted(letter["key"]) == 1
    assert world.mail(mail)["state"] == "sent"


def test_killed_before_the_service_accepted(world):
    world.send_mail("known@client.example")  # shows that the service can find
    world.sandbox.fault("send", "latency_before", seconds=30)
    mail = world.write_mail(READER)
    with ThreadPoolExecutor(1) as pool:
        pressed = pool.submit(world.press_send, mail)
        wait_for(lambda: len(world.sandbox.requests("send")) == 2, 15, "the call")
        world.server.kill()
        world.sandbox.kill()
        with pytest.raises(requests.RequestException):
            pressed.result()
    world.sandbox.start()
    world.restart()
    world.shift("claim_date", -11, mail)
    settle(world, mail)
    world.wait_state(mail, "unknown")
    settle(world, mail)
    world.wait_state(mail, "queued")
    settle(world, mail)
    letter = world.wait_state(mail, "sent")[0]
    assert world.sandbox.accepted(letter["key"]) == 1


def test_a_webhook_before_the_answer_is_applied_once(world):
    world.sandbox.fault("send", "webhook_before_answer")
    mail = world.send_mail(READER)
    letter = world.wait_state(mail, "opened")[0]
    assert letter["ref"] and letter["open_count"] == 1
    assert count_events(world) == 1


def test_news_of_a_letter_whose_id_was_lost_leads_to_it(world):
    """Killed before the answer; the webhook names the letter by our key only."""
    world.sandbox.fault("send", "latency_after", seconds=3)
    mail = world.write_mail(READER)
    with ThreadPoolExecutor(1) as pool:
        pressed = pool.submit(world.press_send, mail)
        wait_for(lambda: world.sandbox.accepted() == 1, 15, "the letter")
        world.server.kill()
        with pytest.raises(requests.RequestException):
            pressed.result()
    world.restart()
    news = open_event(world.letter(mail), 59) | {"mail_id": None}
    assert post_in_parallel(webhook_url(world), [news]) == [200]
    assert world.wait_state(mail, "opened")[0]["ref"] is False
    assert world.mail(mail)["state"] == "sent"
    world.sandbox.fault("webhook", "lose")
    world.sandbox.inject_event(key=world.letter(mail)["key"], type="message_open")
    world.shift("next_sync_date", -1, mail)
    world.run_cron("ir_cron_sync")
    wait_for(lambda: world.letter(mail)["open_count"] == 2, 15, "the other open")
    assert world.letter(mail)["ref"]
    assert world.sandbox.accepted() == 1


def test_the_same_webhook_20_times_at_once_is_one_event(world):
    mail = world.send_mail(READER)
    event = open_event(world.letter(mail), 1)
    assert post_in_parallel(webhook_url(world), [event] * 20) == [200] * 20
    assert count_events(world) == 1
    assert world.wait_state(mail, "opened")[0]["open_count"] == 1


def test_two_that_store_the_same_event_collide_in_silence(world):
    """Both have looked, and found nothing, before either writes."""
    mail = world.send_mail(READER)
    event = open_event(world.letter(mail), 1)
    log = world.server.log_path
    start = log.stat().st_size
    waits = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO b2b_family_event%%'"
    )
    with (
        ThreadPoolExecutor(1) as pool,
        closing(psycopg2.connect(dbname=world.server.database)) as connection,
    ):
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE b2b_family_event IN SHARE ROW EXCLUSIVE MODE")
        answers = pool.submit(post_in_parallel, webhook_url(world), [event] * 2)
        wait_for(lambda: world.sql(waits) == [(2,)], 15, "both to write")
        connection.commit()
        assert answers.result() == [200] * 2
    assert count_events(world) == 1
    assert world.wait_state(mail, "opened")[0]["open_count"] == 1
    said = log.read_bytes()[start:].decode()
    assert "SERIALIZATION_FAILURE" in said  # Odoo ran one of them again
    assert not re.findall(r" (?:WARNING|ERROR) .*|bad query.*", said)


def test_news_that_finds_its_letter_held_is_applied_in_a_moment(world):
    """Whoever writes to the letter knows nothing of the news; no cron runs here."""
    mail = world.send_mail(READER)
    letter = world.letter(mail)
    pending = "SELECT count(*) FROM b2b_family_event WHERE pending"
    with closing(psycopg2.connect(dbname=world.server.database)) as connection:
        with connection.cursor() as cursor:
            cursor.execute(  # as an UPDATE does
                "SELECT FROM b2b_family_letter WHERE id = %s FOR NO KEY UPDATE",
                [letter["id"]],
            )
        assert post_in_parallel(webhook_url(world), [open_event(letter, 1)]) == [200]
        time.sleep(2)  # it was tried, and is tried again
        assert world.sql(pending) == [(1,)]
        assert world.letter(mail)["state"] == "sent"
        connection.rollback()
    assert world.wait_state(mail, "opened")[0]["open_count"] == 1
    assert world.sql(pending) == [(0,)]


def test_8_webhooks_at_once_on_one_letter_are_all_applied(world):
    for _ in range(3):
        mail = world.send_mail(READER)
        letter, before = world.letter(mail), count_events(world)
        bodies = [open_event(letter, number) for number in range(8)]
        assert post_in_parallel(webhook_url(world), bodies) == [200] * 8
        assert count_events(world) == before + 8
        shown = wait_for(
            lambda mail=mail: (now := world.letter(mail))["open_count"] == 8 and now,
            10,
            "all opens to be counted",
        )
        assert shown["state"] == "opened"
        assert shown["first_open_date"] == "2026-01-02 10:00:00"
        assert shown["last_open_date"] == "2026-01-02 10:00:07"


def test_the_button_pressed_twice_at_once_sends_once(world):
    mail = world.write_mail("anna@client.example", "bob@client.example")
    sessions = [world.seller, world.log_in("seller", "seller-password")]

    def press(session):
        try:
            world.press_send(mail, session)
        except RpcError as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        words = list(pool.map(press, sessions))
    assert all(word is None or "already" in word for word in words)
    assert None in words
    world.wait_state(mail, "sent", "sent")
    assert world.sandbox.accepted() == 2


def test_an_expired_key_is_renewed_once_by_ten_calls_at_once(world):
    mails = [world.write_mail(f"reader{n}@client.example") for n in range(10)]
    before = world.sandbox.state(letters=False)["logins"]
    world.sandbox.fault("*", "expired_api_key_before")
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(world.press_send, mails))
    assert world.sandbox.accepted() == 10
    after = world.sandbox.state(letters=False)["logins"]
    assert after["accepted"] - before["accepted"] == 1
