# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Opens of a mailing that are counted without a person: who gets the picture, what counts."""

import re
from unittest.mock import patch

from freezegun import freeze_time
from watch_case import FIREFOX, WatchCase

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.b2b_family_mail.controllers import tracking
from odoo.addons.b2b_family_mail.models import b2b_family_tally
from odoo.addons.b2b_family_mail.tools import tokens

PICTURE = re.compile(r'<img src="https?://[^"/]*(/b2b_family/t/[^"]+\.gif)"')
OUTLOOK = (
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0.1)"
)
FEWEST = b2b_family_tally.FEWEST


class TallyCase(WatchCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = cls.env["res.partner"].create(
            [
                {"name": f"Reader {n}", "email": f"reader{n}@client.example"}
                for n in range(12)
            ]
        )
        cls.tallies = cls.env["b2b.family.tally"]

    def setUp(self):
        super().setUp()
        self.service._set_params({"consent_policy": "consent", "count_opens": "True"})

    def _compose(self, people, **values):
        values = {
            "model": "res.partner",
            "res_ids": repr(people.ids),
            "composition_mode": "mass_mail",
            "subject": "News for {{ object.name }}",
            "body": "<p>Hello</p>",
            **values,
        }
        return self.env["mail.compose.message"].with_user(self.seller).create(values)

    def _template(self, partners):
        return self.env["mail.template"].create(
            {
                "name": "News",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "News",
                "body_html": "<p>Hello</p>",
                "partner_to": partners,
                "use_default_to": False,
            }
        )

    def _mail_to(self, people, **values):
        """Send a mailing via B2B; return what its sender is told."""
        composer = self._compose(people, **values)
        with self.mock_mail_gateway(mail_unlink_sent=False):
            done = composer.action_b2b_send_mail()
        return done["params"]["message"]

    def _tally(self):
        return self.tallies.search([], limit=1)

    def _pictures(self):
        """Return the pictures in what has left, by who got it."""
        return {
            mail["email_to"][0].rpartition("<")[2].rstrip(">"): PICTURE.findall(
                mail["body"]
            )
            for mail in self._mails
        }

    def _letters(self):
        return self.env["b2b.family.letter"].search(
            [("partner_id", "in", self.people.ids)]
        )


@tagged("standard", "post_install", "-at_install")
class TestWhoGetsIt(TallyCase, HttpCase):
    def test_many_share_one_picture(self):
        message = self._mail_to(self.people)
        pictures = self._pictures()
        self.assertEqual(len(pictures), 12)
        [picture] = {tuple(found) for found in pictures.values()}
        self.assertEqual(len(picture), 1)
        tally = self._tally()
        self.assertEqual(tally.recipient_count, 12)
        self.assertEqual(tally.subject, "News for {{ object.name }}")
        self.assertEqual(tally.author_id, self.seller.partner_id)
        self.assertEqual(tally.company_id, self.env.company)
        self.assertEqual(tally.date, fields.Date.today())
        self.assertIn("By ordinary mail, not tracked: 12.", message)
        self.assertIn("counted without a person: 12.", message)

    def test_nothing_of_it_is_kept_or_read(self):
        """Neither in the text in Odoo nor in the part of the mail without pictures."""
        self._mail_to(self.people)
        letters = self._letters()
        for text in (*letters.message_id.mapped("body"), *letters.mapped("body")):
            self.assertNotIn("b2b_family", text)
        for mail in self._mails:
            self.assertNotIn("b2b_family", mail["body_alternative"])

    def test_few_have_none(self):
        message = self._mail_to(self.people[: FEWEST - 1])
        self.assertEqual(set(map(tuple, self._pictures().values())), {()})
        self.assertFalse(self.tallies.search([]))
        self.assertNotIn("without a person", message)

    def test_just_enough(self):
        self._mail_to(self.people[:FEWEST])
        self.assertTrue(all(self._pictures().values()))

    def test_who_answered_has_none_and_is_not_counted_among_them(self):
        refused, halfway, agreed = self.people[:3]
        agreed.b2b_tracking_consent = "yes"
        others = self.env["res.partner"].create(
            {"name": "Another", "email": "another@client.example"}
        )
        # Ten who were not asked, and as many as it takes to see who of the rest has it.
        refused.b2b_tracking_consent = "no"
        halfway.b2b_tracking_consent_documents = "no"
        self._mail_to(self.people + others)
        pictures = self._pictures()
        self.assertNotIn(agreed.email, pictures, "a letter of his own")
        self.assertEqual(pictures.pop(refused.email), [])
        self.assertEqual(pictures.pop(halfway.email), [])
        self.assertEqual(len(pictures), FEWEST)
        self.assertTrue(all(pictures.values()))
        self.assertEqual(self._tally().recipient_count, FEWEST)

    def test_who_agreed_has_only_a_picture_of_his_own(self):
        """Whoever delivers his letter, a part of the same mailing."""
        agreed = self.env["res.partner"].create(
            {
                "name": "Agreed",
                "email": "agreed@client.example",
                "b2b_tracking_consent": "yes",
            }
        )
        self._mail_to(self.people + agreed)
        mail = self.env["mail.mail"].search([("recipient_ids", "=", agreed.id)])
        self.assertEqual(mail.b2b_tally_id, self._tally(), "so it could have it")
        letter = mail.b2b_letter_ids
        [values] = mail._b2b_prepare_outgoing(
            letter, self.env["ir.mail_server"]
        ).values()
        html = letter._outgoing_html(values["body"])
        self.assertIn("/b2b_family/o/", html)
        self.assertNotIn("/b2b_family/t/", html)
        self.assertFalse(letter.tally_id)

    def test_those_who_answered_make_no_number(self):
        self.people[0].b2b_tracking_consent = "no"
        self.people[1].b2b_tracking_consent_documents = "no"
        self.people[2].b2b_tracking_consent = "yes"
        self._mail_to(self.people)
        self.assertFalse(any(self._pictures().values()))
        self.assertFalse(self.tallies.search([]))

    def test_by_whatever_contact_or_address_he_refused(self):
        self.env["res.partner"].create(
            {
                "name": "Elsewhere",
                "email": self.people[0].email,
                "b2b_tracking_consent": "no",
            }
        )
        self._mail_to(self.people)
        self.assertEqual(self._pictures()[self.people[0].email], [])
        self.assertEqual(self._tally().recipient_count, 11)

    def test_colleagues_are_no_readers(self):
        """Neither by a mail of their own nor by one that readers get as well."""
        office = self.env["res.partner"]
        for n in range(3):
            user = new_test_user(self.env, f"colleague{n}x", "base.group_user")
            office |= user.partner_id
        self._mail_to(self.people[:9] + office)
        self.assertFalse(any(self._pictures().values()))
        partners = f"{{{{ object.id }}}},{','.join(map(str, office.ids))}"
        self._mail_to(self.people[:9], template_id=self._template(partners).id)
        self.assertGreater(len(self._mails), 9)
        self.assertFalse(any(self._pictures().values()))
        self.assertFalse(self.tallies.search([]))

    def test_where_all_are_tracked(self):
        self.service._set_params({"consent_policy": "track"})
        self._mail_to(self.people)
        self._cron_send()
        self.assertEqual(len(self.fake.addresses()), 12)
        self.assertFalse(self.tallies.search([]))

    def test_single_letters_never(self):
        """However many its recipients are, and though a mailing is counted."""
        self._mail_to(self.people)
        with self.mock_mail_gateway(mail_unlink_sent=False):
            self._send_mail(recipient_ids=[(6, 0, self.people.ids)])
        self.assertEqual(len(self._mails), 12)
        self.assertFalse(any(self._pictures().values()))

    def test_core_is_left_alone(self):
        composer = self._compose(self.people)
        with self.mock_mail_gateway(mail_unlink_sent=False):
            composer.action_send_mail()
        self.assertEqual(len(self._mails), 12)
        self.assertFalse(any(self._pictures().values()))
        self.assertFalse(self.tallies.search([]))

    def test_switched_off_nothing_changes(self):
        self.service._set_params({"count_opens": False})
        message = self._mail_to(self.people)
        self.assertEqual(len(self._mails), 12)
        self.assertFalse(any(self._pictures().values()))
        self.assertFalse(self.tallies.search([]))
        self.assertNotIn("without a person", message)

    def test_switched_off_it_costs_nothing(self):
        """Not one query more than without it: only the switch is looked at."""
        self.service._set_params({"count_opens": False})
        counts = []
        for begin in (
            type(self.env["mail.mail"])._b2b_begin_tally,
            lambda *_args: None,
        ):
            self._mail_to(self.people[:3])  # what is read once is read
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            with patch.object(type(self.env["mail.mail"]), "_b2b_begin_tally", begin):
                self._mail_to(self.people)
                self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)

    def test_of_a_mailing_for_later_the_answers_of_then_hold(self):
        template = self._template("{{ object.id }}")
        template.scheduled_date = "2100-01-01 10:00:00"
        composer = self._compose(self.people, template_id=template.id)
        with self.mock_mail_gateway(mail_unlink_sent=False):
            composer.action_b2b_send_mail()
        tally = self._tally()
        self.assertEqual(tally.date, fields.Date.to_date("2100-01-01"))
        self.assertEqual((self._mails, tally.recipient_count), ([], 0))
        self.people[0].b2b_tracking_consent = "no"
        mails = composer.sudo().b2b_mail_ids
        mails.scheduled_date = self._ago(minutes=1)
        with self.mock_mail_gateway(mail_unlink_sent=False):
            self.env["mail.mail"].process_email_queue(mails.ids)
        pictures = self._pictures()
        self.assertEqual(pictures.pop(self.people[0].email), [])
        self.assertEqual(len([found for found in pictures.values() if found]), 11)
        self.assertEqual(tally.recipient_count, 11)

    def test_who_refused_gets_none_when_it_is_sent_again(self):
        self._mail_to(self.people)
        letter = self._letters()[0]
        letter.partner_id.b2b_tracking_consent = "no"
        letter._set_failed("came back")
        self.assertEqual(self._tally().recipient_count, 11)
        with self.mock_mail_gateway(mail_unlink_sent=False):
            letter.with_user(self.seller).action_send_again()
        self.assertEqual(list(self._pictures().values()), [[]])
        self.assertFalse(letter.tally_id)
        self.assertEqual(self._tally().recipient_count, 11)

    def test_who_may_be_tracked_is_not_among_them(self):
        """Somebody chose ordinary mail for a letter that was stuck."""
        self._mail_to(self.people)
        letter = self._letters()[0]
        letter.partner_id.b2b_tracking_consent = "yes"
        letter._set_failed("came back")
        with self.mock_mail_gateway(mail_unlink_sent=False):
            letter.with_user(self.seller).action_send_plain()
        self.assertEqual(list(self._pictures().values()), [[]])

    def test_what_is_quoted_has_none(self):
        self._mail_to(self.people)
        url = self._tally()._picture_url()
        self.assertEqual(self.env["b2b.family.letter"]._quoted_address(url), "")

    def test_the_page_says_so(self):
        self.reader.b2b_tracking_consent = "yes"
        letter = self._send()
        self.assertIn("one number", letter._consent_page()["after"])
        for policy, switch in (("consent", False), ("track", "True")):
            self.service._set_params({"consent_policy": policy, "count_opens": switch})
            self.assertNotIn("one number", letter._consent_page()["after"])


