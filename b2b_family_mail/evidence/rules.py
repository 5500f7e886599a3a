# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The rules: one table, one line a rule, in the order in which they are asked.

A strong rule decides alone; the first that fits does. A weak one never accuses: two of
them are needed, and then the letter was fetched by what they say; one alone makes it
unclear. What a rule says when it fits is one of :data:`~.judge.KINDS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from .history import History, is_own, only_asks
from .networks import APPLE, filters_mail, within
from .observation import TRAP, Observation
from .programs import MACHINES, MAIL

#: Which rules these are. Who has events that others judged is offered to have them judged
#: again: another one with every change of what is found.
EDITION = "2026-11-28"

#: Seconds after sending in which hardly anybody sees a picture or follows a link, and
#: gateways do: half of their pictures in 9, half of their links in 43. People can be as
#: quick: so it is weak.
EARLY, EARLY_LINK = 30, 60
#: ... for what comes from a network that filters mail: those come up to minutes later.
EARLY_FILTER = 300
#: ... for a program that Apple's proxy or Outlook for Mac may be. Apple's fetches on
#: arrival; the Outlook that was reported came after 24 minutes.
EARLY_WEBKIT = 120

STRONG, WEAK = "strong", "weak"

_PREFETCH_HEADERS = frozenset(("sec-purpose", "purpose", "x-purpose", "x-moz"))
_PREFETCH_WORDS = ("prefetch", "prerender", "preview")

#: Programs, by code, that fetch for a reader who is reading.
PROXIES = frozenset(("gmail", "yahoo", "provider"))
#: Programs that show pictures, as mail programs and proxies do, and follow no links.
SHOW_ONLY = frozenset(("apple", "gmail_arrival", *PROXIES))
#: Programs that readers follow links with.
BROWSERS = frozenset(("browser", "phone", "old_phone", "old_browser", "text_browser"))


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table.

    :ivar code: its name, kept with what was judged; never used for another rule
    :ivar strength: :data:`STRONG` or :data:`WEAK`
    :ivar says: a kind of verdict
    :ivar fits: asked with the observation, its program's code, and the history
    :ivar text: what it looks at, in words for whoever reads the verdict: part of a
        sentence
    :ivar source: who says so, a URL or ``owner/repository#issue``
    :ivar detail: names and figures, for the documentation
    :ivar alone: what a weak one says when no other fits
    """

    code: str
    strength: str
    says: str
    fits: Callable[[Observation, str | None, History], bool]
    text: str
    source: str
    detail: str = ""
    alone: str = "unclear"


def _has_prefetch_header(one, _program, _history):
    return bool(one.headers) and any(
        word in str(value).lower()
        for name, value in one.headers.items()
        if str(name).lower() in _PREFETCH_HEADERS
        for word in _PREFETCH_WORDS
    )


def _is_pixel(one):
    return one.kind == "pixel"


def _from_mail_filter(one):
    return not _is_pixel(one) and bool(one.ip) and filters_mail(one.ip)


def _is_early(one, program, history):
    if _is_pixel(one):
        limit = EARLY_WEBKIT if program == "bare_webkit" else EARLY
    else:
        limit = EARLY_FILTER if _from_mail_filter(one) else EARLY_LINK
    if one.at is None or one.at > limit:
        return False
    # Who has just read the letter may follow its link at once.
    return _is_pixel(one) or not history.was_shown(one)


RULES = (
    Rule(
        "session",
        STRONG,
        "own",
        lambda one, program, history: bool(one.internal_session),
        "a colleague was logged in to Odoo",
        "https://github.com/papermark/papermark",
    ),
    Rule(
        "office",
        STRONG,
        "own",
        lambda one, program, history: bool(one.office_network),
        "a network that the company named as its own",
        "https://github.com/papermark/papermark",
    ),
    Rule(
        "trap",
        STRONG,
        "scanner",
        lambda one, program, history: one.link == TRAP,
        "a link that no reader can see was followed",
        "mautic/mautic#9162, mautic/mautic#9798",
    ),
    Rule(
        "head",
        STRONG,
        "scanner",
        lambda one, program, history: only_asks(one),
        "it only asked whether the letter is there",
        "nextauthjs/next-auth#1840",
        detail="HTTP method HEAD, OPTIONS or PROPFIND",
    ),
    Rule(
        "prefetch_header",
        STRONG,
        "prefetch",
        _has_prefetch_header,
        "it says itself that it fetches ahead",
        "https://github.com/warmbly/warmbly/blob/HEAD/tracking/src/abuse.rs",
        detail="in its headers: Sec-Purpose, Purpose, X-Purpose, X-Moz",
    ),
    Rule(
        "no_program",
        STRONG,
        "scanner",
        lambda one, program, history: program == "none",
        "it gives no name",
        "edalzell/laravel-passwordless-login#79",
    ),
    Rule(
        "proxy",
        STRONG,
        "proxy",
        lambda one, program, history: _is_pixel(one) and program in PROXIES,
        "the picture proxy of a mail provider",
        "matomo-org/device-detector#5359; https://fastmail.com/policies/bots; "
        "https://github.com/matomo-org/device-detector/blob/HEAD/regexes/bots.yml",
        detail="Gmail, Yahoo, Seznam, Rambler, Yandex, ukr.net, Fastmail, Shortwave",
    ),
    Rule(
        "gmail_arrival",
        STRONG,
        "prefetch",
        lambda one, program, history: _is_pixel(one) and program == "gmail_arrival",
        "the program that Gmail fetches with on arrival",
        "mautic/mautic#10245, ankane/ahoy_email#139, mssola/user_agent#71",
    ),
    Rule(
        "apple",
        STRONG,
        "prefetch",
        lambda one, program, history: _is_pixel(one) and program == "apple",
        "Apple Mail's privacy protection",
        "ua-parser/uap-core#509",
        detail="the program's name is exactly “Mozilla/5.0”",
    ),
    Rule(
        "speculation",
        STRONG,
        "prefetch",
        lambda one, program, history: program == "speculation",
        "a proxy that only fetches ahead",
        "https://github.com/monperrus/crawler-user-agents",
    ),
    Rule(
        "show_only",
        STRONG,
        "scanner",
        lambda one, program, history: not _is_pixel(one) and program in SHOW_ONLY,
        "it only shows pictures, and followed a link",
        "jdavidbakr/mail-tracker#255",
        detail="readers follow links with a browser",
    ),
    Rule(
        "machine",
        STRONG,
        "scanner",
        lambda one, program, history: program in MACHINES,
        "it calls itself a security check, a crawler, a preview or the like",
        "https://github.com/matomo-org/device-detector/blob/HEAD/regexes/bots.yml; "
        "https://github.com/monperrus/crawler-user-agents; "
        "https://github.com/JayBizzle/Crawler-Detect",
        detail=(
            "a security gateway, crawler, preview, monitor, HTTP library or headless "
            "browser by its name"
        ),
    ),
    Rule(
        "read",
        STRONG,
        "person",
        lambda one, program, history: (
            one.kind == "document" and bool(one.visible and one.input)
        ),
        "a document was looked at",
        "fleetdm/fleet#26976 (that scripts ran proves nothing)",
        detail="in front, with scrolling, pressing or typing",
    ),
    Rule(
        "mail_program",
        STRONG,
        "person",
        lambda one, program, history: _is_pixel(one) and program in MAIL,
        "a mail program showed the picture",
        "JayBizzle/Crawler-Detect#430, gophish/gophish#1920; "
        "https://github.com/matomo-org/device-detector/blob/HEAD/regexes/client/pim.yml",
        detail="Outlook, Thunderbird and others",
    ),
    Rule(
        "trap_company",
        STRONG,
        "scanner",
        lambda one, program, history: history.with_trap(one),
        "its network followed a link that no reader can see",
        "mautic/mautic#9798",
        detail="within 60 seconds before or after, of this letter or another",
    ),
    Rule(
        "burst",
        STRONG,
        "scanner",
        lambda one, program, history: history.in_burst(one),
        "several links were followed at once",
        "mautic/mautic#8692, mautic/mautic#9798, putyourlightson/craft-campaign#546",
        detail=(
            "several of the letter within 2 seconds, or three of them (or all) within 10; "
            "of an old letter, by one browser in one network, within 1 and 4"
        ),
    ),
    Rule(
        "no_browser",
        STRONG,
        "scanner",
        lambda one, program, history: not _is_pixel(one) and program == "other",
        "what followed the link is neither a browser nor a mail program",
        "https://github.com/matomo-org/device-detector/blob/HEAD/regexes/client/"
        "libraries.yml",
    ),
    # -- weak
    Rule(
        "webkit",
        WEAK,
        "prefetch",
        lambda one, program, history: program == "bare_webkit",
        "it may be Apple's proxy, or Outlook for Mac",
        "warmbly/warmbly#564, warmbly/warmbly#569",
        detail="the program's name ends at “(KHTML, like Gecko)”",
    ),
    Rule(
        "apple_network",
        WEAK,
        "prefetch",
        lambda one, program, history: (
            program == "bare_webkit" and _is_pixel(one) and within(one.ip, APPLE)
        ),
        "it came from a network that Apple fetches from",
        "warmbly/warmbly#569, matomo-org/plugin-TrackingSpamPrevention#146, "
        "openstreetmap/operations#709",
        detail="beside that, says that it was Apple's proxy",
    ),
    Rule(
        "early",
        WEAK,
        "scanner",
        _is_early,
        "it came within seconds of sending",
        "resend/resend-node#901, mautic/mautic#16263, putyourlightson/craft-campaign#546",
        detail=(
            "a picture within 30 seconds (120 for a program that Apple's proxy may be), "
            "a link within 60 (300 from a network that filters mail), unless a mail "
            "program in the same network had shown the letter"
        ),
    ),
    Rule(
        "mail_filter",
        WEAK,
        "scanner",
        lambda one, program, history: _from_mail_filter(one),
        "it came from a network that filters mail",
        "warmbly/warmbly#412, gophish/gophish#973, gophish/gophish#2646; "
        "https://github.com/warmbly/warmbly/blob/HEAD/tracking/scanner-networks.txt",
        detail=(
            "a link, from Microsoft, Barracuda, Proofpoint, Mimecast, Symantec or "
            "Forcepoint"
        ),
    ),
    Rule(
        "office_link",
        WEAK,
        "scanner",
        lambda one, program, history: not _is_pixel(one) and program in MAIL,
        "a mail program followed the link, not a browser",
        "nextauthjs/next-auth#1840, gophish/gophish#1920",
        detail="readers do so with a browser, safety checks do not",
    ),
    Rule(
        "unknown_program",
        WEAK,
        "scanner",
        lambda one, program, history: _is_pixel(one) and program == "other",
        "it calls itself neither a browser nor a mail program",
        "https://github.com/matomo-org/device-detector/blob/HEAD/regexes/client/"
        "libraries.yml",
        detail="what fetched the picture",
    ),
    Rule(
        "app_link",
        WEAK,
        "scanner",
        lambda one, program, history: not _is_pixel(one) and program == "app",
        "an app followed the link, not a browser",
        "https://github.com/matomo-org/device-detector/blob/HEAD/regexes/client/"
        "libraries.yml",
    ),
    Rule(
        "old_browser",
        WEAK,
        "scanner",
        lambda one, program, history: program == "old_browser",
        "it is a browser that is years old, as security checks pretend to be",
        "gophish/gophish#2357, gophish/gophish#2446, mssola/user_agent#71",
        detail="Chrome below 109, Internet Explorer below 11, as of November 2026",
        alone="person",
    ),
    Rule(
        "beside_burst",
        WEAK,
        "scanner",
        lambda one, program, history: history.beside_burst(one),
        "several links were followed at once, within a minute of it",
        "putyourlightson/craft-campaign#546",
        detail="from anywhere",
    ),
    Rule(
        "round",
        WEAK,
        "scanner",
        lambda one, program, history: history.in_round(one),
        "many links were followed from the same network within a minute",
        "mautic/mautic#9798",
        detail="three of the letter, or more",
    ),
    Rule(
        "pair",
        WEAK,
        "scanner",
        lambda one, program, history: history.in_pair(one),
        "two links were followed from the same network within seconds",
        "mautic/mautic#8692",
        detail="two of the letter within 10 seconds",
        alone="person",
    ),
    Rule(
        "machine_company",
        WEAK,
        "scanner",
        lambda one, program, history: history.with_machine(one),
        "a program came from the same network within a minute",
        "nextauthjs/next-auth#1840, MillionSend/millionsend#22",
        detail="before or after, and a machine by its name or method",
    ),
    Rule(
        "unseen",
        WEAK,
        "scanner",
        lambda one, program, history: (
            one.kind == "document" and one.visible is False and not one.input
        ),
        "a document was loaded, and never shown",
        "fleetdm/fleet#26976",
        detail="its scripts ran, and it was never in front",
    ),
    Rule(
        "echo",
        WEAK,
        "scanner",
        lambda one, program, history: history.is_echo(one),
        "another program had followed the link seconds before",
        "resend/resend-node#901",
        detail=(
            "within 15 seconds, from elsewhere, and neither a machine by its name nor "
            "from a network that filters mail"
        ),
    ),
    Rule(
        "ahead",
        WEAK,
        "scanner",
        lambda one, program, history: _from_mail_filter(one) and history.is_ahead(one),
        "the reader followed the link right after it",
        "opencollective/opencollective#3656, gophish/gophish#2115",
        detail="within 15 seconds, from elsewhere: a check at the moment of the click",
    ),
)


def company_rule(observation: Observation, lines) -> tuple[str, str] | None:
    """Return (rule, kind) of the company's own lines; None if none of them fits."""
    if not is_own(observation) and within(observation.ip, lines.office):
        return "office", "own"
    for line in lines.lines:
        if line.fits(observation):
            return "company", line.says
    return None
