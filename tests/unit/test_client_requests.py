# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What each call says to the service."""

import email
import email.policy
import hashlib
import io
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from client import (
    AuthenticationFailed,
    B2BFamilyClient,
    OutgoingLetter,
    Rejected,
    merge_endpoints,
)
from every_call import CALLS, LETTER, says
from raw_server import answer

# -- bodies and queries


def test_login_body(client, server):
    assert says(client, server, "login", body={"apikey": "new"}).api_key == "new"
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/user/login")
    assert request.headers["content-type"] == "application/json"
    text = "apikey=app&secret=secret&email=a@example.com&password=pa$$ wörd"
    assert json.loads(request.body) == {
        "appkey": "app",
        "email": "a@example.com",
        "password": "pa$$ wörd",
        "hash": hashlib.md5(text.encode()).hexdigest(),
    }


def test_letter_body(client, server):
    letter = OutgoingLetter(
        to="reader@example.com",
        subject="Оффер 🎉",
        html="<p>Hello</p>",
        key="k-1",
        from_name="Ivan",
        reply_to="Ivan <ivan@example.com>",
        cc=("boss@example.com",),
        attachments=("17", "18"),
        template_id=3,
        sms_enable=True,
        email_enable=True,
        webhook_enable=False,
        not_open_timeout=2,
        crm_data=(("5", "lead"),),
    )
    server.script = answer(body={"id": 123})
    assert client.send(letter) == "123"
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/mail")
    assert json.loads(request.body) == {
        "apikey": "api-1",
        "to": "reader@example.com",
        "subject": "Оффер 🎉",
        "text": "<p>Hello</p>",
        "type": "message",
        "attachments": "17;18;",
        "template_id": 3,
        "notification_settings": {
            "sms_enable": True,
            "email_enable": True,
            "webhook_enable": False,
        },
        "events": {"trigger": "message_open", "not_open_timeout": 2},
        "custom_data": {"key": "k-1"},
        "from_name": "Ivan",
        "reply_to": "Ivan <ivan@example.com>",
        "cc_emails": [{"email": "boss@example.com"}],
        "crm_data": [{"element_id": "5", "element_type": "lead"}],
    }


def test_shortest_letter_body():
    assert LETTER.to_payload("api-1") == {
        "apikey": "api-1",
        "to": "reader@example.com",
        "subject": "Offer",
        "text": "<p>Hello</p>",
        "type": "message",
        "notification_settings": {
            "sms_enable": False,
            "email_enable": False,
            "webhook_enable": True,
        },
        "custom_data": {"key": "k-1"},
    }


@pytest.mark.parametrize(
    ("call", "body", "method", "path", "sent"),
    [
        ("find", {"mails": []}, "GET", "/mail/find", {"key": "k-1"}),
        ("statistics", {"id": 123}, "GET", "/mail/statistics", {"id": "123"}),
        ("template", {"text": "x"}, "GET", "/Templates/get_template", {"id": "7"}),
        ("unsubscribe", {}, "DELETE", "/subscribers/delete", {"id": "5"}),
    ],
)
def test_queries(client, server, call, body, method, path, sent):
    says(client, server, call, body=body)
    (request,) = server.requests
    target = urlsplit(request.target)
    assert (request.method, target.path) == (method, path)
    assert parse_qs(target.query) == {
        name: [value] for name, value in {"apikey": "api-1", **sent}.items()
    }
    assert request.body == b""


def test_query_values_are_encoded(client, server):
    server.script = answer(body={"mails": []})
    client.find("a&b=c d/ё#?\r\n")
    query = urlsplit(server.requests[0].target).query
    assert parse_qs(query)["key"] == ["a&b=c d/ё#?\r\n"]


def test_subscribe_body(client, server):
    assert says(client, server, "subscribe", body={"id": 9}) == "9"
    (request,) = server.requests
    assert (request.method, request.target) == ("PUT", "/subscribers/add")
    assert json.loads(request.body) == {
        "apikey": "api-1",
        "path": "https://odoo.example.com/hook",
    }


def test_corrected_endpoint(server):
    endpoints = merge_endpoints({"find": {"method": "POST", "path": "/v2/find"}})
    url = server.url + "/base/"
    server.script = answer(body={"mails": {"id": 5}})
    with B2BFamilyClient(
        url, api_key="api-1", endpoints=endpoints, allow_loopback=True
    ) as client:
        assert client.find("k-1") == "5"
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/base/v2/find")
    assert json.loads(request.body) == {"apikey": "api-1", "key": "k-1"}


@pytest.mark.parametrize("call", sorted(set(CALLS) - {"login"}))
def test_no_call_without_an_api_key(client, server, call):
    client.api_key = None
    with pytest.raises(AuthenticationFailed, match="no api key") as caught:
        CALLS[call](client)
    assert caught.value.call == call
    assert server.requests == []


# -- uploads


