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

    def test_a_manager_erases_in_his_companies_only(self):
        """Also by a contact of his own that bears another company's address."""
        letters = {company: self.mails[company].b2b_letter_ids for company in self.both}
        for letter in letters.values():
            letter.partner_id = False
        manager = self.users[self.ours]
        manager.group_ids |= self.env.ref("base.group_partner_manager")
        decoy = self.env["res.partner"].with_user(manager)
        decoy.create({"name": "Decoy", "email": self.reader.email}).action_b2b_erase()
        self.assertFalse(letters[self.ours].email or letters[self.ours].event_ids)
        theirs = letters[self.theirs]
        self.assertEqual((theirs.email, theirs.state), (self.reader.email, "opened"))
        self.assertTrue(theirs.event_ids)

    def test_a_contacts_letters_are_counted_for_each_user_anew(self):
        reader = self.reader
        counts = [
            reader.with_user(user).b2b_letter_count for user in self.users.values()
        ]
        self.assertEqual(counts, [1, 1, 2])
        self.assertTrue(reader.with_user(self.seller).b2b_last_open_date)
        both = reader.with_user(self.users[self.both])
        for companies, count in ((self.ours, 1), (self.both, 2), (self.theirs, 1)):
            seen = both.with_context(allowed_company_ids=companies.ids)
            self.assertEqual(seen.b2b_letter_count, count)
        nobody = new_test_user(self.env, "nobody", "b2b_family_mail.group_user")
        self.assertEqual(reader.with_user(nobody).b2b_letter_count, 0)
        self.assertFalse(reader.with_user(nobody).b2b_last_open_date)

    def test_contacts_are_found_by_letters_that_the_user_may_see(self):
        nobody = new_test_user(self.env, "nobody", "b2b_family_mail.group_user")
        self.mails[self.theirs].b2b_letter_ids.partner_id = self.theirs.partner_id
        for user, found in (
            (self.users[self.ours], self.reader),
            (self.users[self.theirs], self.theirs.partner_id),
            (nobody, self.env["res.partner"]),
        ):
            partners = self.env["res.partner"].with_user(user)
            for domain in (
                [("b2b_letter_count", ">", 0)],
                [("b2b_letter_count", "=", 1)],
                [("b2b_last_open_date", ">", "2026-01-01")],
                [("b2b_last_open_date", "!=", False)],
            ):
                with self.subTest(user=user.login, domain=domain):
                    self.assertEqual(partners.search(domain), found)
