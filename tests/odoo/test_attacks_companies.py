# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Two companies: who works for one sees nothing of the other."""

from itertools import product

from common import B2BCase

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

MODELS = (
    *("mail.mail", "b2b.family.letter", "b2b.family.letter.attachment"),
    *("b2b.family.letter.activity", "b2b.family.event"),
)


@tagged("standard", "post_install", "-at_install")
class TestCompanies(B2BCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ours = cls.env.company
        cls.theirs = cls.env["res.company"].create({"name": "Other"})
        cls.both = cls.ours | cls.theirs
        cls.users = {
            companies: new_test_user(
                cls.env,
                f"manager_{number}",
                "base.group_user,b2b_family_mail.group_manager",
                company_id=companies[0].id,
                company_ids=[Command.set(companies.ids)],
            )
            for number, companies in enumerate((cls.ours, cls.theirs, cls.both))
        }

    def setUp(self):
        super().setUp()
        self.mails = {}
        for company in self.both:
            file = self._create_file()
            mail = self._write_mail(attachment_ids=[(4, file.id)])
            mail.sudo().record_company_id = company
            mail.action_b2b_send()
            mail = mail.sudo()
            letter = mail.b2b_letter_ids
            self._ingest(
                self.fake.happen(letter.ref, "message_open", "2026-01-02T10:00")
            )
            self.mails[company] = mail

    def _rows(self, model, companies):
        mails = self.env["mail.mail"].union(*map(self.mails.get, companies))
        if model == "mail.mail":
            return mails
        field = "id" if model == "b2b.family.letter" else "letter_id"
        return self.env[model].search([(field, "in", mails.b2b_letter_ids.ids)])

    def test_matrix(self):
        """Each manager, with each choice of companies he has, in each model."""
        choices = (self.ours, self.theirs, self.both)
        for (belongs, user), chosen in product(self.users.items(), choices):
            if chosen - belongs:
                continue  # Odoo refuses companies that are not the user's
            for model in MODELS:
                rows = self._rows(model, chosen)
                self.assertTrue(rows)
                seen = self.env[model].with_user(user)
                seen = seen.with_context(allowed_company_ids=chosen.ids)
                with self.subTest(belongs=belongs, chosen=chosen, model=model):
                    self.assertEqual(set(seen.search([]).ids), set(rows.ids))
                    self.assertEqual(seen.search_count([]), len(rows))
