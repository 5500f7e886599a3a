# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The top bar: the newest about the own letters, new until looked at."""

import json
from datetime import timedelta

from common import B2BCase
from fake_service import refusal

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

OPENED = "2026-01-02T10:00:00Z"


@tagged("standard", "post_install", "-at_install")
class TestNewsMenu(B2BCase):
    def setUp(self):
        super().setUp()
        self.letters = self.env["b2b.family.letter"].with_user(self.seller)

    def _open(self, letter, kind="message_open", **details):
        self._ingest(self.fake.happen(letter.ref, kind, OPENED, **details))

    def test_an_open_is_new_until_looked_at(self):
        self.reader.phone = "+49 40 555"
        letter = self._send_letter(subject="Price list")
        self.assertEqual(self.letters.count_news(), 0)
        self._open(letter)
        self.assertEqual(self.letters.count_news(), 1)
        [entry] = self.letters.open_news()
        self.assertEqual(
            entry,
            {
                "kind": "open",
                "date": "2026-01-02 10:00:00",
                "subject": "Price list",
                "document": False,
                "letter_ids": letter.ids,
                "readers": ["Rita Reader"],
                "phone": "+49 40 555",
                "is_new": True,
            },
        )
        self.assertEqual(self.letters.count_news(), 0)
        self.assertFalse(self.letters.open_news()[0]["is_new"])

    def test_later_news_is_new_again(self):
        attachment = self._create_file()
        letter = self._send_letter(attachment_ids=[(4, attachment.id)])
        self._open(letter)
        self.letters.open_news()
        letter.news_date -= timedelta(minutes=1)
        self.seller.sudo().res_users_settings_id.b2b_news_seen_date = letter.news_date
        ref = letter.attachment_ids.ref
        self._open(letter, "attachment_open", attachment_id=ref)
        self.assertEqual(self.letters.count_news(), 1)
        [entry] = self.letters.open_news()
        self.assertEqual((entry["kind"], entry["is_new"]), ("attachment", True))

    def test_other_windows_hear_that_it_was_looked_at(self):
        self._open(self._send_letter())
        self._popups()
        self.letters.open_news()
        self.letters.open_news()
        self.env.cr.precommit.run()
        messages = self.env["bus.bus"].sudo().search([]).mapped("message")
        told = [json.loads(message)["type"] for message in messages]
        self.assertEqual(told.count("b2b_family_mail.news/seen"), 1)

    def test_a_mailing_is_one_entry(self):
        for number in range(3):
            reader = {"name": f"Reader {number}", "email": f"r{number}@x.example"}
            reader = self.env["res.partner"].create(reader)
            self._open(self._send_letter(recipient_ids=[(4, reader.id)]))
        self._open(self._send_letter(subject="Another"))
        entries = {entry["subject"]: entry for entry in self.letters.open_news()}
        self.assertEqual(set(entries), {"Offer", "Another"})
        mailing = entries["Offer"]
        self.assertEqual(len(mailing["letter_ids"]), 3)
        self.assertCountEqual(mailing["readers"], ["Reader 0", "Reader 1", "Reader 2"])
        self.assertFalse(mailing["phone"], "it is no one person's")

    def test_it_names_the_document(self):
        letter = self._send_letter()
        document = self.env["res.partner"].create({"name": "Big Deal"})
        letter.write({"res_model": document._name, "res_id": document.id})
        self._open(letter)
        self.assertEqual(self.letters.open_news()[0]["document"], "Big Deal")
        letter.res_id = self.reader.id
        self.assertFalse(self.letters.open_news()[0]["document"], "the reader himself")

    def test_failures_and_what_is_not_opened_are_news(self):
        self.fake.fail("send", refusal("No", 422))
        self._send_letter(subject="Refused")
        self.service._set_params({"not_open_days": "3"})
        late = self._send_letter(subject="Late")
        late.not_open_date = self._ago(seconds=1)
        self.env["b2b.family.letter"]._cron_not_open()
        kinds = {entry["subject"]: entry["kind"] for entry in self.letters.open_news()}
        self.assertEqual(kinds, {"Refused": "failure", "Late": "not_open"})

    def test_what_is_not_wanted_is_listed_but_not_counted(self):
        self.seller.b2b_notice_open = "none"
        self._open(self._send_letter())
        self.assertEqual(self.letters.count_news(), 0)
        self.assertEqual(len(self.letters.open_news()), 1)

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_rule")
    def test_own_letters_only(self):
        self._open(self._send_letter())
        manager, other = (
            new_test_user(
                self.env,
                login,
                f"base.group_user,b2b_family_mail.{group}",
                email=f"{login}@shop.example",
            )
            for login, group in (("boss", "group_manager"), ("other", "group_user"))
        )
        for user in manager, other:
            letters = self.letters.with_user(user)
            self.assertEqual(letters.count_news(), 0, user.login)
            self.assertEqual(letters.open_news(), [], user.login)
        stranger = new_test_user(self.env, "stranger", "base.group_user")
        for method in ("count_news", "open_news"):
            with self.assertRaises(AccessError):
                getattr(self.letters.with_user(stranger), method)()
        self.assertEqual(self.letters.count_news(), 1, "nobody has looked for her")

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_rule")
    def test_a_reader_of_another_company_is_an_address(self):
        """What the author may not read of a contact is not told by the way."""
        letter = self._send_letter()
        self._open(letter)
        self.reader.phone = "+49 40 555"
        self.reader.company_id = self.env["res.company"].create({"name": "Other"})
        [entry] = self.letters.open_news()
        self.assertEqual(entry["readers"], ["rita@client.example"])
        self.assertFalse(entry["phone"])

    def test_whichever_company_is_looked_at(self):
        other = self.env["res.company"].create({"name": "Other"})
        letter = self._send_letter()
        letter.company_id = other
        self._open(letter)
        here = self.letters.with_context(allowed_company_ids=self.env.company.ids)
        self.assertEqual(here.count_news(), 0, "not a company of hers")
        self.seller.company_ids |= other
        self.assertEqual(here.count_news(), 1)
        self.assertEqual(len(here.open_news()), 1)

    def test_erased_news_is_gone(self):
        letter = self._send_letter()
        self._open(letter)
        letter._erase_reader()
        self.assertEqual(self.letters.count_news(), 0)
        self.assertEqual(self.letters.open_news(), [])

    def test_the_date_is_nobody_elses(self):
        settings = self.env["res.users.settings"]._find_or_create_for_user(self.seller)
        self.assertNotIn("b2b_news_seen_date", settings._res_users_settings_format())
        stranger = new_test_user(self.env, "stranger", "base.group_user")
        with self.assertRaises(AccessError):
            settings.with_user(stranger).read(["b2b_news_seen_date"])
