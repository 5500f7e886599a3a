# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Every door has its line in the table of who may go through it."""

import sys
from pathlib import Path

from odoo.tests import TransactionCase, tagged

sys.path.append(str(Path(__file__).parents[1] / "doors" / "surface"))

import table  # noqa: E402

HINT = "see tests/doors/surface/missing.py"


@tagged("standard", "post_install", "-at_install")
class TestSurface(TransactionCase):
    def test_nothing_is_missing_from_the_table(self):
        self.assertEqual(list(table.missing(self.env)), [], HINT)

    def test_nothing_in_the_table_is_gone(self):
        self.assertEqual(list(table.stale(self.env)), [], HINT)

    def test_every_cell_is_decided(self):
        for name in table.HEADS:
            for row in table.read(name):
                cells = {row[role] for role in table.ROLES}
                self.assertLessEqual(cells, set(table.CELLS), row)

    def test_the_walk_sees_core_ours_and_what_is_overridden(self):
        methods = {key[:2] for key in table.methods(self.env)}
        for key in (
            ("mail.mail", "send_after_commit"),
            ("mail.mail", "write"),
            ("b2b.family.letter", "action_refresh"),
            ("b2b.family.credentials.mixin", "action_b2b_unsubscribe"),
            ("res.config.settings", "action_b2b_unsubscribe"),
            ("mail.message", "write"),
            ("res.partner", "action_b2b_erase"),
            ("mail.thread", "message_post"),
        ):
            self.assertIn(key, methods)
        self.assertNotIn(("res.partner", "message_post"), methods)
        fields = {key[:2] for key in table.fields(self.env)}
        self.assertIn(("mail.mail", "unrestricted_attachment_ids"), fields)
        self.assertIn(("mail.notification", "b2b_state"), fields)
        self.assertNotIn(("mail.notification", "is_read"), fields)
