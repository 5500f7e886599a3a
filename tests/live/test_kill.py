# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""kill -9 at each point of sending: never twice, never lost, never without a state."""

import random
import time
from collections import Counter
from contextlib import closing

import psycopg2
import pytest
from forks import KILLS, READERS, SEND, WRITE, Forks

from devtools.sandbox.control import wait_for
from devtools.seed import SEED


def seen(world, call):
    return len(world.sandbox.requests(call))


def while_claimed(world, rng):
    wait_for(lambda: "sending" in world.states(), 15, "the claim")


def while_uploading(world, rng):
    world.sandbox.fault("upload", "latency", seconds=0.3)
    before = seen(world, "upload")
    wait_for(lambda: seen(world, "upload") > before, 15, "the upload")


def before_the_service_accepts(world, rng):
    before = seen(world, "send")
    world.sandbox.fault("send", "latency_before", seconds=0.3, times=4)
    wait_for(lambda: seen(world, "send") > before, 15, "the call")


def before_the_service_answers(world, rng):
    before = world.sandbox.accepted()
    world.sandbox.fault("send", "latency_after", seconds=0.5, times=4)
    wait_for(lambda: world.sandbox.accepted() > before, 15, "a letter")


def between_the_answer_and_our_commit(world, rng):
    """The outcome is known and waits for a lock that a test holds."""
    before_the_service_answers(world, rng)
    with closing(psycopg2.connect(dbname=world.server.database)) as connection:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM b2b_family_letter WHERE state = 'sending' FOR UPDATE"
            )
        world.wait_for_lock("the outcome to wait for the lock")
        yield


def at_any_moment(world, rng):
    world.sandbox.fault("send", "latency", seconds=0.05, times=None)
    time.sleep(rng.uniform(0, 0.4))


POINTS = (
    while_claimed,
    while_uploading,
    before_the_service_accepts,
    before_the_service_answers,
    between_the_answer_and_our_commit,
    at_any_moment,
)


def send_and_kill(world, forks, point, rng):
    """Write letters, kill the worker that sends them; return its exit code."""
    assert forks.run(WRITE.format(rng.random(), READERS)) == [0]
    pid = forks.start(SEND)
    moment = point(world, rng)  # a generator holds something until the worker is dead
    for _ in moment or ():
        return forks.kill(pid)
    return forks.kill(pid)


def recover(world, forks):
    """Let the time pass that a claim and a doubt last, and the cron run."""
    world.sandbox.clear_faults()
    world.sandbox.wait_done()  # the calls of the dead, too
    for _ in range(3):
        world.age()
        assert forks.run(SEND) == [0]


def report(world, point, exits):
    times = Counter(world.counts().values())
    print(
        f"kill -9 {point}, seed {SEED}: {exits.count(-9)} of {len(exits)} killed,"
        f" letters {world.states()}, times accepted {dict(times)}"
    )


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.__name__)
def test_a_killed_worker_sends_nothing_twice_and_loses_nothing(world, forks, point):
    world.send_mail("known@client.example")  # shows that the service can find
    rng = random.Random(SEED)
    exits = [send_and_kill(world, forks, point, rng) for _ in range(KILLS)]
    stuck = world.states().get("sending", 0)
    recover(world, forks)
    report(world, point.__name__, exits)
    assert point is at_any_moment or (set(exits) == {-9} and stuck)
    assert world.states() == {"sent": KILLS * READERS + 1}
    keys = {key for (key,) in world.sql("SELECT key FROM b2b_family_letter")}
    assert world.counts() == dict.fromkeys(keys, 1)
    assert not world.sql("SELECT id FROM mail_mail WHERE b2b_send AND state <> 'sent'")


