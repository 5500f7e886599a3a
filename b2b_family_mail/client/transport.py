# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One HTTP call, from the look-up of a name to the last byte of the answer."""

import http.client
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode

import requests
import urllib3

from .address import check_url
from .connection import (
    Adapter,
    AddressRefused,
    AnswerTooLong,
    Call,
    Stage,
    current_call,
)
from .errors import B2BFamilyError, Misconfigured, OutcomeUnknown, Unavailable

_logger = logging.getLogger(__name__)

#: Bytes of an answer, unpacked, that we agree to read.
MAX_ANSWER = 8 * 1024 * 1024
#: Calls that may have an effect each time they are made.
NOT_REPEATABLE = frozenset({"send", "generate_link"})

# Bytes that may arrive beside the body: status, headers, lengths of chunks, trailers.
_HEADS = 64 * 1024
# Small: one block of an answer packed in bad faith unpacks to a thousand times as much.
_BLOCK = 1024
_HEADERS = {
    "User-Agent": "b2b_family_mail",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
}
_NETWORK_ERRORS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, complete; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _PackedOtherwise(Exception):
    """An answer that we cannot unpack."""


class _Session(requests.Session):
    """A session that keeps connections, and nothing else, from call to call."""

    def __init__(self, pool_size: int):
        super().__init__()
        self.trust_env = False  # no proxies, no .netrc
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers = _HEADERS
        for scheme in ("http://", "https://"):
            self.mount(scheme, Adapter(pool_maxsize=pool_size))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Say that there is none: requests would read the whole body to tell."""


class Transport:
    """Makes calls over kept connections. Threads may share one.

    :param allow_loopback: also talk to this machine, without TLS (development)
    :param pool_size: idle connections kept; as many as threads that share it
    :param max_answer: bytes of an answer, unpacked, that are read at most; on the wire
        it may have 64 KiB more
    """

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        pool_size: int = 10,
        max_answer: int = MAX_ANSWER,
    ):
        self._allow_loopback = allow_loopback
        self._max_answer = max_answer
        self._session = _Session(pool_size)

    def request(
        self,
        call: str,
        method: str,
        url: str,
        *,
        deadline: float,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str | None = None,
    ) -> Answer:
        """Make one call and return its answer, whatever the status.

        No redirect is followed. Nothing that is logged or raised has the url, the
        query or the body in it.

        :param call: name for errors and the log
        :param deadline: seconds for all of it. Only the system's resolver, which
            cannot be interrupted, may take longer if it is set up to.
        :param body: bytes, or a sized readable object, which is streamed
        :raises Misconfigured: the address is not one we talk to
        :raises Unavailable: no answer, and nothing can have happened
        :raises OutcomeUnknown: no answer, and something may have happened
        """
        try:
            check_url(url, self._allow_loopback)
        except ValueError as error:
            raise Misconfigured(str(error), call=call) from None
        started = time.monotonic()
        state = Call(
            started + deadline,
            self._max_answer + _HEADS,
            self._allow_loopback,
            urlencode(query or {}),
        )
        token = current_call.set(state)
        result: Answer | B2BFamilyError | None = None
        try:
            headers = {"Content-Type": content_type} if content_type else {}
            result = self._exchange(method, url, body, headers, deadline)
        except AddressRefused as error:
            result = Misconfigured(str(error), call=call)
        except _PackedOtherwise:
            result = _no_answer(call, state, "packed")
        except AnswerTooLong:
            result = _no_answer(call, state, "too_long")
        except _NETWORK_ERRORS:
            late = time.monotonic() >= state.expires
            reason = ("late", f"{deadline:g}") if late else (state.stage.value,)
            result = _no_answer(call, state, *reason)
        finally:
            current_call.reset(token)
            outcome = getattr(result, "status", None) or type(result).__name__
            milliseconds = (time.monotonic() - started) * 1000
            _logger.debug("B2B Family %s: %s, %d ms", call, outcome, milliseconds)
        # Raised here and not above, so that no exception of requests hangs on it:
        # theirs carry the request, and with it the secrets.
        if isinstance(result, B2BFamilyError):
            raise result
        return result

    def _exchange(
        self, method: str, url: str, body: Any, headers: dict, deadline: float
    ) -> Answer:
        with self._session.request(
            method,
            url,
            data=body,
            headers=headers,
            stream=True,
            allow_redirects=False,
            timeout=deadline,
        ) as response:
            packing = response.headers.get("Content-Encoding", "identity").lower()
            if packing not in ("gzip", "identity"):
                raise _PackedOtherwise
            chunks, size = [], 0
            for chunk in response.iter_content(_BLOCK):
                size += len(chunk)
                if size > self._max_answer:
                    raise AnswerTooLong
                chunks.append(chunk)
            # Releases of urllib3 before 2 take a body that broke off for a whole one.
            if response.raw.length_remaining:
                raise ConnectionError
            names = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, names, b"".join(chunks))

    def close(self) -> None:
        """Close the kept connections. Calls that are under way end by themselves."""
        self._session.close()


def _no_answer(call: str, state: Call, reason: str, detail: str = "") -> B2BFamilyError:
    doubt = state.stage is Stage.WRITE and call in NOT_REPEATABLE
    kind = OutcomeUnknown if doubt else Unavailable
    return kind.because(reason, detail, call=call)
