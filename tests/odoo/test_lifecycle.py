# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Uninstalled, copied, listened to: nothing goes out by itself, nothing secret shows."""

from pathlib import Path

from common import B2BCase
from fake_service import CREDENTIALS, answer, refusal

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons import b2b_family_mail
from odoo.addons.b2b_family_mail.client import OutcomeUnknown, Unavailable

ADDON = Path(b2b_family_mail.__file__).parent
SECRET_PARAMETERS = ("api_key", "app_key", "secret_key", "mail_password")


@tagged("standard", "post_install", "-at_install")
class TestScheduled(B2BCase):
    def test_each_scheduled_action_calls_what_it_is_named_for(self):
        actions = {
            "ir_cron_send": ("b2b.family.letter", "_cron_send"),
            "ir_cron_sync": ("b2b.family.letter", "_cron_sync"),
            "ir_cron_not_open": ("b2b.family.letter", "_cron_not_open"),
            "ir_cron_judge": ("b2b.family.judgement", "_cron_judge"),
            "ir_cron_ask_domains": ("b2b.family.mail.domain", "_cron_ask"),
        }
        called = []
        for name, (model, method) in actions.items():
            model = type(self.env[model])
            self.patch(model, method, lambda _self, name=name: called.append(name))
            self.env.ref(f"b2b_family_mail.{name}").ir_actions_server_id.run()
        self.assertEqual(called, [*actions])


@tagged("standard", "post_install", "-at_install")
class TestUninstall(B2BCase):
    def test_the_service_is_told_to_stop_calling(self):
        self.service._subscribe()
        b2b_family_mail.uninstall_hook(self.env)
        self.assertFalse(self.fake.subscribers)

    def test_an_unreachable_service_does_not_keep_the_addon_installed(self):
        self.service._subscribe()
        self.fake.fail("unsubscribe", Unavailable("Down"))
        with self.assertLogs("odoo.addons.b2b_family_mail", "WARNING"):
            b2b_family_mail.uninstall_hook(self.env)

    def test_what_waits_does_not_become_ordinary_mail(self):
        self.fake.fail("send", Unavailable("Down"), times=3)
        waiting, draft = self._send_mail(), self._write_mail()
        b2b_family_mail.uninstall_hook(self.env)
        self.assertEqual((waiting.state, draft.state), ("cancel", "b2b_draft"))
        with self.mock_mail_gateway():
            self.env["mail.mail"].process_email_queue()
        self.assertEqual(self._mails, [])


@tagged("standard", "post_install", "-at_install")
class TestNeutralize(B2BCase):
    def setUp(self):
        super().setUp()
        self.service._subscribe()
        # sudo: the fields are closed to everybody
        self.own = self.seller.sudo()
        self.own.b2b_family_mail_password_kept = "canary-own-password"
        self.own.b2b_family_api_key_kept = "canary-own-key"
        self.env.flush_all()
        self.env.cr.execute((ADDON / "data" / "neutralize.sql").read_text())
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def test_a_copy_has_no_keys(self):
        for name in (*SECRET_PARAMETERS, "webhook_token", "webhook_ref"):
            self.assertFalse(self.service._get_param(name), name)
        self.assertFalse(self.own.b2b_family_mail_password_kept)
        self.assertFalse(self.own.b2b_family_api_key_kept)

    def test_a_copy_has_no_job_that_runs(self):
        jobs = self.env["ir.model.data"].search(
            [("module", "=", "b2b_family_mail"), ("model", "=", "ir.cron")]
        )
        self.assertTrue(jobs)
        crons = self.env["ir.cron"].browse(jobs.mapped("res_id"))
        self.assertFalse(any(crons.mapped("active")))

    def test_a_copy_calls_nobody(self):
        """What is sent there goes as ordinary mail does: by servers that core takes away."""
        self.fake.calls.clear()
        self.assertEqual(self._send_letter().carrier, "odoo")
        self.assertEqual(self.fake.calls, [])
        self.service._set_params({"carrier": "service"})
        with self.assertRaisesRegex(UserError, "not set up"):
            self._write_mail().action_b2b_send()


@tagged("standard", "post_install", "-at_install")
class TestCanaries(B2BCase):
    """Values that must not turn up in a log, an error or a record that people read."""

    def test_no_secret_shows_whatever_goes_wrong(self):
        key = self.fake.issue_api_key()
        self.service._set_params(
            {"mail_password": "canary-wrong-password", "api_key": key}
        )
        secrets = {self.service._get_param(name) for name in SECRET_PARAMETERS}
        secrets.add(CREDENTIALS["mail_password"])
        said = []
        with self._all_logging() as lines:
            for outcome in (
                Unavailable("Down"),
                OutcomeUnknown("Lost"),
                answer("<h1>500</h1>", 500),
                answer("<h1>Hello</h1>"),
                refusal("Password canary-wrong-password of canary-app-key is bad", 422),
                refusal(f"Invalid api key {self.service._get_param('api_key')}", 403),
            ):
                self.fake.fail("send", outcome)
                letter = self._send_letter()
                said += [letter.failure_reason, letter.mail_id.failure_reason]
            settings = self.env["res.config.settings"].create({})
            self.fake.fail("login", refusal("Not canary-app-key", 401), times=2)
            with self.assertRaises(UserError) as caught:
                settings.action_b2b_get_api_key()
            said.append(caught.exception)
            self.service._set_params({"mail_password": CREDENTIALS["mail_password"]})
            settings.action_b2b_get_api_key()
            secrets.add(self.service._get_param("api_key"))
            settings.action_b2b_subscribe()
            secrets.add(self.service._get_param("webhook_token"))
            self._send_letter()._refresh()
        said += self._popups()
        text = "\n".join([*map(str, said), *lines])
        self.assertIn("Letter", text)
        for secret in secrets:
            self.assertNotIn(secret, text)
