# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What was found at 19.0.1.1.0 about who sends us text: addresses, templates, the
service, the webhook (S5-S7, S10, S14, S15)."""

import json
import os
import socket
import sys
from pathlib import Path

import pytest
import requests
from people import READER

sys.path.append(str(Path(__file__).parents[1] / "unit"))

from raw_server import RawServer, answer  # noqa: E402

from devtools.sandbox.control import wait_for  # noqa: E402

MEGABYTE = 1 << 20
TICKS = os.sysconf("SC_CLK_TCK")


# -- S5: an address that the parser cannot take

HOSTILE = {"2,000 parentheses": "(" * 2000, "480 in a name": "(" * 480 + "a@x.ru"}


def queue(doors, mail):
    """Let a draft wait in core's queue, as chatter, schedule or mailing leave one."""
    doors.sql("UPDATE mail_mail SET state = 'outgoing' WHERE id = %s", mail)


@pytest.mark.parametrize("address", HOSTILE)
def test_s5_one_address_does_not_stop_the_queue(doors, address):
    broken, good = doors.draft(doors.alice), doors.draft(doors.bob)
    doors.sql(
        "UPDATE mail_mail SET email_to = %s WHERE id = %s", HOSTILE[address], broken
    )
    queue(doors, broken)
    queue(doors, good)
    doors.admin.call("mail.mail", "process_email_queue")
    doors.settle()
    assert doors.letter_rows(good, "state") == [("sent",)]
    [(state,)] = doors.sql("SELECT state FROM mail_mail WHERE id = %s", broken)
    assert state == "exception"


def test_s5_nor_does_a_contact(doors):
    contact = doors.admin.create("res.partner", name="Lisp", email=READER)
    mails = [
        doors.draft(doors.alice, to=False, recipient_ids=[(6, 0, [contact])]),
        doors.draft(doors.bob),
    ]
    doors.sql("UPDATE res_partner SET email = %s WHERE id = %s", "(" * 480, contact)
    for mail in mails:
        queue(doors, mail)
    doors.admin.call("mail.mail", "process_email_queue")
    doors.settle()
    doors.sql("UPDATE res_partner SET email = NULL WHERE id = %s", contact)
    assert doors.letter_rows(mails[1], "state") == [("sent",)]


def test_s5_the_button_says_so_in_words(doors):
    mail = doors.draft(doors.alice)
    doors.sql("UPDATE mail_mail SET email_to = %s WHERE id = %s", "(" * 2000, mail)
    said = doors.alice.attempt("mail.mail", "action_b2b_send", [mail])
    assert getattr(said, "kind", None) == "UserError"


# -- S6: a template of the service is text


@pytest.fixture
def editor(doors):
    """Alice, who may write placeholders into templates, as many may."""
    user, group = doors.ids["alice"].user, "mail.group_mail_template_editor"
    groups = [(4, doors.sql_id(group))]
    doors.admin.call("res.users", "write", [user], {"group_ids": groups})
    yield doors.alice
    groups = [(3, doors.sql_id(group))]
    doors.admin.call("res.users", "write", [user], {"group_ids": groups})


def test_s6_the_subject_of_a_template_is_not_executed(doors, editor):
    secret = doors.admin.call("ir.config_parameter", "get_param", "database.secret")
    subject = (
        "{{ object.env['ir.config_parameter'].sudo().get_param('database.secret') }}"
    )
    [(template,)] = doors.sql(
        "INSERT INTO b2b_family_template (name, ref, subject, body, fetched_date,"
        " active) VALUES ('T', '6', %s, '<p>Hello</p>', now(), true) RETURNING id",
        subject,
    )
    contacts = [
        doors.admin.create("res.partner", name=f"Reader {n}", email=f"r{n}@x.example")
        for n in range(2)
    ]
    values = {
        "composition_mode": "comment",
        "model": "res.partner",
        "res_ids": str(contacts),
        "subject": "",
        "body": "",
    }
    shown = editor.call(
        "mail.compose.message",
        "onchange",
        [],
        values | {"b2b_template_id": template},
        ["b2b_template_id"],
        {name: {} for name in (*values, "b2b_template_id")},
    )["value"]
    typed = {name: shown[name] for name in ("subject", "body") if name in shown}
    wizard = editor.attempt(
        "mail.compose.message",
        "create",
        values | typed | {"b2b_template_id": template, "partner_ids": contacts},
    )
    if isinstance(wizard, int):
        editor.attempt("mail.compose.message", "action_b2b_send_mail", [wizard])
    doors.settle()
    doors.sql("DELETE FROM b2b_family_template WHERE ref = '6'")
    leaked = doors.sql(
        "SELECT subject FROM mail_message WHERE subject LIKE %s OR body LIKE %s",
        *(f"%{secret}%", f"%{secret}%"),
    )
    assert leaked == []
    assert secret not in json.dumps(doors.sandbox.state())


