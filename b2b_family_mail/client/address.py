# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which addresses we agree to talk to.

The service address is typed in by a person. Without a rule it would let that person
make this server call what only this server can reach.
"""

import ipaddress
import re
from urllib.parse import urlsplit

LOCALHOST = "localhost"

_FORBIDDEN = re.compile(r"[\s\\\x00-\x20\x7f]")
_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
_NUMERIC = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII | re.IGNORECASE)

# What some releases of Python call global and is not a plain public host.
_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",  # protocol assignments
            "192.88.99.0/24",  # 6to4 relays
            "2001::/23",  # protocol assignments, with Teredo
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: an IPv4 address inside
            "3fff::/20",  # documentation
        ),
    )
)
# The part of IPv6 that is given out. Mapped, compatible, NAT64, local and multicast
# addresses all lie outside.
_GIVEN_OUT = ipaddress.ip_network("2000::/3")


def is_public(address: str) -> bool:
    """Tell whether an IP address is a plain public one, in itself.

    Addresses that carry another one inside (mapped, 6to4, NAT64) are not.

    :raises ValueError: not an IP address
    """
    ip = ipaddress.ip_address(address)
    if ip.version == 6 and (ip not in _GIVEN_OUT or ip.scope_id):
        return False
    return (
        ip.is_global
        and not (ip.is_multicast or ip.is_reserved)
        and not any(ip in network for network in _NOT_PUBLIC)
    )


def is_loopback(address: str) -> bool:
    """Tell whether an IP address is this machine's own.

    :raises ValueError: not an IP address
    """
    return ipaddress.ip_address(address).is_loopback


def check_url(url: str, allow_loopback: bool = False) -> None:
    """Check a service address as far as its text goes; connecting checks the rest.

    :param allow_loopback: also accept ``http://127.0.0.1:...`` and ``localhost``
    :raises ValueError: in words for the person who typed it
    """
    if not isinstance(url, str) or not url or _FORBIDDEN.search(url):
        raise ValueError("The service address is missing or has spaces in it.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("The service address is not a web address.") from None
    if parts.username is not None or parts.query or parts.fragment or port == 0:
        raise ValueError(
            "The service address must be https://, a host, maybe a port and a path."
        )
    literal = _literal(host)
    if literal is None and not _is_name(host):
        raise ValueError("The service address has no valid host name.")
    if (
        _is_local(host, literal)
        and allow_loopback
        and parts.scheme in ("http", "https")
    ):
        return
    public = not _is_local(host, literal) and (not literal or is_public(literal))
    if parts.scheme != "https" or not public:
        raise ValueError(not_public(host))


def not_public(host: str) -> str:
    """Return the words for an address that is refused."""
    return f"The service address {host} is not a public https address."


def _is_local(host: str, literal: str | None) -> bool:
    return is_loopback(literal) if literal else host.rstrip(".").lower() == LOCALHOST


def _literal(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def _is_name(host: str) -> bool:
    labels = host.removesuffix(".").split(".")
    # Resolvers take 127.1 and 0x7f000001 for addresses.
    return all(map(_LABEL.fullmatch, labels)) and not _NUMERIC.fullmatch(labels[-1])
