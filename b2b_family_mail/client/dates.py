# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Dates in every shape the service is known or assumed to print them in."""

import math
import re
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from .errors import PayloadError

#: Times without a zone are in this one (A); parameter b2b_family_mail.service_tz.
DEFAULT_TZ = "Europe/Moscow"

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# Seconds up to the year 5138, milliseconds from 1973 on: the ranges do not overlap,
# and neither takes a bare year or 20190322 for a moment of 1970.
_SECONDS = (10**8, 10**11)
_MILLISECONDS = (10**11, 10**14)

_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
)
_ZONE = r"\s*(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?"
_ISO = re.compile(
    rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?:(?:T|\s+){_TIME}{_ZONE})?",
    re.ASCII | re.IGNORECASE,
)
_MANUAL = re.compile(
    rf"(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}})"
    rf"(?:,?\s+{_TIME}(?P<zone>))?",
    re.ASCII,
)
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,9})?", re.ASCII)
# How databases and languages print "no date".
_ZERO = re.compile(r"000[01]-(?:00-00|01-01)(?:[T ]00:00.*)?|0+(?:\.0+)?", re.ASCII)


def parse_date(
    value: Any, service_tz: str | tzinfo = DEFAULT_TZ, *, field: str = "date"
) -> datetime | None:
    """Read a date as the service prints it; return it aware, in UTC.

    Understands ISO 8601 with or without time, fraction and zone, epoch seconds or
    milliseconds (numbers or numeric text), and ``22.03.2019 9:06`` (M). None, empty,
    zero and zero dates are None.

    :param service_tz: the zone of times without one; a time that a change of clocks
        made ambiguous is taken as the earlier of the two
    :param field: name for the error
    :raises PayloadError: anything else
    :raises ValueError: the zone is not known here
    """
    zone = zone_of(service_tz)
    try:
        if isinstance(value, str):
            return _from_text(value.strip(), zone)
        if value is None or (value == 0 and not isinstance(value, bool)):
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _from_number(value)
    except (ValueError, OverflowError):
        pass
    raise PayloadError(f"The service sent an unreadable date in {field}.", field=field)


def zone_of(service_tz: str | tzinfo) -> tzinfo:
    """Return the zone of that name.

    :raises ValueError: there is no such zone, or no zone database on this machine
    """
    if isinstance(service_tz, tzinfo):
        return service_tz
    try:
        return ZoneInfo(service_tz)
    except (KeyError, ValueError, TypeError, OSError):
        raise ValueError(f"Unknown time zone {service_tz!r}.") from None


def _from_number(value: int | float) -> datetime:
    if not math.isfinite(value):
        raise ValueError(value)
    if _SECONDS[0] <= value < _SECONDS[1]:
        return _EPOCH + timedelta(seconds=value)
    if _MILLISECONDS[0] <= value < _MILLISECONDS[1]:
        return _EPOCH + timedelta(milliseconds=value)
    raise ValueError(value)


def _from_text(text: str, zone: tzinfo) -> datetime | None:
    if not text or _ZERO.fullmatch(text):
        return None
    if _NUMBER.fullmatch(text):
        return _from_number(float(text) if "." in text else int(text))
    match = _ISO.fullmatch(text) or _MANUAL.fullmatch(text)
    if not match:
        raise ValueError(text)
    part = match.groupdict()
    moment = datetime(
        int(part["year"]),
        int(part["month"]),
        int(part["day"]),
        int(part["hour"] or 0),
        int(part["minute"] or 0),
        int(part["second"] or 0),
        int((part["fraction"] or "0")[:6].ljust(6, "0")),
        tzinfo=_offset(part["zone"]) or zone,
    )
    return moment.astimezone(timezone.utc)


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text[0] not in "+-":
        return timezone.utc
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if minutes > 59:
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