# -- S7, S10: the service's answers


@pytest.fixture
def letter(doors):
    """A mail that was sent while the service was honest."""
    return doors.sent(doors.alice)


@pytest.fixture
def hostile(doors):
    """A service that answers what a test wants, the account pointed at it."""
    with RawServer() as server:
        doors.admin.create(
            "res.config.settings",
            b2b_family_api_url=server.url,
            b2b_family_app_key="a",
            b2b_family_secret_key="b",
            b2b_family_email="c@shop.example",
            b2b_family_mail_password="d",
            b2b_family_api_key="e",
        )
        yield server


def cpu_seconds(doors):
    fields = Path(f"/proc/{doors.server.process.pid}/stat").read_text()
    return sum(map(int, fields.rpartition(")")[2].split()[11:13])) / TICKS


def cost(doors, letter, hostile, words):
    error = {"error": {"message": "ключ" * words, "code": 1}}
    hostile.script = answer(400, json.dumps(error, ensure_ascii=False).encode())
    before, asked = cpu_seconds(doors), len(hostile.requests)
    doors.alice.attempt("mail.mail", "action_b2b_refresh", [letter])
    assert len(hostile.requests) > asked, "the hostile service was not asked"
    return cpu_seconds(doors) - before


def test_s7_a_long_error_costs_what_it_is_long(doors, letter, hostile):
    cost(doors, letter, hostile, 10)  # whatever is done once
    short = min(cost(doors, letter, hostile, 3_000) for _ in range(2))
    long = cost(doors, letter, hostile, 12_000)
    # Four times as long: 4 where it is linear, 16 where it is searched anew.
    assert long / max(short, 0.1) < 9


def grown(doors, act):
    """Return by how many bytes the server's memory grew at most while it acted."""
    status = Path(f"/proc/{doors.server.process.pid}")
    (status / "clear_refs").write_text("5")  # the peak is now what is in use
    before = memory_peak(status)
    act()
    return memory_peak(status) - before


def memory_peak(process):
    lines = (process / "status").read_text().splitlines()
    [peak] = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return int(peak) * 1024


