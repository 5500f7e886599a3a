# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the tests share: an Odoo that is set up, with a service that is in memory."""

import json
import logging
from contextlib import contextmanager
from datetime import timedelta

from fake_service import CREDENTIALS, FakeService
from lxml import etree

from odoo import fields
from odoo.tests import new_test_user
from odoo.tools.safe_eval import safe_eval

from odoo.addons.b2b_family_mail.client import parse_events
from odoo.addons.b2b_family_mail.models.service import calls
from odoo.addons.mail.tests.common import MailCase

PREFIX = "b2b_family_mail."


class B2BCase(MailCase):
    """A salesperson, an api key, and a service at the transport's place."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(
            cls.env,
            "seller",
            "base.group_user,b2b_family_mail.group_user",
            name="Sally Seller",
            email="sally@shop.example",
            b2b_notice_failure="popup",
        )
        cls.reader = cls.env["res.partner"].create(
            {"name": "Rita Reader", "email": "rita@client.example"}
        )
        cls.service = cls.env["b2b.family.service"]

    def setUp(self):
        super().setUp()
        self.fake = FakeService()
        self.patch(calls, "_transport", lambda loopback: self.fake)
        # Outside of a job it commits, which a test must not.
        cron = type(self.env["ir.cron"])
        self.patch(cron, "_commit_progress", lambda *args, **kwargs: float("inf"))
        self.service._set_params(
            {
                **CREDENTIALS,
                "api_url": "https://b2b.example.com",
                "api_key": self.fake.issue_api_key(),
                "settle_seconds": "0",
            }
        )

    # -- doing

    def _write_mail(self, user=None, **values):
        """Return a draft that ``user`` (the seller) wrote to the reader."""
        values = {
            "b2b_send": True,
            "subject": "Offer",
            "body_html": "<p>Hello</p>",
            "recipient_ids": [(4, self.reader.id)],
            **values,
        }
        return self.env["mail.mail"].with_user(user or self.seller).create(values)

    def _send_mail(self, **values):
        """Return a mail for which the button was pressed, as the system sees it."""
        mail = self._write_mail(**values)
        mail.action_b2b_send()
        return mail.sudo()

    def _submit(self, **values):
        """Return a mail that left without the button: by the code of others."""
        mail = self._write_mail(**values).sudo()
        mail.state = "outgoing"
        mail.send()
        return mail

    def _filtered_by(self, records, name):
        """Return those that the filter of the search screen shows to the seller."""
        records = records.with_user(self.seller)
        screen = etree.fromstring(records.get_view(view_type="search")["arch"])
        [domain] = screen.xpath(f"//filter[@name='{name}']/@domain")
        domain = safe_eval(domain, {"uid": self.seller.id})
        return records.search([("id", "in", records.ids), *domain]).with_env(self.env)

    def _send_letter(self, **values):
        """Return the only letter of a sent mail."""
        letter = self._send_mail(**values).b2b_letter_ids
        letter.ensure_one()
        return letter

    def _create_file(self, name="Offer.pdf", content=b"%PDF-1.4", user=None, **values):
        """Return an attachment that the user (the seller) just uploaded in the form."""
        values = {"name": name, "raw": content, "res_model": "mail.mail", **values}
        return self.env["ir.attachment"].with_user(user or self.seller).create(values)

    def _ingest(self, *webhooks, source="webhook"):
        events, errors = parse_events(list(webhooks))
        self.assertFalse(errors)
        return self.env["b2b.family.event"]._ingest(events, source)

    def _cron_send(self):
        self.env["b2b.family.letter"]._cron_send()

    def _cron_sync(self):
        self.env["b2b.family.letter"]._cron_sync()

    def _make_due(self, letters):
        """Let the time of waiting be over for letters that wait."""
        letters.write({"next_try_date": self._ago(seconds=1)})

    def _ago(self, **period):
        return fields.Datetime.now() - timedelta(**period)

    # -- seeing

    def _popups(self):
        """Return the words shown to the seller so far, and forget them."""
        self.env.cr.precommit.run()
        messages = self.env["bus.bus"].sudo().search([], order="id").mapped("message")
        self._reset_bus()
        popups = [json.loads(message) for message in messages]
        return [
            popup["payload"]["message"]
            for popup in popups
            if popup["type"] == "b2b_family_mail.letter/notice"
        ]

    @contextmanager
    def _all_logging(self):
        """Collect everything that is logged, whatever the level."""
        lines = []
        handler = logging.Handler()
        handler.emit = lambda record: lines.append(
            f"{record.msg} {record.getMessage()}"
        )
        root, level = logging.getLogger(), logging.getLogger().level
        ours = logging.getLogger("odoo.addons.b2b_family_mail")
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        ours.setLevel(logging.DEBUG)
        try:
            yield lines
        finally:
            ours.setLevel(logging.NOTSET)
            root.setLevel(level)
            root.removeHandler(handler)
