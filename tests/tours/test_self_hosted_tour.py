# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""No service at all: a real mail server, and this Odoo that delivers and watches."""

from datetime import timedelta
from email.message import EmailMessage
from unittest.mock import patch

from common import TourCase

from odoo.tests import tagged

from odoo.addons.base.models.ir_mail_server import IrMail_Server

from devtools.sandbox.control import Postbox

TEXT = (
    '<p>Good day, our <a href="https://shop.example/offer?from=letter">offer</a> is '
    "attached.</p>"
)


@tagged("standard", "post_install", "-at_install")
class TestSelfHostedTour(TourCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postbox = cls.enterClassContext(Postbox())
        host, _, port = cls.postbox.smtp.partition(":")
        cls.env["ir.mail_server"].search([]).unlink()
        cls.env["ir.mail_server"].create(
            {"name": "Postbox", "smtp_host": host, "smtp_port": int(port)}
        )
        # Answers come to Odoo, to the contact that was written to.
        cls.env.company.alias_domain_id = cls.env["mail.alias.domain"].create(
            {
                "name": "shop.example",
                "catchall_alias": "catchall",
                "bounce_alias": "bounce",
            }
        )
        cls.seller.group_ids += cls.env.ref("base.group_partner_manager")
        # Core sends nothing in tests.
        cls.enterClassContext(
            patch.object(IrMail_Server, "_disable_send", lambda _server: False)
        )

    def setUp(self):
        super().setUp()
        self.postbox.clear_mailbox()

    def test_the_whole_life_of_a_letter(self):
        file = (
            self.env["ir.attachment"]
            .with_user(self.seller)
            .create(
                {
                    "name": "Offer.pdf",
                    "raw": b"%PDF-1.4 offer",
                    "res_model": "mail.mail",
                }
            )
        )
        mail = self.write_mail(
            subject="Our offer",
            body_html=TEXT,
            attachment_ids=[(4, file.id)],
        )
        self.tour(
            f"/odoo/action-b2b_family_mail.mail_mail_action_b2b/{mail.id}",
            "b2b_family_self_hosted_send",
            "seller",
        )
        letter = mail.sudo().b2b_letter_ids
        self.assertEqual((letter.carrier, letter.state), ("odoo", "sent"))
        [caught] = self.postbox.wait_mailbox()
        self.assertEqual(caught["to"], ["rita@client.example"])
        self.assertEqual(mail.sudo().b2b_attachment_links, "instead")
        self.assertEqual(letter.attachment_ids.mapped("as_link"), ["instead"])
        self._follow(caught["id"])
        self.assertEqual(letter.state, "opened")
        [click] = letter.click_ids
        self.assertEqual(click.url, "https://shop.example/offer?from=letter")
        self.assertEqual(click.source, "here")
        self.assertTrue(letter.attachment_ids.opened)
        self._answer(caught["id"])
        self.assertEqual(letter.state, "answered")
        self.tour("/odoo/b2b-letters", "b2b_family_self_hosted_answered", "seller")
        self.assertFalse(self.sandbox.state()["accepted"]["total"])

    def _follow(self, caught):
        """Let the board be watched while the reader opens, clicks and downloads."""
        shown = self.postbox.letter(caught)
        self.assertEqual(shown["attachments"], [], "a link was chosen instead")
        links = [url for url in self.postbox.links(caught) if "/b2b_family/" in url]
        [click] = [url for url in links if "/l/" in url][:1]
        [file] = [url for url in links if "/d/" in url]
        self.tour(
            "/odoo/b2b-letters",
            "b2b_family_self_hosted_read",
            "seller",
            pixel=self.postbox.pixel(caught),
            click=self.postbox.way(caught, click),
        )
        self._let_minutes_pass()
        self.tour(
            f"/odoo/b2b-letters/{self._letter().id}",
            "b2b_family_self_hosted_file",
            "seller",
            file=self.postbox.way(caught, file),
        )

    def _letter(self):
        return self.env["b2b.family.letter"].search([])

    def _let_minutes_pass(self):
        """All links of a letter at once would be a program's doing."""
        letter = self._letter()
        letter.sent_date -= timedelta(hours=1)
        for event in letter.event_ids:
            event.date -= timedelta(minutes=5)
        self.env.flush_all()

    def _answer(self, caught):
        headers = dict(self.postbox.letter(caught)["headers"])
        answer = EmailMessage()
        answer["From"], answer["To"] = "rita@client.example", headers["Reply-To"]
        answer["Subject"], answer["Message-ID"] = "Re: Our offer", "<a@client.example>"
        answer["In-Reply-To"] = headers["Message-Id"]
        answer.set_content("Yes, please.")
        self.env["mail.thread"].message_process(None, str(answer))

    def test_nothing_is_set_up_and_a_letter_to_oneself_comes(self):
        self.env.ref("base.user_admin").email = "ada@shop.example"
        self.tour("/odoo/b2b-letters", "b2b_family_self_hosted_setup", "admin")
        [caught] = self.postbox.wait_mailbox()
        self.assertEqual(caught["to"], ["ada@shop.example"])
        self.assertFalse(self.sandbox.requests("login"))
