# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The author hears of a letter in the way chosen, once."""

import json

from common import B2BCase
from fake_service import refusal

from odoo.tests import tagged
from odoo.tools import mute_logger

OPENED = "2026-01-02T10:00:00Z"


@tagged("standard", "post_install", "-at_install")
class TestNotices(B2BCase):
    def _open(self, letter, kind="message_open", **details):
        self._ingest(self.fake.happen(letter.ref, kind, OPENED, **details))

    def _activities(self):
        return self.env["mail.activity"].search([("user_id", "=", self.seller.id)])

    def _messages(self):
        return self.env["mail.message"].search(
            [
                ("partner_ids", "=", self.seller.partner_id.id),
                ("message_type", "=", "user_notification"),
            ]
        )

    def test_nothing_when_nothing_is_wanted(self):
        self.seller.b2b_notice_open = "none"
        letter = self._send_letter()
        self._popups()
        self._open(letter)
        self.assertEqual(self._popups(), [])
        self.assertFalse(self._activities())
        self.assertFalse(self._messages())

    def test_a_message(self):
        self.seller.b2b_notice_open = "message"
        letter = self._send_letter(subject="<b>Offer</b>")
        self._open(letter)
        message = self._messages()
        self.assertEqual(len(message), 1)
        self.assertNotIn("<b>Offer</b>", message.body)
        self.assertIn("&lt;b&gt;Offer&lt;/b&gt;", message.body)
        self.assertIn(f"/b2b-letters/{letter.id}", message.body)
        self.assertEqual(self._popups(), [])

    def test_an_activity_of_a_letter_without_document(self):
        self.seller.b2b_notice_open = "activity"
        self._open(self._send_letter())
        self.assertEqual(len(self._activities()), 1)

    def _open_about(self, document, letter=None):
        """Open a letter about a document; return where its author has a to-do."""
        self.seller.b2b_notice_open = "activity"
        self._activities().unlink()
        letter = letter or self._send_letter()
        letter.write({"res_model": document._name, "res_id": document.id})
        self._open(letter)
        activity = self._activities()
        return self.env[activity.res_model].browse(activity.res_id)

    def test_an_activity_is_on_the_document_that_he_may_work_on(self):
        self.seller.group_ids |= self.env.ref("base.group_partner_manager")
        client = self.env["res.partner"].create({"name": "Client"})
        self.assertEqual(self._open_about(client), client)

    def test_otherwise_on_the_recipient(self):
        client = self.env["res.partner"].create({"name": "Client"})
        self.assertEqual(self._open_about(client), self.reader)
        self.assertNotIn(self.seller.partner_id, client.message_partner_ids)

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_rule")
    def test_a_document_of_another_company_gets_no_follower(self):
        """Nor does a recipient who may not be read: neither access nor title."""
        self.seller.group_ids |= self.env.ref("base.group_partner_manager")
        company = self.env["res.company"].create({"name": "Other"})
        secret = self.env["res.partner"].create(
            {"name": "Secret", "company_id": company.id}
        )
        with self.subTest("document"):
            self.assertEqual(self._open_about(secret), self.reader)
        with self.subTest("recipient"):
            letter = self._send_letter()
            self.reader.company_id = company
            found = self._open_about(secret, letter)
            self.assertEqual(found, self.seller.partner_id)
        with self.subTest("both his"):
            self.seller.company_ids |= company
            self.assertEqual(self._open_about(secret), secret)
        status = self.env["b2b.family.service.status"]
        hidden = status._get_common() or status.create({})
        self.assertEqual(self._open_about(hidden), self.reader)
        for record in hidden, self.reader:
            self.assertNotIn("Secret", str(record.message_ids.mapped("body")))
        self.assertNotIn(self.seller.partner_id, hidden.message_partner_ids)

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_rule")
    def test_a_message_links_to_a_letter_that_he_may_read(self):
        self.seller.b2b_notice_open = "message"
        letter = self._send_letter()
        letter.company_id = self.env["res.company"].create({"name": "Other"})
        self._open(letter)
        self.assertNotIn("b2b-letters", self._messages().body)

    def test_an_activity_when_the_document_is_gone(self):
        self.seller.b2b_notice_open = "activity"
        letter = self._send_letter()
        letter.write({"res_model": "res.partner", "res_id": 999999})
        self._open(letter)
        self.assertEqual(len(self._activities()), 1)

    def test_a_failure_leaves_a_message(self):
        self.seller.b2b_notice_failure = "message"
        self.fake.fail("send", refusal("On the stop list", 422))
        self._send_letter()
        message = self._messages()
        self.assertIn("On the stop list", message.body)
        self.assertTrue(message.subject.endswith("was not delivered."), message.subject)

    def _be_late(self, letters):
        letters.not_open_date = self._ago(seconds=1)
        self.env["b2b.family.letter"]._cron_not_open()

    def test_not_opened_in_time_is_told_once(self):
        """As a to-do: nothing that pops up at night, when nobody looks."""
        self.service._set_params({"not_open_days": "3"})
        letter = self._send_letter()
        self.env["b2b.family.letter"]._cron_not_open()
        self.assertFalse(self._activities())
        self._popups()
        self._be_late(letter)
        self.env["b2b.family.letter"]._cron_not_open()
        self._open(letter, "not_open")
        activity = self._activities()
        self.assertEqual(activity.summary, "Rita Reader has not opened “Offer” yet.")
        self.assertEqual((activity.res_model, activity.res_id), self._of(self.reader))
        self.assertEqual(self._popups(), [])

    def test_that_the_service_says_so_counts_as_well(self):
        self.service._set_params({"not_open_days": "3"})
        letter = self._send_letter()
        self._open(letter, "not_open")
        self.assertIn("has not opened", self._activities().summary)
        self.assertFalse(letter.not_open_date)

    def _of(self, record):
        return record._name, record.id

    def test_a_mailing_that_is_not_opened_is_told_once(self):
        """Not once a reader; and it is about no single one of them."""
        self.service._set_params({"not_open_days": "3"})
        letters = self._send_mail(email_to="bob@x.example").b2b_letter_ids
        letters += self._send_letter()
        letters += self._send_letter(subject="Another")
        self._be_late(letters)
        activities = self._activities()
        self.assertCountEqual(
            activities.mapped("summary"),
            [
                "3 recipients have not opened “Offer” yet.",
                "Rita Reader has not opened “Another” yet.",
            ],
        )
        mailing = activities.filtered(lambda todo: "3 " in todo.summary)
        self.assertEqual(
            (mailing.res_model, mailing.res_id), self._of(self.seller.partner_id)
        )
        self.seller.b2b_notice_not_open = "message"
        self._be_late(letters)
        self.assertIn(
            "/odoo/b2b-letters'", str(self._messages()[:1].body).replace('"', "'")
        )

    def test_a_device_hears_of_it_where_that_is_allowed(self):
        """By core's own queue: no address is called while news is stored."""
        parameters = self.env["ir.config_parameter"].sudo()
        devices = self.env["mail.push.device"].sudo()
        first, second = self._send_letter(), self._send_letter()
        device = devices.create(
            {
                "partner_id": self.seller.partner_id.id,
                "endpoint": "https://push.example/1",
                "keys": "{}",
            }
        )
        queue = self.env["mail.push"].sudo()
        before = queue.search([])
        self._open(first)
        self.assertEqual(queue.search([]), before, "Odoo has no keys: no push")
        self.assertTrue(devices.get_web_push_vapid_public_key())
        self.assertFalse(device.exists(), "core begins anew with its keys")
        device = device.create(
            {
                "partner_id": self.seller.partner_id.id,
                "endpoint": "https://push.example/1",
                "keys": "{}",
            }
        )
        self.assertTrue(parameters.get_param("mail.web_push_vapid_private_key"))
        self._open(second)
        push = queue.search([]) - before
        self.assertEqual(push.mail_push_device_id, device)
        payload = json.loads(push.payload)
        self.assertIn("Rita Reader opened “Offer”.", payload["options"]["body"])
        self.assertEqual(
            payload["options"]["data"],
            {"model": "b2b.family.letter", "res_id": second.id},
        )
        push.unlink()
        self.seller.b2b_notice_open = "message"
        third = self._send_letter()
        queue.search([]).unlink()
        self._open(third)
        told = queue.search([]).mapped("payload")
        self.assertFalse([text for text in told if "b2b.family.letter" in text])

    def test_an_opened_letter_is_not_reported_as_not_opened(self):
        self.service._set_params({"not_open_days": "3"})
        letter = self._send_letter()
        self._open(letter)
        self._popups()
        self.assertFalse(letter.not_open_date)
        self._open(letter, "not_open")
        self.assertEqual(self._popups(), [])

    def test_a_former_employee_stops_no_news(self):
        letter = self._send_letter()
        self.seller.active = False
        self._open(letter)
        self.assertEqual(letter.state, "opened")

    def test_an_author_without_user_stops_no_news(self):
        letter = self._send_letter()
        letter.author_id = self.env["res.partner"].create({"name": "Somebody"})
        self._open(letter)
        self.assertEqual(letter.state, "opened")


