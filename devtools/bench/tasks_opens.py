"""Inside Odoo: what people and scheduled actions do where so many opens are stored."""

import secrets
import time
from datetime import datetime, timezone

from odoo.addons.b2b_family_mail import runtime
from odoo.addons.b2b_family_mail.client import EventType
from odoo.addons.b2b_family_mail.models.event.here import Fetch

from .meter import measure
from .tasks import read_chatter

# Opens of each letter, one an hour from when it was sent; `first` of them are there.
OPENS = """
INSERT INTO b2b_family_event (letter_id, event_type, date, received_date, source,
                              agent_class, ip_network, verdict, verdict_rule, key, pending)
SELECT id, %(kind)s, sent_date + n * interval '1 hour', sent_date + n * interval '1 hour',
       'here', 'browser', '192.0.2.0/24', 'person', 'program', %(kind)s || id || '-' || n, false
  FROM b2b_family_letter, generate_series(%(first)s, %(last)s) AS n
 WHERE id %% %(every)s = 0
"""
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CARD = ("subject", "recipient", "status", "state_date", "open_count", "open_verdict")
ROW = ("date", "event_type", "letter_id", "email", "verdict", "source", "url")
LETTER = (*CARD, "attachment_count", "last_open_date", "reader")


def store(env, kind, first, last, every=1):
    """Store news of letters: number `first` to `last` of every so manieth; say how many."""
    env.cr.execute(OPENS, {"kind": kind, "first": first, "last": last, "every": every})
    return env.cr.rowcount


def do(env, name, ids):
    """Do one of WORKS, as a salesperson without other rights; return what it took."""
    if name == "chatter":
        return read_chatter(env, ids["tracked"])
    seller = env["res.users"].search([("login", "=", "seller")])
    env.invalidate_all()
    own = env(user=seller.id)
    work = WORKS[name]
    if name in SYSTEM:
        return work(env, ids)
    return measure(lambda: work(own, ids))


def _board(env, _ids):
    env["b2b.family.letter"].web_read_group(
        [],
        ["status"],
        ["__count"],
        auto_unfold=True,
        unfold_read_specification=dict.fromkeys(CARD, {}),
        unfold_read_default_limit=40,
    )


def _events(env, _ids):
    env["b2b.family.event"].web_search_read(
        [], dict.fromkeys(ROW, {}), limit=80, count_limit=10_001
    )


def _letter(env, ids):
    lines = {"fields": dict.fromkeys(ROW, {}), "limit": 40, "order": "date DESC"}
    specification = dict.fromkeys(LETTER, {}) | {"event_ids": lines, "click_ids": lines}
    env["b2b.family.letter"].browse(ids["letter"]).web_read(specification)


def _report(env, _ids):
    env["b2b.family.letter"].formatted_read_group(
        [], ["sent_date:week"], ["open_rate:avg", "answer_rate:avg", "__count"]
    )


def _clicks(env, _ids):
    action = env["ir.actions.act_window"]._for_xml_id(
        "b2b_family_mail.b2b_family_event_action_clicks"
    )
    domain = [
        ("event_type", "=", "link_click"),
        ("twin_id", "=", False),
        ("verdict_rule", "!=", "trap"),
    ]
    assert str(domain[0]) in action["domain"]
    env["b2b.family.event"].formatted_read_group(
        domain, ["url", "verdict"], ["__count"]
    )


def _all_events(env, _ids):
    env["b2b.family.event"].formatted_read_group(
        [], ["date:week", "verdict"], ["__count"]
    )


def _crons(env, _ids):
    def work():
        env["b2b.family.letter"]._cron_sync()
        env["b2b.family.letter"]._cron_send()
        env["b2b.family.letter"]._cron_not_open()

    return measure(work)


def _vacuum(env, _ids):
    """What is stored here is too young to be deleted, and each network is still kept."""

    def work():
        env["b2b.family.event"]._gc_events()
        env["b2b.family.event"]._gc_orphans()

    return measure(work)


def _take_in(env, ids):
    """One new open, from the address in the letter to the author's screen."""
    letter = env["b2b.family.letter"].browse(ids["letter"])
    fetch = Fetch(
        type=EventType.MESSAGE_OPEN,
        key=letter.key,
        date=datetime.now(timezone.utc),
        # The same program at the same network is seen once a minute.
        ip=f"100.{secrets.randbelow(256)}.{secrets.randbelow(256)}.7",
        user_agent=FIREFOX,
    )
    env.cr.commit()
    env.invalidate_all()
    # What counts is the work, not the moment for which it waits for more.
    runtime.MOMENT = runtime.FLOOD = 0
    inbox = env["b2b.family.event"]
    before = inbox.search_count([("letter_id", "=", letter.id)])

    def work():
        inbox._take_fetches([fetch])
        env.cr.commit()
        while runtime._gathered:
            time.sleep(0.0005)

    result = measure(work)
    env.cr.commit()
    env.invalidate_all()
    stored = [("letter_id", "=", letter.id), ("pending", "=", False)]
    if inbox.search_count(stored) != before + 1:
        raise AssertionError("The open was not taken in")
    return result


SYSTEM = {"scheduled actions", "vacuum", "a new open"}
WORKS = {
    "board": _board,
    "event list": _events,
    "letter": _letter,
    "report of letters": _report,
    "report of clicks": _clicks,
    "report of all events": _all_events,
    "scheduled actions": _crons,
    "vacuum": _vacuum,
    "a new open": _take_in,
}
