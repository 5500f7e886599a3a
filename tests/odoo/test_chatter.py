# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Send via B2B in a chatter: who may, whom it reaches, and what happens otherwise."""

import json

from chatter_case import ChatterCase

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, TransactionCase, tagged


@tagged("standard", "post_install", "-at_install")
class TestChatter(ChatterCase, TransactionCase):
    def test_each_reader_outside_gets_a_letter(self):
        with self.mock_mail_gateway():
            message = self._post(self.reader + self.second + self.portal.partner_id)
        self.assertEqual(
            self.fake.addresses(),
            ["pat@client.example", "rita@client.example", "sam@client.example"],
        )
        letters = self._letters(message)
        self.assertEqual(len(letters), 3)
        self.assertEqual(set(letters.mapped("state")), {"sent"})
        self.assertEqual(letters.author_id, self.seller.partner_id)
        self.assertEqual(letters.mapped("res_model"), ["res.partner"] * 3)
        self.assertEqual(letters.mapped("res_id"), [self.record.id] * 3)

    def test_colleagues_get_ordinary_mail(self):
        with self.mock_mail_gateway(mail_unlink_sent=False):
            message = self._post(self.reader + self.colleague.partner_id)
        self.assertEqual(self.fake.addresses(), ["rita@client.example"])
        self.assertEqual(
            [mail["email_to"] for mail in self._mails],
            [['"Carl Colleague" <carl@shop.example>']],
        )
        statuses = message.sudo().notification_ids.mapped("notification_status")
        self.assertEqual(statuses, ["sent", "sent"])

    def test_mixed_group_is_split(self):
        """One group of recipients, by whatever module, never mixes both kinds."""
        everybody = self.reader + self.colleague.partner_id + self.second

        def groups(*args, **kwargs):
            return [["all", lambda data: True, {"active": True}]]

        self.patch(type(self.record), "_notify_get_recipients_groups", groups)
        with self.mock_mail_gateway(mail_unlink_sent=False):
            message = self._post(everybody)
        self.assertEqual(
            self.fake.addresses(), ["rita@client.example", "sam@client.example"]
        )
        self.assertEqual(len(self._mails), 1)
        notified = message.sudo().notification_ids
        self.assertEqual(notified.res_partner_id, everybody)
        self.assertEqual(len(notified.mail_mail_id), 2)

    def test_bare_address_gets_a_letter(self):
        with self.mock_mail_gateway():
            message = self._post(
                self.env["res.partner"],
                partner_ids=[],
                outgoing_email_to="new@client.example",
            )
        self.assertEqual(self.fake.addresses(), ["new@client.example"])
        notification = message.sudo().notification_ids.filtered("mail_email_address")
        self.assertEqual(notification.b2b_state, "sent")

    def test_letter_is_kept_and_on_the_board_of_its_author(self):
        with self.mock_mail_gateway():
            message = self._post()
        mail = self._letters(message).mail_id
        self.assertFalse(mail.auto_delete)
        self.assertEqual(mail.state, "sent")
        mine = self.env["b2b.family.letter"].with_user(self.seller)
        self.assertEqual(mine.search([("message_id", "=", message.id)]).state, "sent")
        self.assertEqual(mail.with_user(self.seller).subject, "Offer")

    def test_without_the_flag_all_is_ordinary(self):
        with self.mock_mail_gateway(mail_unlink_sent=False):
            message = self._post(b2b_send=False)
        self.assertFalse(self.fake.letters)
        self.assertFalse(self._letters(message))
        self.assertEqual(len(self._mails), 2)

    def test_nobody_outside(self):
        """Only colleagues: ordinary mail, and the author is told why."""
        self._reset_bus()
        with self.mock_mail_gateway(mail_unlink_sent=False):
            message = self._post(self.colleague.partner_id)
        self.assertFalse(self._letters(message))
        self.assertEqual(len(self._mails), 1)
        [popup] = self._told("simple_notification")
        self.assertIn("no recipient outside", popup["message"])

    def test_not_set_up(self):
        self.service._set_params({"api_key": False, "app_key": False})
        self.service._set_params({"carrier": "service"})
        before = self.record.message_ids
        with self.assertRaisesRegex(UserError, "B2B application key"):
            self._post()
        self.assertEqual(self.record.message_ids, before)

    def test_users_without_the_right(self):
        before = self.record.message_ids
        for user in (self.colleague, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._post(user=user)
        self.assertEqual(self.record.message_ids, before)

    def test_forged_context_changes_nothing(self):
        for user in (self.colleague, self.seller):
            record = self.record.with_user(user)
            record = record.with_context(b2b_notify=True, b2b_send=True)
            with self.subTest(user=user.login), self.mock_mail_gateway():
                message = record.message_post(
                    body="Hi", partner_ids=self.reader.ids, message_type="comment"
                )
                self.assertFalse(self._letters(message))

    def test_nobody_writes_under_anothers_name(self):
        with self.mock_mail_gateway():
            message = self._post(
                author_id=self.colleague.partner_id.id, email_from="boss@shop.example"
            )
        self.assertEqual(message.author_id, self.seller.partner_id)
        self.assertIn("sally@shop.example", message.email_from)
        self.assertEqual(self._letters(message).author_id, self.seller.partner_id)

    def test_delayed_notification_keeps_the_flag(self):
        """mail.message.schedule: posted now, mailed later, by the scheduler."""
        message = self._post(scheduled_date="2100-01-01 10:00:00")
        self.assertFalse(self._letters(message))
        schedule = self.env["mail.message.schedule"].search(
            [("mail_message_id", "=", message.id)]
        )
        with self.mock_mail_gateway():
            schedule.force_send()
        self.assertEqual(self._letters(message).state, "sent")

    def test_notify_without_a_chatter(self):
        with self.mock_mail_gateway():
            message = (
                self.env["mail.thread"]
                .with_user(self.seller)
                .message_notify(
                    partner_ids=self.reader.ids, body="Hi", subject="Hi", b2b_send=True
                )
            )
        self.assertEqual(self._letters(message).email, "rita@client.example")


@tagged("standard", "post_install", "-at_install")
class TestChatterRoute(ChatterCase, HttpCase):
    """``/mail/message/post`` is public and takes over the context of the client."""

    def _request(self, login, **context):
        self.authenticate(login, login)
        data = {
            "body": "Hello",
            "message_type": "comment",
            "subtype_xmlid": "mail.mt_comment",
            "partner_ids": self.reader.ids,
            "b2b_send": True,
            "subject": "Forty workbenches",
        }
        params = {
            "thread_model": "res.partner",
            "thread_id": self.record.id,
            "post_data": data,
            "context": context,
        }
        response = self.url_open(
            "/mail/message/post",
            data=json.dumps({"params": params}),
            headers={"Content-Type": "application/json"},
        )
        self.env.invalidate_all()
        return response.json()

    def _forged(self, login):
        return self._request(login, b2b_notify=True, b2b_send=True)

    def test_seller(self):
        with self.mock_mail_gateway():
            result = self._request("seller")["result"]
        letter = self.env["b2b.family.letter"].search(
            [("message_id", "=", result["message_id"])]
        )
        self.assertEqual(letter.state, "sent")
        self.assertEqual(letter.author_id, self.seller.partner_id)
        self.assertEqual(letter.subject, "Forty workbenches")

    def test_internal_user_without_the_group(self):
        with self.mock_mail_gateway():
            result = self._forged("colleague")["result"]
        message = self.env["mail.message"].browse(result["message_id"])
        self.assertNotEqual(message.subject, "Forty workbenches")
        self.assertFalse(self.fake.calls)
        self.assertFalse(self.env["b2b.family.letter"].search([]))

    def test_portal_user(self):
        """On a record where visitors may write, and a reader follows."""
        self.record = self.portal.partner_id
        self.record.message_subscribe(self.reader.ids)
        self.patch(type(self.record), "_mail_post_access", "read")
        with self.mock_mail_gateway(mail_unlink_sent=False):
            result = self._forged("visitor")["result"]
        message = self.env["mail.message"].browse(result["message_id"])
        self.assertEqual(message.author_id, self.record)
        self.assertEqual(len(self._mails), 1)
        self.assertFalse(self.fake.calls)
        self.assertFalse(self.env["b2b.family.letter"].search([]))

    def test_public_user(self):
        with self.mock_mail_gateway():
            self.assertIn("error", self._forged(None))
        self.assertFalse(self.fake.calls)
        self.assertFalse(self.env["b2b.family.letter"].search([]))

    def test_not_set_up(self):
        self.service._set_params({"api_key": False, "app_key": False})
        self.service._set_params({"carrier": "service"})
        before = self.record.message_ids
        error = self._request("seller")["error"]["data"]
        self.assertEqual(error["name"], "odoo.exceptions.UserError")
        self.assertIn("B2B application key", error["message"])
        self.assertEqual(self.record.message_ids, before)
