# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The token of the webhook's address stays out of the log of every kind of server.

Threads, workers with gevent beside them, several databases without a filter; at the
right address, at others of which Odoo understands some, and in the dump of threads.
"""

import http.client
import json
import re
import signal
from contextlib import closing, contextmanager
from threading import Thread

import psutil
import psycopg2
import pytest
from test_fuzz import open_event, token_of

from devtools.sandbox.control import wait_for
from devtools.server import OdooServer, choose_port

READER = "rita@client.example"
RIGHT = "/b2b_family/webhook/"
MASKED = "/b2b_family/webhook/***"
NO_HITS = [
    "/b2b_family//webhook/",
    "/b2b_family/webhook//",
    "/./b2b_family/webhook/",
    "/b2b_family/./webhook/",
    "/b2b_family%2Fwebhook/",
    "/b2b_family/webhook%2F",
    "/b2b_family/%77ebhook/",
    "/%62%32%62_family/webhook/",
    "/b2b_family/%2577ebhook/",
    "/B2B_Family/Webhook/",
    "/b2b_family/x/../webhook/",
    "/en/b2b_family/webhook/",
    "http://localhost/b2b_family/webhook/",
    "/b2b_family/webhook;",
    "/b2b_family/webhook?token=",
]


class Watched:
    """A server of one kind on the world's database, and what it says."""

    def __init__(self, world, kind, **options):
        self.world = world
        self.token = token_of(world)
        self.gevent_port = choose_port(None)
        ports = [f"--gevent-port={self.gevent_port}", "--max-cron-threads=0"]
        log = world.log(f"token_{kind}")
        log.unlink(missing_ok=True)
        options["options"] = [*ports, *options.get("options", ())]
        self.server = OdooServer(world.server.database, log=log, **options)

    def call(self, path, port=None, header=None, **details):
        """Post an event to a path as it is written; return the status."""
        letter = self.world.letter(self.mail)
        headers = {"Content-Type": "application/json", "Connection": "close"}
        if header:
            headers["X-Odoo-Database"] = header
        body = json.dumps(open_event(letter, **details))
        where = http.client.HTTPConnection("127.0.0.1", port or self.server.port)
        with closing(where) as connection:
            connection.request("POST", path, body, headers)
            return connection.getresponse().status

    def rows(self):
        [(rows,)] = self.world.sql("SELECT count(*) FROM b2b_family_event")
        return rows

    def said(self):
        return self.server.log_path.read_text(errors="replace")

    def dump_threads(self):
        """Have every process list its threads, while one of them serves a hit."""
        before = self.said().count("# Thread")
        with self.busy():
            parent = psutil.Process(self.server.process.pid)
            processes = [parent, *parent.children(recursive=True)]
            for process in processes:
                process.send_signal(signal.SIGQUIT)
            wait_for(
                lambda: self.said().count("# Thread") >= before + len(processes),
                15,
                "the threads of all processes",
            )

    @contextmanager
    def busy(self):
        """Let a hit at the right address wait for a lock."""
        database = self.server.database
        with closing(psycopg2.connect(dbname=database)) as connection:
            connection.cursor().execute("LOCK TABLE b2b_family_event")
            hit = Thread(
                target=self.call,
                args=(RIGHT + self.token,),
                kwargs={"header": database, "id": "busy"},
            )
            hit.start()
            self.world.wait_for_lock("the hit to wait")
            yield
            connection.rollback()
        hit.join(30)
        assert not hit.is_alive()
        pending = "SELECT 1 FROM b2b_family_event WHERE pending"
        wait_for(lambda: not self.world.sql(pending), 30, "the hit to be applied")

    def misspell(self, port=None, header=None):
        """Call every address that is none; nothing is stored."""
        before = self.rows()
        for number, path in enumerate(NO_HITS):
            status = self.call(path + self.token, port, header, id=f"wrong-{number}")
            assert status in (404, 308, 400), path
        assert self.rows() == before

    def __enter__(self):
        self.mail = self.world.send_mail(READER)
        self.world.wait_state(self.mail, "sent")
        self.server.start()
        if self.server.workers:
            self._wait_for_gevent()
        return self

    def _wait_for_gevent(self):
        def answers():
            try:
                return self.call("/web/health", self.gevent_port)
            except ConnectionRefusedError:
                return None

        wait_for(answers, 60, "the gevent server")

    def __exit__(self, *exception):
        self.server.stop()

    def check(self, lines):
        said = self.said()
        assert self.token not in said
        assert self.token[1:] not in said
        assert said.count(MASKED) >= lines
        assert re.search(r"# Thread: .*\*\*\*", said), "the dump names what is served"


def test_threads(world):
    with Watched(world, "threads") as watched:
        watched.misspell()
        assert watched.call(RIGHT + watched.token) == 200
        assert watched.rows() == 1
        watched.dump_threads()
    watched.check(len(NO_HITS) + 1 + 1)


def test_workers_and_gevent(world):
    with Watched(world, "workers", workers=2) as watched:
        watched.misspell()
        assert watched.call(RIGHT + watched.token) == 200
        assert watched.rows() == 1
        # gevent does not tell how it was called: nothing is a hit there.
        port = watched.gevent_port
        watched.misspell(port)
        assert watched.call(RIGHT + watched.token, port) == 404
        assert watched.rows() == 1
        watched.dump_threads()
    watched.check(2 * len(NO_HITS) + 2 + 1)
    assert " longpolling: " in watched.said()


@pytest.fixture
def another_database(world):
    name = f"{world.server.database}_another"
    world.sql(f'DROP DATABASE IF EXISTS "{name}"')
    world.sql(f'CREATE DATABASE "{name}"')
    yield
    world.sql(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_several_databases_and_no_filter(world, another_database):
    """Loaded for all databases, the addon masks before any of them is."""
    options = ["--database=", "--db-filter=", "--load=base,rpc,web,b2b_family_mail"]
    with Watched(world, "databases", workers=2, options=options) as watched:
        watched.misspell()
        assert watched.call(RIGHT + watched.token) == 404
        watched.misspell(header=world.server.database)
        watched.misspell(watched.gevent_port)
        assert watched.call(RIGHT + watched.token, header=world.server.database) == 200
        assert watched.rows() == 1
        watched.dump_threads()
    watched.check(3 * len(NO_HITS) + 2)
