# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Letters, mails and events are found by what is not stored with them."""

from chatter_case import ChatterCase
from lxml import etree

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval


@tagged("standard", "post_install", "-at_install")
class TestLetterSearches(ChatterCase):
    def _found(self, records, name, operator, value):
        domain = [("id", "in", records.ids), (name, operator, value)]
        return records.with_user(self.seller).search(domain).sudo()

    def test_by_their_text_wherever_it_was_written(self):
        # To several: it stands in nobody's chatter, and its message is empty.
        mail = self._send_mail(
            body_html="<p>Apples and pears</p>", email_to="bob@x.example"
        )
        written = mail.b2b_letter_ids
        posted = self._letters(self._post(body="Apples and plums"))
        letters = written | posted
        for words, expected in (
            ("apples", letters),
            ("pears", written),
            ("plums", posted),
            ("cherries", letters.browse()),
        ):
            with self.subTest(words=words):
                self.assertEqual(self._found(letters, "body", "ilike", words), expected)
                self.assertEqual(
                    self._found(letters, "body", "not ilike", words),
                    letters - expected,
                )

    def test_mails_by_the_state_of_their_letters(self):
        draft, sent = self._write_mail().sudo(), self._send_mail()
        opened = self._send_mail()
        opened.b2b_letter_ids.state = "opened"
        mails = draft | sent | opened
        for operator, value, expected in (
            ("=", "draft", draft),
            ("in", ["draft", "sent"], draft | sent),
            ("=", "opened", opened),
            ("!=", "draft", sent | opened),
            ("not in", ["sent", "opened"], draft),
        ):
            with self.subTest(operator=operator, value=value):
                self.assertEqual(
                    self._found(mails, "b2b_state", operator, value), expected
                )

    def test_letters_by_the_filters_of_the_screen(self):
        letters = fresh, old, refused, failed, cancelled = [
            self._send_letter() for _each in range(5)
        ]
        letters = fresh.union(*letters)
        (old | refused).sent_date = self._ago(days=4)
        refused.partner_id = self.env["res.partner"].create(
            {"name": "Shy", "b2b_tracking_consent": "no"}
        )
        old.partner_id = False
        failed._set_failed("No such box")
        cancelled._set_cancelled()
        self.env.flush_all()
        self.assertEqual(self._filtered_by(letters, "not_opened"), old)
        self.assertEqual(self._filtered_by(letters, "attention"), failed)
        failed.state = "unknown"
        self.assertEqual(self._filtered_by(letters, "attention"), failed)

    def test_my_letters_are_mine_for_who_sees_all(self):
        mine, theirs = self._send_letter(), self._send_letter(user=self.env.user)
        arch = etree.fromstring(mine.get_view(view_type="search")["arch"])
        [domain] = arch.xpath("//filter[@name='mine']/@domain")
        domain = safe_eval(domain, {"uid": self.seller.id})
        found = mine.search([("id", "in", (mine | theirs).ids), *domain])
        self.assertEqual(found, mine)

    def test_what_the_lists_are_of_and_let_be_done(self):
        drafts = self.env.ref("b2b_family_mail.mail_mail_action_b2b_drafts")
        draft, sent = self._write_mail().sudo(), self._send_mail()
        domain = safe_eval(drafts.domain) + [("id", "in", (draft | sent).ids)]
        self.assertEqual(self.env["mail.mail"].search(domain), draft)
        for kind, forbidden in (("list", ("create", "edit", "delete")), ("kanban", ())):
            view = self.env.ref(f"b2b_family_mail.b2b_family_letter_view_{kind}")
            arch = etree.fromstring(sent.b2b_letter_ids.get_view(view.id, kind)["arch"])
            for name in forbidden or ("records_draggable",):
                self.assertIn(arch.get(name), ("0", "False", "false"), name)

    def test_events_by_their_reader(self):
        letter = self._send_letter()
        for email in (letter.email, "other@client.example"):
            event = self.fake.happen(letter.ref, "message_open", "2026-01-02T10:00")
            self._ingest({**event, "email": email})
        others = letter.event_ids.filtered("other_email")
        self.assertEqual(others.mapped("email"), ["other@client.example"])
        ours = letter.event_ids - others
        events = ours | others
        self.assertEqual(self._found(events, "email", "=", letter.email), ours)
        self.assertEqual(self._found(events, "email", "ilike", "other@client"), others)
        self.assertEqual(self._found(events, "email", "!=", letter.email), others)
