# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Fields of JSON, read one by one: what is taken, and what is refused by its name."""

from datetime import datetime, timedelta, timezone

import pytest
from client import EventType, PayloadError, TrackingEvent, parse_events
from client.reading import Fields, as_list


def test_two_spellings_of_one_name_give_one_answer_in_any_order():
    items = [("mailId", 1), ("mail_id", 2)]
    found = {Fields(dict(order)).ident("mail_id") for order in (items, items[::-1])}
    assert len(found) == 1


@pytest.mark.parametrize("value", [2, -1, 0.5, "maybe", [1]])
def test_a_flag_is_yes_or_no(value):
    with pytest.raises(PayloadError, match="opened is neither yes nor no"):
        Fields({"opened": value}).flag("opened")


@pytest.mark.parametrize("digits", [40, 5000])
def test_a_number_longer_than_any_is_none(digits):
    fields = Fields({"id": 10**digits})
    for read in (fields.ident, fields.text, fields.count):
        with pytest.raises(PayloadError):
            read("id")


def test_a_list_with_gaps_keeps_its_order():
    assert as_list({"2": "b", "10": "c", "0": "a"}) == ["a", "b", "c"]


@pytest.mark.parametrize(("zone", "hour"), [("Europe/Moscow", 6), ("Asia/Tokyo", 0)])
def test_events_without_a_zone_are_in_that_of_the_service(zone, hour):
    ([event], _errors) = parse_events(
        {"type": "message_open", "date": "22.03.2019 9:06"}, zone
    )
    assert event.date == datetime(2019, 3, 22, hour, 6, tzinfo=timezone.utc)


def test_one_moment_in_two_zones_is_one_event():
    moment = datetime(2019, 3, 22, 6, 6, tzinfo=timezone.utc)
    east = moment.astimezone(timezone(timedelta(hours=3)))
    prints = {
        TrackingEvent(type=EventType.MESSAGE_OPEN, date=date).fingerprint
        for date in (moment, east)
    }
    assert len(prints) == 1
