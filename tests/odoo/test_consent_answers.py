# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a reader's answer changes, and how it is kept."""

from consent_case import LATER, OPENED, PageCase

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.b2b_family_mail.models.letter import consent_page

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@tagged("standard", "post_install", "-at_install")
class TestRefusalStops(PageCase):
    """A refusal stops what earlier letters record."""

    def test_the_next_event_of_an_old_letter_is_not_kept(self):
        self._send()
        self._open()
        self.assertEqual(self.letter.open_count, 1)
        self._take("no")
        for kind in ("message_open", "link_click", "attachment_open", "forward"):
            self.assertEqual(self._open(kind, LATER), 0, kind)
        self.assertEqual(self.letter.open_count, 1)
        self.assertEqual(len(self.letter.event_ids), 1)
        self.assertEqual(self.letter.last_open_date, self.letter.first_open_date)

    def test_the_way_to_the_page_is_not_recorded(self):
        self._send()
        for url in (self.letter._consent_url(), self.letter._consent_url() + "?x=1"):
            self.assertEqual(self._open("link_click", url=url), 0)
        self.assertEqual(self._open("link_click", url="https://shop.example"), 1)

    def test_by_the_contact_form_as_well(self):
        self._send()
        self.reader.b2b_tracking_consent = "no"
        self.assertEqual(self._open(), 0)
        self.assertEqual(self.letter.state, "sent")

    def test_that_a_letter_came_back_is_heard_all_the_same(self):
        self._send()
        self._take("no")
        self.assertEqual(self._open("bounce"), 1)
        self.assertEqual(self.letter.state, "failed")

    def test_what_waits_to_be_applied_is_dropped(self):
        self._send()
        self.service._set_params({"settle_seconds": "600"})
        now = self.letter.sent_date.isoformat() + "Z"
        self._open("link_click", now, user_agent=FIREFOX, url="https://shop.example")
        waiting = self.letter.event_ids
        self.assertTrue(waiting.pending)
        self._take("no")
        self._cron_sync()
        self.assertFalse(waiting.exists())
        self.assertEqual(self.letter.state, "sent")

    def test_its_statistics_are_asked_for_no_more(self):
        self._send()
        self._take("no")
        self.letter.next_sync_date = self._ago(seconds=1)
        self.fake.calls.clear()
        self._cron_sync()
        self.letter.action_refresh()
        self.assertEqual(self.fake.calls, [])
        self._take("yes")
        self.letter.next_sync_date = self._ago(seconds=1)
        self._cron_sync()
        self.assertIn("statistics", self.fake.calls)

    def test_an_answer_that_was_under_way_is_not_taken_in(self):
        self._send()
        self._open_at_service()
        answers = self.letter._ask()
        self._take("no")
        self.env["b2b.family.event"]._take_answers(answers, "poll")
        self.assertEqual(self.letter.state, "sent")
        self.assertFalse(self.letter.event_ids)

    def _open_at_service(self):
        self.fake.happen(self.letter.ref, "message_open", OPENED)

    def test_the_author_is_not_told_that_it_was_not_opened(self):
        self._send()
        self._take("no")
        self.letter.not_open_date = self._ago(seconds=1)
        self._cron_sync()
        self.env["b2b.family.letter"]._cron_not_open()
        self.assertFalse(self.letter.news_kind)
        self.assertFalse(self.letter.not_open_date)

    def test_attachments_apart(self):
        file = self._create_file()
        self._send(attachment_ids=[(4, file.id)])
        line = self.letter.attachment_ids
        self._take("no", "documents")
        details = {"attachment": line.ref}
        self.assertEqual(self._open("attachment_open", **details), 0)
        self.assertFalse(line.opened)
        self.assertEqual(self._open(), 1)
        self.assertEqual(self.letter.state, "opened")
        self.assertEqual(self.letter.refused, "documents")

    def test_sums_of_attachments_apart(self):
        file = self._create_file()
        self._send(attachment_ids=[(4, file.id)])
        line = self.letter.attachment_ids
        for kind, details in (
            ("message_open", {}),
            ("attachment_open", {"attachment": line.ref}),
        ):
            self.fake.happen(self.letter.ref, kind, OPENED, **details)
        self._take("no", "documents")
        self.letter.action_refresh()
        self.assertEqual(self.letter.state, "opened")
        self.assertFalse(line.opened)

    def test_the_letter_says_so(self):
        self._send()
        self.assertFalse(self.letter.refused or self.letter.is_tracking_over)
        for kind in ("documents", "opens"):
            self._take("no", kind)
            self.letter.invalidate_recordset(["refused", "is_tracking_over"])
            letter = self.letter.with_user(self.seller)
            self.assertEqual(letter.refused, kind)
            self.assertEqual(letter.is_tracking_over, kind == "opens")
        field = self.letter._fields["refused"]
        labels = dict(field._description_selection(self.env(context={"lang": "ru_RU"})))
        self.assertIn("Получатель отказался", labels["opens"])

    def test_new_letters_go_by_ordinary_mail(self):
        self._send()
        self._take("no")
        with self.mock_mail_gateway():
            letter = self._send_letter()
        self.assertEqual(letter.state, "untracked")
        self.assertNotIn("privacy", self._mails[0]["body"])

    def test_new_letters_with_attachments_do_if_these_were_refused(self):
        self._send()
        self._take("no", "documents")
        self.assertEqual(self._send_letter().state, "sent")
        file = self._create_file()
        with self.mock_mail_gateway():
            letter = self._send_letter(attachment_ids=[(4, file.id)])
            self.assertEqual(letter.state, "untracked")
            letter.state = "failed"
            letter.action_send_again()
        self.assertEqual(letter.state, "untracked")
        note = self.reader.with_user(self.seller).b2b_recipients_note
        self.assertTrue(note(True))
        self.assertFalse(note())

    def test_agreeing_to_attachments_alone_is_not_enough(self):
        self.service._set_params({"consent_policy": "consent"})
        self.reader.b2b_tracking_consent_documents = "yes"
        for kind in ("opens", "documents"):
            refused = self.reader._b2b_filter_refused(["rita@client.example"], kind)
            self.assertTrue(refused, kind)
        self.reader.b2b_tracking_consent = "yes"
        self.assertFalse(self.reader._b2b_filter_refused([self.reader.email], kind))


