"""The programs that fetch a letter: what each calls itself, and what it fetches."""

import re
from dataclasses import dataclass

from .journal import OPEN

_FIREFOX = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
)


@dataclass(frozen=True)
class Program:
    """`images` is its name when it shows pictures, `links` that of the browser in which
    its reader follows links. One that is `eager` follows all links by itself.
    """

    title: str
    images: str
    links: str = _FIREFOX
    eager: bool = False


PROGRAMS = {
    "thunderbird": Program(
        "Thunderbird",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 "
        "Thunderbird/140.2.0",
    ),
    "outlook": Program(
        "Outlook",
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; Trident/7.0; "
        "Microsoft Outlook 16.0.17928; ms-office; MSOffice 16)",
    ),
    "gmail": Program(
        "Gmail",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 "
        "(via ggpht.com GoogleImageProxy)",
    ),
    "apple": Program("Apple Mail, fetching ahead", "Mozilla/5.0"),
    "gateway": Program(
        "A security gateway that follows all links",
        "Barracuda Sentinel (EE)",
        "Barracuda Sentinel (EE)",
        eager=True,
    ),
}
READER = "thunderbird"
"""What a letter is read with unless another program is named."""

_TRACKED = re.compile(r"""(https?://[^\s"'<>]{1,200}/t/)([oalv])(/[\w.-]{1,100})""")


def name_of(code: str | None, kind: str) -> str | None:
    """Returns what the program of that code calls itself when it fetches: `kind` is
    that of the event. None if there is no such program.
    """
    program = PROGRAMS.get(code or "")
    return program and (program.images if kind == OPEN else program.links)


def fetched_by(html: str, code: str) -> str:
    """Returns a letter whose addresses at the service say which program fetches them."""
    return _TRACKED.sub(rf"\g<0>?as={code}", html)


def links_of(html: str) -> list[str]:
    """Returns the addresses at the service that a program can follow, pictures apart."""
    found = [match for match in _TRACKED.finditer(html) if match[2] in "al"]
    return list(dict.fromkeys(match[0] for match in found))
