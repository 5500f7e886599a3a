# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From a queued letter to the service: never twice, never lost, never in silence."""

from unittest.mock import patch

from common import B2BCase
from fake_service import answer, refusal

from odoo import fields
from odoo.tests import tagged

from odoo.addons.b2b_family_mail.client import OutcomeUnknown, Unavailable
from odoo.addons.b2b_family_mail.client.client import Login
from odoo.addons.b2b_family_mail.models.carrier import upload
from odoo.addons.base.models.ir_attachment import IrAttachment

NO_ANSWER = OutcomeUnknown("The connection was lost.", call="send")
DOWN = Unavailable("The service cannot be reached.", call="send")


@tagged("standard", "post_install", "-at_install")
class TestQueue(B2BCase):
    def test_ours_go_to_the_service_and_the_rest_by_smtp(self):
        ours = self._write_mail().sudo()
        ours.state = "outgoing"
        other = ours.create({"subject": "Plain", "email_to": "plain@x.example"})
        with self.mock_mail_gateway():
            self.env["mail.mail"].process_email_queue()
        self.assertEqual(self.fake.addresses(), ["rita@client.example"])
        [smtp] = self._mails
        self.assertEqual(smtp["email_to"], ["plain@x.example"])
        self.assertEqual((ours.state, other.state), ("sent", "sent"))

    def test_letters_that_wait_do_not_keep_ordinary_mail_from_leaving(self):
        plain = self.env["mail.mail"].create({"email_to": "plain@x.example"})
        self.fake.fail("send", DOWN, times=9)
        ours = self._send_mail() + self._send_mail() + self._send_mail()
        with self.mock_mail_gateway():
            self.env["mail.mail"].process_email_queue(batch_size=2)
        self.assertEqual(plain.state, "sent")
        self.assertEqual(set(ours.mapped("state")), {"outgoing"})

    def test_the_rest_is_as_without_the_addon(self):
        mail = self.env["mail.mail"].create({"email_to": "plain@x.example"})
        with self.mock_mail_gateway():
            mail.send()
        self.assertEqual(len(self._mails), 1)
        self.assertEqual(self.fake.calls, [])

    def test_queue_progress_counts_each_mail_once(self):
        ours = self._write_mail().sudo()
        other = ours.create({"subject": "Plain", "email_to": "plain@x.example"})
        done = []
        with self.mock_mail_gateway():
            (ours | other).send(post_send_callback=done.extend)
        self.assertCountEqual(done, (ours | other).ids)

    def test_the_queue_sends_nothing_twice(self):
        mail = self._send_mail()
        mail.state = "outgoing"
        mail.send()
        self.env["mail.mail"].process_email_queue()
        self.assertEqual(len(self.fake.letters), 1)
        self.assertEqual(mail.state, "sent")

    def test_a_mail_without_recipient_fails_in_cores_words(self):
        mail = self._write_mail(recipient_ids=[]).sudo()
        mail.send()
        self.assertEqual(mail.state, "b2b_draft", "a draft leaves by its button")
        mail.state = "outgoing"
        mail.send()
        self.assertEqual(
            (mail.state, mail.failure_type), ("exception", "mail_email_missing")
        )

    def test_cancelled_letters_are_not_sent(self):
        self.fake.fail("send", DOWN)
        mail = self._send_mail()
        mail.cancel()
        self._make_due(mail.b2b_letter_ids)
        self._cron_send()
        self.assertFalse(self.fake.letters)
        self.assertEqual(mail.b2b_letter_ids.state, "failed")


