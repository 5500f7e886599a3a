# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import http
from odoo.http import request

from ..models.letter.unsubscribe import PATH
from . import pages


class UnsubscribeController(http.Controller):
    @pages.form_route(PATH)
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
        return pages.render(letter.env, letter._unsubscribe_page())
