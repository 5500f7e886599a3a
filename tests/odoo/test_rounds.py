# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A round of sending over several batches, and what is written down of each letter."""

from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from common import B2BCase
from fake_service import CREDENTIALS, answer, refusal

from odoo import fields
from odoo.tests import new_test_user, tagged

from odoo.addons.b2b_family_mail.client import (
    AuthenticationFailed,
    OutcomeUnknown,
    Unavailable,
)
from odoo.addons.b2b_family_mail.models.carrier import upload
from odoo.addons.b2b_family_mail.models.letter.outbox import claim, deliver

NO_ANSWER = OutcomeUnknown("No answer", call="send")
DOWN = answer("<h1>Bad Gateway</h1>", 502)


class RoundCase(B2BCase):
    def _waiting(self, number=1, **values):
        """Return letters that wait, each of a mail of its own, and are due."""
        busy = answer({}, 429)
        self.fake.fail("send", busy, times=number)
        letters = self.env["b2b.family.letter"]
        for _ in range(number):
            letters |= self._send_mail(**values).b2b_letter_ids
        self.assertEqual(set(letters.mapped("state")), {"queued"})
        self._make_due(letters)
        self.fake.calls.clear()
        return letters

    def _in_batches_of(self, size):
        for module in (claim, deliver):
            self.patch(module, "SEND_BATCH", size)


@tagged("standard", "post_install", "-at_install")
class TestRounds(RoundCase):
    def test_a_busy_service_ends_the_round(self):
        letters = self._waiting(3)
        self._in_batches_of(1)
        self.fake.fail("send", answer({}, 429), times=1)
        self.env["b2b.family.letter"]._deliver()
        self.assertEqual(self.fake.calls, ["send"])
        self.assertEqual(set(letters.mapped("state")), {"queued"})

    def test_what_is_not_due_is_not_put_off_while_nothing_is_sent(self):
        letter = self._waiting()
        later = self._ago(minutes=-30)
        letter.next_try_date = later
        self.service._set_params({"instance": "another"})
        self._cron_send()
        self.assertEqual((letter.state, letter.next_try_date), ("queued", later))

    def test_a_refused_account_is_left_out_of_the_rest_of_the_round(self):
        own = self.seller.with_user(self.seller)
        own.b2b_family_email = "sally@b2b.example"
        own.b2b_family_mail_password = "wrong"
        self.seller.sudo().b2b_family_api_key_kept = "expired"
        other = new_test_user(
            self.env, "other", "base.group_user,b2b_family_mail.group_user"
        )
        letters = self.env["b2b.family.letter"]
        for user in (self.seller, self.seller, other):
            self.fake.fail("send", answer({}, 429))
            letters |= self._send_mail(user=user).b2b_letter_ids
        self.fake.heal()
        self.fake.calls.clear()
        self.env["b2b.family.service.status"].search([]).unlink()
        self._make_due(letters)
        self._in_batches_of(1)
        self.env["b2b.family.letter"]._deliver()
        self.assertEqual(letters.mapped("state"), ["queued", "queued", "sent"])
        self.assertEqual(self.fake.calls.count("login"), 2, "both labels, once")
        self.assertEqual(letters.mapped("try_count"), [2, 1, 2])

    def test_a_refused_common_account_is_left_out_as_well(self):
        letters = self._waiting(3)
        self._in_batches_of(1)
        self.fake.fail("send", refusal("Invalid api key", 403), times=9)
        self.fake.fail("login", refusal("Wrong", 403), times=9)
        self.env["b2b.family.letter"]._deliver()
        self.assertEqual(self.fake.calls.count("send"), 1)
        self.assertEqual(sorted(letters.mapped("try_count")), [1, 1, 2])

    def test_a_round_that_is_out_of_time_stops(self):
        letters = self._waiting(3)
        self._in_batches_of(1)
        self.env["b2b.family.letter"]._deliver(lambda done: 0)
        self.assertEqual(self.fake.calls.count("send"), 1)
        self.assertEqual(letters.mapped("state").count("queued"), 2)

    def test_letters_of_others_are_left_alone(self):
        mine, theirs = self._waiting(2)
        mine._deliver(letter_ids=mine.ids)
        self.assertEqual((mine.state, theirs.state), ("sent", "queued"))

    def test_nothing_is_sent_before_its_time(self):
        letter = self._waiting()
        letter.next_try_date = fields.Datetime.now() + timedelta(minutes=1)
        self._cron_send()
        self.assertEqual((letter.state, self.fake.calls), ("queued", []))


