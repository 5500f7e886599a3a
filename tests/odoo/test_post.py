# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What becomes of letters by Odoo's own mail server, by what that says, or does not say."""

from post_case import PostCase

from odoo.tests import tagged

from odoo.addons.b2b_family_mail.models.carrier import smtp
from odoo.addons.b2b_family_mail.models.letter.outbox import claim, deliver

AFTERWARDS = ("TEXT", "END")


@tagged("standard", "post_install", "-at_install")
class TestOutcomes(PostCase):
    def _assert_waits(self, letter, words):
        self.assertEqual(letter.state, "queued", letter.failure_reason)
        self.assertIn(words, letter.failure_reason)
        self.assertTrue(letter.next_try_date)
        self.assertFalse(letter.ref)
        self.assertFalse(letter.sent_date)
        self.post.heal()
        self._make_due(letter)
        self._cron_send()
        self.assertEqual(letter.state, "sent")
        self.assertEqual(self.post.counts()["rita@client.example"], 1)

    def test_accepted(self):
        mail = self._send_mail()
        letter = mail.b2b_letter_ids
        self.assertEqual((letter.state, mail.state), ("sent", "sent"))
        self.assertEqual(letter.ref, mail.message_id)
        self.assertTrue(letter.sent_date)
        self.assertFalse(letter.failure_reason)
        self.assertEqual(self.post.addresses(), ["rita@client.example"])
        self.assertEqual(self.fake.calls, [])

    def test_refused_in_words(self):
        for step in ("MAIL", "RCPT", "DATA", "TEXT"):
            with self.subTest(step=step):
                self.post.fault(step, "550 5.7.1 Go <away>")
                mail = self._send_mail()
                letter = mail.b2b_letter_ids
                self.assertEqual((letter.state, mail.state), ("failed", "exception"))
                self.assertIn("550 5.7.1 Go <away>", letter.failure_reason)
                self.assertEqual(self.post.letters, [])
                letter.action_send_again()
                self.assertEqual(letter.state, "sent")
                self.post.clear()

    def test_not_now(self):
        for step in ("MAIL", "RCPT", "DATA", "TEXT"):
            with self.subTest(step=step):
                self.post.fault(step, "451 4.7.1 Greylisted")
                letter = self._send_letter()
                self._assert_waits(letter, "451 4.7.1 Greylisted")
                self.post.clear()

    def test_hung_up_before_the_text(self):
        for step in ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA"):
            with self.subTest(step=step):
                self.post.fault(step, drop=True, times=2)
                letter = self._send_letter()
                self._assert_waits(letter, "cannot be reached")
                self.post.clear()

    def test_hung_up_after_the_text(self):
        for step in AFTERWARDS:
            with self.subTest(step=step):
                self.post.fault(step, drop=True)
                mail = self._send_mail()
                letter = mail.b2b_letter_ids
                self.assertEqual((letter.state, mail.state), ("unknown", "exception"))
                self.assertIn("no clear answer", letter.failure_reason)
                self.assertFalse(letter.next_try_date)
                taken = len(self.post.letters)
                for _round in range(3):
                    letter.claim_date = self._ago(hours=1)
                    self._cron_send()
                    self._cron_sync()
                self.assertEqual(letter.state, "unknown")
                self.assertEqual(len(self.post.letters), taken)
                self.post.clear()

    def test_hung_up_in_the_middle_of_the_answer(self):
        """What is left of it, two digits for instance, says nothing."""
        self.post.fault("RCPT", "45", drop=True)
        self._assert_waits(self._send_letter(), "cannot be reached")
        for step in AFTERWARDS:
            for said in ("2", "45", "what?"):
                with self.subTest(step=step, said=said):
                    self.post.fault(step, said, drop=True)
                    self.assertEqual(self._send_letter().state, "unknown")
        self.post.fault("END", "550", drop=True)
        self.assertEqual(self._send_letter().state, "failed", "that is its answer")

    def test_what_is_no_answer_says_nothing_of_the_letter(self):
        for said in ("252 Perhaps", "what?", "350 More", "25x"):
            with self.subTest(said=said):
                self.post.fault("END", said)
                self.assertEqual(self._send_letter().state, "unknown")

    def test_a_server_that_is_not_there(self):
        self.post.shutdown()
        self.post.server_close()
        letter = self._send_letter()
        self.assertEqual(letter.state, "queued")
        self.assertIn("cannot be reached", letter.failure_reason)

    def test_who_are_you(self):
        self.post.fault("MAIL", "530 5.7.0 Authentication required", times=None)
        letters = self._send_mail(email_to="bob@client.example").b2b_letter_ids
        self.assertEqual(set(letters.mapped("state")), {"queued"})
        for letter in letters:
            self.assertIn("not set up correctly", letter.failure_reason)
            self.assertIn("530 5.7.0", letter.failure_reason)
        self.assertEqual(self.post.steps["MAIL"], 1, "the others would hear the same")

    def test_one_of_many(self):
        self.post.fault("RCPT", "550 No such user", address="bob@client.example")
        self.post.fault("RCPT", "450 Later", address="cid@client.example")
        self.post.fault("END", drop=True, address="dan@client.example")
        mail = self._send_mail(
            email_to="bob@client.example, cid@client.example, dan@client.example,"
            " eve@client.example"
        )
        self.assertEqual(
            {letter.email: letter.state for letter in mail.b2b_letter_ids},
            {
                "rita@client.example": "sent",
                "bob@client.example": "failed",
                "cid@client.example": "queued",
                "dan@client.example": "unknown",
                "eve@client.example": "sent",
            },
        )
        self.assertEqual(self.post.sessions, 2, "opened anew after the one it died on")

    def test_a_session_that_had_died_is_opened_anew(self):
        self.post.fault("MAIL", drop=True, skip=1)
        mail = self._send_mail(email_to="bob@client.example, cid@client.example")
        self.assertEqual(set(mail.b2b_letter_ids.mapped("state")), {"sent"})
        self.assertEqual(set(self.post.counts().values()), {1})
        self.assertEqual(self.post.sessions, 2)

    def test_a_session_serves_for_many(self):
        mails = self.env["mail.mail"].union(
            *(self._write_mail().sudo() for _number in range(20))
        )
        mails.state = "outgoing"
        mails.send()
        self._cron_send()
        self.assertEqual(set(mails.b2b_letter_ids.mapped("state")), {"sent"})
        self.assertEqual(self.post.sessions, 1)
        self.assertEqual(len(self.post.letters), 20)


