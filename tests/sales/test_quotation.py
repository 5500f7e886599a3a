# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The documents a salesperson writes about, with Odoo's own Sales, CRM and Invoicing."""

import threading

from common import TourCase

from odoo.fields import Command
from odoo.tests import tagged

from devtools.sandbox.control import wait_for


@tagged("standard", "post_install", "-at_install")
class TestSalesDocuments(TourCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller.group_ids += cls.env.ref("sales_team.group_sale_salesman")
        product = cls.env["product.product"].create({"name": "Desk", "list_price": 90})
        cls.quotation = cls.env["sale.order"].create(
            {
                "partner_id": cls.reader.id,
                "user_id": cls.seller.id,
                "order_line": [Command.create({"product_id": product.id})],
            }
        )

    def setUp(self):
        super().setUp()
        self.set_up_account()

    def test_from_a_quotations_chatter_to_the_live_icon(self):
        reader = threading.Thread(target=self._read_after_refresh)
        reader.start()
        self.addCleanup(reader.join)
        url = f"/odoo/action-sale.action_quotations_with_onboarding/{self.quotation.id}"
        self.tour(url, "b2b_family_chatter", "seller")
        letter = self.env["b2b.family.letter"].search([])
        self.assertEqual(letter.state, "opened")
        self.assertEqual(letter.document_name, self.quotation.display_name)
        action = letter.with_user(self.seller).action_open_document()
        self.assertEqual(action["res_id"], self.quotation.id)

    def _read_after_refresh(self):
        """Be the reader, once the author's page has shown the letter as sent."""
        wait_for(lambda: self.sandbox.requests("statistics"), 90, "the refresh")
        (caught,) = self.sandbox.wait_mailbox()
        self.sandbox.open_letter(caught["id"])

    def test_send_by_email_of_a_quotation_takes_its_file_along(self):
        """The button of the quotation opens the full composer, with the PDF."""
        report = self.env["ir.attachment"].create(
            {"name": "Quotation.pdf", "raw": b"%PDF-1.4", "res_model": "sale.order"}
        )
        report.res_id = self.quotation.id
        quotation = self.quotation.with_user(self.seller)
        action = quotation.action_quotation_send()
        composer = (
            self.env["mail.compose.message"]
            .with_user(self.seller)
            .with_context(**action["context"])
            .create(
                {
                    "attachment_ids": [Command.set(report.ids)],
                    "partner_ids": [Command.set(self.reader.ids)],
                    "subject": "Quotation",
                    "body": "<p>Our offer</p>",
                }
            )
        )
        composer.action_b2b_send_mail()
        self.assertEqual(quotation.state, "sent")
        letter = self.env["b2b.family.letter"].search([])
        self.assertEqual(letter.email, self.reader.email)
        self.assertEqual(letter.attachment_ids.mapped("name"), ["Quotation.pdf"])
        self.assertEqual(
            (letter.res_model, letter.res_id), ("sale.order", quotation.id)
        )

    def test_leads_and_invoices_have_it_too(self):
        lead = self.env["crm.lead"].create(
            {"name": "Desks", "partner_id": self.reader.id, "user_id": self.seller.id}
        )
        invoice = self.env["account.move"].create(
            {"move_type": "out_invoice", "partner_id": self.reader.id}
        )
        for document in lead, invoice:
            with self.subTest(document=document._name):
                # Invoices are written about by whoever may: here the system.
                author = (
                    self.seller if document == lead else self.env.ref("base.user_admin")
                )
                document.with_user(author).message_post(
                    body="Hello",
                    message_type="comment",
                    subtype_xmlid="mail.mt_comment",
                    partner_ids=self.reader.ids,
                    b2b_send=True,
                )
                letter = self.env["b2b.family.letter"].search(
                    [("res_model", "=", document._name)]
                )
                self.assertEqual((letter.state, letter.failure_reason), ("sent", False))
                self.assertEqual(letter.author_id, author.partner_id)
