# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A salesperson gets each letter out of where it is stuck, where he meets it."""

from common import TourCase

from odoo.tests import new_test_user, tagged


@tagged("standard", "post_install", "-at_install")
class TestWaysTour(TourCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller.group_ids += cls.env.ref("base.group_partner_manager")

    def setUp(self):
        super().setUp()
        self.set_up_account()

    def _stuck(self, kind, times=1, **options):
        """Return the letter of a mail that met a fault of the service."""
        self.sandbox.fault("send", kind, times=times, **options)
        mail = self.write_mail()
        mail.action_b2b_send()
        return mail.sudo().b2b_letter_ids

    def _tour(self, name, letter, by="letter", login="seller"):
        path = (
            f"/odoo/b2b-letters/{letter.id}"
            if by == "letter"
            else f"/odoo/action-b2b_family_mail.mail_mail_action_b2b/{letter.mail_id.id}"
        )
        self.tour(path, name, login)

    def test_failed(self):
        letter = self._stuck("refuse", message="No such mailbox")
        self.assertEqual(letter.state, "failed")
        self._tour("b2b_family_way_failed", letter)
        self.assertEqual((letter.state, letter.email), ("sent", "rita@new.example"))

    def test_queued(self):
        letter = self._stuck("rate_limit", times=3)
        self.assertEqual(letter.state, "queued")
        self._tour("b2b_family_way_queued", letter, "mail")
        self.assertEqual(self.sandbox.accepted(), 1)

    def test_ordinary_mail(self):
        letter = self._stuck("refuse", message="No such mailbox")
        self._tour("b2b_family_way_ordinary", letter, "mail")
        self.assertEqual(letter.state, "untracked")

    def _stuck_in_doubt(self):
        """Return a letter in doubt; whoever asks once more meets an outage."""
        self.sandbox.fault("find", "http_500")
        letter = self._stuck("drop_after")
        self.assertEqual(letter.state, "unknown")
        self.sandbox.fault("find", "http_500", times=1)
        return letter

    def test_doubt(self):
        letter = self._stuck_in_doubt()
        self._tour("b2b_family_way_doubt", letter)
        self.assertEqual(self.sandbox.accepted(), 1)

    def test_doubt_of_which_the_form_hears_while_it_is_read(self):
        """News of the very letter, just when the button has it read anew."""
        letter = self._stuck_in_doubt()
        self.slow_down("b2b.family.letter", "web_read")
        self._tour("b2b_family_way_doubt", letter)
        self.assertEqual(self.sandbox.accepted(), 1)

    def test_hotkey(self):
        mail = self.write_mail()
        path = f"/odoo/action-b2b_family_mail.mail_mail_action_b2b/{mail.id}"
        self.tour(path, "b2b_family_hotkey", "seller")
        self.assertEqual(mail.sudo().b2b_state, "sent")

    def test_new_letter_from_a_contact(self):
        self.write_mail().action_b2b_send()
        path = f"/odoo/contacts/{self.reader.id}"
        self.tour(path, "b2b_family_new_from_contact", "seller")

    def test_chatter(self):
        self.sandbox.fault("send", "rate_limit", times=1)
        self.reader.with_user(self.seller).message_post(
            body="Good day, our offer",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.reader.ids,
            b2b_send=True,
        )
        path = f"/odoo/contacts/{self.reader.id}"
        groups = "base.group_user,b2b_family_mail.group_user"
        new_test_user(self.env, "other", groups, name="Otto Other")
        self.tour(path, "b2b_family_chatter_of_others", "other")
        self.tour(path, "b2b_family_way_chatter", "seller")
        self.assertEqual(self.sandbox.accepted(), 1)
