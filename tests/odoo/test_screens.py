# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the screens say and offer, by the values that they are made of."""

from chatter_case import ChatterCase
from fake_service import refusal
from lxml import etree

from odoo.tests import Form, new_test_user, tagged


@tagged("standard", "post_install", "-at_install")
class TestScreens(ChatterCase):
    def test_one_who_refused_is_no_failure(self):
        self.reader.b2b_tracking_consent = "no"
        mail = self._send_mail(email_to="bob@x.example")
        self.assertFalse(mail.b2b_is_failed or mail.b2b_failure_reason)
        self.assertEqual(mail.b2b_state, "sent")

    def test_one_that_failed_among_opened_ones_has_its_way_out(self):
        self.fake.fail("send", refusal("No", 422))
        mail = self._send_mail(email_to="bob@x.example")
        mail.b2b_letter_ids.filtered(lambda lt: lt.state == "sent").state = "opened"
        self.assertEqual(mail.b2b_state, "opened")
        self.assertTrue(mail.b2b_is_failed)
        self.assertIn("No", mail.b2b_failure_reason)

    def test_everybody_is_named_in_the_list(self):
        mail = self._write_mail(email_to="bob@x.example", email_cc="eve@x.example")
        self.assertEqual(
            mail.b2b_recipients, "Rita Reader, bob@x.example, eve@x.example"
        )

    def test_a_new_letter_from_a_contact_has_its_recipient(self):
        action = self.reader.with_user(self.seller).action_b2b_open_letters()
        # What the web client keeps of it when a button opens another action.
        kept = {
            name: value
            for name, value in action["context"].items()
            if not name.startswith(("default_", "search_default_"))
        }
        mails = self.env["mail.mail"].with_user(self.seller)
        new = self.env["ir.actions.act_window"]._for_xml_id(
            "b2b_family_mail.mail_mail_action_b2b_new"
        )
        defaults = {"default_b2b_send": True, "default_state": "b2b_draft"}
        with Form(
            mails.with_context(**kept, **defaults), view=new["view_id"][0]
        ) as form:
            self.assertEqual(form.recipient_ids.ids, self.reader.ids)
            form.subject = "Offer"
        self.assertEqual(form.record.recipient_ids, self.reader)

    def test_only_own_drafts_are_written_and_deleted(self):
        manager = new_test_user(
            self.env,
            "manager",
            "base.group_user,b2b_family_mail.group_manager",
            email="manager@shop.example",
        )
        draft, sent = self._write_mail(), self._send_mail().with_user(self.seller)
        self.assertTrue(draft.b2b_is_writable)
        self.assertTrue(draft.new({}).b2b_is_writable)
        self.assertFalse(sent.b2b_is_writable)
        self.assertFalse(draft.with_user(manager).b2b_is_writable)

    def test_a_link_is_not_sent(self):
        mail = self._write_mail()
        mail.action_b2b_make_link()
        letter = mail.sudo().b2b_letter_ids
        self.assertEqual((letter.state, mail.b2b_state), ("linked", "linked"))
        self.assertFalse(mail.b2b_sent_date)
        self.env.invalidate_all()
        dates = {row.activity_type: row.date for row in letter.activity_ids}
        self.assertFalse(dates["sent"])
        # The service has it, which is not that anybody got it.
        letter._set_sent({letter: letter.ref or "1"})
        self.assertEqual(letter.state, "linked")
        letter._set_opened(letter.sent_date, letter.sent_date, 1)
        self.assertEqual((letter.state, mail.b2b_state), ("opened", "opened"))
        self.assertTrue(mail.b2b_sent_date)

    def test_no_key_has_two_meanings(self):
        """Alt+S saves, so it does not send."""
        for view, sending in (
            ("b2b_family_mail.mail_mail_view_form_b2b", "action_b2b_send"),
            ("mail.view_mail_form", "action_b2b_send"),
        ):
            arch = etree.fromstring(
                self.env["mail.mail"].get_view(self.env.ref(view).id, "form")["arch"]
            )
            keys = [node.get("data-hotkey") for node in arch.iter("button")]
            keys = [key for key in keys if key]
            self.assertEqual(len(keys), len(set(keys)), view)
            # The web client's own keys of a form.
            self.assertFalse(set(keys) & set("scjnuhp"), view)
            [button] = arch.xpath(f"//button[@name='{sending}']")
            self.assertEqual(button.get("data-hotkey"), "q")

    def test_a_mailing_asks_for_nothing_that_it_ignores(self):
        composer = self.env["mail.compose.message"].with_user(self.seller)
        context = {
            "default_composition_mode": "mass_mail",
            "default_model": "res.partner",
            "default_res_ids": repr((self.reader | self.second).ids),
        }
        form = Form(composer.with_context(**context))
        form.subject = "Offer"
        form.body = "<p>Hello</p>"
        form.reply_to_mode = "new"
        self.assertFalse(form.reply_to)
        self.assertIn("seller@shop.example", form.b2b_note)
        form.save().action_b2b_send_mail()
        self.assertEqual(len(self.fake.letters), 2)
        plain = self.env["mail.compose.message"].with_user(self.colleague)
        with Form(plain.with_context(**context)) as form:
            form.subject, form.body = "Offer", "<p>Hello</p>"
            form.reply_to_mode = "new"
            self.assertFalse(form.b2b_note)
            with self.assertRaisesRegex(AssertionError, "reply_to"):
                form.save()
            form.reply_to = "x@x.example"