@tagged("standard", "post_install", "-at_install")
class TestAnswers(PageCase):
    def test_who_has_no_contact_gets_one(self):
        letter = self._send(recipient_ids=False, email_to="bare@client.example")
        self._take("no")
        [contact] = self.env["res.partner"].search(
            [("email_normalized", "=", "bare@client.example")]
        )
        self.assertEqual(contact.b2b_tracking_consent, "no")
        self.assertEqual(self._open(), 0)
        self._take("yes")
        self._take("no")
        self.assertEqual(self._proofs(letter_id=letter.id).partner_id, contact)

    def test_every_contact_with_the_address_is_meant(self):
        twin = self.reader.copy({"email": self.reader.email})
        twin.b2b_tracking_consent = "no"
        self._send_refused()
        self._take("yes")
        self.assertEqual(twin.b2b_tracking_consent, "yes")
        self.assertEqual(self._open(), 1)

    def _send_refused(self):
        """A letter that was sent before somebody refused."""
        self.letter = self.env["b2b.family.letter"].create(
            {
                "email": self.reader.email,
                "partner_id": self.reader.id,
                "ref": "7",
                "state": "sent",
            }
        )
        self.fake.letters["7"] = {"to": self.reader.email, "custom_data": None}

    def test_the_address_that_the_contact_had_then(self):
        self._send()
        self.reader.email = "rita@new.example"
        self._take("no")
        for address in ("rita@new.example", "rita@client.example"):
            self.assertTrue(self.reader._b2b_filter_refused([address]), address)

    def test_the_proof_says_when_how_and_by_which_words(self):
        self._send()
        self._take("no", letter=self.letter.with_context(lang="ru_RU"))
        [proof] = self._proofs(partner_id=self.reader.id)
        self.assertEqual(
            (proof.kind, proof.answer, proof.how, proof.lang, proof.email),
            ("opens", "no", "page", "ru_RU", "rita@client.example"),
        )
        self.assertEqual(proof.letter_id, self.letter)
        self.assertFalse(proof.user_id)
        self.assertIn("Открытие писем", proof.words)
        self.assertTrue(proof.words.endswith("[Отказаться]"))
        self.assertEqual(self.reader.b2b_tracking_consent_source, "page under a letter")
        self.assertEqual(
            self.reader.b2b_tracking_consent_date.date(), fields.Date.today()
        )

    def test_pressing_twice_is_one_answer(self):
        self._send()
        for _ in range(3):
            self._take("no")
        self.assertEqual(len(self._proofs(partner_id=self.reader.id)), 1)

    def test_what_users_enter_is_kept_as_well(self):
        contact = self.reader.with_user(self.admin)
        contact.write(
            {
                "b2b_tracking_consent": "yes",
                "b2b_tracking_consent_source": "on the phone",
            }
        )
        contact.write({"b2b_tracking_consent": "yes", "phone": "1"})
        contact.b2b_tracking_consent = False
        proofs = self._proofs(partner_id=self.reader.id)
        self.assertEqual(proofs.mapped("answer"), [False, "yes"])
        self.assertEqual(proofs.user_id, self.admin)
        self.assertEqual(set(proofs.mapped("how")), {"user"})
        self.assertEqual(proofs[-1].words, "on the phone")
        new = self.env["res.partner"].create(
            [{"name": "A", "b2b_tracking_consent": "no"}, {"name": "B"}]
        )
        self.assertEqual(self._proofs(partner_id=new[0].id).answer, "no")
        self.assertFalse(self._proofs(partner_id=new[1].id))

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_the_proof_is_for_managers_and_nobody_changes_it(self):
        self._send()
        self._take("no")
        proof = self._proofs(partner_id=self.reader.id)
        self.assertEqual(proof.with_user(self.manager).answer, "no")
        with self.assertRaises(AccessError):
            proof.with_user(self.seller).read(["answer"])
        for user in (self.manager, self.admin):
            theirs = proof.with_user(user)
            for door in (
                lambda theirs=theirs: theirs.write({"answer": "yes"}),
                lambda theirs=theirs: theirs.unlink(),
                lambda theirs=theirs: theirs.create(
                    {"partner_id": self.reader.id, "kind": "opens", "how": "page"}
                ),
            ):
                with self.assertRaises(AccessError):
                    door()
        other = self.env["res.company"].create({"name": "Other"})
        proof.company_id = other
        with self.assertRaises(AccessError):
            proof.with_user(self.manager).read(["answer"])

    def test_it_is_erased_and_exported_with_the_rest(self):
        self._send()
        self._take("no")
        known = self.letter.with_user(self.manager)._answers()
        self.assertEqual(known.partner_id, self.reader)
        self.assertFalse(self.letter.with_user(self.seller)._answers())
        self.assertIn("Refuse", known._prepare_export()["words"])
        self.manager.group_ids += self.env.ref("base.group_partner_manager")
        self.reader.with_user(self.manager).action_b2b_erase()
        self.assertFalse(known.exists())
        self.assertEqual(self.reader.b2b_tracking_consent, "no", "it stays in force")

    def test_a_refusal_is_always_taken_and_agreeing_a_few_times_a_day(self):
        self._send()
        for _ in range(consent_page.AGREEMENTS_A_DAY):
            self.assertTrue(self._take("yes"))
            self.assertTrue(self._take("no"))
        self.assertFalse(self._take("yes"))
        self.assertTrue(self._take("no"))
        self.assertEqual(self.reader.b2b_tracking_consent, "no")
        self.assertEqual(
            len(self._proofs(partner_id=self.reader.id)),
            2 * consent_page.AGREEMENTS_A_DAY,
        )
        self._proofs(partner_id=self.reader.id).date = self._ago(days=2)
        self.assertTrue(self._take("yes"))

    def test_merged_contacts_keep_a_refusal_of_attachments(self):
        twin = self.reader.copy({"email": self.reader.email})
        twin.b2b_tracking_consent_documents = "no"
        self.reader.b2b_tracking_consent_documents = "yes"
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge([twin.id, self.reader.id], dst_partner=self.reader)
        self.assertEqual(self.reader.b2b_tracking_consent_documents, "no")
        self.assertTrue(self._proofs(partner_id=self.reader.id))
