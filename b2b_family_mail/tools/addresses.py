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
    return email_normalize_all(text)
