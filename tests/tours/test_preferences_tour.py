# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from common import TourCase

from odoo.tests import tagged

NO_SUCH_PASSWORD = "not-the-password"


@tagged("standard", "post_install", "-at_install")
class TestPreferencesTour(TourCase):
    """What every user sets for herself."""

    def test_notices_and_own_account(self):
        account = self.credentials
        password = account["mail_password"]
        # The company has the keys of the support, and another mailbox.
        service = self.env["b2b.family.service"]
        service._set_params(
            {**account, "email": "office@shop.example", "mail_password": "office"}
        )
        answers = self.record_answers()
        self.tour(
            "/odoo",
            "b2b_family_preferences",
            "seller",
            email=account["email"],
            mail_password=password,
            wrong_password=NO_SUCH_PASSWORD,
        )
        self.assertEqual(
            self.seller.mapped(
                lambda user: (
                    user.b2b_notice_open,
                    user.b2b_notice_attachment,
                    user.b2b_notice_not_open,
                    user.b2b_notice_failure,
                )
            ),
            [("popup", "message", "none", "popup")],
        )
        seller = self.seller.sudo()
        self.assertEqual(seller.b2b_family_email, account["email"])
        self.assertEqual(seller.b2b_family_mail_password_kept, password)
        self.assertTrue(seller.b2b_family_api_key_kept)
        self.assertFalse(service._get_param("api_key"), "the company's is its own")
        self.assertGreater(len(answers), 5)
        told = b"".join(answers).decode()
        for secret in password, NO_SUCH_PASSWORD, seller.b2b_family_api_key_kept:
            self.assertNotIn(secret, told)
