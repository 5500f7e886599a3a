# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A letter that its author wants sent later."""

from common import B2BCase

from odoo.tests import tagged

from odoo.addons.b2b_family_mail.client import Unavailable


@tagged("standard", "post_install", "-at_install")
class TestLater(B2BCase):
    def _send_later(self, **values):
        return self._send_letter(scheduled_date=self._ago(hours=-3), **values)

    def _come(self, letter):
        """Let the time come at which the letter is wanted."""
        letter.mail_id.scheduled_date = letter.next_try_date = self._ago(minutes=1)
        self._cron_send()

    def test_it_waits_for_its_time(self):
        letter = self._send_later()
        self.assertEqual(letter.state, "queued")
        self.assertEqual(letter.next_try_date, letter.mail_id.scheduled_date)
        self._cron_send()
        self.env["mail.mail"].process_email_queue()
        self.assertEqual((letter.state, self.fake.letters), ("queued", {}))
        self._come(letter)
        self.assertEqual((letter.state, len(self.fake.letters)), ("sent", 1))

    def test_a_time_that_has_passed_is_now(self):
        letter = self._send_letter(scheduled_date=self._ago(hours=1))
        self.assertEqual((letter.state, letter.next_try_date), ("sent", False))

    def test_an_account_that_works_again_sends_what_is_late_and_no_more(self):
        self.fake.fail("send", Unavailable("Down.", call="send"))
        late = self._send_letter(scheduled_date=self._ago(hours=1))
        later = self._send_later()
        self.assertTrue(late.next_try_date)
        letters = self.env["b2b.family.letter"]
        letters._resume_all()
        self.assertFalse(late.next_try_date)
        letters._follow_account(self.seller)
        self.assertEqual(later.next_try_date, later.mail_id.scheduled_date)

    def test_its_author_has_it_sent_now_after_all(self):
        letter = self._send_later()
        letter.with_user(self.seller).action_try_now()
        self.assertEqual(letter.state, "sent")

    def test_who_refuses_is_asked_when_it_leaves(self):
        self.reader.b2b_tracking_consent = "no"
        letter = self._send_later()
        with self.mock_mail_gateway():
            self.assertEqual(letter.state, "queued")
            self._come(letter)
            self.assertEqual(len(self._mails), 1)
        self.assertEqual(letter.state, "untracked")
        self.assertFalse(self.fake.letters)
