# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from common import TourCase

from odoo.tests import tagged


@tagged("standard", "post_install", "-at_install")
class TestByDefaultTour(TourCase):
    """Send and Ctrl+Enter go by B2B Family for who prefers that, unless told otherwise."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller.group_ids += cls.env.ref("base.group_partner_manager")
        cls.url = f"/odoo/contacts/{cls.reader.id}"

    def setUp(self):
        super().setUp()
        self.set_up_account()

    def _ways(self):
        """Return by the text of each message whether it went by B2B Family."""
        messages = self.reader.message_ids.filtered("body")
        letters = self.env["b2b.family.letter"].search([])
        words = ("by press", "by key", "ordinary", "full", "plain", "later")
        return {
            word: message in letters.message_id
            for message in messages
            for word in words
            if f"message {word}" in message.body
        }

    def test_it_is_usual(self):
        self.seller.b2b_track_by_default = True
        self.tour(self.url, "b2b_family_by_default", "seller")
        self.assertEqual(
            self._ways(),
            {
                "by press": True,
                "by key": True,
                "ordinary": False,
                "full": True,
                "plain": False,
            },
        )
        scheduled = self.env["mail.scheduled.message"].search([])
        self.assertIn("message later", scheduled.body)
        self.assertTrue(scheduled._b2b_goes_by_b2b())

    def test_it_is_not(self):
        """Ctrl+Enter is ordinary mail, as ever in Odoo."""
        self.tour(self.url, "b2b_family_not_by_default", "seller")
        self.assertEqual(self._ways(), {"by key": False})
