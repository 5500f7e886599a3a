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


@tagged("standard", "post_install", "-at_install")
class TestLost(B2BCase):
    """What may not leave any more when the time of a letter has come, does not."""

    def _file(self):
        """Return a file of a document, which others may change."""
        admin = self.env.ref("base.user_admin")
        place = {"res_model": "res.partner", "res_id": self.reader.id}
        return self._create_file("Prices.pdf", user=admin, **place)

    def _send_later(self, **values):
        return self._send_letter(scheduled_date=self._ago(hours=-3), **values)

    def _come(self, letter):
        letter.mail_id.scheduled_date = letter.next_try_date = self._ago(minutes=1)
        self._cron_send()

    def _assert_kept(self, letter, words):
        self._come(letter)
        self.assertEqual((letter.state, self.fake.letters), ("failed", {}))
        self.assertIn(words, letter.failure_reason)
        self.assertEqual(letter.mail_id.state, "exception")

    def test_its_author_is_no_user_any_more(self):
        letter = self._send_later()
        self.seller.active = False
        self._assert_kept(letter, "no user of Odoo any more")

    def test_its_author_may_not_read_a_file_any_more(self):
        file = self._file()
        letter = self._send_later(attachment_ids=[(4, file.id)])
        file.sudo().write({"res_model": "ir.config_parameter", "res_id": 1})
        self._assert_kept(letter, "may not read one of its attachments")

    def test_its_author_may_not_read_a_recipient_any_more(self):
        letter = self._send_later()
        self.env["ir.rule"].create(
            {
                "name": "Not this one",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": f"[('id', '!=', {self.reader.id})]",
                "groups": [(4, self.env.ref("base.group_user").id)],
            }
        )
        self._assert_kept(letter, "may not read one of its recipients")

    def test_a_file_of_a_document_is_another_now(self):
        file = self._file()
        letter = self._send_later(attachment_ids=[(4, file.id)])
        file.sudo().raw = b"%PDF of somebody else"
        self._assert_kept(letter, "“Prices.pdf” was changed")
        # Its author has looked at it, and wants it sent.
        letter.with_user(self.seller).action_send_again()
        self.assertEqual(letter.state, "sent")
        [(_name, content)] = self.fake.files.values()
        self.assertEqual(content, b"%PDF of somebody else")
        self.assertEqual(letter.attachment_ids.checksum, file.checksum)

    def test_others_do_not_get_what_a_file_was_changed_to(self):
        """An upload under the name of other content would be used again for that."""
        file = self._file()
        self.fake.fail("upload", Unavailable("Down.", call="upload"))
        letter = self._send_letter(attachment_ids=[(4, file.id)])
        self.assertEqual(letter.state, "queued")
        letter.next_try_date = self._ago(minutes=1)
        file.sudo().raw = b"%PDF of somebody else"
        self._cron_send()
        self.assertEqual((letter.state, self.fake.files), ("failed", {}))

    def test_a_letter_of_odoo_itself_leaves(self):
        odoobot = self.env.ref("base.user_root")
        letter = self._send_later(user=odoobot)
        self._come(letter)
        self.assertEqual(letter.state, "sent")
