# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Answers: mails as they come to Odoo's gateway, taken in by core's own methods."""

from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from unittest.mock import patch

from chatter_case import ChatterCase
from test_queries import QueriesCase

from odoo import fields
from odoo.tests import Form, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

ROUTING = "odoo.addons.mail.models.mail_thread"
SENDING = "odoo.addons.mail.models.mail_mail"
OPENED = "2026-11-24T10:15:00+03:00"
CATCHALL = "catchall@shop.example"
PIXEL = '<img src="https://b2b.example.com/o/1.gif" width="1" height="1" alt="">'
LOGO = '<img src="https://client.example/logo.png" width="90">'

BOUNCE = """\
From: MAILER-DAEMON@client.example
To: bounce@shop.example
Message-ID: {mail_id}
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="=-b2b"

--=-b2b
Content-Type: text/plain

Your message could not be delivered.
--=-b2b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.client.example

Final-Recipient: rfc822; {email}
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <rita@client.example>: User
 unknown

--=-b2b
Content-Type: message/rfc822

Message-ID: {about}

Hello
--=-b2b--
"""


class GatewayCase(ChatterCase):
    """A company whose answers come to Odoo: it has an alias domain."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        domain = cls.env["mail.alias.domain"].create(
            {
                "name": "shop.example",
                "catchall_alias": "catchall",
                "bounce_alias": "bounce",
            }
        )
        cls.env.company.alias_domain_id = domain

    def setUp(self):
        super().setUp()
        self.seller.b2b_notice_answer = "popup"
        self.message = self._post()
        self.letter = self._letters(self.message)
        self._popups()

    def _mail(self, sender="rita@client.example", to=CATCHALL, **headers):
        """Return a mail to Odoo, an answer to the message unless it says otherwise."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, to, "Re: Offer"
        mail["Message-ID"] = make_msgid(domain="client.example")
        headers = {
            "In_Reply_To": self.message.message_id,
            "Date": format_datetime(fields.Datetime.now()),
            **headers,
        }
        for name, value in headers.items():
            if value:
                mail[name.replace("_", "-")] = value
        mail.set_content("Yes, please.")
        return mail

    def _process(self, mail):
        with mute_logger(ROUTING, SENDING):
            thread = self.env["mail.thread"].sudo()
            return thread.message_process(None, str(mail))

    def _answer(self, *args, **headers):
        return self._process(self._mail(*args, **headers))

    def _address(self, letter=None):
        """Return where answers to a letter go, as the service was told."""
        letter = letter or self.letter
        [sent] = [
            sent
            for sent in self.fake.letters.values()
            if sent["custom_data"]["key"] == letter.key
        ]
        return sent["reply_to"]

    def _bounce(self, email="rita@client.example", action="failed"):
        """Return what a reader's mail server says about the message."""
        return BOUNCE.format(
            mail_id=make_msgid(domain="mx.client.example"),
            email=email,
            action=action,
            about=self.message.message_id,
        )


