# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A service that means harm: endless on the wire, or small and many in an answer."""

import gzip
import json
import tracemalloc
from contextlib import contextmanager

import pytest
from client import (
    OutcomeUnknown,
    PayloadError,
    TooManyItems,
    Transport,
    Unavailable,
    parse_events,
    parse_json,
    parse_statistics,
)
from client.answers import read_answer
from client.events import MAX_ERRORS
from client.reading import MAX_ITEMS
from client.transport import MAX_ANSWER, Answer
from raw_server import answer

LIMIT = 1024 * 1024
ON_WIRE = LIMIT + 64 * 1024
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PIECE = b"0" * 16 * 1024


@pytest.fixture
def transport():
    transport = Transport(allow_loopback=True, max_answer=LIMIT)
    yield transport
    transport.close()


@contextmanager
def memory():
    """Measure: yields a list that ends up with the most bytes in use at a time."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    peak = []
    try:
        yield peak
        peak.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()


def get(transport, server, call="statistics"):
    return transport.request(call, "GET", server.url + "/mail", deadline=20)


class Endless:
    """A script that sends a beginning and then one piece for ever; counts the bytes."""

    def __init__(self, start, piece):
        self.start, self.piece, self.sent = start, piece, 0

    def __call__(self, connection, request):
        connection.sendall(self.start)
        while True:
            self.sent += connection.send(self.piece)


# -- on the wire

ENDLESS = {
    "status line": (b"HTTP/1.1 200 ", PIECE),
    "header": (b"HTTP/1.1 200 OK\r\nX: ", PIECE),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 2_000),
    "not yet": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 500),
    "body": (b"HTTP/1.1 200 OK\r\n\r\n", PIECE),
    "body of a redirect": (b"HTTP/1.1 302 X\r\nLocation: /\r\n\r\n", PIECE),
    "length of a chunk": (CHUNKED, PIECE),
    "extension of a chunk": (CHUNKED + b"1;x=", PIECE),
    "small chunks": (CHUNKED, b"1\r\nx\r\n" * 2_000),
    "chunks with extensions": (CHUNKED, b"1;" + b"x" * 9_000 + b"\r\nx\r\n"),
    "trailer": (CHUNKED + b"0\r\nX: ", PIECE),
    "trailers": (CHUNKED + b"0\r\n", b"X: y\r\n" * 2_000),
}
# http.client has limits of its own for these, and no bytes are read beyond them.
HEADS = ("status line", "header", "headers")


@pytest.mark.parametrize("part", ENDLESS)
def test_no_part_of_an_answer_is_endless(server, transport, part):
    server.script = script = Endless(*ENDLESS[part])
    words = "broke before" if part in HEADS else "answer is too long"
    with memory() as peak, pytest.raises(Unavailable, match=words):
        get(transport, server)
    assert peak[0] < 3 * ON_WIRE
    # What lies in the buffers of the system was sent and never read.
    assert script.sent < 3 * ON_WIRE + 8 * 1024 * 1024
    server.script = answer()
    assert get(transport, server).body == b"{}"
    assert server.accepted == 2, "the connection of an endless answer is not used again"


@pytest.mark.parametrize("part", ["header", "length of a chunk", "body", "trailer"])
def test_an_endless_answer_to_a_letter_leaves_the_outcome_open(server, transport, part):
    server.script = Endless(*ENDLESS[part])
    with pytest.raises(OutcomeUnknown):
        get(transport, server, "send")


def test_a_packed_bomb_is_not_unpacked(server, transport):
    bomb = gzip.compress(b"0" * 64 * LIMIT)
    server.script = answer(body=bomb, Content_Encoding="gzip")
    with memory() as peak, pytest.raises(Unavailable, match="too long"):
        get(transport, server)
    assert peak[0] < 4 * ON_WIRE


def test_the_bytes_of_each_call_are_its_own(server, transport):
    server.script = answer(body=b" " * (LIMIT - 1000))
    for _ in range(4):
        assert len(get(transport, server).body) == LIMIT - 1000
    assert server.accepted == 1


# -- in the answer


def repeat(piece, size=MAX_ANSWER):
    return (piece * (size // len(piece) + 1))[: size // len(piece) * len(piece)]


MANY = {
    "lists": b'{"id": 1, "events": [%s[]]}' % repeat(b"[],", MAX_ANSWER - 40),
    "objects": b'{"id": 1, "events": [%s{}]}' % repeat(b"{},", MAX_ANSWER - 40),
    "numbers": b'{"id": 1, "events": [%s0]}' % repeat(b"999,", MAX_ANSWER - 40),
    "texts": b'{"id": 1, "events": [%s0]}' % repeat(b'"ab",', MAX_ANSWER - 40),
    "recipients": b'{"id": 1, "recipients": [%s{}]}'
    % repeat(b'{"email":"a@b"},', MAX_ANSWER - 40),
    "names": b'{"id": 1, %s "x": 1}'
    % b"".join(b'"%d":1,' % number for number in range(700_000)),
    # As many as are read, and as long as may be.
    "long items": b'{"id": 1, "events": [%s0]}'
    % repeat(b'{"x": "%s"},' % (b"x" * 400)),
    "49,000 lists": b'{"id": 1, "events": [%s[]]}' % repeat(b"[],", 3 * 49_000),
    "49,000 errors": b'{"id": 1, "events": [%s 0]}'
    % repeat(b'{"type": 1e9, "date": "x", "id": {}},', 37 * 24_000),
}


def read(body):
    try:
        return parse_statistics(read_answer("statistics", Answer(200, {}, body)))
    except (PayloadError, Unavailable) as error:
        return error


@pytest.mark.parametrize("kind", MANY)
def test_many_small_things_cost_no_more_than_a_few_times_their_bytes(kind):
    body = MANY[kind]
    with memory() as peak:
        answer = read(body)
    assert peak[0] < 5 * MAX_ANSWER
    assert len(getattr(answer, "errors", ())) <= MAX_ERRORS + 3


def event(number, **details):
    return {
        "id": f"e-{number}",
        "type": "message_open",
        "date": "2026-01-02T10:00:00Z",
        "email": "reader@example.com",
        "ip": "198.51.100.7",
        "attachment_id": None,
        "url": None,
        "mail_id": 1,
        "custom_data": {"key": "5f0c9a6e1d2b4c3f8a7e6d5c4b3a2910"},
        "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/128.0, like",
        **details,
    }


def test_a_letter_opened_10_000_times_is_read():
    body = json.dumps({"id": 1, "events": list(map(event, range(10_000)))}).encode()
    statistics = read(body)
    assert (len(statistics.events), statistics.errors) == (10_000, ())


@pytest.mark.parametrize("name", ["events", "recipients", "attachments"])
def test_what_is_too_much_is_said_once(name):
    items = [{"type": "reply"}] * (MAX_ITEMS + 5)
    statistics = parse_statistics({"id": 1, name: items})
    assert len(getattr(statistics, name)) == MAX_ITEMS
    [error] = statistics.errors
    assert error.field == name
    assert error.message.endswith(f"{name} has more than {MAX_ITEMS} items.")


def test_of_many_unreadable_events_a_few_are_kept_and_the_number():
    events, errors = parse_events([event(1), *[7] * 500])
    assert len(events) == 1
    assert len(errors) == MAX_ERRORS
    assert [error.payload for error in errors[:-1]] == [7] * (MAX_ERRORS - 1)
    assert "500 items that cannot be read" in errors[-1].message
    assert not any(error.__traceback__ for error in errors)


def test_a_webhook_with_more_items_than_allowed_is_refused_whole():
    assert len(parse_events([event(1)] * 10, limit=10)[0]) == 10
    for body in ([event(1)] * 11, {"events": [event(1)] * 11}, [None] * 11):
        with pytest.raises(TooManyItems):
            parse_events(body, limit=10)


def test_values_within_texts_are_not_worth_telling_apart():
    letter = {"text": "a, b, c {x} [y] " * 10_000}
    assert parse_json(json.dumps(letter).encode(), MAX_ANSWER) == letter
    with pytest.raises(TooManyItems, match="more than 250000 values"):
        parse_json(b'"%s"' % (b"," * 250_001), MAX_ANSWER)
    with pytest.raises(TooManyItems, match="more than 50000 objects and lists"):
        parse_json(b'"%s"' % (b"{" * 50_001), MAX_ANSWER)


# -- the length of texts


def test_texts_of_an_event_are_bounded():
    [read], errors = parse_events(
        event(
            1,
            type="x" * 100_000,
            url="https://example.com/" + "x" * 100_000,
            user_agent="Mozilla/" * 10_000,
            ip="1" * 100_000,
        )
    )
    assert not errors
    lengths = [len(t) for t in (read.raw_type, read.url, read.user_agent, read.ip)]
    assert lengths == [64, 2_000, 500, 64]


@pytest.mark.parametrize("email", ["x" * 315 + "@a.ru", "<" + "x" * 315 + "@a.ru>"])
def test_an_address_is_read_whole_or_not_at_all(email):
    [read], _errors = parse_events(event(1, email=email))
    assert read.email == email.strip("<>")
    [read], _errors = parse_events(event(1, email=("N" * 9_000) + " <a@b.ru>"))
    assert read.email == "a@b.ru"
    events, [error] = parse_events(event(1, email=email.replace("@", "x@")))
    assert not events
    assert error.field == "events[0].email"


def test_secrets_are_not_shown_by_halves():
    secret = "canary-secret-4711"
    for space in range(3_970, 4_001):
        words = " " * space + secret + "x" * 90
        body = json.dumps({"error": {"message": "No" + words}}).encode()
        with pytest.raises(Exception, match="No") as caught:
            read_answer("find", Answer(400, {}, body), secrets=[secret])
        assert "canary" not in caught.value.message
