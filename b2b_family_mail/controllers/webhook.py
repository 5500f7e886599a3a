# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import hmac
import logging

from werkzeug.exceptions import RequestEntityTooLarge

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..client import PayloadError, TooManyItems, parse_events, parse_json
from ..tools import log_mask

_logger = logging.getLogger(__name__)

PATH = "/b2b_family/webhook/"
MAX_BYTES = 256 * 1024
MAX_EVENTS = 1_000

# Here, so that it is done before the first request is logged.
log_mask.install()


class WebhookController(http.Controller):
    @http.route(
        f"{PATH}<string:token>",
        type="http",
        # The caller is a server without a user: the address is its ticket.
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        # A byte more than is taken, to tell a body that is too long and does not
        # announce its length from one that just fits.
        max_content_length=MAX_BYTES + 1,
        # What needs no user is read-only by default, and refused by a replica.
        readonly=False,
    )
    def webhook(self, token, **_query):
        """Take in what the service reports: one event or a list of them.

        Answers 200 when it is stored, 404 for a wrong address, 413 for a body
        that is too large or has more than 1,000 events, of which none is stored, and
        400 for one that is not JSON. Anything else is a bug here, ends in a 500, and
        the service calls again.
        """
        if not request.db or not self._is_our_address():
            return request.make_response("", status=404)
        env = request.env(user=SUPERUSER_ID)
        service_tz = env["b2b.family.service"]._get_param("service_tz")
        try:
            # Cached: a transaction that collides with another is run again.
            body = request.httprequest.get_data()
            if len(body) > MAX_BYTES:
                raise RequestEntityTooLarge
            data = parse_json(body, limit=MAX_BYTES)
            events, errors = parse_events(data, service_tz, limit=MAX_EVENTS)
        except (RequestEntityTooLarge, TooManyItems):
            return request.make_response("", status=413)
        except PayloadError as error:
            _logger.info("Webhook: body cannot be read (%s)", error.field)
            return request.make_response("", status=400)
        for error in errors:
            _logger.info("Webhook: event cannot be read (%s)", error.field)
        if events or errors:  # an empty list is a question whether this is the address
            env["b2b.family.event"]._ingest(events, "webhook", errors=errors)
        return request.make_response("", status=200)

    def _is_our_address(self):
        """Tell whether the address that was called is the one the service was told.

        As it was called, not as Odoo understood it: a spelling of somebody's own
        (``%77ebhook``, a language before it) would be a second address, which is not
        looked for in logs and in the rules of a proxy. What stands behind a question
        mark is the service's own business. Closed where the server does not say what
        was called: gevent, at whose port only websockets belong.
        """
        service = request.env(user=SUPERUSER_ID)["b2b.family.service"]
        token = service._get_param("webhook_token").strip()
        called = request.httprequest.environ.get("REQUEST_URI", "").partition("?")[0]
        return bool(token) and hmac.compare_digest(
            called.encode("utf-8", "surrogateescape"), (PATH + token).encode()
        )
