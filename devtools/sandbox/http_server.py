"""Werkzeug's threaded server, with connections that stay open between requests."""

import contextlib

from werkzeug.exceptions import ClientDisconnected
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wsgi import LimitedStream

DRAIN_LIMIT = 256 << 20
"""Bytes of an unread request body that are read and thrown away to save a connection.
"""


class KeepAliveHandler(WSGIRequestHandler):
    """Werkzeug closes each connection, since what is left of a body would be read as
    the next request; this one reads the rest away. Thousands of letters then need one
    connection, as they would with the real service.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet
    timeout = 75  # seconds a silent connection stays open

    def handle_expect_100(self) -> bool:
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def run_wsgi(self) -> None:
        self.environ = environ = self.make_environ()
        try:
            if "wsgi.input_terminated" not in environ:
                environ["wsgi.input"] = LimitedStream(
                    self.rfile, int(environ.get("CONTENT_LENGTH") or 0)
                )
                environ["wsgi.input_terminated"] = True
            self._answer(environ)
            self._drain(environ["wsgi.input"])
            self.wfile.flush()
        except (OSError, ValueError, ClientDisconnected):
            # The caller has gone, or what it sent is no HTTP; whichever, this
            # connection is over.
            self.close_connection = True

    def _answer(self, environ: dict) -> None:
        head: list = []

        def start_response(status, headers, _exc_info=None):
            head[:] = [status, headers]
            return self.wfile.write

        body = self.server.app(environ, start_response)
        try:
            chunked = self._send_head(*head)
            if self.command != "HEAD":
                self._send_body(body, chunked)
        finally:
            if hasattr(body, "close"):
                body.close()

    def _send_head(self, status: str, headers: list[tuple[str, str]]) -> bool:
        """Sends status and headers; whether the body must be chunked, since its length
        is not known.
        """
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        has_length = any(name.lower() == "content-length" for name, _value in headers)
        chunked = (
            not has_length and code not in ("204", "304") and self.command != "HEAD"
        )
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        return chunked

    def _send_body(self, body, chunked: bool) -> None:
        for piece in body:
            if piece:
                self.wfile.write(
                    b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece
                )
                # A body that comes in pieces does so on purpose: pass on each as it
                # comes.
                self.wfile.flush()
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _drain(self, stream) -> None:
        left = DRAIN_LIMIT
        while piece := stream.read(1 << 16):
            left -= len(piece)
            if left < 0:
                self.close_connection = True
                return

    def finish(self) -> None:
        # What is still buffered for a caller who has gone cannot be written, and need
        # not be.
        with contextlib.suppress(OSError):
            super().finish()

    def log(self, type: str, message: str, *args) -> None:
        """Nothing: a request's first line carries the api key."""


def make_server(port: int, app) -> ThreadedWSGIServer:
    """A server on loopback, and nowhere else. Ends the process with a plain word when
    the port is taken.
    """
    return ThreadedWSGIServer("127.0.0.1", port, app, KeepAliveHandler)
