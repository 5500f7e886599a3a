"""What only our addon does, inside Odoo: asking the service, taking in its news."""

import json
import secrets
import time
from datetime import timedelta

from odoo import fields

from odoo.addons.b2b_family_mail import runtime
from odoo.addons.b2b_family_mail.client.transport import Answer
from odoo.addons.b2b_family_mail.models.letter import watch
from odoo.addons.b2b_family_mail.models.service import calls
from odoo.addons.b2b_family_mail.tools import paths

from .meter import measure
from .tasks import memory, partners

_real_transport = calls._transport


class _NullService:
    """Answers every question at once, without a network: nothing is new."""

    answer = Answer(
        200, {}, b'{"id": 1, "status": "sent", "open_count": 0, "events": []}'
    )

    def request(self, *_args, **_kwargs):
        return self.answer


def connect(env, url, credentials):
    """Point at the sandbox and get a key, as an administrator would."""
    service = env["b2b.family.service"]
    service._set_params(
        {
            "api_url": url,
            "app_key": credentials["app_key"],
            "secret_key": credentials["secret_key"],
            "email": credentials["email"],
            "mail_password": credentials["password"],
            "email_update_rate": "3600",
            "webhook_token": secrets.token_urlsafe(32),
        }
    )
    env.cr.commit()
    service._login(service._common_account())
    return service._get_param("webhook_token")


def use_null_service(env, on):
    calls._transport = (lambda loopback: _NullService()) if on else _real_transport


def mark_due(env, count=None):
    """Let letters that the service knows be due; return how many."""
    env.cr.execute(
        """UPDATE b2b_family_letter SET next_sync_date = now() AT TIME ZONE 'utc'
            WHERE id IN (SELECT id FROM b2b_family_letter
                          WHERE ref IS NOT NULL AND subject <> 'history'
                          ORDER BY id DESC LIMIT %s)""",
        [count],
    )
    return env.cr.rowcount


def sync(env, count):
    """Ask about letters that are due until none is."""
    env.cr.execute(
        "UPDATE b2b_family_letter SET next_sync_date = NULL"
        " WHERE next_sync_date IS NOT NULL"
    )
    if mark_due(env, count) != count:
        raise AssertionError(f"There are fewer than {count} letters")
    env.cr.commit()
    env.invalidate_all()
    result = measure(env["b2b.family.letter"]._cron_sync)
    env.cr.execute(
        "SELECT count(*) FROM b2b_family_letter"
        " WHERE next_sync_date <= now() AT TIME ZONE 'utc'"
    )
    if left := env.cr.fetchone()[0]:
        raise AssertionError(f"{left} letters were not asked about")
    return result


def mark_history_due(env, count):
    """Let letters of the history be young enough and due, and no others."""
    env.cr.execute(
        """UPDATE b2b_family_letter
              SET next_sync_date = CASE WHEN id <= 10000000 + %(count)s
                                        THEN now() AT TIME ZONE 'utc' END,
                  sent_date = now() AT TIME ZONE 'utc'
            WHERE next_sync_date IS NOT NULL
               OR id BETWEEN 10000001 AND 10000000 + %(count)s""",
        {"count": count},
    )


def sync_history(env, count):
    """Ask about what is due; say also what memory that took."""
    env.invalidate_all()
    before = memory(env)
    result = measure(env["b2b.family.letter"]._cron_sync)
    return result | {"memory": memory(env) - before}


def select_due(env):
    """One round of the scheduled action when nothing is due."""
    env.cr.execute(
        "UPDATE b2b_family_letter SET next_sync_date = NULL WHERE next_sync_date IS NOT NULL"
    )
    env.cr.commit()
    env.invalidate_all()
    return measure(env["b2b.family.letter"]._cron_sync)


def _letters(env, count):
    """Make sent letters; return them."""
    readers = partners(env)
    now = fields.Datetime.now()
    letters = env["b2b.family.letter"].create(
        [
            {
                "subject": "Our offer",
                "partner_id": reader.id,
                "email": reader.email,
                "author_id": env.ref("base.partner_admin").id,
                "company_id": env.company.id,
                "state": "sent",
                "ref": f"r-{secrets.token_hex(8)}",
                "sent_date": now - timedelta(hours=1),
            }
            for reader in (readers[n % len(readers)] for n in range(count))
        ]
    )
    return letters


def _webhook(letter):
    return {
        "id": secrets.token_hex(8),
        "type": "message_open",
        "mail_id": letter.ref,
        "date": fields.Datetime.now().isoformat() + "Z",
        "email": letter.email,
        "ip": "192.0.2.7",
        "user_agent": "Mozilla/5.0",
        "custom_data": {"key": letter.key},
    }


def apply(env, count, together):
    """Take in opens of as many letters, in one batch or one by one."""
    from odoo.addons.b2b_family_mail.client import parse_events

    events, _errors = parse_events(
        [_webhook(letter) for letter in _letters(env, count)]
    )
    env.cr.commit()
    env.invalidate_all()
    inbox = env["b2b.family.event"]

    # What counts is the work, not the moment for which it waits for more.
    runtime.MOMENT = runtime.FLOOD = 0

    def take_in(news):
        inbox._ingest(news, "webhook")
        env.cr.commit()
        while runtime._gathered:
            time.sleep(0.0005)

    def batch():
        take_in(events)

    def one_by_one():
        for event in events:
            take_in([event])

    result = measure(batch if together else one_by_one)
    env.cr.execute("SELECT count(*) FROM b2b_family_event WHERE pending")
    if left := env.cr.fetchone()[0]:
        raise AssertionError(f"{left} events were not applied")
    return result


def webhook_bodies(env, count):
    """Return bodies of webhooks, each of another letter."""
    return [json.dumps(_webhook(letter)) for letter in _letters(env, count)]


def watched_paths(env, count):
    """Return the paths of as many pictures and links, each of another letter."""
    env["b2b.family.service"]._set_params({"watch_here": "1"})
    letters = _letters(env, count)
    env.cr.commit()
    base = len(letters[:1].get_base_url())
    target = "https://shop.example/catalogue?utm_source=letter"
    return {
        "pictures": [
            letter._watched_url(paths.OPEN, watch.OPEN)[base:] + ".gif"
            for letter in letters
        ],
        "links": [
            letter._watched_url(paths.LINK, watch.LINK, target)[base:]
            for letter in letters
        ],
    }


def webhook_bodies_of_one(env, count):
    """Return bodies of different events of one letter, to be told by their link."""
    letter = _letters(env, 1)
    return [
        json.dumps(_webhook(letter) | {"type": "link_click", "url": "parallel"})
        for _number in range(count)
    ]
