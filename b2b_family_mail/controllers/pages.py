# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What readers get, who have no log-in: pages without a cookie, for nobody's cache."""

from markupsafe import Markup

from odoo import SUPERUSER_ID, http
from odoo.http import request
from odoo.tools.image import image_data_uri

MAX_BYTES = 4 * 1024

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
PAGE_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def form_route(path):
    """Return the decorator of a page that GET shows, and on which POST acts."""
    return http.route(
        f"{path}<string:token>",
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


def letters():
    """Return the letters of the database that was called, none of them, as the system.

    None where the address alone does not say which database it is.
    """
    if not request.db:
        return None
    return request.env(user=SUPERUSER_ID)["b2b.family.letter"]


def respond(body=b"", status=200, **headers):
    """Return an answer that nobody keeps."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return request.make_response(body, {**HEADERS, **headers}.items(), status=status)


def render(env, values, status=200):
    """Return a page in the words of ``values``, see the template.

    :param values: ``logo`` as an image, if there is one
    """
    # What a template lacks is an error in it.
    values = {"logo": False, "note": False, "after": False, "things": [], **values}
    values["logo"] = values["logo"] and image_data_uri(values["logo"])
    values["language"] = env.lang.replace("_", "-")
    page = env["ir.qweb"]._render("b2b_family_mail.consent_page", values)
    page = Markup("<!DOCTYPE html>") + page
    return respond(page, status, Content_Security_Policy=PAGE_POLICY)


def unknown(none):
    """Return the page for what is no address of ours, whatever is wrong with it.

    :param none: letters(), may be None
    """
    if none is None:
        return respond(status=404)
    env = in_language(none).env
    words = {
        "title": env._("This address is not known"),
        "intro": env._(
            "Please use the link under the letter that you got, as it stands there."
        ),
    }
    return render(env, words, 404)


def in_language(letter):
    """Return a letter in its reader's language: his contact's, or his browser's."""
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
    return letter.with_context(lang=[*own, *fitting, fallback][0])
