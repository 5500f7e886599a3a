# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Files with hurtful names or contents, and spreadsheets that execute."""

import csv
import io
import json

import openpyxl
from common import B2BCase

from odoo.exceptions import UserError
from odoo.http import Request
from odoo.tests import HttpCase, tagged

NAMES = (
    *("../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "C:\\x.pdf", ".", ".."),
    *('a"; filename="b.exe', "a';x='.pdf", "<img src=x onerror=alert(1)>.pdf"),
    *("{{ 7*7 }}.pdf", "%0d%0aBcc: e@x.example.pdf", "=cmd.pdf", "😀 оферта.pdf"),
    *("\u202efdp.exe", "x" * 250 + ".pdf", "a\tb.pdf", "con", "a;b,c.pdf"),
)
BROKEN_NAMES = ("a\r\nBcc: e@x.example.pdf", "a\nb.pdf", "a\rb.pdf")
ACTIVE = {
    "page.html": b"<script>document.title='owned'</script>",
    "picture.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
    "page.xhtml": b"<html xmlns='http://www.w3.org/1999/xhtml'><script>1</script></html>",
}
FORMULAS = ("=cmd|'/c calc'!A0", "+1+1", "-1+1", "@SUM(1)", "{=1+1}", "\t=1+1")


@tagged("standard", "post_install", "-at_install")
class TestNames(B2BCase):
    def test_a_name_is_only_a_name(self):
        for name in NAMES:
            with self.subTest(name=name):
                file = self._create_file(name)
                letter = self._send_letter(attachment_ids=[(4, file.id)])
                self.assertEqual(letter.state, "sent")
                ref = letter.attachment_ids.ref
                sent, content = self.fake.files[ref]
                self.assertEqual(sent, name.replace('"', "%22"))
                self.assertEqual(content, b"%PDF-1.4")
                [sent_refs] = [self.fake.letters[letter.ref]["attachments"]]
                self.assertEqual(sent_refs, f"{ref};")

    def test_line_breaks_in_a_name_are_refused_by_name(self):
        for name in BROKEN_NAMES:
            with self.subTest(name=name):
                self.fake.calls.clear()
                file = self._create_file(name)
                letter = self._send_letter(attachment_ids=[(4, file.id)])
                self.assertEqual(letter.state, "failed")
                self.assertIn("name", letter.failure_reason)
                self.assertEqual(self.fake.calls, [], "refused before any call")

    def test_a_type_that_is_none_is_not_passed_on(self):
        file = self._create_file(mimetype="text/html\r\nX-Evil: 1")
        letter = self._send_letter(attachment_ids=[(4, file.id)])
        self.assertEqual(letter.state, "sent")


@tagged("standard", "post_install", "-at_install")
class TestContents(B2BCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.admin = self.env.ref("base.user_admin")

    def test_salespeople_upload_no_pictures_that_are_programs(self):
        with self.assertRaisesRegex(UserError, "Only admins can upload SVG"):
            self._create_file("picture.svg", ACTIVE["picture.svg"])

    def test_active_files_are_not_active_in_odoo(self):
        self.authenticate("admin", "admin")
        for name, content in ACTIVE.items():
            file = self._create_file(name, content, user=self.admin)
            letter = self._send_letter(user=self.admin, attachment_ids=[(4, file.id)])
            file = letter.attachment_ids.ir_attachment_id
            self.env.flush_all()
            for url in (f"/web/content/{file.id}", f"/web/image/{file.id}"):
                for query in ("", "?download=true", "?mimetype=text/html"):
                    with self.subTest(name=name, url=url + query):
                        answer = self.url_open(url + query)
                        head = answer.headers
                        self.assertEqual(head["X-Content-Type-Options"], "nosniff")
                        policy = head.get("Content-Security-Policy", "")
                        attached = "attachment" in head.get("Content-Disposition", "")
                        picture = head["Content-Type"] == "image/png"
                        self.assertTrue(
                            "default-src 'none'" in policy or attached or picture,
                            dict(head),
                        )

    def test_the_reader_gets_them_as_they_are(self):
        for name, content in ACTIVE.items():
            file = self._create_file(name, content, user=self.admin)
            letter = self._send_letter(user=self.admin, attachment_ids=[(4, file.id)])
            self.assertEqual(
                self.fake.files[letter.attachment_ids.ref], (name, content)
            )


@tagged("standard", "post_install", "-at_install")
class TestFormulas(B2BCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.letters = self.env["b2b.family.letter"]
        for formula in FORMULAS:
            file = self._create_file(formula)
            letter = self._send_letter(subject=formula, attachment_ids=[(4, file.id)])
            self.letters |= letter
            self._ingest(
                self.fake.happen(
                    letter.ref, "link_click", "2026-01-02T10:00:00Z", url=formula
                )
            )
        self.env.flush_all()
        self.authenticate("admin", "admin")

    def _export(self, kind, model, field, ids):
        data = {
            "model": model,
            "fields": [{"name": field, "label": field, "type": "char"}],
            "ids": ids,
            "domain": [],
            "import_compat": False,
        }
        answer = self.url_open(
            f"/web/export/{kind}",
            {"data": json.dumps(data), "csrf_token": Request.csrf_token(self)},
        )
        self.assertEqual(answer.status_code, 200)
        return answer.content

    def test_no_cell_is_a_formula(self):
        for records, field in (
            (self.letters, "subject"),
            (self.letters.attachment_ids, "name"),
            (self.letters.event_ids, "url"),
        ):
            with self.subTest(model=records._name):
                content = self._export("xlsx", records._name, field, records.ids)
                sheet = openpyxl.load_workbook(io.BytesIO(content)).active
                [header, *cells] = [row[0] for row in sheet.iter_rows()]
                self.assertEqual(len(cells), len(FORMULAS))
                for cell in cells:
                    self.assertEqual(cell.data_type, "s", cell.value)
                    self.assertTrue(cell.value.startswith("'"), cell.value)
                content = self._export("csv", records._name, field, records.ids)
                [header, *rows] = csv.reader(io.StringIO(content.decode()))
                self.assertTrue(all(row[0].startswith("'") for row in rows), rows)
