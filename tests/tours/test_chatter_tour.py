# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import threading

from common import TourCase

from odoo.tests import new_test_user, tagged

from devtools.sandbox.control import wait_for


@tagged("standard", "post_install", "-at_install")
class TestChatterTour(TourCase):
    """Send via B2B from the chatter of a contact, by an ordinary user."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A message on a contact needs the right to edit contacts, as ever in Odoo.
        cls.seller.group_ids += cls.env.ref("base.group_partner_manager")
        cls.url = f"/odoo/contacts/{cls.reader.id}"

    def test_message_is_sent_and_seen_opened(self):
        self.set_up_account()
        reader = threading.Thread(target=self._read_after_refresh)
        reader.start()
        self.addCleanup(reader.join)
        self.tour(self.url, "b2b_family_chatter", "seller")
        letter = self.env["b2b.family.letter"].search([])
        self.assertEqual(letter.author_id, self.seller.partner_id)
        self.assertEqual(letter.state, "opened")
        self.assertEqual(letter.subject, "Forty workbenches")
        self.assertIn("webhook", letter.event_ids.mapped("source"))

    def _read_after_refresh(self):
        """Be the reader, once the author's page has shown the letter as sent."""
        wait_for(lambda: self.sandbox.requests("statistics"), 60, "the refresh")
        (caught,) = self.sandbox.wait_mailbox()
        self.sandbox.open_letter(caught["id"])

    def test_full_composer(self):
        self.set_up_account()
        self.tour(self.url, "b2b_family_full_composer", "seller")
        self.assertEqual(self.sandbox.accepted(), 1)

    def test_who_refused_tracking_is_named(self):
        self.reader.b2b_tracking_consent = "no"
        self.tour(self.url, "b2b_family_chatter_untracked", "seller")

    def test_wrong_address(self):
        """Core would send nothing, and not say so."""
        self.set_up_account()
        self.reader.email = "rita@@client"
        self.tour(self.url, "b2b_family_chatter_wrong_address", "seller")
        self.assertFalse(self.env["b2b.family.letter"].search([]))

    def test_not_set_up(self):
        """The author is told what is missing, and loses nothing."""
        self.env["b2b.family.service"]._set_params({"carrier": "service"})
        self.tour(self.url, "b2b_family_chatter_not_set_up", "seller")
        self.assertFalse(self.env["b2b.family.letter"].search([]))

    def test_no_trace_without_the_group(self):
        groups = "base.group_user,base.group_partner_manager"
        new_test_user(self.env, "colleague", groups, name="Carl Colleague")
        self.tour(self.url, "b2b_family_chatter_without_group", "colleague")
