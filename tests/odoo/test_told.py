# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who is told of what, and what one bad piece of news keeps from the rest."""

from common import B2BCase

from odoo.tests import new_test_user, tagged

from odoo.addons.b2b_family_mail.models.letter.state import STATES

OPENED = "2026-01-02T10:00:00Z"


@tagged("standard", "post_install", "-at_install")
class TestTold(B2BCase):
    def _messages_to(self, user):
        return self.env["mail.message"].search(
            [
                ("partner_ids", "=", user.partner_id.id),
                ("message_type", "=", "user_notification"),
            ]
        )

    def test_nobody_outside_is_told(self):
        portal = new_test_user(
            self.env, "visitor", "base.group_portal", email="v@client.example"
        )
        former = new_test_user(self.env, "former", "base.group_user", email="f@x.ru")
        for user in portal, former:
            user.b2b_notice_open = "message"
            letter = self._send_letter()
            letter.author_id = user.partner_id
            user.active = user == portal
            self._ingest(self.fake.happen(letter.ref, "message_open", OPENED))
            self.assertEqual(letter.state, "opened")
            self.assertFalse(self._messages_to(user), user.login)

    def test_a_failed_letter_is_not_reported_as_not_opened(self):
        self.service._set_params({"not_open_days": "3"})
        letters = failed, waiting = self._send_letter(), self._send_letter()
        failed.state = "failed"
        for letter in letters:
            letter.not_open_date = self._ago(seconds=1)
        self.env["b2b.family.letter"]._cron_not_open()
        todos = self.env["mail.activity"].search([("user_id", "=", self.seller.id)])
        self.assertEqual(len(todos), 1)
        self.assertIn("Rita Reader has not opened", todos.summary)
        self.assertFalse(failed.not_open_date or waiting.not_open_date)

    def test_nobody_is_told_of_letters_not_opened_when_the_days_are_0(self):
        self.service._set_params({"not_open_days": "0"})
        self.assertFalse(self._send_letter().not_open_date)

    def test_the_author_is_told_in_his_own_language(self):
        self.seller.lang = "ru_RU"
        letter = self._send_letter()
        self._popups()
        self._ingest(self.fake.happen(letter.ref, "message_open", OPENED))
        [told] = self._popups()
        self.assertNotIn("opened", told)


@tagged("standard", "post_install", "-at_install")
class TestPoisoned(B2BCase):
    def test_one_poisoned_event_blocks_no_other(self):
        good, poisoned = self._send_letter(), self._send_letter()
        letters = type(good)
        apply = letters._apply_events

        def fail(letter, *news):
            if letter == poisoned:
                raise ZeroDivisionError("poison")
            return apply(letter, *news)

        self.patch(letters, "_apply_events", fail)
        with self.assertLogs("odoo.addons.b2b_family_mail", "ERROR"):
            self._ingest(
                self.fake.happen(poisoned.ref, "message_open", OPENED),
                self.fake.happen(good.ref, "message_open", OPENED),
            )
        self.assertEqual((good.state, poisoned.state), ("opened", "sent"))
        self.assertFalse((good | poisoned).event_ids.filtered("pending"))
        self.assertEqual(poisoned.event_ids.problem, "ZeroDivisionError: poison")
        self.assertFalse(good.event_ids.problem)


@tagged("standard", "post_install", "-at_install")
class TestStateOfAMail(B2BCase):
    def test_what_needs_somebody_counts_before_what_went_well(self):
        mail = self._send_mail(email_to="bob@x.example")
        first, second = mail.b2b_letter_ids
        order = ["sending", "queued", "unknown", "answered", "opened", "delivered"]
        order += ["sent", "linked", "failed", "untracked"]
        self.assertEqual({*order}, {state for state, _label in STATES})
        for before, after in zip(order, order[1:], strict=False):
            first.state, second.state = before, after
            self.assertEqual(mail.b2b_state, before, f"beside {after}")
            first.state, second.state = after, before
            self.assertEqual(mail.b2b_state, before, f"beside {after}")

    def test_a_mailing_is_sent_when_its_first_letter_was(self):
        mail = self._send_mail(email_to="bob@x.example")
        first, second = mail.b2b_letter_ids
        first.sent_date, second.sent_date = self._ago(hours=2), self._ago(hours=1)
        first.first_open_date = second.last_open_date = self._ago(minutes=30)
        second.first_open_date = first.last_open_date = self._ago(minutes=40)
        self.assertEqual(mail.b2b_sent_date, first.sent_date)
        self.assertEqual(mail.b2b_first_open_date, second.first_open_date)
        self.assertEqual(mail.b2b_last_open_date, second.last_open_date)
