# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The vocabulary of tracking, and the one mapping from the service's words to it.

Statistics that we ask for and webhooks that the service sends carry the same events
and end in the same :class:`TrackingEvent`.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone, tzinfo
from enum import Enum
from typing import Any

from .dates import DEFAULT_TZ, zone_of
from .errors import PayloadError, TooManyItems
from .reading import (
    MAX_ITEMS,
    Fields,
    as_list,
    as_object,
    is_empty,
    normalise,
    parse_json,
)

#: Errors that are kept of one answer or webhook.
MAX_ERRORS = 20
# Characters that are kept of what is only looked at: a program, a link and a name can
# be told by them. What names something, an id or an address, is not cut but refused.
_AGENT, _URL, _NAME, _WORD = 500, 2_000, 255, 64


class EventType(str, Enum):
    """What can happen to a letter. ``message_open`` is P, the others A."""

    MESSAGE_OPEN = "message_open"
    ATTACHMENT_OPEN = "attachment_open"
    ATTACHMENT_DOWNLOAD = "attachment_download"
    LINK_CLICK = "link_click"
    FORWARD = "forward"
    REPLY = "reply"
    BOUNCE = "bounce"
    NOT_OPEN = "not_open"
    UNSUBSCRIBE = "unsubscribe"
    SPAM = "spam"
    #: Anything else: kept with its raw payload, not dropped.
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, raw: str) -> "EventType":
        """Return the type the service means by that word, in any letter-case."""
        return _TYPES.get(normalise(raw), cls.UNKNOWN)


_TYPES = {normalise(kind.value): kind for kind in EventType}

