# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a spreadsheet program opens holds words of strangers, and no formula."""

import io
import json

from common import B2BCase
from openpyxl import load_workbook

from odoo.http import Request
from odoo.tests import HttpCase, tagged

OPENED = "2026-01-02T10:00:00Z"
FORMULA = "=cmd|' /C calc'!A0"


@tagged("standard", "post_install", "-at_install")
class TestExports(B2BCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.mail = self._send_mail(subject=FORMULA)
        letter = self.mail.b2b_letter_ids
        self._ingest(self.fake.happen(letter.ref, "link_click", OPENED, url=FORMULA))
        self.assertEqual(letter.event_ids.url, FORMULA)
        self.env["b2b.family.template"].create(
            {"name": FORMULA, "ref": "7", "subject": FORMULA}
        )
        status = self.env["b2b.family.service.status"]
        status = status._make(status._common_account())
        status.last_error_kind, status.last_error_message = "Rejected", FORMULA
        self.env.flush_all()
        self.authenticate("admin", "admin")

    def _export(self, model, *names, compatible=False):
        """Return the cells of an XLSX file, as the web client gets it."""
        data = {
            "model": model,
            "fields": [{"name": n, "label": n, "type": "char"} for n in names],
            "ids": False,
            "domain": [],
            "groupby": [],
            "import_compat": compatible,
        }
        answer = self.url_open(
            "/web/export/xlsx",
            data={"data": json.dumps(data), "csrf_token": Request.csrf_token(self)},
        )
        sheet = load_workbook(io.BytesIO(answer.content)).active
        rows = [*sheet.iter_rows(min_row=2, values_only=True)]
        return [cell for row in rows for cell in row if cell is not None]

    def test_none_is_in_a_file(self):
        for model, *names in (
            ("b2b.family.event", "url", "letter_id/subject"),
            ("b2b.family.letter", "subject", "event_ids/url"),
            ("b2b.family.template", "name", "subject"),
            ("b2b.family.service.status", "last_error_message"),
            ("mail.mail", "b2b_letter_ids/subject", "b2b_letter_ids/event_ids/url"),
        ):
            for compatible in (False, True):
                with self.subTest(model=model, compatible=compatible):
                    cells = self._export(model, *names, compatible=compatible)
                    self.assertIn(f"'{FORMULA}", cells)
                    self.assertNotIn(FORMULA, cells)
