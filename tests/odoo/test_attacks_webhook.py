# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Forged and guessed webhooks, and bodies made to hurt, at the real route."""

import json
import logging
import secrets
from contextlib import ExitStack, contextmanager

from common import B2BCase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import HttpCase, tagged

OPENED = "2026-01-02T10:00:00Z"
TABLES = (
    *("b2b_family_event", "b2b_family_letter", "b2b_family_letter_attachment"),
    *("b2b_family_service_status", "mail_mail", "mail_message", "mail_notification"),
    *(
        "bus_bus",
        "ir_attachment",
        "ir_logging",
        "ir_config_parameter",
        "res_device_log",
    ),
)
NAMES = (
    *("id", "mail_id", "mail", "type", "event", "events", "data", "date", "email"),
    *("attachment_id", "custom_data", "key", "url", "ip", "user_agent", "0"),
)
SCALARS = (
    *("message_open", "messageOpen", "bounce", "not_open", "\0", "\ud800", "😀" * 99),
    *(OPENED, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1.1.1 1:1"),
    *(2**63, -(2**31), 1e308, 1553234760000, "1" * 255, "<script>", "' OR 1=1 --"),
)
scalars = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
    *(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(SCALARS)),
)
things = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(st.sampled_from(NAMES), st.text(max_size=5)), inner, max_size=8
        ),
    ),
    max_leaves=25,
)


class RouteCase(B2BCase, HttpCase):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.service._subscribe()
        self.token = self.service._get_param("webhook_token")
        self.letter = self._send_letter()
        self.event = self.fake.happen(self.letter.ref, "message_open", OPENED)
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.opener.get(f"{self.base_url()}/web/health")

    def _post(self, body, token=None, content_type="application/json", **options):
        body = body if isinstance(body, bytes | str) else json.dumps(body)
        token = self.token if token is None else token
        answer = self.opener.post(
            f"{self.base_url()}/b2b_family/webhook/{token}",
            data=body.encode() if isinstance(body, str) else body,
            headers={"Content-Type": content_type},
            timeout=10,
            **options,
        )
        self.env.invalidate_all()
        return answer.status_code

    @contextmanager
    def _server_log(self):
        """Collect what Odoo logs, whatever the level; the caller's own lines are not."""
        lines, handler = [], logging.Handler()
        handler.emit = lambda record: lines.append(record.getMessage())
        with ExitStack() as stack:
            for name in ("werkzeug", "odoo.http", "odoo.addons.b2b_family_mail"):
                logger = logging.getLogger(name)
                stack.callback(logger.setLevel, logger.level)
                stack.callback(logger.removeHandler, handler)
                logger.addHandler(handler)
                logger.setLevel(logging.DEBUG)
            yield lines

    def _snapshot(self):
        """Return what is in every table that a webhook could reach."""
        found = {}
        for table in TABLES:
            self.env.cr.execute(
                f"SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text))"
                f" FROM {table} t"
            )
            found[table] = self.env.cr.fetchone()
        return found


