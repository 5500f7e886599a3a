# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Forged and guessed webhooks, and bodies made to hurt, at the real route."""

import http.client
import json
import logging
import secrets
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta

from common import B2BCase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import fields
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

    def _post_to(self, path, body):
        """Post to a path exactly as it is written."""
        self.env.flush_all()
        host = self.base_url().partition("//")[2]
        kind = {"Content-Type": "application/json"}
        with (
            self.allow_requests(all_requests=True),
            closing(http.client.HTTPConnection(host, timeout=10)) as connection,
        ):
            connection.request("POST", path, json.dumps(body), kind)
            status = connection.getresponse().status
        self.env.invalidate_all()
        return status

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

    def _spellings(self):
        """Yield other spellings of the webhook's path, some of which Odoo understands.

        Not two slashes at the beginning: Python's server makes them one before anybody
        sees the path.
        """
        yield from (
            "/b2b_family//webhook",
            "/./b2b_family/webhook",
            "/B2B_Family/Webhook",
        )
        yield from (
            "/b2b_family/./webhook",
            "/b2b_family%2Fwebhook",
            "/b2b%5Ffamily/webhook",
        )
        yield from (
            "/b2b_family/%77ebhook",
            "/%62%32b_family/webhook",
            "/en/b2b_family/webhook",
        )
        yield from ("/b2b_family/%2577ebhook", "/b2b_family/x/../webhook")
        yield from ("http://localhost/b2b_family/webhook", "/b2b_family/webhook/")

    def test_another_spelling_is_no_hit_and_no_log_has_the_token(self):
        before = self._snapshot()
        paths = [f"{path}/{self.token}" for path in self._spellings()]
        encoded = f"%{ord(self.token[0]):x}{self.token[1:]}"
        paths += [
            f"/b2b_family/webhook/{encoded}",
            f"/b2b_family/webhook//{self.token}",
        ]
        paths += [
            f"/b2b_family/webhook/{self.token}/",
            f"/b2b_family/webhook%2f{self.token}",
        ]
        with self._server_log() as lines:
            for path in paths:
                with self.subTest(path=path):
                    # Odoo shows two slashes the way, which is not followed here.
                    status = 308 if "//" in path[5:] and path[0] == "/" else 404
                    self.assertEqual(self._post_to(path, self.event), status)
        self.assertEqual(self._snapshot(), before)
        self.assertNotIn(self.token[1:], str(lines))
        self.assertEqual(str(lines).count("/b2b_family/webhook/***"), len(paths))

    def test_what_stands_behind_a_question_mark_is_the_services_own_business(self):
        path = f"/b2b_family/webhook/{self.token}?id=1"
        self.assertEqual(self._post_to(path, self.event), 200)
        self.assertEqual(self.letter.state, "opened")

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

    def test_more_events_than_allowed_are_none(self):
        events = [{**self.event, "id": f"n-{number}"} for number in range(1_001)]
        self.assertEqual(self._post(events), 413)
        self.assertEqual(self._post(b"[%s{}]" % (b"{}," * 80_000)), 413)
        self.assertFalse(self.env["b2b.family.event"].search([]))
        small = [{"id": i, "type": "reply", "mail_id": 7} for i in range(1, 1_001)]
        self.assertEqual(self._post(small), 200)
        self.assertEqual(self.env["b2b.family.event"].search_count([]), 1_000)

    def test_of_what_cannot_be_read_a_few_are_kept(self):
        body = [{"id": f"e-{number}"} for number in range(900)]
        self.assertEqual(self._post([*body, self.event]), 200)
        stored = self.env["b2b.family.event"].search([("problem", "!=", False)])
        self.assertEqual(len(stored), 20)
        self.assertIn("900 items", " ".join(stored.mapped("problem")))
        self.assertEqual(self.letter.state, "opened")


