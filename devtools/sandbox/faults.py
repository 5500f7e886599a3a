"""Misbehaviour, switched on by tests: for one call or all, a number of times, a fault
wraps what would be answered.

A fault's name may end in `_before` (the service has not done what it was asked) or
`_after` (it has, and only the answer goes wrong). Without an ending, faults that spoil
an answer come after, those that refuse come before.
"""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Response, jsonify, request

from .errors import ApiError, error_body

CALLS = (
    "login",
    "upload",
    "send",
    "link",
    "template",
    "subscribe",
    "unsubscribe",
    "statistics",
    "find",
    "webhook",
)

View = Callable[[], Response]


@dataclass(eq=False)
class Fault:
    """A fault switched on. `times` left, None for ever; `match`, text that the
    request's body or query must contain; `options`, the fault's own.
    """

    call: str
    kind: str
    after: bool
    times: int | None = 1
    match: str | None = None
    options: dict = field(default_factory=dict)
    cleared: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def parse(cls, body: dict) -> "Fault":
        """Reads `{"call": ..., "fault": ..., "times": 1, "match": null, options...}`.
        ApiError 422 when wrong.
        """
        options = dict(body)
        call, name = options.pop("call", "*"), options.pop("fault", None)
        times, match = options.pop("times", 1), options.pop("match", None)
        if call not in (*CALLS, "*"):
            raise ApiError(422, f"Unknown call: {call}")
        kind, _, moment = str(name).rpartition("_")
        if moment not in ("before", "after") or not kind:
            kind, moment = str(name), None
        if kind not in (WEBHOOK_KINDS if call == "webhook" else KINDS):
            raise ApiError(422, f"Unknown fault for {call}: {name}")
        after = kind in SPOIL_ANSWER if moment is None else moment == "after"
        # 0 and null both mean: until the faults are cleared.
        return cls(call, kind, after, int(times) if times else None, match, options)

    def option(self, name: str, default):
        return self.options.get(name, default)

    def strikes(self, call: str) -> bool:
        is_for = self.call == call or (self.call == "*" and call != "webhook")
        return is_for and self.times != 0

    def json(self) -> dict:
        fields = {
            "call": self.call,
            "fault": self.kind,
            "after": self.after,
            "times": self.times,
            "match": self.match,
        }
        return {**fields, **self.options}


class Faults:
    """The faults switched on now."""

    def __init__(self):
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def arm(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self, call: str | None = None) -> None:
        """Switches all off, or those for `call`. Whoever hangs in one of them goes on."""
        with self._lock:
            gone = [fault for fault in self._faults if call in (None, fault.call)]
            self._faults = [fault for fault in self._faults if fault not in gone]
        for fault in gone:
            fault.cleared.set()

    def json(self) -> list[dict]:
        with self._lock:
            return [fault.json() for fault in self._faults if fault.times != 0]

    def armed(self, call: str, kind: str) -> Fault | None:
        with self._lock:
            return next(
                (
                    fault
                    for fault in self._faults
                    if fault.kind == kind and fault.strikes(call)
                ),
                None,
            )

    def take(
        self, call: str, *, text: Callable[[], str] = str, kinds: set[str] | None = None
    ) -> list[Fault]:
        """The faults that strike this call, each used up by one. `text` is asked only
        when a fault wants a match.
        """
        with self._lock:
            taken = [
                fault
                for fault in self._faults
                if fault.strikes(call)
                and (kinds is None or fault.kind in kinds)
                and (fault.match is None or fault.match in text())
            ]
            for fault in taken:
                if fault.times is not None:
                    fault.times -= 1
        return taken

    def around(self, call: str, view: View, service) -> Response:
        """Answers a call of the API, spoiled by whatever is switched on for it."""
        for fault in self.take(call, text=_request_text):
            view = _spoiled(fault, view, service)
        return view()


def _request_text() -> str:
    return request.get_data(as_text=True) + "?" + request.query_string.decode()


def _spoiled(fault: Fault, view: View, service) -> View:
    def spoiled() -> Response:
        answer = view() if fault.after else None
        return KINDS[fault.kind](fault, view, answer, service)

    return spoiled


