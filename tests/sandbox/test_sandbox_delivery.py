"""How a letter travels: envelopes, copies, a mail server's "not now", and what is
written by strangers in it.
"""

import asyncio
import threading

import pytest
import requests
from aiosmtpd.smtp import SMTP
from conftest import Client

from devtools.sandbox.clock import Clock
from devtools.sandbox.control import Sandbox, wait_for
from devtools.sandbox.delivery import Delivery
from devtools.sandbox.store import Store

MARKUP = "<b onclick=x()>&amp;"


class NotNow:
    """A mail server that refuses with these words at first, and then takes all."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.taken = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        self.taken.append(envelope.rcpt_tos)
        return "250 OK"


@pytest.fixture
def relay():
    """Start a mail server; return its port."""
    loops = []

    def start(handler):
        loop = asyncio.new_event_loop()
        server = loop.run_until_complete(
            loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", 0)
        )
        threading.Thread(target=loop.run_forever, daemon=True).start()
        loops.append(loop)
        return server.sockets[0].getsockname()[1]

    yield start
    for loop in loops:
        loop.call_soon_threadsafe(loop.stop)


def deliveries(tmp_path, port, state):
    """Send a letter through that mail server; return its statistics once it is so."""
    with Sandbox(tmp_path, ("--relay", f"127.0.0.1:{port}")) as sandbox:
        client = Client(sandbox)
        client.login()
        letter_id = client.send()
        wait_for(lambda: sandbox.state()["deliveries"] == {state: 1}, 10, state)
        return client.statistics(letter_id)


def test_a_mail_server_that_says_not_now_is_asked_again(tmp_path, relay):
    server = NotNow("451 4.7.1 Greylisted")
    assert deliveries(tmp_path, relay(server), "delivered")["status"] == "sent"
    assert server.taken == [["anna@customer.example"]]


def test_a_mail_server_that_says_no_is_not(tmp_path, relay):
    server = NotNow("554 5.7.1 Spam")
    assert deliveries(tmp_path, relay(server), "bounced")["status"] == "bounced"
    assert server.taken == []


def test_each_reader_and_each_copy_has_an_envelope_of_its_own(sandbox, client):
    emails = ["a@one.example", "b@two.example"]
    copies = ["boss@x.example"]
    client.send(
        to_emails=[{"email": email} for email in [*emails, *emails]],
        cc_emails=[{"email": email} for email in copies],
    )
    client.send(to="last@x.example")  # after which all of the first have left
    wait_for(
        lambda: any(mail["to"] == ["last@x.example"] for mail in sandbox.mailbox()),
        10,
        "the last one",
    )
    envelopes = sorted(mail["to"] for mail in sandbox.mailbox())
    assert envelopes == [
        [email] for email in sorted([*emails, *copies, "last@x.example"])
    ]


def test_a_template_leaves_the_letters_own_files(sandbox, client):
    own = client.upload("own.txt", b"own")["id"]
    client.send(template_id=1, subject=None, text=None, attachments=f"{own};")
    html = sandbox.letter(sandbox.wait_mailbox()[0]["id"])["html"]
    assert "own.txt" in html and "Price list.txt" in html


def test_what_strangers_wrote_is_no_markup(sandbox, client):
    file = client.upload(f"{MARKUP}.txt", b"a")["id"]
    client.send(
        type="link", subject=MARKUP, attachments=f"{file};", to="link@x.example"
    )
    client.send(attachments=f"{file};", cc_emails=[{"email": "boss@x.example"}])
    for mail in sandbox.wait_mailbox(3):
        html = sandbox.letter(mail["id"])["html"]
        assert "<b onclick" not in html
        assert "&lt;b onclick=x()&gt;&amp;amp;" in html


@pytest.mark.parametrize(
    "settings", [{"deliver": "no"}, {"hash_labels": "apikey"}, {"unknown": True}]
)
def test_a_setting_that_will_not_do_is_refused(sandbox, settings):
    answer = requests.post(f"{sandbox.url}/sandbox/settings", json=settings, timeout=5)
    assert answer.status_code == 400
    assert "Not a setting" in answer.json()["error"]["message"]


def test_what_waits_leaves_after_a_restart(tmp_path, relay, closed_port):
    with Sandbox(tmp_path, ("--relay", f"127.0.0.1:{closed_port}")) as sandbox:
        client = Client(sandbox)
        client.login()
        client.send()
    server = NotNow()
    with Sandbox(tmp_path, ("--relay", f"127.0.0.1:{relay(server)}")):
        wait_for(lambda: server.taken, 10, "the letter")


def test_a_token_is_good_for_one_thing(sandbox, client):
    client.send()
    html = sandbox.letter(sandbox.wait_mailbox()[0]["id"])["html"]
    pixel = html.rpartition('src="')[2].partition('"')[0]
    page = pixel.replace("/t/o/", "/t/v/").removesuffix(".gif")
    assert client.session.get(pixel, timeout=5).status_code == 200
    assert client.session.get(page, timeout=5).status_code == 404


def test_what_is_not_to_be_delivered_is_not_even_queued(tmp_path):
    store = Store(tmp_path, Clock())
    delivery = Delivery(store, None, None, "127.0.0.1", 9, None)
    store.set_setting("deliver", False)
    delivery.add([1])
    assert delivery._queue.empty()
    store.set_setting("deliver", True)
    delivery.add([1])
    assert not delivery._queue.empty()
