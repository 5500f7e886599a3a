# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The settings screen: secrets go in and never come out."""

import os
from unittest.mock import patch

from common import B2BCase
from fake_service import CREDENTIALS, refusal

from odoo.exceptions import (
    AccessError,
    RedirectWarning,
    UserError,
    ValidationError,
)
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.b2b_family_mail.client import Unavailable

SECRETS = ("api_key", "app_key", "mail_password", "secret_key")
FIELDS = [f"b2b_family_{name}" for name in SECRETS]


@tagged("standard", "post_install", "-at_install")
class TestSecrets(B2BCase):
    def _settings(self, **values):
        values = {f"b2b_family_{name}": value for name, value in values.items()}
        return self.env["res.config.settings"].create(values)

    def _assert_silent(self, shown):
        text = str(shown)
        for name in SECRETS:
            self.assertNotIn(self.service._get_param(name), text)

    def test_no_way_of_reading_returns_a_secret(self):
        settings = self._settings()
        models = self.env["res.config.settings"]
        names = [name for name in models._fields if name.startswith("b2b_family")]
        spec = {name: {} for name in names}
        self._assert_silent(models.default_get(names))
        self._assert_silent(models.get_values())
        self._assert_silent(settings.read(names))
        self._assert_silent(settings.web_read(spec))
        self._assert_silent(settings.export_data(names))
        self._assert_silent(models.onchange({}, [], spec))
        self._assert_silent(
            settings.onchange({"b2b_family_email": "x"}, ["b2b_family_email"], spec)
        )
        self._assert_silent(models.search_read([], names))
        self.assertTrue(all(settings[f"{name}_is_set"] for name in FIELDS))

    def test_what_was_typed_is_kept_and_not_given_back(self):
        settings = self._settings(app_key=" typed-app-key ")
        self.assertEqual(self.service._get_param("app_key"), "typed-app-key")
        self._assert_silent(settings.read(FIELDS))
        [saved] = settings.web_save(
            {"b2b_family_app_key": "typed-again"}, {name: {} for name in FIELDS}
        )
        self.assertEqual(self.service._get_param("app_key"), "typed-again")
        self._assert_silent(saved)

    def test_no_secret_is_stored_in_the_wizards_table(self):
        self._settings(app_key="typed-app-key").execute()
        self.env.flush_all()
        self.env.cr.execute("SELECT s::text FROM res_config_settings s")
        rows = self.env.cr.fetchall()
        self.assertTrue(rows)
        self._assert_silent(rows)

    def test_an_empty_field_means_as_before(self):
        self._settings(mail_password=False, secret_key="").execute()
        for name in SECRETS[1:]:
            self.assertEqual(self.service._get_param(name), CREDENTIALS[name])

    def test_the_form_can_be_saved(self):
        with Form(self.env["res.config.settings"]) as form:
            form.b2b_family_email_update_rate = 60
            form.b2b_family_app_key = "typed-app-key"
        form.record.execute()
        self.assertEqual(self.service._get_int_param("email_update_rate", 1), 60)
        self.assertEqual(self.service._get_param("app_key"), "typed-app-key")

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.models")
    def test_salespeople_see_no_settings(self):
        with self.assertRaises(AccessError):
            self.env["res.config.settings"].with_user(self.seller).create({})
        with self.assertRaises(AccessError):
            self.env["ir.config_parameter"].with_user(self.seller).search([])


@tagged("standard", "post_install", "-at_install")
class TestMailbox(B2BCase):
    """The api key is that of the mailbox that the settings show."""

    def _ways(self, name, value):
        """Yield each way of changing a setting."""
        parameters = self.env["ir.config_parameter"]
        key = f"b2b_family_mail.{name}"
        yield lambda: self.env["res.config.settings"].create(
            {f"b2b_family_{name}": value}
        )
        yield lambda: parameters.set_param(key, value)
        yield lambda: parameters.search([("key", "=", key)]).write({"value": value})
        yield lambda: parameters.search([("key", "=", key)]).unlink()

    def test_another_mailbox_or_password_forgets_the_key(self):
        for name in "email", "mail_password":
            for number, change in enumerate(self._ways(name, "other@shop.example")):
                with self.subTest(name=name, number=number):
                    key = self.fake.issue_api_key()
                    self.service._set_params({**CREDENTIALS, "api_key": key})
                    change()
                    self.assertFalse(self.service._read_param("api_key"))

    def test_no_letter_leaves_from_the_old_mailbox(self):
        self.service._set_params({"email": "other@shop.example"})
        mail = self._write_mail()
        mail.action_b2b_send()
        self.assertEqual(self.fake.letters, {})
        self.assertEqual(mail.sudo().b2b_state, "queued")

    def test_the_same_again_keeps_the_key(self):
        key = self.service._read_param("api_key")
        self.service._set_params(CREDENTIALS)
        self.env["res.config.settings"].create({"b2b_family_tracking_days": 9})
        self.assertEqual(self.service._read_param("api_key"), key)

    def test_a_key_typed_together_with_the_mailbox_is_kept(self):
        self.env["res.config.settings"].create(
            {"b2b_family_email": "other@shop.example", "b2b_family_api_key": "typed"}
        )
        self.assertEqual(self.service._read_param("api_key"), "typed")