@tagged("standard", "post_install", "-at_install")
class TestOutcome(B2BCase):
    def test_refused_fails_in_the_words_of_the_service(self):
        self.fake.fail("send", refusal("Recipient is on the stop list", 422))
        mail = self._send_mail()
        letter = mail.b2b_letter_ids
        self.assertEqual((letter.state, mail.state), ("failed", "exception"))
        self.assertIn("Recipient is on the stop list", letter.failure_reason)
        self.assertIn("Recipient is on the stop list", mail.failure_reason)
        self.assertEqual(len([p for p in self._popups() if "stop list" in p]), 1)
        self._cron_send()
        self.assertEqual(self.fake.calls.count("send"), 1)

    def test_core_retry_sends_a_refused_letter_again(self):
        self.fake.fail("send", refusal("No", 422))
        mail = self._send_mail()
        mail.with_user(self.seller).mark_outgoing()
        self.assertEqual((mail.state, mail.b2b_letter_ids.state), ("sent", "sent"))
        self.assertEqual(len(self.fake.letters), 1)

    def test_send_again_that_must_wait_is_no_longer_a_failure(self):
        self.fake.fail("send", refusal("No", 422))
        mail = self._send_mail()
        self.fake.fail("send", DOWN)
        mail.with_user(self.seller).action_b2b_send_again()
        self.assertEqual((mail.state, mail.b2b_state), ("outgoing", "queued"))

    def test_one_refused_among_delivered_does_not_resend_these(self):
        self.fake.fail("send", refusal("No", 422))
        mail = self._send_mail(email_to="bob@x.example")
        self.assertEqual(mail.state, "sent")
        self.assertEqual(len(self.fake.letters), 1)
        mail.action_b2b_send_again()
        self.assertEqual(
            self.fake.addresses(), ["bob@x.example", "rita@client.example"]
        )

    def test_an_unreachable_service_leaves_it_queued_with_growing_pauses(self):
        self.fake.fail("send", DOWN, times=9)
        letter = self._send_letter()
        pauses = []
        for _ in range(8):
            self.assertEqual(letter.state, "queued")
            self.assertIn("Nothing is lost", letter.failure_reason)
            pause = letter.next_try_date - fields.Datetime.now()
            pauses.append(round(pause.total_seconds() / 60))
            self._cron_send()  # not due yet: no call
            self._make_due(letter)
            self._cron_send()
        self.assertEqual(pauses, [1, 2, 5, 15, 30, 60, 60, 60])
        self.assertEqual(self.fake.calls.count("send"), 9)
        self._make_due(letter)
        self._cron_send()
        self.assertEqual((letter.state, letter.failure_reason), ("sent", False))
        self.assertEqual(letter.mail_id.state, "sent")

    def test_a_busy_service_is_asked_later(self):
        self.fake.fail("send", answer({"error": {"code": 429, "message": "Slow"}}, 429))
        self.assertEqual(self._send_letter().state, "queued")

    def test_refused_credentials_leave_it_queued(self):
        self.fake.api_keys.clear()
        self.service._set_params({"mail_password": "wrong"})
        letter = self._send_letter()
        self.assertEqual(letter.state, "queued")
        self.assertIn("did not accept the account", letter.failure_reason)
        self.assertFalse(self.fake.letters)

    def test_a_page_instead_of_an_answer_leaves_it_in_doubt(self):
        self.fake.fail("send", answer("<h1>It works</h1>"))
        mail = self._send_mail()
        self.assertEqual((mail.state, mail.b2b_state), ("exception", "unknown"))
        self.assertIn("gave no clear answer", mail.failure_reason)
        self.assertFalse(self.fake.letters)

    def test_accepted_before_the_connection_broke_is_found_not_resent(self):
        self.fake.fail("send", NO_ANSWER, after=True)
        letter = self._send_letter()
        self.assertEqual(letter.state, "sent")
        self.assertEqual(letter.ref, self.fake.to(letter.email)[0])
        self.assertEqual(self.fake.calls, ["send", "find"])

    def test_another_letter_of_the_batch_is_not_stopped(self):
        self.fake.fail("send", refusal("No", 422))
        mail = self._send_mail(email_to="bob@x.example, carl@x.example")
        states = mail.b2b_letter_ids.sorted("id").mapped("state")
        self.assertEqual(states, ["failed", "sent", "sent"])

    def test_a_mail_deleted_while_it_waits_is_not_sent(self):
        self.fake.fail("send", DOWN)
        letter = self._send_letter()
        letter.mail_id.unlink()
        self._make_due(letter)
        self._cron_send()
        self.assertEqual(letter.state, "failed")
        self.assertIn("deleted", letter.failure_reason)


