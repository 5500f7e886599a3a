# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from common import TourCase

from odoo.tests import tagged


@tagged("standard", "post_install", "-at_install")
class TestMailingTour(TourCase):
    def test_sender_of_a_mailing_is_shown_its_letters(self):
        """That they are sent meanwhile, and batch by batch: tests/live/test_mailing.py."""
        self.set_up_account()
        self.seller.group_ids += self.env.ref("base.group_partner_manager")
        clients = self.env["res.partner"].create(
            [
                {"name": f"Client {number}", "email": f"c{number}@client.example"}
                for number in range(1, 4)
            ]
        )
        earlier = self.env["mail.mail"].with_user(self.seller)
        earlier = earlier.create(
            {
                "b2b_send": True,
                "subject": "An earlier letter",
                "body_html": "<p>Hello</p>",
                "recipient_ids": [(4, clients[2].id)],
            }
        )
        earlier.action_b2b_send()
        self.tour("/odoo/contacts", "b2b_family_mailing", "seller")
        self.assertEqual(self.sandbox.accepted(), 3)
        letters = self.env["b2b.family.letter"].search([("subject", "=", "Price list")])
        self.assertEqual(letters.partner_id, clients[:2])