@tagged("standard", "post_install", "-at_install")
class TestValues(B2BCase):
    def _assert_invalid(self, words, **values):
        values = {f"b2b_family_{name}": value for name, value in values.items()}
        with self.assertRaisesRegex(ValidationError, words):
            self.env["res.config.settings"].create(values)

    def test_rate_and_days_have_a_least_value(self):
        for rate in 9, 0, -300:
            self._assert_invalid("at least 10 seconds", email_update_rate=rate)
        for days in 0, -1:
            self._assert_invalid("at least one day", tracking_days=days)
        self._assert_invalid("0 or more", not_open_days=-1)

    def test_addresses_that_are_no_service_are_refused(self):
        with patch.dict(os.environ, {"B2B_FAMILY_ALLOW_LOOPBACK": ""}):
            for url in (
                "http://b2b.example.com",
                "http://127.0.0.1:8069",
                "https://127.0.0.1",
                "https://169.254.169.254/latest",
                "https://[::ffff:10.0.0.1]",
                "https://user:pass@b2b.example.com",
                "file:///etc/passwd",
                "nonsense",
            ):
                with self.subTest(url=url):
                    self._assert_invalid("cannot be used", api_url=url)

    def test_a_good_address_is_taken(self):
        url = "https://b2b.example.org/api"
        self.env["res.config.settings"].create({"b2b_family_api_url": url}).execute()
        self.assertEqual(self.service._get_param("api_url"), url)


@tagged("standard", "post_install", "-at_install")
class TestButtons(B2BCase):
    def _press(self, button):
        self.fake.calls.clear()
        settings = self.env["res.config.settings"].create({})
        return getattr(settings, f"action_b2b_{button}")()

    def test_the_api_key_is_fetched_and_kept(self):
        self.service._set_params({"api_key": False})
        self._press("get_api_key")
        self.assertEqual(self.fake.calls, ["login"])
        self.assertIn(self.service._get_param("api_key"), self.fake.api_keys)

    def test_missing_settings_are_named_before_any_call(self):
        self.service._set_params({"secret_key": False, "email": False})
        words = "B2B secret key, B2B Family email for access"
        with self.assertRaisesRegex((UserError, RedirectWarning), words):
            self._press("get_api_key")
        self.assertEqual(self.fake.calls, [])

    def test_a_refusal_is_told_in_the_words_of_the_service(self):
        self.service._set_params({"mail_password": "wrong-password-canary"})
        with self.assertRaisesRegex(UserError, "Wrong e-mail or password") as caught:
            self._press("get_api_key")
        self.assertNotIn("canary", str(caught.exception))

    def test_a_label_that_worked_is_remembered(self):
        self.fake.fail("login", refusal("Wrong hash", 401))
        with self.assertRaises(UserError):
            self._press("get_api_key")
        self.assertEqual(
            self.fake.calls, ["login", "login"], "the other label is tried"
        )

    def test_subscribing_makes_a_secret_address(self):
        self._press("subscribe")
        [url] = self.fake.subscribers.values()
        token = self.service._get_param("webhook_token")
        self.assertTrue(url.endswith(f"/b2b_family/webhook/{token}"))
        self.assertGreaterEqual(len(token), 43, "256 bits")

    def test_subscribing_again_leaves_one_subscription_with_a_new_address(self):
        self._press("subscribe")
        old = self.service._get_param("webhook_token")
        self._press("subscribe")
        [url] = self.fake.subscribers.values()
        self.assertNotIn(old, url)

    def test_subscribing_again_that_fails_leaves_what_is_true(self):
        self._press("subscribe")
        [ref] = self.fake.subscribers
        token = self.service._get_param("webhook_token")
        self.fake.fail("subscribe", Unavailable("No route"))
        with self.assertRaisesRegex(UserError, "cannot be reached"):
            self._press("subscribe")
        self.assertEqual(list(self.fake.subscribers), [ref])
        self.assertEqual(self.service._get_param("webhook_token"), token)

    def test_an_old_subscription_that_cannot_be_ended_stops_no_new_one(self):
        self._press("subscribe")
        old = self.service._get_param("webhook_token")
        self.fake.fail("unsubscribe", Unavailable("No route"))
        self._press("subscribe")
        self.assertNotEqual(self.service._get_param("webhook_token"), old)
        self.assertIn(self.service._get_param("webhook_ref"), self.fake.subscribers)

    def test_unsubscribing_closes_the_address(self):
        self._press("subscribe")
        self._press("unsubscribe")
        self.assertFalse(self.fake.subscribers)
        self.assertFalse(self.service._get_param("webhook_token"))
        self.assertFalse(
            self.env["res.config.settings"].create({}).b2b_family_is_subscribed
        )

    def test_a_subscription_that_is_gone_already_is_no_error(self):
        self._press("subscribe")
        self.fake.subscribers.clear()
        self._press("unsubscribe")
        self.assertFalse(self.service._get_param("webhook_ref"))

    def test_an_unreachable_service_is_told_in_words(self):
        self.fake.fail("subscribe", Unavailable("No route"))
        with self.assertRaisesRegex(UserError, "cannot be reached.*No route"):
            self._press("subscribe")
        self.assertFalse(self.service._get_param("webhook_token"))


