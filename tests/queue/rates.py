# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Letters a second by the scheduled action and by jobs, printed as a table.

Not a test: ``./dev python tests/queue/rates.py``. Makes a database of its own.
"""

import os
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "live"), str(HERE.parents[1])]

from queue_world import LOGS, QueueWorld, job_server  # noqa: E402

from devtools import database, queue_job, templates  # noqa: E402
from devtools.machine import prepare  # noqa: E402
from devtools.sandbox.control import Sandbox  # noqa: E402

NAME = os.environ.get("QUEUE_DATABASE", "b2b_queue_rates")
LETTERS = 1000
LATENCIES = (0.0, 0.2)  # seconds that the service takes for a call
CAPACITIES = (1, 2, 4)  # jobs at a time


def measure(world, latency, jobs):
    """Return how many letters a second were sent, and then asked about."""
    world.reset()
    if not jobs:
        world.make_stale_job()
    for call in ("send", "statistics"):
        world.sandbox.fault(call, "latency", times=None, seconds=latency)
    mail = world.write_mailing(LETTERS)
    start = time.monotonic()
    world.press_send(mail)
    world.wait_states(sent=LETTERS, timeout=300)
    sent = LETTERS / (time.monotonic() - start)
    if jobs:
        world.wait_jobs()
    world.assert_each_once(LETTERS)
    world.shift("next_sync_date", -1, mail)
    start = time.monotonic()
    world.run_cron("ir_cron_sync")
    world.wait_asked(LETTERS, timeout=300)
    asked = LETTERS / (time.monotonic() - start)
    if jobs:
        world.wait_jobs()
    return sent, asked


def show(name, world, jobs):
    for latency in LATENCIES:
        sent, asked = measure(world, latency, jobs)
        print(f"{name:<20}{latency:>8}{sent:>8.1f}{asked:>9.1f}", flush=True)


def main():
    machine = prepare()
    queue_job.ensure()
    LOGS.mkdir(parents=True, exist_ok=True)
    database.drop(machine, NAME)
    database.new(machine, NAME, templates.QUEUE)
    print(f"{'':<20}{'latency':>8}{'sent/s':>8}{'asked/s':>9}")
    with Sandbox() as sandbox, job_server(NAME, runner=False, log="rates") as server:
        world = QueueWorld(sandbox, server)
        show("scheduled action", world, jobs=False)
        for capacity in CAPACITIES:
            channels = f"root:8,root.b2b_family:{capacity}"
            with world.on(job_server(NAME, channels, log="rates")):
                show(f"{capacity} jobs at a time", world, jobs=True)
    database.drop(machine, NAME)


if __name__ == "__main__":
    main()
