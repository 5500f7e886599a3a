# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What only an administrator can mend: letters wait, and he is told once."""

from datetime import timedelta

from common import B2BCase
from fake_service import answer

from odoo.tests import new_test_user, tagged

from odoo.addons.b2b_family_mail.client import REASONS, Misconfigured, Unavailable
from odoo.addons.b2b_family_mail.models.service.settings import OnHold

PAGE = answer("<html>No such site</html>", 404)
WARNING = "mail.mail_activity_data_warning"


class MisconfiguredCase(B2BCase):
    def _alerts(self):
        status = self.env["b2b.family.service.status"].search([])
        return status.activity_ids.mapped("summary")


@tagged("standard", "post_install", "-at_install")
class TestMisconfigured(MisconfiguredCase):
    def _ways(self):
        """Yield what goes wrong, and a word of it for the administrator."""
        set_params = self.service._set_params
        yield lambda: self.fake.fail("send", PAGE, times=99), "HTTP 404"
        yield (
            lambda: self.fake.fail("send", answer("<html>", 403), times=99),
            "HTTP 403",
        )
        yield (
            lambda: self.fake.fail(
                "send", Misconfigured("Host x is not public."), times=99
            ),
            "not public",
        )
        yield lambda: set_params({"service_tz": "Mars/Phobos"}), "Mars/Phobos"
        yield lambda: set_params({"api_endpoints": '{"nonsense": "/x"}'}), "nonsense"

    def _mend(self):
        self.fake.heal()
        self.service._set_params({"service_tz": False, "api_endpoints": False})

    def test_the_letters_wait_and_the_administrator_is_told_once(self):
        for spoil, word in self._ways():
            with self.subTest(word=word):
                spoil()
                mail = self._send_mail(email_to="bob@x.example, carl@x.example")
                letters = mail.b2b_letter_ids
                self.assertEqual(set(letters.mapped("state")), {"queued"})
                self.assertTrue(all(letters.mapped("next_try_date")))
                self.assertEqual(mail.state, "outgoing")
                self._make_due(letters)
                self._cron_send()
                [alert] = self._alerts()
                self.assertIn(word, alert)
                status = self.env["b2b.family.service.status"]._get_common()
                self.assertIn(word, status.last_error)
                self._mend()
                self._make_due(letters)
                self._cron_send()
                self.assertEqual(set(letters.mapped("state")), {"sent"})

    def test_the_alert_ends_when_a_call_succeeds(self):
        self.fake.fail("send", PAGE)
        letter = self._send_letter()
        self.assertEqual(len(self._alerts()), 1)
        self._make_due(letter)
        self._cron_send()
        self.assertEqual(self._alerts(), [])

    def test_it_ends_the_round(self):
        self.fake.fail("send", PAGE, times=99)
        self._send_mail(email_to="bob@x.example, carl@x.example")
        self.assertEqual(self.fake.calls, ["send"])

    def test_a_letter_at_which_a_firewall_takes_offence_stops_no_other(self):
        request = self.fake.request

        def firewall(call, *args, **kwargs):
            if call == "send" and b"virus" in kwargs["body"]:
                self.fake.calls.append("stopped")
                return PAGE
            return request(call, *args, **kwargs)

        self.patch(self.fake, "request", firewall)
        letters = (
            self._write_mail(subject="A virus"),
            self._write_mail(),
            self._write_mail(),
        )
        self.fake.fail("send", PAGE, times=3)
        for letter in letters:
            letter.action_b2b_send()
        letters = self.env["mail.mail"].union(*letters).sudo().b2b_letter_ids
        self.fake.heal()
        self._make_due(letters)
        for _minute in range(4):
            self._cron_send()
            for letter in letters.filtered("next_try_date"):
                letter.next_try_date -= timedelta(minutes=1)
        self.assertEqual(letters.mapped("state"), ["queued", "sent", "sent"])
        self.assertLess(self.fake.calls.count("stopped"), 5)

    def test_the_author_is_not_sent_into_the_settings(self):
        self.fake.fail("send", PAGE)
        reason = self._send_letter().failure_reason
        self.assertIn("an administrator has been told", reason)
        self.assertNotIn("Settings", reason)
        self.assertEqual(self._popups(), [])

    def test_an_author_who_can_mend_it_is_told_where(self):
        admin = new_test_user(
            self.env, "boss", "base.group_system,b2b_family_mail.group_user"
        )
        self.fake.fail("send", PAGE)
        mail = self._write_mail(admin)
        mail.action_b2b_send()
        self.assertIn("Settings > B2B Family", mail.sudo().b2b_failure_reason)

    def test_refused_credentials_send_no_salesperson_into_the_settings(self):
        self.fake.api_keys.clear()
        self.service._set_params({"mail_password": "wrong"})
        reason = self._send_letter().failure_reason
        self.assertIn("an administrator has to", reason)
        self.assertNotIn("Settings", reason)

    def test_a_login_that_ends_in_an_unreadable_answer_fails_no_letter(self):
        self.service._set_params({"api_key": False})
        self.fake.fail("login", answer({"hello": 1}))
        self.assertEqual(self._send_letter().state, "queued")

    def test_a_login_at_a_wrong_path_fails_no_letter(self):
        self.service._set_params({"api_key": False})
        self.fake.fail("login", answer({"error": {"message": "No route"}}, 404))
        self.assertEqual(self._send_letter().state, "queued")

    def test_an_own_account_tells_the_administrator_too(self):
        self.seller.sudo().write(
            {"b2b_family_email": "own@x.example", "b2b_family_mail_password": "own"}
        )
        self.fake.fail("login", PAGE)
        letter = self._send_letter()
        self.assertEqual((letter.account_id, letter.state), (self.seller, "queued"))
        status = (
            self.env["b2b.family.service.status"].search([]).filtered("activity_ids")
        )
        self.assertFalse(status.user_id)
        self.assertEqual(status.activity_ids.user_id, self.env.ref("base.user_admin"))
        status._note_success(self.seller, login=True)
        self.assertFalse(self._alerts(), "it works for one, so it works")