@tagged("standard", "post_install", "-at_install")
class TestDoubt(B2BCase):
    """What becomes of a letter that the service may or may not have."""

    def _doubtful(self, **options):
        self.fake.fail("send", NO_ANSWER, **options)
        return self._send_letter()

    def _grace_is_over(self, letter):
        letter.claim_date = self._ago(minutes=11)
        self._make_due(letter)

    def test_not_found_at_once_may_be_under_way_still(self):
        self._send_letter()
        letter = self._doubtful()
        for _ in range(3):
            self._make_due(letter)
            self._cron_send()
            self.assertEqual(letter.state, "unknown")
        self.assertEqual(self.fake.calls.count("send"), 2)

    def test_not_found_after_the_grace_period_is_sent(self):
        self._send_letter()
        letter = self._doubtful()
        self._grace_is_over(letter)
        self._cron_send()
        self.assertEqual(letter.state, "queued")
        self._cron_send()
        self.assertEqual(letter.state, "sent")
        self.assertEqual(len(self.fake.letters), 2)

    def test_a_search_that_finds_nothing_at_all_is_not_believed(self):
        self._send_letter()
        self.fake.can_find = False
        letter = self._doubtful(after=True)
        for _ in range(3):
            self._grace_is_over(letter)
            self._cron_send()
        self.assertEqual(letter.state, "unknown")
        self.assertEqual(self.fake.calls.count("send"), 2)

    def test_a_search_never_seen_to_find_is_not_believed(self):
        letter = self._doubtful()
        self._grace_is_over(letter)
        self._cron_send()
        self.assertEqual(letter.state, "unknown")

    def test_found_later_by_the_cron(self):
        self.fake.fail("find", Unavailable("Down"))
        letter = self._doubtful(after=True)
        self.assertEqual(letter.state, "unknown")
        self._cron_send()
        self.assertEqual(letter.state, "unknown", "not asked again before it is due")
        self._make_due(letter)
        self._cron_send()
        self.assertEqual(letter.state, "sent")
        self.assertEqual(len(self.fake.letters), 1)

    def test_pauses_between_look_ups_grow(self):
        letter = self._doubtful()
        pauses = []
        for _ in range(3):
            pauses.append(letter.next_try_date - fields.Datetime.now())
            self._make_due(letter)
            self._cron_send()
        self.assertEqual(pauses, sorted(set(pauses)))

    def test_core_retry_neither_resends_nor_hides_it(self):
        letter = self._doubtful()
        letter.mail_id.mark_outgoing()
        self.env["mail.mail"].process_email_queue()
        self.assertEqual((letter.state, letter.mail_id.state), ("unknown", "exception"))
        self.assertEqual(self.fake.calls.count("send"), 1)

    def test_a_person_may_send_it_again(self):
        letter = self._doubtful()
        letter.with_user(self.seller).action_send_again()
        self.assertEqual(letter.state, "sent")

    def test_a_person_may_look_it_up(self):
        self.fake.fail("find", Unavailable("Down"))
        letter = self._doubtful(after=True)
        letter.mail_id.with_user(self.seller).action_b2b_look_up()
        self.assertEqual(letter.state, "sent")

    def test_news_settles_the_doubt(self):
        self.fake.fail("find", Unavailable("Down"))
        letter = self._doubtful(after=True)
        ref, _request = self.fake.to(letter.email)
        self._ingest(self.fake.happen(ref, "message_open", "2026-01-02T10:00:00Z"))
        self.assertEqual((letter.state, letter.mail_id.state), ("opened", "sent"))

    def test_what_was_said_of_the_doubt_goes_with_it(self):
        self.fake.fail("find", Unavailable("Down"))
        letter = self._doubtful(after=True)
        self.assertTrue(letter.failure_reason and letter.next_try_date)
        letter._set_sent({letter: "77"})
        self.assertFalse(letter.failure_reason or letter.next_try_date)

    def test_news_that_settles_the_doubt_lets_it_be_asked_about(self):
        self.fake.fail("find", Unavailable("Down"))
        letter = self._doubtful(after=True)
        ref, _request = self.fake.to(letter.email)
        self._ingest(self.fake.happen(ref, "message_open", "2026-01-02T10:00:00Z"))
        self.assertEqual(letter.ref, ref)
        self.assertTrue(letter.next_sync_date)
        self.assertTrue(letter.sent_date)


