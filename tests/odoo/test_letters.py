# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From a mail that is written to letters that can be sent."""

from common import B2BCase
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.b2b_family_mail.models.mail import mail_mail


@tagged("standard", "post_install", "-at_install")
class TestSplit(B2BCase):
    def test_each_recipient_gets_a_letter(self):
        anna = self.env["res.partner"].create({"name": "A", "email": "anna@x.example"})
        mail = self._send_mail(
            recipient_ids=[(6, 0, [self.reader.id, anna.id])],
            email_to='"Bob" <bob@x.example>, carl@x.example',
            email_cc="dora@x.example",
        )
        self.assertEqual(
            self.fake.addresses(),
            [
                "anna@x.example",
                "bob@x.example",
                "carl@x.example",
                "dora@x.example",
                "rita@client.example",
            ],
        )
        self.assertEqual(mail.b2b_letter_ids.partner_id, self.reader | anna)
        self.assertEqual((mail.state, mail.b2b_state), ("sent", "sent"))

    def test_a_letter_shows_its_text_wherever_it_was_written(self):
        letter = self._send_letter().with_user(self.seller)
        self.assertIn("Hello", letter.body, "from the form")
        self.reader.with_user(self.env.ref("base.user_admin")).message_post(
            body="From the chatter",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.reader.ids,
            b2b_send=True,
        )
        posted = self.env["b2b.family.letter"].search([], limit=1)
        self.assertIn("From the chatter", posted.body)
        self.assertNotIn("<table", posted.body, "without the layout around it")

    def test_no_reader_sees_another_address(self):
        self._send_mail(email_to="bob@x.example", email_cc="dora@x.example")
        for letter in self.fake.letters.values():
            others = {*self.fake.addresses()} - {letter["to"]}
            for other in others:
                self.assertNotIn(other, str(letter))

    def test_an_address_given_twice_gets_one_letter(self):
        twin = self.env["res.partner"].create(
            {"name": "Twin", "email": "RITA@client.example"}
        )
        mail = self._send_mail(
            recipient_ids=[(6, 0, [self.reader.id, twin.id])],
            email_to="Rita <rita@Client.example>",
            email_cc="rita@client.example",
        )
        self.assertEqual(self.fake.addresses(), ["rita@client.example"])
        self.assertEqual(len(mail.b2b_letter_ids), 1)

    def test_a_partner_with_two_addresses_gets_both(self):
        self.reader.email = "one@x.example, two@x.example"
        self._send_mail()
        self.assertEqual(self.fake.addresses(), ["one@x.example", "two@x.example"])

    def test_partners_without_address_fail_by_name(self):
        nobodies = self.env["res.partner"].create(
            [{"name": "Nemo"}, {"name": "Nemo"}, {"name": "Odd", "email": "odd at x"}]
        )
        mail = self._submit(recipient_ids=[(6, 0, (self.reader | nobodies).ids)])
        failed = mail.b2b_letter_ids.filtered(lambda lt: lt.state == "failed")
        self.assertEqual(failed.partner_id, nobodies)
        self.assertEqual(len(failed), 3)
        reasons = set(failed.mapped("failure_reason"))
        self.assertIn("Nemo has no e-mail address.", reasons)
        self.assertIn("“odd at x” of Odd is not a valid e-mail address.", reasons)
        self.assertEqual(self.fake.addresses(), ["rita@client.example"])

    def test_an_unreadable_bare_address_is_not_dropped_in_silence(self):
        mail = self._submit(email_to="not-an-address, bob@x.example")
        failed = mail.b2b_letter_ids.filtered(lambda lt: lt.state == "failed")
        self.assertIn("not-an-address", failed.failure_reason or "")
        self.assertEqual(
            self.fake.addresses(), ["bob@x.example", "rita@client.example"]
        )

    def test_one_bad_address_among_500_stops_no_other(self):
        addresses = [f"reader{number}@x.example" for number in range(499)]
        mail = self._submit(
            recipient_ids=[], email_to=",".join([*addresses, "bad@@x.example"])
        )
        self._cron_send()
        states = mail.b2b_letter_ids.mapped("state")
        self.assertEqual((states.count("sent"), states.count("failed")), (499, 1))
        self.assertEqual(self.fake.addresses(), sorted(addresses))

    def test_the_letter_carries_what_was_written(self):
        mail = self._send_mail(subject="Предложение 🚀", body_html="<p>Привет</p>")
        _ref, letter = self.fake.to("rita@client.example")
        self.assertEqual(letter["subject"], "Предложение 🚀")
        self.assertIn("<p>Привет</p>", letter["text"])
        self.assertEqual(letter["from_name"], "Sally Seller")
        self.assertEqual(letter["reply_to"], "sally@shop.example")
        self.assertEqual(letter["custom_data"], {"key": mail.b2b_letter_ids.key})

    def test_the_key_says_nothing_and_is_never_the_same(self):
        mail = self._send_mail(email_to="bob@x.example")
        keys = mail.b2b_letter_ids.mapped("key")
        self.assertEqual(len(set(keys)), 2)
        self.assertTrue(all(len(key) >= 22 for key in keys), "128 random bits")

    def test_the_stored_text_has_no_tracking_of_its_own(self):
        mail = self._send_mail()
        self.assertEqual(mail.body_html, "<p>Hello</p>")
        self.assertNotIn("<img", mail.body_html)

    def test_a_template_expression_stays_literal(self):
        text = "<p>{{ object.env.cr }} <t t-out='object'>x</t></p>"
        self._send_mail(subject="{{ 1 + 1 }}", body_html=text)
        _ref, letter = self.fake.to("rita@client.example")
        self.assertEqual(letter["subject"], "{{ 1 + 1 }}")
        self.assertIn("{{ object.env.cr }}", letter["text"])


