# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What leaves at once is what was read, and only if nobody has written to it since."""

from dataclasses import replace
from unittest.mock import patch

from common import B2BCase
from post_case import PostCase

from odoo.tests import TransactionCase, tagged

from odoo.addons.b2b_family_mail.client import OutcomeUnknown
from odoo.addons.b2b_family_mail.models.carrier import odoo as by_odoo
from odoo.addons.b2b_family_mail.models.letter.outbox import at_once

READ = "As it was read"


class Pressed:
    """The button is pressed, and what is sent waits still."""

    def _press(self, **values):
        """Return letter and what is sent of it, which can be told from what is read again."""
        with patch.object(at_once, "after_commit") as after_commit:
            letter = self._send_letter(**values)
        [letters, method, prepared], _options = after_commit.call_args
        self.assertEqual((letters, method), (letter, "_deliver_these"))
        return letter, {key: self._renamed(out) for key, out in prepared.items()}


@tagged("standard", "post_install", "-at_install")
class TestAtOnce(Pressed, B2BCase, TransactionCase):
    def _renamed(self, outgoing):
        return replace(outgoing, subject=READ)

    def _subjects(self):
        return [sent["subject"] for sent in self.fake.letters.values()]

    def test_it_leaves_as_it_was_read(self):
        letter, prepared = self._press()
        letter._deliver_these(prepared)
        self.assertEqual(self._subjects(), [READ])
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
        self.assertEqual(self._subjects(), ["Offer", READ])

    def test_what_cannot_be_told_is_in_doubt(self):
        letter, prepared = self._press()
        self.fake.fail("send", OutcomeUnknown("Gone", call="send"), after=True)
        self.fake.fail("find", OutcomeUnknown("Gone", call="find"))
        letter._deliver_these(prepared)
        self.assertEqual(letter.state, "unknown")
        self.assertEqual(len(self.fake.letters), 1)


@tagged("standard", "post_install", "-at_install")
class TestAtOnceByThisOdoo(Pressed, PostCase):
    def _renamed(self, outgoing):
        return replace(outgoing, values=outgoing.values | {"subject": READ})

    def _subjects(self):
        return [sent.message["Subject"] for sent in self.post.letters]

    def test_it_leaves_as_it_was_read_with_its_file(self):
        file = self._create_file()
        letter, prepared = self._press(attachment_ids=[(4, file.id)])
        letter._deliver_these(prepared)
        self.assertEqual(self._subjects(), [READ])
        [attached] = self.post.letters[0].message.iter_attachments()
        self.assertEqual(attached.get_filename(), file.name)
        self.assertEqual((letter.state, letter.try_count), ("sent", 1))
        self.assertEqual(letter.ref, letter.mail_id.message_id)
        letter._deliver_these(prepared)
        self.assertEqual(len(self.post.letters), 1, "it was sent once")

    def test_what_was_written_to_since_is_read_again(self):
        letter, prepared = self._press()
        letter.mail_id.subject = "Another"
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_message SET write_date = write_date + interval '1 second'"
            " WHERE id = %s",
            [letter.message_id.id],
        )
        letter._deliver_these(prepared)
        self.assertEqual(self._subjects(), ["Another"])

    def test_what_was_decided_since_holds(self):
        letter, prepared = self._press()
        letter.action_cancel()
        letter._deliver_these(prepared)
        self.assertEqual(self.post.letters, [])

    def test_what_cannot_be_told_is_in_doubt(self):
        self.post.fault("END", drop=True)
        letter, prepared = self._press()
        letter._deliver_these(prepared)
        self.assertEqual(letter.state, "unknown")
        self._cron_send()
        self.assertEqual(len(self.post.letters), 1)

    def test_a_server_that_is_away_is_tried_again(self):
        self.post.fault("MAIL", drop=True)
        letter, prepared = self._press()
        letter._deliver_these(prepared)
        self.assertEqual((letter.state, letter.ref), ("queued", False))
        self._make_due(letter)
        self._cron_send()
        self.assertEqual(self._subjects(), ["Offer"])

    def test_large_files_do_not_wait_in_memory(self):
        self.patch(by_odoo, "READY_BYTES", 3)
        file = self._create_file()
        letter, prepared = self._press(attachment_ids=[(4, file.id)])
        self.assertFalse(prepared)
        letter._deliver_these(prepared)
        self.assertEqual(self._subjects(), ["Offer"])
        _letter, prepared = self._press(
            attachment_ids=[(4, file.id)], b2b_attachment_links="instead"
        )
        self.assertTrue(prepared, "only a link to it is sent")

    def test_what_was_just_written_stays(self):
        """For each recipient the mail is addressed anew, in memory only."""
        mail = self._write_mail().sudo()
        mail.write({"state": "outgoing", "email_to": "bob@client.example"})
        with self.assertNoLogs("odoo.fields", "ERROR"):
            mail.send()
        self.env.flush_all()
        mail.invalidate_recordset()
        self.assertEqual(mail.email_to, "bob@client.example")
        self.assertEqual(mail.recipient_ids, self.reader)
        self.assertEqual(len(self.post.letters), 2)
        mail.email_to = "cid@client.example"  # and nothing has been flushed since
        with self.assertNoLogs("odoo.fields", "ERROR"):
            mail._b2b_prepare_outgoing(mail.b2b_letter_ids, None)
        self.env.flush_all()
        mail.invalidate_recordset()
        self.assertEqual(mail.email_to, "cid@client.example")
