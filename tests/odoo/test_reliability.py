# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Contacts whose opens say little, by what happened to letters to them before."""

from datetime import timedelta

from chatter_case import ChatterCase
from test_queries import QueriesCase
from test_verdicts import APPLE, GATEWAY, OUTLOOK, VerdictCase

from odoo.tests import Form, TransactionCase, tagged

from odoo.addons.b2b_family_mail.models import b2b_family_mail_domain

from devtools.name_server import NameServer


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


@tagged("standard", "post_install", "-at_install")
class TestMailDomains(VerdictCase, ChatterCase, TransactionCase):
    """Who takes the mail of a domain, asked of a real name server on loopback."""

    def setUp(self):
        super().setUp()
        self.name_server = self.enterContext(NameServer())
        self.service._set_params({"name_servers": self.name_server.address})
        self.domains = self.env["b2b.family.mail.domain"]
        self.reader.email = "rita@Guarded.example"

    def _unreliable(self):
        reader = self.reader.with_user(self.seller)
        reader.invalidate_recordset(["b2b_unreliable"])
        return reader.b2b_unreliable

    def _ask(self, **mail):
        self.name_server.mail = {f"{name}.example": mail[name] for name in mail}
        self.name_server.asked.clear()
        self.domains._cron_ask()
        return self.name_server.asked

    def _pass(self, **time):
        for domain in self.domains.search([]):
            domain.asked_date -= timedelta(**time)

    def test_behind_a_gateway(self):
        self._send_letter()
        self.assertFalse(self._unreliable(), "nobody was asked yet")
        asked = self._ask(guarded=["mx1.guarded.example", "mx.mimecast.com"])
        self.assertIn("guarded.example", asked)
        self.assertEqual(self._unreliable(), "gateway")
        note = self.reader.with_user(self.seller).b2b_recipients_note()
        self.assertIn("passes a security gateway", note)
        russian = self.reader.with_user(self.seller).with_context(lang="ru_RU")
        self.assertIn("шлюз", russian.b2b_recipients_note())

    def test_apple(self):
        self.reader.email = "rita@me.com"
        self.assertEqual(self._unreliable(), "apple", "known without asking")
        self.reader.email = "rita@guarded.example"
        self._send_letter()
        self._ask(guarded=["mx01.mail.icloud.com"])
        self.assertEqual(self._unreliable(), "apple")

    def test_letters_that_were_opened_say_more(self):
        self._ask(guarded=["mx.mimecast.com"])
        for _number in range(2):
            self._happens("message_open", OUTLOOK, letter=self._send_letter())
        self._ask(guarded=["mx.mimecast.com"])
        self.assertFalse(self._unreliable())

    def test_it_is_asked_once_a_month(self):
        self._send_letter()
        self.assertIn("guarded.example", self._ask(guarded=["mx.mimecast.com"]))
        self.assertEqual(self._ask(), [])
        self._pass(days=31)
        self.assertIn("guarded.example", self._ask(guarded=[]))
        self.assertFalse(self._unreliable(), "another provider")
        self.assertEqual(
            self.domains.search_count([("name", "=", "guarded.example")]), 1
        )

    def test_nobody_answers(self):
        self._send_letter()
        self.domains._note({"guarded.example": ["mx.mimecast.com"]})
        self._pass(days=31)
        self.patch(b2b_family_mail_domain, "TIMEOUT", 0.05)
        self.name_server.script = lambda question: None
        self.domains._cron_ask()
        self.assertEqual(self._unreliable(), "gateway", "what is known stays")
        self.name_server.script = None
        self.assertEqual(self._ask(), [], "not at once")
        self._pass(days=1, hours=1)
        self.assertIn("guarded.example", self._ask(guarded=[]))

    def test_a_round_ends_where_nobody_answers(self):
        self.name_server.script = lambda question: None
        self.patch(b2b_family_mail_domain, "TIMEOUT", 0.05)
        names = [f"d{number}.example" for number in range(9)]
        found = self.domains._ask(names, [self.name_server.address])
        self.assertEqual(found, dict.fromkeys(names[:3]))

    def test_it_can_be_switched_off(self):
        self._send_letter()
        self.service._set_params({"name_servers": "none"})
        self.assertEqual(self._ask(guarded=["mx.mimecast.com"]), [])
        self.assertFalse(self.domains.search([("name", "=", "guarded.example")]))

    def test_no_screen_waits_for_it(self):
        self._send_letter()
        self._unreliable()
        self.reader.with_user(self.seller).b2b_recipients_note()
        self.assertEqual(self.name_server.asked, [])
