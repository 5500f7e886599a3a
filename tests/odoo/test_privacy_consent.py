# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who does not want to be tracked is not, whichever way a letter takes."""

from unittest.mock import patch

from chatter_case import ChatterCase

from odoo import fields
from odoo.exceptions import UserError
from odoo.sql_db import Cursor
from odoo.tests import Form, tagged

from odoo.addons.b2b_family_mail.client import Unavailable


class ConsentCase(ChatterCase):
    def _refuse(self, partner=None):
        (partner or self.reader).b2b_tracking_consent = "no"

    def _demand_consent(self):
        self.service._set_params({"consent_policy": "consent"})

    def _assert_plain(self, letters, *addresses):
        """The service never heard of these letters; ordinary mail took them."""
        self.assertEqual(set(letters.mapped("state")), {"untracked"})
        self.assertFalse(letters.attachment_ids)
        self.assertNotIn("send", self.fake.calls)
        self.assertNotIn("upload", self.fake.calls)
        sent = [address for mail in self._mails for address in mail["email_to"]]
        self.assertEqual(sorted(sent), sorted(addresses))


@tagged("standard", "post_install", "-at_install")
class TestRefusal(ConsentCase):
    def test_the_letter_goes_by_ordinary_mail_and_says_so(self):
        self._refuse()
        file = self._create_file()
        with self.mock_mail_gateway():
            mail = self._send_mail(attachment_ids=[(4, file.id)])
        self._assert_plain(mail.b2b_letter_ids, '"Rita Reader" <rita@client.example>')
        self.assertEqual(self._mails[0]["attachments"][0][0], "Offer.pdf")
        self.assertEqual(mail.b2b_state, "untracked")
        self.assertEqual(mail.state, "sent")

    def test_who_refuses_while_the_letter_waits_is_not_tracked(self):
        self.fake.fail("send", Unavailable("Down", call="send"))
        letter = self._send_letter()
        self.assertEqual(letter.state, "queued")
        self._refuse()
        letter.flush_recordset()
        self.env.cr.execute(
            "UPDATE b2b_family_letter SET create_date = create_date - interval '1 hour'"
        )
        letter.invalidate_recordset()
        for again in letter.action_try_now, self._cron_send:
            self.fake.calls.clear()
            with self.mock_mail_gateway():
                again()
            self.assertEqual(letter.state, "untracked")
            self.assertEqual(self.fake.calls, [])
            self.assertEqual(len(self._mails), 1)
            letter._drop_plain()
            letter.write({"state": "queued", "sent_date": False})

    def test_only_who_refused_is_left_out(self):
        self._refuse()
        with self.mock_mail_gateway():
            mail = self._send_mail(email_to="other@client.example")
        states = {lt.email: lt.state for lt in mail.b2b_letter_ids}
        self.assertEqual(
            states, {"rita@client.example": "untracked", "other@client.example": "sent"}
        )
        self.assertEqual(self.fake.addresses(), ["other@client.example"])

    def test_the_bare_address_of_a_contact_that_refused(self):
        self._refuse()
        with self.mock_mail_gateway():
            mail = self._send_mail(
                recipient_ids=False, email_to="Rita <RITA@client.example>"
            )
        self._assert_plain(mail.b2b_letter_ids, "rita@client.example")

    def test_every_address_of_a_contact_that_refused(self):
        self.reader.email = "rita@client.example, rita@home.example"
        self._refuse()
        with self.mock_mail_gateway():
            letters = self._send_mail().b2b_letter_ids
        self.assertEqual(len(letters), 2)
        self.assertEqual(set(letters.mapped("state")), {"untracked"})
        self.assertFalse(self.fake.letters)

    def test_the_other_bare_address_of_a_contact_that_refused(self):
        self.reader.email = "rita@client.example; Rita <RITA@home.example>"
        self._refuse()
        with self.mock_mail_gateway():
            mail = self._send_mail(
                recipient_ids=False, email_to="rita@home.example, x@home.example"
            )
        states = {lt.email: lt.state for lt in mail.b2b_letter_ids}
        self.assertEqual(
            states, {"rita@home.example": "untracked", "x@home.example": "sent"}
        )
        self.assertEqual(self.fake.addresses(), ["x@home.example"])

    def test_who_answered_is_found_by_index_among_thousands(self):
        self.env.cr.execute(
            "INSERT INTO res_partner (name, email, email_normalized, type, active,"
            " b2b_tracking_consent) SELECT 'History', address || more, address,"
            " 'contact', true, (ARRAY['yes', 'no', NULL])[n % 3 + 1]"
            " FROM generate_series(1, 50000) n,"
            " LATERAL (SELECT 'p' || n || '@x.example' AS address,"
            " CASE WHEN n % 1000 = 1 THEN ', q' || n || '@x.example' ELSE '' END"
            " AS more) addresses; ANALYZE res_partner"
        )
        partners = self.env["res.partner"]
        plan = self._plan_of_search()
        self.assertIn("b2b_answered_idx", plan)
        self.assertIn("b2b_several_idx", plan)
        refused, agreed, *silent = given = [
            f"{name}@x.example" for name in ("q3001", "q2001", "q4001", "p5")
        ]
        self.assertEqual(partners._b2b_filter_refused(given), {refused})
        self._demand_consent()
        self.assertEqual(partners._b2b_filter_refused(given), {refused, *silent})
        self.assertNotIn(agreed, partners._b2b_filter_refused(given))

    def _plan_of_search(self):
        plans = []
        execute = Cursor.execute

        def explain(cursor, query, *args, **options):
            if 'FROM "res_partner"' in getattr(query, "code", ""):
                execute(cursor, f"EXPLAIN {query.code}", query.params)
                plans.extend(row[0] for row in cursor.fetchall())
            return execute(cursor, query, *args, **options)

        with patch.object(Cursor, "execute", explain):
            self.env["res.partner"]._b2b_answers(["p1@x.example", "q1@x.example"])
        return "\n".join(plans)

    def test_an_archived_contact_that_refused(self):
        self._refuse()
        self.reader.active = False
        with self.mock_mail_gateway():
            mail = self._send_mail(recipient_ids=False, email_to=self.reader.email)
        self._assert_plain(mail.b2b_letter_ids, "rita@client.example")

    def test_a_contact_of_another_company_that_refused(self):
        self._refuse()
        self.reader.company_id = self.env["res.company"].create({"name": "Other"})
        with self.mock_mail_gateway():
            mail = self._send_mail(recipient_ids=False, email_to=self.reader.email)
        self._assert_plain(mail.b2b_letter_ids, "rita@client.example")

    def test_one_of_two_contacts_with_the_address_refused(self):
        twin = self.reader.copy({"email": self.reader.email})
        twin.b2b_tracking_consent = "yes"
        self._refuse()
        for policy in ("track", "consent", False):
            self.service._set_params({"consent_policy": policy})
            refused = twin._b2b_filter_refused(["rita@client.example"])
            self.assertEqual(refused, {"rita@client.example"})

    def test_in_the_chatter(self):
        self._refuse()
        with self.mock_mail_gateway():
            message = self._post()
        letter = self._letters(message)
        self.assertEqual(letter.state, "untracked")
        self.assertFalse(self.fake.letters)
        notification = message.notification_ids.filtered(
            lambda row: row.res_partner_id == self.reader
        )
        self.assertEqual(notification.sudo().b2b_state, "untracked")
        self.assertEqual(notification.notification_status, "sent")

    def test_in_a_mailing(self):
        self._refuse()
        readers = self.reader | self.second
        composer = self.env["mail.compose.message"].with_user(self.seller)
        composer = composer.with_context(
            default_model="res.partner",
            default_res_ids=readers.ids,
            default_composition_mode="mass_mail",
        )
        with self.mock_mail_gateway():
            composer.create(
                {"subject": "Offer", "body": "<p>Hello</p>"}
            ).action_b2b_send_mail()
            self._cron_send()
        letters = self.env["b2b.family.letter"].search(
            [("partner_id", "in", readers.ids)]
        )
        self.assertEqual(
            {lt.partner_id: lt.state for lt in letters},
            {self.reader: "untracked", self.second: "sent"},
        )
        self.assertEqual(self.fake.addresses(), ["sam@client.example"])

    def test_no_tracked_link_is_made(self):
        self._refuse()
        mail = self._write_mail()
        with self.assertRaisesRegex(UserError, "not want to be tracked"):
            mail.action_b2b_make_link()
        self.assertFalse(self.fake.calls)
        self.assertFalse(mail.sudo().b2b_letter_ids)

    def test_it_is_never_asked_about(self):
        self._refuse()
        with self.mock_mail_gateway():
            letter = self._send_mail().b2b_letter_ids
        self.assertFalse(letter.next_sync_date or letter.not_open_date)
        self._cron_send()
        self._cron_sync()
        self.assertFalse(self.fake.calls)


