"""What only the peers' addons do, inside Odoo."""

import secrets
import time


def create_tracking(env, count):
    """Make a tracked e-mail; return the bodies of as many webhooks about it."""
    tracking = env["mail.tracking.email"].create(
        {
            "name": "Our offer",
            "recipient": "reader1@client.example",
            "sender": "sally@shop.example",
            "timestamp": time.time(),
            "state": "sent",
        }
    )
    return [_webhook(env, tracking) for _number in range(count)]


def _webhook(env, tracking):
    key = secrets.token_hex(8)
    return {
        # A second ago, since what comes from the future is refused.
        "signature": {
            "timestamp": str(int(time.time()) - 1),
            "token": key,
            "signature": "",
        },
        "event-data": {
            "id": f"parallel-{key}",
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
