# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Out of every state, by a salesperson alone, over RPC and against real servers."""

import socket
from contextlib import closing

import psycopg2
import pytest

from devtools.sandbox.control import wait_for

READER = "rita@client.example"
LETTER = "b2b.family.letter"


def dead_port():
    """Return a port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def mail_server(world):
    """An outgoing mail server of Odoo's own at a port where nobody listens."""
    with world.mail_server(f"127.0.0.1:{dead_port()}") as server:
        yield server


@pytest.fixture
def refuser(world):
    """A contact that does not want to be tracked."""
    partner = world.admin.create(
        "res.partner", name="Rita", email=READER, b2b_tracking_consent="no"
    )
    yield partner
    world.admin.call("res.partner", "unlink", [partner])


def repair(world, server):
    """Let Odoo's outgoing mail reach the mailbox."""
    host, _colon, port = world.sandbox.smtp.partition(":")
    values = {"smtp_host": host, "smtp_port": int(port)}
    world.admin.call("ir.mail_server", "write", [server], values)


def letter(world, mail):
    [values] = world.seller.read(
        LETTER,
        [("mail_id", "=", mail)],
        *("state", "email", "sent_date", "failure_reason", "next_try_date"),
    )
    return values


def press(world, mail, action):
    return world.seller.call(LETTER, action, [letter(world, mail)["id"]])


def wait_gone(world, mail):
    wait_for(lambda: letter(world, mail)["sent_date"], 15, "the letter to be gone")


def test_ordinary_mail_that_does_not_leave_has_failed(world, mail_server, refuser):
    mail = world.write_mail()
    world.seller.call("mail.mail", "write", [mail], {"recipient_ids": [(4, refuser)]})
    world.press_send(mail)
    world.wait_state(mail, "failed")
    assert letter(world, mail)["failure_reason"].startswith("Ordinary mail: Connection")
    assert world.mail(mail)["state"] == "exception"
    repair(world, mail_server)
    press(world, mail, "action_send_again")
    wait_gone(world, mail)
    assert letter(world, mail)["state"] == "untracked"
    assert world.mail(mail)["state"] == "sent"
    [caught] = world.sandbox.wait_mailbox()
    assert READER in str(caught)
    assert not world.sandbox.accepted()
    kept = world.sql("SELECT state, count(*) FROM mail_mail WHERE b2b_plain GROUP BY 1")
    assert kept == [("cancel", 1)], "the copy that left is not kept, nor sent again"


def test_a_letter_in_an_outage_goes_by_ordinary_mail(world, mail_server):
    repair(world, mail_server)
    world.sandbox.fault("send", "rate_limit", times=None)
    mail = world.send_mail(READER)
    assert letter(world, mail)["state"] == "queued"
    press(world, mail, "action_send_plain")
    wait_gone(world, mail)
    assert letter(world, mail)["state"] == "untracked"
    assert not world.sandbox.accepted()


def test_an_ordinary_mail_that_somebody_holds_is_left_to_him(
    world, forks, mail_server, refuser
):
    mail = world.write_mail()
    world.seller.call("mail.mail", "write", [mail], {"recipient_ids": [(4, refuser)]})
    world.press_send(mail)
    world.wait_state(mail, "failed")
    repair(world, mail_server)
    world.sql("UPDATE mail_mail SET state = 'outgoing' WHERE b2b_plain")
    leave = f"env['{LETTER}'].browse({letter(world, mail)['id']})._leave()"
    with closing(psycopg2.connect(dbname=world.server.database)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM mail_mail WHERE b2b_plain FOR UPDATE")
        assert forks.run(leave) == [0]
    assert not world.sandbox.mailbox()
    assert forks.run(leave, leave) == [0, 0]
    wait_gone(world, mail)
    assert len(world.sandbox.mailbox()) == 1


def test_an_outage_is_tried_again_now(world):
    world.sandbox.fault("send", "rate_limit", times=1)
    mail = world.send_mail(READER)
    assert letter(world, mail)["next_try_date"]
    press(world, mail, "action_try_now")
    world.wait_state(mail, "sent")
    assert world.sandbox.accepted() == 1


def test_a_wrong_address_is_asked_for_and_corrected(world):
    world.sandbox.fault("send", "refuse", times=1, message="No such mailbox")
    mail = world.send_mail(READER)
    assert letter(world, mail)["state"] == "failed"
    action = press(world, mail, "action_send_elsewhere")
    [question] = world.seller.read(
        action["res_model"], [("id", "=", action["res_id"])], "line_ids"
    )
    lines = [[1, question["line_ids"][0], {"email": "rita@new.example"}]]
    world.seller.call(
        action["res_model"], "web_save", [question["id"]], {"line_ids": lines}, {}
    )
    world.seller.call(action["res_model"], "action_send", [question["id"]])
    world.wait_state(mail, "sent")
    [caught] = world.sandbox.wait_mailbox()
    assert "rita@new.example" in str(caught)
