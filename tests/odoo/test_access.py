# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who may see and do what: each role against each model."""

from common import B2BCase

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

OURS = (
    "b2b.family.letter",
    "b2b.family.letter.attachment",
    "b2b.family.letter.activity",
    "b2b.family.event",
)
QUIET = (
    "odoo.models",
    "odoo.addons.base.models.ir_model",
    "odoo.addons.base.models.ir_rule",
)


class AccessCase(B2BCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = {
            "rival": "base.group_user,b2b_family_mail.group_user",
            "employee": "base.group_user",
            "manager": "base.group_user,b2b_family_mail.group_manager",
            "portal": "base.group_portal",
        }
        cls.users = {
            login: new_test_user(cls.env, f"{login}_b2b", group)
            for login, group in groups.items()
        }
        cls.seller.group_ids |= cls.env.ref("base.group_allow_export")
        cls.users["public"] = cls.env.ref("base.public_user")
        cls.users["admin"] = cls.env.ref("base.user_admin")

    def setUp(self):
        super().setUp()
        self.mine = self._send_full(self.seller)
        self.theirs = self._send_full(self.users["rival"])

    def _send_full(self, user):
        """Return a mail of ``user`` with one row in each of our models at least."""
        file = self._create_file(user=user)
        mail = self._send_mail(user=user, attachment_ids=[(4, file.id)])
        letter = mail.b2b_letter_ids
        self._ingest(
            self.fake.happen(letter.ref, "message_open", "2026-01-02T10:00:00Z")
        )
        return mail

    def _rows(self, mail, model):
        letters = mail.b2b_letter_ids
        field = "id" if model == "b2b.family.letter" else "letter_id"
        return self.env[model].search([(field, "in", letters.ids)])


@tagged("standard", "post_install", "-at_install")
class TestRead(AccessCase):
    @mute_logger(*QUIET)
    def test_without_the_group_there_is_nothing(self):
        for login in "employee", "portal", "public":
            for model in (*OURS, "mail.mail"):
                with self.subTest(user=login, model=model):
                    records = self.env[model].with_user(self.users[login])
                    with self.assertRaises(AccessError):
                        records.search([])
                    with self.assertRaises(AccessError):
                        records.search_count([])
                    with self.assertRaises(AccessError):
                        records._read_group([], [], ["__count"])

    @mute_logger(*QUIET)
    def test_a_salesperson_sees_own_rows_only(self):
        for model in OURS:
            with self.subTest(model=model):
                own, others = (
                    self._rows(mail, model) for mail in (self.mine, self.theirs)
                )
                self.assertTrue(own and others)
                records = self.env[model].with_user(self.seller)
                self.assertEqual(records.search([]), own)
                [(count,)] = records._read_group([], [], ["__count"])
                self.assertEqual(count, len(own))
                with self.assertRaises(AccessError):
                    others.with_user(self.seller).read()
                with self.assertRaises(AccessError):
                    others.with_user(self.seller).export_data(["display_name"])

    @mute_logger(*QUIET)
    def test_a_salesperson_sees_own_mails_only(self):
        mails = self.env["mail.mail"].with_user(self.seller)
        self.assertEqual(mails.search([]), self.mine)
        [(count,)] = mails._read_group([], [], ["__count"])
        self.assertEqual(count, 1)
        with self.assertRaises(AccessError):
            self.theirs.with_user(self.seller).read(["body_html"])
        with self.assertRaises(AccessError):
            self.theirs.with_user(self.seller).export_data(["body_html"])
        with self.assertRaises(AccessError):
            self.theirs.with_user(self.seller).write({"subject": "x"})
        # Nor where somebody else has read it in the same transaction.
        self.theirs.copy_data()
        with self.assertRaises(AccessError):
            self.theirs.with_user(self.seller).copy_data()

    @mute_logger(*QUIET)
    def test_others_cannot_be_searched_by_what_is_in_them(self):
        self.theirs.body_html = "<p>needle</p>"
        mails = self.env["mail.mail"].with_user(self.seller)
        for domain in (
            [("body_content", "ilike", "needle")],
            [("b2b_letter_ids.email", "ilike", "rita")],
            [("b2b_state", "=", "opened")],
        ):
            self.assertNotIn(self.theirs.id, mails.search(domain).ids)

    @mute_logger(*QUIET)
    def test_password_reset_mails_stay_out_of_sight(self):
        reset = self.env["mail.mail"].create(
            {"author_id": self.seller.partner_id.id, "body_html": "reset link"}
        )
        mails = self.env["mail.mail"].with_user(self.seller)
        self.assertNotIn(reset, mails.search([]))
        with self.assertRaises(AccessError):
            reset.with_user(self.seller).read(["body_html"])
        with self.assertRaises(AccessError):
            reset.with_user(self.seller).write({"b2b_send": True})
        with self.assertRaises(AccessError):
            reset.with_user(self.seller).action_b2b_send()

    @mute_logger(*QUIET)
    def test_the_raw_payload_is_for_administrators(self):
        event = self.mine.b2b_letter_ids.event_ids
        with self.assertRaises(AccessError):
            event.with_user(self.seller).read(["payload"])
        self.assertTrue(event.with_user(self.users["admin"]).read(["payload"]))

    def test_a_manager_sees_everybodys_letters_and_no_other_mail(self):
        manager = self.users["manager"]
        self.env["mail.mail"].create({"body_html": "plain"})
        for model in OURS:
            rows = self._rows(self.mine, model) | self._rows(self.theirs, model)
            found = self.env[model].with_user(manager).search([])
            self.assertEqual(found, rows)
        mails = self.env["mail.mail"].with_user(manager).search([])
        self.assertEqual(mails, self.mine | self.theirs)

    def test_administrators_still_see_all_mail(self):
        plain = self.env["mail.mail"].create({"body_html": "plain"})
        mails = self.env["mail.mail"].with_user(self.users["admin"]).search([])
        self.assertLessEqual(plain | self.mine | self.theirs, mails)

    @mute_logger(*QUIET)
    def test_the_menus_of_who_sets_it_up_are_for_administrators(self):
        names = ("res_config_settings", "b2b_family_setup", "b2b_family_service_status")
        for name in names:
            menu = self.env.ref(f"b2b_family_mail.{name}_menu")
            for login, is_seen in (("manager", False), ("admin", True)):
                menus = menu.with_user(self.users[login])
                seen = menu.id in menus._visible_menu_ids()
                self.assertEqual(seen, is_seen, f"{name} {login}")

    def test_erasing_is_offered_to_managers(self):
        for login, is_offered in (
            ("employee", False),
            ("rival", False),
            ("manager", True),
        ):
            actions = self.env["ir.actions.actions"].with_user(self.users[login])
            offered = actions.get_bindings("res.partner")["action"]
            found = self.env["ir.actions.server"].browse(act["id"] for act in offered)
            codes = " ".join(filter(None, found.exists().sudo().mapped("code")))
            self.assertEqual("action_b2b_erase" in codes, is_offered, login)

    def test_another_company_sees_nothing(self):
        company = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger_b2b",
            "base.group_user,b2b_family_mail.group_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        for model in (*OURS, "mail.mail"):
            with self.subTest(model=model):
                self.assertFalse(self.env[model].with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            self.mine.b2b_letter_ids.with_user(stranger).read(["email"])

    def test_both_companies_letters_for_who_belongs_to_both(self):
        company = self.env["res.company"].create({"name": "Other"})
        manager = self.users["manager"]
        manager.company_ids |= company
        self.mine.b2b_letter_ids.company_id = company
        letters = self.env["b2b.family.letter"].with_user(manager)
        both = letters.with_context(allowed_company_ids=manager.company_ids.ids)
        self.assertEqual(len(both.search([])), 2)
        one = letters.with_context(allowed_company_ids=manager.company_id.ids)
        self.assertEqual(one.search([]), self.theirs.b2b_letter_ids)


@tagged("standard", "post_install", "-at_install")
class TestWrite(AccessCase):
    @mute_logger(*QUIET)
    def test_nobody_but_the_system_changes_what_is_known(self):
        for login in "seller", "manager", "employee":
            user = self.users.get(login, self.seller)
            for model in OURS:
                with self.subTest(user=login, model=model):
                    rows = self._rows(self.mine, model).with_user(user)
                    with self.assertRaises(AccessError):
                        rows.write({"email": "x"} if "email" in rows else {"name": "x"})
                    with self.assertRaises(AccessError):
                        rows.unlink()
                    with self.assertRaises(AccessError):
                        rows.create({})

    @mute_logger(*QUIET)
    def test_facts_are_not_changed_even_by_administrators(self):
        event = self.mine.b2b_letter_ids.event_ids.with_user(self.users["admin"])
        with self.assertRaises(AccessError):
            event.write({"email": "x"})

    @mute_logger(*QUIET)
    def test_others_letters_are_not_acted_upon(self):
        letter = self.theirs.b2b_letter_ids.with_user(self.seller)
        for action in "action_refresh", "action_send_again", "action_look_up":
            with self.subTest(action=action), self.assertRaises(AccessError):
                getattr(letter, action)()
        mail = self.theirs.with_user(self.seller)
        for action in (
            "action_b2b_send",
            "action_b2b_refresh",
            "action_b2b_send_again",
            "action_b2b_look_up",
            "mark_outgoing",
            "cancel",
            "send",
        ):
            with (
                self.subTest(action=action),
                self.assertRaises(UserError),
            ):
                getattr(mail, action)()
        self.assertEqual(self.fake.calls.count("send"), 2)

    @mute_logger(*QUIET)
    def test_only_own_drafts_are_deleted(self):
        draft = self._write_mail()
        other = self._write_mail(user=self.users["rival"])
        # A manager reads it, and it is not his to delete.
        for user in self.seller, self.users["manager"]:
            with self.assertRaises(AccessError):
                other.with_user(user).unlink()
        with self.assertRaises(AccessError):
            self.mine.with_user(self.seller).unlink()
        draft.unlink()
        self.assertFalse(draft.exists())

    @mute_logger(*QUIET)
    def test_a_sent_letter_cannot_be_disguised_as_a_draft_to_delete_it(self):
        mail = self.mine.with_user(self.seller)
        with self.assertRaises(AccessError):
            mail.write({"state": "b2b_draft"})
            mail.unlink()

    @mute_logger(*QUIET)
    def test_the_author_of_a_new_letter_is_who_writes_it(self):
        boss = self.users["manager"].partner_id
        forged = {
            "author_id": boss.id,
            "email_from": "boss@shop.example",
            "reply_to": "thief@x.example",
            "headers": "{'From': 'boss@shop.example'}",
            "mail_message_id": self.theirs.mail_message_id.id,
        }
        mails = self.env["mail.mail"].with_user(self.seller)
        for name, value in forged.items():
            with self.subTest(name), self.assertRaisesRegex(AccessError, name):
                mails.create({"b2b_send": True, "subject": "S", name: value})
        # Defaults are none of what a person gives: they have no effect.
        defaults = {f"default_{name}": value for name, value in forged.items()}
        mail = mails.with_context(**defaults, default_b2b_send=True).create(
            {"subject": "S"}
        )
        mail = mail.sudo()
        self.assertEqual((mail.b2b_send, mail.state), (True, "b2b_draft"))
        self.assertEqual(mail.author_id, self.seller.partner_id)
        self.assertEqual(mail.email_from, self.seller.email_formatted)
        self.assertNotIn("thief", mail.reply_to or "")
        self.assertNotIn("boss", mail.headers or "")
        self.assertNotEqual(mail.mail_message_id, self.theirs.mail_message_id)

    @mute_logger(*QUIET)
    def test_ordinary_mail_is_not_written_by_salespeople(self):
        with self.assertRaisesRegex(AccessError, "b2b_send"):
            self._write_mail(b2b_send=False)
        with self.assertRaisesRegex(AccessError, "b2b_send"):
            self._write_mail().write({"b2b_send": False})

    @mute_logger(*QUIET)
    def test_the_sender_of_a_draft_is_not_changed(self):
        draft = self._write_mail()
        boss = self.users["manager"].partner_id
        for values in (
            {"author_id": boss.id},
            {"email_from": "boss@shop.example"},
            {"reply_to": "thief@x.example"},
            {"headers": "{'From': 'boss@shop.example'}"},
            {"mail_message_id": self.theirs.mail_message_id.id},
            {"mail_server_id": 1},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                draft.write(values)

    @mute_logger(*QUIET)
    def test_others_files_are_not_attached(self):
        secret = self.env["ir.attachment"].create(
            {"name": "salaries.pdf", "raw": b"x", "res_model": "res.users.settings"}
        )
        with self.assertRaises(AccessError):
            self._write_mail(attachment_ids=[(4, secret.id)])
        draft = self._write_mail()
        with self.assertRaises(AccessError):
            draft.write({"attachment_ids": [(4, secret.id)]})

    def test_an_administrator_may_write_in_anothers_name(self):
        admin = self.users["admin"]
        mail = self._write_mail(user=admin, author_id=self.seller.partner_id.id)
        mail.action_b2b_send()
        self.assertEqual(mail.b2b_letter_ids.author_id, self.seller.partner_id)
