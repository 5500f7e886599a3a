# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Templates of the service, and letters that travel as a tracked link."""

import re

from common import B2BCase

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.b2b_family_mail.client import Unavailable

FORM = "b2b_family_mail.mail_mail_view_form_b2b"
EVIL = {
    "subject": "Literally {{ 7 * 7 }}",
    "text": '<p>Dear {{ object.name }}</p><p t-out="7 * 7">no</p><t t-esc="8 * 8">x</t>',
    "attachments": [],
}


@tagged("standard", "post_install", "-at_install")
class TestTemplates(B2BCase):
    def setUp(self):
        super().setUp()
        self.fake.templates["7"] = EVIL
        self.template = self.env["b2b.family.template"].create(
            {"name": "First offer", "ref": "7"}
        )

    def test_it_is_used_only_after_it_was_fetched(self):
        with self.assertRaisesRegex(UserError, "First offer.*not fetched"):
            self.template._get_content()
        self.template.action_fetch()
        self.assertEqual(self.template._get_content()[0], EVIL["subject"])

    def test_an_unknown_number_is_refused_in_the_words_of_the_service(self):
        self.template.ref = "8"
        with self.assertRaisesRegex(UserError, "Template not found"):
            self.template.action_fetch()

    def test_a_letter_takes_it_over_literally(self):
        self.template.action_fetch()
        drafts = self.env["mail.mail"].with_user(self.seller)
        form = Form(drafts.with_context(default_b2b_send=True), view=FORM)
        form.b2b_template_id = self.template
        form.email_to = "reader@client.example"
        mail = form.save()
        mail.action_b2b_send()
        _ref, letter = self.fake.to("reader@client.example")
        self.assertEqual(letter["subject"], EVIL["subject"])
        self.assertIn("Dear {{ object.name }}", letter["text"])
        self.assertIn("<p>no</p>", letter["text"])
        for executed in ("49", "64", "t-out", "t-esc"):
            self.assertNotIn(executed, letter["text"])

    def _compose_for_two(self, mode):
        self.template.action_fetch()
        readers = self.reader | self.env["res.partner"].create(
            {"name": "Second", "email": "second@client.example"}
        )
        composer = Form(
            self.env["mail.compose.message"].with_context(
                default_model="res.partner",
                default_res_ids=readers.ids,
                default_composition_mode=mode,
            )
        )
        composer.b2b_template_id = self.template
        return composer.save()

    def test_a_mailing_does_not_execute_it(self):
        self._compose_for_two("mass_mail").action_b2b_send_mail()
        self._cron_send()
        self.assertEqual(len(self.fake.letters), 2)
        for letter in self.fake.letters.values():
            self.assertIn("Dear {{ object.name }}", letter["text"])
            self.assertIn("7 * 7", letter["subject"])
            # What is signed in the addresses may hold anything by chance.
            seen = re.sub(r'href="[^"]*"', "", letter["subject"] + letter["text"])
            self.assertNotIn("49", seen)

    def test_a_message_on_several_records_does_not_execute_it(self):
        composer = self._compose_for_two("comment")
        values = composer._prepare_mail_values(composer._evaluate_res_ids())
        self.assertEqual(len(values), 2)
        for message in values.values():
            self.assertIn("7 * 7", message["subject"])
            self.assertNotIn("49", message["subject"])

    def test_a_salesperson_reads_templates_and_changes_none(self):
        template = self.template.with_user(self.seller)
        self.assertEqual(template.name, "First offer")
        with self.assertRaises(AccessError):
            template.name = "Mine"


