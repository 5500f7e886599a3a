# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who delivers is chosen, what follows is shown, and nobody is asked for an account."""

from unittest.mock import patch

from chatter_case import ChatterCase
from common import B2BCase
from fake_service import refusal
from lxml import etree

from odoo import fields
from odoo.tests import Form, tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.b2b_family_mail.client import PayloadError
from odoo.addons.b2b_family_mail.wizards import b2b_family_check_own

CREDENTIALS = ("app_key", "secret_key", "email", "mail_password", "api_key")


class ChoosingCase(ChatterCase):
    def _forget_service(self):
        self.service._set_params(dict.fromkeys(CREDENTIALS, False))


@tagged("standard", "post_install", "-at_install")
class TestSettings(ChoosingCase):
    def _settings(self, **values):
        return self.env["res.config.settings"].create(values)

    def _parameters(self):
        return [
            self.service._get_param(name)
            for name in ("carrier", "watch_here", "attachment_links")
        ]

    def test_the_usual_choice_is_no_value(self):
        self.assertEqual(self._parameters(), ["", "", ""])
        settings = self._settings()
        self.assertEqual(settings.b2b_family_carrier, "by_itself")
        self.assertEqual(settings.b2b_family_attachment_links, "files")
        self.assertFalse(settings.b2b_family_watch_here)
        settings.execute()
        self.assertEqual(self._parameters(), ["", "", ""])

    def test_what_is_chosen_is_kept_and_taken_back(self):
        self._settings(
            b2b_family_carrier="odoo",
            b2b_family_watch_here=True,
            b2b_family_attachment_links="beside",
        ).execute()
        self.assertEqual(self._parameters(), ["odoo", "1", "beside"])
        again = self._settings()
        self.assertEqual(again.b2b_family_carrier, "odoo")
        self.assertTrue(again.b2b_family_watch_here)
        self.assertEqual(again.b2b_family_attachment_links, "beside")
        self._settings(
            b2b_family_carrier="by_itself",
            b2b_family_watch_here=False,
            b2b_family_attachment_links="files",
        ).execute()
        self.assertEqual(self._parameters(), ["", "", ""])

    def test_the_service_is_shown_where_it_is_used_or_chosen(self):
        self.assertTrue(self._settings().b2b_family_uses_service)
        self._forget_service()
        with Form(self.env["res.config.settings"]) as form:
            self.assertFalse(form.b2b_family_uses_service)
            form.b2b_family_carrier = "service"
            self.assertTrue(form.b2b_family_uses_service)
            form.b2b_family_carrier = "odoo"
            self.assertFalse(form.b2b_family_uses_service)
        self.seller.b2b_family_email = "sally@mail.example"
        self.assertTrue(self._settings().b2b_family_uses_service)

    def test_preferences_ask_for_a_mailbox_where_there_is_a_service(self):
        user = self.seller.with_user(self.seller)
        self.assertTrue(user.b2b_family_uses_service)
        self._forget_service()
        user.invalidate_recordset()
        self.assertFalse(user.b2b_family_uses_service)

    def test_a_setting_holds_for_new_letters_only(self):
        before = self._send_letter()
        self._settings(b2b_family_carrier="odoo").execute()
        self.assertEqual(before.carrier, "service")
        mails = self.env["mail.mail"].with_user(self.seller)
        self.assertFalse(mails.new({}).b2b_may_link)


@tagged("standard", "post_install", "-at_install")
class TestUnreadable(B2BCase):
    """The service delivers, and what it says of the letters cannot be read."""

    def _suggests(self):
        return self.env["res.config.settings"].create({}).b2b_family_suggests_watching

    def _ask(self):
        letters = self.env["b2b.family.letter"].search([])
        letters.next_sync_date = self._ago(seconds=1)
        self._cron_sync()

    def _let_an_hour_pass(self):
        status = self.env["b2b.family.service.status"]._get_common()
        self.assertTrue(status.unread_date)
        status.unread_date = self._ago(hours=2)

    def test_watching_from_here_is_suggested_and_not_any_more(self):
        self._send_letter()
        self._ask()
        self.assertFalse(
            self.env["b2b.family.service.status"]._get_common().unread_date
        )
        self.fake.fail("statistics", PayloadError("No"))
        self._ask()
        self.assertFalse(self._suggests(), "it may be over in a minute")
        self._let_an_hour_pass()
        self.fake.fail("statistics", PayloadError("No"))
        self._ask()
        self.assertTrue(self._suggests())
        self.service._set_params({"watch_here": "1"})
        self.assertFalse(self._suggests())
        self.service._set_params({"watch_here": False})
        self._ask()
        self.assertFalse(self._suggests())
        self.assertFalse(
            self.env["b2b.family.service.status"]._get_common().unread_date
        )

    def test_the_check_says_it(self):
        self._send_letter()
        self.fake.fail("statistics", refusal("No such method", 404))
        self._ask()
        self._let_an_hour_pass()
        line = self.env["b2b.family.check"]._check_account()
        self.assertEqual(line["verdict"], "bad")
        self.assertIn("Watch from here", line["words"])


