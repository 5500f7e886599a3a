# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Judge Again: other rules or settings, over what is kept."""

from datetime import timedelta

from test_verdicts import APPLE, FIREFOX, GATEWAY, OUTLOOK, STRANGE, VerdictCase

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged

from odoo.addons.b2b_family_mail.models.event import judgement

OFFICE = "198.51.100.0/24"


class JudgementCase(VerdictCase):
    def setUp(self):
        super().setUp()
        self.judgements = self.env["b2b.family.judgement"]

    def _judge_again(self, **settings):
        """Press the button beside these settings; return what came of it."""
        screen = self.env["res.config.settings"].create(
            {f"b2b_family_{name}": value for name, value in settings.items()}
        )
        screen.action_b2b_judge_again()
        self.judgements._cron_judge()
        return self.judgements.search([], limit=1)

    def _said(self, letter=None):
        events = (letter or self.letter).event_ids
        return events.filtered(lambda ev: ev.event_type == "judged")


@tagged("standard", "post_install", "-at_install")
class TestJudgeAgain(JudgementCase, TransactionCase):
    def test_a_colleague_of_an_office_that_is_named_later(self):
        event = self._happens("message_open", OUTLOOK, ip="198.51.100.9")
        self.assertEqual(self.letter.state, "opened")
        run = self._judge_again(office_networks=OFFICE)
        self.assertEqual((event.verdict, event.verdict_rule), ("own", "office"))
        self.assertEqual(self.letter.state, "sent")
        self.assertFalse(self.letter.first_open_date or self.letter.last_open_date)
        self.assertFalse(self.letter.open_verdict or self.letter.open_count)
        self.assertEqual(self.letter.mail_id.b2b_state, "sent")
        self.assertEqual((run.changed_count, run.letter_count), (1, 1))
        self.assertTrue(run.done_date)

    def test_what_is_taken_back_is_said_at_the_letter(self):
        self._happens("message_open", OUTLOOK, ip="198.51.100.9")
        run = self._judge_again(office_networks=OFFICE)
        said = self._said()
        self.assertEqual(len(said), 1)
        self.assertIn("Not opened, as it had seemed, on", said.verdict_reason)
        self.assertIn("Now “Sent”, before “Opened”.", said.verdict_reason)
        russian = said.with_context(lang="ru_RU").verdict_reason
        self.assertNotEqual(russian, said.verdict_reason)
        shown = self.env["b2b.family.event"].search(run._action_show()["domain"])
        self.assertEqual(shown, said)
        self.assertIn("Letters that changed: 1.", run._words())

    def test_and_given_again_to_nobody_as_news(self):
        self.seller.b2b_notice_open = "popup"
        self._happens("message_open", OUTLOOK, ip="198.51.100.9")
        when = self.letter.first_open_date
        self._judge_again(office_networks=OFFICE)
        self.assertFalse(self.letter.news_kind)
        self._popups()
        self._judge_again(office_networks=False)
        self.assertEqual(self.letter.state, "opened")
        self.assertEqual(
            (self.letter.first_open_date, self.letter.open_count), (when, 1)
        )
        self.assertEqual(self._popups(), [])
        self.assertFalse(self.letter.news_kind)
        self.assertIn("Opened on", self._said()[0].verdict_reason)

    def test_one_of_two_opens(self):
        self._happens("message_open", OUTLOOK, ip="198.51.100.9")
        self._happens("message_open", FIREFOX, 7200, ip="203.0.113.9")
        self._judge_again(office_networks=OFFICE)
        later = self.letter.sent_date + timedelta(seconds=7200)
        self.assertEqual((self.letter.state, self.letter.open_count), ("opened", 1))
        self.assertEqual(self.letter.first_open_date, later)
        self.assertIn(", not on ", self._said().verdict_reason)

    def test_nothing_new_changes_nothing(self):
        for user_agent in (OUTLOOK, APPLE, GATEWAY, STRANGE, None):
            self._happens("message_open", user_agent)
        before = self.letter.read()[0]
        events = self.letter.event_ids.mapped("verdict")
        run = self._judge_again()
        after = self.letter.read()[0]
        same = {name for name in before if before[name] == after[name]}
        self.assertEqual(set(before) - same - {"write_date"}, set())
        self.assertEqual(self.letter.event_ids.mapped("verdict"), events)
        self.assertEqual((run.event_count, run.changed_count), (5, 0))

    def test_an_attachment_too(self):
        letter = self._send_letter(attachment_ids=[(4, self._create_file().id)])
        line = letter.attachment_ids
        self._happens(
            *("attachment_open", FIREFOX, 3600, letter),
            attachment=line.ref,
            ip="198.51.100.9",
        )
        self.assertTrue(line.opened)
        self._judge_again(office_networks=OFFICE)
        self.assertFalse(line.opened or line.first_open_date or line.open_count)
        self.assertEqual(self._said(letter).attachment_id, line)

    def test_the_sums_of_the_service_stay(self):
        self._happens("message_open", OUTLOOK, ip="198.51.100.9")
        self.fake.sums[self.letter.ref] = {"open_count": 3}
        self.letter.action_refresh()
        self._judge_again(office_networks=OFFICE)
        self.assertEqual((self.letter.state, self.letter.open_count), ("opened", 3))
        self.assertEqual(self.letter.open_verdict, "reported")
        self.assertTrue(self.letter.first_open_date)

    def test_dates_of_events_that_are_gone_stay(self):
        self._happens("message_open", FIREFOX)
        first = self.letter.first_open_date
        self.letter.event_ids.unlink()
        self._happens("message_open", OUTLOOK, 7200, ip="198.51.100.9")
        self._judge_again(office_networks=OFFICE)
        self.assertEqual(self.letter.state, "opened")
        self.assertEqual(self.letter.first_open_date, first)
        self.assertEqual(self.letter.last_open_date, first)

    def test_a_bounce_that_an_open_had_covered(self):
        self._happens("message_open", OUTLOOK, ip="198.51.100.9")
        self._happens("bounce", None, 7200)
        self._popups()
        self._judge_again(office_networks=OFFICE)
        self.assertEqual(self.letter.state, "failed")
        self.assertTrue(self.letter.failure_reason)
        self.assertEqual(self._popups(), [])

    def test_unclear_as_the_company_counts_it_now(self):
        self._happens("message_open", STRANGE)
        self._judge_again(unclear_counts="0")
        self.assertEqual(self.letter.state, "sent")
        self._judge_again(unclear_counts="1")
        self.assertEqual(self.letter.state, "opened")

    def test_events_of_before_there_were_verdicts(self):
        event = self._happens("message_open", GATEWAY)
        event.write({"verdict": False, "verdict_rule": False})
        self.letter._take_open(event.date, event.date, 1)
        self._judge_again()
        self.assertEqual((event.verdict, self.letter.state), ("scanner", "delivered"))

    def test_a_young_letter_may_be_told_of_after_all(self):
        self.service._set_params({"not_open_days": "3"})
        letter = self._send_letter()
        due = letter.not_open_date
        self._happens("message_open", OUTLOOK, 1, letter=letter, ip="198.51.100.9")
        self.assertFalse(letter.not_open_date)
        self._judge_again(office_networks=OFFICE)
        self.assertEqual(letter.not_open_date, due)

    def test_a_mail_of_many_batches(self):
        self.patch(judgement, "BATCH", 2)
        letters = [self._send_letter() for _number in range(5)]
        for letter in letters:
            self._happens("message_open", OUTLOOK, letter=letter, ip="198.51.100.9")
        run = self._judge_again(office_networks=OFFICE)
        self.assertEqual({letter.state for letter in letters}, {"sent"})
        self.assertEqual((run.event_count, run.letter_count), (5, 5))