# Each fault: (fault, view not called yet when `before`, its answer when `after`,
# service) -> what the caller gets.


def _latency(fault, view, answer, _service):
    fault.cleared.wait(fault.option("seconds", 1))
    return answer or view()


def _refuse(fault, _view, _answer, _service):
    body = error_body(
        fault.option("code", 422), fault.option("message", "The letter was refused")
    )
    return _json(body, fault.option("status", 200))


def _error_200(fault, _view, _answer, _service):
    return _json(
        error_body(
            fault.option("code", 500), fault.option("message", "Something went wrong")
        )
    )


def _http_500(fault, _view, _answer, _service):
    return Response(
        "Internal Server Error", fault.option("status", 500), mimetype="text/plain"
    )


def _drop(_fault, _view, _answer, _service):
    request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return Response()


def _drip(fault, view, answer, _service):
    """One byte a second. Spaces go first, so that by default the whole takes ten
    minutes and is right in the end.
    """
    body = (answer or view()).get_data()
    body = body.rjust(fault.option("bytes", 600))
    interval = fault.option("interval", 1)

    def bytewise():
        for position in range(len(body)):
            yield body[position : position + 1]
            time.sleep(interval)

    return Response(
        bytewise(),
        mimetype="application/json",
        headers={"Content-Length": str(len(body))},
    )


def _html(fault, _view, _answer, _service):
    page = "<!DOCTYPE html><html><head><title>Welcome</title></head><body><h1>It works</h1></body></html>"
    return Response(
        fault.option("body", page), fault.option("status", 200), mimetype="text/html"
    )


def _broken_json(fault, _view, answer, _service):
    body = (answer.get_data() if answer else b'{"id": 1}').rstrip()[:-1]
    return Response(fault.option("body", body), mimetype="application/json")


def _huge_body(fault, _view, _answer, _service):
    """A right answer's beginning and then more than anybody asked for: 64 MiB unless
    `bytes` says otherwise.
    """
    size = fault.option("bytes", 64 << 20)

    def pieces():
        yield b'{"id": 1, "padding": "'
        for position in range(0, size, 1 << 16):
            yield b"x" * min(1 << 16, size - position)
        yield b'"}'

    return Response(pieces(), mimetype="application/json")


def _rate_limit(fault, _view, _answer, _service):
    response = _json(error_body(429, "Too many requests"), 429)
    if (retry_after := fault.option("retry_after", "1")) is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _redirect(fault, _view, _answer, _service):
    return Response(
        status=fault.option("status", 307),
        headers={"Location": fault.option("url", "/elsewhere")},
    )


def _expired_api_key(_fault, view, answer, service):
    service.store.expire_api_keys()
    return answer or view()


def _cannot_find(fault, _view, _answer, _service):
    if fault.option("error", False):
        return _json(error_body(500, "Search is out of order"))
    return _json({"mails": []})


def _webhook_before_answer(_fault, _view, answer, service):
    """The reader is quicker than the answer: a `message_open` reaches subscribers
    inside the POST.
    """
    body = answer.get_json(silent=True) or {}
    if letter_id := body.get("id"):
        service.open_before_answer(letter_id)
    return answer


def _json(body: dict, status: int = 200) -> Response:
    response = jsonify(body)
    response.status_code = status
    return response


KINDS = {
    "latency": _latency,
    "refuse": _refuse,
    "error_200": _error_200,
    "http_500": _http_500,
    "drop": _drop,
    "drip": _drip,
    "html": _html,
    "broken_json": _broken_json,
    "huge_body": _huge_body,
    "rate_limit": _rate_limit,
    "redirect": _redirect,
    "expired_api_key": _expired_api_key,
    "cannot_find": _cannot_find,
    "webhook_before_answer": _webhook_before_answer,
}
SPOIL_ANSWER = {"drip", "html", "broken_json", "huge_body", "webhook_before_answer"}
WEBHOOK_KINDS = {"duplicate", "reorder", "hold", "lose"}
