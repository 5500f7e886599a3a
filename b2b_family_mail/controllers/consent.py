# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from markupsafe import Markup

from odoo import SUPERUSER_ID, http
from odoo.http import request
from odoo.tools.image import image_data_uri

from ..models.b2b_family_consent import CONSENTS
from ..models.letter.consent_page import PATH

MAX_BYTES = 4 * 1024
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": "default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
}


class ConsentController(http.Controller):
    @http.route(
        f"{PATH}<string:token>",
        type="http",
        # Whoever has the letter has no user here: the signed address is the ticket, and
        # the proof that a press was meant, in place of a session's.
        auth="none",
        methods=["GET", "POST"],
        csrf=False,
        save_session=False,
        max_content_length=MAX_BYTES,
        readonly=lambda self, rule, args: request.httprequest.method != "POST",
    )
    def consent(self, token, **_query):
        """Show what is recorded of a letter's reader; take down his answer by POST.

        GET only shows: programs that check mail press all links. What is not the
        address of a letter gets the same 404, whatever is wrong with it.
        """
        if not request.db:
            return request.make_response("", status=404)
        env = request.env(user=SUPERUSER_ID)
        letter = env["b2b.family.letter"]._find_by_token(token)
        letter = letter.with_context(lang=self._language(letter))
        if not letter:
            return self._unknown(letter)
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
        return self._respond("", 303, Location=PATH + token)

    def _show(self, letter, status=200, note=False):
        page = letter._consent_page()
        logo = page["logo"] and image_data_uri(page["logo"])
        return self._render(letter.env, {**page, "logo": logo, "note": note}, status)

    def _unknown(self, letters):
        words = {
            "title": letters.env._("This address is not known"),
            "intro": letters.env._(
                "Please use the link under the letter that you got, as it stands there."
            ),
            "things": [],
        }
        return self._render(letters.env, words, 404)

    def _render(self, env, values, status):
        # What a template lacks is an error in it.
        values = {"logo": False, "note": False, "after": False, **values}
        values["language"] = env.lang.replace("_", "-")
        page = env["ir.qweb"]._render("b2b_family_mail.consent_page", values)
        return self._respond(Markup("<!DOCTYPE html>") + page, status)

    def _respond(self, body, status, **headers):
        return request.make_response(
            body, {**HEADERS, **headers}.items(), status=status
        )

    def _language(self, letter):
        """Return the code of the reader's language: his contact's, or his browser's."""
        installed = [code for code, _name in letter.env["res.lang"].get_installed()]
        own = [letter.partner_id.lang] if letter.partner_id.lang in installed else []
        asked = request.httprequest.accept_languages.values()
        wanted = (tag.replace("-", "_").lower() for tag in asked)
        fitting = (
            code
            for tag in wanted
            for code in installed
            if code.lower() == tag or code.split("_")[0] == tag.split("_")[0]
        )
        fallback = letter.company_id.partner_id.lang or installed[0]
        return [*own, *fitting, fallback][0]