@tagged("standard", "post_install", "-at_install")
class TestFiles(ChoosingCase):
    """*Send Attachments As* gets from where it is chosen to the mail that leaves."""

    def _mails(self, message):
        return (
            self.env["mail.mail"].sudo().search([("mail_message_id", "=", message.id)])
        )

    def _compose(self, **values):
        context = {"default_model": "res.partner", "default_res_ids": self.record.ids}
        composers = self.env["mail.compose.message"].with_user(self.seller)
        return composers.with_context(**context).create(
            {
                "subject": "Offer",
                "body": "<p>Hello</p>",
                "partner_ids": self.reader.ids,
                **values,
            }
        )

    def _last(self):
        return self.env["b2b.family.letter"].search([], limit=1).mail_id

    def test_a_draft_keeps_it(self):
        mail = self._write_mail(b2b_attachment_links="instead")
        self.assertEqual(mail.b2b_attachment_links, "instead")
        mail.action_b2b_send()
        self.assertEqual(mail.sudo().b2b_attachment_links, "instead")

    def test_the_full_composer_hands_it_on(self):
        self._compose(b2b_attachment_links="beside").action_b2b_send_mail()
        self.assertEqual(self._last().b2b_attachment_links, "beside")

    def test_colleagues_and_the_chatter_have_none(self):
        message = self._post()
        self.assertEqual(
            set(self._mails(message).mapped("b2b_attachment_links")), {False}
        )
        self._compose(b2b_attachment_links="beside").action_b2b_send_mail()
        message = self._last().mail_message_id
        plain = self._mails(message).filtered(lambda mail: not mail.b2b_send)
        self.assertTrue(plain)
        self.assertFalse(plain.b2b_attachment_links)

    def test_a_mailing_hands_it_on(self):
        composer = self._compose(
            composition_mode="mass_mail", b2b_attachment_links="instead"
        )
        composer.res_ids = str(self.reader.ids)
        composer.action_b2b_send_mail()
        self.assertEqual(self._last().b2b_attachment_links, "instead")

    def test_a_scheduled_message_hands_it_on(self):
        composer = self._compose(
            b2b_attachment_links="instead",
            scheduled_date=fields.Datetime.to_string(self._ago(hours=-1)),
        )
        composer.action_b2b_schedule_message()
        scheduled = self.env["mail.scheduled.message"].sudo().search([])
        scheduled.with_user(self.seller).post_message()
        self.assertEqual(self._last().b2b_attachment_links, "instead")

    def test_it_is_offered_where_this_odoo_watches(self):
        self.assertFalse(self._write_mail().b2b_is_watched_here)
        self.assertFalse(self._compose().b2b_is_watched_here)
        self.service._set_params({"watch_here": "1"})
        self.assertTrue(self._write_mail().b2b_is_watched_here)
        self.assertTrue(self._compose().b2b_is_watched_here)
        self.service._set_params({"watch_here": False, "carrier": "odoo"})
        self.assertTrue(self._write_mail().b2b_is_watched_here)


@tagged("standard", "post_install", "-at_install")
class TestScreens(ChoosingCase):
    """What is offered of a letter by whoever delivers it."""

    def _buttons(self, record, view=None):
        arch = etree.fromstring(record.get_view(view_id=view, view_type="form")["arch"])
        shown = set()
        for button in arch.iterfind(".//header/button"):
            names = {
                name: record[name]
                for name in record._fields
                if name in button.get("invisible", "")
            }
            if not safe_eval(button.get("invisible") or "False", names):
                shown.add(button.get("name"))
        return shown

    def _letter(self, carrier, state):
        letter = self._send_letter()
        letter.write({"carrier": carrier, "state": state})
        return letter.with_user(self.seller)

    def test_nobody_is_asked_who_cannot_tell(self):
        form = self.env.ref("b2b_family_mail.mail_mail_view_form_b2b").id
        for state, button in (("sent", "refresh"), ("unknown", "look_up")):
            letter = self._letter("service", state)
            self.assertIn(f"action_{button}", self._buttons(letter))
            mail = letter.mail_id
            self.assertIn(f"action_b2b_{button}", self._buttons(mail, form))
            letter.sudo().carrier = "odoo"
            self.env.invalidate_all()
            self.assertNotIn(f"action_{button}", self._buttons(letter))
            self.assertNotIn(f"action_b2b_{button}", self._buttons(mail, form))

    def test_the_letter_and_its_mail_name_who_delivers(self):
        letter = self._letter("odoo", "sent")
        self.assertEqual(letter.mail_id.b2b_carrier, "odoo")
        arch = letter.get_view(view_type="form")["arch"]
        self.assertIn('name="carrier"', arch)
        boards = (
            letter.get_view(view_type=kind)["arch"] for kind in ("kanban", "list")
        )
        self.assertFalse([arch for arch in boards if "carrier" in arch])

    def test_the_reader_is_told_who_watches(self):
        letter = self._letter("service", "sent").sudo()
        words = letter._consent_words()
        self.assertIn("B2B Family", words["intro"])
        self.assertIn("B2B Family", words["after"])
        letter.carrier = "odoo"
        self.assertNotIn("B2B Family", str(letter._consent_words()))
        self.assertNotIn("B2B Family", letter._default_consent_line())

    def test_links_that_were_followed_have_a_list(self):
        letter = self._send_letter()
        [key] = [row["custom_data"]["key"] for row in self.fake.letters.values()]
        for kind in ("link_click", "message_open"):
            self._ingest(
                {
                    "id": kind,
                    "type": kind,
                    "date": "2026-11-28T10:00:00Z",
                    "mail_id": letter.ref,
                    "custom_data": {"key": key},
                    "url": kind == "link_click"
                    and "https://shop.example/offer"
                    or None,
                }
            )
        self.assertEqual(letter.click_ids.url, "https://shop.example/offer")
        self.assertEqual(letter.mail_id.b2b_click_ids, letter.click_ids)
        self.assertEqual(len(letter.event_ids), 2)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "b2b_family_mail.b2b_family_event_action_clicks"
        )
        found = self.env["b2b.family.event"].search(safe_eval(action["domain"]))
        self.assertEqual(found & letter.event_ids, letter.click_ids)

    def test_an_empty_board_begins_with_a_letter_to_oneself(self):
        letters = self.env["b2b.family.letter"]
        admin = self.env.ref("base.user_admin")
        help_of = "b2b_family_mail.b2b_family_setup_action"
        letters.search([]).unlink()
        self.assertIn(help_of, letters.with_user(admin).get_empty_list_help("<p/>"))
        self.assertNotIn(
            help_of, letters.with_user(self.seller).get_empty_list_help("<p/>")
        )
        self._send_letter()
        self.assertNotIn(help_of, letters.with_user(admin).get_empty_list_help("<p/>"))


