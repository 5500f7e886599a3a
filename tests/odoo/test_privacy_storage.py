# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is handed over, what is kept of a reader, for how long, and how it is erased."""

import base64
import json
import re

from common import B2BCase

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.b2b_family_mail.client import parse_events
from odoo.addons.b2b_family_mail.models.event import record

OPENED = "2026-01-02T10:00:00Z"
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Zebra42"


class StorageCase(B2BCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller.group_ids |= cls.env.ref("base.group_partner_manager")

    def _row(self, record):
        """Return a record's row as the database has it, as text."""
        self.env.flush_all()
        query = f"SELECT t::text FROM {record._table} t WHERE id = %s"
        self.env.cr.execute(query, [record.id])
        return self.env.cr.fetchone()[0]

    def _open(self, letter, **details):
        details = {"ip": "198.51.100.77", "user_agent": AGENT, **details}
        self._ingest(self.fake.happen(letter.ref, "message_open", OPENED, **details))
        return letter.event_ids


@tagged("standard", "post_install", "-at_install")
class TestHandedOver(StorageCase):
    def test_custom_data_is_an_opaque_key_and_nothing_else(self):
        record = self.env["res.partner"].create({"name": "Secret Client Ltd"})
        letter = self._send_letter(model="res.partner", res_id=record.id)
        request = self.fake.letters[letter.ref]
        self.assertEqual(request["custom_data"], {"key": letter.key})
        self.assertTrue(re.fullmatch(r"[\w-]{22}", letter.key), "128 random bits")
        self.assertNotIn("crm_data", request)

    def test_the_service_is_told_what_the_documentation_says(self):
        letter = self._send_letter()
        self.assertEqual(
            set(self.fake.letters[letter.ref]),
            {
                *("apikey", "to", "subject", "text", "type", "notification_settings"),
                *("custom_data", "from_name", "reply_to", "events"),
            },
        )

    def test_the_service_sends_the_notices_that_were_asked_for(self):
        for email, sms in ("", ""), ("True", ""), ("", "True"):
            self.service._set_params({"service_email": email, "service_sms": sms})
            sent = self.fake.letters[self._send_letter().ref]["notification_settings"]
            told = sent["email_enable"], sent["sms_enable"]
            self.assertEqual(told, (bool(email), bool(sms)))


@tagged("standard", "post_install", "-at_install")
class TestKept(StorageCase):
    def test_what_was_understood_is_not_kept_as_it_came(self):
        event = self._open(self._send_letter())
        self.assertEqual(event.event_type, "message_open")
        self.assertFalse(event.sudo().payload)

    def test_the_address_is_cut_to_its_network(self):
        for address, network in (
            ("198.51.100.77", "198.51.100.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
            ("::ffff:198.51.100.77", "198.51.100.0/24"),
            (" 198.51.100.77 ", "198.51.100.0/24"),
            ("no address", False),
            ("198.51.100.77:4711", False),
        ):
            with self.subTest(address=address):
                event = self._open(self._send_letter(), ip=address)
                self.assertEqual(event.ip_network, network)
                self.assertNotIn(address.strip(), self._row(event))

    def test_the_program_is_reduced_to_its_class(self):
        for agent, name in (
            (AGENT, "phone"),
            ("Mozilla/5.0 (via ggpht.com GoogleImageProxy)", "gmail"),
            ("Barracuda Sentinel", "gateway"),
            ("Thunderbird Zebra42", "mail_program"),
            ("curl/8 Zebra42", "library"),
            ("Zebra42", "other"),
            ("", False),
        ):
            with self.subTest(agent=agent):
                event = self._open(self._send_letter(), user_agent=agent)
                self.assertEqual(event.agent_class, name)
                self.assertNotIn("Zebra42", self._row(event))

    def test_no_spelling_brings_them_into_the_payload(self):
        for name in ("ip", "IP", "ipAddress", "ip_address", "User-Agent", "userAgent"):
            with self.subTest(name=name):
                details = {"ip": None, "user_agent": None, name: "198.51.100.77 canary"}
                nested = [{"client": {name: "198.51.100.77 canary"}}]
                letter = self._send_letter()
                event = self.fake.happen(letter.ref, "unheard_of", OPENED, **details)
                self._ingest({**event, "more": nested})
                event = letter.event_ids
                self.assertNotIn("198.51.100.77", self._row(event))
                self.assertTrue(event.payload["id"])

    def test_what_cannot_be_read_is_kept_without_them_too(self):
        letter = self._send_letter()
        broken = self.fake.happen(letter.ref, "message_open", "no date", ip="10.9.8.7")
        _events, errors = parse_events([broken])
        self.env["b2b.family.event"]._ingest([], "webhook", errors=errors)
        event = self.env["b2b.family.event"].search([("problem", "!=", False)])
        self.assertNotIn("10.9.8.7", self._row(event))


@tagged("standard", "post_install", "-at_install")
class TestRetention(StorageCase):
    def setUp(self):
        super().setUp()
        self.letter = self._send_letter()
        self.event = self._open(self.letter)

    def _age(self, **columns):
        self.env.flush_all()
        for name, days in columns.items():
            self.env.cr.execute(
                f"UPDATE b2b_family_event SET {name} ="
                " now() at time zone 'utc' - %s * interval '1 day' WHERE id = %s",
                [days, self.event.id],
            )
        self.env.invalidate_all()

    def _vacuum(self):
        self.env["b2b.family.event"]._gc_events()
        self.env["b2b.family.event"]._gc_networks()

    def test_networks_go_after_30_days_and_the_event_stays(self):
        self._age(received_date=29)
        self._vacuum()
        self.assertTrue(self.event.ip_network)
        self._age(received_date=31)
        self._vacuum()
        self.assertFalse(self.event.ip_network)
        self.assertEqual(self.event.agent_class, "phone")

    def test_events_go_after_12_months_and_the_letters_dates_stay(self):
        self._age(date=364, received_date=364)
        self._vacuum()
        self.assertTrue(self.event.exists())
        self._age(date=366, received_date=364)
        self._vacuum()
        self.assertFalse(self.event.exists())
        self.assertEqual((self.letter.state, self.letter.open_count), ("opened", 1))
        self.assertTrue(self.letter.first_open_date)

    def test_an_event_of_the_future_does_not_stay_for_ever(self):
        self._age(date=-4000, received_date=366)
        self._vacuum()
        self.assertFalse(self.event.exists())

    def test_long_rows_are_deleted_in_batches(self):
        self.patch(record, "VACUUM_BATCH", 1)
        self._age(received_date=31)
        self.assertEqual(self.event._gc_networks(), (1, True))
        self.assertEqual(self.event._gc_networks(), (0, False))

    def test_more_events_than_one_batch_are_gone_by_and_by(self):
        self.patch(record, "VACUUM_BATCH", 1)
        self._age(date=10_000)
        events = self.env["b2b.family.event"]
        self.assertEqual(events._gc_events(), (1, True))
        self.assertEqual(events._gc_events(), (0, False))
        self.assertEqual(self.event._gc_networks(), (0, False))


@tagged("standard", "post_install", "-at_install")
class TestErase(StorageCase):
    def setUp(self):
        super().setUp()
        file = self._create_file()
        self.letter = self._send_letter(attachment_ids=[(4, file.id)])
        self._open(self.letter)
        self._ingest(
            self.fake.happen(
                self.letter.ref,
                "attachment_open",
                OPENED,
                attachment=self.letter.attachment_ids.ref,
            )
        )
        self.manager = new_test_user(
            self.env,
            "manager_b2b",
            "base.group_partner_manager,b2b_family_mail.group_manager",
        )

    def _assert_erased(self, letter):
        self.assertNotIn("rita", self._row(letter).lower())
        self.assertFalse(letter.partner_id or letter.event_ids)
        self.assertEqual((letter.open_count, letter.state), (0, "sent"))
        for thing in letter, *letter.attachment_ids:
            self.assertFalse(thing.first_open_date or thing.last_open_date)
        self.assertFalse(any(letter.attachment_ids.mapped("opened")))
        self.assertTrue(letter.sent_date, "that it was sent stays")
        self.assertFalse(letter.next_sync_date or letter.not_open_date)

    def test_deleting_a_contact_erases_what_he_did(self):
        self.reader.unlink()
        self._assert_erased(self.letter)

    def test_deleting_a_contact_whatever_numbers_the_constraints_have(self):
        """PostgreSQL follows them by name, "…_100000" before "…_99999"."""
        for table, column, rest in (
            ("b2b_family_letter", "message_id", "SET NULL"),
            ("mail_mail", "mail_message_id", "CASCADE"),
        ):
            name = f"{table}_{column}_fkey"
            self.env.cr.execute(
                f"ALTER TABLE {table} DROP CONSTRAINT {name},"
                f" ADD CONSTRAINT {name} FOREIGN KEY ({column})"
                f" REFERENCES mail_message ON DELETE {rest}"
            )
        mail = self.letter.mail_id
        self.reader.unlink()
        self._assert_erased(self.letter)
        self.assertFalse(mail.exists() or self.letter.mail_id)

    def test_a_manager_erases_it_and_keeps_the_contact(self):
        self.reader.with_user(self.manager).action_b2b_erase()
        self._assert_erased(self.letter)
        self.assertTrue(self.reader.exists())
        self.assertFalse(self.reader.b2b_letter_count)

    def test_letters_to_his_bare_address_and_stray_news_go_as_well(self):
        bare = self._send_letter(recipient_ids=False, email_to="RITA@client.example")
        self._open(bare)
        self.reader.email += ", Rita <rita@home.example>"
        second = self._send_letter(recipient_ids=False, email_to="rita@home.example")
        self._open(second)
        other = self._send_letter(recipient_ids=False, email_to="x@client.example")
        stray = {"type": "message_open", "mail_id": 99, "email": "rita@client.example"}
        self._ingest(stray)
        self.reader.with_user(self.manager).action_b2b_erase()
        self._assert_erased(bare)
        self._assert_erased(second)
        self.assertEqual(other.email, "x@client.example")
        self.assertFalse(
            self.env["b2b.family.event"].search([("email", "ilike", "rita")])
        )

    def test_later_news_teaches_nothing_of_who_was_erased(self):
        self.reader.with_user(self.manager).action_b2b_erase()
        ref = self.letter.ref
        event = {"type": "message_open", "mail_id": ref, "email": "rita@client.example"}
        self._ingest({**event, "id": "late", "date": OPENED, "ip": "198.51.100.77"})
        self._assert_erased(self.letter)

    def test_the_chatter_forgets_too(self):
        record = self.env["res.partner"].create({"name": "Client Ltd"})
        message = record.with_user(self.seller).message_post(
            body="Hello",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.reader.ids,
            b2b_send=True,
        )
        letter = self.env["b2b.family.letter"].search([("message_id", "=", message.id)])
        self._open(letter)
        notification = message.sudo().notification_ids
        self.assertTrue(notification.b2b_open_date)
        self.reader.with_user(self.manager).action_b2b_erase()
        self.assertFalse(notification.b2b_open_date)
        self.assertEqual(notification.b2b_state, "sent")

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_who_may_not_see_it_may_not_erase_it(self):
        with self.assertRaises(AccessError):
            self.reader.with_user(self.seller).action_b2b_erase()
        self.seller.group_ids |= self.env.ref("base.group_partner_manager")
        with self.assertRaisesRegex(AccessError, "Only a B2B Family manager"):
            self.reader.with_user(self.seller).action_b2b_erase()
        self.assertEqual(self.letter.state, "opened")


@tagged("standard", "post_install", "-at_install")
class TestExport(StorageCase):
    def setUp(self):
        super().setUp()
        self.letter = self._send_letter()
        self._open(self.letter)

    def _export(self, letters, user):
        action = letters.with_user(user).action_export_reader()
        file_id = int(re.search(r"/web/content/(\d+)", action["url"])[1])
        return self.env["ir.attachment"].browse(file_id)

    def test_a_person_gets_what_is_known(self):
        [known] = json.loads(self._export(self.letter, self.seller).raw)["letters"]
        self.assertEqual(known["email"], "rita@client.example")
        self.assertEqual(known["first_open"], "2026-01-02 10:00:00")
        self.assertEqual(
            known["events"],
            [
                {
                    "date": "2026-01-02 10:00:00",
                    "type": "message_open",
                    "attachment": False,
                    "network": "198.51.100.0/24",
                    "program": "phone",
                    "verdict": "unclear",
                }
            ],
        )

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.models")
    def test_nobody_exports_what_he_may_not_read(self):
        rival = new_test_user(self.env, "rival_b2b", "b2b_family_mail.group_user")
        with self.assertRaises(AccessError):
            self._export(self.letter, rival)

    @mute_logger("odoo.addons.base.models.ir_attachment", "odoo.models")
    def test_the_file_is_for_who_asked_and_goes_after_a_day(self):
        file = self._export(self.letter, self.seller)
        rival = new_test_user(self.env, "rival_b2b", "b2b_family_mail.group_user")
        with self.assertRaises(AccessError):
            file.with_user(rival).read(["datas"])
        own = file.with_user(self.seller).read(["datas"])
        self.assertIn(b"rita", base64.b64decode(own[0]["datas"]))
        self.letter._gc_exports()
        self.assertTrue(file.exists())
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ir_attachment SET create_date = create_date - interval '25 hours'"
            " WHERE id = %s",
            [file.id],
        )
        self.env.invalidate_all()
        self.letter._gc_exports()
        self.assertFalse(file.exists())
