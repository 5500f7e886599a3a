# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Asking the service: what is due, no more, and never in anybody's way."""

from datetime import timedelta
from unittest.mock import patch

from common import B2BCase
from fake_service import answer
from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.b2b_family_mail.client import Unavailable
from odoo.addons.b2b_family_mail.models.letter.inbox import ask
from odoo.addons.b2b_family_mail.models.service import status

OPENED = "2026-01-02T10:00:00Z"


@tagged("standard", "post_install", "-at_install")
class TestSync(B2BCase):
    def setUp(self):
        super().setUp()
        mail = self._send_mail(email_to="bob@x.example, carl@x.example")
        self.letters = mail.b2b_letter_ids.sorted("id")
        self.fake.calls.clear()

    def _due(self, letters):
        letters.write({"next_sync_date": self._ago(seconds=1)})

    def _asked(self):
        self.fake.calls.clear()
        self._cron_sync()
        return self.fake.calls.count("statistics")

    def test_only_what_is_due_is_asked_about(self):
        self.assertEqual(self._asked(), 0)
        self._due(self.letters[0])
        self.assertEqual(self._asked(), 1)
        self.assertEqual(self._asked(), 0)

    def test_what_was_sent_is_asked_about_an_update_rate_later(self):
        for letter in self.letters:
            wait = letter.next_sync_date - letter.sent_date
            self.assertAlmostEqual(wait.total_seconds(), 300, delta=5)

    def test_the_next_question_is_an_update_rate_away(self):
        self.service._set_params({"email_update_rate": "3600"})
        self._due(self.letters)
        self._cron_sync()
        wait = self.letters[0].next_sync_date - fields.Datetime.now()
        self.assertAlmostEqual(wait.total_seconds(), 3600, delta=5)

    def _hear_a_webhook(self):
        status._noted.clear()
        self._ingest(self.fake.happen(self.letters[2].ref, "message_open", OPENED))

    def _pause(self, letter):
        self._due(letter)
        self._cron_sync()
        wait = letter.next_sync_date - fields.Datetime.now()
        return round(wait.total_seconds())

    def test_old_letters_are_asked_about_less_often_while_webhooks_are_heard(self):
        letter = self.letters[0]
        letter.sent_date = self._ago(hours=4)
        self.assertAlmostEqual(self._pause(letter), 300, delta=5)
        self._hear_a_webhook()
        self.assertAlmostEqual(self._pause(letter), 3600, delta=5)
        self.assertEqual(self._asked(), 0, "nothing is due sooner than was set")
        letter.sent_date = self._ago(days=20)
        self.assertAlmostEqual(self._pause(letter), 24 * 3600, delta=5)
        letter.sent_date = self._ago(minutes=10)
        self.assertAlmostEqual(self._pause(letter), 300, delta=5)
        self.service._set_params({"email_update_rate": "172800"})
        self.assertAlmostEqual(self._pause(letter), 172800, delta=5)

    def test_letters_by_own_accounts_have_no_webhooks(self):
        own, other = self.letters[0], self.letters[1]
        self.seller.sudo().write({"b2b_family_email": "sally@sandbox.example"})
        self.seller.sudo().b2b_family_api_key_kept = self.fake.issue_api_key()
        (own | other).sent_date = self._ago(days=20)
        own.account_id = self.seller
        self._hear_a_webhook()
        self.fake.happen(own.ref, "message_open", OPENED)
        self.assertAlmostEqual(self._pause(own), 300, delta=5)
        self.assertGreater(self._pause(other), 3600)

    def test_when_webhooks_fall_silent_all_are_asked_about_again(self):
        letter = self.letters[0]
        letter.sent_date = self._ago(days=20)
        self._hear_a_webhook()
        self.assertGreater(self._pause(letter), 3600)
        status = self.env["b2b.family.service.status"]._get_common()
        status.webhook_date = self._ago(minutes=61)
        self.assertEqual(self._asked(), 1)
        self.assertAlmostEqual(self._pause(letter), 300, delta=5)

    def test_news_that_no_webhook_told_shows_that_they_do_not_come(self):
        for date, heard in (self._ago(minutes=1), True), (self._ago(minutes=6), False):
            with self.subTest(date=date):
                self._hear_a_webhook()
                happened = f"{date.isoformat(timespec='seconds')}Z"
                self.fake.happen(self.letters[0].ref, "message_open", happened)
                self._due(self.letters[0])
                self._cron_sync()
                status = self.env["b2b.family.service.status"]
                self.assertEqual(status._hears_webhooks(), heard)

    def test_a_round_that_is_out_of_time_is_called_again_at_once(self):
        self.patch(ask, "SYNC_BATCH", 1)
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 0)
        self._due(self.letters)
        triggers = self.env["ir.cron.trigger"]
        cron = self.env.ref("b2b_family_mail.ir_cron_sync")
        triggers.search([("cron_id", "=", cron.id)]).unlink()
        self.assertEqual(self._asked(), 1)
        [trigger] = triggers.search([("cron_id", "=", cron.id)])
        self.assertLessEqual(trigger.call_at, fields.Datetime.now())
        trigger.unlink()
        self._due(self.letters[0])
        (self.letters - self.letters[0]).next_sync_date = False
        self.assertEqual(self._asked(), 1)
        self.assertFalse(triggers.search([("cron_id", "=", cron.id)]))

    def test_fresh_letters_are_asked_about_first(self):
        asked = []
        self.patch(ask, "SYNC_BATCH", 1)
        old, fresh = self.letters[0], self.letters[1]
        old.sent_date = self._ago(days=2)
        self._due(old | fresh)
        old.next_sync_date = self._ago(hours=1)
        sync = type(old)._sync

        def note(letters):
            asked.append(letters)
            return sync(letters)

        self.patch(type(old), "_sync", note)
        self._cron_sync()
        self.assertEqual(asked, [fresh, old])

    def test_no_rate_lets_it_ask_more_often_than_every_ten_seconds(self):
        for rate in "1", "0", "-5":
            self.service._set_params({"email_update_rate": rate})
            self.assertEqual(
                self.env["b2b.family.letter"]._update_rate(), timedelta(seconds=10)
            )

    def test_a_rate_that_is_no_number_is_the_default(self):
        self.service._set_params({"email_update_rate": "soon"})
        with self.assertLogs("odoo.addons.b2b_family_mail", "WARNING"):
            rate = self.env["b2b.family.letter"]._update_rate()
        self.assertEqual(rate, timedelta(seconds=300))

    def test_tracking_ends_after_the_days_of_tracking(self):
        self.service._set_params({"tracking_days": "30"})
        old, young = self.letters[0], self.letters[1]
        old.sent_date = self._ago(days=30, minutes=1)
        young.sent_date = self._ago(days=29, hours=23)
        (old | young)._schedule_sync()
        self.assertFalse(old.next_sync_date)
        self._due(old | young)
        self.assertEqual(self._asked(), 1)
        self.assertFalse(old.next_sync_date)
        self.assertTrue(old.is_tracking_over)
        self.assertTrue(young.next_sync_date)
        self.assertFalse(young.is_tracking_over)

    def test_news_is_taken_in(self):
        self.fake.happen(self.letters[1].ref, "message_open", OPENED)
        self._due(self.letters)
        self._cron_sync()
        self.assertEqual(self.letters.mapped("state"), ["sent", "opened", "sent"])
        self.assertTrue(all(self.letters.mapped("refreshed_date")))

    def test_sums_without_events_count_too(self):
        statistics = {
            "id": self.letters[0].ref,
            "first_open": OPENED,
            "last_open": "2026-01-03T10:00:00Z",
            "open_count": "4",
        }
        self.fake.fail("statistics", answer(statistics))
        self._due(self.letters[0])
        self._cron_sync()
        letter = self.letters[0]
        self.assertEqual((letter.state, letter.open_count), ("opened", 4))
        self.assertEqual(letter.last_open_date.day, 3)
        # What was known once is not taken back.
        self.fake.fail("statistics", answer({**statistics, "open_count": "2"}))
        letter._refresh()
        self.assertEqual(letter.open_count, 4)
        # More of it is shown, though the state is what it was.
        shown = []
        self.patch(type(letter), "_notify_screens", lambda lt: shown.append(lt))
        self.fake.fail("statistics", answer({**statistics, "open_count": "6"}))
        letter._refresh()
        self.assertEqual(letter.open_count, 6)
        self.assertIn(letter, shown)

    def test_sums_of_attachments_count_too(self):
        files = [self._create_file(name).id for name in ("read.pdf", "unread.pdf")]
        letter = self._send_letter(attachment_ids=[(6, 0, files)])
        read, unread = letter.attachment_ids.sorted("name")
        opens = {"first_open": OPENED, "last_open": OPENED, "open_count": 2}
        nothing = {"opened": False, "first_open": None, "open_count": 0}
        lines = [
            {"id": read.ref, "opened": True, **opens},
            {"id": unread.ref, **nothing},
        ]
        statistics = {"id": letter.ref, "open_count": 0, "attachments": lines}
        self.fake.fail("statistics", answer(statistics))
        letter._refresh()
        self.assertEqual((read.opened, unread.opened), (True, False))
        self.assertEqual((read.open_count, read.first_open_date.day), (2, 2))
        self.assertFalse(unread.first_open_date or unread.open_count)

    def test_an_outage_ends_the_round_quietly_and_the_next_one_asks_again(self):
        self.fake.fail("statistics", Unavailable("Down"))
        self._due(self.letters)
        self.assertEqual(self._asked(), 1)
        self.assertEqual(self._asked(), 3)

    def test_what_was_heard_before_an_outage_is_taken_in(self):
        for letter in self.letters:
            self.fake.happen(letter.ref, "message_open", OPENED)
        self._due(self.letters)
        request = self.fake.request

        def only_once(*args, **options):
            if self.fake.calls:
                raise Unavailable("Down")
            return request(*args, **options)

        with patch.object(self.fake, "request", only_once):
            self._cron_sync()
        self.assertEqual(self.letters.mapped("state").count("opened"), 1)
        self.assertEqual(self._asked(), 2)

    def test_refused_credentials_do_not_raise_out_of_the_cron(self):
        self.fake.api_keys.clear()
        # Another password forgets the key, unless one is entered with it.
        api_key = self.service._get_api_key(self.service._common_account())
        self.service._set_params({"mail_password": "wrong", "api_key": api_key})
        self._due(self.letters)
        self.assertEqual(self._asked(), 1)
        for letter in self.letters:
            self.assertLessEqual(letter.next_sync_date, fields.Datetime.now())

    def test_others_who_write_the_same_all_the_time_only_put_it_off(self):
        inbox = type(self.env["b2b.family.event"])
        self.fake.happen(self.letters[0].ref, "message_open", OPENED)
        self._due(self.letters)
        with patch.object(inbox, "_insert", side_effect=SerializationFailure):
            self.assertEqual(self._asked(), 3)
        self.assertEqual(self._asked(), 3)
        self.assertEqual(self.letters[0].state, "opened")

    def test_one_letter_that_cannot_be_read_stops_no_other(self):
        broken = answer({"id": self.letters[0].ref, "first_open": "the day before"})
        self.fake.fail("statistics", broken)
        self._due(self.letters)
        self.assertEqual(self._asked(), 3)
        self.assertEqual(self._asked(), 0, "the unreadable one must not spin")

    def test_a_letter_that_the_service_forgot_stops_no_other(self):
        del self.fake.letters[self.letters[0].ref]
        self._due(self.letters)
        self.assertEqual(self._asked(), 3)
        self.assertEqual(self._asked(), 0)

    def test_a_letter_deleted_while_it_is_asked_about_stops_no_other(self):
        gone, other = self.letters[:2]
        for letter in gone, other:
            self.fake.happen(letter.ref, "message_open", OPENED)
        self._due(self.letters)
        ask_them = type(gone)._ask

        def ask_slowly(letters):
            answers = ask_them(letters)
            gone.unlink()
            return answers

        with patch.object(type(gone), "_ask", ask_slowly):
            self._cron_sync()
        self.assertEqual((other.state, gone.exists()), ("opened", gone.browse()))

    def test_another_letters_statistics_are_not_taken(self):
        self.fake.fail(
            "statistics", answer({"id": "999", "first_open": OPENED, "open_count": 1})
        )
        self._due(self.letters[0])
        self._cron_sync()
        self.assertEqual(self.letters[0].state, "sent")

    def test_one_unreadable_event_does_not_hide_the_others(self):
        ref = self.letters[0].ref
        self.fake.happen(ref, "message_open", OPENED)
        self.fake.events[ref].append({"id": "x", "date": "no type"})
        self._due(self.letters[0])
        self._cron_sync()
        self.assertEqual(self.letters[0].state, "opened")
        self.assertEqual(len(self.letters[0].event_ids.filtered("problem")), 1)

    def test_refresh_asks_now_for_the_author(self):
        self.fake.happen(self.letters[0].ref, "message_open", OPENED)
        self.letters.mail_id.with_user(self.seller).action_b2b_refresh()
        self.assertEqual(self.letters[0].state, "opened")
        self.assertEqual(self.letters[0].event_ids.source, "button")
        self.assertEqual(self.fake.calls, ["statistics"] * 3)

    def test_refresh_says_in_words_that_the_service_is_down(self):
        self.fake.fail("statistics", Unavailable("No route"))
        told = self.letters.mail_id.with_user(self.seller).action_b2b_refresh()
        self.assertEqual(told["params"]["type"], "warning")
        self.assertRegex(
            told["params"]["message"], "cannot be reached.*No route.*Odoo asks again"
        )

    def test_refresh_of_a_draft_says_that_there_is_nothing(self):
        with self.assertRaisesRegex(UserError, "nothing to refresh"):
            self._write_mail().action_b2b_refresh()