@tagged("standard", "post_install", "-at_install")
class TestDraft(B2BCase):
    def test_nothing_but_the_button_sends_a_draft(self):
        mail = self._write_mail()
        with self.mock_mail_gateway():
            self.env["mail.mail"].process_email_queue()
            self.env["mail.mail"].process_email_queue(email_ids=mail.ids)
            self._cron_send()
            self._cron_sync()
        self.assertEqual(self.fake.calls, [])
        self.assertEqual(self._mails, [])
        self.assertEqual((mail.state, mail.b2b_state), ("b2b_draft", "draft"))

    def test_a_draft_is_kept_whatever_is_asked(self):
        with self.assertRaisesRegex(AccessError, "auto_delete"):
            self._write_mail(auto_delete=True)
        mail = self._write_mail(user=self.env.ref("base.user_admin"), auto_delete=True)
        self.assertFalse(mail.auto_delete)

    def test_what_code_makes_without_a_state_is_a_draft(self):
        mail = self.env["mail.mail"].create({"b2b_send": True, "subject": "Offer"})
        self.assertEqual(mail.state, "b2b_draft")

    @mute_logger("odoo.sql_db")
    def test_two_workers_make_no_two_letters_of_one(self):
        letter = self._send_mail().b2b_letter_ids
        twin = {"mail_id": letter.mail_id.id, "email": letter.email}
        with self.assertRaises(UniqueViolation):
            letter.create(twin)

    def test_the_board_has_its_columns_while_they_are_empty(self):
        columns = self.env["b2b.family.letter"]._group_expand_status(["failed"], [])
        self.assertLessEqual({"failed", "sent", "opened"}, {*columns})

    def test_a_copy_of_a_sent_letter_has_no_letters(self):
        mail = self._send_mail()
        copy = mail.copy()
        self.assertFalse(copy.b2b_letter_ids)
        self.assertEqual(len(mail.b2b_letter_ids), 1)

    def test_the_text_written_in_the_form_is_the_text(self):
        mail = self._write_mail(body_html=False)
        mail.body_content = "<p>Typed</p>"
        self.assertEqual(mail.sudo().body_html, "<p>Typed</p>")