@tagged("standard", "post_install", "-at_install")
class TestWrittenDown(RoundCase):
    def _pause(self, letter):
        return (letter.next_try_date - fields.Datetime.now()).total_seconds()

    def test_the_service_can_ask_for_a_longer_pause_and_not_for_a_shorter_one(self):
        for asked, at_least, at_most in (
            (1800, 1790, 1800),
            (10**6, 3590, 3600),
            (1, 50, 60),
            (None, 50, 60),
        ):
            with self.subTest(asked=asked):
                self.fake.fail("send", Unavailable("Busy", retry_after=asked))
                pause = self._pause(self._send_letter())
                self.assertGreaterEqual(pause, at_least)
                self.assertLessEqual(pause, at_most)

    def test_what_is_settled_meanwhile_does_not_wait_again(self):
        letter = self._send_letter()
        for state in ("sent", "opened", "failed"):
            letter.state = state
            claims, files = {letter: letter.claim_date}, letter.attachment_ids
            letter._settle({letter: Unavailable("Down")}, claims, files)
            self.assertEqual((letter.state, letter.next_try_date), (state, False))

    def test_when_it_was_sent_is_said_once(self):
        letter = self._send_letter()
        earlier = fields.Datetime.now() - timedelta(hours=1)
        letter.sent_date = earlier
        letter._set_sent({letter: letter.ref})
        self.assertEqual(letter.sent_date, earlier)

    def test_what_is_sent_has_no_next_try_and_no_reason(self):
        letter = self._waiting()
        self.assertTrue(letter.failure_reason)
        self._cron_send()
        self.assertEqual(letter.state, "sent")
        self.assertFalse(letter.next_try_date or letter.failure_reason)

    def test_what_is_put_back_has_cost_no_try(self):
        letters = self.env["b2b.family.letter"]
        letter = self._waiting()
        tries = letter.try_count
        claimed = letters._claim("service", letter.ids)
        self.assertEqual((claimed, letter.try_count), (letter, tries + 1))
        letters._put_back({letter: letter.claim_date})
        self.assertEqual((letter.state, letter.try_count), ("queued", tries))

    def test_a_deleted_letter_keeps_no_outcome_from_the_others(self):
        letter, deleted = self._waiting(2)
        (letter | deleted).state = "sending"
        claims = {lt: lt.claim_date for lt in letter | deleted}
        files = letter.attachment_ids
        deleted.unlink()
        mails = letter._settle({deleted: "7", letter: "8"}, claims, files)
        self.assertEqual((letter.state, letter.ref), ("sent", "8"))
        self.assertFalse(mails)

    def test_what_fails_before_the_call_is_given_back_at_once(self):
        letter = self._waiting()
        files = type(self.env["b2b.family.letter.attachment"])
        # Not by assertRaises(), which takes back what was written.
        bug = patch.object(files, "_find_refs", side_effect=RuntimeError("a bug"))
        with bug, suppress(RuntimeError):
            letter._deliver()
        self.assertEqual((letter.state, self.fake.calls), ("queued", []))
        self.assertIn("before the letter had left", letter.failure_reason)

    def test_one_that_cannot_be_looked_up_keeps_no_other_in_doubt(self):
        letters = self.env["b2b.family.letter"]
        for _number in range(2):
            self.fake.fail("send", NO_ANSWER, after=True)
            self.fake.fail("find", Unavailable("Down"))
            letters |= self._send_letter()
        self.assertEqual(set(letters.mapped("state")), {"unknown"})
        self._make_due(letters)
        self.fake.fail("find", refusal("Not this one", 422))
        self._cron_send()
        self.assertEqual(sorted(letters.mapped("state")), ["sent", "unknown"])

    def test_a_letter_that_cannot_be_prepared_keeps_no_other_back(self):
        bad, good = self._waiting(2)
        carrier = type(self.service)
        prepare = carrier._prepare_letter

        def fail(self, letter):
            if letter == bad:
                raise RuntimeError("a bug")
            return prepare(self, letter)

        self.patch(carrier, "_prepare_letter", fail)
        with self.assertLogs("odoo.addons.b2b_family_mail", "ERROR"):
            self._cron_send()
        self.assertEqual((bad.state, good.state), ("failed", "sent"))
        self.assertIn("could not be prepared", bad.failure_reason)


