# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What was found at 19.0.1.1.0 about letters: nobody mails, reads or bends others'.

The numbers are those of docs/security. Each attack is tried as it was found, over
JSON-RPC against a real server: in-process tests do not show S1 and S2.
"""

import base64
import io
import json
import zipfile

import pytest
from people import READER, Refused

SECRET = b"the salaries of everybody"


def nothing_left(doors):
    doors.settle()
    return doors.sandbox.accepted() == 0 and not doors.sandbox.mailbox()


# -- S1: any file of the database


@pytest.fixture
def secret_file(doors):
    """A file that only an administrator may read."""
    return doors.admin.create(
        "ir.attachment",
        name="salaries.txt",
        datas=base64.b64encode(SECRET).decode(),
    )


def by_create(doors, file):
    return doors.alice.attempt(
        "mail.mail",
        "create",
        {
            "subject": "All of it",
            "body_html": "<p>Here</p>",
            "email_to": READER,
            "unrestricted_attachment_ids": [[6, 0, [file]]],
        },
    )


def by_write(doors, file):
    mail = doors.draft(doors.alice)
    values = {"unrestricted_attachment_ids": [[4, file]]}
    doors.alice.attempt("mail.mail", "write", [mail], values)
    return mail


def by_default(doors, file):
    return doors.alice.attempt(
        "mail.mail",
        "create",
        {"subject": "All of it", "body_html": "<p>Here</p>", "email_to": READER},
        context={"default_unrestricted_attachment_ids": [[6, 0, [file]]]},
    )


def by_form(doors, file):
    return doors.alice.attempt(
        "mail.mail",
        "web_save",
        [],
        {
            "subject": "All of it",
            "email_to": READER,
            "unrestricted_attachment_ids": [[4, file]],
        },
        specification={},
    )


@pytest.mark.parametrize("way", [by_create, by_write, by_default, by_form])
def test_s1_no_file_is_mailed_that_the_author_may_not_read(doors, secret_file, way):
    mail = way(doors, secret_file)
    if isinstance(mail, list):
        mail = mail[0]["id"]
    if isinstance(mail, int):
        for method in ("send", "action_b2b_send", "action_send_and_close"):
            doors.alice.attempt("mail.mail", method, [mail])
        doors.alice.attempt("mail.mail", "write", [mail], {"state": "outgoing"})
        doors.admin.call("mail.mail", "process_email_queue", [mail])
    doors.settle()
    attached = "SELECT 1 FROM message_attachment_rel WHERE attachment_id = %s"
    assert doors.sql(attached, secret_file) == []
    assert doors.sandbox.requests("upload") == []
    tied = "SELECT 1 FROM ir_attachment WHERE id = %s AND res_model IS NOT NULL"
    assert doors.sql(tied, secret_file) == []


# -- S2: others' drafts

SENDING = ("send_after_commit", "send", "action_send_and_close", "mark_outgoing")
OTHERS = ("stranger", "port", "emp", "bob", "carol", "mgr", "mgr2")


@pytest.mark.parametrize("who", OTHERS)
def test_s2_nobody_sends_the_draft_of_another(doors, who):
    mail = doors.draft(doors.alice)
    before = doors.mail_row(mail)
    other = getattr(doors, who)
    for method in SENDING:
        other.attempt("mail.mail", method, [mail])
    other.attempt("mail.mail", "process_email_queue", [mail])
    assert doors.letter_rows(mail) == []
    assert doors.mail_row(mail) == before
    assert nothing_left(doors)


def test_s2_the_own_draft_leaves_by_its_button_alone(doors):
    mail = doors.draft(doors.alice)
    before = doors.mail_row(mail)
    for method in SENDING:
        doors.alice.attempt("mail.mail", method, [mail])
    doors.alice.attempt("mail.mail", "write", [mail], {"state": "outgoing"})
    doors.admin.call("mail.mail", "process_email_queue")
    assert doors.mail_row(mail) == before
    assert nothing_left(doors)
    doors.send(doors.alice, mail)
    assert doors.sandbox.accepted() == 1


# -- S4: documents of others


@pytest.fixture
def told_by_activity(doors):
    """Alice wants a to-do when a letter is opened."""
    user = doors.ids["alice"].user
    doors.alice.call("res.users", "write", [user], {"b2b_notice_open": "activity"})
    yield doors.ids["alice"]
    doors.alice.call("res.users", "write", [user], {"b2b_notice_open": "popup"})


def footprints(doors, document, person):
    """Return what a person has got on a contact: follower, to-dos."""
    return doors.sql(
        "SELECT 'follower' FROM mail_followers WHERE res_model = 'res.partner'"
        " AND res_id = %s AND partner_id = %s"
        " UNION ALL SELECT summary FROM mail_activity WHERE"
        " res_model = 'res.partner' AND res_id = %s AND user_id = %s",
        *(document, person.partner, document, person.user),
    )


def test_s4_no_letter_about_a_document_that_one_cannot_read(doors, told_by_activity):
    document = doors.carol.create(
        "res.partner", name="Secret", company_id=doors.company_2
    )
    written = doors.alice.attempt(
        "mail.mail",
        "create",
        {
            "subject": "Hi",
            "body_html": "<p>Hi</p>",
            "email_to": READER,
            "model": "res.partner",
            "res_id": document,
            "message_type": "user_notification",
        },
    )
    if isinstance(written, int):
        doors.alice.attempt("mail.mail", "action_b2b_send", [written])
        doors.settle()
        if doors.letter_rows(written):
            doors.open(written)
    assert footprints(doors, document, told_by_activity) == []


def test_s4_a_notice_gives_no_way_to_a_document_lost_meanwhile(doors, told_by_activity):
    document = doors.admin.create("res.partner", name="Shared")
    mail = doors.sent(doors.alice, model="res.partner", res_id=document)
    doors.sql(
        "UPDATE res_partner SET company_id = %s WHERE id = %s",
        *(doors.company_2, document),
    )
    doors.admin.call(
        "res.partner", "write", [document], {"company_id": doors.company_2}
    )
    doors.open(mail)
    assert footprints(doors, document, told_by_activity) == []


# -- S8, S9: news of others


@pytest.fixture
def opened_message(doors):
    """A message that Alice sent to a contact, who has opened it."""
    contact = doors.admin.create("res.partner", name="Rita", email=READER)
    message = doors.alice.call(
        "res.partner",
        "message_post",
        [contact],
        body="Hello",
        partner_ids=[contact],
        message_type="comment",
        subtype_xmlid="mail.mt_comment",
        b2b_send=True,
    )
    doors.settle()
    message = message[0] if isinstance(message, list) else message
    [(mail,)] = doors.sql(
        "SELECT id FROM mail_mail WHERE b2b_send AND mail_message_id = %s", message
    )
    doors.open(mail)
    return message


def notification_ids(doors, message):
    query = "SELECT id FROM mail_notification WHERE mail_message_id = %s"
    return [row[0] for row in doors.sql(query, message)]


def notification_of(doors, message):
    query = "SELECT * FROM mail_notification WHERE mail_message_id = %s"
    return doors.sql(query, message)


QUESTIONS = {
    "read": lambda who, ids: who.attempt(
        "mail.notification", "read", ids, ["b2b_state", "b2b_open_date"]
    ),
    "search_read": lambda who, ids: who.attempt(
        "mail.notification", "search_read", [("id", "in", ids)], ["b2b_open_date"]
    ),
    "search": lambda who, ids: who.attempt(
        "mail.notification", "search", [("b2b_state", "=", "opened")]
    ),
    "order": lambda who, ids: who.attempt(
        "mail.notification", "search", [("id", "in", ids)], order="b2b_open_date"
    ),
    "group": lambda who, ids: who.attempt(
        "mail.notification", "formatted_read_group", [], ["b2b_state"], ["__count"]
    ),
    "export": lambda who, ids: who.attempt(
        "mail.notification", "export_data", ids, ["b2b_state", "b2b_open_date"]
    ),
    "through the message": lambda who, ids: who.attempt(
        "mail.message", "search", [("notification_ids.b2b_state", "=", "opened")]
    ),
}


@pytest.mark.parametrize("who", ["port", "emp", "bob", "carol", "mgr2"])
def test_s8_news_of_others_is_not_read(doors, opened_message, who):
    ids = notification_ids(doors, opened_message)
    for question, ask in QUESTIONS.items():
        said = ask(getattr(doors, who), ids)
        refused = isinstance(said, Refused) or said in ([], {"datas": []})
        assert refused, f"{question}: {said}"


@pytest.mark.parametrize("who", ["port", "emp", "bob", "carol", "mgr", "alice"])
def test_s9_news_is_not_forged(doors, opened_message, who):
    before = notification_of(doors, opened_message)
    forged = {"b2b_state": "opened", "b2b_open_date": "2026-01-02 10:00:00"}
    row = {
        "mail_message_id": opened_message,
        "res_partner_id": doors.ids["bob"].partner,
        "notification_type": "email",
    }
    person = getattr(doors, who)
    person.attempt("mail.notification", "create", row | forged)
    ids = notification_ids(doors, opened_message)
    person.attempt("mail.notification", "write", ids, forged)
    assert notification_of(doors, opened_message) == before


# -- S11, S12: a sent letter stays what it was

FORGERIES = {
    "text": {"body_html": "<p>900 EUR</p>"},
    "rich text": {"body_content": "<p>900 EUR</p>"},
    "message": {"body": "<p>900 EUR</p>"},
    "subject": {"subject": "Another"},
    "state": {"state": "outgoing"},
    "deleted by itself": {"auto_delete": True},
    "company": {"record_company_id": False},
    "reader": {"email_to": "other@client.example"},
}


def test_s11_a_sent_letter_is_not_rewritten(doors):
    mail = doors.sent(doors.alice, body_html="<p>100 EUR</p>")
    before = doors.mail_row(mail)
    for forgery, values in FORGERIES.items():
        doors.alice.attempt("mail.mail", "write", [mail], values)
        assert doors.mail_row(mail) == before, forgery


def test_s11_a_sent_letter_is_not_removed_or_sent_anew(doors):
    mail = doors.sent(doors.alice)
    before = doors.mail_row(mail)
    doors.alice.attempt("mail.mail", "write", [mail], {"auto_delete": True})
    for method in ("mark_outgoing", "send", "send_after_commit", "cancel", "unlink"):
        doors.alice.attempt("mail.mail", method, [mail])
    assert doors.mail_row(mail) == before
    assert doors.sandbox.accepted() == 1


def test_s11_nor_through_its_message(doors, opened_message):
    query = "SELECT * FROM mail_message WHERE id = %s"
    before = doors.sql(query, opened_message)
    doors.alice.attempt("mail.message", "write", [opened_message], {"body": "900 EUR"})
    doors.alice.attempt("mail.message", "unlink", [opened_message])
    answer = doors.alice.session.post(
        f"{doors.server.url}/mail/message/update_content",
        json={
            "jsonrpc": "2.0",
            "params": {
                "message_id": opened_message,
                "update_data": {"body": "900 EUR", "attachment_ids": []},
            },
        },
        timeout=30,
    )
    assert answer.status_code in (200, 403, 404)
    assert doors.sql(query, opened_message) == before


def test_s12_the_company_of_a_letter_is_not_forged(doors):
    company = doors.company_2
    written = doors.alice.attempt(
        "mail.mail",
        "create",
        {
            "subject": "Away",
            "body_html": "<p>Hi</p>",
            "email_to": READER,
            "record_company_id": company,
        },
    )
    if not isinstance(written, int):
        written = doors.draft(doors.alice)
    doors.alice.attempt("mail.mail", "write", [written], {"record_company_id": company})
    doors.alice.attempt(
        "mail.mail",
        "action_b2b_send",
        [written],
        context={"default_record_company_id": company},
    )
    doors.settle()
    assert doors.mgr.call("mail.mail", "search", [("id", "=", written)]) == [written]
    companies = doors.letter_rows(written, "company_id")
    assert companies == [(doors.ids["alice"].company,)]


# -- S13, S16


def test_s13_a_manager_erases_nothing_of_another_company(doors):
    mail = doors.sent(doors.alice)
    doors.open(mail)
    letter = doors.letter_rows(mail, "email, state, open_count")
    events = doors.sql("SELECT * FROM b2b_family_event ORDER BY id")
    decoy = doors.mgr2.attempt("res.partner", "create", {"name": "D", "email": READER})
    if not isinstance(decoy, int):
        decoy = doors.admin.create("res.partner", name="D", email=READER)
    doors.mgr2.attempt("res.partner", "action_b2b_erase", [decoy])
    assert doors.letter_rows(mail, "email, state, open_count") == letter
    assert doors.sql("SELECT * FROM b2b_family_event ORDER BY id") == events


def test_s16_no_formula_in_an_export_of_mails(doors):
    mail = doors.sent(doors.alice)
    doors.open(mail)
    doors.sql("UPDATE b2b_family_event SET url = '=cmd|'' /C calc''!A0'")
    path = "b2b_letter_ids/event_ids/url"
    question = {
        "model": "mail.mail",
        "fields": [{"name": path, "label": "Link", "type": "char"}],
        "ids": [mail],
        "domain": [],
        "import_compat": True,
        "context": {},
    }
    page = doors.admin.session.get(f"{doors.server.url}/odoo", timeout=30).text
    token = page.partition('csrf_token: "')[2].partition('"')[0]
    answer = doors.admin.session.post(
        f"{doors.server.url}/web/export/xlsx",
        data={"data": json.dumps(question), "csrf_token": token},
        timeout=30,
    )
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        texts = book.read("xl/sharedStrings.xml").decode()
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "cmd" in texts + sheet
    assert "<t>=" not in texts and "<f>" not in sheet
    [row] = doors.admin.call("mail.mail", "export_data", [mail], [path])["datas"]
    assert not row[0].startswith("=")
