# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Canary values through every fault: they show up nowhere but where they are kept."""

from common import B2BCase
from fake_service import CREDENTIALS, answer, refusal

from odoo.exceptions import UserError
from odoo.http import Application
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.b2b_family_mail.client import OutcomeUnknown, Rejected, Unavailable
from odoo.addons.b2b_family_mail.client.transport import Transport
from odoo.addons.b2b_family_mail.models.service import calls

OWN_PASSWORD = "canary-own-password"
OWN_KEY = "canary-own-api-key"
SECRETS = ("api_key", "app_key", "secret_key", "mail_password", "webhook_token")
# Where secrets are kept, and who may read it: ir.config_parameter is for system
# administrators, the columns of res_users for nobody.
KEPT = {
    "ir_config_parameter": ["value"],
    "res_users": ["b2b_family_mail_password_kept", "b2b_family_api_key_kept"],
}


class SecretsCase(B2BCase):
    def setUp(self):
        super().setUp()
        self.service._subscribe()
        self.seller.sudo().write({"b2b_family_mail_password_kept": OWN_PASSWORD})
        self.canaries = {OWN_PASSWORD, OWN_KEY, "canary-wrong-password"}
        self._remember()

    def _remember(self):
        """Every value that was ever a secret stays one."""
        self.canaries |= {self.service._get_param(name) for name in SECRETS}
        self.canaries |= {CREDENTIALS["mail_password"]} | self.fake.api_keys

    def _assert_no_canary(self, text, where):
        self._remember()
        for canary in filter(None, self.canaries):
            self.assertNotIn(canary, text, where)

    def _faults(self):
        secrets = " ".join(map(self.service._get_param, SECRETS))
        yield from (Unavailable("Down"), OutcomeUnknown("Lost"), Rejected("No"))
        yield from (answer("<h1>500</h1>", 500), answer(f"<p>{secrets}</p>", 500))
        yield from (answer(f"<h1>{secrets}</h1>"), answer({"id": {"x": secrets}}))
        yield refusal(f"Bad: {secrets}", 422)
        yield refusal(f"Invalid api key {secrets}", 403)
        yield answer({"error": secrets})

    def _provoke(self):
        """Run into every fault at every call; return what the users were told."""
        told = []

        def tell(call):
            try:
                told.append(call())
            except UserError as error:
                told.append(str(error))

        settings = self.env["res.config.settings"].create({})
        calls = ("login", "send", "upload", "find", "statistics", "subscribe")
        for number in range(len([*self._faults()])):
            for call in calls:
                fault = [*self._faults()][number]
                self.fake.fail(call, fault, times=2 if call == "login" else 1)
                mail = self._write_mail(
                    attachment_ids=[(4, self._create_file(content=b"%r" % fault).id)]
                )
                tell(mail.action_b2b_send)
                tell(mail.action_b2b_refresh)
                tell(mail.action_b2b_look_up)
                tell(settings.action_b2b_get_api_key)
                tell(settings.action_b2b_subscribe)
                self._remember()
                self.fake.heal()
        self.service._set_params({"mail_password": "canary-wrong-password"})
        tell(settings.action_b2b_get_api_key)
        self.service._set_params({"mail_password": CREDENTIALS["mail_password"]})
        tell(settings.action_b2b_get_api_key)
        self._cron_send()
        self._cron_sync()
        return told


