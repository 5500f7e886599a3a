# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What each call says to the service, and how its answers are understood."""

import email
import email.policy
import email.utils
import hashlib
import io
import json
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pytest
from client import (
    AuthenticationFailed,
    B2BFamilyClient,
    B2BFamilyError,
    FileRefused,
    Login,
    Misconfigured,
    OutcomeUnknown,
    OutgoingLetter,
    PayloadError,
    Rejected,
    Template,
    Transport,
    Unavailable,
    merge_endpoints,
)
from client.transport import Answer
from hypothesis import given
from hypothesis import strategies as st
from raw_server import answer

LETTER = OutgoingLetter(
    to="reader@example.com", subject="Offer", html="<p>Hello</p>", key="k-1"
)
CALLS = {
    "login": lambda client: client.login("app", "secret", "a@example.com", "pa$$ wörd"),
    "upload": lambda client: client.upload("a.txt", b"content"),
    "send": lambda client: client.send(LETTER),
    "generate_link": lambda client: client.generate_link(LETTER),
    "find": lambda client: client.find("k-1"),
    "statistics": lambda client: client.statistics("123"),
    "subscribe": lambda client: client.subscribe("https://odoo.example.com/hook"),
    "unsubscribe": lambda client: client.unsubscribe("5"),
    "template": lambda client: client.template("7"),
}
ONCE_ONLY = {"send", "generate_link"}


@pytest.fixture
def client(server):
    with B2BFamilyClient(
        server.url, api_key="api-1", deadline=5, allow_loopback=True
    ) as client:
        yield client


def says(client, server, call, status=200, body=None, **headers):
    server.script = answer(status, body, **headers)
    return CALLS[call](client)


# -- what is sent


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


# -- answers


@pytest.mark.parametrize(
    "body",
    [
        {"id": 123},
        {"mail_id": "123"},
        {"mail": {"id": 123}},
        {"result": {"id": "123"}},
        {"Result": {"MailId": 123.0}},
        [{"id": 123}],
        {"id": 123, "error": None},
        {"id": 123, "error": {"code": 0, "message": ""}},
        {"id": 123, "error": False},
    ],
)
@pytest.mark.parametrize("status", [200, 201, 202])
def test_ids_of_a_letter(client, server, status, body):
    assert says(client, server, "send", status, body) == "123"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        {"id": None},
        {"id": 0},
        {"id": ""},
        {"id": True},
        {"id": {"x": 1}},
        {"mail": []},
        {"status": "ok"},
        "123",
        123,
        [{"id": 1}, {"id": 2}],
        {"id": 5, "error": {"message": "SMS was not sent"}},
        b"",
        b'{"id": 12',
        b"<html>Welcome</html>",
        b"\xff\xfe",
        b"[" * 5000,
    ],
)
def test_an_answer_without_an_id_leaves_the_outcome_open(client, server, body):
    with pytest.raises(OutcomeUnknown) as caught:
        says(client, server, "send", 200, body if body is not None else b"null")
    assert caught.value.call == "send"


@pytest.mark.parametrize(
    "body",
    [
        {"link": "https://b2b.example/l/1"},
        {"url": "https://b2b.example/l/1"},
        {"id": 5, "result": {"Link": "https://b2b.example/l/1"}},
        b'"https://b2b.example/l/1"',
    ],
)
def test_links(client, server, body):
    assert says(client, server, "generate_link", 200, body) == "https://b2b.example/l/1"
    assert json.loads(server.requests[0].body)["type"] == "link"


@pytest.mark.parametrize("link", ["", None, 5, "javascript:alert(1)", "/l/1"])
def test_links_that_are_none(client, server, link):
    with pytest.raises(OutcomeUnknown):
        says(client, server, "generate_link", 200, {"link": link})


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"mails": []}, None),
        ({"result": {"mails": []}}, None),
        ({"mails": [{"id": 123}]}, "123"),
        ({"MAILS": {"Id": "123"}}, "123"),
        ({"mails": [{"id": 123}, {"id": "123"}]}, "123"),
        ({"mails": [{"id": 9, "custom_data": {"key": "k-2"}},
                    {"id": 123, "custom_data": {"key": "k-1"}}]}, "123"),
    ],
)  # fmt: skip
def test_find(client, server, body, found):
    assert says(client, server, "find", 200, body) == found


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"mails": None},
        {"mails": ""},
        {"mails": {}},
        {"mails": "none"},
        {"mails": [5]},
        {"mails": [{"id": None}]},
        {"mails": [{"id": 1}, {"id": 2}]},
        {"mails": [{"id": 9, "custom_data": {"key": "k-2"}}]},
        {"mails": [], "Mails": [{"id": 1}, {"id": 2}]},
        {"letters": []},
    ],
)
def test_find_says_unknown_only_when_the_service_does(client, server, body):
    with pytest.raises(PayloadError) as caught:
        says(client, server, "find", 200, body)
    assert caught.value.call == "find"


