"""What a letter may say, and how it arrives."""

import pytest
from conftest import Client

from devtools.sandbox.control import Sandbox


def header(letter, name):
    return dict(letter["headers"]).get(name)


def test_letter_is_delivered_as_it_was_sent(sandbox, client):
    text = '<html><body class="Письмо"><p>Здравствуйте, Анна! 😀</p></body></html>'
    letter_id = client.send(
        subject="Проверка интеграции 🚀",
        text=text,
        from_name="Иван Иванов",
        reply_to="i@x.example",
    )
    [summary] = sandbox.wait_mailbox()
    letter = sandbox.letter(summary["id"])
    assert summary["to"] == ["anna@customer.example"]
    assert letter["subject"] == "Проверка интеграции 🚀"
    assert letter["from"] == "Иван Иванов <seller@sandbox.example>"
    assert header(letter, "Reply-To") == "i@x.example"
    assert header(letter, "X-B2B-Mail-Id") == str(letter_id)
    assert letter["html"].startswith(
        '<html><body class="Письмо"><p>Здравствуйте, Анна! 😀</p><img src="'
    )
    assert letter["html"].rstrip().endswith("</body></html>")
    assert letter["text"].strip() == "Здравствуйте, Анна! 😀"


def test_answer_does_not_wait_for_delivery(sandbox, client):
    sandbox.settings(deliver=False)
    client.send()
    assert sandbox.accepted() == 1
    assert sandbox.state()["deliveries"] == {"waiting": 1}
    assert sandbox.mailbox() == []
    sandbox.settings(deliver=True)
    assert len(sandbox.wait_mailbox()) == 1


def test_several_recipients_are_one_letter_and_see_only_themselves(sandbox, client):
    emails = ["a@one.example", "b@two.example", "c@three.example"]
    letter_id = client.send(to_emails=[{"email": email} for email in emails])
    letters = [sandbox.letter(summary["id"]) for summary in sandbox.wait_mailbox(3)]
    assert sorted(header(letter, "To") for letter in letters) == emails
    assert sandbox.accepted() == 1
    assert [
        recipient["email"] for recipient in client.statistics(letter_id)["recipients"]
    ] == emails


def test_copies_are_not_tracked(sandbox, client):
    file_id = client.upload("a.txt", b"a")["id"]
    client.send(attachments=f"{file_id};", cc_emails=[{"email": "boss@x.example"}])
    letters = {
        letter["to"][0]: sandbox.letter(letter["id"])
        for letter in sandbox.wait_mailbox(2)
    }
    copy = letters["boss@x.example"]
    assert header(copy, "Cc") == "boss@x.example"
    assert "/t/" not in copy["html"] and "a.txt" in copy["html"]
    assert "/t/o/" in letters["anna@customer.example"]["html"]


def test_refused_by_the_mail_server(sandbox, client, subscriber):
    letter_id = client.send(to_emails=[{"email": "bounce@x.example"}])
    [event] = subscriber.wait()
    assert (event["type"], event["email"], event["mail_id"]) == (
        "bounce",
        "bounce@x.example",
        letter_id,
    )
    assert client.statistics(letter_id)["status"] == "bounced"


def test_letter_of_type_link_holds_a_link_to_its_page(sandbox, client):
    letter_id = client.send(type="link", text="<p>The secret offer</p>")
    letter = sandbox.letter(sandbox.wait_mailbox()[0]["id"])
    assert "secret" not in letter["html"]
    [page] = sandbox.links(letter["id"])
    shown = client.session.get(page, timeout=5)
    assert "The secret offer" in shown.text and "/t/o/" in shown.text
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert client.statistics(letter_id)["open_count"] == 0


def test_generated_link_is_not_delivered(sandbox, client):
    answer = client.post_letter("/Mail/generate_link", custom_data={"key": "k1"}).json()
    assert "Hello" in client.session.get(answer["link"], timeout=5).text
    assert client.find("k1") == [answer["id"]]
    assert sandbox.state()["deliveries"] == {"link": 1}


def test_find_by_key(client):
    ids = [client.send(custom_data={"key": "k1"}) for _ in range(2)]
    client.send(custom_data={"key": "k2"})
    assert client.find("k1") == ids
    assert client.find("unknown") == []


def test_counts_by_key(sandbox, client):
    client.send(custom_data={"key": "k1"})
    client.send(custom_data={"key": "k1"})
    client.send()
    assert (sandbox.accepted(), sandbox.accepted("k1"), sandbox.accepted("k2")) == (
        3,
        2,
        0,
    )


