# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A letter by Odoo's own mail server is what core would have sent, to one reader."""

from post_case import PostCase

from odoo.tests import tagged
from odoo.tools.mail import email_normalize


@tagged("standard", "post_install", "-at_install")
class TestContent(PostCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._init_mail_gateway()
        cls.seller.group_ids += cls.env.ref("base.group_partner_manager")

    def _read(self, address):
        """Return the only message that an address got."""
        [letter] = [lt for lt in self.post.letters if lt.recipients == (address,)]
        return letter, letter.message

    def _post(self, **values):
        """Return the message of a chatter, sent to the reader and to another."""
        other = self.env["res.partner"].create(
            {"name": "Bob", "email": "bob@client.example"}
        )
        record = self.env["res.partner"].create({"name": "The record"})
        return record.with_user(self.seller).message_post(
            body="Good day",
            subject="Offer",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=(self.reader | other).ids,
            b2b_send=True,
            **values,
        )

    def test_as_core_sends_it(self):
        """The same message once by each of both ways, header by header."""
        message = self._post()
        ours = self._read("rita@client.example")
        self.post.clear()
        mail = message.sudo().mail_ids
        plain = self.env["mail.mail"].create(
            {
                "mail_message_id": message.id,
                "body_html": mail.body_html,
                "headers": mail.headers,
                "references": mail.references,
                "recipient_ids": [(4, self.reader.id)],
                "auto_delete": False,
            }
        )
        plain.send()
        cores = self._read("rita@client.example")
        self.assertEqual(ours[0].sender, cores[0].sender)
        # That others got it as well, is for nobody to see.
        for name in set(cores[1].keys()) - {"Date", "Content-Type", "To"}:
            self.assertEqual(ours[1].get_all(name), cores[1].get_all(name), name)
        self.assertEqual(set(ours[1].keys()), set(cores[1].keys()))

    def test_nobody_sees_the_others(self):
        self._post()
        for letter in self.post.letters:
            [address] = letter.recipients
            other = {"rita@client.example", "bob@client.example"} - {address}
            self.assertNotIn(other.pop().encode(), letter.raw)
            self.assertEqual(email_normalize(letter.message["To"]), address)

    def test_text_html_and_files(self):
        contents = {"Договор № 7.pdf": b"%PDF-1.4 \x00\xff", "a\"b'.bin": b"\r\n.\r\n"}
        files = [self._create_file(*named) for named in contents.items()]
        self._send_mail(
            subject="Привет 👋",
            body_html="<p>Здравствуйте, <b>Rita</b>.</p>",
            attachment_ids=[(6, 0, [file.id for file in files])],
        )
        _letter, message = self._read("rita@client.example")
        self.assertEqual(message["Subject"], "Привет 👋")
        text = message.get_body(("plain",)).get_content()
        html = message.get_body(("html",)).get_content()
        self.assertIn("Здравствуйте, *Rita*.", text)
        for path in "/b2b_family/o/", "/b2b_family/l/":
            self.assertNotIn(path, text, "no footnote is made of what only watches")
            self.assertIn(path, html)
        self.assertIn("<b>Rita</b>", html)
        self.assertIn("/b2b_family/privacy/", html)
        got = {
            part.get_filename(): part.get_payload(decode=True)
            for part in message.iter_attachments()
        }
        self.assertEqual(got, contents)

    def test_a_letter_about_nothing_has_answers_come_to_its_author(self):
        """Core would send what comes to catchall back: it cannot tell what it answers."""
        self._send_mail(email_to="bob@client.example")
        for letter in self.post.letters:
            address = email_normalize(letter.message["Reply-To"])
            self.assertEqual(address, "sally@shop.example")

    def test_a_bounce_fails_it(self):
        message = self._post()
        letter = self.env["b2b.family.letter"].search(
            [("email", "=", "rita@client.example")]
        )
        self.assertEqual(letter.state, "sent")
        bounce = (
            f"Return-Path: <>\nFrom: MAILER-DAEMON@client.example\n"
            f"To: {self.alias_bounce}@{self.alias_domain}\n"
            "Subject: Undelivered\nMessage-ID: <b@client.example>\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\n'
            "\n--x\nContent-Type: text/plain\n\nNo.\n"
            "--x\nContent-Type: message/delivery-status\n\n"
            "Reporting-MTA: dns; client.example\n\n"
            "Final-Recipient: rfc822; rita@client.example\nAction: failed\n"
            "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 No such user\n"
            f"\n--x\nContent-Type: text/rfc822-headers\n\n"
            f"Message-ID: {message.message_id}\nTo: rita@client.example\n\n--x--\n"
        )
        self.env["mail.thread"].message_process(False, bounce)
        self.assertEqual(letter.state, "failed")
        self.assertIn("550 5.1.1 No such user", letter.failure_reason)

    def test_who_refused_gets_ordinary_mail(self):
        self.reader._b2b_answer("opens", "no", source="a test")
        mail = self._send_mail()
        self.assertEqual(mail.b2b_letter_ids.state, "untracked")
        _letter, message = self._read("rita@client.example")
        self.assertNotIn("/b2b_family/", str(message))
