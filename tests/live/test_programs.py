# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Letters that each kind of program opens: by the real webhook, and by asking alone."""

import pytest

from devtools.sandbox.control import wait_for

NETWORK = "198.51.100.0/24"
FILES = [("Offer.pdf", b"%PDF-1.4 offer"), ("Prices.pdf", b"%PDF-1.4 prices")]
# program -> whose it is, and what becomes of the letter
OUTCOMES = {
    "thunderbird": ("person", "opened"),
    "outlook": ("person", "opened"),
    "gmail": ("proxy", "opened"),
    "apple": ("prefetch", "delivered"),
    "gateway": ("scanner", "delivered"),
    "masked": ("scanner", "delivered"),
}
EAGER = ("gateway", "masked")
# What reports say of them.
READERS = {"person": 2, "proxy": 1, "machine": 3}
RATES = {
    "open_rate": 1 / 2,
    "answer_rate": 0,
    "person_rate": 1 / 3,
    "proxy_rate": 1 / 6,
}
RATES |= {"machine_rate": 1 / 2, "unclear_rate": 0, "reported_rate": 0}


@pytest.fixture(autouse=True)
def settling(world):
    """Wait for what follows: a gateway without a name is told by that alone."""
    world.set_parameter("b2b_family_mail.settle_seconds", "3")
    yield
    world.set_parameter("b2b_family_mail.settle_seconds", "0")


def send_and_open(world):
    """Send a letter to a reader of each program, and let the programs open them."""
    addresses = {f"{name}@client.example": name for name in OUTCOMES}
    mail = world.send_mail(*addresses, files=FILES)
    for letter in world.sandbox.wait_mailbox(len(addresses)):
        world.sandbox.open_letter(letter["id"], addresses[letter["to"][0]])
    return mail


def found(world, mail):
    """Return the letters of a mail by their reader's program."""
    rows = world.seller.read(
        "b2b.family.letter",
        [("mail_id", "=", mail)],
        *("email", "state", "open_count", "open_verdict", "first_open_date"),
        *("news_kind", "verdict_reason", "attachment_opened_count"),
    )
    return {row["email"].partition("@")[0]: row for row in rows}


def verdicts(world, name):
    """Return the kinds of events of the letter to one reader, with their verdicts."""
    events = world.seller.read(
        "b2b.family.event",
        [("letter_id.email", "=", f"{name}@client.example")],
        *("event_type", "verdict"),
    )
    return sorted((event["event_type"], event["verdict"]) for event in events)


def is_settled(world, mail):
    letters = found(world, mail)
    states = {name: letter["state"] for name, letter in letters.items()}
    waits = world.sql("SELECT 1 FROM b2b_family_event WHERE pending")
    told = all(len(verdicts(world, name)) == 1 + len(FILES) for name in EAGER)
    return states == {name: state for name, (_who, state) in OUTCOMES.items()} and (
        told and not waits
    )


def assert_as_it_was(world, mail):
    wait_for(lambda: is_settled(world, mail), 20, "the letters to be judged")
    for name, letter in found(world, mail).items():
        who, state = OUTCOMES[name]
        opened = state == "opened"
        assert letter["open_verdict"] == (opened and who), name
        assert letter["open_count"] == int(opened), name
        assert bool(letter["first_open_date"]) == opened, name
        assert letter["news_kind"] == (opened and "open"), name
        assert not letter["attachment_opened_count"], name
        assert letter["verdict_reason"], name
        kinds = [("message_open", who)]
        if name in EAGER:
            kinds = [("attachment_open", who)] * len(FILES) + kinds
        assert verdicts(world, name) == kinds
    assert world.seller.call("b2b.family.letter", "count_news") == 3
    assert world.mail(mail)["b2b_state"] == "opened"
    assert_as_reported(world, [("mail_id", "=", mail)])


def assert_as_reported(world, domain):
    """Look at what the reports show, as the salesperson."""

    def report(groupby, *measures):
        model, method = "b2b.family.letter", "formatted_read_group"
        return world.seller.call(model, method, domain, groupby, list(measures))

    rows = report(["reader"], "__count")
    assert {row["reader"]: row["__count"] for row in rows} == READERS
    [rates] = report([], *(f"{name}:avg" for name in RATES))
    for name, rate in RATES.items():
        assert rates[f"{name}:avg"] == pytest.approx(rate), name


@pytest.mark.parametrize("told_by", ["webhook", "poll"])
def test_what_each_program_did(world, told_by):
    if told_by == "poll":
        world.sandbox.fault("webhook", "hold", times=None)
    mail = send_and_open(world)
    if told_by == "poll":
        world.shift("next_sync_date", -1, mail)
        world.run_cron("ir_cron_sync")
    assert_as_it_was(world, mail)
    sources = world.sql("SELECT DISTINCT source FROM b2b_family_event")
    assert sources == [(told_by,)]
    # The service counts what programs fetched as well: that changes nothing.
    world.seller.call("mail.mail", "action_b2b_refresh", [mail])
    assert_as_it_was(world, mail)


def test_all_of_it_judged_again(world):
    mail = send_and_open(world)
    assert_as_it_was(world, mail)
    # What is seen on this machine has no network that could be named.
    world.sql("UPDATE b2b_family_event SET ip_network = %s", NETWORK)
    world.set_parameter("b2b_family_mail.evidence_lines", f"{NETWORK} = scanner")
    world.press_settings("action_b2b_judge_again")
    wait_for(
        lambda: (
            {letter["state"] for letter in found(world, mail).values()} == {"delivered"}
        ),
        20,
        "the letters to be judged again",
    )
    assert world.seller.call("b2b.family.letter", "count_news") == 0
    said = world.seller.read(
        "b2b.family.event", [("event_type", "=", "judged")], "letter_id"
    )
    assert len(said) == 3
    world.set_parameter("b2b_family_mail.evidence_lines", False)
