# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The route that the service calls, over HTTP."""

import http.client
import json
from contextlib import closing
from datetime import datetime

from common import B2BCase

from odoo.tests import HttpCase, tagged

OPENED = "2026-01-02T10:00:00Z"
LIMIT = 256 * 1024


@tagged("standard", "post_install", "-at_install")
class TestWebhook(B2BCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.service._subscribe()
        self.token = self.service._get_param("webhook_token")
        self.letter = self._send_letter()
        self.event = self.fake.happen(self.letter.ref, "message_open", OPENED)

    def _post(self, body, token=None, **options):
        self.env.flush_all()
        if not isinstance(body, bytes) and not hasattr(body, "__next__"):
            body = json.dumps(body).encode()
        response = self.opener.post(
            f"{self.base_url()}/b2b_family/webhook/{self.token if token is None else token}",
            data=body,
            headers={"Content-Type": "application/json"},
            timeout=10,
            **options,
        )
        self.env.invalidate_all()
        return response.status_code

    def _events(self):
        return self.env["b2b.family.event"].search([])

    def test_one_event_is_taken_in(self):
        self.assertEqual(self._post(self.event), 200)
        self.assertEqual(self.letter.state, "opened")
        self.assertEqual(self._events().source, "webhook")

    def test_it_is_not_tried_on_a_replica_first(self):
        with self.assertNoLogs("odoo.http", "WARNING"):
            self.assertEqual(self._post(self.event), 200)

    def test_a_list_of_events_is_taken_in(self):
        again = self.fake.happen(
            self.letter.ref, "message_open", "2026-01-03T10:00:00Z"
        )
        self.assertEqual(self._post([self.event, again]), 200)
        self.assertEqual(self.letter.open_count, 2)

    def test_the_same_event_again_is_answered_alike(self):
        for _ in range(3):
            self.assertEqual(self._post(self.event), 200)
        self.assertEqual(len(self._events()), 1)

    def test_a_time_without_a_zone_is_in_that_of_the_service(self):
        self.service._set_params({"service_tz": "Asia/Tokyo"})
        self.assertEqual(self._post({**self.event, "date": "2026-01-02 10:00:00"}), 200)
        self.assertEqual(self._events().date, datetime(2026, 1, 2, 1))

    def test_nothing_is_told_to_the_caller(self):
        response = self.opener.post(
            f"{self.base_url()}/b2b_family/webhook/{self.token}", json=self.event
        )
        self.assertEqual(response.content, b"")
        self.assertNotIn("Set-Cookie", response.headers)

    def test_a_wrong_address_writes_nothing(self):
        near_miss = self.token[:-1] + ("A" if self.token[-1] != "A" else "B")
        for token in near_miss, "x", "False", "None", "%00", "ключ", self.token + "x":
            with self.subTest(token=token):
                self.assertEqual(self._post(self.event, token=token), 404)
        self.assertFalse(self._events())

    def test_an_old_address_is_closed_by_the_new_one(self):
        old = self.token
        self.service._subscribe()
        self.assertEqual(self._post(self.event, token=old), 404)
        self.assertFalse(self._events())

    def test_without_a_subscription_every_address_is_wrong(self):
        self.service._unsubscribe(self.service._get_param("webhook_ref"))
        for token in self.token, "False", "None", "":
            with self.subTest(token=token):
                self.assertEqual(self._post(self.event, token=token), 404)
        self.assertFalse(self._events())

    def test_what_is_no_json_is_refused(self):
        for body in b"", b"{", b"<html>", b"\xff\xfe", b'{"a": NaN}', b"[" * 10_000:
            with self.subTest(body=body[:10]):
                self.assertEqual(self._post(body), 400)
        self.assertFalse(self._events())

    def test_json_that_is_no_event_harms_nothing(self):
        for body in (
            None,
            1,
            "text",
            [],
            {},
            [None],
            [[]],
            {"type": None},
            {"events": 1},
        ):
            with self.subTest(body=body):
                self.assertEqual(self._post(body), 200)
        # Kept with the reason, and no news for any letter.
        self.assertTrue(self._events())
        for event in self._events():
            self.assertTrue(event.problem)
            self.assertFalse(event.letter_id or event.pending)

    def test_an_unreadable_event_does_not_keep_the_others_out(self):
        self.assertEqual(self._post([{"type": None}, self.event, 7]), 200)
        self.assertEqual(self.letter.state, "opened")

    def test_a_body_at_the_limit_is_read(self):
        body = json.dumps(self.event).encode().ljust(LIMIT)
        self.assertEqual(self._post(body), 200)
        self.assertEqual(self.letter.state, "opened")

    def test_a_body_over_the_limit_is_not(self):
        body = json.dumps(self.event).encode().ljust(LIMIT + 1)
        self.assertEqual(self._post(body), 413)
        self.assertFalse(self._events())

    def test_a_body_announced_over_the_limit_is_not_waited_for(self):
        self.env.flush_all()
        host = self.base_url().partition("//")[2]
        with (
            self.allow_requests(all_requests=True),
            closing(http.client.HTTPConnection(host, timeout=10)) as connection,
        ):
            connection.putrequest("POST", f"/b2b_family/webhook/{self.token}")
            connection.putheader("Content-Length", str(2 * LIMIT))
            connection.endheaders()
            self.assertEqual(connection.getresponse().status, 413)

    def test_a_body_over_the_limit_that_hides_its_length_is_not(self):
        def chunks():
            yield json.dumps(self.event).encode()
            for _ in range(LIMIT // 1024 + 1):
                yield b" " * 1024

        self.assertEqual(self._post(chunks()), 413)
        self.assertFalse(self._events())

    def test_text_that_the_database_cannot_hold_is_no_error(self):
        event = {**self.event, "type": "odd\0", "email": "a\0@x", "url": "\ud800"}
        self.assertEqual(self._post(event), 200)

    def test_an_error_of_the_database_is_logged_and_no_success(self):
        """Only the collision of two that hear the same is passed over in silence."""
        self.env.cr.execute(
            "CREATE FUNCTION pg_temp.fail() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE 'disk is broken' USING ERRCODE = 'data_corrupted'; END $$;"
            " CREATE TRIGGER fail BEFORE INSERT ON b2b_family_event"
            " FOR EACH ROW EXECUTE FUNCTION pg_temp.fail()"
        )
        with self.assertLogs("odoo.http", "ERROR") as logged:
            self.assertEqual(self._post(self.event), 500)
        self.assertIn("disk is broken", "\n".join(logged.output))
        self.assertFalse(self._events())

    def test_only_post_is_answered(self):
        url = f"{self.base_url()}/b2b_family/webhook/{self.token}"
        self.assertEqual(self.opener.get(url).status_code, 405)