@tagged("standard", "post_install", "-at_install")
class TestCalls(RoundCase):
    def test_a_file_is_sent_whole_when_the_key_expired_during_its_upload(self):
        self.fake.fail("upload", refusal("Invalid api key", 403))
        content = b"%PDF-1.4 " + b"x" * 300_000
        file = self._create_file(content=content)
        letter = self._send_letter(attachment_ids=[(4, file.id)])
        self.assertEqual(self.fake.calls, ["upload", "login", "upload", "send"])
        self.assertEqual(self.fake.files[letter.attachment_ids.ref][1], content)

    def test_no_file_is_uploaded_to_a_service_that_takes_no_letter(self):
        file = self._create_file()
        letters = self._waiting() | self._waiting(attachment_ids=[(4, file.id)])
        self.env["b2b.family.letter.attachment"].search([]).write({"ref": False})
        self._make_due(letters)
        self.fake.calls.clear()
        self.fake.fail("send", answer({}, 429), times=9)
        self._cron_send()
        self.assertEqual(self.fake.calls, ["send"])
        self.assertEqual(set(letters.mapped("state")), {"queued"})

    def test_a_service_that_takes_no_file_is_asked_once(self):
        self.patch(upload, "UPLOADS_AT_ONCE", 1)
        files = [self._create_file(f"{n}.pdf", b"%d" % n) for n in range(3)]
        self.fake.fail("upload", answer({}, 429), times=9)
        letter = self._send_letter(attachment_ids=[(4, file.id) for file in files])
        self.assertEqual((letter.state, self.fake.calls), ("queued", ["upload"]))

    def test_nor_for_the_files_of_other_letters(self):
        self.patch(upload, "UPLOADS_AT_ONCE", 1)
        letters = self.env["b2b.family.letter"]
        for name in ("one", "two"):
            file = self._create_file(content=name.encode())
            letters |= self._waiting(attachment_ids=[(4, file.id)])
        letters.attachment_ids.ref = False
        self._make_due(letters)
        self.fake.calls.clear()
        self.fake.fail("upload", answer({}, 429), times=9)
        self._cron_send()
        self.assertEqual(self.fake.calls, ["upload"])
        self.assertEqual(set(letters.mapped("state")), {"queued"})

    def test_one_content_under_two_names_is_two_files(self):
        for name in ("Offer.pdf", "Price.pdf"):
            letter = self._send_letter(
                attachment_ids=[(4, self._create_file(name, b"same").id)]
            )
            ref = letter.attachment_ids.ref
            self.assertEqual(self.fake.files[ref][0], name)
        self.assertEqual(self.fake.calls.count("upload"), 2)

    def test_a_service_that_is_down_is_not_called_on(self):
        account = self.service._common_account()
        calls = [(account, (ref,)) for ref in "123"]
        self.fake.fail("statistics", DOWN, times=9)
        outcomes = self.service._call_all("statistics", calls)
        self.assertEqual([type(out) for out in outcomes], [Unavailable] * 3)
        self.assertEqual(self.fake.calls, ["statistics"])

    def test_only_what_was_refused_is_called_again(self):
        letters = [self._send_letter() for _ in range(3)]
        self.fake.calls.clear()
        calls = [(letter.account_id, (letter.ref,)) for letter in letters]
        answers = iter([None, AuthenticationFailed("expired"), None])
        statistics = self.fake._statistics

        def once_refused(data):
            if error := next(answers, None):
                raise error
            return statistics(data)

        self.patch(self.fake, "_statistics", once_refused)
        outcomes = self.service._call_all("statistics", calls)
        self.assertEqual([out.ref for out in outcomes], [lt.ref for lt in letters])
        self.assertEqual(self.fake.calls.count("statistics"), 4)
        self.assertEqual(self.fake.calls.count("login"), 1)

    def test_a_doubt_is_not_proved_by_a_letter_of_another_account(self):
        """That one account can look up by key says nothing of another."""
        self._send_letter()
        own = self.seller.with_user(self.seller)
        own.b2b_family_email = CREDENTIALS["email"]
        own.b2b_family_mail_password = CREDENTIALS["mail_password"]
        self.fake.fail("send", DOWN)
        letter = self._send_letter()
        self.assertEqual((letter.state, letter.account_id), ("unknown", self.seller))
        letter.claim_date = self._ago(hours=1)
        self._make_due(letter)
        self._cron_send()
        self.assertEqual(letter.state, "unknown")
        # A letter of its own proves it.
        self._send_letter()
        self._make_due(letter)
        self._cron_send()
        self.assertEqual(letter.state, "queued")