@tagged("standard", "post_install", "-at_install")
class TestButton(B2BCase):
    def _assert_refused(self, mail, words):
        with self.assertRaisesRegex(UserError, words):
            mail.action_b2b_send()
        self.assertEqual(self.fake.calls, [])

    def test_no_recipient(self):
        self._assert_refused(
            self._write_mail(recipient_ids=[]), "“To” has no recipient"
        )

    def test_no_recipient_with_an_address(self):
        self.reader.email = False
        self._assert_refused(self._write_mail(), "To: Rita Reader has no e-mail")

    def test_not_saved(self):
        new = self.env["mail.mail"].new({"b2b_send": True, "email_to": "a@x.example"})
        self._assert_refused(new, "Save the letter")

    def test_without_text_or_subject_by_the_name_of_the_field(self):
        for values, words in (
            ({"subject": False}, "“Subject” is empty"),
            ({"subject": "  "}, "“Subject” is empty"),
            ({"body_html": "<p><br/></p>"}, "“Message” is empty"),
        ):
            with self.subTest(values):
                self._assert_refused(self._write_mail(**values), words)

    def test_addresses_that_are_none_are_named_before_anything_leaves(self):
        for typed in ("broken@@address", "@address", "a@", "nobody", "a@b@c.example"):
            self.reader.email = "rita@client.example"
            for values in (
                {"email_to": f"good@x.example, {typed}"},
                {"email_cc": f"{typed}; good@x.example"},
            ):
                with self.subTest(values):
                    mail = self._write_mail(**values)
                    self._assert_refused(mail, f"To: “{typed}” is not a valid e-mail")
                    self.assertEqual(mail.b2b_state, "draft")
            if "@" in typed:
                for email in typed, f"good@x.example, {typed}":
                    with self.subTest(contact=email):
                        self.reader.email = email
                        mail = self._write_mail()
                        self._assert_refused(
                            mail, f"To: “{typed}” of Rita Reader is not a valid"
                        )

    def test_addresses_with_names_are_none_the_worse(self):
        self.reader.email = "Doe, Rita <rita@client.example>"
        mail = self._write_mail(email_to='"B @ home" <b@x.example>, B@Y.example')
        mail.action_b2b_send()
        self.assertEqual(
            self.fake.addresses(), ["b@x.example", "b@y.example", "rita@client.example"]
        )

    def test_a_file_too_large_is_named(self):
        file = self._create_file()
        self.patch(mail_mail, "MAX_BYTES", file.file_size - 1)
        mail = self._write_mail(attachment_ids=[(4, file.id)])
        self._assert_refused(mail, "“Offer.pdf” is larger than")

    def test_pressed_again(self):
        mail = self._write_mail()
        mail.action_b2b_send()
        with self.assertRaisesRegex(UserError, "was sent already"):
            mail.action_b2b_send()
        self.assertEqual(len(self.fake.letters), 1)

    def test_sent_by_ordinary_mail(self):
        mail = self._write_mail(b2b_send=False, user=self.env.user, state="sent")
        self._assert_refused(mail, "ordinary mail already")

    def test_not_configured_names_what_is_missing(self):
        self.service._set_params({"api_key": False, "secret_key": False})
        self.service._set_params({"carrier": "service"})
        self._assert_refused(self._write_mail(), "Missing: B2B secret key")

    def test_one_that_cannot_be_sent_keeps_the_others_back(self):
        good, bad = self._write_mail(), self._write_mail(recipient_ids=[])
        self._assert_refused(good | bad, "no recipient")

    def test_line_breaks_and_nul_are_refused_by_field(self):
        mail = self._write_mail()
        # Past the ORM, which does not take NUL: an import, another module.
        labels = {
            "subject": "Subject",
            "email_from": "From",
            "reply_to": "Reply-To",
            "email_to": "To",
            "email_cc": "Cc",
        }
        for name, label in labels.items():
            for mark in "\r", "\n", "\0":
                with self.subTest(field=name, mark=mark):
                    value = f"a@x.example{mark}Bcc: e@x.example"
                    mail._fields[name]._update_cache(mail, value)
                    self._assert_refused(mail, f"“{label}” must be a single line")
                    mail.invalidate_recordset([name], flush=False)

    def test_a_line_break_in_an_address_adds_no_reader(self):
        mail = self._write_mail(email_to="a@x.example\r\nBcc: e@x.example")
        self._assert_refused(mail, "single line")

    def test_a_line_break_in_a_contact_adds_no_reader(self):
        self.reader.email = "a@x.example\r\nBcc: e@x.example"
        self._submit(email_to="b@x.example")
        self.assertEqual(self.fake.addresses(), ["b@x.example"])
        self._assert_nothing_more(self._write_mail(email_to="c@x.example"))

    def _assert_nothing_more(self, mail):
        with self.assertRaisesRegex(UserError, "of Rita Reader is not a valid"):
            mail.action_b2b_send()
        self.assertEqual(self.fake.addresses(), ["b@x.example"])
