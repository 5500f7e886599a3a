# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Liberal reading of JSON: what a field means, not how this release spells it.

The rules ("be liberal in what is read", A): keys in any letter-case and spelling,
ids as numbers or text, anything missing, null or empty, a list where an object was
expected and the other way round. What still cannot be read is a
:class:`~.errors.PayloadError` with the field's name, never a silent zero.
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from .dates import DEFAULT_TZ, parse_date
from .errors import PayloadError, TooManyItems

#: Bytes of a webhook we agree to read.
PAYLOAD_LIMIT = 256 * 1024
#: Levels of nesting; the service's own payloads have four.
MAX_DEPTH = 32
#: Values in what we read, at any level, and how many of them are objects or lists.
#: A letter that was opened 10,000 times has half of it.
MAX_VALUES = 250_000
MAX_CONTAINERS = 50_000
#: Items of one list that are read.
MAX_ITEMS = 20_000
MAX_INTEGER = 2**31 - 1
MAX_IDENT = 255
#: Characters of an address, by RFC 5321: 64, the @, 255.
MAX_EMAIL = 320

_BOOLEANS = {
    **dict.fromkeys(("true", "1", "yes", "y", "on", "да"), True),
    **dict.fromkeys(("false", "0", "no", "n", "off", "нет"), False),
}
_INTEGER = re.compile(r"\d{1,15}(?:\.0+)?", re.ASCII)
_ESCAPED = re.compile(r"\\u(?:0000|d[89a-f])", re.IGNORECASE)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
# A number longer than any we could mean; also keeps clear of Python's own limit on
# turning integers into text.
_HUGE = 10**30


def parse_json(raw: bytes, limit: int = PAYLOAD_LIMIT) -> Any:
    """Read JSON that nobody vouches for.

    What no database can keep (NUL, half a surrogate pair) comes out as U+FFFD.

    :param limit: bytes; more is refused unread
    :raises TooManyItems: too many values
    :raises PayloadError: too long, too deep, not UTF-8, not JSON, or a number that is
        none (NaN, Infinity)
    """
    if len(raw) > limit:
        raise _unreadable("body", f"is longer than {limit} bytes")
    # Two bytes make an object of sixty. Those within texts are counted as well: there
    # are few in letters, and to tell them apart takes what is to be spared.
    containers = raw.count(b"[") + raw.count(b"{")
    if containers > MAX_CONTAINERS:
        raise _too_many("body", MAX_CONTAINERS, "objects and lists")
    if containers + raw.count(b",") > MAX_VALUES:
        raise _too_many("body", MAX_VALUES, "values")
    try:
        text = raw.decode("utf-8-sig")
        data = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise _unreadable("body", "is not JSON") from None
    if _deeper_than(data, MAX_DEPTH):
        raise _unreadable("body", f"is nested deeper than {MAX_DEPTH} levels")
    return _storable(data) if _ESCAPED.search(text) else data


def _unreadable(field: str, what: str) -> PayloadError:
    words = f"What the service sent cannot be read: {field} {what}."
    return PayloadError(words, field=field)


def _too_many(field: str, limit: int, things: str) -> TooManyItems:
    words = f"The service sent more than {limit} {things} at once."
    return TooManyItems(words, field=field)


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _deeper_than(data: Any, depth: int) -> bool:
    level = [data]
    for _ in range(depth + 1):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return True


def _storable(data: Any) -> Any:
    if isinstance(data, str):
        return _UNSTORABLE.sub("\ufffd", data)
    if isinstance(data, list):
        return [_storable(item) for item in data]
    if isinstance(data, dict):
        return {_storable(key): _storable(data[key]) for key in data}
    return data