@tagged("standard", "post_install", "-at_install")
class TestSlow(PostCase):
    """A server that never ends what it says, a byte at a time: no read takes long."""

    def setUp(self):
        super().setUp()
        self.patch(smtp, "EXCHANGE_SECONDS", 0.4)
        self.patch(smtp, "QUIT_SECONDS", 0.4)

    def _send_to_three(self, step):
        self.post.fault(step, drip=0.05)
        addresses = "bob@client.example, cid@client.example"
        letters = self._send_mail(email_to=addresses).b2b_letter_ids.sorted("id")
        return letters[0], letters[1:]

    def _assert_others_leave(self, others):
        """They would have to wait as well, and are not to blame."""
        self.assertEqual(others.mapped("state"), ["queued", "queued"])
        self.assertEqual(set(others.mapped("try_count")), {0})
        self.post.heal()
        self._make_due(others)
        self._cron_send()
        self.assertEqual(others.mapped("state"), ["sent", "sent"])
        self.assertEqual(set(self.post.counts().values()), {1})

    def test_before_the_text(self):
        for step in ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA"):
            with self.subTest(step=step):
                letter, others = self._send_to_three(step)
                self.assertEqual((letter.state, letter.ref), ("queued", False))
                self.assertIn("takes so long", letter.failure_reason)
                self.assertEqual(letter.try_count, 1)
                self.assertEqual(self.post.letters, [])
                self._make_due(letter)
                self._assert_others_leave(others)
                self.assertEqual(letter.state, "sent")
                self.post.clear()
        status = self.env["b2b.family.service.status"]._get_server(
            self.env["ir.mail_server"]
        )
        self.assertIn("takes so long", status.last_error)
        self.assertFalse(status.activity_ids, "nobody can mend it here")

    def test_after_the_text(self):
        for step in AFTERWARDS:
            with self.subTest(step=step):
                letter, others = self._send_to_three(step)
                self.assertEqual(letter.state, "unknown")
                self.assertIn("took so long", letter.failure_reason)
                self._assert_others_leave(others)
                self.assertEqual(letter.state, "unknown")
                self.post.clear()

    def test_while_it_takes_leave(self):
        self.post.fault("QUIT", drip=0.05)
        self.assertEqual(self._send_letter().state, "sent")

    def test_between_starttls_and_tls(self):
        self.env["ir.mail_server"].create(
            {
                "name": "Secure",
                "smtp_host": "127.0.0.1",
                "smtp_port": self.post.port,
                "smtp_encryption": "starttls",
            }
        )
        self.post.fault("STARTTLS", seconds=5)
        letter = self._send_letter()
        self.assertEqual(letter.state, "queued")
        self.assertIn("takes so long", letter.failure_reason)

    def test_a_letter_at_a_time(self):
        """Each has the whole time, however many go in one session."""
        self.post.fault("TEXT", seconds=0.2, times=None)
        addresses = "bob@client.example, cid@client.example, dan@client.example"
        letters = self._send_mail(email_to=addresses).b2b_letter_ids
        self.assertEqual(set(letters.mapped("state")), {"sent"})
        self.assertEqual(self.post.sessions, 1)


