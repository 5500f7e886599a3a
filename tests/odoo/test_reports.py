# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reports by whom it was, and by when a letter was sent."""

from datetime import datetime

from chatter_case import ChatterCase
from test_verdicts import APPLE, GMAIL, OUTLOOK, STRANGE, VerdictCase

from odoo.tests import TransactionCase, tagged

# A Sunday evening in London, and Monday morning in Vladivostok.
SUNDAY = datetime(2026, 11, 22, 22, 30)


@tagged("standard", "post_install", "-at_install")
class TestWhoLooked(VerdictCase, TransactionCase):
    def setUp(self):
        super().setUp()
        programs = {"person": OUTLOOK, "proxy": GMAIL, "machine": APPLE}
        programs |= {"unclear": STRANGE, "reported": None}
        letters = self.env["b2b.family.letter"]
        for program in programs.values():
            letters |= self._send_letter(subject="Report")
            self._happens("message_open", program, letter=letters[-1])
        letters[0].state = "answered"
        for state in ("sent", "failed", "untracked", "queued"):
            letters |= self._send_letter(subject="Report")
            letters[-1].state = state
        self.letters = letters
        self.names = [*programs, "nobody", "failed", "untracked", False]
        self.mine = letters.with_user(self.seller)
        self.domain = [("id", "in", letters.ids)]

    def test_side_by_side(self):
        self.assertEqual(self.mine.mapped("reader"), self.names)
        rows = self.mine.formatted_read_group(self.domain, ["reader"], ["__count"])
        self.assertEqual(
            {row["reader"]: row["__count"] for row in rows},
            dict.fromkeys(self.names, 1),
        )

    def test_each_group_opens_its_letters(self):
        for name, letter in zip(self.names, self.letters, strict=True):
            with self.subTest(name=name):
                found = self.mine.search([*self.domain, ("reader", "=", name)])
                self.assertEqual(found.ids, letter.ids)
                others = self.mine.search([*self.domain, ("reader", "!=", name)])
                self.assertEqual(set(others.ids), set((self.letters - letter).ids))

    def test_what_was_opened_before_there_were_verdicts(self):
        self.letters[0].open_verdict = False
        self.assertEqual(self.mine[0].reader, "reported")
        found = self.mine.search([*self.domain, ("reader", "=", "reported")])
        self.assertIn(self.letters[0].id, found.ids)

    def test_shares_are_of_what_arrived(self):
        names = [name for name in self.mine._fields if name.endswith("_rate")]
        [row] = self.mine.formatted_read_group(
            self.domain, [], [f"{name}:avg" for name in names]
        )
        shares = {name: round(float(row[f"{name}:avg"]), 3) for name in names}
        # Five letters and the one that nobody looked at.
        self.assertEqual(shares.pop("open_rate"), round(4 / 6, 3))
        self.assertEqual(set(shares.values()), {round(1 / 6, 3)})
        self.assertEqual(len(shares), 6)
        for name in names:
            self.assertEqual(
                sum(self.letters.mapped(name)), 4 if name == "open_rate" else 1
            )


@tagged("standard", "post_install", "-at_install")
class TestWhenSent(VerdictCase, TransactionCase):
    def _rows(self, name, tz):
        letters = self.letter.with_user(self.seller).with_context(tz=tz)
        domain = [("id", "=", self.letter.id)]
        self.assertTrue(letters.fields_get([name])[name]["groupable"])
        [row] = letters.formatted_read_group(domain, [name], ["open_rate:avg"])
        found = letters.search([*domain, (name, "=", row[name])])
        self.assertEqual(found, self.letter)
        self.assertFalse(letters.search([*domain, (name, "!=", row[name])]))
        self.assertEqual(letters[name], row[name])
        return row[name]

    def test_in_the_time_zone_of_whoever_looks(self):
        self.letter.sent_date = SUNDAY
        self.assertEqual(self._rows("sent_weekday", "Europe/London"), "6")
        self.assertEqual(self._rows("sent_hour", "Europe/London"), 22)
        self.assertEqual(self._rows("sent_weekday", "Asia/Vladivostok"), "0")
        self.assertEqual(self._rows("sent_hour", "Asia/Vladivostok"), 8)

    def test_what_was_not_sent(self):
        self.letter.sent_date = False
        self.assertEqual(self._rows("sent_weekday", "UTC"), False)


@tagged("standard", "post_install", "-at_install")
class TestTemplate(ChatterCase, TransactionCase):
    """A letter knows with which template it was begun, whichever way it was written."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ours = cls.env["b2b.family.template"].create(
            {"name": "First offer", "ref": "7", "subject": "Offer", "body": "<p>Hi</p>"}
        )
        cls.odoos = cls.env["mail.template"].create(
            {
                "name": "Reminder",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "subject": "Offer",
                "body_html": "<p>Hello</p>",
            }
        )

    def _compose(self, mode, **values):
        composer = self.env["mail.compose.message"].with_user(self.seller)
        composer = composer.create(
            {
                "model": "res.partner",
                "res_ids": repr(self.reader.ids),
                "composition_mode": mode,
                "partner_ids": self.reader.ids if mode == "comment" else [],
                "subject": "Offer",
                "body": "<p>Hello</p>",
                **values,
            }
        )
        with self.mock_mail_gateway(mail_unlink_sent=False):
            composer.action_b2b_send_mail()
        return self.env["b2b.family.letter"].search([], limit=1)

    def test_of_the_composer(self):
        for mode in ("comment", "mass_mail"):
            for values, name in (
                ({"template_id": self.odoos.id}, "Reminder"),
                ({"b2b_template_id": self.ours.id}, "First offer"),
                ({}, False),
            ):
                with self.subTest(mode=mode, values=values):
                    self.assertEqual(self._compose(mode, **values).template, name)

    def test_of_a_letter(self):
        letter = self._send_letter(b2b_template_id=self.ours.id)
        self.assertEqual(letter.template, "First offer")
        self.assertFalse(self._send_letter().template)


@tagged("standard", "post_install", "-at_install")
class TestReasonOfALetter(VerdictCase, TransactionCase):
    def _reason(self, letter=None):
        letter = (letter or self.letter).with_user(self.seller)
        letter.invalidate_recordset(["verdict_reason"])
        return letter.verdict_reason

    def test_nothing_is_said_of_what_nobody_opened(self):
        self.assertFalse(self._reason())

    def test_of_what_decided(self):
        self._happens("message_open", APPLE)
        self.assertIn("Apple", self._reason())
        self._happens("message_open", STRANGE, 7000)
        self.assertIn("the reader, or a program", self._reason())
        self._happens("message_open", OUTLOOK, 7200)
        self.assertIn("Outlook: the reader's own", self._reason())
        self._happens("message_open", STRANGE, 9000)
        self.assertIn("Outlook: the reader's own", self._reason())

    def test_of_what_the_service_counts(self):
        self.fake.sums[self.letter.ref] = {"open_count": 2}
        self.letter.action_refresh()
        self.assertIn("The service says so", self._reason())

    def test_as_many_queries_for_many_letters(self):
        letters = self.letter
        for program in (OUTLOOK, GMAIL, APPLE, STRANGE):
            letters |= self._send_letter()
            self._happens("message_open", program, letter=letters[-1])
        counts = []
        for some in (letters[:1], letters[:1], letters):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.with_user(self.seller).read(["state", "verdict_reason"])
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
