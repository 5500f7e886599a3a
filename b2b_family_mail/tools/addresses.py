# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reading e-mail addresses that anybody may have typed."""

import re

from odoo.tools.mail import email_normalize_all

#: Characters in which one contact's addresses are looked for; more is none of them.
MAX_LENGTH = 2_000
#: Comments, groups and routes of an address can be nested, and the standard library
#: reads them by calling itself.
MAX_NESTING = 16
_NESTS = "([<:"

# A line break in the head of a letter could add to it.
HEADER_BREAK = re.compile(r"[\r\n\0]")
# Separators inside quotes belong to a name: "Doe, John" <john@x.ru>
_LIST = re.compile(r'(?:"[^"]*"|[^,;"])+')
# As the client takes it, see client/letter.py
_ADDRESS = re.compile(r'[^\s@,;:<>()\[\]\\"]+@[^\s@,;:<>()\[\]\\"]+')


def split_addresses(text):
    """Return what stands between the separators of a list, stripped, blanks left out."""
    return [part.strip() for part in _LIST.findall(text or "") if part.strip()]


def read_addresses(text):
    """Return the normalized addresses in ``text``, which may be none.

    A line break makes none of it: core would read "a@x.ru, newline, Bcc: e@x.ru" as
    two recipients. So do a length and a nesting that no address has.
    """
    text = text or ""
    if len(text) > MAX_LENGTH or HEADER_BREAK.search(text):
        return []
    if sum(map(text.count, _NESTS)) > MAX_NESTING:
        # Not by one reading: each of several addresses may have its brackets.
        parts = split_addresses(text)
        return [] if len(parts) == 1 else [a for p in parts for a in read_addresses(p)]
    return [found for found in email_normalize_all(text) if _is_whole(found, text)]


def read_each(text):
    """Return what stands between the separators of a list, and the addresses in it.

    :return: list of ``(address, part)``: the address False where the part has none
    """
    return [
        (address, part)
        for part in split_addresses(text)
        for address in read_addresses(part) or [False]
    ]


def read_contact(text):
    """Return the addresses of one contact as read_each() does.

    A word without "@" beside an address is a name: "Doe, John <john@x.ru>".
    """
    text = text or ""
    if len(text) > MAX_LENGTH or HEADER_BREAK.search(text):
        return [(False, text)]
    found = read_each(text)
    if any(address for address, _part in found):
        return [(address, part) for address, part in found if address or "@" in part]
    return [(False, text)]


def _is_whole(address, text):
    """Tell whether what was read is an address, and not the rest of "a@b@x.ru"."""
    before, _found, after = text.lower().partition(address.lower())
    whole = not before.endswith("@") and not after.startswith("@")
    return bool(whole and _ADDRESS.fullmatch(address))