@tagged("standard", "post_install", "-at_install")
class TestCircuit(B2BCase):
    """A refused password is not tried over and over; the administrator is told once."""

    def setUp(self):
        super().setUp()
        self.fake.api_keys.clear()
        self.service._set_params({"mail_password": "wrong"})
        self.letter = self._send_letter()

    def _retry(self):
        self.fake.calls.clear()
        self._make_due(self.letter)
        self._cron_send()
        return self.fake.calls.count("login")

    def test_no_other_login_for_a_while(self):
        self.assertEqual(self._retry(), 0)
        self.assertEqual(self.letter.state, "queued")

    def test_one_activity_for_the_administrator(self):
        status = self.env["b2b.family.service.status"]._get_common()
        for _ in range(3):
            status.paused_until = False
            self._retry()
        self.assertEqual(len(status.activity_ids), 1)
        self.assertEqual(status.activity_ids.user_id, self.env.ref("base.user_admin"))
        self.assertIn("did not accept", status.last_error)

    def test_the_queue_resumes_by_itself(self):
        self.service._set_params({"mail_password": "canary-password+%41"})
        self.env["b2b.family.service.status"]._get_common().paused_until = self._ago(
            seconds=1
        )
        self.assertEqual(self._retry(), 1)
        self.assertEqual(self.letter.state, "sent")
        self.assertFalse(
            self.env["b2b.family.service.status"]._get_common().activity_ids
        )

    def test_a_person_may_try_at_once(self):
        self.service._set_params({"mail_password": "canary-password+%41"})
        self.env["res.config.settings"].create({}).action_b2b_get_api_key()
        self.assertFalse(
            self.env["b2b.family.service.status"]._get_common().paused_until
        )
        self._retry()
        self.assertEqual(self.letter.state, "sent")
