# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is heard of letters: each fact once, in any order, by any way."""

import os
from datetime import datetime
from itertools import permutations
from random import Random
from unittest.mock import patch

from common import B2BCase

from odoo.tests import tagged

from devtools.seed import SEED

FIRST, SECOND, THIRD = (f"2026-01-02T1{hour}:00:00Z" for hour in range(3))
ORDERS = int(os.environ.get("B2B_ORDERS", "24"))  # of the 120 there are


@tagged("standard", "post_install", "-at_install")
class TestIngest(B2BCase):
    def setUp(self):
        super().setUp()
        file = self._create_file()
        self.mail = self._send_mail(attachment_ids=[(4, file.id)])
        self.letter = self.mail.b2b_letter_ids
        self.ref = self.letter.ref
        self.file_ref = self.letter.attachment_ids.ref
        self._popups()

    def _happen(self, kind, date=FIRST, **details):
        return self.fake.happen(self.ref, kind, date, **details)

    def _poll(self):
        self.letter.next_sync_date = self._ago(seconds=1)
        self._cron_sync()

    def test_an_open_is_shown_with_its_dates(self):
        self._ingest(self._happen("message_open"), self._happen("message_open", THIRD))
        letter = self.letter
        self.assertEqual(letter.state, "opened")
        self.assertEqual(letter.first_open_date, datetime(2026, 1, 2, 10))
        self.assertEqual(letter.last_open_date, datetime(2026, 1, 2, 12))
        self.assertEqual(letter.open_count, 2)
        self.assertEqual(self.mail.b2b_state, "opened")
        self.assertEqual(self.mail.b2b_first_open_date, letter.first_open_date)
        self.assertEqual(self.mail.b2b_last_open_date, letter.last_open_date)

    def test_only_the_reader_who_opened_it_is_shown(self):
        mail = self._send_mail(email_to="bob@x.example, carl@x.example")
        ref, _request = self.fake.to("bob@x.example")
        self._ingest(self.fake.happen(ref, "message_open", FIRST))
        opened = mail.b2b_letter_ids.filtered("first_open_date")
        self.assertEqual(opened.email, "bob@x.example")
        self.assertEqual(mail.b2b_opened_count, 1)

    def test_the_same_event_by_every_way_is_one_row(self):
        event = self._happen("message_open")
        for source in "webhook", "webhook", "poll", "button":
            self._ingest(event, event, source=source)
        self._poll()
        self.mail.with_user(self.seller).action_b2b_refresh()
        self.assertEqual(len(self.letter.event_ids), 1)
        self.assertEqual(self.letter.open_count, 1)

    def test_the_same_event_without_an_id_is_one_row(self):
        event = self._happen("message_open")
        del event["id"], self.fake.events[self.ref][0]["id"]
        self._ingest(event)
        self._ingest({**event, "date": "2026-01-02T13:00:00+03:00"})
        self._poll()
        self.assertEqual(len(self.letter.event_ids), 1)

    def test_the_same_event_by_the_key_alone_is_one_row(self):
        event = self._happen("message_open")
        self._ingest({**event, "mail_id": None})
        self._poll()
        self.assertEqual(len(self.letter.event_ids), 1)

    def test_the_letter_is_found_by_the_key_alone_and_by_the_id_alone(self):
        for count, missing in enumerate(("mail_id", "custom_data"), start=1):
            event = self._happen("message_open", FIRST if count == 1 else SECOND)
            self._ingest({**event, missing: None})
            self.assertEqual(len(self.letter.event_ids), count, missing)

    def test_each_file_counts_its_own_opens(self):
        files = [self._create_file(name)[:1].id for name in ("A.pdf", "B.pdf")]
        letter = self._send_letter(attachment_ids=[(4, file) for file in files])
        one, other = letter.attachment_ids
        for line, dates in (one, [FIRST, SECOND]), (other, [THIRD]):
            for date in dates:
                kind = "attachment_open"
                event = self.fake.happen(letter.ref, kind, date, attachment=line.ref)
                self._ingest(event)
        self.assertEqual((one.open_count, other.open_count), (2, 1))

    def test_what_was_stored_and_not_applied_is_applied_by_the_next_round(self):
        letters = type(self.env["b2b.family.letter"])
        with patch.object(letters, "_apply_news", lambda self: None):
            self._ingest(self._happen("message_open"))
        self.assertEqual(self.letter.state, "sent")
        self.letter.next_sync_date = False
        self._cron_sync()
        self.assertEqual(self.letter.state, "opened")

    def test_order_does_not_matter(self):
        events = [
            self._happen("message_open", FIRST),
            self._happen("message_open", THIRD),
            self._happen("attachment_open", SECOND, attachment=self.file_ref),
            self._happen("bounce", FIRST),
            self._happen("not_open", FIRST),
        ]
        outcomes = set()
        for order in Random(SEED).sample([*permutations(events)], ORDERS):
            savepoint = self.env.cr.savepoint()
            for event in order:
                self._ingest(event)
            letter, attachment = self.letter, self.letter.attachment_ids
            outcomes.add(
                (
                    letter.state,
                    letter.failure_reason,
                    letter.first_open_date,
                    letter.last_open_date,
                    letter.open_count,
                    attachment.opened,
                    attachment.first_open_date,
                    attachment.open_count,
                    self.mail.state,
                    self.mail.b2b_state,
                    self.mail.b2b_failure_reason,
                )
            )
            savepoint.close(rollback=True)
            self.env.invalidate_all()
        dates = [datetime(2026, 1, 2, hour) for hour in (10, 12, 11)]
        expected = ("opened", False, dates[0], dates[1], 2, True, dates[2], 1)
        self.assertEqual(outcomes, {(*expected, "sent", "opened", False)})

    def test_an_unknown_event_is_kept_as_it_came(self):
        event = self._happen("eyes_rolled", mood="<b>tired</b>")
        self._ingest(event)
        self.assertEqual(self.letter.event_ids.event_type, "unknown")
        self.assertEqual(self.letter.event_ids.payload, event)
        self.assertEqual(self.letter.state, "sent")

    def test_an_event_before_the_letter_is_known_is_applied_once(self):
        def call_back(ref):
            event = self.fake.happen(ref, "message_open", FIRST)
            self._ingest({**event, "custom_data": None})
            self.assertEqual(
                self.env["b2b.family.event"].search([], limit=1).pending, True
            )

        self.fake.on_accept = call_back
        letter = self._send_letter()
        self.assertEqual((letter.state, letter.open_count), ("opened", 1))
        letter._refresh()
        self.assertEqual(len(letter.event_ids), 1)
        self.assertFalse(letter.event_ids.pending)

    def test_an_attachment_event_before_the_letter_is_known_is_applied(self):
        def call_back(ref):
            event = self.fake.happen(
                ref, "attachment_open", FIRST, attachment=self.file_ref
            )
            self._ingest({**event, "custom_data": None})

        self.fake.on_accept = call_back
        letter = self._send_letter(attachment_ids=[(4, self._create_file().id)])
        self.assertTrue(letter.attachment_ids.opened)

    def test_a_webhook_before_the_answer_is_not_overwritten_by_it(self):
        self.fake.on_accept = lambda ref: self._ingest(
            self.fake.happen(ref, "message_open", FIRST)
        )
        letter = self._send_letter()
        self.assertEqual(letter.state, "opened")
        self.assertTrue(letter.sent_date and letter.ref and letter.next_sync_date)

    def test_news_of_strangers_letters_are_kept_and_harm_nothing(self):
        stranger = {"id": 1, "type": "message_open", "mail_id": 999999, "date": FIRST}
        self.assertEqual(self._ingest(stranger), 1)
        self.assertEqual(self._ingest(stranger), 0)
        self.assertEqual(self.letter.state, "sent")

    def test_news_after_everything_was_deleted(self):
        """No crash, and nothing new is learnt of a reader who was erased."""
        event = self._happen("message_open")
        file_event = self._happen("attachment_open", attachment=self.file_ref)
        self.letter.attachment_ids.ir_attachment_id.sudo().unlink()
        self.mail.unlink()
        self.reader.unlink()
        self.seller.sudo().unlink()
        self.assertEqual(self._ingest(event, file_event), 0)
        self.assertEqual(self.letter.state, "sent")
        self.assertFalse(self.letter.attachment_ids.opened)
        self.assertFalse(self.letter.email, "erased with the contact")

    def test_news_of_a_deleted_letter(self):
        event = self._happen("message_open")
        self.letter.unlink()
        self.assertEqual(self._ingest(event), 1)

    def test_the_state_never_goes_back(self):
        self._ingest(self._happen("message_open"))
        for kind in "bounce", "not_open", "spam", "whatever":
            self._ingest(self._happen(kind))
            self.assertEqual(self.letter.state, "opened")

    def test_a_bounce_is_a_failure_that_the_author_hears_of(self):
        self._ingest(self._happen("bounce"))
        self.assertEqual((self.letter.state, self.mail.state), ("failed", "exception"))
        self.assertIn("came back", self.letter.failure_reason)
        self.assertEqual(len(self._popups()), 1)

    def test_opening_an_attachment_is_reading_the_letter(self):
        event = self._happen("attachment_open", SECOND, attachment=self.file_ref)
        self._ingest(event)
        attachment = self.letter.attachment_ids
        self.assertTrue(attachment.opened)
        self.assertEqual(attachment.first_open_date, datetime(2026, 1, 2, 11))
        self.assertEqual(attachment.open_count, 1)
        self.assertEqual(self.letter.state, "opened")
        self.assertTrue(self.letter.first_open_date and self.letter.refreshed_date)

    def test_only_the_attachment_that_was_opened_says_yes(self):
        files = self._create_file("A.pdf", b"a") | self._create_file("B.pdf", b"b")
        letter = self._send_letter(attachment_ids=[(6, 0, files.ids)])
        second = letter.attachment_ids.filtered(lambda att: att.name == "B.pdf")
        event = self.fake.happen(
            letter.ref, "attachment_open", FIRST, attachment=second.ref
        )
        self._ingest(event)
        self.assertEqual(letter.attachment_ids.filtered("opened"), second)

    def test_the_author_is_told_once_of_each_kind(self):
        for date in FIRST, SECOND, THIRD:
            self._ingest(
                self._happen("message_open", date),
                self._happen("attachment_open", date, attachment=self.file_ref),
            )
            self._poll()
        self.assertEqual(
            sorted(self._popups()),
            [
                "Rita Reader opened the attachment “Offer.pdf”.",
                "Rita Reader opened “Offer”.",
            ],
        )

    def test_events_of_the_future_and_the_past_are_taken_as_they_are(self):
        dates = "1999-12-31T23:59:59Z", "2099-01-01T00:00:00Z"
        self._ingest(*(self._happen("message_open", date) for date in dates))
        self.assertEqual(self.letter.first_open_date.year, 1999)
        self.assertEqual(self.letter.last_open_date.year, 2099)

    def test_times_without_a_zone_are_in_the_zone_of_the_service(self):
        self._ingest(self._happen("message_open", "02.01.2026 9:06"))
        self.assertEqual(self.letter.first_open_date, datetime(2026, 1, 2, 6, 6))

    def test_letter_information_is_the_four_dates(self):
        self._ingest(self._happen("message_open"))
        self._poll()
        rows = self.mail.with_user(self.seller).b2b_activity_ids
        dates = {row.activity_type: row.date for row in rows}
        self.assertEqual(
            dates,
            {
                "first_open": self.letter.first_open_date,
                "sent": self.letter.sent_date,
                "last_open": self.letter.last_open_date,
                "refreshed": self.letter.refreshed_date,
            },
        )
        self.assertTrue(all(dates.values()))
        self.assertEqual(set(rows.mapped("email")), {"rita@client.example"})

    def test_letters_that_another_transaction_writes_to_wait_their_turn(self):
        events = self.env["b2b.family.event"]
        nothing = self.letter.browse()
        self.patch(
            type(self.letter), "try_lock_for_update", lambda *args, **kwargs: nothing
        )
        self._ingest(self._happen("message_open"))
        self.assertEqual(self.letter.state, "sent")
        self.assertTrue(self.letter.event_ids.pending)
        self.patch(
            type(self.letter), "try_lock_for_update", lambda letters, **kwargs: letters
        )
        events._apply_pending()
        self.assertEqual(self.letter.state, "opened")

    def test_what_comes_while_news_is_applied_is_applied_after_it(self):
        """Who brought it found the letter locked, and left it to who holds the lock."""
        events, letters = type(self.env["b2b.family.event"]), type(self.letter)
        apply, late = events._apply, [self._happen("message_open", SECOND)]

        def apply_while_more_comes(records, news):
            apply(records, news)
            locked = patch.object(
                letters, "try_lock_for_update", lambda *a, **k: a[0][:0]
            )
            with locked:
                self._ingest(*late)
            late.clear()

        self.patch(events, "_apply", apply_while_more_comes)
        self._ingest(self._happen("message_open"))
        self.assertEqual(self.letter.open_count, 2)
        self.assertNotIn(True, self.letter.event_ids.mapped("pending"))
