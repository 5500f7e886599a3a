# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from common import TourCase

from odoo.tests import tagged


@tagged("standard", "post_install", "-at_install")
class TestNewsTour(TourCase):
    """What readers do is popped up, and is found in the top bar until looked at."""

    def test_news(self):
        # Without webhooks: Odoo hears of it when the tour asks.
        service = self.env["b2b.family.service"]
        service._set_params(self.credentials)
        service._login(service._common_account())
        self.reader.phone = "+49 40 555"
        other = self.env["res.partner"].create(
            {"name": "Olaf Other", "email": "olaf@client.example"}
        )
        mails = self.write_mail() + self.write_mail(recipient_ids=[(4, other.id)])
        mails += self.write_mail(subject="Contract")
        for number, mail in enumerate(mails):
            mail.action_b2b_send()
            self.sandbox.open_letter(self.sandbox.wait_mailbox(number + 1)[0]["id"])
        letters = mails.sudo().b2b_letter_ids
        self.assertEqual(set(letters.mapped("state")), {"sent"})
        self.tour("/odoo", "b2b_family_news", "seller")
        self.assertEqual(set(letters.mapped("state")), {"opened"})
        settings = self.seller.sudo().res_users_settings_id
        self.assertEqual(settings.b2b_news_seen_date, max(letters.mapped("news_date")))
