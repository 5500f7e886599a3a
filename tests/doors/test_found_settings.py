# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What was found at 19.0.1.1.0 about settings, accounts and people (S3, S17-S21)."""

import sys
from pathlib import Path

import pytest
from people import READER

from devtools.sandbox.control import wait_for

sys.path.append(str(Path(__file__).parents[1] / "unit"))

from raw_server import RawServer, answer  # noqa: E402

SCREENS = ("b2b.family.credentials.mixin", "b2b.family.setup", "res.config.settings")
ACTIONS = (
    "action_b2b_confirm_instance",
    "action_b2b_unsubscribe",
    "action_b2b_subscribe",
    "action_b2b_get_api_key",
)
CALLS = ("login", "subscribe", "unsubscribe")
EVERYBODY = ("stranger", "port", "emp", "alice", "mgr", "mgr2")


def calls(doors):
    return {name: len(doors.sandbox.requests(name)) for name in CALLS}


# -- S3: buttons without a check


@pytest.mark.parametrize("who", EVERYBODY)
def test_s3_only_administrators_press_the_buttons_of_the_settings(doors, who):
    doors.set_parameter("b2b_family_mail.instance", "restored from elsewhere")
    before, called = doors.parameters(), calls(doors)
    person = getattr(doors, who)
    try:
        for model in SCREENS:
            for action in ACTIONS:
                person.attempt(model, action, [])
                assert doors.parameters() == before, f"{model}.{action}"
                assert calls(doors) == called, f"{model}.{action}"
    finally:
        doors.press_settings("action_b2b_confirm_instance")


@pytest.mark.parametrize("who", ["port", "emp", "carol"])
def test_s3_no_oracle_for_passwords(doors, who):
    """Logins of one's own are for those who write letters, and with a pause."""
    person, user = getattr(doors, who), doors.ids[who].user
    called = calls(doors)
    for number in range(12):
        guess = {
            "b2b_family_email": "director@shop.example",
            "b2b_family_mail_password": f"guess-{number}",
        }
        person.attempt("res.users", "write", [user], guess)
        person.attempt("res.users", "action_b2b_get_api_key", [user])
    tried = calls(doors)["login"] - called["login"]
    doors.admin.call("res.users", "write", [user], {"b2b_family_email": False})
    # A refused login is signed twice, once with each label of the hash.
    assert tried <= (2 * 6 if who == "carol" else 0)


def test_s3_nobody_presses_the_button_of_another(doors):
    alice = doors.ids["alice"].user
    called = calls(doors)
    for who in ("stranger", "port", "emp", "bob", "mgr", "carol"):
        getattr(doors, who).attempt("res.users", "action_b2b_get_api_key", [alice])
    assert calls(doors) == called


# -- S17: secrets belong to the host they were typed for


def test_s17_no_password_goes_to_another_host(doors):
    alice = doors.ids["alice"].user
    own = {
        "b2b_family_email": "alice@shop.example",
        "b2b_family_mail_password": "alices-own-canary",
    }
    doors.alice.call("res.users", "write", [alice], own)
    with RawServer() as thief:
        thief.script = answer(body={"apikey": "x"})
        doors.set_parameter("b2b_family_mail.api_url", thief.url)
        for person in (doors.alice, doors.admin):
            attempt(person, "res.users", "action_b2b_get_api_key", [alice])
        attempt(
            doors.admin,
            "res.config.settings",
            "action_b2b_get_api_key",
            [doors.settings],
        )
        attempt(doors.alice, "mail.mail", "action_b2b_send", [doors.draft(doors.alice)])
        heard = b"".join(request.body for request in thief.requests).decode()
        targets = "".join(request.target for request in thief.requests)
    doors.admin.call("res.users", "write", [alice], {"b2b_family_email": False})
    assert "alices-own-canary" not in heard + targets
    for name in ("app_key", "secret_key", "password"):
        assert doors.sandbox.credentials[name] not in heard + targets


def attempt(person, model, method, *args):
    """Call as a ``Rpc`` or ``Person``; a refusal is as good."""
    try:
        return person.call(model, method, *args)
    except Exception as error:  # both kinds of refusal
        return error


# -- S18: one author's files do not stop another's letters