@tagged("standard", "post_install", "-at_install")
class TestAttachments(B2BCase):
    def test_round_trip_byte_for_byte(self):
        contents = {
            "Коммерческое предложение 🚀.pdf": bytes(range(256)),
            "empty.txt": b"",
            "عرض سعر.txt": b"\r\n--\r\n",
            "x" * 251 + ".txt": b"long",
        }
        files = [self._create_file(name, raw).id for name, raw in contents.items()]
        letter = self._send_letter(attachment_ids=[(6, 0, files)])
        refs = self.fake.to(letter.email)[1]["attachments"].split(";")[:-1]
        self.assertEqual(dict(self.fake.files[ref] for ref in refs), contents)

    def test_what_the_text_links_to_is_not_attached_again(self):
        offer = self._create_file()
        self._send_letter(
            attachment_ids=[(4, offer.id)],
            body_html=f'<p><a href="/web/content/{offer.id}">The offer</a></p>',
        )
        self.assertEqual(self.fake.calls, ["send"])

    def test_a_link_among_the_files_is_a_link_in_the_text(self):
        url = "https://shop.example/prices"
        link = self._create_file("Prices", False, type="url", url=url)
        letter = self._send_letter(attachment_ids=[(4, link.id)])
        self.assertEqual(self.fake.calls, ["send"])
        self.assertIn("Prices", self.fake.to(letter.email)[1]["text"])

    def test_one_content_is_uploaded_once(self):
        offer = self._create_file()
        self._send_mail(
            email_to="bob@x.example, carl@x.example", attachment_ids=[(4, offer.id)]
        )
        again = self._create_file()
        self._send_mail(attachment_ids=[(4, again.id)])
        self.assertEqual(self.fake.calls.count("upload"), 1)
        self.assertEqual(self.fake.calls.count("send"), 4)

    def test_a_file_that_the_service_dropped_is_uploaded_once_more(self):
        offer, terms = self._create_file(), self._create_file("Terms.pdf", b"terms")
        files = [(4, offer.id), (4, terms.id)]
        first = self._send_letter(attachment_ids=files)
        kept = dict.fromkeys(first.attachment_ids.mapped("ref"))
        self.fake.files.clear()
        second = self._send_mail(email_to="two@x.example", attachment_ids=files)
        self._cron_send()
        self.assertEqual(second.b2b_letter_ids.mapped("state"), ["sent", "sent"])
        self.assertEqual(self.fake.calls.count("upload"), 4)
        # News of the first letter tells of its files by these.
        self.assertEqual(dict.fromkeys(first.attachment_ids.mapped("ref")), kept)
        self.assertEqual(self._send_letter(attachment_ids=files).state, "sent")
        self.assertEqual(self.fake.calls.count("upload"), 4)

    def test_a_file_that_is_refused_when_it_is_new_fails_the_letter(self):
        offer = self._create_file()
        self._send_letter(attachment_ids=[(4, offer.id)])
        self.fake.fail("send", refusal("Attachment is not wanted", 422), times=9)
        letter = self._send_letter(attachment_ids=[(4, offer.id)])
        self._cron_send()
        self._cron_send()
        self.assertEqual(letter.state, "failed")
        self.assertIn("Attachment is not wanted", letter.failure_reason)
        self.assertEqual(self.fake.calls.count("send"), 3)
        self.assertEqual(self.fake.calls.count("upload"), 2)

    def test_another_content_of_the_same_name_is_uploaded(self):
        for content in b"one", b"two":
            file = self._create_file("Offer.pdf", content)
            self._send_mail(attachment_ids=[(4, file.id)])
        self.assertEqual(
            sorted(content for _name, content in self.fake.files.values()),
            [b"one", b"two"],
        )

    def test_another_account_has_its_own_uploads(self):
        offer = self._create_file()
        self._send_mail(attachment_ids=[(4, offer.id)])
        self.service._set_params(
            {"email": "other@shop.example", "api_key": self.fake.issue_api_key()}
        )
        self._send_mail(attachment_ids=[(4, offer.id)])
        self.assertEqual(self.fake.calls.count("upload"), 2)

    def test_a_missing_record_fails_by_name_before_any_call(self):
        self.fake.fail("upload", DOWN)
        letter = self._send_letter(attachment_ids=[(4, self._create_file().id)])
        letter.attachment_ids.ir_attachment_id.sudo().unlink()
        self.fake.calls.clear()
        self._make_due(letter)
        self._cron_send()
        self.assertEqual(letter.state, "failed")
        self.assertIn("“Offer.pdf” is missing", letter.failure_reason)
        self.assertEqual(self.fake.calls, [])

    def test_a_file_gone_from_the_store_fails_by_name_before_any_call(self):
        self.env["ir.config_parameter"].set_param("ir_attachment.location", "file")
        offer = self._create_file(content=b"to be lost")
        with patch.object(IrAttachment, "_full_path", lambda *_args: "/nonexistent"):
            letter = self._send_letter(attachment_ids=[(4, offer.id)])
        self.assertEqual(letter.state, "failed")
        self.assertIn("“Offer.pdf” is missing", letter.failure_reason)
        self.assertEqual(self.fake.calls, [])

    def test_a_file_that_grew_too_large_while_it_waited_fails_by_name(self):
        self.fake.fail("upload", DOWN)
        offer = self._create_file()
        letter = self._send_letter(attachment_ids=[(4, offer.id)])
        self.patch(upload, "MAX_BYTES", offer.file_size - 1)
        self.fake.calls.clear()
        self._make_due(letter)
        self._cron_send()
        self.assertEqual(letter.state, "failed")
        self.assertIn("“Offer.pdf” is larger", letter.failure_reason)
        self.assertEqual(self.fake.calls, [])

    def test_an_upload_that_fails_is_tried_again_before_sending(self):
        self.fake.fail("upload", Unavailable("Down"))
        letter = self._send_letter(attachment_ids=[(4, self._create_file().id)])
        self.assertEqual(letter.state, "queued")
        self.assertNotIn("send", self.fake.calls)
        self._make_due(letter)
        self._cron_send()
        self.assertEqual(letter.state, "sent")

    def test_a_draft_keeps_its_file_for_good(self):
        offer = self._create_file()
        mail = self._send_mail(attachment_ids=[(4, offer.id)])
        self.assertEqual(
            (offer.res_model, offer.res_id), ("mail.message", mail.mail_message_id.id)
        )

    def test_each_attachment_has_a_row_that_says_no(self):
        file = self._create_file()
        mail = self._send_mail(
            email_to="bob@x.example", attachment_ids=[(4, file.id)]
        ).with_user(self.seller)
        self.assertEqual(mail.b2b_attachment_ids.mapped("opened"), [False, False])
        self.assertEqual(set(mail.b2b_attachment_ids.mapped("name")), {"Offer.pdf"})


