"""Inside Odoo: news of many letters by programs of all kinds, and judging it again."""

import functools
import secrets
import time
from datetime import timedelta
from unittest import mock

from odoo import fields

from .meter import measure

BATCH = 500
EACH = 5  # events of one letter
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
# What happens to a letter, seconds after sending: three opens, then two clicks at once.
PROGRAMS = (
    (2, "message_open", "Mozilla/5.0"),
    (
        900,
        "message_open",
        "Mozilla/5.0 (Windows NT 5.1) (via ggpht.com GoogleImageProxy)",
    ),
    (4000, "message_open", "Microsoft Office/16.0 (Microsoft Outlook 16.0.6326; Pro)"),
    (30, "link_click", FIREFOX),
    (31, "link_click", FIREFOX),
)


def take_in(env, events):
    """Take in so many events; return the seconds, and those of judging among them."""
    from odoo.addons.b2b_family_mail import runtime
    from odoo.addons.b2b_family_mail.client import parse_events

    letters = _letters(env, events // EACH)
    news = [
        parse_events(
            [_news(letter, number) for letter in part for number in range(EACH)]
        )
        for part in letters
    ]
    env.cr.commit()
    inbox = env["b2b.family.event"]
    with (
        _Clock(inbox, "_prepare_verdict", "_judge_in_company") as clock,
        # Applied at once, not by a thread after the commit: both are measured.
        mock.patch.object(runtime, "_is_tested", return_value=True),
    ):

        def work():
            for part, _errors in news:
                inbox._ingest(part, "poll")
                env.cr.commit()
                env.invalidate_all()

        result = measure(work)
    env.cr.execute(
        "SELECT count(*) FILTER (WHERE pending), count(*) FROM b2b_family_event"
    )
    waiting, stored = env.cr.fetchone()
    if (waiting, stored) != (0, events):
        raise AssertionError(
            f"Not all events were stored and applied: {stored} are, {waiting} wait"
        )
    return result | {"judging": clock.seconds}


def judge_again(env):
    """Judge all again, by lines that make every second letter's opens a scanner's."""
    env["b2b.family.service"]._set_params(
        {"evidence_lines": "198.51.100.0/24 = scanner"}
    )
    runs = env["b2b.family.judgement"]
    runs._start()
    env.cr.commit()
    with _Clock(runs, "_judge_next") as clock:
        result = measure(functools.partial(_until_done, runs))
    run = runs.search([], limit=1)
    if not run.done_date or not run.letter_count:
        raise AssertionError("Nothing was judged again")
    return result | {"longest": clock.longest}


def _until_done(runs):
    # As the scheduler does: again and again, ten seconds each.
    while runs.search_count([("done_date", "=", False)]):
        runs._cron_judge()
        runs.env.cr.commit()


class _Clock:
    """Counts the seconds that methods of a model take."""

    def __init__(self, records, *names):
        self.seconds = self.longest = 0
        self._model = type(records)
        self._names = names

    def __enter__(self):
        for name in self._names:
            setattr(self._model, name, self._timed(getattr(self._model, name)))
        return self

    def __exit__(self, *exception):
        for name in self._names:
            delattr(self._model, name)

    def _timed(self, method):
        @functools.wraps(method)
        def timed(*args):
            start = time.perf_counter()
            try:
                return method(*args)
            finally:
                took = time.perf_counter() - start
                self.seconds += took
                self.longest = max(self.longest, took)

        return timed


def _letters(env, count):
    """Make sent letters; return them in parts, whose news come together."""
    sent = fields.Datetime.now() - timedelta(days=1)
    return [
        env["b2b.family.letter"].create(
            [
                {
                    "subject": "Our offer",
                    "email": f"reader{first + number}@client.example",
                    "author_id": env.ref("base.partner_admin").id,
                    "company_id": env.company.id,
                    "state": "sent",
                    "ref": f"r-{secrets.token_hex(8)}",
                    "sent_date": sent,
                }
                for number in range(BATCH // EACH)
            ]
        )
        for first in range(0, count, BATCH // EACH)
    ]


def _news(letter, number):
    after, kind, program = PROGRAMS[number]
    return {
        "id": secrets.token_hex(8),
        "type": kind,
        "mail_id": letter.ref,
        "date": (letter.sent_date + timedelta(seconds=after)).isoformat() + "Z",
        "email": letter.email,
        "ip": f"198.51.{100 + letter.id % 2}.7",
        "user_agent": program,
        "url": f"https://shop.example/{number}" if kind == "link_click" else None,
        "custom_data": {"key": letter.key},
    }
