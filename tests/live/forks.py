# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Real Odoo processes at the price of a fork, to be killed by the dozen.

One process loads Odoo once, and forks, as Odoo's own prefork server does, for each
piece of code that it is handed. Each child is a worker with connections of its own.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from devtools.paths import DEV, PYTHON, ROOT

SEND = "env['b2b.family.letter']._cron_send()"
SYNC = "env['b2b.family.letter']._cron_sync()"
# Queues letters, each with a file, to so many readers ({1}); their addresses tell of {0}.
WRITE = """
env['mail.mail'].create({{
    'b2b_send': True, 'state': 'outgoing',
    'subject': 'Offer', 'body_html': '<p>Hello</p>',
    'email_to': ', '.join(f'reader{{n}}.{0}@client.example' for n in range({1})),
    'attachment_ids': [(0, 0, {{'name': 'Offer.txt', 'raw': b'offer {0}'}})],
}}).send()
"""
KILLS = int(os.environ.get("B2B_KILLS", "2"))  # of workers, at each point of sending
READERS = 6  # of the letters that such a worker sends


class Forks:
    """Starts workers on a database; `log` is their log, `options` are Odoo's own,
    `env` is added to their environment.
    """

    def __init__(self, database: str, log: Path, options=(), env=None):
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [PYTHON, __file__, "--database", database, *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                cwd=DEV,
                env=os.environ | {"PYTHONPATH": str(ROOT)} | dict(env or {}),
            )
        assert self._process.stdout.readline() == "ready\n", log.read_text()[-2000:]

    def start(self, code: str) -> int:
        """Have a new worker run `code`, which may use `env`; return its process id."""
        return self._ask({"run": code})

    def wait(self, pid: int) -> int:
        """Return the worker's exit code once it has ended; -9 when it was killed."""
        return self._ask({"wait": pid})

    def run(self, *codes: str) -> list[int]:
        """Run each of `codes` in a worker of its own, all at once."""
        return [self.wait(pid) for pid in [self.start(code) for code in codes]]

    def kill(self, pid: int) -> int:
        """End a worker as a crash would."""
        os.kill(pid, signal.SIGKILL)
        return self.wait(pid)

    def __enter__(self) -> "Forks":
        return self

    def __exit__(self, *exception) -> None:
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def _ask(self, order: dict) -> int:
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def serve(options: list[str]) -> None:
    """Load Odoo and obey the orders on the standard input until it is closed."""
    from odoo import sql_db
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(options, setup_logging=True)
    [database] = config["db_name"]
    Registry(database)
    sql_db.close_all()
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _pid, status = os.waitpid(order["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
        elif pid := os.fork():
            print(pid, flush=True)
        else:
            work(database, order["run"])


def work(database: str, code: str) -> None:
    """Be a worker: run the code in a transaction, and end."""
    import logging

    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry

    exit_code = 0
    try:
        registry = Registry(database).check_signaling()
        with registry.cursor() as cr:
            exec(code, {"env": api.Environment(cr, SUPERUSER_ID, {})})
    except Exception:
        logging.getLogger(__name__).exception("Worker failed")
        exit_code = 1
    logging.shutdown()
    os._exit(exit_code)


if __name__ == "__main__":
    serve(sys.argv[1:])