@tagged("standard", "post_install", "-at_install")
class TestAnswers(GatewayCase):
    def test_an_answer_is_the_surest_evidence(self):
        self._answer()
        letter = self.letter
        self.assertEqual(letter.state, "answered")
        self.assertTrue(letter.answered_date)
        self.assertEqual(letter.state_date, letter.answered_date)
        self.assertEqual((letter.open_verdict, letter.open_count), ("person", 0))
        self.assertTrue(letter.first_open_date, "who answers has read it")
        self.assertEqual(letter.event_ids.mapped("source"), ["mail"])
        row = letter._notifications()
        self.assertEqual((row.b2b_state, row.b2b_open_unclear), ("answered", False))

    def test_the_mail_is_answered_too(self):
        mail = self._send_mail()
        self.message = mail.mail_message_id
        self._answer()
        self.assertEqual(mail.b2b_state, "answered")
        self.assertEqual(mail.b2b_answered_date, mail.b2b_letter_ids.answered_date)
        self.assertEqual(mail.b2b_opened_count, 1)

    def test_the_answer_stands_in_the_thread(self):
        self.assertEqual(self._answer(), self.record.id)
        answer = self._newest()
        self.assertEqual(answer.author_id, self.reader)

    def test_the_first_answer_counts(self):
        self._answer(Date=None)
        first = self.letter.answered_date
        early = self._mail(Date=format_datetime(first - timedelta(days=900)))
        self._process(early)
        self.assertEqual(self.letter.answered_date, first, "not before it was sent")
        self.assertEqual(len(self.letter.event_ids), 2)
        self._process(early)
        self.assertEqual(len(self.letter.event_ids), 2)

    def test_what_comes_after_an_answer_changes_nothing_of_it(self):
        self._answer()
        self._ingest(self.fake.happen(self.letter.ref, "message_open", OPENED))
        self.assertEqual((self.letter.state, self.letter.open_count), ("answered", 1))
        self._process(self._bounce())
        self.assertEqual(self.letter.state, "answered")
        self.assertFalse(self.letter.failure_reason)

    def _newest(self):
        return self.record.message_ids.sorted("id")[-1]

    # -- by the address

    def test_the_service_is_told_an_address_that_names_the_letter(self):
        address = self._address()
        self.assertTrue(address.startswith("catchall+b2b-"), address)
        self.assertLessEqual(len(address.partition("@")[0]), 64)
        self.assertNotIn(self.letter.key, address)
        self.assertEqual(
            self.letter._named_in(f'"Shop" <{address.upper()}>'), (self.letter, True)
        )

    def test_an_answer_to_the_letters_name(self):
        """The service gives letters a Message-ID that nobody here knows."""
        record = self._answer(
            to=f"Shop <{self._address()}>",
            In_Reply_To="<1@mail.b2b.example.com>",
            References="<1@mail.b2b.example.com>",
        )
        self.assertEqual(record, self.record.id)
        self.assertEqual(self.letter.state, "answered")
        answer = self._newest()
        self.assertEqual(answer.parent_id, self.message)
        self.assertNotIn("b2b-", answer.incoming_email_to or "")

    def _move(self):
        """Send the letter elsewhere; return where its first copy has answers sent."""
        address = self._address()
        self.letter._redirect({self.letter: "new@client.example"})
        self.assertNotEqual(self.letter._answer_address(), address)
        return address

    def test_an_answer_to_the_copy_that_was_sent_elsewhere_before(self):
        """It comes to the document, and is no answer of who the letter is for now."""
        record = self._answer("Old <old@other.example>", to=f"Shop <{self._move()}>")
        self.assertEqual(record, self.record.id)
        self.assertEqual(self._newest().parent_id, self.message)
        self.assertEqual(self.letter.state, "sent")
        now = self.letter._answer_address()
        self._answer("Boss <boss@client.example>", to=f"Shop <{now}>")
        self.assertEqual(self.letter.state, "answered")

    def test_the_present_reader_answers_to_the_old_address(self):
        self._answer("New <new@client.example>", to=f"Shop <{self._move()}>")
        self.assertEqual(self.letter.state, "answered")

    def test_a_name_of_a_letter_that_was_sent_by_an_earlier_version(self):
        number = str(self.letter.id)
        name = f"{number}-{self.letter._answer_signature(number)}"
        self._answer(
            "Boss <boss@client.example>", to=f"<catchall+b2b-{name}@shop.example>"
        )
        self.assertEqual(self.letter.state, "answered")

    def test_an_author_without_an_address_names_none(self):
        self.seller.partner_id.email = False
        for domain in (
            self.env["mail.alias.domain"].browse(),
            self.env.company.alias_domain_id,
        ):
            self.env.company.alias_domain_id = domain
            self.letter.mail_id.write({"reply_to": False, "email_from": False})
            self.assertEqual(self.letter._answer_address(), "")

    def test_without_the_name_core_sends_it_back(self):
        """Why there is a name: the reader would be told that it cannot be delivered."""
        with self.mock_mail_gateway():
            self._answer(In_Reply_To="<1@mail.b2b.example.com>")
        self.assertEqual(self.letter.state, "sent")
        self.assertEqual(self._new_mails.email_to, "rita@client.example")

    def test_who_has_no_document_gets_answers_himself(self):
        mail = self._send_mail(recipient_ids=[(4, self.reader.id), (4, self.second.id)])
        for letter in mail.b2b_letter_ids:
            self.assertEqual(self._address(letter), "sally@shop.example")

    def test_a_draft_says_where_answers_will_go(self):
        view = "b2b_family_mail.mail_mail_view_form_b2b"
        drafts = self.env["mail.mail"].with_user(self.seller)
        with Form(drafts.with_context(default_b2b_send=True), view) as form:
            form.subject = "Offer"
            form.recipient_ids.add(self.reader)
            self.assertIn(form.b2b_answers_to, (CATCHALL, "sally@shop.example"))
        self.assertEqual(form.record.b2b_answers_to, CATCHALL)
        with Form(form.record, view) as form:
            form.recipient_ids.add(self.second)
        self.assertEqual(form.record.b2b_answers_to, "sally@shop.example")

    def test_an_alias_of_its_own_is_kept(self):
        self.env["mail.alias"].create(
            {
                "alias_name": "client",
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
                "alias_parent_model_id": self.env["ir.model"]._get_id("res.partner"),
                "alias_parent_thread_id": self.record.id,
            }
        )
        letter = self._letters(self._post())
        self.assertEqual(self._address(letter), "client@shop.example")

    def test_attacks_a_name_that_is_not_ours(self):
        other = self._letters(self._post())
        good = self._address()
        number, signature = self.letter.id, good.partition("@")[0].rpartition("-")[2]
        for name in (
            f"{other.id}-{signature}",
            f"0{number}-{signature}",
            f"{number}-{signature[:-1]}",
            f"{number}-",
            f"{'9' * 5000}-{signature}",
            f"{number}-{'é' * 16}",
            "--",
            "",
        ):
            address = f"catchall+b2b-{name}@shop.example"
            with self.subTest(name=name[:40]), self.assertQueryCount(0):
                named, _is_readers = self.letter._named_in(f"a@b.ru, {address}, <>")
                self.assertFalse(named)

    # -- who it was

    def test_a_colleague_of_the_only_reader(self):
        self._answer("Boss <boss@client.example>")
        self.assertEqual(self.letter.state, "answered")
        self.assertEqual(self.letter.event_ids.email, "boss@client.example")

    def test_one_of_several_readers(self):
        self.message = self._post(self.reader + self.second)
        first, second = self._letters(self.message).sorted("email")
        self._answer("boss@client.example")
        self.assertEqual({first.state, second.state}, {"sent"}, "nobody can tell")
        self._answer("Sam <SAM@client.example>")
        self.assertEqual((first.state, second.state), ("sent", "answered"))
        # To the copy of the first one: his own, whoever answered.
        self._answer("boss@client.example", self._address(first), In_Reply_To=None)
        self.assertEqual(first.state, "answered")

    def test_who_got_it_by_ordinary_mail_is_nobodys_reader(self):
        self.second.b2b_tracking_consent = "no"
        self.message = self._post(self.reader + self.second)
        tracked = self._letters(self.message).filtered("ref")
        self._answer("sam@client.example")
        self.assertEqual(tracked.state, "sent")
        # A follower outside whom the author may not read gets it likewise.
        self.message.sudo().notification_ids.filtered(
            lambda row: row.res_partner_id == self.reader
        ).copy({"res_partner_id": self.portal.partner_id.id})
        letters = self._letters(self.message)
        (letters - tracked).unlink()
        self._answer("pat@client.example")
        self.assertEqual(tracked.state, "sent")

    def test_who_refused_is_not_tracked_by_what_he_writes(self):
        self.reader.b2b_tracking_consent = "no"
        self.message = self._post()
        letter = self._letters(self.message)
        self._answer()
        self.assertEqual(letter.state, "untracked")
        self.assertFalse(letter.event_ids)

    def test_the_own_side_answers_nothing(self):
        new_test_user(self.env, "boss", "base.group_user", email="boss@shop.example")
        for sender in ("boss@shop.example", "Sally <SALLY@shop.example>"):
            self._answer(sender)
            self.assertEqual(self.letter.state, "sent", sender)
        self.seller.active = False
        self._answer("sally@shop.example")
        self.assertEqual(self.letter.state, "sent", "the author has left")

    # -- what is no answer

    def test_a_program_answers_nothing(self):
        for headers in (
            {"Auto_Submitted": "auto-replied"},
            {"Auto_Submitted": "Auto-Generated (vacation)"},
            {"Precedence": "bulk"},
            {"X_Autoreply": "yes"},
            {"X_Autogenerated": "Reply"},
            {"Return_Path": "<>"},
        ):
            with self.subTest(headers=headers):
                self._answer(**headers)
                self.assertEqual(self.letter.state, "sent")
        self._answer(Auto_Submitted="no", X_Autoreply="no", Precedence="normal")
        self.assertEqual(self.letter.state, "answered")

    def test_what_core_refuses_is_no_answer(self):
        """The sender is told that he may not write there, and nobody reads it."""
        self.env["mail.alias"].create(
            {
                "alias_name": "clients",
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
                "alias_contact": "followers",
            }
        )
        self._answer("stranger@client.example", "clients@shop.example")
        self.assertEqual(self._newest(), self.message)
        self.assertEqual(self.letter.state, "sent")

    def test_a_forward_to_something_else_is_no_answer(self):
        """By core's rule: what goes to another model's alias is no reply."""
        self.env["mail.alias"].create(
            {
                "alias_name": "channel",
                "alias_model_id": self.env["ir.model"]._get_id("discuss.channel"),
                "alias_contact": "everyone",
            }
        )
        self._answer(to="channel@shop.example")
        self.assertEqual(self.letter.state, "sent")

    def test_a_quoted_pixel_is_not_kept(self):
        mail = self._mail()
        mail.set_content(
            f"<p>Yes</p><blockquote>Hello {LOGO}{PIXEL}</blockquote>", subtype="html"
        )
        self._process(mail)
        answer = self._newest()
        self.assertIn("logo.png", answer.body)
        self.assertNotIn("b2b.example.com", answer.body)
        self.assertIn("<p>Yes</p><blockquote", answer.body)
        self.assertEqual(self.letter.open_count, 0)

    # -- bounces

    def test_a_bounce_fails_the_letter_with_its_reason(self):
        self._process(self._bounce())
        self.assertEqual(self.letter.state, "failed")
        self.assertIn("550 5.1.1 User unknown", self.letter.failure_reason)
        self.assertNotIn("rita", self.letter.failure_reason)
        self.assertIn("550 5.1.1", self._popups()[0])

    def test_what_is_no_failure_fails_nothing(self):
        for action in ("delayed", "relayed", "delivered", "expanded"):
            self._process(self._bounce(action=action))
            self.assertEqual(self.letter.state, "sent", action)
        self._process(self._bounce("else@client.example"))
        self.assertEqual(self.letter.state, "sent")
        receipt = self._bounce().replace("delivery-status", "disposition-notification")
        self._process(receipt)
        self.assertEqual(self.letter.state, "sent")

    def test_a_bounce_without_a_report(self):
        mail = self._mail("MAILER-DAEMON@client.example", In_Reply_To=None)
        original = EmailMessage()
        original["Message-ID"] = self.message.message_id
        original.set_content("Hello")
        mail.add_attachment(original)
        self._process(mail)
        self.assertEqual(self.letter.state, "failed")

    def test_mails_say_nothing_of_webhooks(self):
        heard = fields.Datetime.now()
        status = self.env["b2b.family.service.status"].create({"webhook_date": heard})
        self.letter.sent_date = self._ago(days=2)
        self._answer(Date=format_datetime(self._ago(days=1)))
        self.assertEqual(self.letter.state, "answered")
        self.assertEqual(status.webhook_date, heard)

    # -- who is told

    def test_the_author_is_told_once(self):
        self.record.message_unsubscribe(self.seller.partner_id.ids)
        self._answer()
        self._answer()
        self._ingest(self.fake.happen(self.letter.ref, "message_open", OPENED))
        self.assertEqual(self._popups(), ["“Offer” to Rita Reader was answered."])
        self.assertEqual(self.letter.news_kind, "answer")

    def test_who_follows_is_not_disturbed_twice(self):
        self.record.message_subscribe(self.seller.partner_id.ids)
        self._answer()
        self.assertEqual(self._popups(), [])
        self.assertEqual(self.letter.news_kind, "answer", "the list has it")

    def test_an_answer_that_the_service_tells_of(self):
        """It may stand in the author's own mailbox: Odoo has told nobody."""
        self.record.message_subscribe(self.seller.partner_id.ids)
        self._ingest(self.fake.happen(self.letter.ref, "reply", OPENED))
        self.assertEqual(self.letter.state, "answered")
        self.assertEqual(len(self._popups()), 1)

    def test_an_answer_ends_the_reminder(self):
        self.letter.not_open_date = self._ago(seconds=1)
        self._answer()
        self.assertFalse(self.letter.not_open_date)
        self.env["b2b.family.letter"]._cron_not_open()
        self.assertEqual(self.letter.news_kind, "answer")

    # -- the rest

    def test_erasing_forgets_the_answer(self):
        self._answer()
        self.reader.sudo().action_b2b_erase()
        self.assertEqual(self.letter.state, "sent")
        self.assertFalse(self.letter.answered_date or self.letter.event_ids)
        self._answer()
        self._answer(to=self._address(), In_Reply_To=None)
        self._process(self._bounce())
        self.assertFalse(self.letter.event_ids, "nothing new is learnt")

    def test_an_answered_letter_counts_as_opened(self):
        self._answer()
        letters = self.letter | self._letters(self._post())
        [[rate]] = letters._read_group(
            [("id", "in", letters.ids)], [], ["open_rate:avg"]
        )
        self.assertEqual(rate, 0.5)
        self.assertEqual(letters.mapped("open_rate"), [1.0, 0.0])

    def test_a_mail_is_kept_whatever_goes_wrong_with_its_letter(self):
        def fail(*args):
            raise ValueError("something unforeseen")

        self.patch(type(self.letter), "_take_answer", fail)
        with mute_logger("odoo.addons.b2b_family_mail.models.mail.mail_thread_gateway"):
            self.assertEqual(self._answer(), self.record.id)
        self.assertEqual(self._newest().author_id, self.reader)


@tagged("standard", "post_install", "-at_install")
class TestAnswersInQueries(GatewayCase, QueriesCase, TransactionCase):
    def _ours(self, *args, **headers):
        """Return what our part of taking in a mail costs in queries."""
        gateway = type(self.env["mail.thread"])
        found = gateway._b2b_find_answered
        cost = []

        def counting(thread, parsed):
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            letter = found(thread, parsed)
            cost.append(self.env.cr.sql_log_count - before)
            return letter

        with patch.object(gateway, "_b2b_find_answered", counting):
            self._answer(*args, **headers)
        return cost

    def test_what_has_nothing_to_do_with_letters(self):
        self.env["mail.alias"].create(
            {
                "alias_name": "sales",
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
                "alias_contact": "everyone",
            }
        )
        new = self._ours(to="sales@shop.example", In_Reply_To=None)
        self.assertEqual(new, [0], "a mail that answers nothing")
        self.message = self.record.message_post(
            body="Hi", message_type="comment", partner_ids=self.reader.ids
        )
        self.assertEqual(self._ours(), [1], "an answer to an ordinary message")
