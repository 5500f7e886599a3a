# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import http
from odoo.http import request
from odoo.tools.image import image_data_uri

from ..models.letter.unsubscribe import PATH
from . import pages
from .consent import MAX_BYTES


class UnsubscribeController(http.Controller):
    @http.route(
        f"{PATH}<string:token>",
        type="http",
        # See ConsentController.consent: the signed address is the ticket.
        auth="none",
        methods=["GET", "POST"],
        csrf=False,
        save_session=False,
        max_content_length=MAX_BYTES,
        readonly=lambda self, rule, args: request.httprequest.method != "POST",
    )
    def unsubscribe(self, token, **_query):
        """Take the reader's address off mailings, by POST; GET shows a page and a button.

        A mail program posts by itself when its user presses *Unsubscribe* (RFC 8058);
        programs that check mail press all links, and that does nothing.
        """
        letters = pages.letters()
        letter = letters is not None and letters._find_mailing(token)
        if not letter:
            return pages.unknown(letters)
        letter = pages.in_language(letter)
        if request.httprequest.method == "POST":
            letter._unsubscribe()
        page = letter._unsubscribe_page()
        logo = page["logo"] and image_data_uri(page["logo"])
        return pages.render(letter.env, {**page, "logo": logo})
