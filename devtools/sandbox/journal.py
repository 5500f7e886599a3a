"""What readers did, once each, and the statistics made of it."""

import json
from dataclasses import dataclass

from .clock import iso
from .store import Store

OPEN = "message_open"
ATTACHMENT_OPEN = "attachment_open"
ATTACHMENT_DOWNLOAD = "attachment_download"
LINK_CLICK = "link_click"
NOT_OPEN = "not_open"
BOUNCE = "bounce"


@dataclass(frozen=True)
class Event:
    """One thing that happened to a letter. `date` in epoch seconds, None for now."""

    letter_id: int
    type: str
    email: str | None = None
    date: float | None = None
    upload_id: int | None = None
    url: str | None = None
    ip: str | None = None
    user_agent: str | None = None


class Journal:
    """Append-only. Each event makes one notice for each subscriber, in the same
    transaction.
    """

    def __init__(self, store: Store):
        self.store = store
        self.db = store.db

    def record(self, events: list[Event], *, notify: bool = True) -> list[int]:
        """Appends events; their ids. Notices are made if `notify` and the letter asked
        for webhooks.
        """
        now = self.store.clock.now()
        with self.db.transaction() as connection:
            ids = [self._insert(connection, event, now) for event in events]
            if notify:
                marks = [(event_id, now) for event_id in ids]
                connection.executemany(
                    "INSERT INTO notice (event_id, url, state, due) SELECT event.id, subscription.url, 'waiting', ?2"
                    " FROM event JOIN letter ON letter.id = letter_id AND webhook, subscription WHERE event.id = ?1",
                    marks,
                )
        return ids

    @staticmethod
    def _insert(connection, event: Event, now: float) -> int:
        return connection.execute(
            "INSERT INTO event (letter_id, type, date, email, upload_id, url, ip, user_agent)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                event.letter_id,
                event.type,
                now if event.date is None else event.date,
                event.email,
                event.upload_id,
                event.url,
                event.ip,
                event.user_agent,
            ),
        ).lastrowid

    def due_not_open(self) -> list[Event]:
        """The `not_open` events whose time has come, each taken once: letters nobody
        opened within the timeout.
        """
        now = self.store.clock.now()
        with self.db.transaction() as connection:
            due = connection.execute(
                "SELECT id FROM letter WHERE not_open_due <= ?", (now,)
            ).fetchall()
            connection.execute(
                "UPDATE letter SET not_open_due = NULL WHERE not_open_due <= ?", (now,)
            )
            return [
                Event(row["letter_id"], NOT_OPEN, email=row["email"])
                for letter in due
                for row in connection.execute(
                    "SELECT letter_id, email FROM recipient WHERE letter_id = ? AND NOT EXISTS (SELECT 1 FROM event"
                    " WHERE event.letter_id = recipient.letter_id AND type = ? AND event.email = recipient.email)",
                    (letter["id"], OPEN),
                )
            ]

    def events(self, letter_id: int) -> list:
        return self.db.all(
            "SELECT * FROM event WHERE letter_id = ? ORDER BY date, id", letter_id
        )

    def webhook(self, event_id: int) -> dict | None:
        """What a subscriber is told of an event (P for message_open, A for the rest);
        None when there is no such.
        """
        row = self.db.one(
            "SELECT event.*, custom_data FROM event JOIN letter ON letter.id = letter_id WHERE event.id = ?",
            event_id,
        )
        return row and {
            **event_json(row),
            "mail_id": row["letter_id"],
            "custom_data": json.loads(row["custom_data"]),
        }

    def statistics(self, letter_id: int) -> dict:
        """The answer of `/mail/statistics` (A) for a letter that exists."""
        letter = self.store.letter(letter_id)
        events = self.events(letter_id)
        recipients = self.store.recipients(letter_id)
        opens = [event for event in events if event["type"] == OPEN]
        bounced = all(recipient["state"] == "bounced" for recipient in recipients)
        return {
            "id": letter_id,
            "subject": letter["subject"],
            "status": "opened" if opens else "bounced" if bounced else "sent",
            "sent": iso(letter["sent"]),
            **_opens(opens),
            "updated": iso(self.store.clock.now()),
            "recipients": [
                {
                    "email": row["email"],
                    **_opens(
                        [event for event in opens if event["email"] == row["email"]]
                    ),
                }
                for row in recipients
            ],
            "attachments": [
                _attachment(row, events) for row in self.store.attachments(letter_id)
            ],
            "events": [event_json(event) for event in events],
        }


def event_json(row) -> dict:
    return {
        "id": f"e-{row['id']}",
        "type": row["type"],
        "date": iso(row["date"]),
        "email": row["email"],
        "attachment_id": row["upload_id"],
        "url": row["url"],
        "ip": row["ip"],
        "user_agent": row["user_agent"],
    }


def _opens(events: list) -> dict:
    dates = [event["date"] for event in events]
    return {
        "first_open": iso(min(dates, default=None)),
        "last_open": iso(max(dates, default=None)),
        "open_count": len(dates),
    }


def _attachment(upload, events: list) -> dict:
    seen = [
        event
        for event in events
        if event["upload_id"] == upload["id"]
        and event["type"] in (ATTACHMENT_OPEN, ATTACHMENT_DOWNLOAD)
    ]
    return {
        "id": upload["id"],
        "name": upload["name"],
        "opened": bool(seen),
        **_opens(seen),
    }
