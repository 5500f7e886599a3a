# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is not kept of a reader, in whatever words it comes."""

import re

# Fields of an event that say more about the reader than what was done, in whatever
# spelling: without letter-case and punctuation.
PERSONAL_FIELDS = frozenset(
    ("ip", "ipaddress", "clientip", "remoteip", "userip", "remoteaddr", "xforwardedfor")
    + ("useragent", "ua", "geo", "location")
)


def without_personal(payload):
    """Return a payload without the fields that ``ip_network`` and co. stand in for."""
    if isinstance(payload, dict):
        return {
            key: without_personal(value)
            for key, value in payload.items()
            if re.sub(r"[\W_]+", "", str(key)).lower() not in PERSONAL_FIELDS
        }
    if isinstance(payload, list):
        return [without_personal(item) for item in payload]
    return payload
