# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""News that comes before the service's id of the letter is known: heard once, too."""

from common import B2BCase

from odoo.tests import tagged

from odoo.addons.b2b_family_mail.client import Unavailable


@tagged("standard", "post_install", "-at_install")
class TestEarlyNews(B2BCase):
    def setUp(self):
        super().setUp()
        self.fake.fail("send", Unavailable("Down"))
        self.letter = self._send_letter()
        self.letter.state = "sending"
        self.early = {
            "type": "message_open",
            "date": "2026-01-02T10:00:00Z",
            "email": self.reader.email,
            "custom_data": {"key": self.letter.key},
        }

    def _answer(self):
        """The service's answer to the call arrives, after the news."""
        self.letter._settle({self.letter: "77"})

    def test_heard_by_our_key_and_again_with_the_id_it_is_one_row(self):
        self._ingest(self.early)
        self._answer()
        self._ingest({**self.early, "mail_id": "77"})
        self.assertEqual(len(self.letter.event_ids), 1)
        self.assertEqual(self.letter.open_count, 1)

    def test_heard_by_both_before_the_id_is_known_it_is_one_row(self):
        self._ingest(self.early)
        self._ingest({**self.early, "mail_id": "77"})
        self._answer()
        self.assertEqual(self.letter.event_ids.mapped("letter_ref"), ["77"])

    def test_two_events_stay_two(self):
        self._ingest(self.early, {**self.early, "date": "2026-01-02T11:00:00Z"})
        self._answer()
        self.assertEqual(len(self.letter.event_ids), 2)