@tagged("standard", "post_install", "-at_install")
class TestOnHold(MisconfiguredCase):
    def test_a_database_on_another_server_says_that_it_waits(self):
        self.service._set_params({"instance": "another"})
        mail = self._send_mail(email_to="bob@x.example")
        letters = mail.b2b_letter_ids
        self.assertEqual(self.fake.calls, [])
        for letter in letters:
            self.assertIn("PostgreSQL server was upgraded", letter.failure_reason)
            self.assertTrue(letter.next_try_date)
        self._cron_send()
        [alert] = self._alerts()
        self.assertIn("This database", alert.replace("this database", "This database"))
        status = self.env["b2b.family.service.status"]._get_common()
        self.assertIn("was upgraded or replaced", status.last_error)
        self.service._set_params({"webhook_token": "x", "webhook_ref": "x"})
        self.env["res.config.settings"].create({}).action_b2b_confirm_instance()
        self.assertEqual(self._alerts(), [])
        # The webhook is that of the database it was copied from.
        self.assertFalse(self.service._get_param("webhook_token"))
        self.assertFalse(self.service._get_param("webhook_ref"))
        self._cron_send()
        self.assertEqual(set(letters.mapped("state")), {"sent"})

    def test_what_is_due_is_left_as_it_is(self):
        letter = self._send_letter()
        due = self._ago(days=1)
        letter.write({"sent_date": self._ago(days=400), "next_sync_date": due})
        self.service._set_params({"instance": "another"})
        self.env["b2b.family.letter"]._cron_sync()
        self.assertEqual(letter.next_sync_date, due)
        self.assertEqual(self.fake.calls, ["send"])

    def test_no_call_is_made_whoever_makes_it(self):
        self.service._set_params({"instance": "another"})
        account = self.service._common_account()
        with self.assertRaises(OnHold):
            self.service._call("template", account, "7")
        self.assertEqual(self.fake.calls, [])

    def test_the_first_login_says_where_home_is_and_no_other(self):
        settings = self.env["res.config.settings"].create({})
        for before, after in (False, self.service._instance()), ("another", "another"):
            self.service._set_params({"instance": before})
            settings.action_b2b_get_api_key()
            self.assertEqual(self.service._get_param("instance"), after)


@tagged("standard", "post_install", "-at_install")
class TestLanguage(B2BCase):
    """What Odoo itself says of a letter, it says as its author reads."""

    def setUp(self):
        super().setUp()
        self.env["res.lang"]._activate_lang("ru_RU")
        self.env["ir.module.module"]._load_module_terms(["b2b_family_mail"], ["ru_RU"])
        self.seller.lang = "ru_RU"

    def _assert_russian(self, letter):
        self.assertRegex(letter.failure_reason, "[а-я]{4}")
        self.assertNotRegex(letter.failure_reason, "(?i)[a-z]{4}(?!.*pdf)")

    def test_a_claim_of_a_dead_process(self):
        letter = self._send_letter()
        letter.write({"state": "sending", "claim_date": self._ago(minutes=11)})
        self.env["b2b.family.letter"]._release_stale_claims()
        self.assertEqual(letter.state, "unknown")
        self._assert_russian(letter)

    def test_what_the_client_says(self):
        russian = self.service.with_context(lang="ru_RU")
        for reason in (*REASONS, "login_paused", "no_database_connection"):
            words = russian._say("in English", reason, "10")
            with self.subTest(reason):
                self.assertRegex(words, "[а-я]{4}")
                self.assertEqual("10" in words, "{}" in REASONS.get(reason, ""))

    def test_what_the_service_says_stays_as_it_is(self):
        russian = self.service.with_context(lang="ru_RU")
        self.assertEqual(
            russian._say("The file cannot be read.", "", ""), "The file cannot be read."
        )

    def test_the_last_error_is_told_in_the_language_of_whoever_reads_it(self):
        status = self.env["b2b.family.service.status"]
        error = Unavailable.because("late", "10", call="send")
        status._note_error(status._common_account(), error)
        row = status._get_common()
        self.assertIn("did not answer within 10 seconds", row.last_error)
        told = row.with_context(lang="ru_RU").last_error
        self.assertRegex(told, "10 сек|10 с")

    def test_a_mail_that_was_deleted(self):
        letter = self._send_letter()
        letter.write({"state": "queued", "next_try_date": False})
        letter.mail_id.unlink()
        self._cron_send()
        self.assertEqual(letter.state, "failed")
        self._assert_russian(letter)

    def test_a_file_that_is_gone(self):
        self.fake.fail("upload", Misconfigured("x"))
        letter = self._send_letter(attachment_ids=[(4, self._create_file().id)])
        letter.attachment_ids.ir_attachment_id.sudo().unlink()
        self._make_due(letter)
        self._cron_send()
        self.assertEqual(letter.state, "failed")
        self.assertRegex(letter.failure_reason, "^Вложени")
        self.assertNotIn("B2B Family", letter.failure_reason)
