# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the screens say and offer, by the values that they are made of."""

from chatter_case import ChatterCase
from fake_service import refusal
from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.b2b_family_mail.client import Unavailable

# What is done with a draft, which is a mail.
DRAFT_BUTTONS = ("action_send", "action_make_link")
# What a letter says, in its form.
TEXT = ("subject", "body_content")


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
        letter._take_open(letter.sent_date, letter.sent_date, 1)
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

    def _is_offered(self, mail, name):
        """Tell whether core's form of a mail shows a button."""
        view = self.env.ref("mail.view_mail_form")
        arch = etree.fromstring(mail.get_view(view.id, "form")["arch"])
        [button] = arch.xpath(f"//header/button[@name='{name}']")
        names = ("state", "message_type", "b2b_send", "b2b_state", "b2b_letter_count")
        return not safe_eval(
            button.get("invisible"), {name: mail[name] for name in names}
        )

    def test_cores_buttons_make_room_for_ours(self):
        plain = self.env["mail.mail"].create({"email_to": "bob@x.example"})
        told = plain.create({"email_to": "x@x.ru", "message_type": "user_notification"})
        ours, sent = self._write_mail().sudo(), self._send_mail()
        for mail, is_ours in ((plain, False), (ours, True)):
            mail.state = "outgoing"
            self.assertTrue(self._is_offered(mail, "action_b2b_send"))
            offered = self._is_offered(mail, "action_send_and_close")
            self.assertEqual(offered, not is_ours)
        for mail in told, sent:
            self.assertFalse(self._is_offered(mail, "action_b2b_send"))
        plain.state = sent.state = "exception"
        self.assertTrue(self._is_offered(plain, "mark_outgoing"))
        self.assertFalse(self._is_offered(sent, "mark_outgoing"))

    def test_what_was_sent_is_not_written_nor_sent_from_the_form(self):
        draft, sent = self._write_mail(), self._send_mail().with_user(self.seller)
        arch = self._arch("mail.mail", "mail_mail_view_form_b2b")
        [button] = arch.xpath("//header/button[@name='action_b2b_send']")
        writable = [arch.xpath(f"//field[@name='{name}']")[0] for name in TEXT]
        for mail, is_sent in ((draft, False), (sent, True)):
            values = {"b2b_is_writable": mail.b2b_is_writable}
            self.assertEqual(safe_eval(button.get("invisible"), values), is_sent)
            for field in writable:
                self.assertEqual(safe_eval(field.get("readonly"), values), is_sent)
        core = self.env.ref("mail.view_mail_form")
        arch = etree.fromstring(sent.sudo().get_view(core.id, "form")["arch"])
        [text] = arch.xpath("//field[@name='body_content']")
        for state, is_sent in (("draft", False), ("sent", True)):
            readonly = safe_eval(text.get("readonly"), {"b2b_state": state})
            self.assertEqual(readonly, is_sent)

    def test_ours_are_for_who_sends_letters(self):
        admin = new_test_user(self.env, "boss", "base.group_system")
        mail = self.env["mail.mail"].with_user(admin)
        core = self.env.ref("mail.view_mail_form")
        arch = etree.fromstring(mail.get_view(core.id, "form")["arch"])
        self.assertFalse(arch.xpath("//button[@name='action_b2b_send']"))
        for model, view, path in (
            (
                "res.users",
                "base.view_users_form_simple_modif",
                "//page[@name='b2b_family']",
            ),
            (
                "res.partner",
                "base.view_partner_form",
                "//*[@name='b2b_tracking_consent']",
            ),
        ):
            for user, is_shown in (admin, False), (self.seller, True):
                records = self.env[model].with_user(user)
                arch = records.get_view(self.env.ref(view).id, "form")["arch"]
                shown = bool(etree.fromstring(arch).xpath(path))
                self.assertEqual(shown, is_shown, f"{path} {user.login}")

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

    def _arch(self, model, view):
        view = self.env.ref(f"b2b_family_mail.{view}")
        return etree.fromstring(self.env[model].get_view(view.id, "form")["arch"])

    def test_what_is_technical_is_for_developers(self):
        """Nobody here is in the developer mode."""
        arch = self._arch("b2b.family.letter", "b2b_family_letter_view_form")
        [page] = arch.xpath("//page[@name='technical']")
        self.assertTrue(safe_eval(page.get("invisible", "False")))

    def test_one_letter_has_one_form(self):
        """A mail to one reader and its letter: the same tabs, dates and ways out."""
        mail = self._arch("mail.mail", "mail_mail_view_form_b2b")
        letter = self._arch("b2b.family.letter", "b2b_family_letter_view_form")

        def tabs(arch):
            return [
                (page.get("name"), page.get("string"))
                for page in arch.xpath("//notebook/page")
                if page.get("name") != "technical"
            ]

        def buttons(arch):
            names = [
                (node.get("name").replace("action_b2b_", "action_"), node.get("string"))
                for node in arch.xpath("//header/button")
            ]
            # A letter of the board is no draft.
            return [name for name in names if name[0] not in DRAFT_BUTTONS]

        def dates(arch):
            nodes = arch.xpath("//sheet/group/group[2]//field")
            return [node.get("name").replace("b2b_", "") for node in nodes]

        def alerts(arch):
            return {
                "".join(node.itertext()).strip()
                for node in arch.xpath("//div[@role='alert']/strong")
            }

        for part in (tabs, buttons, dates):
            self.assertEqual(part(mail), part(letter))
            self.assertGreater(len(part(mail)), 2)
        # What is true of some of several readers is said by the mail alone.
        self.assertEqual(
            alerts(mail) - alerts(letter), {"Not everybody gets this letter."}
        )

    def test_a_bare_address_has_a_name_in_lists(self):
        letters = self._send_mail(email_to="bob@x.example").b2b_letter_ids
        names = dict(letters.mapped(lambda lt: (lt.email, lt.recipient)))
        self.assertEqual(
            names,
            {"rita@client.example": "Rita Reader", "bob@x.example": "bob@x.example"},
        )

    def test_what_happened_is_in_the_form_of_the_mail(self):
        mail = self._send_mail()
        letter = mail.b2b_letter_ids
        self._ingest(
            self.fake.happen(letter.ref, "message_open", "2026-01-02T10:00:00Z")
        )
        mail = mail.with_user(self.seller)
        self.assertEqual(mail.b2b_event_ids.mapped("event_type"), ["message_open"])
        self.assertEqual(mail.b2b_open_count, letter.open_count)
        self.assertEqual(mail.b2b_next_sync_date, letter.next_sync_date)
        self.assertFalse(mail.b2b_is_tracking_over)
        letter.next_sync_date = False
        self.env.invalidate_all()
        self.assertTrue(mail.b2b_is_tracking_over)

    def test_every_status_has_its_time(self):
        letter = self._send_letter()
        letter.write(
            {
                "next_try_date": "2026-01-02 10:00:00",
                "claim_date": "2026-01-03 10:00:00",
                "sent_date": "2026-01-04 10:00:00",
                "last_open_date": "2026-01-05 10:00:00",
                "answered_date": "2026-01-07 10:00:00",
                "news_kind": "failure",
                "news_date": "2026-01-06 10:00:00",
            }
        )
        days = {
            "queued": 2,
            "sending": 3,
            "unknown": 3,
            "linked": 4,
            "sent": 4,
            "delivered": 4,
            "untracked": 4,
            "opened": 5,
            "answered": 7,
            "failed": 6,
        }
        states = dict(letter._fields["state"].selection)
        self.assertEqual(set(days), set(states))
        for state, day in days.items():
            letter.state = state
            self.assertEqual(letter.state_date.day, day, state)
        letter.write(
            {name: False for name in ("next_try_date", "claim_date", "sent_date")}
        )
        letter.write({"last_open_date": False, "news_date": False})
        letter.answered_date = False
        for state in days:
            letter.state = state
            self.assertTrue(letter.state_date, state)

    def test_what_is_shown_apart_is_not_all_letters(self):
        """Under the address of all letters a reload would show these alone."""
        for action in (
            self.reader.with_user(self.seller).action_b2b_open_letters(),
            self.env["res.config.settings"].create({}).action_b2b_open_waiting(),
        ):
            self.assertTrue(action["domain"])
            self.assertFalse({"id", "path", "xml_id"} & set(action))

    def test_a_failed_letter_is_not_one_that_nobody_opened(self):
        partners = self.env["res.partner"].with_user(self.seller)
        self.fake.fail("send", refusal("No", 422))
        self._send_letter()
        reader = self.reader.with_user(self.seller)
        self.assertEqual(reader.b2b_letter_count, 0)
        unread = [("b2b_letter_count", ">", 0), ("b2b_last_open_date", "=", False)]
        self.assertNotIn(self.reader, partners.search(unread))
        self._send_letter()
        self.env.invalidate_all()
        self.assertEqual(reader.b2b_letter_count, 1)
        self.assertIn(self.reader, partners.search(unread))

    def test_a_contact_to_whom_nothing_was_sent_yet(self):
        self.fake.fail("send", Unavailable("No route"))
        letter = self._send_letter()
        reader = self.reader.with_user(self.seller)
        self.assertEqual((letter.state, reader.b2b_letter_count), ("queued", 1))
        self.assertFalse(reader.b2b_last_sent_date, "read as Under way")
        letter.with_user(self.seller).action_try_now()
        self.env.invalidate_all()
        self.assertEqual(reader.b2b_last_sent_date, letter.sent_date)

    def test_a_letter_by_ordinary_mail_is_not_one_that_nobody_opened(self):
        self.reader.b2b_tracking_consent = "no"
        with self.mock_mail_gateway():
            self.assertEqual(self._send_letter().state, "untracked")
        reader = self.reader.with_user(self.seller)
        self.assertEqual(reader.b2b_letter_count, 0)
        self.assertNotIn(self.reader, reader.search([("b2b_letter_count", ">", 0)]))

    def test_a_new_letter_begins_with_the_signature(self):
        self.seller.signature = "<p>Sally of the shop</p>"
        mails = self.env["mail.mail"].with_user(self.seller)
        draft = mails.with_context(default_b2b_send=True, default_state="b2b_draft")
        form = Form(draft, view="b2b_family_mail.mail_mail_view_form_b2b")
        self.assertIn("Sally of the shop", form.body_content)
        form.subject = "Offer"
        form.recipient_ids.add(self.reader)
        mail = form.save()
        with self.assertRaisesRegex(UserError, "Write a text"):
            mail.action_b2b_send()
        form.body_content = "<p>Hello</p>" + form.body_content
        form.save().action_b2b_send()
        [sent] = self.fake.to("rita@client.example")[1:]
        self.assertIn("Sally of the shop", sent["text"])

    def test_lists_are_cards_on_a_phone(self):
        for name in (
            "b2b_family_letter_action",
            "b2b_family_event_action",
            "b2b_family_letter_attachment_action",
            "mail_mail_action_b2b_drafts",
        ):
            action = self.env.ref(f"b2b_family_mail.{name}").sudo()
            self.assertIn("kanban", action.view_mode, name)
            model = self.env[action.res_model].with_user(self.seller)
            options = safe_eval(action.context or "{}")
            view = model.with_context(**options).get_view(view_type="kanban")
            self.assertIn(view["id"], self._own_views(), name)

    def _own_views(self):
        data = self.env["ir.model.data"].sudo()
        rows = data.search(
            [("module", "=", "b2b_family_mail"), ("model", "=", "ir.ui.view")]
        )
        return rows.mapped("res_id")

    def test_who_is_not_tracked_is_said_before_sending(self):
        self.second.b2b_tracking_consent = "no"
        readers = (self.second | self.reader).with_user(self.seller)
        words = readers.b2b_recipients_note()
        self.assertIn("Sam Second", words)
        self.assertNotIn("Rita Reader", words)
        self.assertIs(self.reader.with_user(self.seller).b2b_recipients_note(), False)
        with self.assertRaises(AccessError):
            readers.with_user(self.colleague).b2b_recipients_note()

    def test_nothing_is_said_of_contacts_that_the_user_may_not_read(self):
        self.second.b2b_tracking_consent = "no"
        self.second.company_id = self.env["res.company"].create({"name": "Another"})
        hidden = self.second.with_user(self.seller)
        self.assertIs(hidden.b2b_recipients_note(), False)

    def test_templates_are_offered_where_there_are_any(self):
        composer = self.env["mail.compose.message"]
        template = {"name": "First offer", "ref": "7"}
        for there, make in ((False, None), (True, template)):
            if make:
                self.env["b2b.family.template"].create(make)
            self.assertEqual(self._write_mail().b2b_has_templates, there)
            for user, has in ((self.seller, there), (self.colleague, False)):
                wizard = composer.with_user(user).create({})
                self.assertEqual(wizard.b2b_has_templates, has)

    def test_the_open_rate_is_of_what_arrived(self):
        letters = self.env["b2b.family.letter"]
        for state in ("sent", "opened", "opened", "opened", "failed", "untracked"):
            letters |= self._send_letter(subject="Rate")
            letters[-1].state = state
        mine = letters.with_user(self.seller)
        domain = [("id", "in", letters.ids)]
        rows = mine.formatted_read_group(domain, ["author_id"], ["open_rate:avg"])
        self.assertEqual([row["open_rate:avg"] for row in rows], [0.75])
        self.assertEqual(
            mine.fields_get(["open_rate"])["open_rate"]["aggregator"], "avg"
        )
        self.assertEqual(sum(letters.mapped("open_rate")), 3)

    def test_an_old_error_is_not_a_present_one(self):
        status = self.env["b2b.family.service.status"]
        row = status._get_common() or status._make(self.service._common_account())
        for error, success, failing in (
            (False, False, False),
            ("2026-01-02", False, True),
            ("2026-01-02", "2026-01-01", True),
            ("2026-01-02", "2026-01-03", False),
        ):
            row.write({"last_error_date": error, "last_success_date": success})
            settings = self.env["res.config.settings"].create({})
            self.assertEqual(settings.b2b_family_is_failing, failing)

    def test_the_set_up_names_the_colleagues(self):
        setup = self.env["b2b.family.setup"].create({})
        self.assertIn("Sally Seller", setup.colleague_names)
        self.assertNotIn("Carl Colleague", setup.colleague_names)
        self.assertGreater(setup.colleague_count, 0)
