# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import threading

from common import TourCase

from odoo.tests import tagged

from devtools.sandbox.control import wait_for


@tagged("standard", "post_install", "-at_install")
class TestLetterTour(TourCase):
    def setUp(self):
        super().setUp()
        self.set_up_account()

    def test_salesperson_writes_sends_and_sees_it_opened(self):
        """From *New* to the tab of the letter, which changes while it is watched."""
        reader = threading.Thread(target=self._read_after_refresh)
        reader.start()
        self.addCleanup(reader.join)
        self.tour("/odoo", "b2b_family_letter", "seller")
        self.assertEqual(self.sandbox.accepted(), 1)
        letter = self.env["b2b.family.letter"].search([])
        self.assertEqual(letter.state, "opened")
        self.assertEqual(letter.author_id, self.seller.partner_id)
        self.assertTrue(letter.attachment_ids.opened)
        self.assertIn("webhook", letter.event_ids.mapped("source"))

    def _read_after_refresh(self):
        """Be the reader, once the salesperson has pressed *Refresh*."""
        wait_for(lambda: self.sandbox.requests("statistics"), 60, "the refresh")
        (caught,) = self.sandbox.wait_mailbox()
        self.sandbox.open_letter(caught["id"])
        self.sandbox.open_attachment(caught["id"])

    def test_board_moves_while_it_is_watched(self):
        mail = self.write_mail()
        mail.action_b2b_send()
        self.assertEqual(mail.sudo().b2b_letter_ids.state, "sent")
        (caught,) = self.sandbox.wait_mailbox()
        pixel = self.sandbox.pixel(caught["id"])
        self.tour("/odoo/b2b-letters", "b2b_family_board", "seller", pixel=pixel)
        self.assertEqual(mail.sudo().b2b_letter_ids.state, "opened")