def test_s18_many_files_of_one_let_the_letters_of_another_pass(doors):
    doors.sandbox.stop()  # so that all of them wait for the same round
    try:
        files = [(f"{n}.txt", f"page {n}".encode()) for n in range(48)]
        slow = doors.write_mail(READER, files=files)
        doors.press_send(slow)
        mailing = [doors.draft(doors.bob, to=f"r{n}@x.example") for n in range(6)]
        for mail in mailing:
            doors.send(doors.bob, mail)
    finally:
        doors.sandbox.start()
    doors.sandbox.fault("upload", "latency", times=None, seconds=0.2)
    doors.age()
    doors.set_crons(True)
    doors.run_cron("ir_cron_send")
    doors.wait_state(slow, "sent", timeout=60)
    doors.set_crons(False)
    for mail in mailing:
        assert doors.letter_rows(mail, "state") == [("sent",)]
    first_six = sorted(doors.sandbox.requests("send"))[:6]
    last_upload = max(doors.sandbox.requests("upload"))
    assert first_six[-1] < last_upload


# -- S19: consent


def wait_untracked(doors, mail):
    """Wait until a mail has gone the ordinary way, which ends here: nobody listens."""

    def words():
        [(reason,)] = doors.letter_rows(mail, "failure_reason")
        return reason

    assert wait_for(words, 15, "the ordinary mail").startswith("Ordinary mail: ")
    assert not doors.sandbox.accepted()


@pytest.mark.parametrize("who", EVERYBODY)
def test_s19_nobody_but_an_administrator_changes_whom_we_track(doors, who):
    doors.set_parameter("b2b_family_mail.consent_policy", "consent")
    before = doors.parameters()
    person = getattr(doors, who)
    try:
        person.attempt("res.config.settings", "set_values", [])
        person.attempt("res.config.settings", "execute", [doors.settings])
        person.attempt("res.config.settings", "create", {})
        assert doors.parameters() == before
        mail = doors.draft(doors.alice, to="nobody-asked@client.example")
        doors.send(doors.alice, mail)
        wait_untracked(doors, mail)
    finally:
        doors.set_parameter("b2b_family_mail.consent_policy", "track")


def test_s19_a_missing_policy_is_the_safe_one(doors):
    doors.set_parameter("b2b_family_mail.consent_policy", False)
    try:
        mail = doors.draft(doors.alice, to="nobody-asked@client.example")
        doors.send(doors.alice, mail)
        wait_untracked(doors, mail)
    finally:
        doors.set_parameter("b2b_family_mail.consent_policy", "track")


# -- S20, S21: the mailbox and the name of a person


@pytest.mark.parametrize("who", ["stranger", "port", "emp", "bob", "mgr", "carol"])
def test_s20_the_own_mailbox_is_for_its_owner(doors, who):
    alice, person = doors.ids["alice"].user, getattr(doors, who)
    own = {"b2b_family_email": "alices-own@mailbox.example"}
    doors.alice.call("res.users", "write", [alice], own)
    domain = [("b2b_family_email", "=like", "alices-own%")]
    try:
        assert "alices-own" in str(
            doors.alice.call("res.users", "read", [alice], ["b2b_family_email"])
        )
        answers = [
            person.attempt("res.users", "read", [alice], ["b2b_family_email"]),
            person.attempt("res.users", "search_read", [], ["b2b_family_email"]),
            person.attempt("res.users", "export_data", [alice], ["b2b_family_email"]),
            person.attempt("res.users", "web_read", [alice], {"b2b_family_email": {}}),
            person.attempt(
                "res.users", "formatted_read_group", [], ["b2b_family_email"]
            ),
        ]
        assert "alices-own@" not in str(answers)
        found = person.attempt("res.users", "search", domain)
        assert not isinstance(found, list) or found == []
    finally:
        doors.admin.call("res.users", "write", [alice], {"b2b_family_email": False})


def test_s21_who_renames_himself_signs_with_that_name(doors):
    """Not closed: core lets users rename themselves. The account stays the same."""
    alice = doors.ids["alice"].user
    doors.alice.call("res.users", "write", [alice], {"name": "The Director"})
    try:
        mail = doors.sent(doors.alice)
        [letter] = doors.sandbox.state()["letters"]
        assert letter["from_name"] == "The Director"
        # Who it was is not hidden by that: not from a manager, not in the database.
        [shown] = doors.mgr.call("mail.mail", "read", [mail], ["author_id"])
        assert shown["author_id"][0] == doors.ids["alice"].partner
    finally:
        doors.alice.call("res.users", "write", [alice], {"name": "Alice"})
