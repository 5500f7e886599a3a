# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is others' is not read, not even guessed from what a search answers."""

from contextlib import suppress

from common import B2BCase

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

QUIET = (
    "odoo.models",
    "odoo.addons.base.models.ir_model",
    "odoo.addons.base.models.ir_rule",
    "odoo.domains",
)
NEEDLE = "needle-4711"
MAIL = "mail.mail"
LETTER = "b2b.family.letter"
PARTS = (f"{LETTER}.attachment", f"{LETTER}.activity", "b2b.family.event")

# (model, fields, domain): what a thief would ask for.
QUESTIONS = [
    (MAIL, ["body_html", "body_content", "subject"], "body_html"),
    (MAIL, ["subject"], "mail_message_id.body"),
    (MAIL, ["subject"], "b2b_letter_ids.failure_reason"),
    (LETTER, ["subject", "body", "failure_reason"], "failure_reason"),
    (LETTER, ["subject"], "body"),
    (LETTER, ["subject"], "message_id.body"),
    (LETTER, ["subject"], "mail_id.body_html"),
    (LETTER, ["subject"], "attachment_ids.name"),
    (LETTER, ["subject"], "event_ids.url"),
    (PARTS[0], ["name", "letter_id"], "name"),
    (PARTS[0], ["name"], "letter_id.message_id.body"),
    (PARTS[0], ["name"], "ir_attachment_id.name"),
    (PARTS[1], ["letter_id", "email"], "letter_id.failure_reason"),
    (PARTS[2], ["url", "letter_id"], "url"),
    (PARTS[2], ["url"], "letter_id.mail_id.body_html"),
    ("mail.notification", ["id"], "mail_mail_id.body_html"),
    ("mail.message", ["id"], "mail_ids.body_html"),
    ("ir.attachment", ["id"], "name"),
    ("res.partner", ["id"], "message_ids.mail_ids.body_html"),
]


class ThiefCase(B2BCase):
    """A rival's letter, full of what the seller would like to know."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rival = new_test_user(
            cls.env, "rival_b2b", "base.group_user,b2b_family_mail.group_user"
        )
        cls.seller.group_ids |= cls.env.ref("base.group_allow_export")
        cls.seller.group_ids |= cls.env.ref("base.group_partner_manager")

    def setUp(self):
        super().setUp()
        self.own = self._send_mail(subject="Mine")
        file = self._create_file(f"{NEEDLE}.pdf", user=self.rival)
        self.mail = self._send_mail(
            user=self.rival,
            subject=NEEDLE,
            body_html=f"<p>{NEEDLE}</p>",
            attachment_ids=[Command.link(file.id)],
        )
        self.letter = self.mail.b2b_letter_ids
        self._ingest(
            self.fake.happen(
                self.letter.ref,
                "link_click",
                "2026-01-02T10:00:00Z",
                url=f"https://x.example/{NEEDLE}",
            )
        )
        self.mail.mail_message_id.body = NEEDLE
        self.letter.failure_reason = NEEDLE
        self.env.flush_all()
        self.env.invalidate_all()

    def _rows(self, model):
        """Return the rival's rows of one of our models."""
        if model == MAIL:
            return self.mail
        field = "id" if model == LETTER else "letter_id"
        return self.env[model].sudo().search([(field, "=", self.letter.id)])


