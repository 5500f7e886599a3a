"""./dev soak: letters and news without a pause, while the service misbehaves at random.

`Soak` loads a world of `tests/live` (Odoo and the service, connected) for some minutes,
lets what is left settle, and says what became of everything. `run` starts it by way of
`tests/live/test_soak.py`, which judges the figures.
"""

import random
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

from .console import say
from .machine import Machine
from .paths import PYTHON, ROOT

LETTERS = (15, 5)  # of the mails of one second: left to the cron, and sent at once
EVENTS_A_SECOND = 50
SETTLE_SECONDS = 120  # at least; a fifth of a longer run
FAULTS = [
    ("send", "drop_before", {}),
    ("send", "drop_after", {}),
    ("send", "http_500_before", {}),
    ("send", "http_500_after", {}),
    ("send", "html_after", {}),
    ("send", "broken_json_after", {}),
    ("send", "refuse", {"message": "Refused at random"}),
    ("send", "rate_limit", {"retry_after": "1"}),
    ("send", "webhook_before_answer", {}),
    ("find", "http_500", {}),
    ("find", "latency", {"seconds": 0.5}),
    ("statistics", "html", {}),
    ("*", "latency", {"seconds": 0.2}),
    ("*", "expired_api_key_before", {}),
    ("webhook", "duplicate", {"count": 3}),
]


def run(machine: Machine, minutes: float) -> int:
    """Soak for so many minutes on a database of its own; return an exit code."""
    test = "tests/live/test_soak.py"
    command = [PYTHON, "-m", "pytest", "-p", "devtools.strict", "-p", "no:odoo", "-sq"]
    environ = {"SOAK_MINUTES": str(minutes), "LIVE_DATABASE": "b2b_soak"}
    return subprocess.call(
        [*map(str, command), test], cwd=ROOT, env=machine.environ | environ
    )