def endless(head, piece):
    """Return a script that sends a head and then as much as the other side takes."""

    def script(connection, _request):
        connection.sendall(head)
        for _ in range(160):
            connection.sendall(piece * (MEGABYTE // len(piece)))
        connection.shutdown(socket.SHUT_WR)

    return script


CHUNKED = b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "chunk size": (CHUNKED, b"0"),
    "chunk extension": (CHUNKED + b"1;", b"x"),
    "trailer": (CHUNKED + b"2\r\n{}\r\n0\r\n", b"X-A: " + b"b" * 1000 + b"\r\n"),
    "head": (b"HTTP/1.1 200 X\r\n", b"X-A: " + b"b" * 1000 + b"\r\n"),
}


@pytest.mark.parametrize("part", ENDLESS)
def test_s10_no_part_of_an_answer_takes_all_memory(doors, hostile, part):
    hostile.script = endless(*ENDLESS[part])

    def act():
        try:
            doors.press_settings("action_b2b_get_api_key")
        except Exception:
            pass  # what is said is not the point

    assert grown(doors, act) < 48 * MEGABYTE


def test_s10_nor_do_many_items(doors, letter, hostile):
    hostile.script = answer(body=b'{"id": 1, "events": [' + b"[]," * MEGABYTE + b"0]}")

    def act():
        doors.alice.attempt("mail.mail", "action_b2b_refresh", [letter])

    assert grown(doors, act) < 64 * MEGABYTE
    assert hostile.requests, "the hostile service was not asked"


# -- S14, S15: the webhook


def webhook_token(doors):
    return doors.parameters()["b2b_family_mail.webhook_token"]


def post(doors, body, path=None):
    """POST to the webhook's address, or another spelling of it; the status."""
    path = path or f"/b2b_family/webhook/{webhook_token(doors)}"
    raw = json.dumps(body).encode()
    request = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{doors.server.port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n"
        "Connection: close\r\n\r\n"
    ).encode()
    # Not by requests, which tidies up what is spelled in another way.
    with socket.create_connection(("127.0.0.1", doors.server.port), 30) as connection:
        connection.sendall(request + raw)
        return int(connection.makefile("rb").readline().split()[1])


def test_s14_no_letter_fails_by_a_guessed_number(doors):
    mails = [doors.sent(doors.alice), doors.sent(doors.bob)]
    refs = [doors.letter_rows(mail, "ref")[0][0] for mail in mails]
    guesses = [
        {
            "id": f"g-{kind}-{number}",
            "type": kind,
            "mail_id": number,
            "date": "2026-01-02T10:00:00Z",
            "email": READER,
        }
        for number in (*refs, *range(1, 50))
        for kind in ("bounce", "spam", "unsubscribe")
    ]
    assert post(doors, guesses) == 200
    pending = "SELECT 1 FROM b2b_family_event WHERE pending AND letter_id IS NOT NULL"
    wait_for(lambda: not doors.sql(pending), 15, "the news to be applied")
    for mail in mails:
        assert doors.letter_rows(mail, "state") == [("sent",)]
        [(state,)] = doors.sql("SELECT state FROM mail_mail WHERE id = %s", mail)
        assert state == "sent"


def test_s14_one_request_stores_no_more_than_a_thousand_rows(doors):
    short = [{"type": "x", "mail_id": number} for number in range(7_000)]
    post(doors, short)
    [(count,)] = doors.sql("SELECT count(*) FROM b2b_family_event")
    assert count <= 1000
    post(doors, [[] for _ in range(50_000)])
    [(more,)] = doors.sql("SELECT count(*) FROM b2b_family_event")
    assert more - count <= 1000


# The server makes one slash of two in the beginning, before Odoo sees the address.
SAME = "//b2b_family/webhook/{}"
SPELLINGS = (
    "/b2b_family//webhook/{}",
    "/b2b_family/webhook//{}",
    "/./b2b_family/webhook/{}",
    "/b2b_family/./webhook/{}",
    "/b2b_family/x/../webhook/{}",
    "/b2b_family/%77ebhook/{}",
    "/b2b_family%2Fwebhook/{}",
    "/b2b_family/webhook%2F{}",
    "/B2B_family/Webhook/{}",
    "/%62%32b_family/webhook/{}",
    "/b2b_family/%2577ebhook/{}",
    "/b2b_family/webhook/{}/",
)


def test_s15_no_spelling_brings_the_token_into_the_log(doors):
    token, log = webhook_token(doors), doors.server.log_path
    start = log.stat().st_size
    event = {"id": "e-1", "type": "message_open", "mail_id": 1}
    for spelling in SPELLINGS:
        post(doors, [event], spelling.format(token))
        assert doors.sql("SELECT 1 FROM b2b_family_event") == [], spelling
    post(doors, [event], SAME.format(token))
    # Requests are logged one after another: what this one leaves comes last.
    requests.get(f"{doors.server.url}/web/health", timeout=30)
    said = log.read_bytes()[start:].decode(errors="replace")
    told = [line for line in said.splitlines() if token in line]
    assert told == []
    assert post(doors, [event]) == 200