@pytest.mark.parametrize("status", [404, 410, 500])
def test_a_missing_page_is_no_missing_letter(client, server, status):
    with pytest.raises(B2BFamilyError):
        says(client, server, "find", status, {"error": {"message": "Not found"}})


def test_statistics(client, server, payload):
    assert (
        says(client, server, "statistics", 200, payload("statistics")).open_count == 2
    )


def test_statistics_of_another_letter(client, server):
    with pytest.raises(PayloadError, match="another") as caught:
        says(client, server, "statistics", 200, {"id": 124, "open_count": 1})
    assert (caught.value.call, caught.value.field) == ("statistics", "id")


def test_times_are_in_the_zone_of_the_service(server):
    server.script = answer(body={"id": 123, "sent": "2019-03-22 09:06"})
    with B2BFamilyClient(
        server.url, api_key="k", service_tz="Asia/Tokyo", allow_loopback=True
    ) as client:
        assert client.statistics("123").sent.isoformat() == "2019-03-22T00:06:00+00:00"
    with pytest.raises(ValueError, match="Unknown time zone"):
        B2BFamilyClient(server.url, service_tz="Mars/Phobos")


@pytest.mark.parametrize(
    ("body", "template"),
    [
        (
            {
                "subject": "S",
                "text": "{{ x }}",
                "attachments": [{"id": 17}, {"id": "18"}],
            },
            Template("S", "{{ x }}", ("17", "18")),
        ),
        ({"Template": {"Text": "T"}}, Template("", "T")),
        ({"subject": "S", "attachments": {"id": 17}}, Template("S", "", ("17",))),
        ({"text": "T", "attachments": [17]}, Template("", "T", ("17",))),
    ],
)
def test_template(client, server, body, template):
    assert says(client, server, "template", 200, body) == template


@pytest.mark.parametrize(
    "body", [{}, {"id": 7}, [], {"text": "T", "attachments": [{"name": "a"}]}]
)
def test_template_that_is_none(client, server, body):
    with pytest.raises(PayloadError):
        says(client, server, "template", 200, body)


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b""), (204, b""), (200, {}), (200, b"null"), (200, b"[]")],
)
def test_unsubscribe(client, server, status, body):
    assert says(client, server, "unsubscribe", status, body) is None


# -- errors: one table for every call

