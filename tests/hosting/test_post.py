# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Letters by Odoo's own mail server, from real processes: faults, and several workers."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from forks import SEND, WRITE
from post_world import posting

from devtools.sandbox.control import wait_for

MANY = 120


@pytest.fixture
def post(world, forks):
    with posting(world, forks) as server:
        yield server


def settle(world, forks, rounds=4):
    for _round in range(rounds):
        world.age()
        assert forks.run(SEND) == [0]


def test_the_button_sends_at_once(world, post):
    mail = world.send_mail("bob@client.example", files=[("Offer.pdf", b"%PDF")])
    letter = world.wait_state(mail, "sent")[0]
    assert post.addresses() == ["bob@client.example"]
    assert post.letters[0].message["Message-ID"] == letter["ref"]
    [file] = post.letters[0].message.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("Offer.pdf", b"%PDF")


@pytest.mark.parametrize("workers", (2, 4))
def test_several_workers_send_each_letter_once(world, forks, post, workers):
    assert forks.run(WRITE.format(workers, MANY)) == [0]
    assert forks.run(*[SEND] * workers) == [0] * workers
    assert world.states() == {"sent": MANY}
    assert len(post.counts()) == MANY
    assert set(post.counts().values()) == {1}


def test_every_trouble_at_once(world, forks, post):
    """Each letter of a batch has its own: none has another's."""
    faults = {
        "reader0.7@client.example": ("RCPT", "550 Gone", "failed"),
        "reader1.7@client.example": ("TEXT", "554 Spam", "failed"),
        "reader2.7@client.example": ("RCPT", "450 Later", "queued"),
        "reader3.7@client.example": ("TEXT", "452 Full", "queued"),
        "reader4.7@client.example": ("TEXT", None, "unknown"),
        "reader5.7@client.example": ("END", None, "unknown"),
    }
    for address, (step, answer, _state) in faults.items():
        post.fault(step, answer or "", drop=not answer, address=address)
    assert forks.run(WRITE.format(7, 10)) == [0]
    assert forks.run(SEND) == [0]
    states = dict(world.sql("SELECT email, state FROM b2b_family_letter"))
    wanted = {address: state for address, (_step, _answer, state) in faults.items()}
    assert states == {f"reader{n}.7@client.example": "sent" for n in range(10)} | wanted
    settle(world, forks)
    assert world.states() == {"sent": 6, "failed": 2, "unknown": 2}
    assert set(post.counts().values()) == {1}
    assert len(post.counts()) == 7  # one in doubt was taken


def test_a_slow_server_keeps_nobody_waiting(world, post):
    world.set_crons(True)
    post.fault("END", seconds=30, address="slow@client.example")
    slow = world.write_mail("slow@client.example")
    world.press_send(slow)
    quick = world.send_mail("quick@client.example")
    world.wait_state(quick, "sent")
    assert world.letter(slow)["state"] == "sending"
    post.heal()  # the server answers after all
    world.wait_state(slow, "sent")
    assert sorted(post.addresses()) == ["quick@client.example", "slow@client.example"]


SHORT = """
from odoo.addons.b2b_family_mail.models.carrier import smtp
smtp.EXCHANGE_SECONDS = smtp.QUIT_SECONDS = {}
"""


@pytest.mark.parametrize("step", ("CONNECT", "MAIL", "DATA", "READ", "TEXT", "END"))
def test_a_server_that_drips_holds_neither_claim_nor_worker(world, forks, post, step):
    """A byte every 0.1 s, and at READ nearly nothing of 8 MB: each read is in time."""
    post.fault(step, drip=0.1)
    write = WRITE.format(step, 6)
    if step == "READ":
        write = write.replace(f"b'offer {step}'", "bytes(2**23)")
    assert forks.run(write) == [0]
    # Of 8 MB a mail is made meanwhile, for which a busy machine needs seconds.
    short = SHORT.format(6 if step == "READ" else 1.5)
    start = time.monotonic()
    assert forks.run(short + SEND) == [0]
    seconds = time.monotonic() - start
    states = world.states()
    print(f"Dripped at {step}: {states} after {seconds:.1f} s")
    assert seconds < 60  # else without an end
    doubtful = step in ("READ", "TEXT", "END")
    assert states == ({"unknown": 1, "queued": 5} if doubtful else {"queued": 6})
    post.heal()
    settle(world, forks)
    assert world.states() == ({"unknown": 1, "sent": 5} if doubtful else {"sent": 6})
    assert set(post.counts().values()) == {1}


def test_a_server_that_was_away(world, forks, post):
    post.fault("CONNECT", "421 Busy", times=3)
    assert forks.run(WRITE.format(8, 50)) == [0]
    assert forks.run(SEND) == [0]
    # The first batch is tried, the rest is not begun.
    assert world.states() == {"queued": 50}
    settle(world, forks)
    assert world.states() == {"sent": 50}
    assert set(post.counts().values()) == {1}


def test_the_service_s_letters_and_ours_in_one_round(world, forks, post):
    assert forks.run(WRITE.format(1, 10)) == [0]
    world.sql("UPDATE b2b_family_letter SET carrier = 'service' WHERE id & 1 = 0")
    world.sandbox.fault("send", "refuse", times=None)
    assert forks.run(SEND) == [0]
    rows = world.sql("SELECT DISTINCT carrier, state FROM b2b_family_letter")
    assert dict(rows) == {"odoo": "sent", "service": "failed"}
    assert len(post.letters) == 5


def test_core_does_not_send_what_is_being_sent_by_ordinary_mail(world, forks, post):
    people = [
        {
            "name": f"Ref {number}",
            "email": f"ref{number}@client.example",
            "b2b_tracking_consent": "no",
        }
        for number in range(4)
    ]
    contacts = world.admin.call("res.partner", "create", people)
    mail = world.write_mail()
    values = {"recipient_ids": [(6, 0, contacts)]}
    world.seller.call("mail.mail", "write", [mail], values)
    post.fault("END", "250 ok", times=None, seconds=1)
    queue = "env['mail.mail'].process_email_queue()"
    with ThreadPoolExecutor(1) as button:
        pressed = button.submit(world.press_send, mail)
        wait_for(lambda: post.letters, 20, "the first to be taken")
        assert forks.run(queue, queue) == [0, 0]
        pressed.result()
    wait_for(lambda: len(post.counts()) == len(people), 20, "all to be taken")
    world.wait_state(mail, *["untracked"] * len(people))
    assert set(post.counts().values()) == {1}
    world.admin.call("res.partner", "unlink", contacts)
