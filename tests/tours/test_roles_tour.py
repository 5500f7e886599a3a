# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who sees what: a manager much, and whoever lacks the group nothing."""

from common import TourCase

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.b2b_family_mail.models.b2b_family_credentials_mixin import SECRETS

REFUSALS = ("odoo.http", "odoo.addons.base.models.ir_model")


@tagged("standard", "post_install", "-at_install")
class TestRolesTour(TourCase):
    def setUp(self):
        super().setUp()
        # No webhook: nothing is told while the test itself works on the database.
        service = self.env["b2b.family.service"]
        service._set_params(self.credentials)
        service._login(service._common_account())

    def _send(self, user, subject):
        mail = (
            self.env["mail.mail"]
            .with_user(user)
            .create(
                {
                    "b2b_send": True,
                    "subject": subject,
                    "body_html": "<p>Good day</p>",
                    "recipient_ids": [(4, self.reader.id)],
                }
            )
        )
        mail.action_b2b_send()
        return mail.sudo().b2b_letter_ids

    @mute_logger(*REFUSALS)
    def test_manager_sees_letters_of_the_company_and_no_secret(self):
        new_test_user(
            self.env,
            "manager",
            "base.group_user,b2b_family_mail.group_manager",
            name="Mona Manager",
            email="mona@shop.example",
        )
        company = self.env["res.company"].create({"name": "Another company"})
        other = new_test_user(
            self.env,
            "other",
            "base.group_user,b2b_family_mail.group_user",
            name="Otto Other",
            email="otto@another.example",
            company_id=company.id,
            company_ids=company.ids,
        )
        self.assertEqual(self._send(other, "Secret plan").company_id, company)
        letter = self._send(self.seller, "Price list")
        caught = self.sandbox.wait_mailbox(2)
        for mail in caught:
            self.sandbox.open_letter(mail["id"])
        letter._refresh()
        self.assertEqual(letter.state, "opened")
        answers = self.record_answers()
        self.tour("/odoo", "b2b_family_manager", "manager")
        self.assertGreater(len(answers), 5)
        told = b"".join(answers).decode()
        for name in SECRETS:
            secret = self.env["b2b.family.service"]._get_param(name)
            self.assertTrue(secret)
            self.assertNotIn(secret, told, name)

    @mute_logger(*REFUSALS)
    def test_no_trace_without_the_group(self):
        new_test_user(
            self.env,
            "colleague",
            "base.group_user,base.group_partner_manager",
            name="Carl Colleague",
            email="carl@shop.example",
        )
        self.seller.group_ids += self.env.ref("base.group_partner_manager")
        message = self.post_opened(self.reader, "Good day")
        self.assertEqual(message.sudo().notification_ids.b2b_state, "opened")
        url = f"/odoo/contacts/{self.reader.id}"
        self.tour(url, "b2b_family_without_group", "colleague")
