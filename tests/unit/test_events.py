# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import copy
import hashlib
import json
from datetime import datetime, timezone

import pytest
from client import (
    EventType,
    PayloadError,
    TrackingEvent,
    parse_events,
    parse_json,
    parse_statistics,
)

KEY = "5f0c9a6e1d2b4c3f8a7e6d5c4b3a2910"


def utc(*args):
    return datetime(2019, 3, 22, *args, tzinfo=timezone.utc)


# -- statistics


@pytest.mark.parametrize("name", ["statistics", "statistics_liberal"])
def test_the_same_facts_in_two_spellings(payload, name):
    statistics = parse_statistics(payload(name))
    assert statistics.errors == ()
    assert statistics.ref == "123"
    assert statistics.subject == "Offer"
    assert statistics.status == "opened"
    assert statistics.sent == utc(6, 6)
    assert statistics.first_open == utc(7, 0)
    assert statistics.last_open == utc(8, 30, 15)
    assert statistics.open_count == 2
    assert statistics.updated == utc(9, 0)
    (reader,) = statistics.recipients
    assert reader.email == "reader@example.com"
    assert (reader.first_open, reader.last_open) == (utc(7, 0), utc(8, 30, 15))
    assert reader.open_count == 2
    offer, price = statistics.attachments
    assert (offer.ref, offer.name, offer.opened) == ("17", "Offer.pdf", True)
    assert offer.first_open == offer.last_open == utc(7, 5)
    assert offer.open_count == 1
    assert (price.ref, price.opened, price.open_count) == ("18", False, 0)
    assert price.first_open is price.last_open is None
    opened, attachment = statistics.events
    assert opened.type is EventType.MESSAGE_OPEN
    assert (opened.remote_id, opened.mail_ref) == ("e-991", "123")
    assert opened.attachment_ref is None
    assert attachment.type is EventType.ATTACHMENT_OPEN
    assert (attachment.date, attachment.attachment_ref) == (utc(7, 5), "17")
    assert attachment.ip == "192.0.2.7"
    assert attachment.user_agent == "Mozilla/5.0"


def test_what_is_not_said_is_not_zero():
    statistics = parse_statistics({"id": 5, "attachments": [{"id": 17}]})
    assert statistics.open_count is None
    assert statistics.first_open is None
    assert statistics.attachments[0].opened is None
    assert statistics.recipients == statistics.events == ()


@pytest.mark.parametrize(
    ("fact", "opened"),
    [
        ({"first_open": 1553238300}, True),
        ({"open_count": 3}, True),
        ({"open_count": 0}, False),
    ],
)
def test_an_opened_attachment_without_the_word(fact, opened):
    (attachment,) = parse_statistics({"id": 5, "attachments": fact}).attachments
    assert attachment.opened is opened


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"first_open": "soon"}, "first_open"),
        ({"open_count": "many"}, "open_count"),
        ({"open_count": -1}, "open_count"),
        ({"open_count": 2.5}, "open_count"),
        ({"open_count": True}, "open_count"),
        ({"open_count": 2**31}, "open_count"),
        ({"id": True}, "id"),
        ({"id": {"a": 1}}, "id"),
        ({"id": "x" * 256}, "id"),
        ({"attachments": [{"opened": "perhaps"}]}, "attachments[0].opened"),
        ({"attachments": [{"open_count": "-1"}]}, "attachments[0].open_count"),
    ],
)
def test_the_unreadable_is_named(payload, change, field):
    with pytest.raises(PayloadError) as caught:
        parse_statistics({**payload("statistics"), **change})
    assert caught.value.field == field
    assert field in caught.value.message


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sent": [1]}, "sent"),
        ({"updated": "soon"}, "updated"),
        ({"status": {"a": 1}}, "status"),
        ({"subject": ["a", "b"]}, "subject"),
        ({"recipients": ["reader@example.com"]}, "recipients[0]"),
        ({"recipients": [{}, {"last_open": "x"}]}, "recipients[1].last_open"),
    ],
)
def test_what_nothing_depends_on_costs_itself_only(payload, change, field):
    statistics = parse_statistics({**payload("statistics"), **change})
    assert [error.field for error in statistics.errors] == [field]
    assert statistics.first_open == utc(7, 0)
    assert len(statistics.attachments) == len(statistics.events) == 2


def test_no_flood_of_errors_about_readers(payload):
    data = payload("statistics") | {"recipients": ["x"] * 1000}
    assert len(parse_statistics(data).errors) == 20


@pytest.mark.parametrize(
    "data", [None, [], {}, "ok", 5, [{}, {}], {"ok": True}, {"mail": {"x": 1}}]
)
def test_no_statistics_at_all(data):
    with pytest.raises(PayloadError):
        parse_statistics(data)


def test_one_bad_event_stops_nothing_else(payload):
    data = payload("statistics")
    bad = {"type": "message_open", "date": "some day"}
    data["events"][1:1] = [bad, None]
    statistics = parse_statistics(data)
    assert [event.remote_id for event in statistics.events] == ["e-991", "e-992"]
    assert [error.field for error in statistics.errors] == [
        "events[1].date",
        "events[2]",
    ]
    assert [error.payload for error in statistics.errors] == [bad, None]


# -- webhooks


def test_one_event(payload):
    events, errors = parse_events(payload("webhook_open"))
    assert errors == []
    (event,) = events
    assert event.type is EventType.MESSAGE_OPEN
    assert event.mail_ref == "123"
    assert event.key == KEY
    assert event.email == "reader@example.com"
    assert event.payload == payload("webhook_open")


