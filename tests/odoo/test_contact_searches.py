# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Contacts are found by the letters that they got, and by when they opened the last."""

from datetime import datetime

from common import B2BCase

from odoo.tests import tagged

from odoo.addons.b2b_family_mail.client import Unavailable

EARLY, LATE = datetime(2026, 1, 2, 10), datetime(2026, 2, 3, 10)


@tagged("standard", "post_install", "-at_install")
class TestContactSearches(B2BCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.twice, cls.once, cls.unread, cls.none = cls.partners = cls.env[
            "res.partner"
        ].create(
            [
                {"name": name, "email": f"{name}@client.example"}
                for name in ("twice", "once", "unread", "none")
            ]
        )

    def setUp(self):
        super().setUp()
        for partner, opened in (
            (self.twice, EARLY),
            (self.twice, LATE),
            (self.once, EARLY),
            (self.unread, False),
        ):
            letter = self._send_letter(recipient_ids=[(4, partner.id)])
            if opened:
                letter._take_open(opened, opened, 1)
        self.env.flush_all()

    def _assert_found(self, name, operator, value, expected):
        domain = [("id", "in", self.partners.ids), (name, operator, value)]
        with self.subTest(domain=domain):
            found = self.env["res.partner"].with_user(self.seller).search(domain)
            self.assertEqual(found, self.partners.browse(expected.ids))

    def test_by_the_last_open(self):
        for operator, value, expected in (
            ("=", EARLY, self.once),
            ("=", LATE, self.twice),
            ("in", [EARLY, LATE], self.twice | self.once),
            ("in", [EARLY, False], self.once | self.unread | self.none),
            (">", EARLY, self.twice),
            (">=", EARLY, self.twice | self.once),
            ("<", LATE, self.once),
            ("<=", LATE, self.twice | self.once),
            ("=", False, self.unread | self.none),
            ("!=", False, self.twice | self.once),
        ):
            self._assert_found("b2b_last_open_date", operator, value, expected)

    def test_by_the_number_of_letters(self):
        for operator, value, expected in (
            ("=", 0, self.none),
            ("=", 1, self.once | self.unread),
            ("in", [0, 2], self.twice | self.none),
            ("in", [1], self.once | self.unread),
            (">", 0, self.twice | self.once | self.unread),
            (">=", 2, self.twice),
            ("<", 2, self.once | self.unread | self.none),
            ("<=", 0, self.none),
            ("!=", 1, self.twice | self.none),
        ):
            self._assert_found("b2b_letter_count", operator, value, expected)

    def test_the_filters_of_the_screen(self):
        def never():
            return self._filtered_by(self.partners, "b2b_never_opened")

        # Nor who was sent nothing yet.
        self.fake.fail("send", Unavailable("No route"))
        waits = self._send_letter(recipient_ids=[(4, self.none.id)])
        self.assertEqual((waits.state, self.none.b2b_letter_count), ("queued", 1))
        self.assertEqual(never(), self.unread)
        # Of whom it cannot be known it is not said.
        self.unread.b2b_tracking_consent = "no"
        self.assertFalse(never())
