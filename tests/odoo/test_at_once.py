# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What leaves at once is what was read, and only if nobody has written to it since."""

from dataclasses import replace
from unittest.mock import patch

from common import B2BCase

from odoo.tests import TransactionCase, tagged

from odoo.addons.b2b_family_mail.client import OutcomeUnknown
from odoo.addons.b2b_family_mail.models.letter.outbox import at_once


@tagged("standard", "post_install", "-at_install")
class TestAtOnce(B2BCase, TransactionCase):
    def _press(self, **values):
        """Press the button; return letter and what is sent of it, which waits still."""
        with patch.object(at_once, "after_commit") as after_commit:
            letter = self._send_letter(**values)
        [letters, method, prepared], _options = after_commit.call_args
        self.assertEqual((letters, method), (letter, "_deliver_these"))
        # So that it can be told from what is read again.
        content = {
            number: replace(outgoing, subject="As it was read")
            for number, outgoing in prepared.items()
        }
        return letter, content

    def _subjects(self):
        return [sent["subject"] for sent in self.fake.letters.values()]

    def test_it_leaves_as_it_was_read(self):
        letter, prepared = self._press()
        letter._deliver_these(prepared)
        self.assertEqual(self._subjects(), ["As it was read"])
        self.assertEqual((letter.state, letter.try_count), ("sent", 1))
        letter._deliver_these(prepared)
        self.assertEqual(len(self.fake.letters), 1, "it was sent once")

    def test_what_was_written_to_since_is_read_again(self):
        for table, column in (
            ("b2b_family_letter", "id"),
            ("mail_mail", "mail_id"),
            ("mail_message", "message_id"),
        ):
            with self.subTest(table=table):
                self.fake.letters.clear()
                letter, prepared = self._press()
                self.env.flush_all()
                self.env.cr.execute(
                    f"UPDATE {table} SET write_date = write_date + interval '1 second'"
                    f" WHERE id = (SELECT {column} FROM b2b_family_letter WHERE id = %s)",
                    [letter.id],
                )
                letter._deliver_these(prepared)
                self.assertEqual(self._subjects(), ["Offer"])
                self.assertEqual(letter.state, "sent")

    def test_what_was_decided_since_holds(self):
        letter, prepared = self._press()
        letter.action_cancel()
        letter._deliver_these(prepared)
        self.assertFalse(self.fake.letters)
        letter, prepared = self._press()
        letter.mail_id.unlink()
        letter._deliver_these(prepared)
        self.assertFalse(self.fake.letters)
        self.assertEqual(letter.state, "failed")

    def test_a_file_that_is_known_goes_along_and_another_is_uploaded_first(self):
        file = self._create_file()
        letter, prepared = self._press(attachment_ids=[(4, file.id)])
        self.assertFalse(prepared, "the service does not have it")
        letter._deliver_these(prepared)
        letter, prepared = self._press(attachment_ids=[(4, file.id)])
        self.assertTrue(prepared)
        letter._deliver_these(prepared)
        self.assertEqual(self.fake.calls, ["upload", "send", "send"])
        self.assertEqual(self._subjects(), ["Offer", "As it was read"])

    def test_what_cannot_be_told_is_in_doubt(self):
        letter, prepared = self._press()
        self.fake.fail("send", OutcomeUnknown("Gone", call="send"), after=True)
        self.fake.fail("find", OutcomeUnknown("Gone", call="find"))
        letter._deliver_these(prepared)
        self.assertEqual(letter.state, "unknown")
        self.assertEqual(len(self.fake.letters), 1)
