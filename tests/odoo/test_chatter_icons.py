# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the chatter shows of the letters: at once, to whom, and at what cost."""

from datetime import datetime
from unittest.mock import patch

from chatter_case import ChatterCase
from fake_service import refusal

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged

from odoo.addons.mail.tools.discuss import Store

OPENED = "2026-11-24T10:15:00+03:00"
FIELDS = ("b2b_state", "b2b_open_date", "b2b_attachment_opened")


@tagged("standard", "post_install", "-at_install")
class TestChatterIcons(ChatterCase, TransactionCase):
    def _sent(self, partners=None, **values):
        with self.mock_mail_gateway():
            return self._post(partners, **values)

    def _happen(self, email, kind="message_open", **details):
        ref, _letter = self.fake.to(email)
        self._ingest(self.fake.happen(ref, kind, OPENED, **details))

    def _notification(self, message, partner):
        return message.sudo().notification_ids.filtered(
            lambda notification: notification.res_partner_id == partner
        )

    def _shown(self, message, user):
        """Return what the web client of ``user`` gets, by the recipient's id."""
        message = message.with_user(user).with_context(uid=user.id)
        data = Store().add(message).get_result()
        return {
            values["res_partner_id"]: values
            for values in data.get("mail.notification", [])
        }

    def test_one_of_two_opens(self):
        message = self._sent(self.reader + self.second)
        self._happen("rita@client.example")
        opened = self._notification(message, self.reader)
        self.assertEqual(opened.b2b_state, "opened")
        self.assertEqual(str(opened.b2b_open_date), "2026-11-24 07:15:00")
        other = self._notification(message, self.second)
        self.assertEqual(other.b2b_state, "sent")
        self.assertFalse(other.b2b_open_date)
        colleague = self._notification(message, self.colleague.partner_id)
        self.assertFalse(colleague.b2b_state)

    def test_attachment_opens(self):
        file = self._create_file(res_model="mail.compose.message")
        message = self._sent(attachment_ids=file.ids)
        ref = self._letters(message).attachment_ids.ref
        self._happen("rita@client.example", "attachment_open", attachment=ref)
        notification = self._notification(message, self.reader)
        self.assertTrue(notification.b2b_attachment_opened)
        self.assertEqual(notification.b2b_state, "opened")

    def test_partner_with_two_addresses(self):
        """Two letters, one recipient in the chatter: the better news is shown."""
        self.reader.email = "rita@client.example, rita@home.example"
        message = self._sent()
        self.assertEqual(len(self._letters(message)), 2)
        self._happen("rita@home.example")
        shown = self._notification(message, self.reader)
        self.assertEqual(shown.b2b_state, "opened")
        other = self._letters(message).filtered(lambda lt: lt.state == "sent")
        other._notify_screens()
        self.assertEqual(shown.b2b_state, "opened")
        other._take_open(*[datetime(2026, 11, 25)] * 2, 1)
        other._notify_screens()
        self.assertEqual(str(shown.b2b_open_date), "2026-11-24 07:15:00")

    def test_a_letter_that_waits_is_shown_at_once(self):
        letters = type(self.env["b2b.family.letter"])
        with patch.object(letters, "_deliver_after_commit"):
            message = self._sent()
        self.assertEqual(self._notification(message, self.reader).b2b_state, "queued")

    def test_store(self):
        message = self._sent(self.reader + self.second)
        self._happen("rita@client.example")
        shown = self._shown(message, self.seller)
        values = shown[self.reader.id]
        self.assertEqual(values["b2b_state"], "opened")
        self.assertEqual(values["b2b_open_date"], "2026-11-24 07:15:00")
        self.assertFalse(values["b2b_attachment_opened"])
        self.assertNotIn("b2b_state", shown.get(self.colleague.partner_id.id, {}))

    def test_store_for_people_outside(self):
        message = self._sent()
        self._happen("rita@client.example")
        self.assertFalse(self._shown(message, self.portal))
        notification = self._notification(message, self.reader)
        for user, leaks in ((self.portal, False), (self.seller, True)):
            data = Store(bus_channel=user).add(notification).get_result()
            [values] = data["mail.notification"]
            self.assertEqual(any(name in values for name in FIELDS), leaks)
        # Nor over RPC, where everybody may read the own notifications.
        notification.res_partner_id = self.portal.partner_id
        self.assertTrue(notification.with_user(self.portal).notification_status)
        for name in FIELDS:
            with self.assertRaises(AccessError):
                notification.with_user(self.portal).read([name])

    def test_colleague_without_the_group_sees_ordinary_mail(self):
        message = self._sent()
        self._happen("rita@client.example")
        values = self._shown(message, self.colleague)[self.reader.id]
        self.assertEqual(values["notification_status"], "sent")
        self.assertFalse(set(values) & set(FIELDS))
        notification = self._notification(message, self.reader)
        with self.assertRaises(AccessError):
            notification.with_user(self.colleague).read(["b2b_state"])
        # What the colleague does tells those who may know, and only those.
        data = Store(bus_channel=self.seller)
        data.add(notification.with_user(self.colleague))
        [values] = data.get_result()["mail.notification"]
        self.assertEqual(values["b2b_state"], "opened")

    def test_who_writes_letters_no_more_sees_ordinary_mail(self):
        message = self._sent()
        self.seller.group_ids -= self.env.ref("b2b_family_mail.group_user")
        values = self._shown(message, self.seller)[self.reader.id]
        self.assertFalse(set(values) & set(FIELDS))

    def test_author_is_shown_at_once(self):
        message = self._sent()
        self._told("mail.record/insert")
        self._happen("rita@client.example")
        told = self._told("mail.record/insert")
        [values] = [row for data in told for row in data["mail.notification"]]
        self.assertEqual(values["id"], self._notification(message, self.reader).id)
        self.assertEqual(values["b2b_state"], "opened")
        self.assertEqual(values["b2b_open_date"], "2026-11-24 07:15:00")
        self.assertEqual(values["notification_status"], "sent")

    def test_answer_of_a_post_does_not_hide_later_news(self):
        """It is made before the letters are sent, and may arrive after that news."""
        with self.mock_mail_gateway():
            message = self._post(b2b_send=False)
        values = self._shown(message, self.seller)[self.reader.id]
        self.assertFalse(set(values) & set(FIELDS))

    def test_failure(self):
        self.fake.fail("send", refusal("Address is blocked", 422))
        message = self._sent()
        notification = self._notification(message, self.reader)
        self.assertEqual(notification.b2b_state, "failed")
        self.assertEqual(notification.notification_status, "exception")

    def test_no_query_more_to_show_a_chatter(self):
        """30 messages with letters, opened, cost what 30 plain ones cost."""
        plain, tracked = self.env["res.partner"].create([{"name": "A"}, {"name": "B"}])
        for record, b2b_send in ((plain, False), (tracked, True)):
            self.record = record
            for _number in range(30):
                self._sent(b2b_send=b2b_send)
        letters = self.env["b2b.family.letter"].search([("res_id", "=", tracked.id)])
        self.assertEqual(len(letters), 30)
        for letter in letters:
            letter._take_open(letter.sent_date, letter.sent_date, 1)
        letters._notify_screens()
        self._count_queries(plain)
        counts = [self._count_queries(record) for record in (plain, tracked)]
        self.assertLessEqual(counts[1], counts[0], "queries, plain and tracked")

    def _count_queries(self, record):
        """Return the queries of what ``/mail/thread/messages`` does."""
        self.env.flush_all()
        self.env.invalidate_all()
        record = record.with_user(self.seller)
        before = self.env.cr.sql_log_count
        messages = record.env["mail.message"]._message_fetch(domain=None, thread=record)
        Store().add(messages["messages"]).get_result()
        return self.env.cr.sql_log_count - before