# Names a field may go by: the documented one first, the others assumed (A).
_TYPE = ("type", "event", "event_type", "trigger")
_DATE = ("date", "created", "created_at", "time", "timestamp")
_MAIL = ("mail_id", "mail", "letter_id")
_CUSTOM = ("custom_data",)
_EVENTS = ("events", "event", "data", "result", "items")
_LETTER = ("mail", "statistics", "result", "data")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingEvent:
    """One thing that happened to one letter.

    :ivar raw_type: the service's word for the type, the beginning of it
    :ivar date: when, aware, in UTC
    :ivar remote_id: the service's id of the event
    :ivar mail_ref: the service's id of the letter
    :ivar key: our key of the letter, out of ``custom_data``
    :ivar email: the reader's address, in lower case
    :ivar attachment_ref: the service's id of the attachment
    :ivar payload: the event as it came
    """

    type: EventType
    raw_type: str = ""
    date: datetime | None = None
    remote_id: str | None = None
    mail_ref: str | None = None
    key: str | None = None
    email: str | None = None
    attachment_ref: str | None = None
    url: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    payload: dict[str, Any] = field(default_factory=dict, repr=False, hash=False)

    @property
    def fingerprint(self) -> str:
        """A text that is the same for one event however it was heard.

        The service's id of the event where there is one, otherwise a SHA-256 over
        what happened, to the second. The letter is not part of it: the caller adds
        that.
        """
        if self.remote_id:
            return self.remote_id
        known = self.type is not EventType.UNKNOWN
        facts = [
            self.type.value if known else normalise(self.raw_type),
            self.date and self.date.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%S"),
            self.email,
            self.attachment_ref,
            self.url,
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientStatistics:
    """What one reader did; dates aware, in UTC, None where nothing is said."""

    email: str | None = None
    first_open: datetime | None = None
    last_open: datetime | None = None
    open_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentStatistics:
    """What became of one attachment; ``ref`` is the service's id of it."""

    ref: str | None = None
    name: str | None = None
    opened: bool | None = None
    first_open: datetime | None = None
    last_open: datetime | None = None
    open_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What became of one letter; None where the service says nothing.

    :ivar updated: when the service last looked, aware, in UTC
    :ivar errors: events that cannot be read, each with its ``payload``, lists with
        more than :data:`~.reading.MAX_ITEMS`, of which no more were read, and fields
        that only describe the letter; :data:`MAX_ERRORS` of each at most
    """

    ref: str | None = None
    status: str | None = None
    subject: str | None = None
    sent: datetime | None = None
    first_open: datetime | None = None
    last_open: datetime | None = None
    open_count: int | None = None
    updated: datetime | None = None
    recipients: tuple[RecipientStatistics, ...] = ()
    attachments: tuple[AttachmentStatistics, ...] = ()
    events: tuple[TrackingEvent, ...] = ()
    errors: tuple[PayloadError, ...] = ()

    @property
    def tells_of_opens(self) -> bool:
        """Whether its sums, apart from its events, say that anything was opened."""
        return bool(
            self.first_open
            or self.open_count
            or any(line.opened or line.first_open for line in self.attachments)
        )


def parse_statistics(data: Any, service_tz: str | tzinfo = DEFAULT_TZ) -> Statistics:
    """Read the answer of the ``statistics`` call (A).

    :raises PayloadError: the letter's id or opens, or an attachment, cannot be read,
        or nothing in the answer is known to us. One unreadable event, or a field
        that nothing depends on, goes to ``errors`` instead.
    :raises ValueError: the zone is not known here
    """
    zone = zone_of(service_tz)
    letter = _letter_fields(as_object(data, "statistics"), zone)
    ref = letter.ident("id", "mail_id")
    errors: list[PayloadError] = []
    recipients, attachments, items = (
        _some(letter, name, errors) for name in ("recipients", "attachments", "events")
    )
    events, unread = _read_events(items, zone, "events", {"mail_ref": ref})
    return Statistics(
        ref=ref,
        status=_or_note(errors, lambda: letter.text("status", limit=_WORD)),
        subject=_or_note(errors, lambda: letter.text("subject", limit=_NAME)),
        sent=_or_note(errors, lambda: letter.date("sent")),
        first_open=letter.date("first_open"),
        last_open=letter.date("last_open"),
        open_count=letter.count("open_count"),
        updated=_or_note(errors, lambda: letter.date("updated")),
        recipients=_recipients(recipients, zone, errors),
        attachments=tuple(map(_attachment, _each(attachments, "attachments", zone))),
        events=tuple(events),
        errors=(*errors, *unread),
    )


def parse_events(
    data: Any, service_tz: str | tzinfo = DEFAULT_TZ, *, limit: int = MAX_ITEMS
) -> tuple[list[TrackingEvent], list[PayloadError]]:
    """Read the body of a webhook: one event, a list, or an object around them (P, A).

    :param limit: items that we agree to read
    :return: the events, and an error for each item that cannot be read, with the item
        as ``payload``; :data:`MAX_ERRORS` at most, the last of which tells how many
        there are. No content makes this raise anything else.
    :raises TooManyItems: more items than that
    :raises ValueError: the zone is not known here
    """
    zone = zone_of(service_tz)
    inherited: dict[str, Any] = {}
    # Wrappers such as {"mail_id": 1, "events": [...]} or {"data": {"events": [...]}}.
    for _ in range(3):
        wrapper = Fields(data) if isinstance(data, dict) else None
        inner = wrapper and next(
            (
                value
                for value in map(wrapper.get, _EVENTS)
                if isinstance(value, list | dict)
            ),
            None,
        )
        if not inner or isinstance(wrapper.get(*_TYPE), str):
            break
        try:
            inherited.update(_identity(wrapper))
        except PayloadError as error:
            error.payload = data
            return [], [error]
        data = inner
    items = [data] if is_empty(data) and data != [] else as_list(data)
    if len(items) > limit:
        raise TooManyItems(
            f"The service sent more than {limit} events at once.", field="events"
        )
    return _read_events(items, zone, "events", inherited)


def _read_events(
    items: list, zone: tzinfo, where: str, inherited: dict[str, Any]
) -> tuple[list[TrackingEvent], list[PayloadError]]:
    events, errors, unread = [], [], 0
    for index, item in enumerate(items):
        try:
            events.append(_event(item, zone, f"{where}[{index}]", inherited))
        except PayloadError as error:
            unread += 1
            if unread <= MAX_ERRORS:
                error.payload = item
                # A traceback would keep everything that was at hand.
                errors.append(error.with_traceback(None))
    if unread > MAX_ERRORS:
        errors[-1] = Fields({}).error(where, f"has {unread} items that cannot be read")
    return events, errors


def _event(
    item: Any, zone: tzinfo, where: str, inherited: dict[str, Any]
) -> TrackingEvent:
    payload = as_object(item, where)
    fields = Fields(payload, f"{where}.", zone)
    raw_type = fields.text(*_TYPE, limit=_WORD)
    if raw_type is None:
        raise fields.error("type", "is missing")
    return TrackingEvent(
        type=EventType.of(raw_type),
        raw_type=raw_type,
        date=fields.date(*_DATE),
        remote_id=fields.ident("id", "event_id"),
        email=fields.email("email", "recipient"),
        attachment_ref=fields.ident("attachment_id"),
        url=fields.text("url", "link", limit=_URL),
        ip=fields.text("ip", "ip_address", limit=_WORD),
        user_agent=fields.text("user_agent", limit=_AGENT),
        payload=payload,
        **{"mail_ref": None, "key": None, **inherited, **_identity(fields)},
    )


def _identity(fields: Fields) -> dict[str, str]:
    """Return which letter an object speaks about, as far as it says so itself."""
    mail = fields.get(*_MAIL)
    if isinstance(mail, dict):
        mail_ref = Fields(mail, f"{fields.where}mail.").ident("id")
    else:
        mail_ref = fields.ident(*_MAIL)
    identity = {"mail_ref": mail_ref, "key": custom_key(fields)}
    return {name: value for name, value in identity.items() if value is not None}


def custom_key(fields: Fields) -> str | None:
    """Return our key out of ``custom_data``.

    Letters that others sent through the same account carry their own custom data, of
    whatever shape: that is no error, only not ours.
    """
    custom = fields.get(*_CUSTOM)
    try:
        if isinstance(custom, str):
            custom = parse_json(custom.encode())
        return Fields(as_object(custom, "custom_data")).text("key")
    except (PayloadError, UnicodeEncodeError):
        return None


def _letter_fields(data: dict, zone: tzinfo) -> Fields:
    """Return the letter's fields, out of the object around them if there is one."""
    fields = Fields(data, service_tz=zone)
    for name in _LETTER:
        inner = fields.get(name)
        if not fields.has("id", "mail_id") and isinstance(inner, dict | list):
            fields = Fields(as_object(inner, name), service_tz=zone)
            break
    if not fields.has("id", "mail_id", *Statistics.__slots__):
        raise fields.error("statistics", "tells nothing about a letter")
    return fields


def _some(letter: Fields, name: str, errors: list[PayloadError]) -> list:
    """Return the items of a list that are read; note it when there are more."""
    items = as_list(letter.get(name))
    if len(items) > MAX_ITEMS:
        errors.append(letter.error(name, f"has more than {MAX_ITEMS} items"))
    return items[:MAX_ITEMS]


def _each(items: list, name: str, zone: tzinfo) -> Iterator[Fields]:
    for index, item in enumerate(items):
        where = f"{name}[{index}]"
        yield Fields(as_object(item, where), f"{where}.", zone)


def _or_note(errors: list[PayloadError], read: Callable[[], Any]) -> Any:
    """Return what ``read`` does; None, with the error noted, when it cannot be read."""
    try:
        return read()
    except PayloadError as error:
        if len(errors) < MAX_ERRORS:
            errors.append(error)
        return None


def _recipients(
    items: list, zone: tzinfo, errors: list[PayloadError]
) -> tuple[RecipientStatistics, ...]:
    """Return the readers that can be read."""
    readers = []
    for index, item in enumerate(items):
        where = f"recipients[{index}]"
        readers.append(
            _or_note(errors, functools.partial(_recipient, item, where, zone))
        )
    return tuple(filter(None, readers))


def _recipient(item: Any, where: str, zone: tzinfo) -> RecipientStatistics:
    fields = Fields(as_object(item, where), f"{where}.", zone)
    return RecipientStatistics(
        email=fields.email("email"),
        first_open=fields.date("first_open"),
        last_open=fields.date("last_open"),
        open_count=fields.count("open_count"),
    )


def _attachment(fields: Fields) -> AttachmentStatistics:
    first_open, count = fields.date("first_open"), fields.count("open_count")
    opened = fields.flag("opened")
    if opened is None and (first_open or count is not None):
        opened = bool(first_open or count)
    return AttachmentStatistics(
        ref=fields.ident("id", "attachment_id"),
        name=fields.text("name", limit=_NAME),
        opened=opened,
        first_open=first_open,
        last_open=fields.date("last_open"),
        open_count=count,
    )
