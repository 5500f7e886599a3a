# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The address of the service, and ours that it is told, lead to no inner machine."""

import os
import socket
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from unittest.mock import patch

from common import B2BCase
from fake_service import CREDENTIALS

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.b2b_family_mail.client import Transport
from odoo.addons.b2b_family_mail.models.service import calls

INNER = (
    *("169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1"),
    *("127.0.0.1", "127.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "0177.0.0.1"),
    *("017700000001", "127.0.0.1.", "localhost", "LOCALHOST.", "[::1]", "[::]"),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:169.254.169.254]"),
    *("[64:ff9b::a9fe:a9fe]", "[fd00:ec2::254]", "[fe80::1]", "[2002:7f00:1::]"),
)
NAMES = {
    "inner.example.com": ["10.0.0.1"],
    "both.example.com": ["93.184.216.34", "169.254.169.254"],
    "mapped.example.com": ["93.184.216.34", "::ffff:10.0.0.1"],
    "self.example.com": ["127.0.0.1"],
    "unspecified.example.com": ["0.0.0.0", "::"],
}
WITHOUT_SWITCH = {"B2B_FAMILY_ALLOW_LOOPBACK": ""}


def resolve(host, port, *args, **kwargs):
    return [
        (
            socket.AF_INET6 if ":" in address else socket.AF_INET,
            socket.SOCK_STREAM,
            socket.IPPROTO_TCP,
            "",
            (address, port),
        )
        for address in NAMES[host]
    ]


class Spy(BaseHTTPRequestHandler):
    """An inner machine: it notes who calls, and would lead the caller further."""

    heard = []

    def do_POST(self):
        self.heard.append(self.path)
        self.send_response(307)
        self.send_header("Location", f"http://{self.headers['Host']}/further")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_PUT = do_DELETE = do_POST

    def log_message(self, *args):
        pass


@tagged("standard", "post_install", "-at_install")
class TestServiceAddress(B2BCase):
    def setUp(self):
        super().setUp()
        # The real thing in place of the service in memory.
        transports = {
            loopback: Transport(allow_loopback=loopback) for loopback in (0, 1)
        }
        for transport in transports.values():
            self.addCleanup(transport.close)
        self.patch(calls, "_transport", transports.get)
        self.connected = []
        self.patch(socket.socket, "connect", lambda _, to: self.connected.append(to))

    @contextmanager
    def _spy(self):
        """Run an inner machine; yield its port. Only loopback connections are let out."""
        Spy.heard = []
        server = HTTPServer(("127.0.0.1", 0), Spy)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()

    def _send_by(self, url):
        """Return the letter sent while the service is said to be at ``url``."""
        # A new host forgets the keys.
        self.service._set_params({**CREDENTIALS, "api_key": "key", "api_url": url})
        return self._send_letter()

    def _assert_refused(self, url):
        letter = self._send_by(url)
        self.assertIn(letter.state, ("failed", "queued"))
        self.assertFalse(letter.ref)
        self.assertEqual(self.connected, [], "nothing may be connected to")

    def test_no_inner_address_is_taken_on_the_screen(self):
        with patch.dict(os.environ, WITHOUT_SWITCH):
            for host in INNER:
                for url in (f"https://{host}", f"http://{host}:80/x"):
                    with self.subTest(url=url), self.assertRaises(ValidationError):
                        self.env["res.config.settings"].create(
                            {"b2b_family_api_url": url}
                        )

    def test_no_inner_address_is_called_however_it_was_set(self):
        with patch.dict(os.environ, WITHOUT_SWITCH):
            for host in INNER:
                for scheme in ("http", "https"):
                    with self.subTest(host=host, scheme=scheme):
                        self._assert_refused(f"{scheme}://{host}")

    def test_no_inner_address_is_called_by_name(self):
        with (
            patch.dict(os.environ, WITHOUT_SWITCH),
            patch.object(socket, "getaddrinfo", resolve),
        ):
            for host in NAMES:
                with self.subTest(host=host):
                    self._assert_refused(f"https://{host}")

    def test_the_switch_admits_this_machine_and_no_other(self):
        with (
            patch.dict(os.environ, {"B2B_FAMILY_ALLOW_LOOPBACK": "1"}),
            patch.object(socket, "getaddrinfo", resolve),
        ):
            for host in ("inner.example.com", "both.example.com"):
                self._assert_refused(f"https://{host}")

    def test_without_the_switch_this_machine_hears_nothing(self):
        self.patch(socket.socket, "connect", socket.SocketType.connect)
        with self._spy() as port, patch.dict(os.environ, WITHOUT_SWITCH):
            for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
                self._send_by(f"http://{host}:{port}")
        self.assertEqual(Spy.heard, [])

    def test_a_redirect_is_not_followed(self):
        self.patch(socket.socket, "connect", socket.SocketType.connect)
        with self._spy() as port:
            letter = self._send_by(f"http://127.0.0.1:{port}")
        self.assertNotIn("/further", Spy.heard)
        self.assertTrue(Spy.heard)
        self.assertEqual(letter.state, "unknown")


@tagged("standard", "post_install", "-at_install")
class TestWebhookPath(B2BCase):
    """What we tell the service to call must not lead it to inner machines."""

    def test_only_a_public_https_address_is_told(self):
        parameters = self.env["ir.config_parameter"].sudo()
        with patch.dict(os.environ, WITHOUT_SWITCH):
            for host in INNER:
                parameters.set_param("web.base.url", f"https://{host}")
                with self.subTest(host=host):
                    with self.assertRaisesRegex(UserError, "web.base.url"):
                        self.service._subscribe()
            parameters.set_param("web.base.url", "http://odoo.example.com")
            with self.assertRaisesRegex(UserError, "public https"):
                self.service._subscribe()
            self.assertFalse(self.fake.calls)
            parameters.set_param("web.base.url", "https://odoo.example.com")
            self.service._subscribe()
        [path] = self.fake.subscribers.values()
        self.assertTrue(path.startswith("https://odoo.example.com/b2b_family/webhook/"))

    def test_a_refused_address_leaves_the_present_subscription(self):
        self.service._subscribe()
        before = dict(self.fake.subscribers)
        self.env["ir.config_parameter"].sudo().set_param(
            "web.base.url", "http://10.0.0.1"
        )
        with self.assertRaises(UserError):
            self.service._subscribe()
        self.assertEqual(self.fake.subscribers, before)
