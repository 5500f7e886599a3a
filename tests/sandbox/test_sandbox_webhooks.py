"""Subscribers are told, and told again until they have heard."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from devtools.sandbox.control import wait_for


def opened(sandbox, client, **fields):
    """A letter that has just been opened; its id."""
    letter_id = client.send(**fields)
    sandbox.inject_event(mail_id=letter_id, type="message_open")
    return letter_id


def settled(sandbox, **counts):
    return wait_for(
        lambda: sandbox.state()["webhooks"] == counts, 8, f"notices {counts}"
    )


def test_a_reader_is_heard_of(sandbox, client, subscriber):
    letter_id = client.send(custom_data={"key": "k", "more": [1]})
    sandbox.open_letter(sandbox.wait_mailbox()[0]["id"])
    [event] = subscriber.wait()
    assert event["mail_id"] == letter_id and event["custom_data"] == {
        "key": "k",
        "more": [1],
    }
    assert {
        **client.statistics(letter_id)["events"][0],
        "mail_id": letter_id,
        "custom_data": event["custom_data"],
    } == event


def test_letter_that_wants_no_webhooks(sandbox, client, subscriber):
    opened(sandbox, client, notification_settings={"webhook_enable": False})
    letter_id = opened(sandbox, client)
    assert [event["mail_id"] for event in subscriber.wait()] == [letter_id]


def test_5xx_and_429_are_tried_again(sandbox, client, subscriber):
    subscriber.statuses = [500, 429]
    opened(sandbox, client)
    subscriber.wait()
    assert subscriber.attempts == 3
    settled(sandbox, delivered=1)


@pytest.mark.parametrize("status", [404, 410, 403, 302])
def test_other_answers_drop_it(sandbox, client, subscriber, status):
    subscriber.statuses = [status]
    opened(sandbox, client)
    settled(sandbox, dropped=1)
    assert subscriber.attempts == 1


def test_given_up_in_about_an_hour(sandbox, client, subscriber):
    subscriber.statuses = [503] * 100
    opened(sandbox, client)
    hours = itertools.count()

    def given_up():
        sandbox.clock(3600 * next(hours))
        return sandbox.state()["webhooks"] == {"given up": 1}

    wait_for(given_up, 15, "the last attempt")
    assert subscriber.attempts == 9


def test_subscriber_that_is_away(sandbox, client, closed_port):
    client.subscribe(f"http://127.0.0.1:{closed_port}/hook")
    opened(sandbox, client)
    settled(sandbox, waiting=1)


def test_subscribing_twice_is_one_subscription(client, subscriber):
    assert client.subscribe(subscriber.url) == client.subscribe(subscriber.url)


def test_unsubscribed(sandbox, client, subscriber):
    subscription_id = client.subscribe(subscriber.url)["id"]
    query = {"apikey": client.apikey, "id": subscription_id}
    assert client.call("DELETE", "/subscribers/delete", params=query).json() == {}
    assert (
        client.call("DELETE", "/subscribers/delete", params=query).json()["error"][
            "code"
        ]
        == 404
    )
    opened(sandbox, client)
    assert sandbox.state()["webhooks"] == {} and sandbox.state()["subscriptions"] == []


@pytest.mark.parametrize("path", ["", "nowhere", "ftp://x.example/", "http://", 7])
def test_address_that_will_not_do(client, path):
    assert client.subscribe(path)["error"]["code"] in (400, 422)


def test_news_for_statistics_only(sandbox, client, subscriber):
    letter_id = client.send()
    sandbox.inject_event(mail_id=letter_id, type="message_open", notify=False)
    assert client.statistics(letter_id)["open_count"] == 1
    assert sandbox.state()["webhooks"] == {}


def test_duplicates(sandbox, client, subscriber):
    sandbox.fault("webhook", "duplicate", count=20)
    opened(sandbox, client)
    events = subscriber.wait(20)
    assert len({event["id"] for event in events}) == 1


def test_reordered(sandbox, client, subscriber):
    sandbox.fault("webhook", "reorder", count=3)
    letter_id = client.send()
    ids = [
        sandbox.inject_event(mail_id=letter_id, type="message_open")[0]
        for _ in range(3)
    ]
    assert [event["id"] for event in subscriber.wait(3)] == ids[::-1]


def test_held_back(sandbox, client, subscriber):
    sandbox.fault("webhook", "hold", times=None)
    opened(sandbox, client)
    with pytest.raises(TimeoutError):
        subscriber.wait(timeout=0.25)
    sandbox.clear_faults()
    subscriber.wait()


def test_lost(sandbox, client, subscriber):
    sandbox.fault("webhook", "lose")
    opened(sandbox, client)
    settled(sandbox, dropped=1)
    assert subscriber.attempts == 0


def test_webhook_before_the_answer(sandbox, client, subscriber):
    sandbox.fault("send", "webhook_before_answer")
    letter_id = client.send(custom_data={"key": "k"})
    # No waiting: it was there before the answer.
    [event] = subscriber.heard
    assert (event["type"], event["mail_id"], event["custom_data"]) == (
        "message_open",
        letter_id,
        {"key": "k"},
    )
    settled(sandbox, delivered=1)


def test_after_a_reset_nothing_is_on_its_way(sandbox, client, subscriber):
    """What a slow subscriber is being told is waited for, and the rest is forgotten."""
    sandbox.fault("webhook", "hold", times=None)
    letter_id = client.send()
    sandbox.inject_events([{"mail_id": letter_id, "type": "message_open"}] * 100)
    with ThreadPoolExecutor(1) as pool:
        with subscriber.lock:
            sandbox.clear_faults()
            wait_for(lambda: subscriber.asked, 5, "a notice")
            reset = pool.submit(sandbox.reset)
            time.sleep(0.5)
            assert not reset.done()
        reset.result()
    heard = len(subscriber.heard)
    assert 0 < heard < 100
    time.sleep(0.5)
    assert len(subscriber.heard) == heard
