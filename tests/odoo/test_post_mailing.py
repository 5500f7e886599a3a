# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A mailing by Odoo's own mail server can be unsubscribed from by one press."""

from urllib.parse import urlsplit

from post_case import PostCase

from odoo.tests import HttpCase, tagged


@tagged("standard", "post_install", "-at_install")
class TestMailing(PostCase, HttpCase):
    def _mail_to(self, *partners):
        composer = (
            self.env["mail.compose.message"]
            .with_user(self.seller)
            .create(
                {
                    "model": "res.partner",
                    "res_ids": [partner.id for partner in partners],
                    "composition_mode": "mass_mail",
                    "subject": "Offer",
                    "body": "<p>Hello</p>",
                }
            )
        )
        composer.action_b2b_send_mail()
        self._cron_send()

    def _address(self, message):
        return urlsplit(message["List-Unsubscribe"].strip("<>")).path

    def test_the_press_of_a_mail_program(self):
        bob = self.env["res.partner"].create({"name": "Bob", "email": "bob@x.example"})
        self._mail_to(self.reader, bob)
        by_reader = {lt.recipients[0]: lt.message for lt in self.post.letters}
        self.assertEqual(set(by_reader), {"rita@client.example", "bob@x.example"})
        message = by_reader["rita@client.example"]
        self.assertEqual(message["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        self.assertEqual(message["Precedence"], "list")
        address = self._address(message)
        self.assertNotEqual(address, self._address(by_reader["bob@x.example"]))

        blacklist = self.env["mail.blacklist"]
        page = self.url_open(address)
        self.assertEqual(page.status_code, 200)
        self.assertIn("Unsubscribe", page.text)
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        self.assertFalse(blacklist.search([]), "looking does nothing")
        for _time in range(2):
            answer = self.url_open(address, {"List-Unsubscribe": "One-Click"})
            self.assertEqual(answer.status_code, 200)
            self.assertIn("gets no more mailings", answer.text)
        self.assertEqual(blacklist.search([]).mapped("email"), ["rita@client.example"])

        self.post.clear()
        self._mail_to(self.reader, bob)
        self.assertEqual(self.post.addresses(), ["bob@x.example"])

    def test_what_is_no_address_of_ours(self):
        self._mail_to(self.reader)
        letter = self.env["b2b.family.letter"].search([], limit=1)
        address = self._address(self.post.letters[0].message)
        consent = letter._consent_token(letter.id)
        for path in (
            address[:-1],
            address + "0",
            address.rpartition("/")[0] + "/" + consent,
            address.rpartition("/")[0] + "/" + "x" * 300,
            address.rpartition("/")[0] + "/%00",
        ):
            with self.subTest(path=path):
                answer = self.url_open(path, {"List-Unsubscribe": "One-Click"})
                self.assertEqual(answer.status_code, 404)
        self.assertFalse(self.env["mail.blacklist"].search([]))

    def test_a_letter_is_no_mailing(self):
        self._send_mail()
        self.assertNotIn("List-Unsubscribe", self.post.letters[0].message)
