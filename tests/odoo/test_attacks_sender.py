# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A letter shows its author's name: nobody sends one under another's."""

from common import B2BCase

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

QUIET = (
    "odoo.models",
    "odoo.addons.base.models.ir_model",
    "odoo.addons.base.models.ir_rule",
)
FORGED = {
    "email_from": "boss@shop.example",
    "reply_to": "thief@x.example",
}


@tagged("standard", "post_install", "-at_install")
class TestAnothersName(B2BCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "base.group_user,b2b_family_mail.group_manager"
        cls.boss = new_test_user(
            cls.env, "boss_b2b", group, name="Bella Boss", email="boss@shop.example"
        )
        cls.seller.group_ids |= cls.env.ref("base.group_partner_manager")

    def _assert_own_name(self, letter):
        _ref, sent = self.fake.to("rita@client.example")
        self.assertEqual(letter.author_id, self.seller.partner_id)
        self.assertEqual(sent["from_name"], "Sally Seller")
        self.assertNotIn("boss", str(sent))
        self.assertNotIn("thief", str(sent))

    @mute_logger(*QUIET)
    def test_through_the_message_behind_the_draft(self):
        draft = self._write_mail()
        message = self.env["mail.message"].with_user(self.seller)
        message = message.browse(draft.sudo().mail_message_id.id)
        for name, value in {**FORGED, "author_id": self.boss.partner_id.id}.items():
            with self.subTest(name), self.assertRaises(AccessError):
                message.write({name: value})
        draft.action_b2b_send()
        self._assert_own_name(draft.sudo().b2b_letter_ids)

    @mute_logger(*QUIET)
    def test_through_a_message_that_is_linked_to_the_draft(self):
        draft = self._write_mail()
        theirs = self._write_mail(user=self.boss).sudo().mail_message_id
        for values in (
            {"mail_message_id": theirs.id},
            {"child_ids": [Command.update(draft.sudo().mail_message_id.id, FORGED)]},
        ):
            with self.subTest(values), self.assertRaises(AccessError):
                draft.write(values)

    def test_in_a_message_on_a_record(self):
        record = self.env["res.partner"].create({"name": "Client Ltd"})
        message = record.with_user(self.seller).message_post(
            body="Hello",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.reader.ids,
            b2b_send=True,
            author_id=self.boss.partner_id.id,
            **FORGED,
        )
        letter = self.env["b2b.family.letter"].search([("message_id", "=", message.id)])
        self._assert_own_name(letter)

    def test_in_the_composer(self):
        record = self.env["res.partner"].create(
            {"name": "Client Ltd", "email": "rita@client.example"}
        )
        for mode in "comment", "mass_mail":
            self.fake.letters.clear()
            composer = self.env["mail.compose.message"].with_user(self.seller)
            composer = composer.with_context(
                default_model="res.partner",
                default_res_ids=record.ids,
                default_composition_mode=mode,
            )
            composer = composer.create(
                {
                    "subject": "Offer",
                    "body": "Hello",
                    "partner_ids": self.reader.ids if mode == "comment" else [],
                    "author_id": self.boss.partner_id.id,
                    "reply_to_force_new": True,
                    **FORGED,
                }
            )
            composer.action_b2b_send_mail()
            letter = self.env["b2b.family.letter"].search([], limit=1)
            with self.subTest(mode=mode):
                self._assert_own_name(letter)

    @mute_logger(*QUIET)
    def test_by_sending_what_another_has_drafted(self):
        draft = self._write_mail()
        boss = draft.with_user(self.boss)
        self.assertTrue(boss.read(["subject"]), "a manager may read it")
        for action in (
            "send",
            "send_after_commit",
            "action_b2b_send",
            "action_b2b_make_link",
            "mark_outgoing",
            "cancel",
        ):
            with self.subTest(action), self.assertRaises(UserError):
                getattr(boss, action)()
        self.assertEqual(draft.sudo().state, "b2b_draft")
        self.assertFalse(self.fake.calls)
