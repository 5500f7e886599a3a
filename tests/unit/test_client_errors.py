# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which error an answer is, what it says, and what it never repeats."""

import email.utils
import json
from datetime import datetime, timedelta, timezone

import pytest
from client import (
    AuthenticationFailed,
    B2BFamilyClient,
    B2BFamilyError,
    FileRefused,
    Misconfigured,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from every_call import CALLS, ONCE_ONLY, says
from raw_server import answer

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


def test_no_error_repeats_a_secret_it_was_told(server):
    words = "Bad app-key-canary for https://x.example/hook/token-canary"
    server.script = answer(400, {"error": {"message": words, "code": 1}})
    with B2BFamilyClient(
        server.url, api_key="k", allow_loopback=True, secrets=["app-key-canary"]
    ) as client:
        with pytest.raises(B2BFamilyError) as caught:
            client.subscribe("https://x.example/hook/token-canary")
    assert "canary" not in str(caught.value)
