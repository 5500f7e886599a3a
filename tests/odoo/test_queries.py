# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the work costs in queries, and by which indexes they find their rows.

Counts and plans, no times: those are the benchmark's.
"""

import re
from contextlib import contextmanager
from unittest.mock import patch

from common import B2BCase

from odoo.sql_db import Cursor
from odoo.tests import Form, TransactionCase, tagged
from odoo.tools import mute_logger

OPENED = "2026-11-24T10:15:00+03:00"
HISTORY = 50_000
TABLES = ("b2b_family_letter", "b2b_family_letter_attachment", "b2b_family_event")
FULL_SCAN = re.compile(rf"Seq Scan on ({'|'.join(TABLES)})\b")
INDEX = re.compile(r"\b(?:using|Index Scan on) (b2b_family_\w+)")

LETTERS = """
INSERT INTO b2b_family_letter
       (carrier, key, ref, subject, email, author_id, partner_id, company_id, state, sent_date,
        create_date, first_open_date, open_count)
SELECT 'service', md5(n::text), 'h' || n, 'history', 'reader' || n || '@client.example', p.id, p.id,
       %(company)s, 'opened', now() - interval '60 days', now(), now(), 1
  FROM generate_series(1, %(count)s) AS n
  JOIN (SELECT id, row_number() OVER () AS number FROM res_partner
         WHERE ref = 'history') p ON p.number = n %% 1000 + 1;
INSERT INTO b2b_family_letter_attachment (letter_id, name, checksum, ref, opened)
SELECT id, 'Offer.pdf', md5(id::text), 'f' || id, true
  FROM b2b_family_letter WHERE subject = 'history';
INSERT INTO b2b_family_event
       (letter_id, letter_ref, event_type, date, source, key, pending, received_date)
SELECT id, ref, 'message_open', now() - interval '1 minute' * (id %% 100000), 'poll', key,
       false, now()
  FROM b2b_family_letter WHERE subject = 'history'
 UNION ALL
SELECT NULL, 'stranger' || n, 'message_open', now(), 'webhook', 'stranger' || n, true, now()
  FROM generate_series(1, 5000) AS n