@tagged("standard", "post_install", "-at_install")
class TestCanaries(SecretsCase):
    def _tables(self):
        """Yield the name and the content of every table, less what is kept there."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.cr.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        for (table,) in self.env.cr.fetchall():
            kept = "".join(f" - '{column}'" for column in KEPT.get(table, ()))
            self.env.cr.execute(
                f"SELECT string_agg((to_jsonb(t){kept})::text, ' ') FROM {table} t"
            )
            yield table, self.env.cr.fetchone()[0] or ""

    def test_no_log_no_answer_and_no_table_has_one(self):
        with self._all_logging() as lines:
            told = self._provoke()
        self.assertIn("Letter", str(lines), "something was logged")
        self._assert_no_canary("\n".join(lines), "log")
        self._assert_no_canary(str(told), "what users were told")
        tables = dict(self._tables())
        self.assertIn("b2b_family_letter", tables)
        for table, content in tables.items():
            # JSON text may hide a value behind its escapes.
            self._assert_no_canary(content, table)
            self._assert_no_canary(content.replace("\\\\", ""), table)

    def test_where_they_are_kept_is_where_they_are(self):
        """The search above would find what it looks for."""
        self.env.flush_all()
        self.env.cr.execute("SELECT string_agg(value, ' ') FROM ir_config_parameter")
        kept = self.env.cr.fetchone()[0]
        for name in SECRETS:
            self.assertIn(self.service._get_param(name), kept)

    def test_the_real_transport_logs_none_whatever_goes_wrong(self):
        """With urllib3 and requests at DEBUG, and a service that is not there."""
        transport = Transport(allow_loopback=True)
        self.addCleanup(transport.close)
        self.patch(calls, "_transport", lambda loopback: transport)
        self.service._set_params({**CREDENTIALS, "api_url": "http://127.0.0.1:9"})
        with self._all_logging() as lines:
            letter = self._send_letter()
            with self.assertRaises(UserError):
                self.env["res.config.settings"].create({}).action_b2b_get_api_key()
        self.assertEqual(letter.state, "queued")
        self._assert_no_canary("\n".join(lines), "log")
        self._assert_no_canary(letter.failure_reason, "failure")

    def test_a_bug_of_ours_shows_none_in_its_traceback(self):
        def broken(*args, **kwargs):
            raise ZeroDivisionError("bug")

        self.patch(type(self.service), "_prepare_letter", broken)
        logger = "odoo.addons.b2b_family_mail.models.carrier.carrier"
        with self.assertLogs(logger, "ERROR") as caught:
            letter = self._send_letter()
        self.assertEqual(letter.state, "failed")
        self._assert_no_canary("\n".join(caught.output), "traceback")


@tagged("standard", "post_install", "-at_install")
class TestBrowser(SecretsCase, HttpCase):
    """All that Odoo answers to the pages where the account is set up."""

    def _record_answers(self):
        answers = []
        call = Application.__call__

        def recording(application, environ, start_response):
            chunks = list(call(application, environ, start_response))
            answers.append(b"".join(chunks).decode(errors="replace"))
            return chunks

        self.patch(Application, "__call__", recording)
        return answers

    def _rpc(self, model, method, *args, **kwargs):
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        url = f"{self.base_url()}/web/dataset/call_kw"
        return self.opener.post(url, json=body, timeout=60)

    @mute_logger("odoo.http")
    def test_no_answer_of_the_server_has_one(self):
        answers = self._record_answers()
        self.fake.fail(
            "login", refusal("Bad canary-app-key canary-secret-key", 401), times=9
        )
        self.env.flush_all()
        for login in ("admin", "seller"):
            if login == "seller":
                self.seller.password = "seller-password"
                self.env.flush_all()
            password = "admin" if login == "admin" else "seller-password"
            self.authenticate(login, password)
            self.url_open("/odoo")
            self._rpc("ir.http", "session_info")
            self.opener.post(
                f"{self.base_url()}/web/session/get_session_info",
                json={"jsonrpc": "2.0", "params": {}},
            )
            for model in (
                *("res.config.settings", "b2b.family.setup", "res.users"),
                *("b2b.family.service.status", "b2b.family.letter", "mail.mail"),
            ):
                fields = [
                    name for name in self.env[model]._fields if "b2b" in name
                ] or ["display_name"]
                spec = {name: {} for name in fields}
                self._rpc(model, "onchange", [[]], {}, [], spec)
                self._rpc(model, "default_get", fields)
                self._rpc(model, "web_search_read", [], spec, limit=5)
                self._rpc(model, "search_read", [], fields, limit=5)
                self._rpc(model, "get_views", [[False, "form"]])
                self._rpc(model, "web_save", [[]], {}, spec)
                self._rpc(model, "action_b2b_get_api_key", [1])
        text = "\n".join(answers)
        self.assertIn("b2b_family_api_key_is_set", text)
        self._assert_no_canary(text, "answers")