@tagged("standard", "post_install", "-at_install")
class TestTrackedLink(B2BCase):
    def test_it_is_made_instead_of_sending_and_tracked_all_the_same(self):
        mail = self._write_mail()
        mail.action_b2b_make_link()
        letter = mail.sudo().b2b_letter_ids
        self.assertEqual(self.fake.calls.count("send"), 0)
        [(ref, request)] = self.fake.letters.items()
        self.assertEqual(request["type"], "link")
        self.assertEqual(mail.b2b_link, f"https://b2b.example.com/{ref}")
        self.assertEqual((letter.state, letter.ref), ("linked", ref))
        self.assertEqual(mail.state, "sent")
        self.assertTrue(letter.next_sync_date)
        self._ingest(self.fake.happen(ref, "message_open", "2026-01-02T03:04:05Z"))
        self.assertEqual(mail.b2b_state, "opened")

    def test_no_link_is_made_without_its_files(self):
        self.fake.fail("upload", Unavailable("Down"))
        mail = self._write_mail(attachment_ids=[(4, self._create_file().id)])
        with self.assertRaisesRegex(UserError, "cannot be reached"):
            mail.action_b2b_make_link()
        self.assertEqual(self.fake.letters, {})

    def test_nobody_sends_what_is_to_be_a_link(self):
        """Not while its files are uploaded, nor after that failed: it is committed then."""
        mail = self._write_mail(attachment_ids=[(4, self._create_file().id)])
        letters, seen = self.env["b2b.family.letter"], []
        upload = type(letters.attachment_ids)._upload_missing

        def watched(lines, *args, **kwargs):
            seen.append((lines.letter_id.state, letters.search(letters._due()).ids))
            return upload(lines, *args, **kwargs)

        self.patch(type(letters.attachment_ids), "_upload_missing", watched)
        self.fake.fail("upload", Unavailable("Down"))
        with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
            mail.action_b2b_make_link()
        self.assertEqual(seen, [("linked", [])])
        self.assertTrue(caught.exception.args[0])

    def test_the_mail_is_a_draft_again_if_no_link_could_be_made(self):
        mail = self._write_mail().sudo()
        letter = mail._b2b_begin_link()
        letter._take_back(letter.claim_date)
        self.assertFalse(letter.exists())
        self.assertEqual(mail.state, "b2b_draft")

    def test_the_button_makes_a_link_that_was_begun_long_ago(self):
        mail = self._write_mail()
        letter = mail.sudo()._b2b_begin_link()
        self.assertTrue(mail.b2b_is_link_missing)
        with self.assertRaisesRegex(UserError, "being made"):
            mail.action_b2b_make_link()
        self.assertFalse(self.fake.calls)
        letter.claim_date = self._ago(minutes=11)
        mail.action_b2b_make_link()
        self.assertEqual(len(self.fake.letters), 1)
        self.assertTrue(mail.b2b_link)
        self.assertFalse(mail.b2b_is_link_missing)

    def test_who_is_too_late_neither_gives_his_link_nor_takes_the_letter_back(self):
        mail = self._write_mail()
        letter = mail.sudo()._b2b_begin_link()
        begun, letter.claim_date = letter.claim_date, self._ago(minutes=-1)
        letter._take_link(begun, "https://b2b.example.com/late", "77")
        letter._take_back(begun)
        self.assertTrue(letter.exists()._is_link_missing())
        self.assertEqual(mail.state, "sent")

    def test_an_outage_after_the_link_does_not_take_it_away(self):
        self.fake.fail("find", Unavailable("Down"))
        mail = self._write_mail()
        mail.action_b2b_make_link()
        letter = mail.sudo().b2b_letter_ids
        self.assertEqual((letter.state, letter.ref), ("linked", False))

    def test_core_does_not_send_it_as_well(self):
        mail = self._write_mail()
        mail.action_b2b_make_link()
        with self.mock_mail_gateway():
            self.env["mail.mail"].process_email_queue()
        self.assertFalse(self._mails)
        with self.assertRaisesRegex(UserError, "already"):
            mail.action_b2b_send()

    def test_it_belongs_to_one_reader(self):
        mail = self._write_mail(email_to="other@client.example")
        with self.assertRaisesRegex(UserError, "one recipient"):
            mail.action_b2b_make_link()
        self.assertFalse(self.fake.calls)

    def test_without_look_up_the_webhook_still_finds_it(self):
        self.fake.can_find = False
        mail = self._write_mail()
        mail.action_b2b_make_link()
        letter = mail.sudo().b2b_letter_ids
        self.assertFalse(letter.ref)
        [ref] = self.fake.letters
        self._ingest(self.fake.happen(ref, "message_open", "2026-01-02T03:04:05Z"))
        self.assertEqual((letter.state, letter.ref), ("opened", ref))