@tagged("standard", "post_install", "-at_install")
class TestLeaks(ThiefCase):
    def _ways(self, model, fields, domain):
        """Yield the name and the answer of every way to ask about a domain."""
        records = self.env[model].with_user(self.seller)
        spec = {name: {} for name in fields}
        first = fields[0]
        yield "search", lambda: records.search(domain).read(fields)
        yield "search_count", lambda: records.search_count(domain) or ""
        yield "search_read", lambda: records.search_read(domain, fields)
        yield "web_search_read", lambda: records.web_search_read(domain, spec)
        yield "name_search", lambda: records.name_search(NEEDLE, domain)
        yield (
            "formatted_read_group",
            lambda: records.formatted_read_group(domain, [first], ["__count"]),
        )
        yield (
            "web_read_group",
            lambda: records.web_read_group(domain, [first], ["__count"]),
        )
        yield (
            "read_progress_bar",
            lambda: records.read_progress_bar(
                domain, first, {"field": first, "colors": {NEEDLE: "success"}}
            ),
        )
        yield (
            "search_panel",
            lambda: records.search_panel_select_range(
                first, search_domain=domain, enable_counters=True
            ),
        )
        yield "export", lambda: records.search(domain).export_data(fields)["datas"]

    @mute_logger(*QUIET)
    def test_no_question_is_answered_about_others(self):
        for model, fields, field in QUESTIONS:
            domain = [(field, "ilike", NEEDLE)]
            found = self.env[model].sudo().search_count(domain)
            if model not in ("mail.notification", "res.partner"):
                self.assertTrue(found, f"{model}.{field} must hold the needle")
            for way, ask in self._ways(model, fields, domain):
                with self.subTest(model=model, field=field, way=way):
                    answer = ""
                    with suppress(UserError, ValueError):
                        answer = str(ask())
                    self.assertNotIn(NEEDLE, answer)
                    self.assertNotRegex(answer, r"'__count': [1-9]|^[1-9]")

    @mute_logger(*QUIET)
    def test_the_count_of_what_is_not_so_tells_nothing_either(self):
        for model in (MAIL, LETTER, *PARTS):
            records = self.env[model].with_user(self.seller)
            self.assertFalse(records.search([]) & self._rows(model))
            field = "id" if model == MAIL else "display_name"
            everything = ["|", (field, "!=", False), ("id", ">", 0)]
            self.assertFalse(records.search(everything) & self._rows(model))

    @mute_logger(*QUIET)
    def test_no_single_record_is_handed_out(self):
        for model in (MAIL, LETTER, *PARTS):
            rows = self._rows(model).with_user(self.seller)
            self.assertTrue(rows)
            names = [name for name in rows._fields if name != "payload"]
            calls = {
                "read": lambda rows=rows: rows.read(["display_name"]),
                "web_read": lambda rows=rows: rows.web_read({"display_name": {}}),
                "export_data": lambda rows=rows: rows.export_data(["display_name"]),
                "copy": lambda rows=rows: rows.copy(),
                "web_save": lambda rows=rows: rows.web_save({}, {"id": {}}),
                "write": lambda rows=rows: rows.write({"subject": "x"}),
                "unlink": lambda rows=rows: rows.unlink(),
                "get_metadata": lambda rows=rows: rows.get_metadata(),
            }
            for name, call in calls.items():
                with self.subTest(model=model, call=name):
                    if name in ("write", "get_metadata") and model != MAIL:
                        continue
                    with self.assertRaises(UserError):
                        call()
            for name in names:
                with self.subTest(model=model, field=name):
                    answer = ""
                    with suppress(UserError):
                        answer = str(rows[:1].read([name]))
                    self.assertNotIn(NEEDLE, answer)

    @mute_logger(*QUIET)
    def test_onchange_reads_nothing_through_what_it_is_given(self):
        """A form that has not been saved can name any record."""
        spec = {
            "b2b_letter_ids": {"fields": {"subject": {}, "failure_reason": {}}},
            "attachment_ids": {"fields": {"name": {}, "datas": {}}},
            "mail_message_id": {"fields": {"body": {}}},
            "subject": {},
        }
        values = {
            "b2b_letter_ids": [Command.set(self.letter.ids)],
            "attachment_ids": [Command.set(self.mail.attachment_ids.ids)],
            "mail_message_id": self.mail.mail_message_id.id,
        }
        for records in (self.env[MAIL], self.mail, self.own):
            answer = ""
            with suppress(UserError):
                records = records.with_user(self.seller)
                answer = str(records.onchange(values, list(values), spec))
            self.assertNotIn(NEEDLE, answer)

    @mute_logger(*QUIET)
    def test_nothing_is_taken_into_an_own_letter(self):
        """Files, messages and letters of others, by every command there is."""
        draft = self._write_mail()
        theirs = {
            "attachment_ids": self.mail.attachment_ids.id,
            "b2b_letter_ids": self.letter.id,
            "child_ids": self.mail.mail_message_id.id,
            "notification_ids": self.mail.notification_ids[:1].id,
        }
        for field, record_id in theirs.items():
            for command in (
                Command.link(record_id),
                Command.set([record_id]),
                Command.update(record_id, {"name": "mine"}),
                Command.delete(record_id),
            ):
                with self.subTest(field=field, command=command[0]):
                    if not record_id:
                        continue
                    with suppress(UserError, ValueError):
                        with self.env.cr.savepoint():
                            draft.write({field: [command]})
                            self.env.flush_all()
                    self.env.invalidate_all()
                    self.assertNotIn(record_id, draft.sudo()[field].ids)
                    self.assertEqual(self.letter.mail_id, self.mail)
                    self.assertTrue(self.mail.attachment_ids.exists())
                    self.assertEqual(self.mail.attachment_ids.name, f"{NEEDLE}.pdf")

    @mute_logger(*QUIET)
    def test_a_letter_is_not_written_about_a_record_out_of_reach(self):
        secret = self.env["ir.cron"].search([], limit=1)
        for model, res_id in (
            ("res.users", self.rival.id),
            (secret._name, secret.id),
            (LETTER, self.letter.id),
        ):
            with self.subTest(model=model), suppress(AccessError):
                draft = self._write_mail(model=model, res_id=res_id)
                draft.action_b2b_send()
                letter = draft.sudo().b2b_letter_ids.with_user(self.seller)
                self.assertNotIn(NEEDLE, str(letter.document_name))


