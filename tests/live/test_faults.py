# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The service misbehaves: what it has counted after each fault and three cron runs."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from client import (
    B2BFamilyClient,
    B2BFamilyError,
    OutcomeUnknown,
    OutgoingLetter,
    Unavailable,
)
from forks import SEND

from devtools.sandbox.control import wait_for

READER = "rita@client.example"
DEADLINE = 3.0  # the addon's is 30 seconds
SPOILED = {
    "drop": {},
    "http_500": {},
    "html": {},
    "broken_json": {},
    "redirect": {"url": "http://127.0.0.1:1/elsewhere"},
    "huge_body": {"bytes": 9 << 20},
}
WRITE = (
    "env['mail.mail'].create({'b2b_send': True, 'state': 'outgoing',"
    f" 'subject': 'Offer', 'body_html': '<p>Hello</p>', 'email_to': '{READER}'}}).send()"
)
IMPATIENT = (
    "from odoo.addons.b2b_family_mail.models.service import calls\n"
    "calls.DEADLINE = 1.0\n"
)
TOMORROW = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)


def run_cron(world, forks, times=3):
    for _ in range(times):
        world.age()
        assert forks.run(SEND) == [0]


def report(world, fault, before):
    print(
        f"{fault}: accepted {before} at first, {world.sandbox.accepted()} after 3 cron"
        f" runs, letters {world.states()}"
    )


@pytest.mark.parametrize("fault", SPOILED)
def test_accepted_without_a_clear_answer_is_looked_up_not_resent(world, forks, fault):
    world.sandbox.fault("find", "http_500")  # not settled at once, either
    world.sandbox.fault("send", f"{fault}_after", **SPOILED[fault])
    mail = world.send_mail(READER)
    letter = world.letter(mail)
    assert letter["state"] == "unknown"
    assert "gave no clear answer" in letter["failure_reason"]
    before = world.sandbox.accepted()
    run_cron(world, forks)
    report(world, f"{fault} after accepting", before)
    assert world.letter(mail)["state"] == world.mail(mail)["state"] == "sent"
    assert before == world.sandbox.accepted(letter["key"]) == 1


@pytest.mark.parametrize("fault", sorted(SPOILED.keys() - {"huge_body"}))
def test_not_accepted_and_without_a_clear_answer_is_sent_in_the_end(
    world, forks, fault
):
    world.send_mail("known@client.example")  # shows that the service can find
    world.sandbox.fault("send", f"{fault}_before", **SPOILED[fault])
    mail = world.send_mail(READER)
    letter = world.letter(mail)
    assert letter["state"] == "unknown"
    before = world.sandbox.accepted(letter["key"])
    run_cron(world, forks)
    report(world, f"{fault} before accepting", before)
    assert world.letter(mail)["state"] == world.mail(mail)["state"] == "sent"
    assert (before, world.sandbox.accepted(letter["key"])) == (0, 1)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_call_that_is_under_way_after_its_time_out_is_waited_for(
    world, forks, moment
):
    """Accepted before or after Odoo gave up on it: looked up, and not sent again."""
    world.send_mail("known@client.example")  # shows that the service can find
    world.sandbox.fault("send", f"latency_{moment}", seconds=60)
    world.sandbox.fault("find", "http_500")  # not settled at once, either
    assert forks.run(IMPATIENT + WRITE) == [0]
    assert world.states() == {"sent": 1, "unknown": 1}  # given up before the answer
    before = world.sandbox.accepted() - 1
    assert before == (moment == "after")
    world.sql("UPDATE b2b_family_letter SET next_try_date = write_date")
    assert forks.run(SEND) == [0]  # "not found" is not believed so soon
    assert world.states() == ({"sent": 2} if before else {"sent": 1, "unknown": 1})
    world.sandbox.clear_faults()
    wait_for(lambda: world.sandbox.accepted() == 2, 10, "the letter")
    run_cron(world, forks)
    report(world, f"time-out {moment} accepting (and one before)", before + 1)
    assert world.states() == {"sent": 2}
    assert set(world.counts().values()) == {1}


