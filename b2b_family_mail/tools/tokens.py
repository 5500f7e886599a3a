# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Signed addresses: the ticket of a reader, who has no log-in.

A token says what it is about and cannot be made, or changed, without the database's
secret. It is no secret what it says. Nothing in the database is asked to read one.
"""

from odoo.tools import hash_sign, verify_hash_signed

#: Characters of an address that every proxy and mail program lets through.
MAX_ADDRESS = 2_000


def sign(env, scope, value):
    """Return the token that says ``value``, which JSON can hold, to who knows ``scope``."""
    # su: the secret is a system parameter
    return hash_sign(env(su=True), scope, value)


def read(env, scope, token):
    """Return what a token says; None if it is none of ours, or of another scope."""
    if len(token) > MAX_ADDRESS:
        return None
    try:
        # su: see sign()
        value = verify_hash_signed(env(su=True), scope, token)
    except ValueError:  # it is no token at all
        return None
    # As it was made: what reads it overlooks signs that do not belong there.
    return value if value and sign(env, scope, value) == token else None
