# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What an HTTP answer amounts to, rule by rule: beside the table of test_client_errors.py."""

import email.utils
import json
from datetime import datetime, timedelta, timezone

import pytest
from client import (
    AuthenticationFailed,
    B2BFamilyError,
    Misconfigured,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from client.answers import MAX_WORDS, parse_retry_after, read_answer
from client.transport import Answer


def read(call, status, body, *, secrets=(), **options):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return read_answer(call, Answer(status, {}, body), secrets=secrets, **options)


def error_of(*args, **options):
    with pytest.raises(B2BFamilyError) as caught:
        read(*args, **options)
    return caught.value


def refusal(message, **more):
    return {"error": {"message": message, **more}}


# -- which error


@pytest.mark.parametrize(
    ("call", "status", "body", "expected"),
    [
        ("send", 425, b"", OutcomeUnknown),
        ("find", 425, b"", Unavailable),
        ("send", 414, b"<html>", Rejected),
        ("send", 431, b"", Rejected),
        ("send", 500, refusal("Slow down", code=429), OutcomeUnknown),
        ("send", 200, b"", OutcomeUnknown),
        ("statistics", 200, b" \n", Unavailable),
        # It may have gone out with something missing.
        ("send", 200, {"id": 5, **refusal("One file was lost")}, OutcomeUnknown),
        ("send", 200, {"id": [1, 2], **refusal("A file was lost")}, OutcomeUnknown),
        ("statistics", 200, {"id": 5, **refusal("Not yours")}, Rejected),
        ("login", 404, refusal("No such page"), Misconfigured),
        ("login", 405, refusal("No such method"), Misconfigured),
        ("login", 422, refusal("No such account"), AuthenticationFailed),
    ],
)
def test_class(call, status, body, expected):
    assert type(error_of(call, status, body)) is expected


def test_words_about_the_credentials_stand_at_the_beginning():
    late = "x" * MAX_WORDS + " the api key"
    assert type(error_of("find", 400, refusal(late))) is Rejected
    early = "the api key" + "x" * MAX_WORDS
    assert type(error_of("find", 400, refusal(early))) is AuthenticationFailed


def test_an_empty_answer_is_good_where_nothing_is_to_be_said():
    assert read("unsubscribe", 200, b" ", empty=True) is None
    assert type(error_of("unsubscribe", 200, b"<html>", empty=True)) is Unavailable


# -- which words


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [{"message": "No such letter"}]},
        {"errors": [[{"message": "No such letter"}]]},
        {"errors": ["No such letter"]},
    ],
)
def test_words_of_a_list_of_errors(body):
    assert error_of("find", 400, body).message == "No such letter"


@pytest.mark.parametrize("body", [{"errors": []}, {"errors": [[]]}, {"error": "0"}])
def test_no_error_in_a_list_is_none(body):
    assert read("find", 200, body) == body


def test_words_are_one_line_that_no_terminal_obeys():
    words = error_of("find", 400, refusal("a\x1b[31mb\x9bc\x07\nd")).message
    assert words == "a [31mb c d"


@pytest.mark.parametrize(
    "quoted",
    [
        'a b/c&"d',
        "a%20b/c%26%22d",
        "a+b%2Fc%26%22d",
        "a b/c&amp;&quot;d",
    ],
)
def test_a_secret_is_blotted_out_as_the_service_may_quote_it(quoted):
    words = error_of("find", 400, refusal(f"<{quoted}>"), secrets=['a b/c&"d'])
    assert words.message == "<***>"


def test_of_two_secrets_that_begin_alike_nothing_is_left():
    words = error_of(
        "find", 400, refusal("key-4711-long"), secrets=["key-", "key-4711-long"]
    )
    assert words.message == "***"


def test_what_is_too_short_for_a_secret_blots_nothing_out():
    assert error_of("find", 400, refusal("No letter"), secrets=["e", ""]).message == (
        "No letter"
    )


# -- when to try again


def test_retry_after_a_date_of_no_zone_is_in_utc():
    moment = datetime.now(timezone.utc) + timedelta(hours=1)
    date = email.utils.format_datetime(moment.replace(tzinfo=None))
    assert date.endswith("-0000")
    assert 3590 <= parse_retry_after(date) <= 3600
