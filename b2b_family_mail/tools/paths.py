# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Where the addresses begin that stand in letters."""

OPEN = "/b2b_family/o/"
LINK = "/b2b_family/l/"
DOCUMENT = "/b2b_family/d/"
TALLY = "/b2b_family/t/"
CONSENT = "/b2b_family/privacy/"
UNSUBSCRIBE = "/b2b_family/unsubscribe/"
ALL = (OPEN, LINK, DOCUMENT, TALLY, CONSENT, UNSUBSCRIBE)
