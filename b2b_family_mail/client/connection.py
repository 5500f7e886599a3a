# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Connections that keep a call's promises where only a socket can.

Four things that requests and urllib3 leave open are closed here. A time-out of
theirs starts anew with every byte; here each operation on a socket gets what is left
of the whole call. They read lines without an end (the length of a chunk, trailers);
here every byte is counted as it arrives. They connect to whatever a name resolves to; here every address is
checked first. They write the query string, which carries the api key, to debug logs
and exceptions; here it joins the request line only as it is put on the wire.
"""

import socket
import ssl
import time
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

from .address import is_loopback, is_public, not_public


class Stage(Enum):
    """How far a call has come; the value is the reason when it stopped there."""

    START = "unreachable"
    RESOLVE = "unknown_host"
    CONNECT = "no_connection"
    SECURE = "not_secure"
    #: From here on the service may have the request.
    WRITE = "broken_off"


class AddressRefused(Exception):
    """The host has an address we do not talk to."""


class AnswerTooLong(Exception):
    """More bytes arrive than a call agrees to read."""


@dataclass(slots=True)
class Call:
    """The call that the current thread is in the middle of.

    :ivar expires: when it must be over, on the monotonic clock
    :ivar readable: bytes that may still arrive: heads, lengths of chunks, body, all
    :ivar query: query string, encoded, kept from everyone but the wire
    """

    expires: float
    readable: int
    allow_loopback: bool = False
    query: str = ""
    stage: Stage = Stage.START

    def left(self) -> float:
        """Return the seconds left, more than 0.

        :raises TimeoutError: none are
        """
        left = self.expires - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def count(self, size: int) -> None:
        """Count bytes that have arrived.

        :raises AnswerTooLong: they are more than may
        """
        self.readable -= size
        if self.readable < 0:
            raise AnswerTooLong


#: Sockets and connections are made by urllib3, which has nowhere to hand this on.
current_call: ContextVar[Call] = ContextVar("b2b_family_call")


class _Timed:
    """A socket whose operations take what is left of the call, and no more.

    Of its time and of its bytes: ``recv_into`` is the one way in which http.client
    reads.
    """

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        call = current_call.get()
        self.settimeout(call.left())
        size = super().recv_into(*args, **kwargs)
        call.count(size)
        return size

    def send(self, *args: Any, **kwargs: Any) -> int:
        self._before_write()
        return super().send(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self._before_write()
        return super().sendall(*args, **kwargs)

    def _before_write(self) -> None:
        call = current_call.get()
        self.settimeout(call.left())
        call.stage = Stage.WRITE


class _TimedSocket(_Timed, socket.socket):
    pass


class _TimedTLSSocket(_Timed, ssl.SSLSocket):
    pass


def _connect(host: str, port: int, options: list | None, plain: bool) -> socket.socket:
    """Return a connection to the first address of the host that takes one.

    :param plain: without TLS; then only to this machine
    :raises AddressRefused: one of the addresses is not admitted
    :raises OSError: no answer, no such name
    """
    call = current_call.get()
    call.stage = Stage.RESOLVE
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except UnicodeError:  # a label too long for IDNA
        raise OSError("no such name") from None
    # One address that is not admitted spoils the name: whoever owns the name could
    # otherwise have us retry until the inner address comes first.
    if not all(_admitted(entry[4][0], call, plain) for entry in found):
        raise AddressRefused(not_public(host))
    call.stage = Stage.CONNECT
    failure = OSError("no address")
    for tried, (family, kind, protocol, _name, address) in enumerate(found):
        sock = _TimedSocket(family, kind, protocol)
        try:
            for option in options or ():
                sock.setsockopt(*option)
            # A share each, so that one dead address does not use up the call.
            sock.settimeout(call.left() / (len(found) - tried))
            sock.connect(address)
            # The TLS handshake that follows is one operation to the socket.
            sock.settimeout(call.left())
        except OSError as error:
            sock.close()
            failure = error
        else:
            call.stage = Stage.SECURE
            return sock
    raise failure


def _admitted(address: str, call: Call, plain: bool) -> bool:
    if call.allow_loopback and is_loopback(address):
        return True
    return not plain and is_public(address)


class _PlainConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self.host, self.port, self.socket_options, plain=True)

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        super().putrequest(method, _begin(url), *args, **kwargs)


class _TLSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self.host, self.port, self.socket_options, plain=False)

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        super().putrequest(method, _begin(url), *args, **kwargs)


def _begin(url: str) -> str:
    """Note that the request is begun; return the url to put on the wire."""
    call = current_call.get()
    call.stage = Stage.WRITE
    return f"{url}?{call.query}" if call.query else url


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class Adapter(HTTPAdapter):
    """What a requests session is given to make its connections with."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        # Certificate and host are checked, against the authorities of requests.
        context = create_urllib3_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.sslsocket_class = _TimedTLSSocket
        super().init_poolmanager(*args, ssl_context=context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _PlainPool,
            "https": _TLSPool,
        }
