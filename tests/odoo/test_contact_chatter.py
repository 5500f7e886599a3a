# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A letter written in the app stands in its contact's chatter, once it is sent."""

from chatter_case import ChatterCase

from odoo.tests import tagged

from odoo.addons.mail.tools.discuss import Store


@tagged("standard", "post_install", "-at_install")
class TestContactChatter(ChatterCase):
    def _chatter(self, user=None):
        """Return the messages that a user finds in the reader's chatter."""
        contact = self.reader.with_user(user or self.seller)
        messages = contact.env["mail.message"]
        return messages._message_fetch(domain=None, thread=contact)["messages"]

    def test_it_stands_there_with_its_text_and_its_state(self):
        file = self._create_file()
        mail = self._send_mail(attachment_ids=[(4, file.id)])
        message = self._chatter()[:1]
        self.assertEqual(message, mail.mail_message_id)
        self.assertIn("Hello", message.body)
        self.assertEqual(message.author_id, self.seller.partner_id)
        data = Store().add(message).get_result()
        [row] = data["mail.notification"]
        self.assertEqual(row["b2b_state"], "sent")
        colleague = self._chatter(self.colleague)
        self.assertEqual(colleague[:1], message)
        self.assertEqual(colleague[:1].attachment_ids.mapped("name"), ["Offer.pdf"])
        self.assertEqual(colleague[:1].attachment_ids.raw, b"%PDF-1.4")
        data = Store().add(colleague[:1]).get_result()
        self.assertNotIn("b2b_state", data["mail.notification"][0])

    def test_it_is_the_same_letter_in_the_app(self):
        mail = self._send_mail().with_user(self.seller)
        self.assertIn("Hello", mail.body_content)
        self.assertIn("Hello", mail.b2b_letter_ids.body)
        self.assertEqual(mail.b2b_letter_ids.res_id, self.reader.id)
        sent = self.fake.to("rita@client.example")[1]
        self.assertIn("<p>Hello</p>", sent["text"])
        mail.sudo().unlink()
        self.assertIn("Hello", self._chatter()[:1].body)

    def test_a_draft_does_not(self):
        before = self._chatter()
        mail = self._write_mail()
        self.assertEqual(self._chatter(), before)
        self.assertFalse(mail.sudo().mail_message_id.model)

    def test_nor_one_to_several_or_to_a_colleague(self):
        before = self._chatter()
        for values in (
            {"email_to": "bob@x.example"},
            {"email_cc": "bob@x.example"},
            {"recipient_ids": [(4, self.reader.id), (4, self.second.id)]},
            {"recipient_ids": [(6, 0, self.colleague.partner_id.ids)]},
        ):
            with self.subTest(values):
                mail = self._send_mail(**values)
                self.assertFalse(mail.mail_message_id.model)
        self.assertEqual(self._chatter(), before)

    def test_nor_where_its_author_may_not_write(self):
        self.seller.group_ids -= self.env.ref("base.group_partner_manager")
        mail = self._send_mail()
        self.assertFalse(mail.mail_message_id.model)
        self.assertEqual(mail.b2b_state, "sent")

    def test_one_about_a_document_stays_there(self):
        mail = self._send_mail(model="res.partner", res_id=self.record.id)
        self.assertEqual(mail.mail_message_id.res_id, self.record.id)
