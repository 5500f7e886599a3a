"""The page with the letters in columns Sent and Opened (manual, pictures 13 and 14),
and a page for each letter.
"""

from flask import Blueprint, abort, render_template, request

from . import account
from .journal import ATTACHMENT_DOWNLOAD, ATTACHMENT_OPEN, OPEN
from .pages import letter_response, live_response
from .service import service

board = Blueprint("board", __name__)

CARDS = 60
"""Letters shown in a column, newest first."""

EVENT_NAMES = {
    "message_open": "Letter opened",
    "attachment_open": "Attachment opened",
    "attachment_download": "Attachment downloaded",
    "link_click": "Link followed",
    "not_open": "Not opened in time",
    "bounce": "Returned by the mail server",
    "forward": "Forwarded",
    "reply": "Answered",
    "unsubscribe": "Unsubscribed",
    "spam": "Marked as spam",
}


@board.get("/")
def index():
    return render_template("board.html", version=_version(), **_columns())


@board.get("/columns")
def columns():
    return live_response(
        _version(),
        request.args.get("version"),
        lambda: render_template("_columns.html", **_columns()),
    )


@board.get("/letters/<int:letter_id>")
def letter(letter_id: int):
    found = service.store.letter(letter_id) or abort(404)
    return render_template(
        "letter.html", letter=found, version=_version(), **_life(letter_id)
    )


@board.get("/letters/<int:letter_id>/life")
def life(letter_id: int):
    if not service.store.letter(letter_id):
        abort(404)
    return live_response(
        _version(),
        request.args.get("version"),
        lambda: render_template("_life.html", **_life(letter_id)),
    )


@board.get("/letters/<int:letter_id>/body")
def body(letter_id: int):
    """The letter as its sender wrote it: looking at the board counts as nobody's
    opening.
    """
    found = service.store.letter(letter_id) or abort(404)
    return letter_response(found["text"])


def _version() -> str:
    """Changes whenever anything a page shows does."""
    row = service.store.db.one(
        "SELECT (SELECT max(id) FROM letter) AS letters, (SELECT max(id) FROM event) AS events,"
        " (SELECT count(*) FROM recipient WHERE state = 'waiting') AS waiting,"
        " (SELECT total(attempts) FROM notice WHERE id > (SELECT max(id) - 1000 FROM notice)) AS attempts,"
        " (SELECT max(id) FROM subscription) AS subscriptions"
    )
    return "-".join(str(value or 0) for value in row)


def _columns() -> dict:
    db = service.store.db
    opened_total = db.one(
        "SELECT count(DISTINCT letter_id) AS count FROM event WHERE type = ?", OPEN
    )["count"]
    total = db.one("SELECT count(*) AS count FROM letter")["count"]
    notices = db.all("SELECT state, count(*) AS count FROM notice GROUP BY state")
    return {
        "account": account,
        "columns": [
            {
                "name": "Sent",
                "total": total - opened_total,
                "cards": _cards(opened=False),
            },
            {"name": "Opened", "total": opened_total, "cards": _cards(opened=True)},
        ],
        "subscriptions": service.store.subscriptions(),
        "notices": {row["state"]: row["count"] for row in notices},
    }


def _cards(*, opened: bool) -> list[dict]:
    was_opened = "EXISTS (SELECT 1 FROM event WHERE letter_id = letter.id AND type = ?)"
    rows = service.store.db.all(
        f"SELECT * FROM letter WHERE {'' if opened else 'NOT '}{was_opened} ORDER BY id DESC LIMIT ?",
        OPEN,
        CARDS,
    )
    return [_card(row) for row in rows]


def _card(row) -> dict:
    opens = service.store.db.one(
        "SELECT count(*) AS count, max(date) AS last FROM event WHERE letter_id = ? AND type = ?",
        row["id"],
        OPEN,
    )
    return {
        "letter": row,
        "opens": opens["count"],
        "last_open": opens["last"],
        "recipients": service.store.recipients(row["id"]),
        "attachments": _attachments(row["id"]),
    }


def _attachments(letter_id: int) -> list[dict]:
    seen = service.store.db.all(
        "SELECT upload_id, count(*) AS count FROM event WHERE letter_id = ? AND type IN (?, ?) GROUP BY upload_id",
        letter_id,
        ATTACHMENT_OPEN,
        ATTACHMENT_DOWNLOAD,
    )
    counts = {row["upload_id"]: row["count"] for row in seen}
    return [
        {**dict(row), "opens": counts.get(row["id"], 0)}
        for row in service.store.attachments(letter_id)
    ]


def _life(letter_id: int) -> dict:
    """All that happened to a letter, newest first, and who was told."""
    events = service.journal.events(letter_id)
    notices = service.store.db.all(
        "SELECT notice.* FROM notice JOIN event ON event.id = event_id WHERE letter_id = ? ORDER BY notice.id",
        letter_id,
    )
    uploads = _attachments(letter_id)
    return {
        "statistics": service.journal.statistics(letter_id),
        "opens": [event for event in events if event["type"] == OPEN],
        "recipients": service.store.recipients(letter_id),
        "attachments": uploads,
        "sent": service.store.letter(letter_id)["sent"],
        "timeline": [
            {
                "event": event,
                "name": EVENT_NAMES.get(event["type"], event["type"]),
                "attachment": next(
                    (
                        item["name"]
                        for item in uploads
                        if item["id"] == event["upload_id"]
                    ),
                    None,
                ),
                "notices": [
                    notice for notice in notices if notice["event_id"] == event["id"]
                ],
            }
            for event in reversed(events)
        ],
    }
