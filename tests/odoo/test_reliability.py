# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Contacts whose opens say little, by what happened to letters to them before."""

from chatter_case import ChatterCase
from test_queries import QueriesCase
from test_verdicts import APPLE, GATEWAY, OUTLOOK, VerdictCase

from odoo.tests import Form, TransactionCase, tagged


@tagged("standard", "post_install", "-at_install")
class TestReliability(VerdictCase, ChatterCase, QueriesCase, TransactionCase):
    def _unreliable(self, user=None, partner=None):
        partner = (partner or self.reader).with_user(user or self.seller)
        partner.invalidate_recordset(["b2b_unreliable"])
        return partner.b2b_unreliable

    def _letters_with(self, count, *happened):
        """Let the same happen to so many letters to the reader."""
        for _number in range(count):
            letter = self._send_letter()
            for kind, user_agent in happened:
                self._happens(kind, user_agent, letter=letter)

    def test_what_one_letter_shows_is_not_enough(self):
        for user_agent, sign in ((GATEWAY, "scanner"), (APPLE, "prefetch")):
            with self.subTest(sign=sign):
                self._letters_with(1, ("message_open", user_agent))
                self.assertNotEqual(self._unreliable(), sign)
                self._letters_with(1, ("message_open", user_agent))
                self.assertEqual(self._unreliable(), sign)
                self.env["b2b.family.event"].search([]).unlink()

    def test_who_reads_without_pictures(self):
        self._letters_with(1, ("link_click", None), ("reply", None))
        self.assertFalse(self._unreliable(), "one letter")
        self._letters_with(1, ("link_click", None))
        self.assertEqual(self._unreliable(), "no_pictures")
        self._letters_with(1, ("message_open", OUTLOOK))
        self.assertFalse(self._unreliable(), "here the pictures were loaded")

    def test_a_reader_like_others(self):
        self._letters_with(3, ("message_open", OUTLOOK), ("link_click", None))
        self.assertFalse(self._unreliable())
        self.assertIs(self.reader.with_user(self.seller).b2b_recipients_note(), False)

    def test_what_was_long_ago_is_forgotten(self):
        self._letters_with(2, ("message_open", GATEWAY))
        self.assertTrue(self._unreliable())
        self.env["b2b.family.letter"].search([]).sent_date = self._ago(days=200)
        self.assertFalse(self._unreliable())

    def test_attacks_others_letters_are_not_told_of(self):
        self._letters_with(2, ("message_open", GATEWAY))
        self.colleague.group_ids += self.env.ref("b2b_family_mail.group_user")
        self.assertFalse(self._unreliable(self.colleague))
        self.colleague.group_ids += self.env.ref("b2b_family_mail.group_manager")
        self.assertEqual(self._unreliable(self.colleague), "scanner")

    def test_it_is_said_before_sending(self):
        self._letters_with(2, ("message_open", GATEWAY))
        self.seller.group_ids += self.env.ref("base.group_partner_manager")
        words = "Rita Reader (A security check fetches the letters)"
        draft = self._write_mail()
        self.assertIn(words, draft.b2b_recipients_note)
        composer = self.env["mail.compose.message"].with_user(self.seller)
        composer = composer.new({"partner_ids": [(4, self.reader.id)]})
        self.assertIn(words, composer.b2b_recipients_note)
        readers = (self.reader + self.second).with_user(self.seller)
        self.assertIn(words, readers.b2b_recipients_note())
        self.assertNotIn("Sam Second", readers.b2b_recipients_note())
        with Form(readers[0]) as form:
            self.assertEqual(form.b2b_unreliable, "scanner")
        self.reader.b2b_tracking_consent = "no"
        self.assertNotIn(words, readers.b2b_recipients_note(), "it is not tracked")

    def test_many_recipients_are_not_told_apart(self):
        self._letters_with(2, ("message_open", GATEWAY))
        others = self.env["res.partner"].create(
            [{"name": f"Reader {number}"} for number in range(20)]
        )
        note = (self.reader + others[:19]).with_user(self.seller)._b2b_unreliable_note()
        self.assertIn("Rita", note)
        note = (self.reader + others).with_user(self.seller)._b2b_unreliable_note()
        self.assertIs(note, False)

    def test_many_contacts_cost_no_more_queries(self):
        for reader in self.reader, self.second:
            for _number in range(2):
                letter = self._send_letter(recipient_ids=[(4, reader.id)])
                self._happens("message_open", GATEWAY, letter=letter)
        counts = []
        for readers in self.reader, self.reader + self.second:
            with self._counting() as count:
                found = readers.with_user(self.seller).mapped("b2b_unreliable")
            self.assertEqual(set(found), {"scanner"})
            counts += count
        self.assertLessEqual(counts[1], counts[0])
