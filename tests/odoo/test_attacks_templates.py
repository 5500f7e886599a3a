# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Core sends by templates as the system, with any values that any employee gives."""

from common import B2BCase

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

LETTER = {"b2b_send": True, "state": "outgoing"}


@tagged("standard", "post_install", "-at_install")
class TestByTemplate(B2BCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(cls.env, "clerk_b2b", "base.group_user")
        cls.boss = cls.env.ref("base.user_admin")
        cls.secret = cls.env["ir.attachment"].create({"name": "secret.txt", "raw": "x"})
        cls.template = cls.env["mail.template"].create(
            {
                "name": "Any",
                "model_id": cls.env.ref("base.model_res_partner").id,
                "subject": "Any",
                "body_html": "<p>Any</p>",
                "reply_to": "thief@x.example",
                "partner_to": str(cls.reader.id),
            }
        )

    def _send(self, user, **values):
        template = self.template.with_user(user)
        mail = template.send_mail(self.reader.id, force_send=True, email_values=values)
        return self.env["mail.mail"].sudo().browse(mail)

    def test_nobody_without_the_group_sends_letters(self):
        with self.assertRaises(AccessError):
            self._send(self.clerk, **LETTER)

    def test_letters_leave_in_the_own_name(self):
        forged = {
            "author_id": self.boss.partner_id.id,
            "email_from": "boss@shop.example",
            "reply_to": "thief@x.example",
        }
        self._send(self.seller, **LETTER, **forged)
        _ref, sent = self.fake.to(self.reader.email)
        self.assertEqual(sent["from_name"], self.seller.name)
        self.assertNotIn("boss", str(sent))
        self.assertNotIn("thief", str(sent))

    @mute_logger("odoo.addons.base.models.ir_attachment")
    def test_no_file_leaves_that_the_sender_may_not_read(self):
        mail = self._send(
            self.seller,
            **LETTER,
            author_id=self.boss.partner_id.id,
            attachment_ids=[Command.set(self.secret.ids)],
        )
        self.assertEqual(mail.state, "exception")
        self.assertFalse(mail.b2b_letter_ids)

    def test_no_letter_is_made_up_or_rewritten(self):
        message = self._send_mail().mail_message_id
        rewrite = {"subject": "900 EUR", "mail_ids": [Command.create(LETTER)]}
        for user in (self.clerk, self.seller):
            for values in (
                {"mail_message_id": message.id, "subject": "900 EUR"},
                {"b2b_letter_ids": [Command.create({"state": "opened"})]},
                {"b2b_template_id": 1},
                {"child_ids": [Command.update(message.id, rewrite)]},
                {"recipient_ids": [Command.update(self.reader.id, {"name": "Thief"})]},
            ):
                with self.subTest(user=user, values=values):
                    with self.assertRaises(AccessError):
                        self._send(user, **values)
        self.assertNotEqual(message.subject, "900 EUR")

    def test_ordinary_mail_is_what_it_was(self):
        mail = self._send(self.clerk, email_from="clerk@shop.example")
        self.assertFalse(mail.b2b_letter_ids)
