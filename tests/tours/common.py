# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the tours share: a browser, a real service process, and news that reaches both."""

import json
import time
from urllib.parse import quote

import standing

from odoo.http import Application
from odoo.tests import HttpCase, common, new_test_user
from odoo.tests.test_cursor import TestCursor

from odoo.addons.bus.models.bus import dispatch, hashable


class TourCase(HttpCase):
    """A salesperson without any other right, a contact, and the service."""

    @classmethod
    def setUpClass(cls):
        cls.enterClassContext(standing.spared())
        super().setUpClass()
        cls.sandbox = standing.sandbox()
        cls.seller = new_test_user(
            cls.env,
            "seller",
            "base.group_user,b2b_family_mail.group_user",
            name="Sally Seller",
            email="sally@shop.example",
        )
        cls.reader = cls.env["res.partner"].create(
            {"name": "Rita Reader", "email": "rita@client.example"}
        )

    def setUp(self):
        super().setUp()
        self.patch(common, "ChromeBrowser", standing.Browser)
        self.patch(TestCursor, "commit", _commit_and_tell(TestCursor.commit))
        # The service calls Odoo as the browser does.
        self.http_request_allow_all = True
        self.sandbox.reset()
        # News that waits for company is the business of tests/odoo/test_verdicts.py.
        self.env["b2b.family.service"]._set_params({"settle_seconds": "0"})

    @property
    def credentials(self):
        """The settings of the sandbox's account, by the last part of their keys."""
        account = dict(self.sandbox.credentials)
        account["mail_password"] = account.pop("password")
        return account | {"api_url": self.sandbox.url}

    def set_up_account(self):
        """Let Odoo use the sandbox, and the sandbox report to Odoo."""
        service = self.env["b2b.family.service"]
        service._set_params(self.credentials)
        service._login(service._common_account())
        service._subscribe()

    def tour(self, url, name, login, **values):
        """Run a tour; its script finds ``values`` in the cookie ``b2b_tour``."""
        cookies = {"b2b_tour": quote(json.dumps(values))}
        # Seconds; a busy machine takes several times as long as an idle one.
        self.start_tour(url, name, login=login, cookies=cookies, timeout=100)

    def write_mail(self, **values):
        """Return a draft that the seller wrote to the reader."""
        mails = self.env["mail.mail"].with_user(self.seller)
        return mails.create(
            {
                "b2b_send": True,
                "subject": "Price list",
                "body_html": "<p>Good day</p>",
                "recipient_ids": [(4, self.reader.id)],
                **values,
            }
        )

    def post_opened(self, record, body, **values):
        """Return a message of the seller, via B2B, that the reader has opened."""
        message = record.with_user(self.seller).message_post(
            body=body,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.reader.ids,
            b2b_send=True,
            **values,
        )
        letter = self.env["b2b.family.letter"].search([("message_id", "=", message.id)])
        letter._take_open(letter.sent_date, letter.sent_date, 1)
        letter._notify_screens()
        return message

    def slow_down(self, model, method):
        """Let a method take longer than a view waits for more news."""
        called = getattr(self.registry[model], method)

        def slow(records, *args, **kwargs):
            time.sleep(0.7)  # seconds
            return called(records, *args, **kwargs)

        self.patch(self.registry[model], method, slow)

    def record_answers(self):
        """Return a list that collects the bodies of what Odoo tells the browser."""
        bodies = []
        call = Application.__call__

        def recording(application, environ, start_response):
            answer = call(application, environ, start_response)
            if not environ["PATH_INFO"].startswith(("/web/dataset", "/odoo")):
                return answer
            chunks = list(answer)
            bodies.append(b"".join(chunks))
            return chunks

        self.patch(Application, "__call__", recording)
        return bodies


def _commit_and_tell(commit):
    """Let open pages hear of news although a test's cursor commits nothing."""

    def committing(cursor):
        cursor.flush()
        channels = cursor.postcommit.data.get("bus.bus.channels", ())
        sockets = {
            socket
            for channel in channels
            for socket in dispatch._channels_to_ws.get(hashable(channel), ())
        }
        commit(cursor)
        for socket in sockets:
            socket.trigger_notification_dispatching()

    return committing
