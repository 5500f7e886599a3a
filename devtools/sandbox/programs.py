"""The programs that fetch a letter: what each calls itself, and what it fetches."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

_FIREFOX = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
)


@dataclass(frozen=True)
class Program:
    """`images` is its name when it shows pictures, `links` that of the browser in which
    its reader follows links; `address` is where it is. One that is `eager` follows all
    links by itself.
    """

    title: str
    images: str
    address: str
    links: str = _FIREFOX
    eager: bool = False

    def fetch(self, url: str, timeout: float = 30):
        """Fetches an address of a letter; the answer, whatever it says. No redirect is
        followed.
        """
        # A proxy would tell an Odoo that knows of proxies where the program is.
        headers = {
            "User-Agent": self.images if is_picture(url) else self.links,
            "X-Forwarded-For": self.address,
            "X-Forwarded-Host": url.split("/")[2],
        }
        try:
            return _opener.open(Request(url, headers=headers), timeout=timeout)
        except HTTPError as error:
            return error


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_arguments):
        return None


# No proxy of the machine's: what is fetched is on loopback.
_opener = build_opener(ProxyHandler({}), _NoRedirect())

PROGRAMS = {
    "thunderbird": Program(
        "Thunderbird",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 "
        "Thunderbird/140.2.0",
        "192.0.2.7",
    ),
    "outlook": Program(
        "Outlook",
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; Trident/7.0; "
        "Microsoft Outlook 16.0.17928; ms-office; MSOffice 16)",
        "198.51.100.7",
    ),
    "gmail": Program(
        "Gmail",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 "
        "(via ggpht.com GoogleImageProxy)",
        "203.0.113.7",
    ),
    "apple": Program("Apple Mail, fetching ahead", "Mozilla/5.0", "203.0.113.77"),
    "gateway": Program(
        "A security gateway that follows all links",
        "Barracuda Sentinel (EE)",
        "198.51.100.77",
        "Barracuda Sentinel (EE)",
        eager=True,
    ),
    "masked": Program(
        "A security gateway that calls itself a browser",
        _FIREFOX,
        "198.51.100.99",
        eager=True,
    ),
}
READER = "thunderbird"
"""What a letter is read with unless another program is named."""

# What is watched of a letter, by the service or by Odoo: pictures, and what can be
# followed.
_WATCHED = re.compile(
    r"""https?://[^\s"'<>/]{1,200}/(?:t/[oal]|b2b_family/[old])/[^\s"'<>]{1,2000}"""
)


def is_picture(url: str) -> bool:
    return "/o/" in url


def watched(html: str) -> list[str]:
    """Returns the watched addresses of a letter, each once."""
    return list(dict.fromkeys(unescape(match) for match in _WATCHED.findall(html)))


def links_of(html: str) -> list[str]:
    """Returns the watched addresses that a program can follow, pictures apart. A file
    that can be opened or downloaded is one.
    """
    links = (url.partition("?")[0] for url in watched(html) if not is_picture(url))
    return list(dict.fromkeys(links))


def fetched_by(html: str, way: Callable[[str], str]) -> str:
    """Returns a letter whose watched addresses are replaced by the way that leads to
    each.
    """
    return _WATCHED.sub(lambda match: escape(way(unescape(match[0]))), html)