@tagged("standard", "post_install", "-at_install")
class TestLogin(B2BCase):
    def test_an_expired_key_is_renewed_once_and_the_call_repeated(self):
        self.fake.api_keys.clear()
        letter = self._send_letter()
        self.assertEqual(letter.state, "sent")
        self.assertEqual(self.fake.calls, ["send", "login", "send"])
        self.assertIn(self.service._get_param("api_key"), self.fake.api_keys)

    def test_a_key_that_another_process_renewed_is_taken_over(self):
        old = self.service._get_param("api_key")
        new = self.fake.issue_api_key()
        self.service._set_params({"api_key": new})
        account = self.service._common_account()
        self.assertEqual(self.service._login(account, refused_key=old), new)
        self.assertNotIn("login", self.fake.calls)

    def test_the_label_that_the_service_took_is_kept(self):
        taken = Login(self.fake.issue_api_key(), "appkey")
        self.patch(type(self.service), "_request_login", lambda *_args: taken)
        account = self.service._common_account()
        self.assertEqual(self.service._login(account), taken.api_key)
        self.assertEqual(self.service._get_param("login_hash_label"), "appkey")

    def test_no_key_means_a_login_first(self):
        self.service._set_params({"api_key": False})
        self._send_letter()
        self.assertEqual(self.fake.calls, ["login", "send"])

    def test_a_key_without_credentials_is_not_renewed(self):
        self.fake.api_keys.clear()
        self.service._set_params({"app_key": False})
        self.assertEqual(self._send_letter().state, "queued")
        self.assertNotIn("login", self.fake.calls)