@tagged("standard", "post_install", "-at_install")
class TestSecretsOfOthers(ThiefCase):
    """The password and the api key of an own account at the service."""

    KEPT = ("b2b_family_mail_password_kept", "b2b_family_api_key_kept")

    def setUp(self):
        super().setUp()
        self.rival.write(
            {
                "b2b_family_email": "rival@b2b.example",
                "b2b_family_mail_password": NEEDLE,
            }
        )
        self.rival.sudo().b2b_family_api_key_kept = NEEDLE
        self.letter.account_id = self.rival
        self.own.b2b_letter_ids.account_id = self.rival
        self.env.flush_all()

    @mute_logger(*QUIET)
    def test_no_path_leads_to_a_kept_secret(self):
        paths = {
            LETTER: "account_id",
            "res.users": "",
            "res.partner": "user_ids",
            "b2b.family.service.status": "user_id",
            MAIL: "b2b_letter_ids.account_id",
        }
        for user in (self.seller, self.env.ref("base.user_admin")):
            for model, path in paths.items():
                for name in self.KEPT:
                    field = f"{path}.{name}" if path else name
                    records = self.env[model].with_user(user)
                    with self.subTest(user=user.login, model=model, field=field):
                        with self.assertRaises(AccessError):
                            records.search([(field, "ilike", NEEDLE[:3])])
                        with self.assertRaises(AccessError):
                            records.search_count([(field, "!=", False)])
                        with suppress(AccessError, ValueError):
                            groups = records.formatted_read_group([], [field])
                            self.assertNotIn(NEEDLE, str(groups))
                        if path:
                            continue
                        with self.assertRaises(AccessError):
                            records.search([], order=name)
                        with self.assertRaises(AccessError):
                            records.formatted_read_group([], [], [f"{name}:max"])

    @mute_logger(*QUIET)
    def test_no_export_has_a_kept_secret(self):
        for user in (self.seller, self.env.ref("base.user_admin")):
            letters = self.own.b2b_letter_ids.with_user(user)
            for name in self.KEPT:
                answer = ""
                with suppress(AccessError):
                    answer = str(letters.export_data([f"account_id/{name}"]))
                self.assertNotIn(NEEDLE, answer)
                with suppress(AccessError):
                    spec = {"account_id": {"fields": {name: {}}}}
                    answer = str(letters.web_read(spec))
                self.assertNotIn(NEEDLE, answer)

    @mute_logger(*QUIET)
    def test_nobody_sets_anothers_account(self):
        for name in ("b2b_family_email", "b2b_family_mail_password", *self.KEPT):
            with self.subTest(field=name), self.assertRaises(AccessError):
                self.rival.with_user(self.seller).write({name: "x"})
        self.assertEqual(self.rival.sudo().b2b_family_mail_password_kept, NEEDLE)

    @mute_logger(*QUIET)
    def test_a_copy_of_a_user_has_no_secret(self):
        admin = self.env.ref("base.user_admin")
        copy = self.rival.with_user(admin).copy({"login": "copy"}).sudo()
        for name in (*self.KEPT, "b2b_family_email"):
            self.assertFalse(copy[name])