def is_empty(value: Any) -> bool:
    """Tell whether a value says nothing: null, blank text, empty list or object."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list | dict) and not value)


def as_list(value: Any) -> list:
    """Return a list where one was expected.

    One object stands for a list of one. An object whose keys are all numbers is how
    PHP prints a list with gaps.
    """
    if is_empty(value):
        return []
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and all(re.fullmatch(r"\d{1,9}", str(k)) for k in value):
        return [value[key] for key in sorted(value, key=lambda k: (int(k), str(k)))]
    return [value]


def as_object(value: Any, field: str) -> dict:
    """Return an object where one was expected; a list of one stands for it.

    :raises PayloadError: neither
    """
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        raise _unreadable(field, "is not an object")
    return value


def clean(text: str) -> str:
    """Return the text as a database can keep it: no NUL, no lone surrogate."""
    return _UNSTORABLE.sub("\ufffd", text).strip()


def normalise(name: Any) -> str:
    """Return a name without letter-case and punctuation: ``messageOpen``,
    ``MESSAGE_OPEN`` and ``message.open`` are one."""
    return re.sub(r"[\W_]+", "", str(name)).lower()


class Fields:
    """One JSON object, read field by field.

    Every reader takes the names a field may go by, in order of preference, and
    returns None when none of them says anything.

    :param where: what stands before a field's name in errors, e.g. ``events[3].``
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        where: str = "",
        service_tz: str | tzinfo = DEFAULT_TZ,
    ):
        self.where = where
        self.service_tz = service_tz
        # Sorted, so that two spellings of one name give the same answer in any order.
        self._values = {
            normalise(key): data[key]
            for key in sorted(data, key=str)
            if not is_empty(data[key])
        }
        self._empty_lists = {normalise(key) for key in data if data[key] == []}

    def get(self, *names: str) -> Any:
        """Return the first value that says anything, as it came."""
        return next(
            (self._values[key] for key in map(normalise, names) if key in self._values),
            None,
        )

    def has(self, *names: str) -> bool:
        """Tell whether any of these names says anything."""
        return self.get(*names) is not None

    def is_empty_list(self, name: str) -> bool:
        """Tell whether a field is there and is an empty list, and nothing else."""
        return normalise(name) in self._empty_lists and not self.has(name)

    def error(self, name: str, what: str) -> PayloadError:
        """Return the error for an unreadable field."""
        return _unreadable(self.where + name, what)

    def text(self, *names: str, limit: int | None = None) -> str | None:
        """Return a text; a number stands for its digits.

        :param limit: characters that are kept
        """
        value = self.get(*names)
        if value is None:
            return None
        if isinstance(value, str):
            return clean(clean(value)[:limit])
        if _is_number(value):
            return str(value)
        raise self.error(names[0], "is not a text")

    def ident(self, *names: str) -> str | None:
        """Return an id as text, whether it came as number or text; 0 is no id."""
        value = self.get(*names)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and _is_number(value):
            value = str(value)
        if value is None or value == "0":
            return None
        if isinstance(value, str) and len(value) <= MAX_IDENT:
            return clean(value)
        raise self.error(names[0], "is not an id")

    def count(self, *names: str) -> int | None:
        """Return a whole number, zero or more."""
        value = self.get(*names)
        if value is None:
            return None
        if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
            value = int(value.strip().partition(".")[0])
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and _is_number(value) and 0 <= value <= MAX_INTEGER:
            return value
        raise self.error(names[0], "is not a count")

    def flag(self, *names: str) -> bool | None:
        """Return yes or no."""
        value = self.get(*names)
        if value is None or isinstance(value, bool):
            return value
        if _is_number(value) and value in (0, 1):
            return bool(value)
        if isinstance(value, str) and value.strip().lower() in _BOOLEANS:
            return _BOOLEANS[value.strip().lower()]
        raise self.error(names[0], "is neither yes nor no")

    def date(self, *names: str) -> datetime | None:
        """Return a date, aware, in UTC."""
        return parse_date(
            self.get(*names), self.service_tz, field=self.where + names[0]
        )

    def email(self, *names: str) -> str | None:
        """Return an address in lower case, without the name around it.

        Not cut: what is left of an address would be another reader's.
        """
        text = self.text(*names)
        if text is None:
            return None
        inside = re.search(r"<([^<>]+)>$", text[-MAX_EMAIL - 2 :])
        address = (inside[1] if inside else text).strip().lower()
        if len(address) > MAX_EMAIL:
            raise self.error(names[0], "is too long for an address")
        return address or None


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and -_HUGE < value < _HUGE
    )
