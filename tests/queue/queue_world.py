# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A real Odoo server with queue_job's runner, and the jobs seen from outside."""

import os
import signal
from contextlib import contextmanager

from world import World

from devtools import queue_job
from devtools.paths import LOG
from devtools.sandbox.control import wait_for
from devtools.server import OdooServer

LOGS = LOG / "queue"
CHANNELS = "root:8,root.b2b_family:4,root.b2b_family.sync:2"


# Beside the four that jobs may occupy, some for people: else who writes a letter waits
# behind a mailing.
WORKERS = 6


def job_server(database, channels=CHANNELS, log="server", runner=True):
    """Return a server, not started, that runs jobs; without a ``runner`` none, in a
    single process.
    """
    workers = WORKERS if runner else 0
    options = ["--db_maxconn=32", *(queue_job.OPTIONS if runner else ())]
    env = queue_job.ENVIRON | {"ODOO_QUEUE_JOB_CHANNELS": channels}
    log = LOGS / f"{log}.log"
    return OdooServer(database, workers=workers, env=env, log=log, options=options)


class QueueWorld(World):
    """Odoo, the service, and the table of jobs."""

    def reset(self):
        self.sql("DELETE FROM queue_job")
        super().reset()
        self.sandbox.settings(deliver=False)

    @contextmanager
    def on(self, server):
        """Have another server in the place of the usual one."""
        usual = self.server
        usual.stop()
        self.server = server
        try:
            self.restart()
            yield
        finally:
            server.stop()
            self.server = usual
            self.restart()

    def write_mailing(self, number, name="reader"):
        """Return the id of a draft to so many readers."""
        return self.write_mail(*(f"{name}{n}@client.example" for n in range(number)))

    def jobs(self, *states):
        """Return how many jobs of each method are there, or are in these states."""
        return dict(
            self.sql(
                "SELECT method_name, count(*) FROM queue_job"
                " WHERE %s = '{}' OR state = ANY(%s) GROUP BY method_name",
                list(states),
                list(states),
            )
        )

    def tries(self):
        """Return how often letters were claimed, all together."""
        [(tries,)] = self.sql("SELECT sum(try_count) FROM b2b_family_letter")
        return tries

    def wait_states(self, timeout=60, **states):
        """Return once there are so many letters in each state, and in no other."""
        try:
            super().wait_states(timeout, **states)
        except TimeoutError as error:
            rows = self.sql("SELECT method_name, state, exc_info FROM queue_job")
            raise TimeoutError(f"{error}; jobs {rows}") from None

    def wait_jobs(self, timeout=90):
        """Return once no job waits or runs."""
        wait_for(
            lambda: not self.jobs("pending", "enqueued", "started"), timeout, "the jobs"
        )

    def wait_asked(self, number, timeout=60):
        """Return once the service was asked about so many letters, and answered."""
        query = (
            "SELECT count(*) FROM b2b_family_letter WHERE refreshed_date IS NOT NULL"
        )
        wait_for(lambda: self.sql(query) == [(number,)], timeout, "the answers")

    def make_stale_job(self):
        """Let a job have waited for long: nobody runs jobs, it seems."""
        self.sql(
            "INSERT INTO queue_job (uuid, model_name, method_name, state, date_created)"
            " VALUES ('stale', 'b2b.family.letter', 'none', 'pending',"
            " now() - interval '1 day')"
        )

    def wait_rerun(self, uuid):
        """Return once the runner has missed the lock of a job and had it run again."""

        def rerun():
            # It looks when it is woken, else once a minute.
            self.sql("NOTIFY queue_job")
            return self.sql(
                "SELECT 1 FROM queue_job WHERE uuid = %s AND state = 'done'", uuid
            )

        wait_for(rerun, 60, "the killed job")

    def assert_each_once(self, number):
        """All letters are sent, and the service has each of them once."""
        counts = self.counts()
        assert set(counts.values()) == {1}
        assert len(counts) == self.sandbox.accepted() == number
        keys = self.sql("SELECT key FROM b2b_family_letter WHERE ref IS NOT NULL")
        assert {key for (key,) in keys} == set(counts)

    def kill_worker(self):
        """Kill the process of a job that is under way; return the job's uuid."""
        query = (
            "SELECT uuid, worker_pid FROM queue_job"
            " WHERE state = 'started' AND method_name = '_job_send' LIMIT 1"
        )
        [(uuid, pid)] = wait_for(lambda: self.sql(query), 30, "a job to begin")
        os.kill(pid, signal.SIGKILL)
        return uuid
