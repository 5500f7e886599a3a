# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Core's own doors to a mail, and what of a document a letter gives away.

Over RPC, as each role: tests/doors/test_surface_calls.py.
"""

from common import B2BCase

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

QUIET = ("odoo.models", "odoo.addons.base.models.ir_rule")


class DoorsCase(B2BCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Who writes about a document has the right to write on it.
        cls.seller.group_ids |= cls.env.ref("base.group_partner_manager")


@tagged("standard", "post_install", "-at_install")
class TestDoors(DoorsCase):
    def test_a_salesperson_sends_by_the_button_alone(self):
        draft = self._write_mail()
        for name in (
            "send",
            "send_after_commit",
            "action_send_and_close",
            "process_email_queue",
        ):
            with self.subTest(method=name):
                with self.assertRaisesRegex(AccessError, "Only an administrator"):
                    getattr(draft, name)()
        self.assertFalse(self.fake.letters)
        self.assertEqual(draft.state, "b2b_draft")

    def test_a_letter_belongs_to_the_company_of_its_document(self):
        theirs = self.env["res.company"].create({"name": "Other"})
        self.seller.company_ids = [Command.link(theirs.id)]
        document = self.env["res.partner"].create(
            {"name": "Their Client", "company_id": theirs.id}
        )
        writing = {"model": "res.partner", "res_id": document.id}
        draft = self._write_mail(
            self.seller.with_context(allowed_company_ids=[self.env.company.id]),
            **writing,
        )
        self.assertEqual(draft.sudo().record_company_id, theirs)
        self.assertEqual(
            self._write_mail().sudo().record_company_id, self.seller.company_id
        )


@tagged("standard", "post_install", "-at_install")
class TestDocumentName(DoorsCase):
    @mute_logger(*QUIET)
    def test_it_is_for_who_may_read_the_document(self):
        theirs = self.env["res.company"].create({"name": "Other"})
        document = self.env["res.partner"].create({"name": "Their Client"})
        letter = self._send_letter(model="res.partner", res_id=document.id)
        deleted = self._send_letter()
        deleted.write({"res_model": "res.partner", "res_id": 10**7})
        unknown = self._send_letter()
        unknown.write({"res_model": "gone.model", "res_id": 1})
        manager = new_test_user(
            self.env, "manager", "base.group_user,b2b_family_mail.group_manager"
        )
        letters = (letter | deleted | unknown).with_user(manager)
        self.assertEqual(
            letters.mapped("document_name"), ["Their Client", False, False]
        )
        document.company_id = theirs
        self.env.invalidate_all()
        self.assertFalse(letter.with_user(manager).document_name)
