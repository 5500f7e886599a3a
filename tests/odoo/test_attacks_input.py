# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Text made to break out: of a header, of a template, of HTML, of a column."""

import json
import re
from contextlib import suppress

from common import B2BCase
from fake_service import answer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.b2b_family_mail.models.b2b_family_template import make_literal

BREAKS = ("\r\nBcc: evil@x.example", "\nX-Evil: 1", "\r.", "\0", "\r\n\r\n<b>x</b>")
ADDRESS = re.compile(r"[^\s@,;]+@[^\s@,;]+")
PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<svg/onload=alert(1)>",
    "{{ 7*7 }}",
    "${7*7}",
    "<t t-out='7*7'/>",
    "%(subject)s %s {0}",
)
FUZZ = {"deadline": None, "suppress_health_check": [*HealthCheck]}
any_text = st.text(max_size=40) | st.sampled_from([*BREAKS, *PAYLOADS, "a@x.example"])


@tagged("standard", "post_install", "-at_install")
class TestHeads(B2BCase):
    def _heads(self):
        """Return all that went into heads of letters."""
        names = ("to", "subject", "from_name", "reply_to")
        return [
            letter.get(name, "")
            for letter in self.fake.letters.values()
            for name in names
        ]

    @mute_logger("odoo.sql_db", "odoo.models.unlink")
    def test_no_break_reaches_a_head(self):
        """Wherever it is typed: refused by name before any call, or not a break."""
        for text in BREAKS:
            for values in (
                {"subject": f"Offer{text}"},
                {"email_to": f"a@x.example{text}", "recipient_ids": False},
                {"email_cc": f"a@x.example{text}"},
                {"email_to": f'"A{text}" <a@x.example>', "recipient_ids": False},
            ):
                with self.subTest(text=text, values=values):
                    self.fake.letters.clear()
                    with suppress(UserError, ValueError), self.env.cr.savepoint():
                        self._send_mail(**values)
                        self.env.flush_all()
                    self.assertNotIn("evil@x.example", self.fake.addresses())
                    for head in self._heads():
                        self.assertNotRegex(head, r"[\r\n\0]")

    def test_names_of_people_with_breaks_are_refused_by_name(self):
        for text in BREAKS[:2]:
            with self.subTest(text=text):
                self.seller.partner_id.name = f"Sally{text}"
                with self.assertRaisesRegex(UserError, "“From” must be a single line"):
                    self._send_letter()
                self.assertEqual(self.fake.calls, [])

    def test_a_reader_with_a_break_in_the_address_gets_nothing(self):
        for text in BREAKS[:2]:
            with self.subTest(text=text), suppress(UserError):
                self.reader.email = f"rita@client.example{text}"
                self._send_mail()
            self.assertEqual(self.fake.letters, {})

    @mute_logger("odoo.sql_db", "odoo.models.unlink")
    def test_any_text_in_any_field(self):
        """Sent, or refused in words; never another reader, never a broken head."""

        @settings(max_examples=50, **FUZZ)
        @given(
            st.fixed_dictionaries(
                {},
                optional=dict.fromkeys(
                    ("subject", "body_html", "email_to", "email_cc"), any_text
                ),
            )
        )
        def fuzz(values):
            self.fake.letters.clear()
            # Odoo's own words for a text that PostgreSQL cannot hold.
            with suppress(UserError, ValueError), self.env.cr.savepoint():
                mail = self._send_mail(**values)
                self.env.flush_all()
                self.assertTrue(mail.b2b_letter_ids or mail.state == "exception")
            typed = (
                f"{values.get('email_to')} {values.get('email_cc')} rita@client.example"
            )
            for address in self.fake.addresses():
                self.assertTrue(ADDRESS.fullmatch(address), address)
                domain = address.rpartition("@")[2]
                self.assertTrue(domain in typed.lower() or "xn--" in domain, address)
            for head in self._heads():
                self.assertNotRegex(head, r"[\r\n\0]")

        with self.assertNoLogs("odoo.addons.b2b_family_mail", "WARNING"):
            fuzz()


@tagged("standard", "post_install", "-at_install")
class TestLiteral(B2BCase):
    """The text of a template is the service's: it is shown, never executed."""

    def _mail_to_clients(self, subject, text):
        self.fake.templates["9"] = {"subject": subject, "text": text, "attachments": []}
        template = self.env["b2b.family.template"].create({"name": "T", "ref": "9"})
        template.action_fetch()
        composer = self.env["mail.compose.message"].with_context(
            default_model="res.partner",
            default_res_ids=self.reader.ids,
            default_composition_mode="mass_mail",
        )
        composer = composer.create({})
        composer.b2b_template_id = template
        composer._onchange_b2b_template_id()
        composer.action_b2b_send_mail()
        self._cron_send()
        return self.fake.to("rita@client.example")[1]

    def test_no_run_of_braces_opens_an_expression(self):
        for braces in ("{{ %s }}", "{{{ %s }}}", "{{{{ %s }} }}", "{ {{%s}} }", "{{%s"):
            with self.subTest(braces=braces):
                self.fake.letters.clear()
                expression = braces.replace("%s", "777 * 777777")
                sent = self._mail_to_clients(expression, f"<p>{expression}</p>")
                self.assertIn("777 * 777777", sent["subject"])
                self.assertIn("777 * 777777", sent["text"])
                # Longer than what the signed address in the text may hold by chance.
                self.assertNotIn("604332729", sent["subject"] + sent["text"])
                self.env["b2b.family.template"].search([]).unlink()

    def test_no_braces_are_left_in_the_text(self):
        self.assertNotRegex(make_literal("<p>{{ 7 * 7 }}</p>"), r"\{\{|\}\}")

    def test_no_spelling_of_a_directive_is_left(self):
        for html in (
            "<p t-out='7'>x</p>",
            "<P T-OUT='7'>x</P>",
            "<t t-out='7'>x</t>",
            "<T><t>x</t></T>",
            "<p T-Att-Class='7' t-attf-id='#{7}'>x</p>",
            "<p><t t-call='web.login'/>x</p>",
            "<div\nt-out\n=\n'7'>x</div>",
            "<p t-out=7 t-out=8>x</p>",
        ):
            with self.subTest(html=html):
                self.assertNotRegex(
                    make_literal(html), re.compile(r"<t[\s>/]|\st-[a-z-]+\s*=", re.I)
                )

    def test_what_is_no_html_at_all(self):
        for text in ("", None, "x", "<", "</p>", "<p", "a & b < c", "<div>" * 5000):
            with self.subTest(text=str(text)[:20]):
                self.assertIsInstance(make_literal(text), str)


