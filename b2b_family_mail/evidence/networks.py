# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Addresses and the networks they belong to."""

import functools
import ipaddress
from collections.abc import Iterable

#: A network of addresses; what an observation was seen from, or one that has a name.
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Prefix lengths that leave a network of many readers.
IPV4_PREFIX = 24
IPV6_PREFIX = 48
# Characters of an address that are looked at: an IPv6 address with its prefix is 49.
_LENGTH = 60


@functools.lru_cache(maxsize=4096)
def parse(address: str) -> Network | None:
    """Return what an address, or a network already cut, stands for; None if neither.

    An address is a network of one. IPv4 in IPv6 is IPv4.
    """
    try:
        network = ipaddress.ip_network(address[:_LENGTH].strip(), strict=False)
    except ValueError:
        return None
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped and network.prefixlen >= 96:
        network = ipaddress.ip_network((mapped, network.prefixlen - 96), strict=False)
    return network


@functools.lru_cache(maxsize=4096)
def network_of(address: str) -> str | None:
    """Return the network of many readers: ``198.51.100.0/24``; None if it is none."""
    network = parse(address)
    if network is None:
        return None
    prefix = IPV4_PREFIX if network.version == 4 else IPV6_PREFIX
    if network.prefixlen > prefix:
        network = network.supernet(new_prefix=prefix)
    return str(network)


def within(address: str | None, networks: Iterable[Network]) -> bool:
    """Return whether an address, or all of a network already cut, is in one of them."""
    network = parse(address) if address else None
    return network is not None and any(
        network.version == other.version and network.subnet_of(other)
        for other in networks
    )


#: Networks that filter mail. They are also where a page is shown to somebody who sits
#: elsewhere ("browser isolation"), so one of them alone proves nothing.
MAIL_FILTERS: tuple[Network, ...] = tuple(
    map(
        ipaddress.ip_network,
        (
            # Microsoft Exchange Online Protection
            "40.92.0.0/15",
            "40.107.0.0/16",
            "52.100.0.0/14",
            "104.47.0.0/17",
            "2a01:111:f400::/48",
            "2a01:111:f403::/48",
            # Microsoft Defender: seen following links (gophish#2646, opencollective#3656)
            "40.94.0.0/16",
            # Barracuda Email Gateway Defense (warmbly, tracking/scanner-networks.txt)
            "3.24.133.128/25",
            "13.200.136.128/25",
            "15.222.16.128/25",
            "18.133.136.96/27",
            "18.133.136.128/26",
            "18.184.203.224/27",
            "18.185.115.192/26",
            "35.157.190.224/27",
            "35.176.92.96/27",
            "64.235.144.0/20",
            "209.222.80.0/21",
            # Proofpoint
            "67.231.144.0/20",
            "148.163.128.0/17",
            "205.220.160.0/19",
            "208.84.64.0/22",
            "208.86.200.0/22",
            # Mimecast
            "41.74.192.0/20",
            "91.220.42.0/24",
            "103.13.69.0/24",
            "124.47.150.0/24",
            "146.101.78.0/24",
            "170.10.128.0/21",
            "185.58.84.0/22",
            "193.7.204.0/22",
            "195.130.217.0/24",
            "205.139.110.0/23",
            "207.211.30.0/23",
            "216.205.24.0/24",
            # Symantec (MessageLabs)
            "208.65.144.0/21",
            # Forcepoint
            "85.115.32.0/19",
            "208.87.232.0/21",
        ),
    )
)


#: Networks from which Apple fetches for others: its own, and those of its relays.
#: Readers browse from the relays, too.
APPLE: tuple[Network, ...] = tuple(
    map(
        ipaddress.ip_network,
        (
            "17.0.0.0/8",
            "104.28.0.0/16",
            "140.248.0.0/16",
            "146.75.0.0/16",
            "172.224.0.0/12",
            "2606:54c0::/32",
            "2a02:26f7::/32",
            "2a04:4e41::/32",
        ),
    )
)


@functools.lru_cache(maxsize=4096)
def filters_mail(address: str) -> bool:
    """Return whether an address belongs to a network that filters mail."""
    return within(address, MAIL_FILTERS)