@tagged("standard", "post_install", "-at_install")
class TestPolicy(ConsentCase):
    def test_who_was_not_asked_is_tracked_or_not_as_the_setting_says(self):
        self.assertEqual(self._send_letter().state, "sent")
        self._demand_consent()
        with self.mock_mail_gateway():
            self.assertEqual(self._send_letter().state, "untracked")
        self.assertEqual(len(self.fake.letters), 1)

    def test_who_agreed_is_tracked_under_either(self):
        self._demand_consent()
        self.reader.b2b_tracking_consent = "yes"
        self.assertEqual(self._send_letter().state, "sent")

    def test_who_agreed_did_so_for_every_address(self):
        self._demand_consent()
        self.reader.email = "rita@client.example, rita@home.example"
        self.reader.b2b_tracking_consent = "yes"
        letters = self._send_mail().b2b_letter_ids
        self.assertEqual(letters.mapped("state"), ["sent", "sent"])

    def test_a_bare_address_has_not_agreed(self):
        self._demand_consent()
        with self.mock_mail_gateway():
            mail = self._send_mail(recipient_ids=False, email_to="x@client.example")
        self._assert_plain(mail.b2b_letter_ids, "x@client.example")

    def test_what_is_not_set_means_that_it_is_demanded(self):
        self.assertEqual(self.service._get_param("consent_policy"), "track")
        for policy in (False, "nonsense", "Track"):
            self.service._set_params({"consent_policy": policy})
            refused = self.reader._b2b_filter_refused(["rita@client.example"])
            self.assertEqual(refused, {"rita@client.example"})
        self.service._set_params({"consent_policy": False})
        shown = self.env["res.config.settings"].create({})
        self.assertEqual(shown.b2b_family_consent_policy, "consent")
        self.service._write_consent_policy()
        self.assertEqual(self.service._get_param("consent_policy"), "track")
        self._demand_consent()
        self.service._write_consent_policy()
        self.assertEqual(self.service._get_param("consent_policy"), "consent")

    def test_the_setting_is_on_the_screen(self):
        with Form(self.env["res.config.settings"]) as form:
            form.b2b_family_consent_policy = "consent"
        form.record.execute()
        self.assertEqual(self.service._get_param("consent_policy"), "consent")


