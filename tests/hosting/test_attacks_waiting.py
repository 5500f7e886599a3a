# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Attacks on letters that went elsewhere, or wait: by their first reader, by a second
press, and by what has changed until they leave."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from test_watching import Letter, get, world  # noqa: F401

from devtools.sandbox.control import wait_for

MIA = "mia@client.example"


def page_of(letter):
    found = re.findall(
        r'"(http[^"]*/b2b_family/privacy/[^"]+)"', letter.content["html"]
    )
    return found[0]


def refuse(page):
    return get(page, "POST", data={"answer": "opens:no"}).status_code


def answers(world):  # noqa: F811
    return world.sql("SELECT email, answer FROM b2b_family_consent")


def send_elsewhere(world, mail, address):  # noqa: F811
    """Send a letter in doubt to another address, as its author does on the screen."""
    world.sql("UPDATE b2b_family_letter SET state = 'unknown' WHERE mail_id = %s", mail)
    screen = world.seller.call("mail.mail", "action_b2b_send_elsewhere", [mail])
    resend = screen["res_id"]
    lines = world.seller.read("b2b.family.resend.line", [("resend_id", "=", resend)])
    line = [lines[0]["id"]]
    world.seller.call("b2b.family.resend.line", "write", line, {"email": address})
    world.seller.call("b2b.family.resend", "action_send", [resend])
    world.wait_state(mail, "sent")


def test_who_got_it_first_is_not_who_gets_it_now(world):  # noqa: F811
    """Neither answers for him, nor opens it for him."""
    world.sql("DELETE FROM b2b_family_consent")
    letter = Letter(world)
    send_elsewhere(world, letter.mail, "boss@client.example")
    assert refuse(page_of(letter)) == 404
    assert get(letter.pixel).status_code == 200
    assert get(letter.link).status_code == 302
    assert get(letter.documents[0]).status_code == 404
    other = Letter(world)  # what comes after that is stored is stored after it
    get(other.pixel)
    other.wait_events(("message_open", "person"))
    assert (letter.events(), answers(world)) == ([], [])
    new = world.sandbox.mailbox()
    [found] = [m for m in new if "boss@client.example" in m["to"]]
    letter.content = world.sandbox.letter(found["id"])
    assert refuse(page_of(letter)) == 303
    assert answers(world) == [("boss@client.example", "no")]
    world.sql("DELETE FROM b2b_family_consent")
    world.sql("UPDATE res_partner SET active = FALSE WHERE email LIKE 'boss@%%'")


@pytest.fixture
def mailing(world):  # noqa: F811
    """Return the address by which the reader of a mailing wants no more of them."""
    contact = world.admin.create("res.partner", name="Mia", email=MIA)
    values = {
        "composition_mode": "mass_mail",
        "model": "res.partner",
        "res_ids": json.dumps([contact]),
        "subject": "News",
        "body": "<p>News</p>",
    }
    wizard = world.seller.call("mail.compose.message", "create", values)
    world.seller.call("mail.compose.message", "action_b2b_send_mail", [wizard])
    mailbox = world.sandbox.mailbox
    found = wait_for(lambda: [m for m in mailbox() if MIA in m["to"]], 15, "the letter")
    headers = dict(world.sandbox.letter(found[0]["id"])["headers"])
    yield headers["List-Unsubscribe"].strip("<>")
    world.sql("DELETE FROM mail_blacklist")
    world.admin.call("res.partner", "unlink", [contact])


def test_many_presses_at_once_unsubscribe_once(world, mailing):  # noqa: F811
    with ThreadPoolExecutor(8) as programs:
        pressed = programs.map(lambda _press: get(mailing, "POST"), range(24))
        assert {answer.status_code for answer in pressed} == {200}
    assert world.sql("SELECT email, active FROM mail_blacklist") == [(MIA, True)]


def test_the_page_of_a_mailing_tells_nobody_whose_it_is(mailing):
    assert MIA not in get(mailing).text
    assert MIA not in get(mailing, "POST").text