@tagged("standard", "post_install", "-at_install")
class TestDoors(B2BCase):
    """What no screen offers can be called all the same."""

    BUTTONS = ("get_api_key", "subscribe", "unsubscribe", "confirm_instance")

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.models")
    def test_buttons_ask_who_presses_them(self):
        manager = new_test_user(self.env, "boss", "b2b_family_mail.group_manager")
        screens = {
            "b2b.family.credentials.mixin": self.BUTTONS,
            "b2b.family.setup": (*self.BUTTONS, "test_letter"),
            "res.config.settings": (*self.BUTTONS, "open_waiting"),
        }
        for user in self.seller, manager:
            for model, buttons in screens.items():
                for button in buttons:
                    with self.subTest(model=model, button=button):
                        screen = self.env[model].with_user(user)
                        with self.assertRaises(AccessError):
                            getattr(screen, f"action_b2b_{button}")()
            with self.assertRaises(AccessError):
                self.env["res.config.settings"].with_user(user).set_values()
        self.assertEqual(self.fake.calls, [])

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.models")
    def test_templates_are_fetched_by_who_may_change_them(self):
        self.fake.templates["7"] = {"subject": "x", "text": "x", "attachments": []}
        template = self.env["b2b.family.template"].create({"name": "7", "ref": "7"})
        with self.assertRaises(AccessError):
            template.with_user(self.seller).action_fetch()
        manager = new_test_user(self.env, "boss", "b2b_family_mail.group_manager")
        template.with_user(manager).action_fetch()
        self.assertEqual(self.fake.calls, ["template"])

    def test_administrators_save_the_screen(self):
        admin = self.env.ref("base.user_admin")
        settings = self.env["res.config.settings"].with_user(admin)
        settings.create({"b2b_family_tracking_days": 12}).execute()
        self.assertEqual(self.service._get_param("tracking_days"), "12")
        settings.browse().action_b2b_get_api_key()
        self.assertEqual(self.service._get_param("tracking_days"), "12", "kept")