@tagged("standard", "post_install", "-at_install")
class TestHarm(RouteCase):
    """Whoever knows the address can guess the service's numbers, but not our keys."""

    def setUp(self):
        super().setUp()
        self.fake.events[self.letter.ref].clear()  # it has not been opened
        self.letter.next_sync_date = self._in(hours=5)

    def _in(self, **period):
        return fields.Datetime.now() + timedelta(**period)

    def _bounce(self, **details):
        return {
            "id": secrets.token_hex(4),
            "type": "bounce",
            "mail_id": self.letter.ref,
            "date": OPENED,
            **details,
        }

    def _poll(self):
        self.letter.next_sync_date = self._ago(seconds=1)
        self._cron_sync()

    def test_a_bounce_by_a_guessed_number_fails_no_letter(self):
        for number, key in enumerate((None, "", "x", self.letter.key[:-1])):
            event = self._bounce(id=str(number), custom_data={"key": key})
            self.assertEqual(self._post(event), 200)
        self.assertEqual(self.letter.state, "sent")
        self.assertFalse(self.letter.failure_reason)
        event = self.letter.event_ids
        self.assertEqual(event.event_type, "bounce")
        self.assertFalse(event.pending)
        self.assertIn("asked first", event.problem)

    def test_many_guesses_fail_none(self):
        letters = self.letter | self._send_letter() | self._send_letter()
        guesses = [self._bounce(mail_id=n, id=f"x{n}") for n in range(1, 500)]
        guesses += [self._bounce(mail_id=letter.ref) for letter in letters]
        self.env.flush_all()
        self.assertEqual(self._post(guesses), 200)
        self.assertEqual(set(letters.mapped("state")), {"sent"})

    def test_the_service_is_asked_at_once_and_once_a_day(self):
        self._post(self._bounce())
        self.assertLessEqual(self.letter.next_sync_date, fields.Datetime.now())
        self._cron_sync()
        self.assertEqual(self.fake.calls.count("statistics"), 1)
        self.assertEqual(self.letter.state, "sent", "it knows of no bounce")
        asked = self.letter.next_sync_date
        self.assertGreater(asked, fields.Datetime.now())
        self._post([self._bounce() for _ in range(50)])
        self.assertEqual(self.letter.next_sync_date, asked)
        self.assertEqual(len(self.letter.event_ids), 1)
        tomorrow = fields.Date.today() + timedelta(days=1)
        self.patch(fields.Date, "today", lambda *args: tomorrow)
        self._post(self._bounce())
        self.assertLessEqual(self.letter.next_sync_date, fields.Datetime.now())

    def test_what_the_service_confirms_is_believed(self):
        event = self.fake.happen(self.letter.ref, "bounce", OPENED)
        self._post({**event, "custom_data": None})
        self.assertEqual(self.letter.state, "sent")
        self._cron_sync()
        self.assertEqual(self.letter.state, "failed")
        self.assertIn("came back", self.letter.failure_reason)
        self.assertEqual(len(self.letter.event_ids), 2, "what was said, and the word")

    def test_the_button_confirms_too(self):
        event = self.fake.happen(self.letter.ref, "bounce", OPENED)
        self._post({**event, "custom_data": None})
        self.letter.mail_id.with_user(self.seller).action_b2b_refresh()
        self.assertEqual(self.letter.state, "failed")

    def test_with_our_key_it_is_believed_and_heard_once(self):
        event = self.fake.happen(self.letter.ref, "bounce", OPENED)
        self._post(event)
        self.assertEqual(self.letter.state, "failed")
        self._poll()
        self.assertEqual(len(self.letter.event_ids), 1)

    def test_nothing_forged_takes_the_place_of_the_services_word(self):
        event = self.fake.happen(self.letter.ref, "bounce", OPENED)
        for kind in ("message_open_not", "not_open", "bounce"):
            self._post({**event, "type": kind, "custom_data": None})
        self._poll()
        self.assertEqual(self.letter.state, "failed")

    def test_a_number_guessed_ahead_fails_no_letter(self):
        ahead = int(self.letter.ref)
        self._post([self._bounce(mail_id=ahead + n) for n in range(1, 10)])
        letter = self._send_letter()
        self.assertEqual(letter.state, "sent")
        self.assertIn("asked first", letter.event_ids.problem)
        self.assertLessEqual(letter.next_sync_date, fields.Datetime.now())

    def test_what_is_not_believed_says_nothing_against_webhooks(self):
        event = self.fake.happen(self.letter.ref, "bounce", OPENED)
        self._post({**event, "custom_data": None})
        status = self.env["b2b.family.service.status"]
        now = fields.Datetime.now()
        status._set_webhook_date(now)
        self._poll()
        self.assertTrue(status._hears_webhooks())

    def test_an_open_by_number_is_believed(self):
        self._post({**self.event, "custom_data": None})
        self.assertEqual(self.letter.state, "opened")


@tagged("standard", "post_install", "-at_install")
class TestOrphans(RouteCase):
    def test_news_of_nobodys_letter_goes_after_a_week(self):
        inbox = self.env["b2b.family.event"]
        self._post(
            [self.event, {**self.event, "mail_id": "77", "custom_data": None}, 7]
        )
        ours = self.letter.event_ids
        orphans = inbox.search([]) - ours
        self.assertEqual(len(orphans), 2)
        for days, left in (6, 3), (8, 1):
            (ours | orphans).received_date = self._ago(days=days)
            self.env.flush_all()
            inbox._gc_orphans()
            self.assertEqual(inbox.search_count([]), left)
        self.assertTrue(ours.exists())
