# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Send via B2B in the full composer: a message, a scheduled one, a mailing."""

import json

from chatter_case import ChatterCase

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, tagged

from odoo.addons.mail.tools.discuss import Store


@tagged("standard", "post_install", "-at_install")
class TestChatterComposer(ChatterCase, TransactionCase):
    def _compose(self, records=None, user=None, **values):
        records = records or self.record
        values = {
            "model": records._name,
            "res_ids": repr(records.ids),
            "composition_mode": "comment",
            "subject": "Offer",
            "body": "<p>Hello</p>",
            "partner_ids": self.reader.ids,
            **values,
        }
        composers = self.env["mail.compose.message"].with_user(user or self.seller)
        return composers.create(values)

    def _letters_of(self, records):
        return (
            self.env["b2b.family.letter"]
            .sudo()
            .search([("res_model", "=", records._name), ("res_id", "in", records.ids)])
        )

    def _clients(self, count):
        return self.env["res.partner"].create(
            [
                {"name": f"Client {number}", "email": f"c{number}@client.example"}
                for number in range(count)
            ]
        )

    # -- one message

    def test_message(self):
        with self.mock_mail_gateway(mail_unlink_sent=False):
            self._compose().action_b2b_send_mail()
        self.assertEqual(self.fake.addresses(), ["rita@client.example"])
        self.assertEqual(self._letters_of(self.record).state, "sent")
        self.assertEqual(len(self._mails), 1, "the colleague who follows")

    def test_send_is_ordinary(self):
        with self.mock_mail_gateway():
            self._compose().action_send_mail()
        self.assertFalse(self.fake.calls)

    def test_buttons_are_for_the_group(self):
        view = "mail.email_compose_message_wizard_form"
        # Where it is the usual way, and where it is the other one.
        for user, count in ((self.seller, 2), (self.colleague, 0)):
            arch = self.env["mail.compose.message"].with_user(user)
            arch = arch.get_view(self.env.ref(view).id)["arch"]
            self.assertEqual(arch.count("action_b2b_send_mail"), count)
            self.assertEqual(arch.count("action_b2b_schedule_message"), count)
            self.assertEqual(arch.count("without Tracking"), count)

    def test_users_without_the_right(self):
        for mode in ("comment", "mass_mail"):
            composer = self._compose(
                user=self.colleague, composition_mode=mode, b2b_send=True
            )
            with self.subTest(mode=mode), self.assertRaises(AccessError):
                composer.action_send_mail()

    def test_not_set_up(self):
        self.service._set_params({"api_key": False, "app_key": False})
        self.service._set_params({"carrier": "service"})
        before = self.record.message_ids
        for mode in ("comment", "mass_mail"):
            composer = self._compose(composition_mode=mode)
            with (
                self.subTest(mode=mode),
                self.assertRaisesRegex(UserError, "B2B application key"),
            ):
                composer.action_b2b_send_mail()
        self.assertEqual(self.record.message_ids, before)

    # -- scheduled

    def _schedule(self, user=None):
        composer = self._compose(user=user, scheduled_date="2100-01-01 10:00:00")
        composer.action_b2b_schedule_message()
        return self.env["mail.scheduled.message"].search(
            [("res_id", "=", self.record.id)]
        )

    def test_scheduled_message_says_which_way_it_goes(self):
        scheduled = self._schedule()
        for user, told in ((self.seller, [True]), (self.colleague, [None])):
            store = Store().add(scheduled.with_user(user))
            rows = store.get_result()["mail.scheduled.message"]
            self.assertEqual([row.get("b2b_send") for row in rows], told, user.login)
        plain = scheduled.copy({"notification_parameters": "{}"})
        [row] = Store().add(plain.with_user(self.seller)).get_result()[plain._name]
        self.assertFalse(row["b2b_send"])

    def test_scheduled_message_keeps_the_flag(self):
        scheduled = self._schedule()
        self.assertFalse(self._letters_of(self.record))
        with self.mock_mail_gateway():
            scheduled.post_message()
        letter = self._letters_of(self.record)
        self.assertEqual(letter.state, "sent")
        self.assertEqual(letter.author_id, self.seller.partner_id)

    def test_forged_scheduled_message(self):
        """Whoever writes the flag into the parameters still needs the right."""
        scheduled = (
            self.env["mail.scheduled.message"]
            .with_user(self.colleague)
            .create(
                {
                    "author_id": self.seller.partner_id.id,
                    "body": "Hello",
                    "model": "res.partner",
                    "notification_parameters": json.dumps({"b2b_send": True}),
                    "partner_ids": self.reader.ids,
                    "res_id": self.record.id,
                    "scheduled_date": "2100-01-01 10:00:00",
                }
            )
        )
        with self.assertRaises(AccessError):
            scheduled.post_message()
        self.assertFalse(self.fake.calls)

    def test_schedule_form(self):
        """The buttons follow those of core when a date is set."""
        form = Form(
            self.env["mail.compose.message"]
            .with_user(self.seller)
            .with_context(default_model="res.partner", default_res_ids=self.record.ids)
        )
        form.subject = "Offer"
        form.scheduled_date = "2100-01-01 10:00:00"
        composer = form.save()
        composer.action_b2b_schedule_message()
        scheduled = self.env["mail.scheduled.message"].search(
            [("res_id", "=", self.record.id)]
        )
        self.assertTrue(json.loads(scheduled.notification_parameters)["b2b_send"])

    # -- mailing

    def _mailing(self, records, **values):
        return self._compose(
            records, composition_mode="mass_mail", partner_ids=[], **values
        )

    def test_mailing_of_200(self):
        clients = self._clients(200)
        with self.mock_mail_gateway():
            self._mailing(clients).action_b2b_send_mail()
        letters = self._letters_of(clients)
        self.assertEqual(len(letters), 200)
        self._cron_send()
        self.assertEqual(set(letters.mapped("state")), {"sent"})
        self.assertEqual(self.fake.addresses(), sorted(clients.mapped("email")))
        self.assertEqual(len(letters.message_id), 200)
        notifications = letters.message_id.notification_ids
        self.assertEqual(len(notifications), 200)
        self.assertEqual(set(notifications.mapped("b2b_state")), {"sent"})
        self.assertFalse(any(letters.mail_id.mapped("auto_delete")))

    def test_mailing_does_not_block_the_page(self):
        """More than a few letters are left to the scheduled action."""
        clients = self._clients(60)
        cron = self.env.ref("b2b_family_mail.ir_cron_send")
        composer = self._mailing(clients)
        composer.action_b2b_send_mail()
        letters = self._letters_of(clients)
        self.assertEqual(set(letters.mapped("state")), {"queued"})
        self.assertFalse(self.fake.calls)
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]))
        self._cron_send()
        self.assertEqual(set(letters.mapped("state")), {"sent"})

    def test_mailing_leaves_out_what_core_leaves_out(self):
        clients = self._clients(2) + self.env["res.partner"].create({"name": "Nobody"})
        with self.mock_mail_gateway():
            self._mailing(clients).action_b2b_send_mail()
        self.assertEqual(
            self.fake.addresses(), ["c0@client.example", "c1@client.example"]
        )

    def test_mailing_to_a_colleague_is_ordinary(self):
        with self.mock_mail_gateway(mail_unlink_sent=False):
            self._mailing(
                self.colleague.partner_id + self.reader
            ).action_b2b_send_mail()
        self.assertEqual(self.fake.addresses(), ["rita@client.example"])
        self.assertEqual(len(self._mails), 1)

    def test_mailing_under_the_own_name(self):
        with self.mock_mail_gateway():
            self._mailing(
                self._clients(1),
                author_id=self.colleague.partner_id.id,
                email_from="boss@shop.example",
            ).action_b2b_send_mail()
        [letter] = self.fake.letters.values()
        self.assertEqual(letter["from_name"], "Sally Seller")
