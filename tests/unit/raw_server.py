# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A server that can misbehave on the wire, byte by byte."""

import json
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass
class Request:
    connection: int
    method: str
    target: str
    headers: dict
    body: bytes = field(repr=False)


def answer(status=200, body=b"{}", **headers):
    """Return a whole HTTP answer as bytes."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    headers = {"Content-Length": len(body), **headers}
    lines = [f"HTTP/1.1 {status} X"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class RawServer:
    """Hand each request to ``script(connection, request)``; the script answers.

    ``script`` may be bytes, which are sent as they are. A connection is served until
    either side closes it.
    """

    def __init__(self, context=None):
        self.script = answer()
        self.requests = []
        self.accepted = 0
        self.context = context
        self.stopping = threading.Event()
        self._connections = []
        self._threads = []

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        scheme = "https" if self.context else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self._start(self._accept)
        return self

    def __exit__(self, *exc_info):
        self.stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def _start(self, target, *args):
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._connections.append(connection)
            self._start(self._serve, connection, self.accepted)

    def _serve(self, connection, number):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
                self._connections.append(connection)
            with connection, connection.makefile("rb") as reader:
                while request := self._read(reader, number):
                    self.requests.append(request)
                    if isinstance(self.script, bytes):
                        connection.sendall(self.script)
                    else:
                        self.script(connection, request)
        except (OSError, ValueError):
            pass  # the other side left, or the test is over

    @staticmethod
    def _read(reader, number):
        line = reader.readline().decode("latin-1").split()
        if not line:
            return None
        headers = {}
        while (header := reader.readline().decode("latin-1").strip()) != "":
            name, _, value = header.partition(": ")
            headers[name.lower()] = value
        body = reader.read(int(headers.get("content-length", 0)))
        return Request(number, line[0], line[1], headers, body)

    def drip(self, connection, data, pause=0.05):
        """Send one byte at a time, until the other side has had enough."""
        for byte in data:
            connection.sendall(bytes([byte]))
            if self.stopping.wait(pause):
                return