def test_looking_up_ends_early_at_a_service_that_hangs(world, forks):
    """As for sending and asking: the first calls that time out end the round."""
    world.send_mail(*(f"reader{n}@client.example" for n in range(30)))
    assert forks.run(SEND) == [0]
    assert world.states() == {"sent": 30}
    world.sql(
        "UPDATE b2b_family_letter SET state = 'unknown', next_try_date = sent_date"
    )
    world.sandbox.fault("find", "latency_before", seconds=2, times=None)
    assert forks.run(IMPATIENT + SEND) == [0]
    asked = len(world.sandbox.requests("find"))
    print(f"30 letters in doubt, a service that hangs: {asked} asked")
    assert asked < 30 / 2
    assert world.states() == {"unknown": 30}
    world.sandbox.clear_faults()
    run_cron(world, forks, times=1)
    assert world.states() == {"sent": 30}


def test_a_service_that_errs_with_200_is_taken_at_its_word(world, forks):
    """It accepted and says that it did not: nothing is repeated by itself."""
    world.sandbox.fault("send", "error_200_after")
    mail = world.send_mail(READER)
    run_cron(world, forks)
    report(world, "200 with an error, after accepting", 1)
    assert world.letter(mail)["state"] == "failed"
    assert world.sandbox.accepted() == 1


def test_a_clear_refusal_fails_in_its_words_and_can_be_sent_again(world, forks):
    world.sandbox.fault("send", "refuse", message="No such recipient")
    mail = world.send_mail(READER)
    run_cron(world, forks)
    before = world.sandbox.accepted()
    assert "No such recipient" in world.mail(mail)["b2b_failure_reason"]
    assert world.letter(mail)["state"] == "failed"
    world.seller.call("mail.mail", "action_b2b_send_again", [mail])
    world.wait_state(mail, "sent")
    report(world, "refused, then sent again", before)
    assert (before, world.sandbox.accepted()) == (0, 1)


@pytest.mark.parametrize(
    "retry_after", ["86400", TOMORROW, "soon", "-5", "9" * 40, None]
)
def test_retry_after_neither_holds_a_worker_nor_decides(world, forks, retry_after):
    mail = world.write_mail(READER)
    world.sandbox.fault("send", "rate_limit", retry_after=retry_after)
    start = time.monotonic()
    world.press_send(mail)
    seconds = time.monotonic() - start
    [(wait,)] = world.sql(
        "SELECT extract(epoch FROM next_try_date - now() at time zone 'utc')::int"
        " FROM b2b_family_letter WHERE state = 'queued'"
    )
    before = world.sandbox.accepted()
    run_cron(world, forks)
    report(world, f"429, Retry-After {retry_after}: {seconds:.2f} s, {wait} s", before)
    assert 55 <= wait <= 3600
    assert seconds < wait / 2
    assert (before, world.sandbox.accepted()) == (0, 1)


@pytest.mark.parametrize(
    "call, error", [("send", OutcomeUnknown), ("statistics", Unavailable)]
)
def test_one_byte_a_second_ends_at_the_deadline(world, call, error):
    options = {"deadline": DEADLINE, "allow_loopback": True}
    credentials = world.sandbox.credentials
    login = B2BFamilyClient(world.sandbox.url, **options).login(
        *(credentials[name] for name in ("app_key", "secret_key", "email", "password"))
    )
    client = B2BFamilyClient(world.sandbox.url, api_key=login.api_key, **options)
    letter = OutgoingLetter(to=READER, subject="Offer", html="<p>Hello</p>", key="k1")
    arguments = {"send": letter, "statistics": client.send(letter)}
    world.sandbox.fault(call, "drip")
    start = time.monotonic()
    with pytest.raises(B2BFamilyError) as caught:
        getattr(client, call)(arguments[call])
    seconds = time.monotonic() - start
    print(f"one byte a second, {call}: given up after {seconds:.2f} of {DEADLINE} s")
    assert caught.type is error
    assert DEADLINE <= seconds < 5 * DEADLINE


def test_one_bad_address_of_500_keeps_nobody_else_from_the_letter(world, forks):
    world.sandbox.settings(deliver=False)
    readers = [f"reader{n}@client.example" for n in range(500)]
    world.sandbox.fault("send", "refuse", times=None, match=f'"{readers[123]}"')
    mail = world.send_mail(*readers)
    assert forks.run(SEND) == [0]
    print(f"500 recipients, one bad: {world.states()}")
    assert world.states() == {"sent": 499, "failed": 1}
    sent = world.sandbox.state()["letters"]
    told = [[reader["email"] for reader in letter["recipients"]] for letter in sent]
    assert sorted(told) == sorted(
        [reader] for reader in readers if reader != readers[123]
    )
    assert "refused" in world.mail(mail)["b2b_failure_reason"]
