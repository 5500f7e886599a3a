# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import threading

from common import TourCase

from odoo.tests import tagged


@tagged("standard", "post_install", "-at_install")
class TestSetupTour(TourCase):
    """Nothing is set up: what newcomers meet, and how far they get."""

    def setUp(self):
        super().setUp()
        # The one thing not typed: in the real world the address is the default.
        service = self.env["b2b.family.service"]
        service._set_params({"api_url": self.sandbox.url, "carrier": "service"})
        self.admin = self.env.ref("base.user_admin")
        self.admin.email = "ada@shop.example"

    def test_from_nothing_to_a_letter_seen_opened(self):
        reader = threading.Thread(target=self._read_what_arrives)
        reader.start()
        self.addCleanup(reader.join)
        answers = self.record_answers()
        self.tour("/odoo", "b2b_family_setup", "admin", **self.credentials)
        self._assert_registered()
        self._assert_one_test_letter()
        self._assert_told_no_secret(answers)

    def _read_what_arrives(self):
        (caught,) = self.sandbox.wait_mailbox(timeout=90)
        self.sandbox.open_letter(caught["id"])

    def _assert_registered(self):
        get = self.env["b2b.family.service"]._get_param
        for name, value in self.credentials.items():
            self.assertEqual(get(name), value)
        self.assertEqual(len(self.sandbox.requests("login")), 1)
        (subscriber,) = self.sandbox.state()["subscriptions"]
        self.assertEqual(str(subscriber["id"]), get("webhook_ref"))
        self.assertTrue(subscriber["url"].endswith(get("webhook_token")))

    def _assert_one_test_letter(self):
        self.assertEqual(self.sandbox.accepted(), 1)
        (caught,) = self.sandbox.mailbox()
        self.assertEqual(caught["to"], ["ada@shop.example"])
        self.assertEqual(caught["subject"], "B2B Family: test letter from Odoo")
        letter = self.env["b2b.family.letter"].search([])
        self.assertEqual(letter.state, "opened")
        self.assertIn("webhook", letter.event_ids.mapped("source"))
        draft = self.env["mail.mail"].search([("subject", "=", "Our offer")])
        self.assertEqual(draft.b2b_state, "draft", "it waits for the button")

    def _assert_told_no_secret(self, answers):
        get = self.env["b2b.family.service"]._get_param
        told = b"".join(answers).decode()
        for name in ("app_key", "secret_key", "mail_password", "api_key"):
            self.assertNotIn(get(name), told, name)

    def test_mistakes_on_the_way(self):
        """Nothing typed, then a wrong password: said, and put right at once."""
        values = {**self.credentials, "wrong_password": "not-the-password"}
        self.tour("/odoo", "b2b_family_setup_from_menu", "admin", **values)
        self.assertTrue(self.env["b2b.family.service"]._get_param("api_key"))
        self.assertEqual(self.sandbox.accepted(), 0)

    def test_salesperson_is_told_whom_to_ask(self):
        self.tour("/odoo", "b2b_family_setup_by_salesperson", "seller")
        draft = self.env["mail.mail"].search([("subject", "=", "Our offer")])
        self.assertEqual(draft.b2b_state, "draft")
        self.assertFalse(self.sandbox.requests("login"))