@tagged("standard", "post_install", "-at_install")
class TestWhatCounts(TallyCase, HttpCase):
    def setUp(self):
        super().setUp()
        self._mail_to(self.people)
        self.tally = self._tally()
        [[self.picture]] = {tuple(found) for found in self._pictures().values()}

    def _count(self):
        """Return what is counted, of today and before."""
        self.tally.invalidate_recordset()
        return self.tally.counted + self.tally.counted_that_day

    def _rows(self):
        """Return how many rows each table has that could know of a reader."""
        tables = ("event", "letter", "consent", "tally", "letter_attachment")
        found = {}
        for table in tables:
            self.env.cr.execute(f"SELECT count(*) FROM b2b_family_{table}")
            found[table] = self.env.cr.fetchone()
        return found

    def test_opens_not_people(self):
        for _time in range(2):
            answer = self._get(self.picture, OUTLOOK)
            self.assertEqual(answer.content, tracking.GIF)
            self.assertEqual(answer.headers["Cache-Control"], "no-store")
            self.assertNotIn("Set-Cookie", answer.headers)
        self._get(self.picture, FIREFOX)
        self.assertEqual(self._count(), 3)

    def test_what_a_program_fetches_does_not_count(self):
        self._get(self.picture, "")
        self._get(self.picture, "curl/8.5.0")
        self._get(self.picture, OUTLOOK, method="HEAD")
        self._get(self.picture, OUTLOOK, method="OPTIONS")
        self._get(self.picture, OUTLOOK, Purpose="prefetch")
        self._get(self.picture, "Mozilla/5.0")  # Apple's
        self.assertEqual(self._count(), 0)

    def test_nor_a_colleague_nor_the_companys_network(self):
        colleague = new_test_user(self.env, "colleague2", "base.group_user")
        self.authenticate(colleague.login, colleague.login)
        self._get(self.picture, OUTLOOK)
        self.authenticate(None, None)
        self.service._set_params({"office_networks": "127.0.0.0/8"})
        self._get(self.picture, OUTLOOK)
        self.assertEqual(self._count(), 0)

    def test_what_may_have_been_a_program_counts_as_the_settings_say(self):
        for policy, expected in (("0", 0), ("1", 1)):
            self.service._set_params({"unclear_counts": policy})
            self._get(self.picture, "Something/1.0")
            self.assertEqual(self._count(), expected)

    def test_nothing_of_the_call_is_kept(self):
        before = self._rows()
        with self._all_logging() as lines:
            self._get(self.picture, OUTLOOK)
        self.assertEqual(self._count(), 1)
        self.assertEqual(self._rows(), before)
        self.env.cr.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = 'b2b_family_tally'"
        )
        self.assertEqual(
            {name for (name,) in self.env.cr.fetchall()},
            {"id", "subject", "author_id", "company_id", "date"}
            | {"counted", "last_day", "counted_that_day"},
        )
        ours = [line for line in lines if "Outlook" in line and "b2b" in line]
        self.assertEqual(ours, [])
        letters = self._letters()
        self.assertEqual(set(letters.mapped("state")), {"untracked"})
        self.assertFalse(any(letters.mapped("open_count")))

    def test_what_waits_in_memory_is_the_number_alone(self):
        handed = []
        with patch.object(
            b2b_family_tally, "hand_over_soon", lambda _env, *what: handed.append(what)
        ):
            self._get(self.picture, OUTLOOK)
            self._get(self.picture, OUTLOOK)
        things = [(model, method, thing) for model, method, _key, thing in handed]
        self.assertEqual(
            things, [("b2b.family.tally", "_take_opens", self.tally.id)] * 2
        )
        self.assertNotEqual(handed[0][2], handed[1][2], "both count")

    def test_the_number_grows_once_a_day(self):
        with freeze_time("2026-12-01 10:00:00"):
            self.tallies._take_opens([self.tally.id] * 3)
            self.assertEqual((self._count(), self.tally.open_count), (3, 0))
            self.tallies._take_opens([self.tally.id])
        with freeze_time("2026-12-02 00:00:01"):
            self.tally.invalidate_recordset()
            self.assertEqual(self.tally.open_count, 4)
            self.assertAlmostEqual(self.tally.opens_per_recipient, 4 / 12)
            self.tallies._take_opens([self.tally.id] * 2)
            self.assertEqual((self._count(), self.tally.open_count), (6, 4))
        with freeze_time("2026-12-09 10:00:00"):
            self.tally.invalidate_recordset()
            self.assertEqual(self.tally.open_count, 6)

    def test_a_flood_is_bounded_each_day(self):
        most = 12 * b2b_family_tally.A_DAY
        for day, expected in (("2026-12-01", most), ("2026-12-02", 2 * most)):
            with freeze_time(f"{day} 10:00:00"):
                for _time in range(3):
                    self.tallies._take_opens([self.tally.id] * 1_000)
                self.assertEqual(self._count(), expected)

    def test_of_few_nothing_is_counted(self):
        """Though they were enough when it was written: the others never got it."""
        lost = self._letters()[:3]
        lost._set_failed("came back")
        self.tally.invalidate_recordset()
        self.assertEqual(self.tally.recipient_count, FEWEST - 1)
        self._get(self.picture, OUTLOOK)
        self.assertEqual(self._count(), 0)

    def test_switched_off_it_ends(self):
        self.service._set_params({"count_opens": False})
        self.assertEqual(self._get(self.picture, OUTLOOK).status_code, 200)
        self.assertEqual(self._count(), 0)

    def test_of_a_mailing_that_is_gone(self):
        self.tally.unlink()
        self.assertEqual(self._get(self.picture, OUTLOOK).status_code, 200)
        self.assertEqual(len(self._letters()), 12)

    def test_whose_reader_was_erased(self):
        """There is nothing of a person in it: the number stays."""
        self._get(self.picture, OUTLOOK)
        self._letters()._erase_reader()
        self.assertEqual(self._count(), 1)
        self._get(self.picture, OUTLOOK)
        self.assertEqual(self._count(), 2)

    def test_what_is_no_address_of_a_count(self):
        """The same picture, no question to the database, nothing counted."""
        token = self.picture.rpartition("/")[2].removesuffix(".gif")
        letter = self._letters()[0]
        tally_id = self.tally.id
        wrong = [
            *(token[:-1], token + "A", token.swapcase(), "x", "x" * 3_000, "%C3%A9"),
            tokens.sign(self.env, "b2b_family_mail.open", [letter.key]),
            tokens.sign(self.env, "b2b_family_mail.open", tally_id),
            tokens.sign(self.env, "b2b_family_mail.consent", tally_id),
            letter._consent_token(tally_id),
        ]
        with (
            patch.object(type(self.tally), "_note_open") as note,
            patch.object(type(self.tally), "search_count", side_effect=AssertionError),
        ):
            for each in wrong:
                answer = self._get(f"/b2b_family/t/{each}.gif", OUTLOOK)
                self.assertEqual(
                    (answer.status_code, answer.content), (200, tracking.GIF)
                )
            note.assert_not_called()
        # Nor is it anything else.
        for path in ("o/{}.gif", "l/{}", "d/{}", "privacy/{}", "unsubscribe/{}"):
            self._get("/b2b_family/" + path.format(token), OUTLOOK)
        self.assertFalse(self.env["b2b.family.event"].search([("source", "=", "here")]))
        self.assertEqual(self._count(), 0)

    def test_whatever_comes_of_counting(self):
        with (
            self.assertLogs("odoo.addons.b2b_family_mail.controllers.tracking"),
            patch.object(type(self.tally), "_note_open", side_effect=RuntimeError),
        ):
            self.assertEqual(self._get(self.picture).content, tracking.GIF)

    # -- who sees it

    def test_who_sees_the_number(self):
        other = new_test_user(
            self.env, "other", "base.group_user,b2b_family_mail.group_user"
        )
        for user, sees in ((self.seller, True), (other, False), (self.manager, True)):
            found = self.tallies.with_user(user).search([])
            self.assertEqual(found, self.tally if sees else self.tallies)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.tally.company_id = elsewhere
        for user in self.seller, self.manager:
            self.assertFalse(self.tallies.with_user(user).search([]))

    def test_of_today_nobody_sees_anything(self):
        """The number of the day would say when it grew."""
        tally = self.tally.with_user(self.seller)
        self.assertEqual(tally.read(["open_count"])[0]["open_count"], 0)
        for user in self.seller, self.manager, self.admin:
            for name in "counted", "counted_that_day", "last_day":
                with self.assertRaises(AccessError):
                    self.tally.with_user(user).sudo(False).read([name])

    def test_nobody_writes_it(self):
        for user in self.seller, self.manager, self.admin:
            tally = self.tally.with_user(user).sudo(False)
            with self.assertRaises(AccessError):
                tally.write({"subject": "x"})
            with self.assertRaises(AccessError):
                tally.create({"subject": "x"})
            with self.assertRaises(AccessError):
                tally.unlink()