@tagged("standard", "post_install", "-at_install")
class TestRefusals(B2BCase):
    def _press(self):
        """Return what is told; unlike assertRaises, keep what was written down."""
        try:
            self.env["res.config.settings"].create({}).action_b2b_get_api_key()
        except UserError as error:
            return str(error)
        return ""

    def test_a_person_has_to_wait_after_five(self):
        self.service._set_params({"mail_password": "wrong"})
        status = self.env["b2b.family.service.status"]
        for count in range(1, 6):
            self.assertIn("did not accept", self._press())
            self.assertEqual(status._get_common().refusal_count, count)
        calls = len(self.fake.calls)
        self.service._set_params(CREDENTIALS)
        self.assertIn("possible in 15 minutes", self._press())
        self.assertEqual(len(self.fake.calls), calls)
        self.assertFalse(status._get_common().activity_ids, "he knows")
        status._get_common().refusal_date = self._ago(minutes=15)
        self.assertEqual(self._press(), "")
        self.assertEqual(status._get_common().refusal_count, 0)

    def test_another_mailbox_neither_resets_nor_is_reset(self):
        status = self.env["b2b.family.service.status"]
        self.service._set_params({"email": "victim@shop.example"})
        self._press()
        self.service._set_params(CREDENTIALS)
        self.assertEqual(self._press(), "")
        self.assertEqual(status._get_common().refusal_count, 1)
        self.service._set_params({"email": "victim@shop.example"})
        self._press()
        self.assertEqual(status._get_common().refusal_count, 2)

    def test_nor_is_it_where_two_mailboxes_were_refused(self):
        self.service._set_params({"email": "victim@shop.example"})
        self._press()
        self.service._set_params({**CREDENTIALS, "mail_password": "wrong"})
        self._press()
        self.service._set_params(CREDENTIALS)
        self.assertEqual(self._press(), "")
        self.assertEqual(
            self.env["b2b.family.service.status"]._get_common().refusal_count, 2
        )

    def test_the_first_refusal_after_a_while_is_the_first(self):
        status = self.env["b2b.family.service.status"]
        self.service._set_params({"mail_password": "wrong"})
        self._press()
        self._press()
        status._get_common().refusal_date = self._ago(minutes=15)
        self._press()
        self.assertEqual(status._get_common().refusal_count, 1)


@tagged("standard", "post_install", "-at_install")
class TestHost(B2BCase):
    KEY = "b2b_family_mail.api_url"
    BOUND = (*SECRETS, "webhook_token", "webhook_ref")

    def setUp(self):
        super().setUp()
        self.parameters = self.env["ir.config_parameter"]
        self._keep()

    def _keep(self):
        bound = dict.fromkeys(("webhook_token", "webhook_ref"), "x")
        url = "https://b2b.example.com"
        api_key = self.fake.issue_api_key()
        self.service._set_params(
            {**CREDENTIALS, **bound, "api_key": api_key, "api_url": url}
        )
        self.seller.write({"b2b_family_mail_password": "own"})
        self.seller.sudo().b2b_family_api_key_kept = "own"

    def _kept(self):
        own = self.seller.sudo()
        user = (own.b2b_family_mail_password_kept, own.b2b_family_api_key_kept)
        return [*filter(None, map(self.service._read_param, self.BOUND))] + [
            *filter(None, user)
        ]

    def _parameter(self):
        return self.parameters.search([("key", "=", self.KEY)])

    def test_another_host_gets_none_of_the_secrets(self):
        url = "https://other.example.com"
        settings = self.env["res.config.settings"]
        ways = {
            "screen": lambda: settings.create({"b2b_family_api_url": url}),
            "set_param": lambda: self.parameters.set_param(self.KEY, url),
            "write": lambda: self._parameter().write({"value": url}),
            "scheme": lambda: self._parameter().write(
                {"value": "http://b2b.example.com"}
            ),
            "scheme at the same port": lambda: self._parameter().write(
                {"value": "http://b2b.example.com:443"}
            ),
            "port": lambda: self._parameter().write(
                {"value": "https://b2b.example.com:8"}
            ),
            "rename": lambda: self._parameter().write({"key": "b2b_family_mail.old"}),
            "unlink": lambda: self._parameter().unlink(),
        }
        for way, change in ways.items():
            with self.subTest(way=way):
                self._keep()
                self.assertEqual(len(self._kept()), len(self.BOUND) + 2)
                change()
                self.assertEqual(self._kept(), [])
        self._keep()
        self.seller.active = False
        ways["write"]()
        self.assertEqual(self._kept(), [])
        self.service._set_params({"api_url": False, "app_key": "x"})
        self.parameters.create({"key": self.KEY, "value": url})
        self.assertEqual(self._kept(), [])

    def test_another_path_on_the_host_is_no_other_host(self):
        kept = self._kept()
        for url in ("https://b2b.example.com/v2", "HTTPS://B2B.example.com:443/"):
            self.service._set_params({"api_url": url})
            self.assertEqual(self._kept(), kept)

    def test_what_is_typed_with_the_new_address_is_kept(self):
        self.env["res.config.settings"].create(
            {
                "b2b_family_mail_password": "typed password",
                "b2b_family_app_key": "typed key",
                "b2b_family_api_url": "https://other.example.com",
            }
        )
        self.assertEqual(sorted(self._kept()), ["typed key", "typed password"])