class Soak:
    """Minutes of load on a world, and what came of it."""

    def __init__(self, world, minutes: float, seed: int):
        self.world = world
        self.seconds = minutes * 60
        self.random = random.Random(seed)
        self.written = self.injected = 0
        self.faults = Counter()
        self.samples = []  # of seconds, memory in MB, connections to the database
        self.troubles = []
        self._stop = threading.Event()

    def run(self) -> None:
        """Load, then let the rest settle. Ends by itself."""
        self.world.sandbox.settings(deliver=False)
        self.start = time.monotonic()
        jobs = [
            (self._write, 1, self.world.log_in("seller", "seller-password")),
            (self._read, 1, None),
            (self._refresh, 1, self.world.log_in("seller", "seller-password")),
            (self._misbehave, 2, None),
            (self._sample, max(self.seconds / 60, 1), None),
        ]
        threads = [threading.Thread(target=self._repeat, args=job) for job in jobs]
        for thread in threads:
            thread.start()
        self._stop.wait(self.seconds)
        self._stop.set()
        for thread in threads:
            thread.join()
        self.loaded = time.monotonic() - self.start
        self.world.sandbox.clear_faults()
        self._settle()
        self._sample(None)

    def _repeat(self, work, period, session):
        """Call `work` once a period, as far as it keeps up, until the end."""
        due = time.monotonic()
        while not self._stop.wait(max(due - time.monotonic(), 0)):
            due = max(due + period, time.monotonic() - period)
            try:
                work(session)
            except Exception as error:
                self.troubles.append(f"{work.__name__}: {type(error).__name__} {error}")

    # -- the load

    def _write(self, seller):
        for count in LETTERS:
            numbers = range(self.written, self.written + count)
            mail = seller.create(
                "mail.mail",
                b2b_send=True,
                subject="Offer",
                body_html="<p>Hello</p>",
                email_to=", ".join(f"reader{n}@client.example" for n in numbers),
            )
            seller.call("mail.mail", "action_b2b_send", [mail])
            self.written += count

    def _read(self, _session):
        """News of letters that the service has, the later ones more often."""
        keys = [key for key, _count in self._counts().items()]
        if not keys:
            return
        events = [
            {
                "key": self.random.choice(keys[-2000:]),
                "type": self.random.choice(["message_open", "link_click", "forward"]),
            }
            for _ in range(EVENTS_A_SECOND)
        ]
        self.injected += len(self.world.sandbox.inject_events(events))

    def _refresh(self, seller):
        mails = self.world.sql(
            "SELECT id FROM mail_mail WHERE b2b_send ORDER BY random() LIMIT 1"
        )
        if mails and not self.world.sandbox.state(letters=False)["faults"]:
            seller.call("mail.mail", "action_b2b_refresh", [mails[0][0]])

    def _misbehave(self, _session):
        """Switch a fault on, or all off."""
        if self.random.random() < 0.4:
            self.world.sandbox.clear_faults()
            return
        call, fault, options = self.random.choice(FAULTS)
        times = self.random.choice([1, 5, 20])
        self.faults[f"{call} {fault}"] += 1
        self.world.sandbox.fault(call, fault, times=times, **options)

    # -- the figures

    def _counts(self) -> dict:
        return self.world.sandbox.state(letters=False)["accepted"]["by_key"]

    def _sample(self, _session):
        pid = self.world.server.process.pid
        status = Path(f"/proc/{pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmRSS")]
        [(connections,)] = self.world.sql(
            "SELECT count(*) - 1 FROM pg_stat_activity"
            " WHERE datname = current_database()"
        )
        seconds = time.monotonic() - self.start
        self.samples.append((seconds, int(line.split()[1]) // 1024, connections))

    def _settle(self):
        """Let the times pass that a doubt and a pause last; calls end first."""
        world = self.world
        deadline = time.monotonic() + max(SETTLE_SECONDS, self.loaded / 5)
        calm = {"sent", "opened", "failed"}
        while time.monotonic() < deadline:
            waiting = "SELECT count(*) FROM b2b_family_event WHERE pending"
            notices = world.sandbox.state(letters=False)["webhooks"]
            if (
                world.states().keys() <= calm
                and not notices.get("waiting")
                and world.sql(waiting) == [(0,)]
            ):
                return
            world.sql(
                "UPDATE b2b_family_letter SET"
                " claim_date = least(claim_date, now() - interval '11 minutes'),"
                " next_try_date = now() at time zone 'utc' - interval '1 second'"
                " WHERE state IN ('queued', 'unknown') AND next_try_date IS NOT NULL"
            )
            for name in ("ir_cron_send", "ir_cron_sync"):
                world.run_cron(name)
            time.sleep(2)

    def report(self) -> dict:
        """Print all figures, and return those that must be right."""
        world, counts = self.world, self._counts()
        known = dict(world.sql("SELECT key, state FROM b2b_family_letter"))
        state = world.sandbox.state()
        heard = sum(len(letter["events"]) for letter in state["letters"])
        # Of these letters: news may still come of what was there before the soak.
        [(stored,)] = world.sql(
            "SELECT count(*) FROM b2b_family_event"
            " WHERE letter_id IS NOT NULL AND problem IS NULL"
        )
        unexplained = world.sql(
            "SELECT count(*) FROM b2b_family_letter WHERE state IN ('failed', 'unknown')"
            " AND COALESCE(failure_reason, '') = ''"
        )
        sent = {key for key, value in known.items() if value in ("sent", "opened")}
        first, middle, last = (
            self.samples[0],
            self.samples[len(self.samples) // 2],
            self.samples[-2],
        )
        say(
            f"Soaked {self.loaded:.0f} s: {self.written} letters"
            f" ({self.written / self.loaded:.1f} a second), {self.injected} events"
            f" ({self.injected / self.loaded:.1f} a second)"
        )
        say(f"Faults switched on: {dict(self.faults)}")
        say(f"Letters {world.states()}, accepted {len(counts)}")
        say(f"Events at the service {heard}, stored {stored}; {state['webhooks']}")
        for name, (seconds, memory, connections) in zip(
            ("start", "middle", "end"), (first, middle, last), strict=True
        ):
            say(f"{name}: {seconds:.0f} s, {memory} MB, {connections} connections")
        for trouble, number in Counter(self.troubles).most_common(5):
            say(f"{number} times: {trouble[:200]}")
        return {
            "letters never written down": self.written - len(known),
            "letters without an end": sum(
                value not in ("sent", "opened", "failed", "unknown")
                for value in known.values()
            ),
            "letters failed without a reason": unexplained[0][0],
            "accepted twice": sum(count > 1 for count in counts.values()),
            "accepted and not known to be": len(counts.keys() - sent),
            "sent and not accepted": len(sent - counts.keys()),
            "events lost": heard - stored,
        }

    def growth(self) -> tuple[float, int]:
        """Return by what factor memory grew in the second half, and connections."""
        half = self.samples[len(self.samples) // 2 : -1]
        return half[-1][1] / half[0][1], half[-1][2] - half[0][2]
