# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From an HTTP answer to what it says, or to the error it amounts to.

=====================================  =============================================
answer                                 error
=====================================  =============================================
429, as status or code                 Unavailable: refused, not carried out
4xx, or 2xx, with the service's error  AuthenticationFailed when it is about the
                                       credentials, otherwise Rejected
4xx without one                        Misconfigured: who answered is not the service,
                                       or it has no such path. But 401 and 403 without
                                       a page are AuthenticationFailed, and what is too
                                       large for whoever stands before it is Rejected
5xx, 3xx, 408, 425, a page or broken   OutcomeUnknown for calls that must not be
JSON instead of an answer              repeated, otherwise Unavailable
=====================================  =============================================
"""

import html
import re
from collections.abc import Iterable
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

from .errors import (
    AuthenticationFailed,
    B2BFamilyError,
    FileRefused,
    Misconfigured,
    OutcomeUnknown,
    PayloadError,
    Rejected,
    Unavailable,
)
from .reading import Fields, is_empty, parse_json
from .transport import MAX_ANSWER, NOT_REPEATABLE, Answer

#: Which errors are about the credentials (A): these codes and statuses, these words.
#: Counted repeats only: the words are a stranger's.
AUTH_CODES = frozenset({401, 403})
AUTH_WORDS = re.compile(
    r"api[\s_-]?key|app[\s_-]?key|ключ\w{0,3}\s{1,3}(?:к\s{1,3})?api|api[\s-]?ключ"
    r"|(?:un|not )authori[sz]ed|authori[sz]ation|authenticat|credentials"
    r"|авториз|аутентифи",
    re.IGNORECASE,
)

#: Which refusals of a letter are about a file of it (A): these words.
FILE_WORDS = re.compile(r"attach|upload|\bfiles?\b|вложени|файл", re.IGNORECASE)

#: Characters of the service's words that are kept, and that are looked at.
MAX_WORDS, MAX_MESSAGE = 300, 4_000
# Shorter ones would blot out ordinary words.
_MIN_SECRET = 4
# 4xx that do not say that the request was heard to the end and refused.
_UNCLEAR = frozenset({408, 425})
# 4xx that are about this very call, whoever says so: it is too large.
_TOO_LARGE = frozenset({413, 414, 431})
# How an answer may say that there is no error.
_NOTHING = (False, "0", "false")


class _Refusal(NamedTuple):
    message: str
    code: int | str | None


def read_answer(
    call: str, answer: Answer, *, secrets: Iterable[str] = (), empty: bool = False
) -> Any:
    """Return the JSON of a good answer.

    :param secrets: values that no error may repeat, should the service quote them
    :param empty: an empty answer is a good one (returned as None)
    :raises B2BFamilyError: see the table above
    """
    try:
        data, readable = parse_json(answer.body, MAX_ANSWER), True
    except PayloadError:
        data, readable = None, empty and not answer.body.strip()
    refusal = _refusal(data)
    is_page = not readable and bool(answer.body.strip())
    kind = _error_class(call, answer.status, refusal, data, is_page)
    if kind is None and readable:
        return data
    kind = kind or _unclear(call)
    details = {
        "call": call,
        "status": answer.status,
        "retry_after": parse_retry_after(answer.headers.get("retry-after")),
    }
    if refusal is None:
        raise kind.because(*_why(answer, readable), **details)
    code = refusal.code
    raise kind(
        _without(secrets, refusal.message),
        code=_without(secrets, code) if isinstance(code, str) else code,
        **details,
    )


def parse_retry_after(value: str | None) -> int | None:
    """Return the seconds a Retry-After header asks for, not capped.

    Takes seconds or an HTTP date; junk, a negative and a past date are None.
    """
    value = (value or "").strip()
    if re.fullmatch(r"[0-9]{1,12}", value):
        return int(value)
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        seconds = int((moment - datetime.now(timezone.utc)).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return seconds if seconds >= 0 else None


def find_id(data: Any, *wrappers: str) -> str | None:
    """Return the id in an answer, of itself or of an object inside it (A).

    :raises PayloadError: there is an id that is none
    """
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if not isinstance(data, dict):
        return None
    fields = Fields(data)
    inner = (find_id(fields.get(name)) for name in wrappers)
    return fields.ident("id", "mail_id") or next(filter(None, inner), None)


def _error_class(
    call: str, status: int, refusal: _Refusal | None, data: Any, is_page: bool
) -> type[B2BFamilyError] | None:
    """Return what an answer amounts to; None for a good one, as far as this shows.

    :param is_page: the answer is something else than JSON, and not empty
    """
    code = refusal.code if refusal else None
    if status == HTTPStatus.TOO_MANY_REQUESTS or (status < 500 and code == 429):
        return Unavailable
    good = 200 <= status < 300
    if not good and (not 400 <= status < 500 or status in _UNCLEAR):
        return _unclear(call)
    if good and refusal is None:
        return None
    if good and call in NOT_REPEATABLE and _has_id(data):
        # An error beside an id: it may have gone out with something missing.
        return OutcomeUnknown
    if refusal is None:
        return _class_without_refusal(status, is_page)
    if status in AUTH_CODES or _about_credentials(call, status, refusal):
        return AuthenticationFailed
    if call == "login":
        # It is refused because of the credentials, or there is none at that path.
        return Misconfigured
    about_file = FILE_WORDS.search(refusal.message[:MAX_WORDS])
    return FileRefused if call in NOT_REPEATABLE and about_file else Rejected


def _class_without_refusal(status: int, is_page: bool) -> type[B2BFamilyError]:
    """Return what a 4xx without the service's own error amounts to.

    Not carried out in any case: a proxy that answers so has not handed the call on.
    """
    if status in AUTH_CODES and not is_page:
        return AuthenticationFailed
    return Rejected if status in _TOO_LARGE else Misconfigured


def _about_credentials(call: str, status: int, refusal: _Refusal) -> bool:
    if call == "login":
        # A login can be refused for nothing else, unless its path is wrong.
        return status not in (404, 405)
    return refusal.code in AUTH_CODES or bool(
        AUTH_WORDS.search(refusal.message[:MAX_WORDS])
    )


def _unclear(call: str) -> type[B2BFamilyError]:
    return OutcomeUnknown if call in NOT_REPEATABLE else Unavailable


def _has_id(data: Any) -> bool:
    try:
        return find_id(data, "mail", "result", "data") is not None
    except PayloadError:
        return True


def _refusal(data: Any) -> _Refusal | None:
    """Return the error an answer speaks of (P): ``{"error": {"message", "code"}}``."""
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if not isinstance(data, dict):
        return None
    outer = Fields(data)
    error = outer.get("error", "errors")
    while isinstance(error, list):
        error = error[0] if error else None
    if isinstance(error, dict):
        inner = Fields(error)
        empty = all(is_empty(value) or value in _NOTHING for value in error.values())
    else:
        inner = Fields({"message": outer.get("message") if error is True else error})
        empty = is_empty(error) or error in _NOTHING
    if empty:
        return None
    message, code = _word(inner, "message"), _word(inner, "code")
    if code and re.fullmatch(r"-?[0-9]{1,9}", code):
        code = int(code)
    return _Refusal(message or f"The service refused the call (code {code}).", code)


def _word(fields: Fields, name: str) -> str | None:
    try:
        return fields.text(name)
    except PayloadError:
        return None


def _why(answer: Answer, readable: bool) -> tuple[str, ...]:
    """Return the reason, and what it is told with, where the service names none."""
    if 200 <= answer.status < 300 and not readable:
        return ("no_json",)
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = ""
    return "http_status", f"{answer.status} {phrase}".strip()


def _without(secrets: Iterable[str], words: str) -> str:
    """Return the service's words, one line, not too long, without our secrets."""
    forms = {
        form
        for secret in secrets
        for form in (secret, quote(secret), quote_plus(secret), html.escape(secret))
        if len(form) >= _MIN_SECRET
    }
    cut = len(words) > MAX_MESSAGE
    words = words[:MAX_MESSAGE]
    for form in sorted(forms, key=len, reverse=True):
        words = words.replace(form, "***")
    if cut:
        # What was cut off may be the other half of a secret.
        words = words[: -max(map(len, forms), default=1)]
    words = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", words).split())
    return words if len(words) <= MAX_WORDS else words[: MAX_WORDS - 1] + "…"
