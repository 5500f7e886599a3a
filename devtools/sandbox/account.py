"""The demo account. Its values are fake, and easy to recognise should one turn up where
no secret belongs.
"""

import hashlib

APP_KEY = "canary-app-key-5c1f0e7a"
SECRET_KEY = "canary-secret-key-93ab7d21"
EMAIL = "seller@sandbox.example"
# `+` and `%41` come out different when a client wrongly URL-encodes or -decodes the
# string it signs.
PASSWORD = "canary-password-8d+%41-x"

SENDER_NAME = "Sandbox Seller"

CREDENTIALS = {
    "app_key": APP_KEY,
    "secret_key": SECRET_KEY,
    "email": EMAIL,
    "password": PASSWORD,
}


def login_hash(label: str) -> str:
    """The hash a login must carry: md5, lower-case hex, over the values as typed (M).

    `label` names the first field of the signed string: the manual writes `apikey` (M),
    public clients `appkey` (P).
    """
    signed = f"{label}={APP_KEY}&secret={SECRET_KEY}&email={EMAIL}&password={PASSWORD}"
    return hashlib.md5(signed.encode(), usedforsecurity=False).hexdigest()


def is_login(appkey, email, password, digest, labels) -> bool:
    """Whether these are the account's credentials, signed under one of `labels`."""
    return (appkey, email, password) == (APP_KEY, EMAIL, PASSWORD) and digest in {
        login_hash(label) for label in labels
    }
