# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who may send a letter, when many could."""

from unittest.mock import patch

from common import B2BCase

from odoo.tests import new_test_user, tagged

from odoo.addons.b2b_family_mail.client import OutcomeUnknown, Rejected, Unavailable
from odoo.addons.b2b_family_mail.models.letter.outbox import claim, deliver

DOWN = Unavailable("The service cannot be reached.", call="send")


@tagged("standard", "post_install", "-at_install")
class TestClaim(B2BCase):
    def _claimed(self, **age):
        self.fake.fail("send", DOWN)
        letter = self._send_letter()
        letter.write(
            {
                "state": "sending",
                "claim_date": self._ago(**age),
                "next_try_date": False,
            }
        )
        return letter

    def test_a_fresh_claim_is_left_alone(self):
        letter = self._claimed(minutes=1)
        self._cron_send()
        self.assertEqual(letter.state, "sending")
        self.assertEqual(self.fake.calls, ["send"])

    def test_a_claim_that_may_be_alive_is_asked_about_now_and_then(self):
        letter = self._claimed(minutes=9)
        claim = letter.claim_date
        self._cron_send()
        self._cron_send()
        self.assertEqual(self.fake.calls, ["send", "find"])
        self.assertEqual((letter.state, letter.claim_date), ("sending", claim))
        self.assertTrue(letter._renew_claims({letter: claim}))

    def test_a_claim_of_a_dead_process_is_in_doubt_not_resent(self):
        letter = self._claimed(minutes=11)
        self._cron_send()
        self.assertEqual(letter.state, "unknown")
        self.assertIn("interrupted", letter.failure_reason)
        self.assertEqual(self.fake.calls.count("send"), 1)

    def test_a_claimed_letter_is_claimed_by_nobody_else(self):
        self._claimed(minutes=0)
        self.assertFalse(self.env["b2b.family.letter"]._claim("service"))

    def test_the_claim_is_written_before_the_call(self):
        states = []
        letters = self.env["b2b.family.letter"]
        self.fake.on_accept = lambda ref: states.extend(
            letters.search(
                [("key", "=", self.fake.letters[ref]["custom_data"]["key"])]
            ).mapped(lambda letter: (letter.state, letter.failure_reason))
        )
        self.fake.fail("send", DOWN)
        letter = self._send_letter()
        self.assertTrue(letter.failure_reason)
        self._make_due(letter)
        self._cron_send()
        self.assertEqual(states, [("sending", False)])

    def test_a_claim_that_has_grown_old_is_renewed_before_the_call(self):
        letter = self._claimed(minutes=5)
        self.assertTrue(letter._renew_claims({letter: letter.claim_date}))
        self.assertGreater(letter.claim_date, self._ago(minutes=1))

    def test_a_claim_that_somebody_else_has_is_not_ours_any_more(self):
        letter = self._claimed(minutes=5)
        self.assertFalse(letter._renew_claims({letter: self._ago(minutes=6)}))

    def test_what_became_of_a_claim_that_is_ours_no_more_is_not_written_down(self):
        letter = self._claimed(minutes=5)
        ours, files = {letter: self._ago(minutes=6)}, letter.attachment_ids
        for error in (
            Rejected("No", call="send"),
            OutcomeUnknown("Hm", call="send"),
            Unavailable("Later", call="send"),
        ):
            letter._settle({letter: error}, ours, files)
            self.assertEqual(letter.state, "sending")
        # That the service has it is so, whoever has it now.
        letter._settle({letter: "77"}, ours, files)
        self.assertEqual((letter.state, letter.ref), ("sent", "77"))

    def test_what_the_service_has_meanwhile_is_not_put_back(self):
        letter = self._claimed(minutes=0)
        ours = {letter: letter.claim_date}
        letter._settle({letter: "77"}, ours, letter.attachment_ids)
        letter._put_back(ours)
        self.assertEqual(letter.state, "sent")

    def test_what_somebody_else_claimed_during_the_uploads_is_not_sent(self):
        letter = self._claimed(minutes=5)
        letter._hand_in({letter: self._ago(minutes=6)}, {}, letter.attachment_ids)
        self.assertEqual(self.fake.calls, ["send"])
        self.assertEqual(letter.state, "sending")

    def test_what_is_not_begun_in_time_is_put_back(self):
        letter = self._claimed(minutes=0)
        tries = letter.try_count
        self.patch(deliver, "SEND_SECONDS", -1)
        letter._send_claimed()
        self.assertEqual((letter.state, letter.try_count), ("queued", tries - 1))
        self.assertEqual(self.fake.calls, ["send"])

    def test_the_authors_take_turns(self):
        """Three letters of one are not at the end of the hundred of another."""
        other = new_test_user(
            self.env, "other", "base.group_user,b2b_family_mail.group_user"
        )
        letters = self.env["b2b.family.letter"]
        with patch.object(type(letters), "_deliver_after_commit"):
            for user, count in (self.seller, 10), (other, 3):
                for _number in range(count):
                    self._write_mail(user).action_b2b_send()
        self.patch(claim, "SEND_BATCH", 4)
        claimed = [
            letters._claim("service").author_id.mapped("name") for _batch in range(3)
        ]
        names = [self.seller.name, other.name]
        self.assertEqual([sorted(batch) for batch in claimed[:2]], [sorted(names)] * 2)
        self.assertEqual(claimed[2], [self.seller.name])
