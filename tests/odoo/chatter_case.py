# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the tests of the chatter share."""

import json

from common import B2BCase

from odoo.tests import new_test_user


class ChatterCase(B2BCase):
    """A customer's chatter, followed by a colleague and by the customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = new_test_user(
            cls.env,
            "colleague",
            "base.group_user,base.group_partner_manager",
            name="Carl Colleague",
            email="carl@shop.example",
        )
        cls.seller.group_ids += cls.env.ref("base.group_partner_manager")
        cls.portal = new_test_user(
            cls.env,
            "visitor",
            "base.group_portal",
            name="Pat Portal",
            email="pat@client.example",
        )
        cls.second = cls.env["res.partner"].create(
            {"name": "Sam Second", "email": "sam@client.example"}
        )
        cls.record = cls.env["res.partner"].create({"name": "Client Ltd"})
        cls.record.message_subscribe(cls.colleague.partner_id.ids)

    def _post(self, partners=None, user=None, **values):
        """Return the message that ``user`` (the seller) sent via B2B."""
        values = {
            "body": "Hello",
            "subject": "Offer",
            "message_type": "comment",
            "subtype_xmlid": "mail.mt_comment",
            "partner_ids": (partners or self.reader).ids,
            "b2b_send": True,
            **values,
        }
        return self.record.with_user(user or self.seller).message_post(**values)

    def _letters(self, message):
        return (
            self.env["b2b.family.letter"]
            .sudo()
            .search([("message_id", "=", message.id)])
        )

    def _told(self, kind):
        """Return what the screens were told of one kind, and forget all of it."""
        self.env.cr.precommit.run()
        messages = self.env["bus.bus"].sudo().search([], order="id").mapped("message")
        self._reset_bus()
        told = [json.loads(message) for message in messages]
        return [message["payload"] for message in told if message["type"] == kind]
