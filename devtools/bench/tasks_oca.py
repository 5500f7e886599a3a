"""What only the peers' addons do, inside Odoo."""

import secrets
import time


def webhook_bodies(env, count):
    """Return bodies of webhooks, each of another e-mail."""
    return [_webhook(env, tracking) for tracking in _create(env, count)]


def webhook_bodies_of_one(env, count):
    """Return bodies of different events of one e-mail."""
    tracking = _create(env, 1)
    return [_webhook(env, tracking, "parallel-") for _number in range(count)]


def _create(env, count):
    values = {
        "name": "Our offer",
        "recipient": "reader1@client.example",
        "sender": "sally@shop.example",
        "timestamp": time.time(),
        "state": "sent",
    }
    return env["mail.tracking.email"].create([values] * count)


def _webhook(env, tracking, prefix=""):
    key = secrets.token_hex(8)
    return {
        # A second ago, since what comes from the future is refused.
        "signature": {
            "timestamp": str(int(time.time()) - 1),
            "token": key,
            "signature": "",
        },
        "event-data": {
            "id": f"{prefix}{key}",
            "event": "opened",
            "timestamp": time.time(),
            "recipient": tracking.recipient,
            "user-variables": {
                "odoo_db": env.cr.dbname,
                "tracking_email_id": str(tracking.id),
            },
            "message": {"headers": {"message-id": f"<{key}@shop.example>"}},
            "ip": "192.0.2.7",
        },
    }
