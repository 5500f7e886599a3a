# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, timedelta, timezone

import pytest
from client import PayloadError, parse_date
from hypothesis import given
from hypothesis import strategies as st

MOMENT = datetime(2019, 3, 22, 6, 6, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "value",
    [
        "22.03.2019 9:06",  # as the manual prints it, Moscow time
        "22.03.2019 09:06:00",
        "22.3.2019, 9:06",
        "2019-03-22 09:06",
        "2019-03-22T09:06:00",
        "2019-03-22T06:06:00Z",
        "2019-03-22t06:06:00z",
        "2019-03-22 06:06:00 UTC",
        "2019-03-22T09:06:00+03:00",
        "2019-03-22T09:06:00 +0300",
        "2019-03-22T09:06:00+03",
        "2019-03-21T20:36:00-09:30",
        " 2019-03-22T06:06Z ",
        1553234760,
        1553234760.0,
        "1553234760",
        "1553234760.0",
        1553234760000,
        "1553234760000",
    ],
)
def test_one_moment_in_every_shape(value):
    result = parse_date(value, "Europe/Moscow")
    assert result == MOMENT
    assert result.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("value", "microsecond"),
    [
        ("2019-03-22T06:06:00.5Z", 500_000),
        ("2019-03-22T06:06:00,25Z", 250_000),
        ("2019-03-22T06:06:00.123456789Z", 123_456),
        (1553234760.5, 500_000),
        (1553234760125, 125_000),
    ],
)
def test_fractions(value, microsecond):
    assert parse_date(value) == MOMENT.replace(microsecond=microsecond)


def test_date_only_is_midnight_in_the_service_zone():
    expected = datetime(2019, 3, 21, 21, 0, tzinfo=timezone.utc)
    assert parse_date("2019-03-22") == parse_date("22.03.2019") == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        " ",
        0,
        0.0,
        "0",
        "0000-00-00",
        "0000-00-00 00:00:00",
        "0001-01-01",
        "0001-01-01T00:00:00Z",
    ],
)
def test_no_date(value):
    assert parse_date(value) is None


@pytest.mark.parametrize(
    "value",
    [
        True,
        False,
        "yesterday",
        "2019-13-01",
        "2019-02-30",
        "2019-03-22T25:00",
        "2019-03-22T09:61",
        "32.01.2019 9:06",
        "2019-03-22T09:06:00+99:00",
        "2019-03-22T09:06:00+03:99",
        "9999-12-31T23:59:59-12:00",
        "٢٠١٩-٠٣-٢٢",
        "2019",
        "20190322",
        2019,
        -1,
        -1553234760,
        10**20,
        10**4000,
        1e300,
        float("nan"),
        float("inf"),
        "9" * 5000,
        [],
        {},
        ["2019-03-22"],
        b"2019-03-22",
    ],
)
def test_nonsense_is_named(value):
    with pytest.raises(PayloadError, match="unreadable date in first_open") as caught:
        parse_date(value, field="first_open")
    assert caught.value.field == "first_open"


def test_clocks_put_back_and_forward():
    # 02:30 came twice in Berlin that night: the earlier one is meant.
    assert parse_date("2023-10-29 02:30", "Europe/Berlin").hour == 0
    # 02:30 did not come at all that night: still a moment, not a crash.
    assert parse_date("2023-03-26 02:30", "Europe/Berlin").hour == 1
    # Moscow went from +4 to +3 for good.
    assert parse_date("2014-10-26 01:30", "Europe/Moscow").hour == 21


@pytest.mark.parametrize("zone", ["Mars/Phobos", "", "../etc/passwd", None, 5])
def test_unknown_zone(zone):
    with pytest.raises(ValueError, match="Unknown time zone"):
        parse_date("2019-03-22", zone)


def test_zone_object():
    zone = timezone(timedelta(hours=3))
    assert parse_date("2019-03-22 09:06", zone) == MOMENT


@given(
    st.datetimes(datetime(1974, 1, 1), datetime(2200, 1, 1)),
    st.sampled_from(["iso", "space", "seconds", "milliseconds", "manual"]),
)
def test_round_trip(moment, shape):
    moment = moment.replace(tzinfo=timezone.utc, microsecond=0)
    text = {
        "iso": moment.isoformat(),
        "space": moment.strftime("%Y-%m-%d %H:%M:%S"),
        "seconds": int(moment.timestamp()),
        "milliseconds": int(moment.timestamp()) * 1000,
        "manual": f"{moment.day}.{moment:%m.%Y} {moment.hour}:{moment:%M:%S}",
    }[shape]
    assert parse_date(text, "UTC") == moment


@given(
    st.one_of(
        st.text(),
        st.floats(),
        st.integers(),
        st.from_regex(r"\d{1,4}[-.]\d\d[-.]\d{1,4}[ T]?(\d\d?:\d\d)?[Z+-]?(\d\d)?"),
    ),
    st.sampled_from(["Europe/Moscow", "Pacific/Apia", "UTC"]),
)
def test_nothing_but_our_error(value, zone):
    try:
        result = parse_date(value, zone)
    except PayloadError:
        return
    assert result is None or result.utcoffset() == timedelta(0)
    assert result == parse_date(value, zone)
