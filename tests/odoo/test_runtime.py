# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Work that is done later: what is gathered, and when its thread ends."""

from odoo.tests import BaseCase, TransactionCase, tagged
from odoo.tools import mute_logger

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


@tagged("standard", "post_install", "-at_install")
class TestSeen(TransactionCase):
    """What is seen waits in memory for a moment, a flood of it too."""

    def setUp(self):
        super().setUp()
        self.patch(runtime, "_is_tested", lambda: False)
        self.what = self.env.cr.dbname, "b2b.family.event", "_take_fetches"

    def _hand_over(self, key):
        runtime.hand_over_soon(self.env, *self.what[1:], key, key)

    def test_a_flood(self):
        self.patch(runtime, "_hand_over", lambda what: None)
        self.addCleanup(runtime._seen.pop, self.what)
        for _ in range(1_000_000):
            self._hand_over("the same")
        self.assertEqual(len(runtime._seen[self.what]), 1)
        for number in range(2 * runtime.MOST_SEEN):
            self._hand_over(number)
        self.assertEqual(len(runtime._seen[self.what]), runtime.MOST_SEEN)

    def test_it_is_handed_over_together_and_tried_again(self):
        given = []

        def take(events, things):
            given.append(things)
            if len(given) < 3:
                raise OSError("the database is away")

        self.patch(type(self.env["b2b.family.event"]), "_take_fetches", take)
        self.patch(runtime, "MOMENT", 0)
        self.patch(runtime, "FLOOD", 0)
        runtime._seen[self.what] = {1: "one", 2: "two"}
        with mute_logger("odoo.addons.b2b_family_mail.runtime"):
            runtime._hand_over(self.what)
        self.assertEqual(given, [["one", "two"]] * 3)
        self.assertNotIn(self.what, runtime._seen)

    def test_an_addon_that_is_gone_meanwhile_is_no_trouble(self):
        gone = self.env.cr.dbname, "b2b.family.gone", "_apply"
        with self.assertNoLogs("odoo.addons.b2b_family_mail.runtime"):
            runtime._work(gone, [1], {})
            runtime._try_to_hand_over(gone, ["one"])

    def test_what_cannot_be_stored_is_forgotten(self):
        tries = []
        self.patch(runtime, "Registry", tries.append)
        self.patch(runtime, "FLOOD", 0)
        with self.assertLogs(
            "odoo.addons.b2b_family_mail.runtime", "WARNING"
        ) as logged:
            runtime._try_to_hand_over(self.what, ["one"])
        self.assertEqual(len(tries), runtime.SEEN_TRIES)
        # The first try, which fails whenever Odoo is stopped in that moment, warns of none.
        levels = [record.levelname for record in logged.records]
        self.assertEqual(levels, ["WARNING"] * (runtime.SEEN_TRIES - 1) + ["ERROR"])