"""


class QueriesCase(B2BCase):
    @contextmanager
    def _counting(self):
        """Yield a list that holds the number of queries of the block after it."""
        self.env.flush_all()
        self.env.invalidate_all()
        before, count = self.env.cr.sql_log_count, []
        yield count
        self.env.flush_all()
        count.append(self.env.cr.sql_log_count - before)

    def _write_mails(self, count):
        readers = self.env["res.partner"].create(
            [
                {"name": f"Reader {number}", "email": f"reader{number}@client.example"}
                for number in range(count)
            ]
        )
        file = self._create_file(res_model="mail.compose.message")
        return self.env["mail.mail"].create(
            [
                {
                    "b2b_send": True,
                    "state": "outgoing",
                    "author_id": self.seller.partner_id.id,
                    "subject": "Offer",
                    "body_html": "<p>Hello</p>",
                    "recipient_ids": [(4, reader.id)],
                    "attachment_ids": [(4, file.id)],
                }
                for reader in readers
            ]
        )


@tagged("standard", "post_install", "-at_install")
class TestQueryCounts(QueriesCase, TransactionCase):
    def _send(self, mails):
        with self._counting() as count:
            mails.send()
            self._cron_send()
        self.assertEqual(set(mails.b2b_letter_ids.mapped("state")), {"sent"})
        return count[0]

    def test_opening_the_full_composer_costs_nothing(self):
        composer = self.env["mail.compose.message"].with_user(self.seller)
        record = {"default_model": "res.partner", "default_res_ids": self.reader.ids}
        composer = composer.with_context(**record)
        file = self._create_file(res_model="mail.compose.message")
        asked = []
        execute = Cursor.execute

        def record_query(cursor, query, params=None, log_exceptions=True):
            asked.append(f"{getattr(query, 'code', query)} {params}")
            return execute(cursor, query, params, log_exceptions)

        for _turn in ("cold", "warm"):
            asked.clear()
            self.env.invalidate_all()
            with patch.object(Cursor, "execute", record_query):
                form = Form(composer)
                form.attachment_ids.add(file.with_user(self.seller))
        self.assertTrue(asked)
        ours = re.compile(r"FROM .?b2b_family_|'b2b_family_mail\.")
        self.assertEqual(list(filter(ours.search, asked)), [])

    def test_sending(self):
        self._send(self._write_mails(1))
        # How many for all, so that what one letter costs is seen to stay small.
        for letters, allowed in ((1, 33), (10, 60), (100, 200)):
            with self.subTest(letters=letters):
                self.assertLessEqual(self._send(self._write_mails(letters)), allowed)

    def test_sending_by_this_odoo(self):
        self.service._set_params({"carrier": "odoo"})
        # The first one writes a setting, and all are read anew.
        for _time in range(2):
            self._send(self._write_mails(1))
        for letters, allowed in ((1, 38), (10, 90), (100, 450)):
            with self.subTest(letters=letters):
                self.assertLessEqual(self._send(self._write_mails(letters)), allowed)

    def test_asking_about_letters_of_which_nothing_is_new(self):
        mails = self._write_mails(300)
        self._send(mails)
        letters = mails.b2b_letter_ids
        letters.next_sync_date = self._ago(seconds=1)
        with self._counting() as count:
            self._cron_sync()
        self.assertEqual(self.fake.calls.count("statistics"), 300)
        self.assertFalse(letters.filtered(lambda lt: lt.next_sync_date <= self._ago()))
        self.assertLessEqual(count[0], 60)

    def test_news(self):
        """A single event, and many of as many letters."""
        mails = self._write_mails(202)
        self._send(mails)
        hooks = [
            self.fake.happen(letter.ref, "message_open", OPENED)
            for letter in mails.b2b_letter_ids
        ]
        self._ingest(hooks.pop())  # that webhooks come is noted once in five minutes
        with self._counting() as count:
            self.assertEqual(self._ingest(hooks[0]), 1)
        self.assertLessEqual(count[0], 30)
        with self._counting() as count:
            self.assertEqual(self._ingest(*hooks[1:]), 200)
        self.assertLessEqual(count[0], 60)

    def test_lists(self):
        """As many queries for eighty letters as for ten."""
        self._send(self._write_mails(80))
        letters = self.env["b2b.family.letter"].with_user(self.seller)
        spec = {name: {} for name in ("subject", "email", "state", "open_count")}
        spec |= {"attachment_ids": {"fields": {"name": {}}}, "document_name": {}}
        counts = []
        for limit in (10, 10, 80):
            with self._counting() as count:
                rows = letters.web_search_read([], spec, limit=limit)["records"]
            self.assertEqual(len(rows), limit)
            counts += count
        self.assertEqual(counts[1], counts[2])


@tagged("standard", "post_install", "-at_install")
class TestQueryPlans(QueriesCase, TransactionCase):
    """No work reads a whole table of ours, however much history there is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.partner"].create(
            [{"name": f"Client {number}", "ref": "history"} for number in range(1000)]
        )
        cls.env.flush_all()
        values = {"count": HISTORY, "company": cls.env.company.id}
        cls.env.cr.execute(LETTERS, values)
        for table in TABLES:
            cls.env.cr.execute(f"ANALYZE {table}")
        cls.env.invalidate_all()
        cls.letters = cls.env["b2b.family.letter"].search(
            [("subject", "=", "history")], limit=20
        )

    @contextmanager
    def _plans(self, *indexes):
        """Check the plans of the queries in the block: these indexes, no full scan."""
        plans = []
        execute = Cursor.execute

        def explain(cursor, query, params=None, log_exceptions=True):
            text = getattr(query, "code", query)
            if (
                isinstance(text, str)
                and any(table in text for table in TABLES)
                and text.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH"))
            ):
                values = getattr(query, "params", params)
                execute(cursor, f"EXPLAIN {text}", values)
                plans.append(text + "\n".join(row[0] for row in cursor.fetchall()))
            return execute(cursor, query, params, log_exceptions)

        self.env.flush_all()
        self.env.invalidate_all()
        with patch.object(Cursor, "execute", explain):
            yield
            self.env.flush_all()
        self.assertTrue(plans)
        for plan in plans:
            self.assertNotRegex(plan, FULL_SCAN)
        used = set(INDEX.findall("\n".join(plans)))
        self.assertFalse(set(indexes) - used, f"not among {sorted(used)}")

    def test_sending(self):
        mails = self._write_mails(20)
        self.env.cr.execute("ANALYZE b2b_family_letter")
        with self._plans(
            "b2b_family_letter_waiting_idx",
            "b2b_family_letter_mail_email_unique",
            "b2b_family_letter_attachment_uploaded_idx",
            "b2b_family_letter_attachment__letter_id_index",
            "b2b_family_event_orphan_idx",
        ):
            mails.send()
            self._cron_send()

    def test_asking(self):
        self.letters.write(
            {"next_sync_date": self._ago(seconds=1), "sent_date": self._ago(hours=1)}
        )
        self.env.flush_all()
        with (
            self._plans("b2b_family_letter_due_idx", "b2b_family_event_pending_idx"),
            mute_logger("odoo.addons.b2b_family_mail.models.letter.inbox.ask"),
        ):
            self._cron_sync()
        self.assertFalse(
            self.letters.filtered(lambda lt: lt.next_sync_date <= self._ago())
        )

    def test_scheduled_actions_that_find_nothing(self):
        with self._plans(
            "b2b_family_letter_due_idx",
            "b2b_family_letter_waiting_idx",
            "b2b_family_letter_not_open_idx",
            "b2b_family_letter_handed_over_idx",
            "b2b_family_event_pending_idx",
        ):
            self._cron_sync()
            self._cron_send()
            self.env["b2b.family.letter"]._cron_not_open()

    def test_news(self):
        letter = self.letters[0]
        file = letter.attachment_ids
        hook = {"id": "e-1", "type": "attachment_open", "date": OPENED}
        hook |= {"mail_id": letter.ref, "attachment_id": file.ref}
        hook |= {"custom_data": {"key": letter.key}}
        with self._plans(
            "b2b_family_letter_key_unique",
            "b2b_family_letter__ref_index",
            "b2b_family_letter_attachment__letter_id_index",
            "b2b_family_event_pending_idx",
            "b2b_family_event__letter_id_index",
        ):
            self.assertEqual(self._ingest(hook), 1)
        self.assertTrue(letter.open_count)

    def test_retention(self):
        """But for the nightly deletion of old events, which may read them all."""
        with self._plans(
            "b2b_family_event_network_idx", "b2b_family_event_orphan_date_idx"
        ):
            self.env["b2b.family.event"]._gc_networks()
            self.env["b2b.family.event"]._gc_orphans()

    def test_what_became_of_ordinary_mail(self):
        mail = self.env["mail.mail"].create({"b2b_plain": True})
        with self._plans("b2b_family_letter__plain_mail_id_index"):
            self.assertFalse(mail._b2b_plain_letters())

    def test_who_got_a_picture_that_is_shared(self):
        tally = self.env["b2b.family.tally"].create({"subject": "News"})
        with self._plans("b2b_family_letter__tally_id_index"):
            self.assertFalse(tally.recipient_count)
        with self._plans("b2b_family_letter__tally_id_index"):
            tally._add_opens({tally.id: 1})

    def test_what_people_open(self):
        letter = self.letters[0]
        partner = letter.partner_id
        search = self.env["b2b.family.letter"].with_user(self.seller).search
        with self._plans(
            "b2b_family_letter__partner_id_index",
            "b2b_family_letter__author_id_index",
            "b2b_family_event_date_idx",
        ):
            self.assertTrue(partner.b2b_letter_count)
            self.assertFalse(search([("state", "=", "opened")], limit=80))
            self.env["b2b.family.event"].search([], limit=80).mapped("event_type")

    def test_the_report_of_clicks(self):
        events = self.env["b2b.family.event"].with_user(self.seller)
        clicks = [("event_type", "=", "link_click"), ("twin_id", "=", False)]
        with self._plans("b2b_family_event_click_idx"):
            self.assertFalse(events.formatted_read_group(clicks, ["url"], ["__count"]))

    def test_what_the_top_bar_shows(self):
        """The newest news of who has written much, and has been told of all of it."""
        self.env.cr.execute(
            """UPDATE b2b_family_letter
                  SET author_id = %s, news_kind = 'open',
                      news_date = now() - id * interval '1 minute'
                WHERE subject = 'history' AND id %% 5 = 0""",
            [self.seller.partner_id.id],
        )
        self.env.cr.execute("ANALYZE b2b_family_letter")
        letters = self.env["b2b.family.letter"].with_user(self.seller)
        with self._plans("b2b_family_letter_news_idx"):
            self.assertEqual(len(letters.open_news()), 1, "all have one subject")
        with self._plans("b2b_family_letter_news_idx"):
            self.assertEqual(letters.count_news(), 0)
        letters.count_news()
        letters.flush_model()
        before = self.env.cr.sql_log_count
        letters.count_news()
        self.assertEqual(self.env.cr.sql_log_count - before, 1, "a page waits for it")

    def test_deleting_what_letters_refer_to(self):
        """Each foreign key to or among our tables that a deletion follows is indexed."""
        self.env.cr.execute(
            """SELECT c.conrelid::regclass::text, a.attname
                 FROM pg_constraint c
                 JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
                WHERE c.contype = 'f' AND c.conrelid::regclass::text = ANY(%s)
                  AND a.attname NOT IN ('create_uid', 'write_uid', 'company_id')""",
            [list(TABLES)],
        )
        references = self.env.cr.fetchall()
        self.assertGreaterEqual(len(references), 9)
        for table, column in references:
            with self.subTest(table=table, column=column):
                self.env.cr.execute(
                    f"EXPLAIN SELECT 1 FROM ONLY {table} WHERE {column} = 2000000000"
                )
                plan = "\n".join(row[0] for row in self.env.cr.fetchall())
                self.assertNotRegex(plan, FULL_SCAN)

    def test_every_index_has_a_use(self):
        """All there are serve a test above, or a foreign key, or are the primary key."""
        self.env.cr.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = ANY(%s)", [list(TABLES)]
        )
        there_are = {name for (name,) in self.env.cr.fetchall()}
        with open(__file__) as source:
            named = set(INDEX_NAME.findall(source.read()))
        keys = {f"{table}_pkey" for table in TABLES}
        self.assertFalse(there_are - named - keys - FOR_DELETION - {EVENT_KEY})


INDEX_NAME = re.compile(r'"(b2b_family_\w+(?:_idx|_index|_unique))"')
# A deletion follows the reference; nothing else looks that way.
FOR_DELETION = {
    "b2b_family_letter__message_id_index",
    "b2b_family_letter__account_id_index",
    "b2b_family_event__attachment_id_index",
    "b2b_family_event__twin_id_index",
    "b2b_family_letter_attachment__ir_attachment_id_index",
}
# Serves INSERT ... ON CONFLICT, which EXPLAIN does not show.
EVENT_KEY = "b2b_family_event_key_unique"
