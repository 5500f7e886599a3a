# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Markup that strangers put into names, subjects and errors is shown, never executed."""

from common import TourCase

from odoo.tests import tagged

from odoo.addons.b2b_family_mail.client import Rejected

PAYLOAD = "<img src=b2b-owned onerror=window.b2bOwned=1><b2b-owned>{{7*7}}"


@tagged("standard", "post_install", "-at_install")
class TestMarkupTour(TourCase):
    def setUp(self):
        super().setUp()
        self.set_up_account()
        self.reader.name = PAYLOAD
        self.seller.group_ids += self.env.ref("base.group_partner_manager")
        self.seller.b2b_notice_open = "popup"

    def _send(self, **values):
        """Return the letter whose subject and text are the payload."""
        mail = self.env["mail.mail"].with_user(self.seller)
        mail = mail.create(
            {
                "b2b_send": True,
                "subject": PAYLOAD,
                "body_html": f"<p>{PAYLOAD}</p><script>window.b2bOwned=1</script>",
                "recipient_ids": [(4, self.reader.id)],
                **values,
            }
        )
        mail.action_b2b_send()
        return mail.sudo().b2b_letter_ids

    def test_letters(self):
        self.assertEqual(self._send().state, "sent")
        (caught,) = self.sandbox.wait_mailbox(1)
        failed = self._send()
        failed.write({"state": "failed", "failure_reason": PAYLOAD})
        pixel = self.sandbox.pixel(caught["id"])
        values = {"pixel": pixel, "payload": PAYLOAD}
        self.tour("/odoo/b2b-letters", "b2b_family_markup", "seller", **values)

    def test_chatter(self):
        self.seller.b2b_notice_open = "activity"
        record = self.env["res.partner"].create({"name": "Client Ltd"})
        self.post_opened(record, PAYLOAD, subject=PAYLOAD)
        url = f"/odoo/contacts/{record.id}"
        self.tour(url, "b2b_family_markup_chatter", "seller", payload=PAYLOAD)

    def test_settings(self):
        status = self.env["b2b.family.service.status"]
        status._note_error(status._common_account(), Rejected(PAYLOAD))

        def refuse(*args, **kwargs):
            raise Rejected(PAYLOAD)

        self.patch(type(self.env["b2b.family.service"]), "_login", refuse)
        url = "/odoo/settings#b2b_family_mail"
        self.tour(url, "b2b_family_markup_settings", "admin", payload=PAYLOAD)

    def test_own_opens_do_not_count(self):
        """The author looks at the letter and forwards it: nobody has opened it."""
        record = self.env["res.partner"].create(
            {"name": "Client Ltd", "email": "office@client.example"}
        )
        record.with_user(self.seller).message_post(
            body="Good day",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.reader.ids,
            b2b_send=True,
        )
        (caught,) = self.sandbox.wait_mailbox(1)
        self.assertIn("src=", self.sandbox.letter(caught["id"])["html"], "the pixel")
        url = f"/odoo/contacts/{record.id}"
        self.tour(url, "b2b_family_own_opens", "seller")
        letter = self.env["b2b.family.letter"].search([])
        letter._refresh()
        self.assertEqual((letter.state, letter.open_count), ("sent", 0))
        self.assertFalse(letter.event_ids)