@tagged("standard", "post_install", "-at_install")
class TestAnswer(ConsentCase):
    def test_date_and_way_of_the_answer_are_kept(self):
        self.reader.write(
            {
                "b2b_tracking_consent": "yes",
                "b2b_tracking_consent_source": "on the phone",
            }
        )
        self.assertEqual(
            self.reader.b2b_tracking_consent_date.date(), fields.Date.today()
        )
        self.assertEqual(self.reader.b2b_tracking_consent_source, "on the phone")

    def test_the_answer_is_in_the_history_of_the_contact(self):
        self._refuse()
        self.flush_tracking()
        [tracked] = self.reader.message_ids.tracking_value_ids
        self.assertEqual(tracked.field_id.name, "b2b_tracking_consent")

    def test_the_answer_is_for_those_to_see_who_write_letters(self):
        for user, seen in ((self.seller, True), (self.colleague, False)):
            names = self.reader.with_user(user).fields_get()
            self.assertEqual("b2b_tracking_consent" in names, seen, user.login)

    def test_not_asked_again_has_no_date(self):
        self._refuse()
        self.reader.b2b_tracking_consent = False
        self.assertFalse(self.reader.b2b_tracking_consent_date)

    def test_what_is_imported_keeps_its_date(self):
        date = fields.Datetime.to_datetime("2020-01-02 03:04:05")
        partner = self.env["res.partner"].create(
            {
                "name": "Old",
                "b2b_tracking_consent": "no",
                "b2b_tracking_consent_date": date,
            }
        )
        self.assertEqual(partner.b2b_tracking_consent_date, date)

    def test_a_copy_of_a_contact_was_not_asked(self):
        self._refuse()
        copy = self.reader.copy()
        self.assertFalse(copy.b2b_tracking_consent or copy.b2b_tracking_consent_date)

    def test_merged_contacts_keep_the_refusal(self):
        for refused in (0, 1):
            with self.subTest(refused=refused):
                pair = self.env["res.partner"].create(
                    [{"name": "Twin", "email": "twin@client.example"}] * 2
                )
                pair.b2b_tracking_consent = "yes"
                pair[refused].write(
                    {
                        "b2b_tracking_consent": "no",
                        "b2b_tracking_consent_source": "by e-mail",
                    }
                )
                wizard = self.env["base.partner.merge.automatic.wizard"]
                wizard._merge(pair.ids, dst_partner=pair[0])
                self.assertFalse(pair[1].exists())
                self.assertEqual(pair[0].b2b_tracking_consent, "no")
                self.assertEqual(pair[0].b2b_tracking_consent_source, "by e-mail")

    def test_merged_contacts_keep_their_letters(self):
        letter = self._send_letter()
        self._ingest(self.fake.happen(letter.ref, "message_open", "2026-01-02T10:00Z"))
        twin = self.reader.copy({"email": self.reader.email})
        self.env["base.partner.merge.automatic.wizard"]._merge(
            [twin.id, self.reader.id], dst_partner=twin
        )
        self.assertEqual(letter.partner_id, twin)
        self.assertEqual(letter.email, "rita@client.example")
        self.assertTrue(letter.event_ids)
