# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Programs by which letters are read, and what becomes of what they did."""

from evidence import History, Observation, judge

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
)
NEW, OLD = CHROME.format(140), CHROME.format(108)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.6326; Pro)"
GMAIL = (
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 "
    "(via ggpht.com GoogleImageProxy)"
)
WEBKIT = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko)"
)


def seen(kind="link", user_agent=NEW, **values):
    values.setdefault("at", 5000)
    return Observation(kind=kind, user_agent=user_agent, **values)


def found(one, *others, **known):
    """Return (kind, rule) of an observation among others of its letter."""
    verdict = judge(one, History([one, *others], **known))
    return verdict.kind, verdict.rule
