# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import http
from odoo.http import request

from ..models.b2b_family_consent import CONSENTS
from ..models.letter.consent_page import PATH
from . import pages


class ConsentController(http.Controller):
    @pages.form_route(PATH)
    def consent(self, token, **_query):
        """Show what is recorded of a letter's reader; take down his answer by POST.

        GET only shows: programs that check mail press all links. What is not the
        address of a letter gets the same 404, whatever is wrong with it.
        """
        letters = pages.letters()
        letter = letters is not None and letters._find_by_token(token)
        if not letter:
            return pages.unknown(letters)
        letter = pages.in_language(letter)
        if request.httprequest.method != "POST":
            return self._show(letter)
        kind, _, answer = request.httprequest.form.get("answer", "").partition(":")
        if kind not in CONSENTS or answer not in ("yes", "no"):
            return self._show(letter, 400)
        if not letter._take_consent(kind, answer):
            note = letter.env._(
                "You have agreed and refused too often today. Your refusal holds; "
                "please agree tomorrow."
            )
            return self._show(letter, 429, note)
        # Shown by a page that can be loaded again without answering again.
        return pages.respond(status=303, Location=PATH + token)

    def _show(self, letter, status=200, note=False):
        page = {**letter._consent_page(), "note": note}
        return pages.render(letter.env, page, status)
