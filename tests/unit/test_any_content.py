# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""No content makes parsing raise anything but the client's own errors."""

import json

import pytest
from client import (
    B2BFamilyError,
    PayloadError,
    TrackingEvent,
    parse_events,
    parse_json,
    parse_statistics,
)
from client.answers import parse_retry_after, read_answer
from client.transport import Answer
from hypothesis import given
from hypothesis import strategies as st

NAMES = [
    "id",
    "ID",
    "mail_id",
    "mailId",
    "mail",
    "type",
    "event",
    "events",
    "data",
    "result",
    "date",
    "email",
    "attachment_id",
    "attachments",
    "recipients",
    "opened",
    "first_open",
    "firstOpen",
    "open_count",
    "custom_data",
    "key",
    "error",
    "errors",
    "message",
    "code",
    "url",
    "0",
    "1",
]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        [
            10**400,
            "message_open",
            "messageOpen",
            "2019-03-22T09:06:00Z",
            "22.03.2019 9:06",
            1553234760,
            "1553234760000",
            "A <a@example.com>",
            '{"key": "k"}',
            "\ud800",
            "\0",
        ]
    ),
)
keys = st.one_of(st.sampled_from(NAMES), st.text(max_size=5))
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=8)
    ),
    max_leaves=25,
)


def outcome(function, *args):
    """Return what a function answers, or which of our errors it raises."""
    try:
        return function(*args)
    except B2BFamilyError as error:
        return type(error), error.message


def shuffled(data, rng):
    if isinstance(data, dict):
        items = [(key, shuffled(value, rng)) for key, value in data.items()]
        rng.shuffle(items)
        return dict(items)
    if isinstance(data, list):
        return [shuffled(item, rng) for item in data]
    return data


@given(anything, st.randoms(use_true_random=False))
def test_statistics(data, rng):
    result = outcome(parse_statistics, data)
    assert repr(result) == repr(outcome(parse_statistics, data))
    again = outcome(parse_statistics, shuffled(data, rng))
    if isinstance(result, tuple):
        assert result == again
    else:
        assert facts(result.events) == facts(again.events)
        assert result.recipients == again.recipients
        assert result.attachments == again.attachments
        assert result.ref == again.ref


@given(anything, st.randoms(use_true_random=False))
def test_events(data, rng):
    events, errors = parse_events(data)
    assert all(isinstance(event, TrackingEvent) for event in events)
    assert all(isinstance(error, PayloadError) for error in errors)
    again, errors_again = parse_events(shuffled(data, rng))
    assert facts(events) == facts(again)
    assert [error.field for error in errors] == [e.field for e in errors_again]


def facts(events):
    return [
        (event.type, event.date, event.mail_ref, event.fingerprint) for event in events
    ]


@given(st.one_of(st.binary(), anything.map(lambda data: json.dumps(data).encode())))
def test_json(raw):
    try:
        data = parse_json(raw)
    except PayloadError:
        return
    json.dumps(data, allow_nan=False, ensure_ascii=False).encode("utf-8")
    parse_events(data)


@pytest.mark.parametrize("call", ["login", "send", "find", "unsubscribe"])
@given(
    st.integers(100, 599),
    st.one_of(st.binary(), anything.map(lambda data: json.dumps(data).encode())),
    st.text(max_size=10),
)
def test_answers(call, status, body, retry_after):
    answer = Answer(status, {"retry-after": retry_after}, body)
    result = outcome(read_answer, call, answer)
    assert 200 <= status < 300 or issubclass(result[0], B2BFamilyError)


@given(st.one_of(st.none(), st.text(), st.integers().map(str)))
def test_retry_after(value):
    seconds = parse_retry_after(value)
    assert seconds is None or seconds >= 0


def test_deep_objects_that_did_not_come_through_parse_json():
    data = {"type": "reply"}
    for _ in range(5000):
        data = {"x": [data]}
    assert parse_events(data)[1]