@tagged("standard", "post_install", "-at_install")
class TestForged(RouteCase):
    def _guesses(self):
        yield from ("", "%20", "x", "False", "None", "0", "null", "%00", "ключ", "..")
        yield from (self.token[:-1], self.token + "=", self.token + "%00", "%ff%fe")
        yield from (self.token[1:], self.token.swapcase(), "%ed%a0%80", "x" * 8000)
        yield from (f"{self.token}/x", f"x/{self.token}", "*", "%2e%2e%2f", "x" * 43)
        yield from (f"{self.token[:-1]}{chr(ord(self.token[-1]) ^ 1)}", self.token * 2)
        yield from (secrets.token_urlsafe(32) for _ in range(5))

    def test_every_guess_is_404_and_writes_nothing(self):
        before = self._snapshot()
        for token in self._guesses():
            with self.subTest(token=token[:60]):
                self.assertEqual(self._post(self.event, token=token), 404)
        self.assertEqual(self._snapshot(), before)

    def test_a_guess_is_refused_before_its_body_is_looked_at(self):
        before = self._snapshot()
        for body in b"", b"{", b"[" * 10_000, b"x" * (300 * 1024):
            # 413 is as good: it is Odoo that reads forms before any route.
            self.assertIn(self._post(body, token="guess"), (404, 413))
        self.assertEqual(self._snapshot(), before)

    def test_200_guesses_are_no_log_flood(self):
        with self._server_log() as lines:
            for number in range(200):
                self._post(self.event, token=f"guess-{number}")
        served = [line for line in lines if "POST /b2b_family/webhook/" in line]
        self.assertEqual(len(served), 200, "Odoo's own line for each request")
        self.assertEqual([line for line in lines if line not in served], [])

    def test_the_token_is_in_no_log(self):
        with self._server_log() as lines:
            self._post(self.event)
            self._post(b"{")
            self._post(self.event, token=f"{self.token}?x={self.token}")
            self.opener.get(f"{self.base_url()}/b2b_family/webhook/{self.token}")
        self.assertEqual(str(lines).count("/b2b_family/webhook/***"), 4)
        self.assertNotIn(self.token, str(lines))

    def test_a_session_gives_nobody_a_way_in(self):
        self.authenticate("admin", "admin")
        self.assertEqual(self._post(self.event, token="guess"), 404)

    def test_an_empty_parameter_is_no_token(self):
        parameters = self.env["ir.config_parameter"].sudo()
        for value in ("", " ", False):
            parameters.set_param("b2b_family_mail.webhook_token", value)
            self.env.flush_all()
            for token in ("", "%20", "+", "False"):
                self.assertEqual(self._post(self.event, token=token), 404)
        self.assertFalse(self.letter.event_ids)


@tagged("standard", "post_install", "-at_install")
class TestHurtful(RouteCase):
    def test_replay_changes_nothing(self):
        self.assertEqual(self._post(self.event), 200)
        self.env.flush_all()
        before = self._snapshot()
        for _ in range(5):
            self.assertEqual(self._post(self.event), 200)
        self.assertEqual(self._snapshot(), before)

    def test_deep_json_is_refused_by_the_parser(self):
        for deep in (
            b"[" * 10_000 + b"]" * 10_000,
            b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
            b"[" * 40 + b"]" * 40,
        ):
            self.assertEqual(self._post(deep), 400)
        self.assertFalse(self.env["b2b.family.event"].search([]))

    def test_forms_are_no_way_around_the_limit(self):
        before = self._snapshot()
        for kind in (
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "text/html; charset=no-such-charset",
        ):
            for size in (10, 300 * 1024):
                with self.subTest(kind=kind, size=size):
                    status = self._post(b"a" * size, content_type=kind)
                    self.assertIn(status, (400, 413))
        self.assertEqual(self._snapshot(), before)

    def test_markup_and_sql_are_kept_as_text(self):
        evil = "<img src=x onerror=alert(1)>' OR 1=1; --"
        event = {**self.event, "type": evil, "url": f"javascript:{evil}"}
        self.assertEqual(self._post({**event, "email": evil}), 200)
        stored = self.letter.event_ids
        self.assertEqual(stored.event_type, "unknown")
        self.assertEqual(stored.url, f"javascript:{evil}")

    @settings(max_examples=120, deadline=None, suppress_health_check=[*HealthCheck])
    @given(st.one_of(st.binary(max_size=200), things.map(json.dumps)))
    def _fuzz(self, body):
        self.assertIn(self._post(body), (200, 400))

    @settings(max_examples=120, deadline=None, suppress_health_check=[*HealthCheck])
    @given(st.dictionaries(st.sampled_from(NAMES), scalars, max_size=6))
    def _fuzz_known_letter(self, changes):
        event = {**self.event, "id": secrets.token_hex(8), **changes}
        self.assertEqual(self._post(event), 200)
        self.env.flush_all()

    def test_no_body_is_a_500_or_a_traceback(self):
        with self.assertNoLogs("odoo", "ERROR"):
            self._fuzz()
            self._fuzz_known_letter()
        self.assertNotEqual(self.letter.state, "sent", "some of it was understood")
