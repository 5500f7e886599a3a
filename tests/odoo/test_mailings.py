# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Mailings whose mails are for colleagues and for readers outside at once."""

from chatter_case import ChatterCase

from odoo.tests import TransactionCase, tagged


@tagged("standard", "post_install", "-at_install")
class TestMailings(ChatterCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.office = cls.colleague.partner_id
        cls.clients = cls.reader + cls.second

    def _compose(self, records, **values):
        values = {
            "model": records._name,
            "res_ids": repr(records.ids),
            "composition_mode": "mass_mail",
            "subject": "Offer",
            "body": "<p>Hello</p>",
            **values,
        }
        return self.env["mail.compose.message"].with_user(self.seller).create(values)

    def _send(self, records, **values):
        """Send a mailing via B2B; return what the client is told to do then."""
        composer = self._compose(records, **values)
        with self.mock_mail_gateway(mail_unlink_sent=False):
            return composer.action_b2b_send_mail()

    def _template(self, **values):
        return self.env["mail.template"].create(
            {
                "name": "Offer",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "Offer",
                "body_html": "<p>Hello</p>",
                "use_default_to": False,
                **values,
            }
        )

    def _messages(self, records):
        return (
            self.env["mail.message"]
            .sudo()
            .search(
                [("model", "=", records._name), ("res_id", "in", records.ids)]
                + [("message_type", "=", "email_outgoing")]
            )
        )

    def _ordinary(self):
        """Return who got ordinary mail, each as often as he did."""
        return sorted(address for mail in self._mails for address in mail["email_to"])

    def _assert_parted(self, ordinary, tracked):
        """All got it once, each in his way, and the one message knows of all."""
        self.assertEqual(self._ordinary(), ordinary)
        self.assertEqual(self.fake.addresses(), tracked)
        self.assertEqual(len(self._messages(self.record)), 1)

    def test_contacts_added_by_hand(self):
        people = self.office + self.clients
        self._send(self.record, partner_ids=people.ids)
        self._assert_parted(
            ['"Carl Colleague" <carl@shop.example>'],
            ["rita@client.example", "sam@client.example"],
        )
        notified = self._messages(self.record).notification_ids
        self.assertEqual(notified.res_partner_id, people)
        self.assertEqual(len(notified), 3)
        self.assertEqual(set(notified.mapped("notification_status")), {"sent"})
        tracked = notified.filtered("b2b_state")
        self.assertEqual(tracked.res_partner_id, self.clients)
        self.assertTrue(tracked.mail_mail_id.b2b_send)
        ordinary = (notified - tracked).mail_mail_id
        self.assertFalse(ordinary.b2b_send)
        self.assertEqual(ordinary.state, "sent")
        self.assertEqual(ordinary.recipient_ids, self.office)

    def test_each_record_of_many(self):
        """What is parted is each mail, and none gets another's."""
        template = self._template(partner_to=f"{{{{object.id}}}},{self.office.id}")
        self._send(self.clients, template_id=template.id)
        self.assertEqual(
            self.fake.addresses(), ["rita@client.example", "sam@client.example"]
        )
        self.assertEqual(self._ordinary(), ['"Carl Colleague" <carl@shop.example>'] * 2)

    def test_who_is_on_the_blacklist_gets_none_and_is_counted(self):
        self.env["mail.blacklist"]._add("sam@client.example")
        template = self._template(partner_to="{{object.id}}")
        told = self._send(self.clients, template_id=template.id)["params"]
        self.assertEqual(self.fake.addresses(), ["rita@client.example"])
        self.assertIn("not wanted): 1.", told["message"])

    def test_ordinary_mail_of_a_mailing_is_kept_too(self):
        composer = self._compose(
            self.record, partner_ids=self.office.ids, auto_delete=True
        )
        with self.mock_mail_gateway(mail_unlink_sent=False):
            composer.action_b2b_send_mail()
        self.assertEqual(composer.sudo().b2b_mail_ids.mapped("auto_delete"), [False])

    def test_contacts_of_a_template(self):
        template = self._template(
            partner_to=",".join(map(str, (self.office + self.reader).ids))
        )
        self._send(self.record, template_id=template.id)
        self._assert_parted(
            ['"Carl Colleague" <carl@shop.example>'], ["rita@client.example"]
        )

    def test_addresses_of_a_template(self):
        """Odoo finds the contacts, makes the missing one, and all get it."""
        template = self._template(
            email_to="carl@shop.example, new@client.example",
            email_cc="rita@client.example",
        )
        self._send(self.record, template_id=template.id)
        self._assert_parted(
            ['"Carl Colleague" <carl@shop.example>'],
            ["new@client.example", "rita@client.example"],
        )

    def test_addresses_that_stay_addresses(self):
        """Without contacts: a colleague named twice gets it once."""
        template = self._template(
            partner_to=str(self.office.id),
            email_to='"Carl, Boss" <carl@shop.example>, new@client.example',
        )
        composer = self._compose(self.record, template_id=template.id)
        composer = composer.with_context(mail_composer_force_partners=False)
        with self.mock_mail_gateway(mail_unlink_sent=False):
            composer.action_b2b_send_mail()
        self._assert_parted(
            ['"Carl Colleague" <carl@shop.example>'], ["new@client.example"]
        )

    def test_nobody_outside_is_left(self):
        template = self._template(
            partner_to=str(self.office.id), email_to="carl@shop.example"
        )
        composer = self._compose(self.record, template_id=template.id)
        composer = composer.with_context(mail_composer_force_partners=False)
        with self.mock_mail_gateway(mail_unlink_sent=False):
            composer.action_b2b_send_mail()
        self._assert_parted(['"Carl Colleague" <carl@shop.example>'], [])
        self.assertFalse(self.env["b2b.family.letter"].search([]))

    def test_scheduled(self):
        """What is to leave later is parted now, and leaves by core's queue."""
        self._send(
            self.record,
            partner_ids=(self.office + self.reader).ids,
            template_id=self._template(scheduled_date="2100-01-01 10:00:00").id,
        )
        mails = self._messages(self.record).mail_ids
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self._assert_parted([], [])
        mails.scheduled_date = self._ago(minutes=1)
        with self.mock_mail_gateway(mail_unlink_sent=False):
            self.env["mail.mail"].process_email_queue(mails.ids)
        self._assert_parted(
            ['"Carl Colleague" <carl@shop.example>'], ["rita@client.example"]
        )

    def test_a_date_of_the_composer(self):
        """No screen offers it; what is sent by RPC waits for it all the same."""
        self._send(
            self.clients,
            partner_ids=(self.office + self.reader).ids,
            scheduled_date="2100-01-01 10:00:00",
        )
        mails = self._messages(self.clients).mail_ids
        self.assertEqual({mail.scheduled_date.year for mail in mails}, {2100})
        self.assertEqual((self._ordinary(), self.fake.addresses()), ([], []))
        mails.scheduled_date = self._ago(minutes=1)
        with self.mock_mail_gateway(mail_unlink_sent=False):
            self.env["mail.mail"].process_email_queue(mails.ids)
        self.assertIn("rita@client.example", self.fake.addresses())

    def test_many_ordinary_mails_wait_for_the_queue(self):
        """As without us: the page does not wait for a hundred mails by SMTP."""
        self.env["ir.config_parameter"].set_param("mail.mail.force.send.limit", 1)
        template = self._template(partner_to=f"{{{{object.id}}}},{self.office.id}")
        self._send(self.clients, template_id=template.id)
        self.assertEqual(len(self.fake.addresses()), 2)
        self.assertEqual(self._ordinary(), [])
        waiting = self._messages(self.clients).mail_ids.filtered(
            lambda mail: mail.state == "outgoing"
        )
        self.assertEqual(waiting.mapped("recipient_ids"), self.office)
        self.assertEqual(len(waiting), 2)

    # -- what the sender is told

    def test_the_sender_is_told(self):
        people = self.clients + self.office
        people += self.env["res.partner"].create({"name": "Nobody"})
        self.second.b2b_tracking_consent = "no"
        done = self._send(people)
        self.assertEqual(done["tag"], "b2b_family_mail.mailing")
        message = done["params"]["message"]
        self.assertIn("Letters on their way: 1.", message)
        self.assertIn("ordinary mail, not tracked: 2.", message)
        self.assertIn("Not sent (no valid address, or not wanted): 1.", message)
        shown = done["params"]["letters"]
        letters = self.env[shown["res_model"]].with_user(self.seller)
        letters = letters.search(shown["domain"])
        self.assertEqual(set(letters.mapped("state")), {"sent", "untracked", "failed"})
        self.assertEqual(done["params"]["next"]["type"], "ir.actions.act_window_close")

    def test_nothing_to_tell(self):
        """Without any letter the composer closes, as it always did."""
        done = self._send(self.office)
        self.assertEqual(done, {"type": "ir.actions.act_window_close"})
