"""What the board and the mailbox page share: filters of their templates, and the policy
letters are shown under.
"""

from email.utils import parseaddr

from flask import Flask, Response
from markupsafe import Markup

from .clock import iso
from .rendering import size_text

# A letter is a stranger's markup: no script, no forms, no frames; images may be
# fetched, links open in a new tab.
LETTER_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src http: https: data:;"
    " style-src 'unsafe-inline'; font-src data:"
)
_NEW_TAB = '<base target="_blank">'


def add_filters(app: Flask) -> None:
    app.jinja_env.filters.update(
        moment=moment_html, size=size_text, name=name, initial=initial, hue=hue
    )


def moment_html(value: float | None) -> Markup:
    """A date for people: live.js rewrites it in the reader's own zone and language."""
    if value is None:
        return Markup("")
    text = iso(value)
    return Markup('<time datetime="{}">{}</time>').format(
        text, text[:16].replace("T", " ")
    )


def name(address: str) -> str:
    """Whose address it is, or the address when it does not say."""
    person, email = parseaddr(address)
    return person or email or address


def initial(address: str) -> str:
    """The letter on somebody's round badge."""
    return (name(address) or "?")[0].upper()


def hue(address: str) -> int:
    """A colour that stays the same for the same person: degrees of the colour circle."""
    return (
        sum(ord(character) * 7 for character in parseaddr(address)[1] or address) % 360
    )


def letter_response(document: str) -> Response:
    """A letter's HTML, to be shown in a frame."""
    response = Response(_NEW_TAB + document, mimetype="text/html")
    response.headers["Content-Security-Policy"] = LETTER_POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def live_response(version: str, known: str | None, render) -> Response:
    """A fragment of a page, for live.js to put in place; 204 when the page that asks
    has this version already.
    """
    response = (
        Response(status=204)
        if version == known
        else Response(render(), mimetype="text/html")
    )
    response.headers["X-Version"] = version
    response.headers["Cache-Control"] = "no-store"
    return response