@tagged("standard", "post_install", "-at_install")
class TestSetup(ChoosingCase):
    def _setup(self):
        return self.env["b2b.family.setup"].create({})

    def test_a_missing_mail_server_is_said_where_it_matters(self):
        self.env["ir.mail_server"].search([]).unlink()
        self.assertFalse(self._setup().lacks_mail_server, "the service delivers")
        self._forget_service()
        self.assertTrue(self._setup().lacks_mail_server)
        self.env["ir.mail_server"].create({"name": "Post", "smtp_host": "mail.example"})
        self.assertFalse(self._setup().lacks_mail_server)


@tagged("standard", "post_install", "-at_install")
class TestCheck(ChoosingCase):
    """*Test my tracking* where this Odoo delivers; over HTTP in tests/hosting."""

    def setUp(self):
        super().setUp()
        self.check = self.env["b2b.family.check"]

    def _asked(self):
        return {question.__name__ for question in self.check._questions()}

    def test_it_asks_what_matters(self):
        service = {"_check_account", "_check_webhook"}
        own = {"_check_mail_server", "_check_way_in", "_check_pixel"}
        self.assertLess(service, self._asked())
        self.assertFalse(own & self._asked())
        self.service._set_params({"watch_here": "1"})
        self.assertLess(service | own - {"_check_mail_server"}, self._asked())
        self._forget_service()
        self.service._set_params({"watch_here": False})
        self.assertLess(own, self._asked())
        self.assertFalse(service & self._asked())

    def _way_in(self, url, loopback=False):
        with (
            patch.object(b2b_family_check_own, "allow_loopback", lambda: loopback),
            patch.object(type(self.check), "get_base_url", lambda _self: url),
        ):
            line = self.check._check_way_in()
        return line["verdict"], line["words"]

    def test_addresses_that_no_reader_reaches(self):
        self.assertEqual(self._way_in("https://odoo.shop.example")[0], "weak")
        self.env["ir.config_parameter"].set_param("web.base.url.freeze", "True")
        for url, verdict, word in (
            ("https://odoo.shop.example", "good", ""),
            ("http://odoo.shop.example", "weak", "https"),
            ("http://localhost:8069", "bad", "own computer"),
            ("http://127.0.0.1:8069", "bad", "own computer"),
            ("https://192.168.1.5", "bad", "inside your network"),
            ("https://10.1.2.3:8069", "bad", "inside your network"),
            ("https://odoo", "bad", "inside your network"),
            ("https://odoo.local", "bad", "inside your network"),
            ("https://[fd00::1]", "bad", "inside your network"),
            ("https://8.8.8.8", "good", ""),
        ):
            with self.subTest(url=url):
                found, words = self._way_in(url)
                self.assertEqual(found, verdict)
                self.assertIn(word, words)
        self.assertEqual(self._way_in("http://127.0.0.1:1", loopback=True)[0], "good")

    def test_the_mail_server(self):
        self.env["ir.mail_server"].search([]).unlink()
        self.assertEqual(self.check._check_mail_server()["verdict"], "weak")
        self.env["ir.mail_server"].create({"name": "Post", "smtp_host": "mail.example"})
        self.assertEqual(self.check._check_mail_server()["verdict"], "good")
