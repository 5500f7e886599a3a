# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is known of a mail domain by the servers that take its mail: one table."""

from collections.abc import Iterable

GATEWAY, APPLE = "gateway", "apple"

#: What the names of servers end with, and what that says: mail passes a security gateway,
#: which may follow links, or the provider is Apple, whose program fetches ahead. Of
#: Google, Microsoft and others nothing is said: what they fetch is told apart.
MAIL_SERVERS = (
    # Proofpoint
    ("pphosted.com", GATEWAY),
    ("ppe-hosted.com", GATEWAY),
    # Mimecast
    ("mimecast.com", GATEWAY),
    ("mimecast.co.za", GATEWAY),
    ("mimecast-offshore.com", GATEWAY),
    # Barracuda
    ("barracudanetworks.com", GATEWAY),
    ("cudaops.com", GATEWAY),
    # Cisco
    ("iphmx.com", GATEWAY),
    # Symantec, Broadcom
    ("messagelabs.com", GATEWAY),
    # Trend Micro
    ("trendmicro.com", GATEWAY),
    ("trendmicro.eu", GATEWAY),
    # Forcepoint
    ("mailcontrol.com", GATEWAY),
    # Sophos
    ("sophos.com", GATEWAY),
    ("reflexion.net", GATEWAY),
    # Trellix, FireEye
    ("fireeyecloud.com", GATEWAY),
    ("fireeyegov.com", GATEWAY),
    # Fortinet
    ("fortimailcloud.com", GATEWAY),
    # Hornetsecurity
    ("hornetsecurity.com", GATEWAY),
    ("antispameurope.com", GATEWAY),
    # Vade, Retarus, N-able, Zix, Cloudflare (Area 1)
    ("vadesecure.com", GATEWAY),
    ("retarus.com", GATEWAY),
    ("retarus.de", GATEWAY),
    ("antispamcloud.com", GATEWAY),
    ("zixmail.net", GATEWAY),
    ("appriver.com", GATEWAY),
    ("mxrecord.io", GATEWAY),
    ("icloud.com", APPLE),
)
#: Domains of which it is known without asking.
DOMAINS = {"icloud.com": APPLE, "me.com": APPLE, "mac.com": APPLE}


def known_of(servers: Iterable[str]) -> str | None:
    """Return what is known of a domain by the names of its mail servers, if anything.

    :param servers: in lower case
    """
    for server in servers:
        for ending, says in MAIL_SERVERS:
            if f".{server}".endswith(f".{ending}"):
                return says
    return None
