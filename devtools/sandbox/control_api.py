"""/sandbox/...: how tests look behind the service's counter, and make it misbehave.
`control.Sandbox` speaks this.
"""

from flask import Blueprint, abort, jsonify, request

from .clock import iso, moment
from .errors import ApiError, error_body
from .faults import Fault
from .journal import OPEN, Event, event_json
from .programs import PROGRAMS, READER
from .service import service

control = Blueprint("control", __name__, url_prefix="/sandbox")

SETTINGS = {"hash_labels": list, "password_revoked": bool, "deliver": bool}
"""What `POST /sandbox/settings` takes: labels of the login hash that are accepted;
whether all logins are refused; whether letters are delivered, or accepted and left
waiting.
"""


@control.before_request
def _loopback_only():
    if request.remote_addr not in ("127.0.0.1", "::1"):
        abort(403)


@control.errorhandler(ApiError)
def _explain(error: ApiError):
    """Unlike the service, the control answers errors with an error status, for tests to
    fail on.
    """
    return jsonify(error_body(error.code, error.message)), 400


def _objects() -> list[dict]:
    body = request.get_json(silent=True)
    items = body if isinstance(body, list) else [body]
    if not all(isinstance(item, dict) for item in items):
        raise ApiError(400, "Send a JSON object, or a list of them")
    return items


@control.post("/faults")
def add_faults():
    for fault in [Fault.parse(item) for item in _objects()]:
        service.faults.arm(fault)
    return jsonify(service.faults.json())


@control.delete("/faults")
def clear_faults():
    service.faults.clear(request.args.get("call"))
    service.webhooks.wake()
    return jsonify([])


@control.get("/state")
def state():
    """Counts; with `?letters=0` without the list of letters, which is long after a
    benchmark.
    """
    answer = {
        "requests": service.traffic.counts(),
        "under_way": service.traffic.number_under_way(),
        "logins": service.traffic.logins(),
        "accepted": _accepted(),
        "webhooks": _count_by_state("notice"),
        "deliveries": _count_by_state("recipient"),
        "subscriptions": [dict(row) for row in service.store.subscriptions()],
        "faults": service.faults.json(),
        "clock": iso(service.clock.now()),
    }
    if request.args.get("letters") != "0":
        answer["letters"] = [
            _letter(row)
            for row in service.store.db.all("SELECT * FROM letter ORDER BY id")
        ]
    return jsonify(answer)


def _accepted() -> dict:
    rows = service.store.db.all(
        "SELECT key, count(*) AS count FROM letter GROUP BY key"
    )
    return {
        "total": sum(row["count"] for row in rows),
        "by_key": {row["key"]: row["count"] for row in rows if row["key"] is not None},
    }


def _count_by_state(table: str) -> dict[str, int]:
    rows = service.store.db.all(
        f"SELECT state, count(*) AS count FROM {table} GROUP BY state"
    )
    return {row["state"]: row["count"] for row in rows}


def _letter(row) -> dict:
    return {
        "id": row["id"],
        "key": row["key"],
        "subject": row["subject"],
        "from_name": row["from_name"],
        "reply_to": row["reply_to"],
        "type": row["kind"],
        "webhook": bool(row["webhook"]),
        "recipients": [
            {"email": r["email"], "state": r["state"]}
            for r in service.store.recipients(row["id"])
        ],
        "attachments": [
            {"id": a["id"], "name": a["name"]}
            for a in service.store.attachments(row["id"])
        ],
        "events": [event_json(event) for event in service.journal.events(row["id"])],
    }


@control.get("/requests")
def requests_seen():
    """When a call was made: epoch seconds, oldest first."""
    return jsonify(service.traffic.times(request.args.get("call", "")))


@control.post("/events")
def inject_events():
    """Makes news; one event or a list: `{"mail_id" or "key", "type", "date", "email",
    "attachment_id", "url", ...}`.

    Any type will do. `date` is ISO 8601 or epoch seconds, by default now; `email` by
    default the first recipient's. `?notify=0` keeps subscribers from hearing of it, so
    that only statistics know.
    """
    events = [_event(item) for item in _objects()]
    ids = service.record(events, notify=request.args.get("notify") != "0")
    return jsonify([f"e-{event_id}" for event_id in ids])


def _event(item: dict) -> Event:
    letter_id = item.get("mail_id")
    if letter_id is None:
        letter_id = next(iter(service.store.letters_by_key(str(item.get("key")))), None)
    recipients = service.store.recipients(letter_id)
    if not recipients or not item.get("type"):
        raise ApiError(
            422, "An event needs the mail_id or key of a letter that exists, and a type"
        )
    try:
        date = moment(item["date"]) if item.get("date") is not None else None
    except ValueError as error:
        raise ApiError(422, str(error)) from error
    reader = PROGRAMS[READER]
    program = reader.images if item["type"] == OPEN else reader.links
    return Event(
        letter_id,
        item["type"],
        email=item.get("email", recipients[0]["email"]),
        date=date,
        upload_id=item.get("attachment_id"),
        url=item.get("url"),
        ip=item.get("ip", "192.0.2.7"),
        user_agent=item.get("user_agent", program),
    )


@control.post("/clock")
def set_clock():
    """Moves the service's clock to so many seconds from the machine's. What falls due
    by that happens at once.
    """
    [body] = _objects()
    service.clock.offset = float(body.get("offset_seconds", 0))
    service.store.set_setting("clock_offset", service.clock.offset)
    service.webhooks.wake()
    return jsonify({"clock": iso(service.clock.now())})


@control.post("/settings")
def set_settings():
    [body] = _objects()
    for name, value in body.items():
        if not isinstance(value, SETTINGS.get(name, ())):
            raise ApiError(422, f"Not a setting, or not its type: {name}")
        service.store.set_setting(name, value)
    if body.get("deliver"):
        service.delivery.add(service.store.waiting_recipients())
    return jsonify(body)


@control.post("/reset")
def reset():
    service.reset()
    return jsonify({})
