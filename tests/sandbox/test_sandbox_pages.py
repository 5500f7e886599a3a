"""The pages people look at: looking opens no letter, and no letter can write into them."""

import re
import smtplib
from email.message import EmailMessage
from html import unescape

import pytest

from devtools.sandbox.control import wait_for

MARKUP = '<script>alert(1)</script><img src=x onerror=alert(2)> & "quotes"'


def page(client, url):
    response = client.session.get(url, timeout=5)
    assert response.status_code == 200
    return response


def column(html, name):
    return html.split(f'aria-label="{name}"')[1].split("</section>")[0]


def test_letter_moves_when_it_is_opened(sandbox, client):
    file_id = client.upload("Price list.txt", b"a")["id"]
    client.send(subject="Wandering letter", attachments=f"{file_id};")
    html = page(client, f"{client.url}/").text
    assert "Wandering letter" in column(
        html, "Sent"
    ) and "Wandering letter" not in column(html, "Opened")
    caught = sandbox.wait_mailbox()[0]["id"]
    sandbox.open_letter(caught)
    sandbox.open_attachment(caught)
    html = page(client, f"{client.url}/").text
    assert "Wandering letter" not in column(
        html, "Sent"
    ) and "Wandering letter" in column(html, "Opened")
    assert "Opened once" in html and 'class="file seen"' in html


def test_live_fragment_says_when_nothing_is_new(sandbox, client):
    client.send()
    caught = sandbox.wait_mailbox()[0]["id"]
    first = page(client, f"{client.url}/columns")
    assert "<html" not in first.text
    known = {"version": first.headers["X-Version"]}
    assert (
        client.session.get(f"{client.url}/columns", params=known, timeout=5).status_code
        == 204
    )
    sandbox.open_letter(caught)
    assert (
        client.session.get(f"{client.url}/columns", params=known, timeout=5).status_code
        == 200
    )


def test_looking_at_the_pages_opens_nothing(sandbox, client):
    letter_id = client.send(
        text='<p><img src="cid:x"><a href="https://x.example">x</a></p>'
    )
    caught = sandbox.wait_mailbox()[0]["id"]
    urls = [
        "/",
        "/columns",
        f"/letters/{letter_id}",
        f"/letters/{letter_id}/life",
        f"/letters/{letter_id}/body?as=thunderbird",
    ]
    pages = [page(client, client.url + url) for url in urls]
    pages += [
        page(client, sandbox.mailbox_url + url)
        for url in ("/", "/list", f"/letters/{caught}")
    ]
    # Neither by what the servers do, nor by what a browser would fetch from these
    # pages.
    assert all("/t/o/" not in shown.text for shown in pages)
    assert client.statistics(letter_id)["events"] == []


def test_the_letter_in_its_frame_is_what_opens(sandbox, client):
    client.send()
    caught = sandbox.wait_mailbox()[0]["id"]
    assert (
        f'src="/letters/{caught}/body?as=thunderbird"'
        in page(client, f"{sandbox.mailbox_url}/letters/{caught}").text
    )
    body = page(client, f"{sandbox.mailbox_url}/letters/{caught}/body")
    assert "/t/o/" not in body.text and '<base target="_blank">' in body.text
    [picture] = re.findall(r'<img src="([^"]+)"', body.text)
    assert picture.startswith(f"/letters/{caught}/fetched?as=thunderbird&")
    policy = body.headers["Content-Security-Policy"]
    assert (
        "img-src http:" in policy
        and "sandbox" in policy
        and "allow-scripts" not in policy
    )
    picture = unescape(picture)
    shown = page(client, f"{sandbox.mailbox_url}{picture}")
    assert shown.headers["Content-Type"] == "image/gif" and shown.content[:3] == b"GIF"


