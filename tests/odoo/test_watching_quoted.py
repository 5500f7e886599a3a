# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What watches a letter's reader watches nobody who reads the letter where it is quoted."""

from urllib.parse import quote

from test_answers import GatewayCase

from odoo.tests import TransactionCase, tagged

from odoo.addons.b2b_family_mail.models.letter.watch import DOCUMENT, LINK, OPEN
from odoo.addons.b2b_family_mail.tools import paths

TARGET = "https://shop.example/?a=1&b=2"
LOGO = '<img src="https://client.example/logo.png" width="90">'


@tagged("standard", "post_install", "-at_install")
class TestQuoted(GatewayCase, TransactionCase):
    def setUp(self):
        super().setUp()
        url = self.letter._watched_url
        self.pixel = url(paths.OPEN, OPEN) + ".gif"
        self.link = url(paths.LINK, LINK, TARGET)
        self.trap = url(paths.LINK, LINK, "trap")
        self.document = url(paths.DOCUMENT, DOCUMENT, 0)

    def _quoted(self, html, **options):
        mail = self._mail(**options)
        mail.set_content(f"<div>Yes<blockquote>{html}</blockquote></div>", "html")
        self._process(mail)
        return self._newest().body

    def _newest(self):
        return self.env["mail.message"].search([], order="id desc", limit=1)

    def test_an_answer(self):
        body = self._quoted(
            f'{LOGO}<img src="{self.pixel}"><a href="{self.trap}"></a>'
            f'<a href="{self.link}">shop</a> <a href="{self.document}">Offer.pdf</a>'
            f'<a href="{self.letter._consent_url()}">refuse</a>'
        )
        self.assertNotIn("b2b_family", body)
        self.assertIn("logo.png", body)
        self.assertNotIn("trap", body)
        self.assertIn('href="https://shop.example/?a=1&amp;b=2"', body)
        self.assertIn("Offer.pdf", body)

    def test_as_mail_programs_and_gateways_write_it(self):
        google = f"https://ci3.googleusercontent.com/proxy/x#{self.pixel}"
        safe = "https://nam.safelinks.example/?url=" + quote(self.link, safe="")
        body = self._quoted(f'<img src="{google}"><a href="{safe}">shop</a>')
        self.assertNotIn("b2b_family", body)
        self.assertIn('href="https://shop.example/?a=1&amp;b=2"', body)

    def test_a_mail_that_answers_nothing(self):
        self.env["mail.alias"].create(
            {
                "alias_name": "sales",
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
                "alias_contact": "everyone",
            }
        )
        body = self._quoted(
            f'<img src="{self.pixel}">', to="sales@shop.example", In_Reply_To=None
        )
        self.assertIn("Yes", body)
        self.assertNotIn("b2b_family", body)

    def test_others_addresses_stay(self):
        forged = self.link[:-3]
        body = self._quoted(f'{LOGO}<a href="https://x.example/b2b_family">x</a>')
        self.assertIn("https://x.example/b2b_family", body)
        self.assertNotIn("b2b_family/l", self._quoted(f'<a href="{forged}">x</a>'))

    def test_what_is_kept_of_a_letter_has_none_of_it(self):
        self.service._set_params({"watch_here": "1"})
        message = self._post(body="See https://shop.example", subject="Offer")
        letter = self._letters(message)
        kept = (message.body, letter.mail_id.body_html, letter.body)
        for text in kept:
            self.assertNotIn("b2b_family", text or "")
        self.assertIn("b2b_family/o", list(self.fake.letters.values())[-1]["text"])
