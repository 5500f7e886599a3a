"""What a reset, an unsubscription and the clock leave behind, and what not."""

from datetime import datetime, timezone

from devtools.sandbox.control import wait_for

HOUR, DAY = 60 * 60, 24 * 60 * 60


def test_a_reset_clears_faults_and_clock(sandbox, client):
    sandbox.fault("send", "http_500", times=None)
    sandbox.clock(DAY)
    sandbox.reset()
    state = sandbox.state()
    assert state["faults"] == []
    ahead = datetime.fromisoformat(state["clock"]) - datetime.now(timezone.utc)
    assert abs(ahead.total_seconds()) < HOUR


def test_what_is_still_to_be_told_ends_with_the_subscription(
    sandbox, client, subscriber
):
    subscription_id = client.subscribe(subscriber.url)["id"]
    sandbox.fault("webhook", "hold", times=None)
    letter_id = client.send()
    sandbox.inject_event(mail_id=letter_id, type="message_open")
    assert sandbox.state()["webhooks"] == {"waiting": 1}
    query = {"apikey": client.apikey, "id": subscription_id}
    client.call("DELETE", "/subscribers/delete", params=query)
    assert sandbox.state()["webhooks"] == {}


def test_days_are_days(sandbox, client):
    """A letter is not unopened after as many seconds."""
    timeout = {"trigger": "message_open", "not_open_timeout": 1}
    letter_id = client.send(events=timeout)
    later = {"trigger": "message_open", "not_open_timeout": 0.001}  # 86 seconds
    sooner_id = client.send(events=later)

    def told(letter_id):
        client.login()
        return [event["type"] for event in client.statistics(letter_id)["events"]]

    sandbox.clock(HOUR)
    wait_for(lambda: told(sooner_id) == ["not_open"], 10, "the sooner one")
    assert told(letter_id) == []
    sandbox.clock(DAY + HOUR)
    wait_for(lambda: told(letter_id) == ["not_open"], 10, "the later one")


def test_a_letter_is_the_same_each_time_it_is_looked_at(sandbox, client):
    page = client.post_letter(
        "/Mail/generate_link", text='<p><a href="https://x.example/">x</a></p>'
    ).json()["link"]
    first, second = (client.session.get(page, timeout=5).text for _ in range(2))
    assert first == second
