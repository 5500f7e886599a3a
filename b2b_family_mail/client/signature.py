# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The login hash."""

import hashlib

#: How the string to be hashed names the app key: as the manual writes it (M), and as
#: public client code writes it (P). The values are the same.
HASH_LABELS = ("apikey", "appkey")


def login_hash(
    app_key: str, secret_key: str, email: str, password: str, label: str = "apikey"
) -> str:
    """Return the ``hash`` of the login call: 32 lower-case hexadecimal digits.

    MD5 is the service's choice (M), not ours: it authenticates nothing here that TLS
    does not protect. Values are used as typed, in UTF-8, not URL-encoded.

    :param label: one of :data:`HASH_LABELS`
    :raises ValueError: the label is neither
    """
    if label not in HASH_LABELS:
        raise ValueError(f"The hash label must be one of {', '.join(HASH_LABELS)}.")
    text = f"{label}={app_key}&secret={secret_key}&email={email}&password={password}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