@tagged("standard", "post_install", "-at_install")
class TestTrouble(PostCase):
    """What an administrator has to mend, he is told, once."""

    def _alerts(self):
        activities = self.env["mail.activity"].search(
            [("res_model", "=", "b2b.family.service.status")]
        )
        self.assertEqual(activities.user_id, self.env.ref("base.user_admin"))
        return activities.mapped("summary")

    def test_a_server_that_does_not_let_us_in(self):
        self.post.login = ("me", "wrong")
        self.post.fault("AUTH", "535 5.7.8 Wrong password", times=None)
        server = self.env["ir.mail_server"].create(
            {
                "name": "Shop",
                "smtp_host": "127.0.0.1",
                "smtp_port": self.post.port,
                "smtp_encryption": "none",
                "smtp_user": "me",
                "smtp_pass": "wrong",
            }
        )
        letters = self._send_letter() | self._send_letter()
        self.assertEqual(letters.mapped("state"), ["queued", "queued"])
        [words] = self._alerts()
        self.assertIn("535 5.7.8 Wrong password", words)
        status = self.env["b2b.family.service.status"]._get_server(server)
        self.assertEqual(status.display_name, "Shop")
        self.assertIn("535", status.last_error)
        self.assertFalse(self.env["b2b.family.service.status"]._get_common())
        self.post.heal()
        self._make_due(letters)
        self._cron_send()
        self.assertEqual(letters.mapped("state"), ["sent", "sent"])
        self.assertFalse(status.activity_ids)

    def test_an_outage_is_nobody_s_to_mend(self):
        self.post.fault("CONNECT", "421 Busy", times=None)
        letter = self._send_letter()
        self.assertEqual(letter.state, "queued")
        self.assertFalse(self.env["b2b.family.service.status"].search([]).activity_ids)

    def test_one_of_two_servers(self):
        """Letters by the other one go on, whichever comes first."""
        common = {"smtp_host": "127.0.0.1", "smtp_encryption": "none"}
        gone = {"name": "Gone", "smtp_port": 1, "from_filter": "sally@shop.example"}
        there = {"name": "There", "smtp_port": self.post.port}
        self.env["ir.mail_server"].create([common | gone, common | there])
        letters = self.env["b2b.family.letter"]
        self.patch(type(letters), "_deliver_after_commit", lambda *_args, **_how: None)
        for module in claim, deliver:
            self.patch(module, "SEND_BATCH", 2)
        letters |= self._send_letter()
        for _number in range(2):
            letters |= self._send_letter(user=self.env.user)
        self._cron_send()
        self.assertEqual(letters.mapped("state"), ["queued", "sent", "sent"])
        self.assertIn("cannot be reached", letters[0].failure_reason)

    def test_a_person_s_own_server_has_a_limit(self):
        self.post.login = ("sally@shop.example", "secret")
        server = self.env["ir.mail_server"].create(
            {
                "name": "Sally",
                "smtp_user": "sally@shop.example",
                "smtp_pass": "secret",
                "smtp_host": "127.0.0.1",
                "smtp_port": self.post.port,
                "smtp_encryption": "none",
                "from_filter": "sally@shop.example",
                "owner_user_id": self.seller.id,
            }
        )
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("mail.server.personal.limit.minutes", "2")
        mail = self._send_mail(email_to="bob@x.example, cid@x.example")
        letters = mail.b2b_letter_ids
        self.assertEqual(len(self.post.letters), 2, letters.mapped("failure_reason"))
        waiting = letters.filtered(lambda letter: letter.state == "queued")
        self.assertIn("so many letters", waiting.failure_reason)
        self.assertEqual(server.owner_limit_count, 2)
        self._make_due(waiting)
        server.owner_limit_time = self._ago(minutes=2)
        self._cron_send()
        self.assertEqual(waiting.state, "sent")


