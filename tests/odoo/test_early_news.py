# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""News that comes before the service's id of the letter is known: heard once, too."""

from common import B2BCase

from odoo.tests import tagged

from odoo.addons.b2b_family_mail.client import OutcomeUnknown, Unavailable


@tagged("standard", "post_install", "-at_install")
class TestEarlyNews(B2BCase):
    def setUp(self):
        super().setUp()
        self.fake.fail("send", Unavailable("Down"))
        self.letter = self._send_letter()
        self.letter.state = "sending"
        self.early = {
            "type": "message_open",
            "date": "2026-01-02T10:00:00Z",
            "email": self.reader.email,
            "custom_data": {"key": self.letter.key},
        }

    def _answer(self):
        """The service's answer to the call arrives, after the news."""
        claims = {self.letter: self.letter.claim_date}
        files = self.letter.attachment_ids
        self.letter._settle({self.letter: "77"}, claims, files)

    def test_heard_by_our_key_and_again_with_the_id_it_is_one_row(self):
        self._ingest(self.early)
        self._answer()
        self._ingest({**self.early, "mail_id": "77"})
        self.assertEqual(len(self.letter.event_ids), 1)
        self.assertEqual(self.letter.open_count, 1)

    def test_heard_by_both_before_the_id_is_known_it_is_one_row(self):
        self._ingest(self.early)
        self._ingest({**self.early, "mail_id": "77"})
        self._answer()
        self.assertEqual(self.letter.event_ids.mapped("letter_ref"), ["77"])

    def test_two_events_stay_two(self):
        self._ingest(self.early, {**self.early, "date": "2026-01-02T11:00:00Z"})
        self._answer()
        self.assertEqual(len(self.letter.event_ids), 2)


@tagged("standard", "post_install", "-at_install")
class TestNewsWithoutId(B2BCase):
    """The answer with the service's id of the letter was lost; news has our key only."""

    def setUp(self):
        super().setUp()
        self.fake.fail("send", OutcomeUnknown("Time out"), after=True)
        self.fake.fail("find", Unavailable("Down"))
        self.letter = self._send_letter()
        self.letter.state = "sending"  # the process that sent it is dead
        [self.ref] = self.fake.letters

    def _hear(self, kind="message_open", hour=10):
        date = f"2026-01-02T{hour}:00:00Z"
        self._ingest(self.fake.happen(self.ref, kind, date) | {"mail_id": None})

    def _poll(self):
        self.letter.next_sync_date = self._ago(seconds=1)
        self._cron_sync()

    def test_it_is_sent_and_will_be_asked_about(self):
        self._hear()
        self.assertEqual((self.letter.state, self.letter.ref), ("opened", False))
        self.assertEqual(self.letter.mail_id.state, "sent")
        self.assertTrue(self.letter.sent_date)
        self.assertTrue(self.letter.next_sync_date)

    def test_the_id_is_found_and_the_rest_is_learnt(self):
        self._hear()
        self.fake.happen(self.ref, "message_open", "2026-01-02T12:00:00Z")
        self._poll()
        self.assertEqual(self.letter.ref, self.ref)
        self.assertEqual(len(self.letter.event_ids), 2)
        self.assertEqual(self.letter.open_count, 2)
        self._poll()
        self.assertEqual(self.fake.calls.count("find"), 2)

    def test_refresh_finds_it_too(self):
        self._hear()
        self.letter.mail_id.with_user(self.seller).action_b2b_refresh()
        self.assertEqual(self.letter.ref, self.ref)
        self.assertIn("statistics", self.fake.calls)

    def test_where_the_service_cannot_find_it_is_asked_again_and_never_resent(self):
        self.fake.can_find = False
        self._hear()
        self._poll()
        self.assertEqual((self.letter.state, self.letter.ref), ("opened", False))
        self.assertGreater(self.letter.next_sync_date, self._ago())
        self.letter.mail_id.with_user(self.seller).action_b2b_refresh()
        self.letter.claim_date = self._ago(minutes=11)
        self._cron_send()
        self.assertEqual(len(self.fake.letters), 1)

    def test_an_outage_leaves_it_due(self):
        self._hear()
        self.fake.fail("find", Unavailable("Down"))
        self._poll()
        self.assertLess(self.letter.next_sync_date, self._ago())
        self._poll()
        self.assertEqual(self.letter.ref, self.ref)

    def test_what_came_back_keeps_the_reason(self):
        self._hear("bounce")
        self._poll()
        self.assertEqual((self.letter.state, self.letter.ref), ("failed", self.ref))
        self.assertIn("came back", self.letter.failure_reason)

    def test_news_of_a_kind_that_nobody_knows_proves_nothing(self):
        self._hear("send_error")
        self.assertEqual(self.letter.state, "sending")
        self.assertFalse(self.letter.sent_date)

    def test_strangers_news_is_left_alone(self):
        self._ingest({"type": "message_open", "date": "2026-01-02T09:00:00Z"})
        self._hear()
        self.assertEqual(len(self.letter.event_ids), 1)
        self.assertEqual(self.letter.first_open_date.hour, 10)
