# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import hmac
import logging
import re

from werkzeug.exceptions import RequestEntityTooLarge

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..client import PayloadError, parse_events, parse_json

_logger = logging.getLogger(__name__)

MAX_BYTES = 256 * 1024
ADDRESS = re.compile(r"(/b2b_family/webhook/)\S+")


class WithoutToken(logging.Filter):
    """Keeps the token, the ticket of who calls, out of Odoo's log of requests."""

    def filter(self, record):
        if isinstance(record.args, tuple):
            record.args = tuple(
                ADDRESS.sub(r"\1***", arg) if isinstance(arg, str) else arg
                for arg in record.args
            )
        return True


logging.getLogger("werkzeug").addFilter(WithoutToken())


class WebhookController(http.Controller):
    @http.route(
        "/b2b_family/webhook/<string:token>",
        type="http",
        # The caller is a server without a user: the address is its ticket.
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        # A byte more than is taken, to tell a body that is too long and does not
        # announce its length from one that just fits.
        max_content_length=MAX_BYTES + 1,
    )
    def webhook(self, token, **_query):
        """Take in what the service reports: one event or a list of them.

        Answers 200 when it is stored, 404 for a wrong address, 413 for a body
        that is too large, 400 for one that is not JSON. Anything else is a bug
        here, ends in a 500, and the service calls again.
        """
        env = request.env(user=SUPERUSER_ID)
        service = env["b2b.family.service"]
        expected = service._get_param("webhook_token").strip()
        if not expected or not hmac.compare_digest(token.encode(), expected.encode()):
            return request.make_response("", status=404)
        try:
            # Cached: a transaction that collides with another is run again.
            body = request.httprequest.get_data()
            if len(body) > MAX_BYTES:
                raise RequestEntityTooLarge
            events, errors = parse_events(
                parse_json(body, limit=MAX_BYTES),
                service_tz=service._get_param("service_tz"),
            )
        except RequestEntityTooLarge:
            return request.make_response("", status=413)
        except PayloadError as error:
            _logger.info("Webhook: body cannot be read (%s)", error.field)
            return request.make_response("", status=400)
        for error in errors:
            _logger.info("Webhook: event cannot be read (%s)", error.field)
        env["b2b.family.event"]._ingest(events, "webhook", errors=errors)
        return request.make_response("", status=200)
