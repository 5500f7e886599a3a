# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Work that is done later: what is gathered, and when its thread ends."""

from odoo.tests import BaseCase, tagged

from odoo.addons.b2b_family_mail import runtime


@tagged("standard", "post_install", "-at_install")
class TestGathered(BaseCase):
    def test_a_thread_stays_until_nothing_more_has_come(self):
        what = ("no_database", "no.model", "no_method")
        runtime._gathered[what] = {2, 1}
        self.assertEqual(runtime._take(what, 0), [1, 2])
        # Whoever comes now finds the thread: it looks once more.
        self.assertEqual(runtime._gathered[what], set())
        runtime._gathered[what].add(3)
        self.assertEqual(runtime._take(what, 0), [3])
        self.assertEqual(runtime._take(what, 0), [])
        self.assertNotIn(what, runtime._gathered)
