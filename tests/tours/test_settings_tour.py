# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from common import TourCase

from odoo.tests import tagged


@tagged("standard", "post_install", "-at_install")
class TestSettingsTour(TourCase):
    def test_administrator_sets_the_account_up(self):
        """Keys typed, api key got by one press, subscribed; no secret comes back."""
        answers = self.record_answers()
        self.tour("/odoo", "b2b_family_settings", "admin", **self.credentials)
        get = self.env["b2b.family.service"]._get_param
        for name, value in self.credentials.items():
            self.assertEqual(get(name), value)
        self.assertTrue(get("api_key"))
        self.assertTrue(get("webhook_ref"))
        self.assertGreater(len(answers), 5)
        told = b"".join(answers).decode()
        for name in (
            "app_key",
            "secret_key",
            "mail_password",
            "api_key",
            "webhook_token",
        ):
            self.assertNotIn(get(name), told, name)