def test_what_the_service_has_is_known_after_minutes(world, forks):
    """A claim is old after ten; but what is found was sent, however young the claim."""
    world.send_mail("known@client.example")
    rng = random.Random(SEED)
    exits = [
        send_and_kill(world, forks, before_the_service_answers, rng)
        for _ in range(KILLS)
    ]
    world.sandbox.clear_faults()
    world.sandbox.wait_done()  # the calls of the dead, too
    claimed, accepted = world.states()["sending"], world.sandbox.accepted()
    world.age(minutes=1)
    assert forks.run(SEND) == [0]
    asked = len(world.sandbox.requests("find"))
    assert (world.states()["sending"], asked) == (claimed, 0)
    world.age(minutes=2)
    assert forks.run(SEND) == [0]
    report(world, "after 3 minutes", exits)
    left = KILLS * READERS + 1 - accepted
    assert world.states() == {"sent": accepted} | ({"sending": left} if left else {})
    # "Not found" changed nothing: that may be a call that is under way.
    assert set(world.counts().values()) == {1}
    assert world.sandbox.accepted() == accepted
    recover(world, forks)
    assert world.states() == {"sent": KILLS * READERS + 1}
    assert set(world.counts().values()) == {1}


def test_without_a_database_connection_for_the_login_nothing_stays_claimed(
    world, forks
):
    """An error that is none of the service: after the claim, before any call."""
    assert forks.run(WRITE.format(0, READERS)) == [0]
    world.set_parameter("b2b_family_mail.api_key", False)
    log = world.log("poor")
    # One for the work, and one of the two that a login takes.
    with Forks(world.server.database, log, ["--db_maxconn=2"]) as poor:
        assert poor.run(SEND) == [0]
    assert world.states() == {"queued": READERS}
    assert world.sandbox.accepted() == 0
    reasons = world.sql("SELECT DISTINCT failure_reason FROM b2b_family_letter")
    assert "no database connection left" in reasons[0][0]
    world.age(minutes=1)
    assert forks.run(SEND) == [0]
    assert world.states() == {"sent": READERS}
    assert world.sandbox.accepted() == READERS


def test_without_a_database_connection_for_notes_the_outcome_is_kept(world, forks):
    assert forks.run(WRITE.format(0, READERS)) == [0]
    log = world.log("poor")
    # Odoo tells the screens by another connection, too: after the commit, it fails.
    code = f"from psycopg2.pool import PoolError\ntry: {SEND}\nexcept PoolError: pass"
    with Forks(world.server.database, log, ["--db_maxconn=1"]) as poor:
        assert poor.run(code) == [0]
    assert world.states() == {"sent": READERS}
    assert world.sandbox.accepted() == READERS


def test_what_fails_before_the_call_gives_the_letters_back(world, forks):
    """A file that cannot be opened, but not because it is missing."""
    assert forks.run(WRITE.format(0, READERS)) == [0]
    fail = (
        "from odoo.addons.b2b_family_mail.models.carrier import upload\n"
        "def fail(*args): raise MemoryError('of the test')\n"
        "upload.BytesIO = fail\n"
        "upload.open = fail\n"
    )
    assert forks.run(fail + f"try: {SEND}\nexcept MemoryError: pass") == [0]
    assert world.states() == {"queued": READERS}
    reasons = world.sql("SELECT DISTINCT failure_reason FROM b2b_family_letter")
    assert reasons == [("Sending was interrupted before the letter had left.",)]
    world.age(minutes=1)
    assert forks.run(SEND) == [0]
    assert world.states() == {"sent": READERS}
    assert world.sandbox.accepted() == READERS


def test_where_the_service_cannot_find_doubt_stays_and_is_shown(world, forks):
    world.send_mail("known@client.example")
    world.sandbox.fault("find", "cannot_find", times=None)
    rng = random.Random(SEED)
    exits = [
        send_and_kill(world, forks, before_the_service_answers, rng)
        for _ in range(KILLS)
    ]
    doubtful = world.states()["sending"]
    for _ in range(3):
        world.age()
        assert forks.run(SEND) == [0]
    report(world, "where the service cannot find", exits)
    assert world.states() == {
        "unknown": doubtful,
        "sent": KILLS * READERS + 1 - doubtful,
    }
    assert set(world.counts().values()) == {1}
    reasons = world.sql(
        "SELECT DISTINCT failure_reason FROM b2b_family_letter WHERE state = 'unknown'"
    )
    assert reasons == [("Sending was interrupted.",)]
