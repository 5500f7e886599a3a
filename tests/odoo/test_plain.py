# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""By ordinary mail: handed over until core says that it is gone, failed if it is not."""

import socket
from contextlib import contextmanager
from unittest.mock import patch

from chatter_case import ChatterCase
from fake_service import refusal
from psycopg2.errors import SerializationFailure

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import IrMail_Server


class PlainCase(ChatterCase):
    def setUp(self):
        super().setUp()
        self.reader.b2b_tracking_consent = "no"

    def _dead_port(self):
        """Return a port of this machine where nobody listens."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    @contextmanager
    def _dead_mail_server(self):
        """Let outgoing mail go to a port that refuses connections, for real."""
        server = self.env["ir.mail_server"].create(
            {
                "name": "Dead",
                "smtp_host": "127.0.0.1",
                "smtp_port": self._dead_port(),
                "smtp_encryption": "none",
            }
        )
        with patch.object(IrMail_Server, "_disable_send", lambda *_args: False):
            yield
        server.active = False

    def _assert_failed(self, letter, words):
        self.assertEqual((letter.state, letter.sent_date), ("failed", False))
        self.assertRegex(letter.failure_reason, f"^Ordinary mail: .*{words}")
        self.assertNotIn("B2B Family", letter.failure_reason)


@tagged("standard", "post_install", "-at_install")
class TestOrdinaryMail(PlainCase):
    def test_handed_over_until_core_says_that_it_is_sent(self):
        mail = self._send_mail()
        letter = mail.b2b_letter_ids
        copy = letter.plain_mail_id
        self.assertEqual((letter.state, letter.sent_date), ("untracked", False))
        self.assertEqual((mail.state, copy.state), ("outgoing", "outgoing"))
        self.assertTrue(mail.b2b_is_handed_over)
        with self.mock_mail_gateway(mail_unlink_sent=True):
            self.env["mail.mail"].process_email_queue()
        self.assertEqual(len(self._mails), 1)
        self.assertTrue(letter.sent_date)
        self.assertFalse(letter.is_tracking_over, "it was never begun")
        self.assertEqual((mail.state, letter.state), ("sent", "untracked"))
        self.assertFalse(copy.exists(), "a copy that is sent is not kept")
        self.assertFalse(mail.b2b_is_handed_over)

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_a_dead_mail_server_is_a_failure_in_words(self):
        self._popups()
        with self._dead_mail_server():
            mail = self._send_mail()
        letter = mail.b2b_letter_ids
        self._assert_failed(letter, "Connection failed")
        self.assertEqual((mail.state, mail.b2b_state), ("exception", "failed"))
        self.assertIn(letter.failure_reason, mail.b2b_failure_reason)
        self.assertEqual(letter.plain_mail_id.state, "exception")
        [popup] = self._popups()
        self.assertIn("rita@client.example", popup)
        self.assertIn("Ordinary mail", popup)

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_in_a_chatter_it_is_seen_where_it_was_written(self):
        with self._dead_mail_server():
            message = self._post()
        rows = message.sudo().notification_ids
        row = rows.filtered(lambda row: row.res_partner_id == self.reader)
        self.assertEqual(row.notification_status, "exception")
        self.assertEqual(row.b2b_state, "failed")

    def test_an_address_that_core_refuses(self):
        with (
            self.mock_mail_gateway(),
            patch.object(
                IrMail_Server,
                "send_email",
                side_effect=AssertionError(IrMail_Server.NO_VALID_RECIPIENT),
            ),
        ):
            letter = self._send_mail().b2b_letter_ids
        self._assert_failed(letter, "Invalid email address")

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_a_new_attempt_cancels_the_copy_that_did_not_leave(self):
        with self._dead_mail_server():
            letter = self._send_mail().b2b_letter_ids
        old = letter.plain_mail_id
        with self.mock_mail_gateway():
            letter.with_user(self.seller).action_send_plain()
            self.env["mail.mail"].process_email_queue()
        self.assertEqual(old.state, "cancel")
        self.assertEqual(len(self._mails), 1)
        self.assertEqual(letter.state, "untracked")
        self.assertTrue(letter.sent_date)

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_core_retry_of_the_copy_settles_the_letter(self):
        with self._dead_mail_server():
            letter = self._send_mail().b2b_letter_ids
        letter.plain_mail_id.mark_outgoing()
        with self.mock_mail_gateway():
            self.env["mail.mail"].process_email_queue()
        self.assertEqual((letter.state, letter.failure_reason), ("untracked", False))
        self.assertEqual(letter.mail_id.state, "sent")

    def test_a_copy_that_is_cancelled_or_deleted_is_a_failure(self):
        for end in "cancel", "unlink":
            with self.subTest(end):
                letter = self._send_mail().b2b_letter_ids
                getattr(letter.plain_mail_id, end)()
                self.assertEqual(letter.state, "failed")
                self.assertTrue(letter.failure_reason)

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_a_letter_that_goes_by_the_service_after_all_cancels_it(self):
        with self._dead_mail_server():
            letter = self._send_mail().b2b_letter_ids
        old = letter.plain_mail_id
        self.reader.b2b_tracking_consent = "yes"
        letter.with_user(self.seller).action_send_again()
        self.assertEqual((letter.state, old.state), ("sent", "cancel"))

    def test_a_copy_that_has_left_is_not_called_cancelled(self):
        letter = self._send_mail().b2b_letter_ids
        copy = letter.plain_mail_id
        copy.state = "sent"
        letter._drop_plain()
        self.assertEqual(copy.state, "sent")

    def test_a_copy_that_nobody_knows_of_is_a_failure(self):
        letter = self._send_mail().b2b_letter_ids
        letter.plain_mail_id = False
        self._cron_send()
        self.assertEqual(letter.state, "failed")

    def test_a_copy_is_no_letter_whatever_the_form_says(self):
        mail = self._write_mail()
        mail.with_context(default_b2b_send=True).action_b2b_send()
        self.assertFalse(mail.sudo().b2b_letter_ids.plain_mail_id.b2b_send)

    def test_what_collided_is_settled_by_the_scheduled_action(self):
        letter = self._send_mail().b2b_letter_ids
        # Past core's own way: as if our part of it had been rolled back.
        letter.plain_mail_id.state = "sent"
        self._cron_send()
        self.assertTrue(letter.sent_date)
        self.assertFalse(letter.plain_mail_id)

    def test_our_trouble_is_none_of_cores(self):
        """Whatever fails here, the mail has left: core must not send it again."""
        letters = type(self.env["b2b.family.letter"])
        with (
            self.mock_mail_gateway(),
            patch.object(letters, "_settle_plain", side_effect=ValueError),
            mute_logger("odoo.addons.b2b_family_mail.models.mail.mail_mail_plain"),
        ):
            letter = self._send_mail().b2b_letter_ids
        self.assertEqual(letter.plain_mail_id.state, "sent")
        self._cron_send()
        self.assertTrue(letter.sent_date)

    def test_a_collision_is_no_error(self):
        letters, trouble = type(self.env["b2b.family.letter"]), SerializationFailure()
        with (
            self.mock_mail_gateway(),
            patch.object(letters, "_settle_plain", side_effect=trouble),
            self.assertNoLogs("odoo.addons.b2b_family_mail", "ERROR"),
        ):
            letter = self._send_mail().b2b_letter_ids
        self.assertEqual(letter.plain_mail_id.state, "sent")

    def test_each_reader_gets_a_mail_of_his_own(self):
        self.service._set_params({"consent_policy": "consent"})
        with self.mock_mail_gateway():
            self._send_mail(email_to="b@x.example, c@x.example")
        self.assertEqual(
            sorted(mail["email_to"] for mail in self._mails),
            [['"Rita Reader" <rita@client.example>'], ["b@x.example"], ["c@x.example"]],
        )
        copies = self._send_mail(email_cc="d@x.example").b2b_letter_ids.plain_mail_id
        self.assertEqual(copies.mapped("email_cc"), [False, False])

    def test_ordinary_mail_costs_no_question(self):
        values = [{"email_to": "a@x.example", "auto_delete": True}] * 2
        with self.mock_mail_gateway():
            mails = self.env["mail.mail"].create(values)
            letters = type(self.env["b2b.family.letter"])
            with patch.object(letters, "search", side_effect=AssertionError):
                mails.send()

    def test_it_is_never_asked_about(self):
        with self.mock_mail_gateway():
            letter = self._send_mail().b2b_letter_ids
        self.fake.calls.clear()
        letter.with_user(self.seller).action_refresh()
        with self.assertRaisesRegex(UserError, "nothing to refresh"):
            letter.mail_id.with_user(self.seller).action_b2b_refresh()
        self.assertEqual(self.fake.calls, [])


@tagged("standard", "post_install", "-at_install")
class TestByOrdinaryMailInstead(PlainCase):
    def setUp(self):
        super().setUp()
        self.reader.b2b_tracking_consent = False
        self.fake.fail("send", refusal("No", 422))

    def test_a_letter_that_bounced_gets_a_new_date(self):
        self.fake.heal()
        letter = self._send_letter()
        letter.sent_date = self._ago(days=3)
        letter._set_failed("It came back.")
        letter.with_user(self.seller).action_send_plain()
        self.assertEqual((letter.state, letter.sent_date), ("untracked", False))
        self.assertFalse(letter.next_sync_date)

    def test_only_the_author_and_managers(self):
        letter = self._send_letter()
        for user in self.colleague, self.portal:
            with self.subTest(user.login), self.assertRaises(AccessError):
                letter.with_user(user).action_send_plain()
        self.assertEqual(letter.state, "failed")

    def test_one_that_was_sent_is_refused_in_words(self):
        self.fake.heal()
        letter = self._send_letter()
        with self.assertRaisesRegex(UserError, "Only a letter that waits"):
            letter.with_user(self.seller).action_send_plain()
