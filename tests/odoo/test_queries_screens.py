# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the screens cost in queries: as many for much of everything as for little."""

from contextlib import contextmanager

from common import B2BCase
from lxml import etree

from odoo import sql_db
from odoo.tests import TransactionCase, tagged

from odoo.addons.mail.tools.discuss import Store

LETTERS = """
INSERT INTO b2b_family_letter
       (carrier, key, ref, subject, email, author_id, partner_id, company_id, res_model, res_id,
        state, sent_date, create_date)
SELECT 'service', md5(n::text), 'scale' || n, 'scale', 'reader@client.example', %(author)s,
       %(reader)s, %(company)s, 'res.partner', %(reader)s,
       (ARRAY['queued', 'sent', 'opened', 'failed'])[n %% 4 + 1], now(), now()
  FROM generate_series(%(first)s, %(last)s) AS n
"""
EVENTS = """
INSERT INTO b2b_family_event (letter_id, event_type, date, source, key, pending)
SELECT %(letter)s, 'message_open', now() - n * interval '1 minute', 'webhook',
       'scale' || n, false
  FROM generate_series(%(first)s, %(last)s) AS n
"""


@tagged("standard", "post_install", "-at_install")
class TestScreens(B2BCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.letters = cls.env["b2b.family.letter"].with_user(cls.seller)
        cls.people = {
            "author": cls.seller.partner_id.id,
            "reader": cls.reader.id,
            "company": cls.env.company.id,
        }

    @contextmanager
    def _counting(self):
        """Yield a list that then holds the number of queries of the block."""
        self.env.flush_all()
        self.env.invalidate_all()
        before, count = sql_db.sql_counter, []
        yield count
        count.append(sql_db.sql_counter - before)

    def _grow(self, statement, first, last, **values):
        self.env.cr.execute(
            statement, {**self.people, **values, "first": first, "last": last}
        )
        for table in ("b2b_family_letter", "b2b_family_event"):
            self.env.cr.execute(f"ANALYZE {table}")

    def _spec(self, xmlid, kind):
        """Return what a view asks for, as the web client derives it from the arch."""
        view = self.env.ref(f"b2b_family_mail.{xmlid}")
        arch = self.letters.get_view(view.id, kind)["arch"]
        spec = {}
        for node in etree.fromstring(arch).iter("field"):
            if next(node.iterancestors("field"), None) is not None:
                continue
            name = node.get("name")
            spec[name] = {}
            sub = node.find("list")
            if sub is not None:
                fields = {field.get("name"): {} for field in sub.iter("field")}
                spec[name] = {"fields": fields, "limit": 40, "order": ""}
        return spec

    def test_board(self):
        spec = self._spec("b2b_family_letter_view_kanban", "kanban")
        counts = []
        for first, last in ((1, 40), (41, 44), (45, 4000)):
            self._grow(LETTERS, first, last)
            with self._counting() as count:
                result = self.letters.web_read_group(
                    [],
                    ["state"],
                    ["__count"],
                    auto_unfold=True,
                    unfold_read_specification=spec,
                    unfold_read_default_limit=80,
                )
            counts += count
        groups = result["groups"]
        self.assertEqual(sum(group["__count"] for group in groups), 4000)
        self.assertEqual({len(group["__records"]) for group in groups}, {80})
        self.assertEqual(counts[1], counts[2], counts)

    def test_list(self):
        spec = self._spec("b2b_family_letter_view_list", "list")
        counts = []
        for first, last in ((1, 80), (81, 84), (85, 4000)):
            self._grow(LETTERS, first, last)
            with self._counting() as count:
                rows = self.letters.web_search_read([], spec, limit=80)["records"]
            counts += count
            self.assertEqual(len(rows), 80)
        self.assertEqual(counts[1], counts[2], counts)

    def test_letter(self):
        """A letter with thousands of events: those of the first page are read."""
        self._grow(LETTERS, 2, 2)
        letter = self.letters.search([("subject", "=", "scale")])
        spec = self._spec("b2b_family_letter_view_form", "form")
        counts = []
        for first, last in ((1, 40), (41, 44), (45, 3000)):
            self._grow(EVENTS, first, last, letter=letter.id)
            with self._counting() as count:
                [values] = letter.web_read(spec)
            counts += count
        events = values["event_ids"]
        self.assertEqual(len(events), 3000)
        self.assertEqual(len([event for event in events if "date" in event]), 40)
        self.assertEqual(counts[1], counts[2], counts)

    def test_chatter(self):
        """A page of tracked messages takes as many queries as one of plain messages."""
        counts = {}
        for tracked in (False, True):
            record = self.env["res.partner"].create({"name": "Client Ltd"})
            for number in range(30):
                record.with_user(self.seller).sudo().message_post(
                    body=f"Message {number}",
                    message_type="comment",
                    subtype_xmlid="mail.mt_comment",
                    partner_ids=self.reader.ids,
                    b2b_send=tracked,
                )
            for fetch in ("cold", "warm"):
                with self._counting() as count:
                    own = record.with_user(self.seller)
                    messages = own.env["mail.message"]._message_fetch(
                        domain=None, thread=own
                    )["messages"]
                    data = Store().add(messages).get_result()
                counts[tracked, fetch] = count[0]
            states = {row.get("b2b_state") for row in data["mail.notification"]}
            self.assertEqual(states, {"sent"} if tracked else {None})
        self.assertLessEqual(counts[True, "warm"], counts[False, "warm"], counts)
