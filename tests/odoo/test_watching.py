# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What stands in the outgoing copy of a letter that this Odoo watches itself."""

import re

from watch_case import BODY, TARGETS, WatchCase

from odoo.tests import TransactionCase, tagged

from odoo.addons.b2b_family_mail.models.letter.watch import DOCUMENT, LINK, OPEN
from odoo.addons.b2b_family_mail.tools import tokens


@tagged("standard", "post_install", "-at_install")
class TestOutgoingCopy(WatchCase, TransactionCase):
    def _says(self, scope, path):
        token = path.rpartition("/")[2].removesuffix(".gif")
        return self.letter._read_watched(scope, token)

    def test_links_lead_through_this_odoo(self):
        self._watch()
        targets = [self._says(LINK, path)[1] for path in self.links]
        self.assertEqual(targets, TARGETS)
        self.assertIn('href="mailto:a@b.c"', self._sent_html())

    def test_picture_and_trap_say_nothing_but_the_key(self):
        self._watch()
        self.assertEqual(self._says(OPEN, self.pixel), [self.letter.key])
        self.assertEqual(self._says(LINK, self.trap), [self.letter.key, "trap"])
        self.assertFalse(self._says(LINK, self.pixel) or self._says(OPEN, self.trap))

    def test_nobody_sees_the_trap(self):
        self._watch()
        [trap] = re.findall(r"<a [^>]*display:none[^>]*></a>", self._sent_html())
        self.assertIn('aria-hidden="true"', trap)
        self.assertIn('tabindex="-1"', trap)
        self.assertIn(self.trap, trap)

    def test_nothing_of_it_is_kept(self):
        self._watch(attachment_ids=[(4, self._create_file().id)])
        for kept in (self.letter.mail_id.body_html, self.letter.message_id.body):
            self.assertNotIn("b2b_family", kept or "")

    def test_each_reader_has_addresses_of_his_own(self):
        self._send_mail(body_html=BODY, email_to="other@client.example")
        html = [letter["text"] for letter in self.fake.letters.values()]
        found = [re.findall(r"/b2b_family/[ol]/([\w-]+)", text) for text in html]
        self.assertFalse(set(found[0]) & set(found[1]))

    def test_what_lets_the_reader_in_is_left_alone(self):
        base = self.env["b2b.family.letter"].get_base_url()
        own = [
            f"{base}/my/orders/1?access_token=x",
            f"{base}/mail/unsubscribe?x=1",
            "https://shop.example/unsubscribe",
        ]
        self._watch(
            body_html="".join(
                f'<a href="{url}">x</a>' for url in [*own, base + "/shop"]
            )
        )
        for url in own:
            self.assertIn(f'href="{url}"', self._sent_html())
        self.assertEqual(self._says(LINK, self.links[0])[1], base + "/shop")
        self.assertRegex(self._sent_html(), r'href="[^"]*/b2b_family/privacy/')

    def test_a_long_address_is_left_alone(self):
        long = "https://shop.example/" + "x" * 1500
        self._watch(body_html=f'<a href="{long}">x</a>')
        self.assertFalse(self.links)
        self.assertIn(f'href="{long}"', self._sent_html())

    def test_a_longer_token_is_not_even_read(self):
        for words, length in ("fits", 900), (None, 2_000):
            token = tokens.sign(self.env, OPEN, ["x" * length])
            said = tokens.read(self.env, OPEN, token)
            self.assertEqual(bool(said), bool(words), length)

    def test_who_is_not_watched(self):
        self.service._set_params({"watch_here": False})
        self._send(body_html=BODY)
        self.assertNotRegex(self._sent_html(), "/b2b_family/[old]/")
        self.service._set_params({"watch_here": "1"})
        self.letter.state = "untracked"
        self.assertEqual(self.letter._with_watching("<p>x</p>"), "<p>x</p>")

    def test_by_this_odoo_it_is_always_watched(self):
        self.service._set_params({"watch_here": False})
        self._send()
        self.letter.carrier = "odoo"
        self.assertIn("/b2b_family/o/", self.letter._with_watching("<p>x</p>"))


@tagged("standard", "post_install", "-at_install")
class TestFilesAsLinks(WatchCase, TransactionCase):
    def _send_file(self, choice, **values):
        self.service._set_params({"attachment_links": choice})
        file = self._create_file("Offer «é».pdf", b"%PDF-1.4 offer")
        self._watch(attachment_ids=[(4, file.id)], **values)
        return self.letter.attachment_ids

    def test_instead_of_the_file(self):
        line = self._send_file("instead")
        self.assertEqual(line.as_link, "instead")
        self.assertFalse(line.ref or self.fake.files)
        self.assertFalse(list(self.fake.letters.values())[-1].get("attachments"))
        self.assertIn(">Offer «é».pdf</a> (14.00 bytes)", self._sent_html())
        token = self.documents[0].rpartition("/")[2]
        self.assertEqual(
            self.letter._read_watched(DOCUMENT, token), [self.letter.key, 0]
        )
        self.assertEqual(self.letter._file_at(0), line)
        self.assertFalse(self.letter._file_at(1))

    def test_beside_the_file(self):
        line = self._send_file("beside")
        self.assertTrue(line.ref)
        self.assertEqual(len(self.documents), 1)

    def test_not_at_all(self):
        line = self._send_file(False)
        self.assertTrue(line.ref and not line.as_link)
        self.assertFalse(self.documents)

    def test_the_letter_says_otherwise_than_the_settings(self):
        line = self._send_file(False, b2b_attachment_links="instead")
        self.assertEqual(line.as_link, "instead")

    def test_only_where_this_odoo_watches(self):
        self.service._set_params({"watch_here": False, "attachment_links": "instead"})
        self._send(attachment_ids=[(4, self._create_file().id)])
        self.assertTrue(self.letter.attachment_ids.ref)
        self.assertNotIn("/b2b_family/d/", self._sent_html())
