# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Was it the reader? What programs do is shown, and does not count as opened."""

from datetime import timedelta

from chatter_case import ChatterCase
from common import B2BCase
from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.tests import TransactionCase, tagged

from odoo.addons.b2b_family_mail.models.letter.state import (
    AT_A_GLANCE,
    OF_A_MAIL,
    RANK,
    STATES,
    STATUSES,
)

OUTLOOK = "Mozilla/4.0 (compatible; ms-office; MSOffice 16; Microsoft Outlook 16.0)"
GMAIL = (
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 "
    "(via ggpht.com GoogleImageProxy)"
)
APPLE = "Mozilla/5.0"
GATEWAY = "Barracuda Sentinel (EE)"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
STRANGE = "SomethingNobodyKnows/1"


class VerdictCase(B2BCase):
    def setUp(self):
        super().setUp()
        self.letter = self._send_letter()

    def _happens(self, kind, user_agent, seconds=3600, letter=None, **details):
        """Something happens to the letter, so long after it was sent."""
        letter = letter or self.letter
        when = letter.sent_date + timedelta(seconds=seconds)
        before = letter.event_ids
        with freeze_time(when):
            self._ingest(
                self.fake.happen(
                    letter.ref,
                    kind,
                    f"{when.isoformat()}Z",
                    user_agent=user_agent,
                    **details,
                )
            )
        return letter.event_ids - before


@tagged("standard", "post_install", "-at_install")
class TestVerdicts(VerdictCase, TransactionCase):
    def test_whose_it_was(self):
        for user_agent, verdict, state in (
            (OUTLOOK, "person", "opened"),
            (GMAIL, "proxy", "opened"),
            (None, "reported", "opened"),
            (FIREFOX, "person", "opened"),
            (STRANGE, "unclear", "opened"),
            (APPLE, "prefetch", "delivered"),
            (GATEWAY, "scanner", "delivered"),
        ):
            with self.subTest(user_agent=user_agent):
                letter = self._send_letter()
                event = self._happens("message_open", user_agent, letter=letter)
                self.assertEqual((event.verdict, letter.state), (verdict, state))
                self.assertEqual(letter.mail_id.b2b_state, state)
                self.assertEqual(bool(letter.first_open_date), state == "opened")
                self.assertEqual(letter.open_count, int(state == "opened"))
                self.assertTrue(event.verdict_reason)
                self.assertFalse(event.pending)

    def test_every_status_has_its_place_in_every_order(self):
        states = {state for state, _label in STATES}
        self.assertEqual(set(RANK), states)
        for order in (OF_A_MAIL, AT_A_GLANCE):
            self.assertEqual(set(order), {status for status, _label in STATUSES})

    def test_a_program_is_told_to_nobody_a_reader_is(self):
        self.seller.b2b_notice_open = "popup"
        self._popups()
        self._happens("message_open", GATEWAY)
        self._happens("message_open", APPLE)
        self.assertEqual(self._popups(), [])
        self.assertFalse(self.letter.news_kind)
        self._happens("message_open", OUTLOOK)
        self.assertEqual(len(self._popups()), 1)
        self.assertEqual(self.letter.news_kind, "open")

    def test_attachments_that_a_gateway_fetched_are_not_opened(self):
        file = self._create_file()
        letter = self._send_letter(attachment_ids=[(4, file.id)])
        line = letter.attachment_ids
        self._happens("attachment_open", GATEWAY, letter=letter, attachment=line.ref)
        self.assertFalse(line.opened)
        self.assertEqual(letter.state, "delivered")
        self._happens("attachment_open", FIREFOX, 7200, letter, attachment=line.ref)
        self.assertTrue(line.opened)
        self.assertEqual((line.open_count, letter.state), (1, "opened"))

    def test_a_letter_that_was_opened_stays_so(self):
        self._happens("message_open", OUTLOOK)
        self._happens("message_open", GATEWAY, 7200)
        self.assertEqual(self.letter.state, "opened")
        self.assertEqual(self.letter.open_count, 1)

    def test_a_bounce_after_a_scanner_fails_the_letter(self):
        self._happens("message_open", GATEWAY)
        self._happens("bounce", None)
        self.assertEqual(self.letter.state, "failed")

    def test_delivered_is_not_opened_in_time(self):
        self.service._set_params({"not_open_days": "3"})
        letter = self._send_letter()
        self._happens("message_open", APPLE, letter=letter)
        self.assertEqual(letter.state, "delivered")
        letter.not_open_date = self._ago(seconds=1)
        self.env["b2b.family.letter"]._cron_not_open()
        self.assertEqual(letter.news_kind, "not_open")

    def test_unclear_counts_as_the_company_says(self):
        self.service._set_params({"unclear_counts": "0"})
        self._happens("message_open", STRANGE)
        self.assertEqual(self.letter.state, "sent")
        self._happens("message_open", FIREFOX, 7200)
        self.assertEqual((self.letter.state, self.letter.open_count), ("opened", 1))
        self.assertEqual(self.letter.open_verdict, "person")

    def test_the_surest_verdict_stands_at_the_letter(self):
        self._happens("message_open", STRANGE)
        self.assertEqual(self.letter.open_verdict, "unclear")
        self._happens("message_open", GMAIL, 7200)
        self.assertEqual(self.letter.open_verdict, "proxy")
        self._happens("message_open", STRANGE, 9000)
        self.assertEqual(self.letter.open_verdict, "proxy")