@tagged("standard", "post_install", "-at_install")
class TestWhatIsNotKept(JudgementCase, TransactionCase):
    def test_a_line_about_a_name_still_holds_for_the_past(self):
        lines = "AcmeGate = scanner"
        self.env["res.config.settings"].create(
            {"b2b_family_evidence_lines": lines}
        ).execute()
        event = self._happens("message_open", f"{FIREFOX} AcmeGate")
        self._judge_again(office_networks=OFFICE, evidence_lines=lines)
        self.assertEqual(event.verdict, "scanner")
        self._judge_again(evidence_lines="")
        self.assertEqual(event.verdict, "person")

    def test_what_rests_on_a_network_that_is_forgotten_stands(self):
        self.service._set_params({"office_networks": OFFICE})
        event = self._happens("message_open", OUTLOOK, ip="198.51.100.9")
        event.ip_network = False
        self._judge_again(office_networks="192.0.2.0/24")
        self.assertEqual(event.verdict, "own")
        self._judge_again(office_networks=False)
        self.assertEqual(event.verdict, "person")


@tagged("standard", "post_install", "-at_install")
class TestOffered(JudgementCase, TransactionCase):
    def _is_offered(self):
        return self.env["res.config.settings"].create({}).b2b_family_is_judging_worth_it

    def test_after_settings_have_changed_until_it_is_done(self):
        self._happens("message_open", OUTLOOK)
        self.judgements._note_edition()
        self.assertFalse(self._is_offered())
        self.service._set_params({"office_networks": OFFICE})
        self.assertTrue(self._is_offered())
        self._judge_again(office_networks=OFFICE)
        self.assertFalse(self._is_offered())

    def test_not_where_there_is_nothing(self):
        self.env["b2b.family.event"].search([]).unlink()
        self.service._set_params({"judged_by": False})
        self.assertFalse(self._is_offered())

    def test_an_upgrade_with_other_rules_begins_it_by_itself(self):
        self._happens("message_open", OUTLOOK)
        self.judgements._note_edition()
        runs = self.judgements.search([])
        self.judgements._start_if_worth_it()
        self.assertEqual(self.judgements.search([]), runs, "the same rules")
        self.patch(judgement.evidence, "EDITION", "another")
        self.judgements._start_if_worth_it()
        self.judgements._cron_judge()
        run = self.judgements.search([], limit=1)
        self.assertTrue(run not in runs and run.done_date)
        self.judgements._start_if_worth_it()
        self.assertEqual(self.judgements.search([], limit=1), run, "once")

    def test_to_administrators_only(self):
        screen = self.env["res.config.settings"].with_user(self.seller).browse()
        for button in ("action_b2b_judge_again", "action_b2b_show_judged"):
            with self.assertRaises(AccessError):
                getattr(screen, button)()


@tagged("standard", "post_install", "-at_install")
class TestTrouble(JudgementCase, TransactionCase):
    def test_begun_again_it_begins_at_the_first_letter(self):
        self._happens("message_open", OUTLOOK, ip="198.51.100.9")
        self.judgements._start()
        self.judgements.search([]).last_letter = self.letter.id
        self._judge_again(office_networks=OFFICE)
        self.assertEqual(self.letter.state, "sent")
        self.assertEqual(self.judgements.search_count([("done_date", "=", False)]), 0)

    def test_what_waits_to_be_applied_does_not_count_yet(self):
        event = self._happens("message_open", OUTLOOK)
        self._happens("message_open", STRANGE, 7200)
        event.pending = True
        self._judge_again()
        self.assertEqual(self.letter.state, "opened")
        self.assertEqual(self.letter.open_verdict, "unclear")
