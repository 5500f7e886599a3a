# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A proxy that is set up wrongly, in one of several ways."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SILENCE = 8  # seconds, longer than Odoo waits for itself
STATUS = {"redirect": 301, "strip": 404, "refuse": 502}
# What is told of an answer that is not Odoo's own any more; status 200 each.
GIF = {"Content-Type": "image/gif"}
HEADERS = {
    "keeps": GIF | {"Cache-Control": "public, max-age=300"},
    "aged": GIF | {"Cache-Control": "no-store", "Age": "17"},
    "cached": GIF | {"Cache-Control": "no-store", "X-Cache": "HIT from cdn"},
    "page": {"Content-Type": "text/html", "Cache-Control": "no-store"},
}


class Proxy:
    """Answers every request on a port of its own; use as a context manager.

    :param str mode: ``redirect`` (elsewhere), ``strip`` (the path is not found),
        ``refuse`` (nobody behind it), ``silent`` (no answer in time), one of HEADERS
    """

    def __init__(self, mode):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if mode == "silent":
                    time.sleep(SILENCE)
                    return
                self.send_response(STATUS.get(mode, 200))
                for name, value in HEADERS.get(mode, {}).items():
                    self.send_header(name, value)
                if mode == "redirect":
                    self.send_header("Location", "https://www.example.com/")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_GET

            def log_message(self, *args):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception):
        self._server.shutdown()
        self._server.server_close()