@tagged("standard", "post_install", "-at_install")
class TestSums(VerdictCase, TransactionCase):
    """What the service counts knows nothing of who it was."""

    def test_the_sum_of_a_scanner_is_no_open(self):
        self._happens("message_open", GATEWAY)
        self.fake.sums[self.letter.ref] = {"open_count": 1}
        self.letter.action_refresh()
        self.assertEqual(self.letter.state, "delivered")
        self.assertFalse(self.letter.open_count)

    def test_more_than_what_is_stored_is_as_the_service_reports(self):
        self._happens("message_open", GATEWAY)
        self.fake.sums[self.letter.ref] = {"open_count": 2}
        self.letter.action_refresh()
        self.assertEqual(self.letter.state, "opened")
        self.assertEqual(self.letter.open_verdict, "reported")


@tagged("standard", "post_install", "-at_install")
class TestSettling(VerdictCase, TransactionCase):
    """An open of a young letter waits a moment: what follows may change it."""

    def setUp(self):
        super().setUp()
        self.service._set_params({"settle_seconds": "15"})

    def _happen_at(self, seconds, links, user_agent=FIREFOX, now=None):
        sent = self.letter.sent_date
        with freeze_time(sent + timedelta(seconds=now or seconds)):
            for link in links:
                when = sent + timedelta(seconds=seconds)
                self._ingest(
                    self.fake.happen(
                        self.letter.ref,
                        "link_click",
                        f"{when.isoformat()}Z",
                        user_agent=user_agent,
                        url=f"https://shop.example/{link}",
                    )
                )

    def test_a_click_that_nothing_follows_counts_after_a_while(self):
        self._happen_at(300, ["a"])
        self.assertEqual(self.letter.state, "sent")
        with freeze_time(self.letter.sent_date + timedelta(seconds=316)):
            self._cron_sync()
        self.assertEqual(self.letter.state, "opened")

    def test_a_burst_is_no_reader(self):
        self._happen_at(300, ["a"])
        self._happen_at(301, ["b", "c"])
        with freeze_time(self.letter.sent_date + timedelta(seconds=320)):
            self._cron_sync()
        self.assertEqual(set(self.letter.event_ids.mapped("verdict")), {"scanner"})
        self.assertEqual(self.letter.state, "delivered")

    def test_a_mail_program_is_believed_at_once(self):
        self._happens("message_open", OUTLOOK, 20)
        self.assertEqual(self.letter.state, "opened")

    def test_an_old_letter_does_not_wait(self):
        self._happen_at(3600, ["a"])
        self.assertEqual(self.letter.state, "opened")


@tagged("standard", "post_install", "-at_install")
class TestLines(VerdictCase, TransactionCase):
    def _save(self, **values):
        self.env["res.config.settings"].create(values).execute()

    def test_a_colleague_by_the_own_network(self):
        self._save(b2b_family_office_networks="198.51.100.0/24, 203.0.113.7")
        event = self._happens("message_open", OUTLOOK, ip="198.51.100.9")
        self.assertEqual((event.verdict, self.letter.state), ("own", "sent"))
        self.assertEqual(event.ip_network, "198.51.100.0/24")

    def test_the_gateway_of_a_customer(self):
        self._save(b2b_family_evidence_lines="AcmeGate = scanner")
        event = self._happens("message_open", "Mozilla/5.0 AcmeGate Firefox/1")
        self.assertEqual(event.verdict, "scanner")

    def test_what_cannot_be_read_is_refused_and_named(self):
        for values, words in (
            ({"b2b_family_office_networks": "office"}, "^Own networks: “office”"),
            ({"b2b_family_office_networks": "10.0.0.0/4"}, "too wide"),
            (
                {"b2b_family_evidence_lines": "x = scanner"},
                "^Own lines: “x = .*3 to 100",
            ),
            ({"b2b_family_evidence_lines": "AcmeGate = robot"}, "AcmeGate"),
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(ValidationError, words),
            ):
                self._save(**values)
        screens = self.env["res.config.settings"].with_context(lang="ru_RU")
        words = "^Собственные сети: «office» — не сеть"
        with self.assertRaisesRegex(ValidationError, words):
            screens.create({"b2b_family_office_networks": "office"})

    def test_a_line_written_past_the_settings_stops_nothing(self):
        self.service._set_params({"office_networks": "nonsense"})
        self._happens("message_open", OUTLOOK)
        self.assertEqual(self.letter.state, "opened")


@tagged("standard", "post_install", "-at_install")
class TestReasons(VerdictCase, TransactionCase):
    def test_in_the_language_of_whoever_looks(self):
        event = self._happens("message_open", GATEWAY)
        self.assertIn("not a person", event.verdict_reason)
        russian = event.with_context(lang="ru_RU").verdict_reason
        self.assertIn("не человек", russian)

    def test_every_verdict_has_a_sentence(self):
        event = self._happens("message_open", OUTLOOK)
        for verdict, _label in event._fields["verdict"].selection:
            for rule in ("burst", "early+unknown_program", "nothing", "company"):
                event.write({"verdict": verdict, "verdict_rule": rule})
                words = event.verdict_reason
                self.assertTrue(words.endswith("."), words)
                self.assertNotIn("%(", words)


@tagged("standard", "post_install", "-at_install")
class TestChatterTold(ChatterCase, VerdictCase, TransactionCase):
    def test_the_chatter_is_told_that_it_is_not_sure(self):
        with self.mock_mail_gateway():
            message = self._post()
        letter = self.env["b2b.family.letter"].search([("message_id", "=", message.id)])
        letter = letter[:1]
        row = message.sudo().notification_ids.filtered(
            lambda row: row.res_partner_id == letter.partner_id
        )
        self._happens("message_open", STRANGE, letter=letter)
        self.assertEqual((row.b2b_state, row.b2b_open_unclear), ("opened", True))
        self._happens("message_open", OUTLOOK, 7200, letter=letter)
        self.assertEqual((row.b2b_state, row.b2b_open_unclear), ("opened", False))