def test_mailbox_fetches_as_the_program_and_nothing_else(sandbox, client):
    letter_id = client.send(text='<p><a href="https://x.example/offer">x</a></p>')
    caught = sandbox.wait_mailbox()[0]["id"]
    [link] = [url for url in sandbox.links(caught) if "/t/l/" in url]
    way = f"{sandbox.mailbox_url}/letters/{caught}/fetched"

    def ask(**query):
        return client.session.get(way, params=query, allow_redirects=False, timeout=5)

    followed = ask(address=link, **{"as": "gateway"})
    assert followed.status_code == 302
    assert followed.headers["Location"] == "https://x.example/offer"
    [event] = client.statistics(letter_id)["events"]
    assert event["type"] == "link_click" and "Barracuda" in event["user_agent"]
    for address in (client.url, link + "x", "https://x.example/offer", ""):
        assert ask(address=address).status_code == 404
    assert len(client.statistics(letter_id)["events"]) == 1


def test_markup_is_shown_not_obeyed(sandbox, client):
    file_id = client.upload("<i>file</i>.txt", b"a")["id"]
    letter_id = client.send(
        subject=MARKUP, from_name="<u>Ivan</u>", attachments=f"{file_id};"
    )
    sandbox.inject_event(
        mail_id=letter_id,
        type="<b>type</b>",
        url="javascript:<s>",
        user_agent="<em>agent</em>",
        email="<q>@x",
    )
    caught = sandbox.wait_mailbox()[0]["id"]
    urls = [f"{client.url}/", f"{client.url}/letters/{letter_id}"]
    urls += [f"{sandbox.mailbox_url}/", f"{sandbox.mailbox_url}/letters/{caught}"]
    for url in urls:
        html = page(client, url).text
        assert "&lt;script&gt;alert(1)" in html
        for tag in (
            "<script>alert",
            "<img src=x",
            "<i>file",
            "<u>Ivan",
            "<b>type",
            "<s>",
            "<em>agent",
            "<q>",
        ):
            assert tag not in html


def test_fate_of_a_webhook_is_shown(sandbox, client, subscriber):
    subscriber.statuses = [410]
    letter_id = client.send()
    sandbox.inject_event(mail_id=letter_id, type="message_open")
    url = f"{client.url}/letters/{letter_id}"
    wait_for(
        lambda: "dropped (410)" in page(client, url).text, 5, "the board to say so"
    )


def test_ordinary_mail_is_caught_too(sandbox, client):
    """Odoo's own mail server may be the sandbox's: a letter sent the plain way, with a
    real attachment.
    """
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "i@x.example",
        "a@x.example, b@x.example",
        "Обычное",
    )
    message.set_content("Plain text, <b>no</b> HTML")
    message.add_attachment(
        b"\x00bytes", "application", "octet-stream", filename="Файл.bin"
    )
    host, port = sandbox.smtp.split(":")
    with smtplib.SMTP(host, int(port)) as server:
        server.send_message(message)
    [summary] = sandbox.mailbox()
    assert (
        summary["to"] == ["a@x.example", "b@x.example"]
        and summary["subject"] == "Обычное"
    )
    letter = sandbox.letter(summary["id"])
    assert (
        letter["html"] is None
        and letter["text"].strip() == "Plain text, <b>no</b> HTML"
    )
    assert letter["attachments"] == [
        {"name": "Файл.bin", "type": "application/octet-stream", "size": 6}
    ]
    shown = page(client, f"{sandbox.mailbox_url}/letters/{summary['id']}").text
    assert "Файл.bin" in shown
    assert (
        page(client, f"{sandbox.mailbox_url}/letters/{summary['id']}/files/0").content
        == b"\x00bytes"
    )
    assert (
        "&lt;b&gt;no"
        in page(client, f"{sandbox.mailbox_url}/letters/{summary['id']}/body").text
    )


def test_deleting_letters(sandbox, client):
    for name in "abc":
        client.send(to=f"{name}@x.example")
    ids = [letter["id"] for letter in sandbox.wait_mailbox(3)]
    client.session.post(f"{sandbox.mailbox_url}/letters/{ids[0]}/delete", timeout=5)
    assert [letter["id"] for letter in sandbox.mailbox()] == ids[1:]
    client.session.post(f"{sandbox.mailbox_url}/clear", timeout=5)
    assert sandbox.mailbox() == []


@pytest.mark.parametrize(
    "path", ["/letters/99", "/letters/99/life", "/letters/99/body"]
)
def test_letter_that_is_not_there(client, path):
    assert client.call("GET", path).status_code == 404