def test_a_list_with_bad_and_unknown_items(payload):
    data = payload("webhook_list")
    events, errors = parse_events(data)
    assert [event.type.value for event in events] == ["message_open", "unknown"]
    assert events[1].raw_type == "teleport"
    assert events[1].payload == data[3]
    assert [error.field for error in errors] == ["events[1].date", "events[2]"]
    assert [error.payload for error in errors] == data[1:3]


def test_items_inherit_the_letter_of_the_object_around_them(payload):
    (click, forward), errors = parse_events(payload("webhook_wrapped"))
    assert errors == []
    assert (click.mail_ref, click.key) == ("123", KEY)
    assert click.url == "https://example.com/offer"
    assert (forward.mail_ref, forward.key) == ("999", KEY)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda event: [event],
        lambda event: {"events": [event]},
        lambda event: {"events": event},
        lambda event: {"event": event},
        lambda event: {"data": {"events": [event]}},
        lambda event: {"0": event},
    ],
)
def test_wrappers(payload, wrap):
    event = payload("webhook_open")
    assert parse_events(wrap(event)) == parse_events(event)


@pytest.mark.parametrize("data", [None, "", 5, True, "x", {}, [{}], {"type": None}])
def test_no_event_at_all_is_reported(data):
    events, (error,) = parse_events(data)
    assert events == []
    assert isinstance(error, PayloadError)


def test_an_empty_list_is_no_news():
    assert parse_events([]) == ([], [])


@pytest.mark.parametrize("custom", ["hello", 5, [], {"key": None}, "{", {"key": {}}])
def test_custom_data_of_others_is_not_ours(custom):
    (event,), errors = parse_events({"type": "reply", "custom_data": custom})
    assert event.key is None
    assert errors == []


@pytest.mark.parametrize("kind", [k for k in EventType if k is not EventType.UNKNOWN])
def test_every_type_in_every_letter_case(kind):
    first, *rest = kind.value.split("_")
    camel = first + "".join(map(str.title, rest))
    for spelling in (kind.value, kind.value.upper(), camel, kind.value.title()):
        assert EventType.of(spelling) is kind


# -- fingerprint


def test_the_same_event_by_webhook_and_by_poll(payload):
    (heard,), _errors = parse_events(payload("webhook_open"))
    asked = parse_statistics(payload("statistics")).events[0]
    assert heard.fingerprint == asked.fingerprint == "e-991"
    without_id = []
    for name in ("statistics", "statistics_liberal"):
        data = payload(name)
        letter = data if isinstance(data, dict) else data[0]["result"]
        event = letter["events"][0]
        event.pop("id", None)
        event.pop("EventId", None)
        without_id.append(parse_statistics(letter).events[0].fingerprint)
    webhook = payload("webhook_open")
    del webhook["id"]
    without_id.append(parse_events(webhook)[0][0].fingerprint)
    assert len(set(without_id)) == 1


def test_digest_recomputed():
    event = TrackingEvent(type=EventType.REPLY, date=utc(7, 0), email="a@example.com")
    facts = '["reply", "20190322T070000", "a@example.com", null, null]'
    assert event.fingerprint == hashlib.sha256(facts.encode()).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        {"type": "link_click"},
        {"date": "2019-03-22T10:00:01+03:00"},
        {"email": "other@example.com"},
        {"attachment_id": 18},
        {"url": "https://example.com/"},
    ],
)
def test_another_event_is_another_fingerprint(payload, change):
    data = payload("webhook_open")
    del data["id"]
    (one,), _errors = parse_events(data)
    (other,), _errors = parse_events({**data, **change})
    assert one.fingerprint != other.fingerprint


def test_the_letter_is_not_part_of_it(payload):
    data = payload("webhook_open")
    del data["id"]
    (one,), _errors = parse_events(data)
    (other,), _errors = parse_events({**data, "mail_id": 7, "custom_data": None})
    assert one.fingerprint == other.fingerprint


def test_two_unknown_types_are_two(payload):
    data = {"date": 1553238000}
    (one, other), _errors = parse_events([{**data, "type": t} for t in ("beam", "zap")])
    assert one.type is other.type is EventType.UNKNOWN
    assert one.fingerprint != other.fingerprint


def test_an_event_is_a_value():
    (event,), _errors = parse_events({"type": "reply"})
    assert event == copy.copy(event)
    assert len({event, copy.copy(event)}) == 1
    with pytest.raises(AttributeError):
        event.type = EventType.SPAM


# -- JSON that nobody vouches for


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"<html></html>",
        b"NaN",
        b'{"open_count": Infinity}',
        b"[-Infinity]",
        b"[1e999]",
        b"[" + b"9" * 5000 + b"]",
        b"[" * 10_000 + b"]" * 10_000,
        b"[" * 34 + b"]" * 34,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'"' + b"x" * 256 * 1024 + b'"',
    ],
    ids=range(13),
)
def test_refused(raw):
    with pytest.raises(PayloadError) as caught:
        parse_json(raw)
    assert caught.value.field == "body"


def test_accepted():
    assert parse_json(b'\xef\xbb\xbf{"a": "\xd1\x8f"}') == {"a": "я"}
    assert parse_json(b"[" * 32 + b"]" * 32)
    assert parse_json(b'"xx"', limit=4) == "xx"
    with pytest.raises(PayloadError):
        parse_json(b'"xxx"', limit=4)


def test_what_a_database_cannot_keep_is_replaced():
    raw = json.dumps({"type": "reply", "a\0": ["\ud800", "\ud83d\ude00", "x\0y"]})
    data = parse_json(raw.encode())
    assert data == {"type": "reply", "a\ufffd": ["\ufffd", "\U0001f600", "x\ufffdy"]}
