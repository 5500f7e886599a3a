# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""*Send via B2B by default*: a preference of each user, and what the screens make of it."""

from chatter_case import ChatterCase

from odoo.exceptions import AccessError
from odoo.tests import tagged


@tagged("standard", "post_install", "-at_install")
class TestByDefault(ChatterCase):
    def test_it_is_off_and_everybodys_own(self):
        self.assertFalse(self.seller.b2b_track_by_default)
        self.seller.with_user(self.seller).write({"b2b_track_by_default": True})
        self.assertTrue(self.seller.with_user(self.seller).b2b_track_by_default)
        with self.assertRaises(AccessError):
            self.seller.with_user(self.colleague).read(["b2b_track_by_default"])
        with self.assertRaises(AccessError):
            self.colleague.with_user(self.colleague).write(
                {"b2b_track_by_default": True}
            )

    def test_the_composer_knows(self):
        for user, own, by_default in (
            (self.seller, False, False),
            (self.seller, True, True),
            # A right that was taken away again.
            (self.colleague, True, False),
        ):
            user.sudo().b2b_track_by_default = own
            composer = self.env["mail.compose.message"].with_user(user).create({})
            self.assertEqual(composer.b2b_by_default, by_default)

    def test_whom_it_goes_to_is_not_asked_for(self):
        """Who has asked for a letter is told that there is nobody to get it."""
        self.record.message_unsubscribe(self.record.message_partner_ids.ids)
        for by_default in (False, True):
            self.seller.b2b_track_by_default = by_default
            self._told("simple_notification")
            self._post(self.colleague.partner_id)
            told = self._told("simple_notification")
            self.assertEqual(bool(told), not by_default)
