# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Links of an outgoing letter: where they are, which may be watched, other addresses.

By hand and not by a parser, which writes a letter anew: lxml drops what is only for, or
not for, Outlook, and spells all other addresses otherwise. Here nothing changes but the
addresses that are to. Takes a time linear in the letter's length, whatever is in it.
"""

import html
import re
from urllib.parse import parse_qsl, unquote, urlsplit

from werkzeug.urls import iri_to_uri

_TAG = re.compile(r"<(?:a|area)[\s/]", re.IGNORECASE)
_QUOTE_OR_END = re.compile("[\"'>]")
_ATTRIBUTE = re.compile(r"""([^\s"'>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
# What no address has, or should be read by whoever follows it.
_BAD = re.compile(r"[\x00-\x20\x7f-\xa0\\<>\"]")
_NO_NAME = re.compile(r"[%/?#@\\\s\x00-\x20]")
# Names in a question, and words in an address, by which it is one reader's own.
_PERSONAL = re.compile(r"token|hash|signature|password|secret|key", re.IGNORECASE)
# By these, anywhere, a reader says that he wants no more, or is let in.
_NOBODYS_BUSINESS = re.compile(
    r"unsubscribe|opt-?out|unfollow|blocklist|access_token", re.IGNORECASE
)
# Characters from which on a word of a path with figures is nobody's name of a page.
_CODE = 20


def replace_links(body, instead):
    """Return HTML with other addresses in its links.

    What is in comments, for Outlook, stays.

    :param instead: called with each address, returns another one or None to keep it
    """
    parts, kept = [], 0
    for start, end in _starts_of_links(body):
        found = _address_in(body, start, end)
        if found and (address := instead(html.unescape(body[found[0] : found[1]]))):
            parts += [body[kept : found[0]], html.escape(address)]
            kept = found[1]
    return "".join([*parts, body[kept:]])


def _starts_of_links(body):
    """Yield where each start tag of a link begins and ends."""
    at = body.find("<")
    while at >= 0:
        end = at + 1
        if body.startswith("<!--", at):
            end = body.find("-->", at)
        elif _TAG.match(body, at):
            end = _end_of_tag(body, at)
            if end > 0:
                yield at, end
        at = body.find("<", end) if end > 0 else -1


def _end_of_tag(body, at):
    """Return where a tag ends: not at what is in quotes; -1 if it does not."""
    while found := _QUOTE_OR_END.search(body, at):
        if found[0] == ">":
            return found.start()
        at = body.find(found[0], found.end()) + 1
        if not at:
            return -1
    return -1


def _address_in(body, start, end):
    """Return where the address of a link begins and ends, without quotes, or None."""
    name_end = _TAG.match(body, start).end() - 1
    for found in _ATTRIBUTE.finditer(body, name_end, end):
        if found[1].lower() == "href" and found[2]:
            quoted = found[2][0] in "\"'"
            return found.start(2) + quoted, found.end(2) - quoted
    return None


def is_watchable(address, own_hosts):
    """Tell whether it may be seen that somebody follows a link.

    Only what is on the web; not by which a reader says that he wants no more, nor what
    is one reader's own: our pages that let him in without a log-in, since who reads the
    event would be let in as well.

    :param own_hosts: names of our own servers
    """
    if _BAD.search(address):
        return False
    try:
        parts = urlsplit(location_of(address))
        is_server = bool(parts.hostname) and parts.port != 0
    except ValueError:  # no address, or a name that no server can have
        return False
    if parts.scheme not in ("http", "https") or not is_server or parts.username:
        return False
    if _NOBODYS_BUSINESS.search(address):
        return False
    return parts.hostname not in own_hosts or not _is_personal(parts)


def _is_personal(parts):
    """Tell whether one of our own addresses may be for one reader."""
    asked = parse_qsl(parts.query, keep_blank_values=True)
    return (
        parts.path.startswith(("/b2b_family/", "/r/"))
        or any(_PERSONAL.search(name) for name, _value in asked)
        or any(map(_is_code, parts.path.split("/")))
    )


def _is_code(word):
    return len(word) >= _CODE and any(map(str.isdigit, word))


def location_of(address):
    """Return an address as it stands in the head of an answer, in ASCII.

    A name such as пример.рф is encoded for the way, by Odoo's editor in another way than
    by all that follow links.

    :raise ValueError: it cannot be written so
    """
    if "%" in (name := urlsplit(address).netloc):
        address = address.replace(name, unquote(name), 1)
        if _NO_NAME.search(unquote(name)):
            raise ValueError(name)
    location = address if address.isascii() else iri_to_uri(address)
    location.encode("ascii")
    return location