def parts(request):
    """Read a multipart body with the standard library's mail parser."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + request.body, policy=email.policy.HTTP)
    return list(message.iter_parts())


@pytest.mark.parametrize("content", [b"", b"x", b"\r\n--\0\xff" * 1000])
@pytest.mark.parametrize("as_file", [True, False])
def test_upload_body(client, server, content, as_file):
    server.script = answer(body={"id": 17})
    source = io.BytesIO(content) if as_file else content
    assert client.upload("Offer.pdf", source, "application/pdf") == "17"
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/attachments/add")
    assert "transfer-encoding" not in request.headers
    key, file = parts(request)
    assert key.get_param("name", header="content-disposition") == "apikey"
    assert key.get_payload() == "api-1"
    assert file.get_param("name", header="content-disposition") == "file"
    assert file.get_filename() == "Offer.pdf"
    assert file.get_content_type() == "application/pdf"
    assert file.get_payload(decode=True) == content


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("Счёт № 5.pdf", "Счёт № 5.pdf"),
        ("🎉" * 63 + ".a", "🎉" * 63 + ".a"),
        ("עברית.txt", "עברית.txt"),
        ('a"b; x="y.txt', "a%22b; x=%22y.txt"),
        ("../../a\\b.txt", "../../a\\b.txt"),
    ],
)
def test_file_names(client, server, name, sent):
    server.script = answer(body={"id": 17})
    client.upload(name, b"content")
    line = f'Content-Disposition: form-data; name="file"; filename="{sent}"\r\n'
    assert line.encode() in server.requests[0].body


@pytest.mark.parametrize("name", ["", "a\r\nX: y", "a\nb", "a\0b"])
def test_impossible_file_names(client, server, name):
    with pytest.raises(Rejected, match="name of the file"):
        client.upload(name, b"content")
    assert server.requests == []


@pytest.mark.parametrize("mimetype", ["", "text", "text/html\r\nX: y", "a/b; c=\n"])
def test_impossible_types_are_left_out(client, server, mimetype):
    server.script = answer(body={"id": 17})
    client.upload("a.txt", b"content", mimetype)
    assert parts(server.requests[0])[1].get_content_type() == "application/octet-stream"


def test_a_file_is_streamed(client, server):
    class Watched(io.BytesIO):
        largest = 0

        def read(self, size=-1):
            assert size >= 0
            self.largest = max(self.largest, size)
            return super().read(size)

    server.script = answer(body={"id": 17})
    file = Watched(b"x" * 5_000_000)
    file.seek(1_000_000)
    client.upload("big.bin", file)
    assert file.largest <= 64 * 1024
    assert len(parts(server.requests[0])[1].get_payload(decode=True)) == 4_000_000


def test_a_file_that_shrinks(client):
    class Shrinking(io.BytesIO):
        def read(self, size=-1):
            self.truncate(10)
            return super().read(size)

    with pytest.raises(Rejected, match="became shorter"):
        client.upload("a.bin", Shrinking(b"x" * 100_000))


def test_a_file_that_cannot_be_read(client):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError("Input/output error")

    with pytest.raises(Rejected, match="cannot be read"):
        client.upload("a.bin", Broken(b"x" * 100))


# -- the letter


@pytest.mark.parametrize(
    "bad", ["a\rb", "a\nb", "a\0b", "a@example.com\r\nBcc: b@x.ru"]
)
@pytest.mark.parametrize(
    "name", ["to", "subject", "key", "from_name", "reply_to", "cc"]
)
def test_header_injection(name, bad):
    values = {"to": "a@example.com", "subject": "s", "html": "h", "key": "k"}
    values[name] = (bad,) if name == "cc" else bad
    with pytest.raises(ValueError, match=f"^{name}: "):
        OutgoingLetter(**values)


@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        "a",
        "@example.com",
        "a@",
        "a@b@c",
        "a@example.com,b@example.com",
        "a@example.com;b@example.com",
        "a@example.com b@example.com",
        " a@example.com",
        "Ivan <a@example.com>",
        '"a"@example.com',
    ],
)
@pytest.mark.parametrize("name", ["to", "cc"])
def test_exactly_one_address(name, address):
    values = {"to": "a@example.com", "subject": "s", "html": "h", "key": "k"}
    values[name] = (address,) if name == "cc" else address
    with pytest.raises(ValueError, match=f"^{name}: must be exactly one"):
        OutgoingLetter(**values)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": ""}, "^key: "),
        ({"attachments": ("17;18",)}, "^attachments: "),
        ({"attachments": ("",)}, "^attachments: "),
        ({"not_open_timeout": 0}, "^not_open_timeout: "),
    ],
)
def test_other_impossible_letters(change, words):
    values = {"to": "a@example.com", "subject": "s", "html": "h", "key": "k"}
    with pytest.raises(ValueError, match=words):
        OutgoingLetter(**{**values, **change})


def test_addresses_that_are_fine():
    for address in ("a+b@example.com", "иван@почта.рф", "o'neil@sub.example.com"):
        OutgoingLetter(to=address, subject="s", html="h\r\n", key="k")