@tagged("standard", "post_install", "-at_install")
class TestWays(PostCase):
    """What people do about letters is the same, whoever delivers them."""

    def setUp(self):
        super().setUp()
        self.post.fault("RCPT", "451 Later")
        self.letter = self._send_letter()
        self.assertEqual(self.letter.state, "queued")
        self.by_seller = self.letter.with_user(self.seller)

    def test_try_now(self):
        self.by_seller.action_try_now()
        self.assertEqual(self.letter.state, "sent")

    def test_cancel(self):
        self.by_seller.action_cancel()
        self._cron_send()
        self.assertEqual(self.letter.status, "cancelled")
        self.assertEqual(self.post.letters, [])

    def test_its_text_is_gone(self):
        self.letter.mail_id.unlink()
        self._make_due(self.letter)
        self._cron_send()
        self.assertEqual(self.letter.state, "failed")
        self.assertIn("was deleted before", self.letter.failure_reason)
        self.assertEqual(self.post.letters, [])

    def test_by_ordinary_mail(self):
        self.by_seller.action_send_plain()
        self.assertEqual(self.letter.state, "untracked")
        self.assertTrue(self.letter.sent_date)
        [letter] = self.post.letters
        self.assertNotIn(b"/b2b_family/", letter.raw)

    def test_a_scheduled_message(self):
        self.post.clear()
        self.seller.group_ids += self.env.ref("base.group_partner_manager")
        record = self.env["res.partner"].create({"name": "The record"})
        scheduled = self.env["mail.scheduled.message"].with_user(self.seller)
        message = scheduled.create(
            {
                "model": "res.partner",
                "res_id": record.id,
                "author_id": self.seller.partner_id.id,
                "subject": "Later",
                "body": "Hello",
                "partner_ids": [(4, self.reader.id)],
                "scheduled_date": self._ago(minutes=-5),
                "notification_parameters": '{"b2b_send": true}',
            }
        )
        message.post_message()
        self._cron_send()
        self.assertEqual(self.post.addresses(), ["rita@client.example"])


@tagged("standard", "post_install", "-at_install")
class TestDoubt(PostCase):
    def setUp(self):
        super().setUp()
        self.post.fault("END", drop=True)
        self.letter = self._send_letter()
        self.assertEqual(self.letter.state, "unknown")

    def test_an_open_settles_it(self):
        self.letter._set_opened()
        self.assertEqual(self.letter.state, "opened")
        self.assertEqual(self.letter.mail_id.state, "sent")

    def test_nobody_is_asked_about_it(self):
        letter = self.letter.with_user(self.seller)
        letter.action_look_up()
        self.assertEqual(self.letter.state, "unknown")
        self.assertEqual(self.fake.calls, [])

    def test_a_person_sends_it_again(self):
        self.letter.with_user(self.seller).action_send_again()
        self.assertEqual(self.letter.state, "sent")
        self.assertEqual(len(self.post.letters), 2)

    def test_a_person_knows_that_it_arrived(self):
        self.letter.with_user(self.seller).action_arrived()
        self.assertEqual(self.letter.state, "sent")
        self.assertTrue(self.letter.sent_date)
        self.assertEqual(self.letter.mail_id.state, "sent")
        self.assertEqual(len(self.post.letters), 1)


@tagged("standard", "post_install", "-at_install")
class TestDied(PostCase):
    """What is found of a process that has died is as exact as it can be."""

    def _claim(self, count):
        letters = self.env["b2b.family.letter"]
        self.patch(type(letters), "_deliver_after_commit", lambda *_args, **_how: None)
        for _number in range(count):
            letters |= self._send_letter()
        claimed = letters._claim("odoo", letters.ids)
        self.assertEqual(claimed, letters)
        self.env.flush_all()
        return letters

    def test_only_the_one_that_was_being_handed_in_is_in_doubt(self):
        taken, doubtful, waiting = self._claim(3)
        for letter in taken, doubtful:
            self.assertTrue(letter._note_begun("<1@x>", letter.claim_date))
        taken._note_ended(True)
        letters = taken | doubtful | waiting
        letters.invalidate_recordset()
        letters.claim_date = self._ago(minutes=11)
        letters._release_stale_claims()
        self.assertEqual(letters.mapped("state"), ["sent", "unknown", "queued"])
        self.assertEqual(waiting.try_count, 0)
        self.assertFalse(doubtful.next_try_date)

    def test_one_that_was_not_taken_waits(self):
        letter = self._claim(1)
        self.assertTrue(letter._note_begun("<1@x>", letter.claim_date))
        letter._note_ended(False)
        letter.invalidate_recordset()
        letter.claim_date = self._ago(minutes=11)
        letter._release_stale_claims()
        self.assertEqual((letter.state, letter.ref), ("queued", False))

    def test_one_that_is_put_back_was_not_begun(self):
        letter = self._claim(1)
        self.assertTrue(letter._note_begun("<1@x>", letter.claim_date))
        letter.invalidate_recordset()
        letter._put_back({letter: letter.claim_date})
        claimed = letter._claim("odoo", letter.ids)
        claimed.claim_date = self._ago(minutes=11)
        claimed._release_stale_claims()
        self.assertEqual((letter.state, letter.ref), ("queued", False))

    def test_who_has_lost_his_claim_hands_nothing_in(self):
        letter = self._claim(1)
        self.assertFalse(letter._note_begun("<1@x>", self._ago(minutes=5)))
        carrier = letter._carrier()
        outgoing = carrier._prepare_letters(letter)
        letter.claim_date = self._ago(minutes=5)
        letter.flush_recordset()
        self.env.cr.execute("UPDATE b2b_family_letter SET claim_date = now()")
        carrier._send_letters(outgoing)
        self.assertEqual(self.post.letters, [])