def test_template_brings_subject_text_and_files(sandbox, client):
    template = client.get("/Templates/get_template", id=1)
    assert template["attachments"][0]["name"] == "Price list.txt"
    client.send(template_id=1, subject=None, text=None)
    letter = sandbox.letter(sandbox.wait_mailbox()[0]["id"])
    assert letter["subject"] == template["subject"]
    assert sandbox.open_attachment(letter["id"]).startswith(b"Consulting")


def test_template_markup_is_literal(sandbox, client):
    template = client.get("/Templates/get_template", id=3)
    assert "{{ 7 * 7 }}" in template["subject"] and 't-out="7 * 7"' in template["text"]
    client.send(template_id=3, subject=None, text=None)
    letter = sandbox.letter(sandbox.wait_mailbox()[0]["id"])
    assert (
        letter["subject"] == "Literally {{ 7 * 7 }}"
        and "not forty-nine" in letter["html"]
    )


def test_unknown_template(client):
    assert client.get("/Templates/get_template", id=99)["error"] == {
        "message": "Template not found",
        "code": 404,
    }


@pytest.mark.parametrize(
    ("fields", "code", "word"),
    [
        ({"subject": None}, 422, "subject"),
        ({"subject": "  "}, 422, "subject"),
        ({"subject": "a\r\nBcc: e@x.example"}, 422, "subject"),
        ({"from_name": "a\nb"}, 422, "from_name"),
        ({"text": ""}, 422, "text"),
        ({"text": 7}, 422, "text"),
        ({"to": "nobody"}, 422, "to"),
        ({"to": "a@x.example, b@x.example"}, 422, "to"),
        ({"to": "a@x.example\r\nBcc: e@x.example"}, 422, "to"),
        ({"to": "Anna <a@x.example>"}, 422, "to"),
        ({"to": ""}, 422, "to"),
        ({"to": None}, 422, "recipient"),
        (
            {"to": "a@x.example", "to_emails": [{"email": "b@x.example"}]},
            422,
            "recipient",
        ),
        ({"to_emails": []}, 422, "to_emails"),
        ({"to_emails": ["a@x.example"]}, 422, "to_emails"),
        ({"cc_emails": [{"email": "nobody"}]}, 422, "cc_emails"),
        ({"reply_to": "nobody"}, 422, "reply_to"),
        ({"attachments": "17"}, 422, "attachments"),
        ({"attachments": [17]}, 422, "attachments"),
        ({"attachments": "999;"}, 422, "Attachment not found: 999"),
        ({"type": "letter"}, 422, "type"),
        ({"template_id": "x"}, 422, "template_id"),
        ({"notification_settings": {"webhook": True}}, 422, "notification_settings"),
        (
            {"notification_settings": {"webhook_enable": 1}},
            422,
            "notification_settings",
        ),
        ({"events": {"trigger": "message_close"}}, 422, "events"),
        (
            {"events": {"trigger": "message_open", "not_open_timeout": 0}},
            422,
            "not_open_timeout",
        ),
        ({"custom_data": "k"}, 422, "custom_data"),
        ({"crm_data": [{"element_id": 1}]}, 422, "crm_data"),
        ({"subjet": "Offer"}, 400, "subjet"),
    ],
)
def test_letter_that_will_not_do(sandbox, client, fields, code, word):
    response = client.post_letter(**fields)
    assert response.status_code == 200
    assert response.json()["error"]["code"] == code
    assert word in response.json()["error"]["message"]
    assert sandbox.accepted() == 0


def test_all_the_parameters_there_are(sandbox, client):
    file_id = client.upload("a.txt", b"a")["id"]
    client.send(
        type="message",
        attachments=f"{file_id};",
        notification_settings={
            "sms_enable": False,
            "email_enable": True,
            "webhook_enable": True,
        },
        events={"trigger": "message_open", "not_open_timeout": 1},
        custom_data={"key": "k"},
        crm_data=[{"element_id": 1, "element_type": 2}],
        from_name="Ivan",
        reply_to="i@x.example",
        cc_emails=[],
    )
    assert sandbox.accepted("k") == 1


def test_unknown_letter(client):
    assert client.statistics(99)["error"] == {
        "message": "Letter not found",
        "code": 404,
    }


def test_unknown_path_is_an_error_with_its_status(client):
    response = client.call("GET", "/no/such/call")
    assert (response.status_code, response.json()["error"]["code"]) == (404, 404)


def test_mail_server_that_is_away_is_waited_for(tmp_path, closed_port):
    with Sandbox(tmp_path, ("--relay", f"127.0.0.1:{closed_port}")) as sandbox:
        client = Client(sandbox)
        client.login()
        letter_id = client.send()
        assert client.statistics(letter_id)["status"] == "sent"
        assert sandbox.state()["deliveries"] == {"waiting": 1}