TABLE = [
    # status, body, class for any call, for calls that must not be repeated
    (200, {"error": {"message": "No such thing", "code": 17}}, Rejected, Rejected),
    (200, {"error": {"message": "Database down", "code": 500}}, Rejected, Rejected),
    (200, {"Error": {"Message": "No such thing"}}, Rejected, Rejected),
    (200, [{"error": "No such thing"}], Rejected, Rejected),
    (200, {"errors": [{"message": "No such thing"}]}, Rejected, Rejected),
    (200, {"error": True, "message": "No such thing"}, Rejected, Rejected),
    (200, {"error": {"to": ["is unknown"]}}, Rejected, Rejected),
    (400, {"error": {"message": "Bad"}}, Rejected, Rejected),
    (422, {"error": {"message": "Bad"}}, Rejected, Rejected),
    (422, {"error": {"message": "Attachment not found: 17"}}, Rejected, FileRefused),
    (200, {"error": {"message": "Файл 17 не найден"}}, Rejected, FileRefused),
    (200, {"error": {"message": "Profile is blocked"}}, Rejected, Rejected),
    (400, b"<html>", Misconfigured, Misconfigured),
    (404, b"<html>", Misconfigured, Misconfigured),
    (404, b"", Misconfigured, Misconfigured),
    (404, {"detail": "Not Found"}, Misconfigured, Misconfigured),
    (405, b"", Misconfigured, Misconfigured),
    (407, b"<html>", Misconfigured, Misconfigured),
    (422, b"not JSON", Misconfigured, Misconfigured),
    (413, b"", Rejected, Rejected),
    (413, b"<html>", Rejected, Rejected),
    (401, b"", AuthenticationFailed, AuthenticationFailed),
    (403, {}, AuthenticationFailed, AuthenticationFailed),
    (401, b"<html>", Misconfigured, Misconfigured),
    (403, b"<html>", Misconfigured, Misconfigured),
    (200, {"error": {"code": "401"}}, AuthenticationFailed, AuthenticationFailed),
    (200, {"error": {"message": "x", "code": 403}}, AuthenticationFailed,
     AuthenticationFailed),
    (200, {"error": {"message": "Invalid API key"}}, AuthenticationFailed,
     AuthenticationFailed),
    (400, {"error": {"message": "apikey expired"}}, AuthenticationFailed,
     AuthenticationFailed),
    (200, {"error": {"message": "Неверный ключ к api"}}, AuthenticationFailed,
     AuthenticationFailed),
    (429, b"", Unavailable, Unavailable),
    (429, b"<html>", Unavailable, Unavailable),
    (200, {"error": {"message": "Slow down", "code": 429}}, Unavailable, Unavailable),
    (408, b"", Unavailable, OutcomeUnknown),
    (500, b"", Unavailable, OutcomeUnknown),
    (500, {"error": {"message": "Bad", "code": 401}}, Unavailable, OutcomeUnknown),
    (502, b"<html>", Unavailable, OutcomeUnknown),
    (503, {"id": 5}, Unavailable, OutcomeUnknown),
    (302, b"", Unavailable, OutcomeUnknown),
    (200, b"<html>", Unavailable, OutcomeUnknown),
    (200, b'{"id": 1', Unavailable, OutcomeUnknown),
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("status", "body", "usual", "once_only"), TABLE)
def test_errors(client, server, call, status, body, usual, once_only):
    expected = once_only if call in ONCE_ONLY else usual
    if call == "login" and expected is Rejected and not isinstance(body, bytes):
        expected = AuthenticationFailed
    with pytest.raises(B2BFamilyError) as caught:
        says(client, server, call, status, body)
    assert type(caught.value) is expected
    assert caught.value.call == call
    assert caught.value.status == status
    assert caught.value.message


def test_words_and_code_are_the_services_own(client, server):
    with pytest.raises(Rejected) as caught:
        body = {"error": {"message": " Нет такого\r\n\tписьма ", "code": "17"}}
        says(client, server, "statistics", 200, body)
    assert caught.value.message == str(caught.value) == "Нет такого письма"
    assert caught.value.code == 17


@pytest.mark.parametrize("message", ["Key api-1 is blocked", "?apikey=api-1&id=5"])
def test_a_quoted_secret_is_blotted_out(client, server, message):
    with pytest.raises(B2BFamilyError) as caught:
        says(
            client,
            server,
            "find",
            400,
            {"error": {"message": message, "code": "api-1"}},
        )
    assert "api-1" not in repr(vars(caught.value))
    assert "***" in caught.value.message


def test_login_blots_out_all_it_sent(client, server):
    def quote(connection, request):
        connection.sendall(answer(200, {"error": {"message": request.body.decode()}}))

    server.script = quote
    with pytest.raises(AuthenticationFailed) as caught:
        client.login("app key&1", "s3cret", "a@example.com", "pass word")
    sent = json.loads(server.requests[0].body)
    for secret in (sent["appkey"], sent["password"], sent["hash"]):
        assert secret not in caught.value.message


def test_long_words_are_cut(client, server):
    with pytest.raises(Rejected) as caught:
        says(client, server, "find", 400, {"error": {"message": "x" * 5000}})
    assert len(caught.value.message) == 300


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("86400", 86400),
        ("999999999", 999999999),
        ("-5", None),
        ("soon", None),
        ("1.5", None),
        ("", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("9" * 5000, None),
    ],
)
@pytest.mark.parametrize("call", ["send", "statistics"])
def test_retry_after(client, server, call, header, seconds):
    with pytest.raises(Unavailable) as caught:
        says(client, server, call, 429, b"", Retry_After=header)
    assert caught.value.retry_after == seconds