@tagged("standard", "post_install", "-at_install")
class TestMarkup(B2BCase):
    """Escaped or sanitized wherever it goes; the browser is asked in tests/tours."""

    def test_a_notice_is_text(self):
        self.seller.b2b_notice_open = "message"
        for payload in PAYLOADS:
            self.reader.name = payload
            letter = self._send_letter(subject=payload)
            self._ingest(
                self.fake.happen(letter.ref, "message_open", "2026-01-02T10:00:00Z")
            )
            notice = self.env["mail.message"].search(
                [("partner_ids", "in", self.seller.partner_id.ids)],
                order="id desc",
                limit=1,
            )
            with self.subTest(payload=payload):
                self.assertNotRegex(notice.body, r"<(script|img|svg|t)\b|javascript:'")
                self.assertNotIn("49", notice.body.replace(str(letter.id), ""))
                self.assertEqual(notice.body.count("<a "), 1)

    def test_words_of_the_service_are_text(self):
        for payload in PAYLOADS:
            self.fake.fail("send", answer({"error": {"message": payload, "code": 1}}))
            letter = self._send_letter()
            self.assertIn(payload[:10], letter.failure_reason)
            self.assertEqual(letter._fields["failure_reason"].type, "char")

    def test_what_the_form_shows_of_a_text_is_sanitized(self):
        for payload in PAYLOADS[:4]:
            mail = self._write_mail(body_html=f"<p>Hello {payload}</p>")
            mail.sudo().mail_message_id.body = f"<p>{payload}</p>"
            mail.action_b2b_send()
            shown = f"{mail.body_content} {mail.sudo().b2b_letter_ids.body}"
            self.assertNotRegex(shown, r"<script|onerror|onload|javascript:")


@tagged("standard", "post_install", "-at_install")
class TestAnswers(B2BCase):
    """Statistics that nobody vouches for, through the scheduled question."""

    NAMES = (
        *("id", "status", "subject", "sent", "first_open", "last_open", "open_count"),
        *("updated", "recipients", "attachments", "events", "result", "mail", "error"),
    )

    @mute_logger("odoo.models.unlink")
    def test_no_answer_breaks_the_scheduled_action(self):
        letter = self._send_letter(attachment_ids=[(4, self._create_file().id)])
        good = self._send_letter()
        scalars = st.one_of(
            *(st.none(), st.booleans(), st.integers(), st.text(max_size=10)),
            st.sampled_from(
                [2**31, 2**63, -1, "9999-12-31T23:59:59-12:00", "\0", 1e308, letter.ref]
                + [letter.attachment_ids.ref, "2026-01-02T10:00:00Z", "message_open"]
            ),
        )
        inner = st.dictionaries(
            st.sampled_from([*self.NAMES, "type", "date", "opened", "email", "name"]),
            scalars,
            max_size=6,
        )
        bodies = st.dictionaries(
            st.sampled_from(self.NAMES),
            scalars | st.lists(inner, max_size=3) | inner,
            max_size=8,
        )

        @settings(max_examples=60, **FUZZ)
        @given(bodies.map(lambda body: {"id": letter.ref, **body}) | scalars)
        def fuzz(body):
            letters = letter | good
            letters.write({"next_sync_date": self._ago(seconds=1)})
            self.fake.fail("statistics", answer(json.dumps(body)))
            self._cron_sync()
            self.env.flush_all()
            self.assertEqual(good.refreshed_date and good.state, "sent")

        with self.assertNoLogs("odoo", "WARNING"):
            fuzz()


@tagged("standard", "post_install", "-at_install")
class TestOwnOpens(B2BCase):
    """What the author sees holds nothing that would count as the reader's open."""

    def test_the_stored_text_is_not_the_tracked_one(self):
        pixel = "https://b2b.example.com/pixel/1.gif"
        accept = self.fake.on_accept

        def accept_and_track(ref):
            self.fake.letters[ref]["text"] += f'<img src="{pixel}">'
            return accept(ref)

        self.fake.on_accept = accept_and_track
        mail = self._send_mail()
        self.assertIn(pixel, self.fake.to("rita@client.example")[1]["text"])
        self._cron_sync()
        message = mail.mail_message_id
        for text in (mail.body_html, mail.body_content, message.body, mail.body):
            self.assertNotIn("pixel", text or "")

    def test_no_model_of_ours_stores_the_text_that_was_handed_over(self):
        letter = self._send_letter(body_html="<p>needle-body</p>")
        self.env.flush_all()
        self.env.cr.execute("SELECT t::text FROM b2b_family_letter t")
        self.assertNotIn("needle-body", str(self.env.cr.fetchall()))
        self.assertFalse(letter.event_ids)
