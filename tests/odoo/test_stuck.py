# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The ways out of a letter that waits, failed or is in doubt, and who may take them."""

from unittest.mock import patch

from chatter_case import ChatterCase
from fake_service import refusal

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.b2b_family_mail.client import OutcomeUnknown, Unavailable

NO_ANSWER = OutcomeUnknown("The connection was lost.", call="send")
DOWN = Unavailable("The service cannot be reached.", call="send")
REFUSED = refusal("No such mailbox", 422)


class StuckCase(ChatterCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = "base.group_user,b2b_family_mail.group_user"
        cls.other = new_test_user(cls.env, "other", groups, email="other@shop.example")
        cls.manager = new_test_user(
            cls.env,
            "manager",
            "base.group_user,b2b_family_mail.group_manager",
            email="manager@shop.example",
        )

    def _stuck(self, fault, **values):
        """Return the letters of a mail, as the seller sees them, after a fault."""
        self.fake.fail("send", fault, times=9)
        mail = self._send_mail(**values)
        self.fake.heal()
        return mail.b2b_letter_ids.with_user(self.seller)

    def _asked(self, letters, method="action_send_again", user=None):
        """Return the question that the button opens, as its user sees it."""
        action = getattr(letters.with_user(user or self.seller), method)()
        self.assertEqual(action["res_model"], "b2b.family.resend")
        wizard = self.env[action["res_model"]].with_user(user or self.seller)
        return wizard.browse(action["res_id"])


@tagged("standard", "post_install", "-at_install")
class TestQueued(StuckCase):
    def test_try_now(self):
        letter = self._stuck(DOWN)
        self.assertEqual(letter.state, "queued")
        letter.action_try_now()
        self.assertEqual((letter.state, letter.failure_reason), ("sent", False))
        self.assertEqual(len(self.fake.letters), 1)

    def test_try_now_while_it_is_still_down_waits_on(self):
        letter = self._stuck(DOWN)
        self.fake.fail("send", DOWN)
        told = letter.action_try_now()
        self.assertIn("tries to send the letter now", told["params"]["message"])
        self.assertEqual(letter.state, "queued")
        self.assertTrue(letter.next_try_date)

    def test_try_now_in_a_copy_says_why_not(self):
        letter = self._stuck(DOWN)
        self.service._set_params({"instance": "another"})
        with self.assertRaisesRegex(UserError, "it is a copy"):
            letter.action_try_now()
        line = self.env["b2b.family.check"]._check_account()
        self.assertEqual(line["verdict"], "bad")
        self.assertIn("a copy that nobody has confirmed", line["words"])

    def test_by_ordinary_mail(self):
        letter = self._stuck(DOWN)
        with self.mock_mail_gateway():
            letter.action_send_plain()
        self.assertEqual(letter.state, "untracked")
        self._make_due(letter.sudo())
        self._cron_send()
        self.assertFalse(self.fake.letters)
        self.assertEqual(len(self._mails), 1)
        # Nobody but the mail server knows of it.
        self.fake.calls.clear()
        letter.action_refresh()
        self.assertEqual(self.fake.calls, [])
        self.assertTrue(letter.sent_date)
        self.assertFalse(letter.is_tracking_over, "it was never begun")

    def test_an_ordinary_mail_that_somebody_holds_is_left_to_him(self):
        letter = self._stuck(DOWN)
        mails = type(self.env["mail.mail"])
        held = patch.object(mails, "try_lock_for_update", lambda self, **_how: self[:0])
        with self.mock_mail_gateway(), held:
            letter.action_send_plain()
        self.assertEqual(letter.state, "untracked")
        self.assertFalse(self._mails)

    def test_from_the_mail(self):
        mail = self._stuck(DOWN).mail_id
        self.assertTrue(mail.b2b_is_waiting)
        self.assertIn("cannot be reached", mail.b2b_failure_reason)
        mail.action_b2b_cancel()
        self.assertEqual(mail.b2b_letter_ids.state, "failed")
        self.assertEqual(mail.state, "exception")
        mail.action_b2b_send_again()
        self.assertEqual(mail.b2b_letter_ids.state, "sent")

    def test_what_was_cancelled_is_no_failure(self):
        letter = self._stuck(DOWN)
        letters, mail = self.env["b2b.family.letter"], letter.mail_id
        failed = self._stuck(DOWN)
        failed.sudo()._set_failed("No such box")
        letter.action_cancel()
        self.assertEqual((letter.status, mail.b2b_state), ("cancelled", "cancelled"))
        self.assertTrue(mail.b2b_is_cancelled and mail.b2b_is_failed)
        both = letter | failed
        for status, found in (("cancelled", letter), ("failed", failed)):
            domain = [("id", "in", both.ids), ("status", "=", status)]
            self.assertEqual(letters.search(domain), found)
            mails = [("id", "in", both.mail_id.ids), ("b2b_state", "=", status)]
            self.assertEqual(self.env["mail.mail"].search(mails), found.mail_id)
        domain = [("id", "in", both.ids)]
        groups = letters._read_group(domain, ["status"], ["id:array_agg"])
        self.assertEqual(dict(groups), {"cancelled": letter.ids, "failed": failed.ids})
        # A failure after it is one.
        letter.action_send_again()
        self.assertEqual(letter.status, "sent")
        self.assertFalse(mail.b2b_is_failed)
        letter.sudo()._set_failed("No such box")
        self.assertEqual((letter.status, mail.b2b_state), ("failed", "failed"))
        self.assertFalse(mail.b2b_is_cancelled)

    def test_one_cancelled_beside_one_that_failed_is_a_failure(self):
        letters = self._stuck(DOWN, email_to="bob@x.example")
        cancelled, failed = letters
        failed.sudo()._set_failed("No such box")
        cancelled.action_cancel()
        mail = letters.mail_id
        self.assertTrue(mail.b2b_is_failed)
        self.assertFalse(mail.b2b_is_cancelled)

    def test_what_is_being_sent_is_not_cancelled(self):
        letter = self._stuck(DOWN)
        letter.sudo().state = "sending"
        with self.assertRaisesRegex(UserError, "^Only a letter that waits"):
            letter.action_cancel()

    def test_without_an_address_there_is_no_ordinary_mail_either(self):
        self.reader.email = "broken@@address"
        letter = self._submit().b2b_letter_ids
        with self.assertRaises(UserError):
            letter.with_user(self.seller).action_send_plain()

    def test_what_is_not_there_to_be_done_is_said(self):
        sent = self._send_letter().with_user(self.seller)
        for method in "action_try_now", "action_cancel", "action_send_again":
            with self.subTest(method), self.assertRaisesRegex(UserError, "^Only a "):
                getattr(sent, method)()


@tagged("standard", "post_install", "-at_install")
class TestSendAgain(StuckCase):
    def test_at_once_when_the_address_is_as_it_was(self):
        letter = self._stuck(REFUSED)
        self.assertIs(letter.action_send_again(), True)
        self.assertEqual(self.fake.addresses(), ["rita@client.example"])

    def test_what_was_heard_of_the_first_one_is_forgotten(self):
        letter = self._stuck(REFUSED)
        heard = {"sent_date": self._ago(hours=1), "next_sync_date": self._ago(hours=1)}
        letter.sudo().write(heard)
        self.fake.fail("send", DOWN)
        letter.action_send_again()
        self.assertEqual((letter.sent_date, letter.next_sync_date), (False, False))

    def test_not_while_somebody_else_is_at_it(self):
        letter = self._stuck(REFUSED)
        nothing = letter.browse()
        self.patch(type(letter), "try_lock_for_update", lambda *_a, **_k: nothing)
        with self.assertRaises(UserError):
            letter.action_send_again()

    def test_no_address_is_proposed_that_gets_the_letter_already(self):
        self.reader.email = "rita@client.example, rita@home.example"
        letters = self._stuck(REFUSED)
        self.reader.email = "rita@home.example, rita@new.example"
        letter = letters.filtered(lambda lt: lt.email == "rita@client.example")
        self.assertEqual(letter.sudo()._propose_address(), "rita@new.example")

    def test_who_refuses_is_tracked_at_no_address(self):
        letter = self._stuck(REFUSED)
        self.reader.write({"email": False, "b2b_tracking_consent": "no"})
        wizard = self._asked(letter, "action_send_elsewhere")
        wizard.line_ids.email = "rita@home.example"
        wizard.action_send()
        self.assertEqual(letter.state, "untracked")

    def test_asks_when_the_contact_was_corrected(self):
        letter = self._stuck(REFUSED)
        self.reader.email = "Rita@New.example"
        wizard = self._asked(letter)
        line = wizard.line_ids
        self.assertEqual(line.partner_id, self.reader)
        self.assertEqual(line.old_email, "rita@client.example")
        self.assertEqual(line.email, "rita@new.example")
        self.assertFalse(self.fake.letters)
        wizard.action_send()
        self.assertEqual(self.fake.addresses(), ["rita@new.example"])
        self.assertEqual((letter.state, letter.email), ("sent", "rita@new.example"))

    def test_asks_when_there_is_no_valid_address(self):
        self.reader.email = "broken@@address"
        letter = self._submit().b2b_letter_ids
        self.assertEqual(letter.state, "failed")
        self.assertIn("“broken@@address”", letter.failure_reason)
        self.assertNotIn("B2B Family", letter.failure_reason)
        wizard = self._asked(letter)
        self.assertFalse(wizard.line_ids.email)
        with self.assertRaisesRegex(UserError, "^Send To: enter"):
            wizard.action_send()
        for wrong in "rita@@new.example", "a@x.example, b@x.example", "x":
            wizard.line_ids.email = wrong
            with self.subTest(wrong), self.assertRaisesRegex(UserError, "not a valid"):
                wizard.action_send()
        self.assertFalse(self.fake.letters)
        wizard.line_ids.email = "Rita <rita@new.example>"
        wizard.action_send()
        self.assertEqual(self.fake.addresses(), ["rita@new.example"])

    def test_elsewhere_though_nothing_has_changed(self):
        letter = self._stuck(REFUSED, recipient_ids=False, email_to="bob@x.example")
        wizard = self._asked(letter, "action_send_elsewhere")
        self.assertEqual(wizard.line_ids.email, "bob@x.example")
        wizard.line_ids.email = "bob@y.example"
        wizard.action_send()
        self.assertEqual(self.fake.addresses(), ["bob@y.example"])

    def test_nobody_gets_it_twice(self):
        letters = self._stuck(REFUSED, email_to="bob@x.example")
        rita = letters.filtered("partner_id")
        bob = letters - rita
        wizard = self._asked(rita, "action_send_elsewhere")
        wizard.line_ids.email = "bob@x.example"
        with self.assertRaisesRegex(UserError, "bob@x.example gets this letter alr"):
            wizard.action_send()
        wizard = self._asked(letters, "action_send_elsewhere")
        wizard.line_ids.email = "one@x.example"
        with self.assertRaisesRegex(UserError, "one@x.example gets this letter alr"):
            wizard.action_send()
        for line in wizard.line_ids:  # the other way round
            line.email = "bob@x.example" if line.letter_id == rita else rita.email
        wizard.action_send()
        self.assertEqual(
            (rita.email, bob.email), ("bob@x.example", "rita@client.example")
        )
        self.assertEqual(len(self.fake.letters), 2)

    def test_the_row_of_a_bare_address_follows(self):
        self.fake.fail("send", REFUSED)
        message = self._post(self.second)
        letter = self._letters(message)
        rows = message.sudo().notification_ids
        row = rows.filtered(lambda row: row.res_partner_id == self.second)
        row.write({"res_partner_id": False, "mail_email_address": "sam@client.example"})
        letter.partner_id = False
        wizard = self._asked(letter, "action_send_elsewhere")
        wizard.line_ids.email = "sam@new.example"
        wizard.action_send()
        self.assertEqual(row.mail_email_address, "sam@new.example")
        self.assertEqual(row.b2b_state, "sent")

    def test_who_refused_meanwhile_gets_ordinary_mail(self):
        refuser = self.env["res.partner"].create(
            {"name": "R", "email": "r@x.example", "b2b_tracking_consent": "no"}
        )
        at_once, asked, contact = (self._stuck(REFUSED) for _ in range(3))
        asked_wizard = self._asked(asked, "action_send_elsewhere")
        asked_wizard.line_ids.email = refuser.email
        self.fake.calls.clear()
        with self.mock_mail_gateway():
            asked_wizard.action_send()
            self.reader.b2b_tracking_consent = "no"
            at_once.action_send_again()
            wizard = self._asked(contact, "action_send_elsewhere")
            wizard.line_ids.email = "rita@home.example"
            wizard.action_send()
        self.assertNotIn("send", self.fake.calls)
        for letter in at_once, asked, contact:
            self.assertEqual(letter.state, "untracked")
            self.assertTrue(letter.sent_date)
        self.assertEqual(len(self._mails), 3)

    def test_who_agreed_meanwhile_gets_the_files_as_well(self):
        self.reader.b2b_tracking_consent = "no"
        file = self._create_file()
        letter = self._send_letter(attachment_ids=[Command.link(file.id)])
        letter.plain_mail_id.cancel()
        self.reader.b2b_tracking_consent = "yes"
        letter.with_user(self.seller).action_send_again()
        self.assertEqual(letter.state, "sent")
        self.assertEqual(letter.attachment_ids.ir_attachment_id, file)
        self.assertIn("upload", self.fake.calls)

    def test_core_retry_asks_as_well(self):
        letter = self._stuck(REFUSED)
        self.reader.email = "rita@new.example"
        for user in self.seller, self.env.ref("base.user_admin"):
            action = letter.mail_id.with_user(user).mark_outgoing()
            self.assertEqual(action["res_model"], "b2b.family.resend")
        self.assertEqual(letter.sudo().mail_id.state, "exception")

    def test_the_text_is_gone(self):
        letter = self._stuck(REFUSED)
        letter.sudo().mail_id.unlink()
        with self.assertRaisesRegex(UserError, "no longer kept"):
            letter.action_send_again()


@tagged("standard", "post_install", "-at_install")
class TestCheckAgain(StuckCase):
    """Whoever asks the service is told what it answered."""

    def _doubtful(self, accepted=False, **values):
        """Return the letters of a mail that are in doubt, as the seller sees them."""
        self.fake.fail("find", DOWN, times=9)
        self.fake.fail("send", NO_ANSWER, times=9, after=accepted)
        mail = self._send_mail(**values)
        self.fake.heal()
        letters = mail.b2b_letter_ids
        self.assertEqual({*letters.mapped("state")}, {"unknown"})
        return letters.with_user(self.seller)

    def _told(self, records, method="action_look_up"):
        """Return kind and words of what the button pops up."""
        action = getattr(records, method)()
        self.assertEqual(action["tag"], "display_notification")
        # The form is read anew, and stays.
        following = {"type": "ir.actions.act_window_close"}
        self.assertEqual(action["params"]["next"], following)
        return action["params"]["type"], action["params"]["message"]

    def test_it_has_the_letter(self):
        letter = self._doubtful(accepted=True)
        kind, words = self._told(letter)
        self.assertEqual((kind, letter.state), ("success", "sent"))
        self.assertIn("was sent: B2B Family has it", words)

    def test_it_does_not_have_the_letter(self):
        self._send_mail()  # by which it is seen that the service finds letters
        letter = self._doubtful()
        letter.sudo().claim_date = self._ago(minutes=11)
        kind, words = self._told(letter)
        self.assertIn("does not have the letter. It is sent once more", words)
        self.assertEqual((kind, letter.state), ("success", "sent"))

    def test_it_has_the_letter_says_refresh_as_well(self):
        letter = self._doubtful(accepted=True)
        letter.action_refresh()
        self.assertEqual(letter.state, "sent")

    def test_what_is_heard_while_it_is_asked_is_not_sent_again(self):
        self._send_mail()
        letter = self._doubtful().sudo()
        letter.claim_date = self._ago(minutes=11)
        settle = letter._look_up()
        letter._set_opened()
        settle()
        self.assertEqual(letter.state, "opened")

    def test_it_cannot_be_told(self):
        letter = self._doubtful()
        kind, words = self._told(letter)
        self.assertEqual((kind, letter.state), ("warning", "unknown"))
        self.assertIn("does not find the letter", words)

    def test_no_answer(self):
        letter = self._doubtful()
        self.fake.fail("find", DOWN)
        kind, words = self._told(letter)
        self.assertEqual((kind, letter.state), ("warning", "unknown"))
        self.assertIn("cannot be reached", words)
        self.assertIn("Odoo asks again by itself.", words)

    def test_settled_meanwhile(self):
        letter = self._doubtful()
        letter.sudo().state = "sent"
        self.assertEqual(
            self._told(letter), ("success", "The letter is in doubt no more.")
        )

    def test_several_are_named(self):
        other = self.env["res.partner"].create(
            {"name": "Otto", "email": "otto@home.example"}
        )
        readers = self.reader + other
        letters = self._doubtful(recipient_ids=[Command.set(readers.ids)])
        _kind, words = self._told(letters.mail_id, "action_b2b_look_up")
        for reader in readers:
            self.assertIn(reader.display_name, words)


@tagged("standard", "post_install", "-at_install")
class TestWhoMay(StuckCase):
    WAYS = (
        ("queued", "action_try_now"),
        ("queued", "action_cancel"),
        ("queued", "action_send_plain"),
        ("failed", "action_send_again"),
        ("failed", "action_send_elsewhere"),
        ("unknown", "action_look_up"),
    )

    def test_not_the_letters_of_others(self):
        letter = self._stuck(REFUSED)
        for state, method in self.WAYS:
            letter.sudo().state = state
            for user in self.other, self.colleague, self.portal:
                with self.subTest((method, user.login)):
                    with self.assertRaises(AccessError):
                        getattr(letter.with_user(user), method)()
                    self.assertEqual(letter.sudo().state, state)

    def test_managers_of_the_company(self):
        letter = self._stuck(REFUSED)
        wizard = self._asked(letter, "action_send_elsewhere", self.manager)
        wizard.line_ids.email = "rita@home.example"
        wizard.action_send()
        self.assertEqual(self.fake.addresses(), ["rita@home.example"])

    def test_a_question_belongs_to_who_asked(self):
        wizard = self._asked(self._stuck(REFUSED), "action_send_elsewhere")
        for user in self.other, self.manager, self.colleague, self.portal:
            theirs, line = wizard.with_user(user), wizard.line_ids.with_user(user)
            for call in (
                lambda own, line: own.read(["line_ids"]),
                lambda own, line: line.read(["email"]),
                lambda own, line: line.write({"email": "x@x.example"}),
                lambda own, line: own.action_send(),
            ):
                with self.subTest(user.login), self.assertRaises(AccessError):
                    call(theirs, line)

    def test_nobody_puts_other_letters_into_a_question(self):
        mine, others = self._stuck(REFUSED), self._send_letter()
        others.author_id = self.other.partner_id
        wizard = self._asked(mine, "action_send_elsewhere")
        line = wizard.line_ids
        lines = self.env["b2b.family.resend.line"].with_user(self.seller)
        values = {"resend_id": wizard.id, "letter_id": others.id}
        for call in (
            lambda: lines.create(values),
            lambda: (
                self.env["b2b.family.resend"]
                .with_user(self.seller)
                .create({"line_ids": [Command.create({"letter_id": others.id})]})
            ),
            lambda: line.write({"letter_id": others.id}),
            lambda: line.write({"email": "x@x.example", "letter_id": others.id}),
            lambda: wizard.write({"line_ids": [Command.create(values)]}),
            lambda: wizard.write(
                {"line_ids": [Command.update(line.id, {"letter_id": others.id})]}
            ),
            lambda: wizard.write({"line_ids": [Command.delete(line.id)]}),
            lambda: wizard.write({"create_uid": self.other.id}),
            lambda: wizard.unlink(),
        ):
            with self.assertRaises(AccessError):
                call()
        self.assertEqual(line.letter_id, mine)

    def test_who_lost_the_letter_since_cannot_send_it(self):
        letter = self._stuck(REFUSED)
        wizard = self._asked(letter, "action_send_elsewhere")
        letter.sudo().author_id = self.other.partner_id
        for call in (
            lambda: wizard.action_send(),
            lambda: wizard.line_ids.read(["old_email"]),
        ):
            self.env.invalidate_all()
            with self.assertRaises(AccessError):
                call()
