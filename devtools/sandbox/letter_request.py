"""What a `POST /mail` may say. The service is strict: a client that misspells a field
hears of it.
"""

import re
from dataclasses import dataclass

from .errors import ApiError

DAY = 24 * 60 * 60

_ADDRESS = re.compile(
    r"[^@\s<>()\[\],;:\"\\\x00-\x1f\x7f]+@[^@\s<>()\[\],;:\"\\\x00-\x1f\x7f]+"
)
_LINE_BREAKS = re.compile(r"[\r\n\x00]")
_ATTACHMENTS = re.compile(r"(?:\d+;)*")

FIELDS = {
    "apikey", "to", "to_emails", "subject", "text", "type", "attachments", "template_id", "notification_settings",
    "events", "custom_data", "crm_data", "from_name", "reply_to", "cc_emails",
}  # fmt: skip


@dataclass(frozen=True)
class LetterRequest:
    """A letter as asked for. Attachments are upload ids, `not_open_after` seconds;
    neither is looked up yet.
    """

    recipients: list[str]
    copies: list[str]
    subject: str
    text: str
    kind: str
    attachments: list[int]
    template_id: int | None
    from_name: str
    reply_to: str
    custom_data: dict
    webhook: bool
    not_open_after: float | None

    @classmethod
    def parse(cls, body: dict) -> "LetterRequest":
        """Reads the JSON body. Raises ApiError 400 for an unknown field, 422 for a
        value that will not do.
        """
        unknown = sorted(set(body) - FIELDS)
        if unknown:
            raise ApiError(400, f"Unknown field: {unknown[0]}")
        _check_crm_data(body.get("crm_data"))
        template_id = _number(body, "template_id")
        return cls(
            recipients=_recipients(body),
            copies=_addresses(body, "cc_emails"),
            # A template brings what the request leaves out (A).
            subject=_line(body, "subject", required=template_id is None),
            text=_string(body, "text", required=template_id is None),
            kind=_kind(body),
            attachments=_attachments(body),
            template_id=template_id,
            from_name=_line(body, "from_name"),
            reply_to=_address(body["reply_to"], "reply_to")
            if body.get("reply_to")
            else "",
            custom_data=_object(body, "custom_data"),
            webhook=_wants_webhook(body),
            not_open_after=_not_open_after(body),
        )


def _recipients(body: dict) -> list[str]:
    if ("to" in body) == ("to_emails" in body):
        raise ApiError(422, "Give the recipient in to, or several in to_emails")
    if "to" in body:
        return [_address(body["to"], "to")]
    recipients = _addresses(body, "to_emails")
    if not recipients:
        raise ApiError(422, "to_emails is empty")
    return recipients


def _addresses(body: dict, field: str) -> list[str]:
    """The addresses of a list of `{"email": ...}` (P for to_emails), each once."""
    items = body.get(field, [])
    if not isinstance(items, list) or not all(
        isinstance(item, dict) and set(item) == {"email"} for item in items
    ):
        raise ApiError(422, f'{field} must be a list of {{"email": ...}}')
    return list(dict.fromkeys(_address(item["email"], field) for item in items))


def _address(value, field: str) -> str:
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value) or len(value) > 254:
        raise ApiError(422, f"Malformed address in {field}")
    return value


def _string(body: dict, field: str, *, required: bool = False) -> str:
    value = body.get(field, "")
    if not isinstance(value, str):
        raise ApiError(422, f"{field} must be a string")
    if required and not value.strip():
        raise ApiError(422, f"{field} is missing")
    return value


def _line(body: dict, field: str, *, required: bool = False) -> str:
    value = _string(body, field, required=required)
    if _LINE_BREAKS.search(value):
        raise ApiError(422, f"{field} must be one line")
    return value


def _kind(body: dict) -> str:
    kind = body.get("type", "message")
    if kind not in ("message", "link"):
        raise ApiError(422, "type must be message or link")
    return kind


def _number(body: dict, field: str) -> int | None:
    value = body.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,18}", str(value)):
        raise ApiError(422, f"{field} must be a number")
    return int(value)


def _attachments(body: dict) -> list[int]:
    """The ids of `"17;18;"`, each followed by a semicolon (P)."""
    value = _string(body, "attachments")
    if not _ATTACHMENTS.fullmatch(value):
        raise ApiError(
            422, 'attachments must be ids, each followed by a semicolon: "17;18;"'
        )
    return list(dict.fromkeys(int(number) for number in value.split(";") if number))


def _object(body: dict, field: str) -> dict:
    value = body.get(field, {})
    if not isinstance(value, dict):
        raise ApiError(422, f"{field} must be an object")
    return value


def _wants_webhook(body: dict) -> bool:
    settings = _object(body, "notification_settings")
    known = {"sms_enable", "email_enable", "webhook_enable"}
    if not set(settings) <= known or not all(
        isinstance(value, bool) for value in settings.values()
    ):
        raise ApiError(
            422,
            "notification_settings takes sms_enable, email_enable, webhook_enable, each true or false",
        )
    return settings.get("webhook_enable", True)


def _not_open_after(body: dict) -> float | None:
    """`not_open_timeout` in seconds; the service counts days (A)."""
    events = _object(body, "events")
    if not events:
        return None
    if (
        not set(events) <= {"trigger", "not_open_timeout"}
        or events.get("trigger") != "message_open"
    ):
        raise ApiError(
            422,
            "events takes trigger, which must be message_open, and not_open_timeout",
        )
    timeout = events.get("not_open_timeout")
    if timeout is None:
        return None
    if (
        isinstance(timeout, bool)
        or not isinstance(timeout, (int, float))
        or not 0 < timeout <= 365
    ):
        raise ApiError(
            422, "not_open_timeout must be days, more than 0 and at most 365"
        )
    return timeout * DAY


def _check_crm_data(value) -> None:
    """The CRM's own references (P). Checked and forgotten: nothing in the sandbox reads
    them.
    """
    if value is None:
        return
    keys = {"element_id", "element_type"}
    if not isinstance(value, list) or not all(
        isinstance(item, dict) and set(item) == keys for item in value
    ):
        raise ApiError(422, "crm_data must be a list of element_id and element_type")