def test_retry_after_a_date(client, server):
    with pytest.raises(Unavailable) as caught:
        date = email.utils.format_datetime(
            datetime.now(timezone.utc) + timedelta(hours=1), usegmt=True
        )
        says(client, server, "send", 429, b"", Retry_After=date)
    assert 3590 <= caught.value.retry_after <= 3600


# -- login


def refuse_label(label):
    """Answer as a service that only takes the other label."""
    text = f"{label}=app&secret=secret&email=a@example.com&password=pa$$ wörd"
    refused = hashlib.md5(text.encode()).hexdigest()

    def script(connection, request):
        if json.loads(request.body)["hash"] == refused:
            connection.sendall(answer(200, {"error": {"message": "Wrong hash"}}))
        else:
            connection.sendall(answer(200, {"apikey": "new"}))

    return script


@pytest.mark.parametrize(
    ("refused", "taken"), [("apikey", "appkey"), ("appkey", "apikey")]
)
@pytest.mark.parametrize("given_label", ["apikey", "appkey"])
def test_both_labels(client, server, refused, taken, given_label):
    server.script = refuse_label(refused)
    login = client.login(
        "app", "secret", "a@example.com", "pa$$ wörd", hash_label=given_label
    )
    assert login == Login("new", taken)
    assert len(server.requests) == (1 if given_label == taken else 2)
    assert client.api_key == "api-1"


def test_both_labels_refused(client, server):
    with pytest.raises(AuthenticationFailed, match="Wrong password"):
        says(client, server, "login", 200, {"error": {"message": "Wrong password"}})
    assert len(server.requests) == 2


@pytest.mark.parametrize(("status", "body"), [(500, b""), (404, b""), (429, b"")])
def test_the_other_label_is_for_refusals_only(client, server, status, body):
    with pytest.raises((Unavailable, Rejected)):
        says(client, server, "login", status, body)
    assert len(server.requests) == 1


@pytest.mark.parametrize("body", [{}, [], {"apikey": None}, {"apikey": {}}, b"5"])
def test_login_without_a_key_in_the_answer(client, server, body):
    with pytest.raises(PayloadError) as caught:
        says(client, server, "login", 200, body)
    assert caught.value.call == "login"


def test_a_login_does_not_show_its_key():
    assert "new" not in repr(Login("new", "apikey"))


# -- anything


class Canned:
    """A transport that answers what it is told to."""

    answer = None

    def request(self, call, method, url, **options):
        return self.answer


anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=8),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.sampled_from(
                    "id mail mails result error message apikey link attachments"
                    " subject text custom_data key".split()
                ),
                st.text(max_size=4),
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=15,
)


@pytest.mark.parametrize("call", CALLS)
@given(
    st.sampled_from([200, 200, 200, 201, 204, 302, 400, 401, 404, 429, 500]),
    st.one_of(st.binary(), anything.map(lambda data: json.dumps(data).encode())),
)
def test_any_answer_is_understood_or_one_of_our_errors(call, status, body):
    canned = Canned()
    canned.answer = Answer(status, {}, body)
    client = B2BFamilyClient("https://x.example", api_key="api-1", transport=canned)
    try:
        CALLS[call](client)
    except OutcomeUnknown:
        assert call in ONCE_ONLY
    except B2BFamilyError as error:
        assert error.call == call
    else:
        assert status < 300


# -- whose transport it is


def test_a_shared_transport_is_left_open(server):
    transport = Transport(allow_loopback=True)
    for _ in range(2):
        with B2BFamilyClient(server.url, api_key="k", transport=transport) as client:
            client.unsubscribe("1")
    assert server.accepted == 1
    transport.close()


def test_no_error_repeats_a_secret_it_was_told(server):
    words = "Bad app-key-canary for https://x.example/hook/token-canary"
    server.script = answer(400, {"error": {"message": words, "code": 1}})
    with B2BFamilyClient(
        server.url, api_key="k", allow_loopback=True, secrets=["app-key-canary"]
    ) as client:
        with pytest.raises(B2BFamilyError) as caught:
            client.subscribe("https://x.example/hook/token-canary")
    assert "canary" not in str(caught.value)
