# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is kept of a reader's address and program: as little as is useful."""

import ipaddress
import re

# Prefix lengths that leave a network of many readers.
IPV4_PREFIX = 24
IPV6_PREFIX = 48

# Fields of an event that say more about the reader than what was done, in whatever
# spelling: without letter-case and punctuation.
PERSONAL_FIELDS = frozenset(
    ("ip", "ipaddress", "clientip", "remoteip", "userip", "remoteaddr", "xforwardedfor")
    + ("useragent", "ua", "geo", "location")
)

# The first that matches. Proxies of mail providers fetch images for a reader, maybe
# before he looks; scanners follow everything, whether or not there is a reader. Words
# only, nothing repeated: what they are looked for in is a stranger's.
_CLASSES = {
    "scanner": re.compile(
        r"bot\b|spider|crawl|scan|barracuda|mimecast|proofpoint|safelinks",
        re.IGNORECASE,
    ),
    "proxy": re.compile(
        r"googleimageproxy|yahoomailproxy|mail\.ru|yandeximageproxy|imageproxy",
        re.IGNORECASE,
    ),
    "mobile": re.compile(r"iphone|ipad|android|mobile", re.IGNORECASE),
    "program": re.compile(
        r"outlook|thunderbird|lotus-notes|microsoft office", re.IGNORECASE
    ),
    "browser": re.compile(r"mozilla|opera|webkit", re.IGNORECASE),
}
# Characters of a program's name that are looked at.
_AGENT_LENGTH = 500


def cut_ip(address):
    """Return the network of an address, ``198.51.100.0/24``; None if it is none."""
    try:
        ip = ipaddress.ip_address(str(address).strip())
    except ValueError:
        return None
    ip = getattr(ip, "ipv4_mapped", None) or ip
    prefix = IPV4_PREFIX if ip.version == 4 else IPV6_PREFIX
    return str(ipaddress.ip_network((ip, prefix), strict=False))


def classify_agent(user_agent):
    """Return the class of a program: one of the names in the table, or ``other``."""
    if not user_agent:
        return None
    for name, words in _CLASSES.items():
        if words.search(user_agent[:_AGENT_LENGTH]):
            return name
    return "other"


def without_personal(payload):
    """Return a payload without the fields that ``cut_ip`` and co. stand in for."""
    if isinstance(payload, dict):
        return {
            key: without_personal(value)
            for key, value in payload.items()
            if re.sub(r"[\W_]+", "", str(key)).lower() not in PERSONAL_FIELDS
        }
    if isinstance(payload, list):
        return [without_personal(item) for item in payload]
    return payload
