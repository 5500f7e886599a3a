# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""kill -9 at each point of SMTP: never twice on our account, never lost, never silent."""

import random
import time
from collections import Counter
from contextlib import closing

import psycopg2
import pytest
from forks import KILLS, SEND, WRITE
from post_world import posting

from devtools.sandbox.control import wait_for
from devtools.seed import SEED

LETTERS = "SELECT email, state, failure_reason FROM b2b_family_letter"
# Letters of one mail: sent by who presses, or by the next who comes.
AT_ONCE, MORE = 5, 6


@pytest.fixture
def post(world, forks):
    with posting(world, forks) as server:
        yield server


def reach(post, step, rng, seconds=5):
    """Wait until the worker hangs at a step of one letter of its batch."""
    fault = post.fault(step, seconds=seconds, skip=rng.randrange(AT_ONCE))
    assert fault.reached.wait(20), step


def while_claimed(world, post, rng):
    wait_for(lambda: "sending" in world.states(), 15, "the claim")


def while_connecting(world, post, rng):
    fault = post.fault("CONNECT", seconds=5)
    assert fault.reached.wait(20)


def at_the_sender(world, post, rng):
    reach(post, "MAIL", rng)


def at_the_reader(world, post, rng):
    reach(post, "RCPT", rng)


def before_the_text(world, post, rng):
    reach(post, "DATA", rng)


def before_the_server_takes_it(world, post, rng):
    reach(post, "TEXT", rng)


def before_the_server_says_that_it_took_it(world, post, rng):
    reach(post, "END", rng)


def between_the_answer_and_our_commit(world, post, rng):
    """Some were taken, and one is about to be noted: it waits for a lock that we hold."""
    fault = post.fault("END", seconds=1, skip=rng.randrange(AT_ONCE))
    assert fault.reached.wait(20)
    with closing(psycopg2.connect(dbname=world.server.database)) as connection:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM b2b_family_letter WHERE state = 'sending' FOR UPDATE"
            )
        world.wait_for_lock("the note to wait for the lock")
        yield


def at_any_moment(world, post, rng):
    post.fault("TEXT", seconds=0.03, times=None)
    post.fault("END", seconds=0.03, times=None)
    time.sleep(rng.uniform(0, 0.6))


# point -> whether the letter at hand is in doubt then
POINTS = {
    while_claimed: False,
    while_connecting: False,
    at_the_sender: True,
    at_the_reader: True,
    before_the_text: True,
    before_the_server_takes_it: True,
    before_the_server_says_that_it_took_it: True,
    between_the_answer_and_our_commit: True,
    at_any_moment: None,
}


# The same, of who has written the letters and sends them at once.
PRESSED = (
    while_connecting,
    before_the_text,
    before_the_server_says_that_it_took_it,
    between_the_answer_and_our_commit,
)
CASES = [
    *(pytest.param(point, MORE, id=point.__name__) for point in POINTS),
    *(
        pytest.param(point, AT_ONCE, id=f"pressed_{point.__name__}")
        for point in PRESSED
    ),
]


def send_and_kill(world, forks, post, point, readers, rng):
    """Write letters, kill the worker that sends them; return its exit code."""
    post.heal()
    write = WRITE.format(rng.random(), readers)
    if readers > AT_ONCE:
        assert forks.run(write) == [0]
    pid = forks.start(SEND if readers > AT_ONCE else write)
    moment = point(world, post, rng)
    for _ in moment or ():  # holds something until the worker is dead
        return forks.kill(pid)
    return forks.kill(pid)


@pytest.mark.timeout(120 + 6 * KILLS)
@pytest.mark.parametrize("point, readers", CASES)
def test_a_killed_worker_sends_nothing_twice_and_loses_nothing(
    world, forks, post, point, readers
):
    rng = random.Random(SEED)
    exits = [
        send_and_kill(world, forks, post, point, readers, rng)
        for _number in range(KILLS)
    ]
    post.heal()
    for _round in range(3):
        world.age()
        assert forks.run(SEND) == [0]
    states = world.states()
    times = Counter(post.counts().values())
    print(
        f"kill -9 {point.__name__}, seed {SEED}: {exits.count(-9)} of {len(exits)}"
        f" killed, letters {states}, times taken {dict(times)}"
    )
    doubtful = states.get("unknown", 0)
    # Never twice, and all but those in doubt have left.
    assert set(times) == {1}
    letters = {email: (state, why) for email, state, why in world.sql(LETTERS)}
    assert set(states) <= {"sent", "unknown"}
    assert len(letters) == KILLS * readers
    for email, (state, why) in letters.items():
        if state == "sent":
            assert email in post.counts()
        else:
            assert why == "Sending was interrupted."
    # At most the one letter that was at hand.
    is_doubtful = POINTS[point]
    if is_doubtful is None:
        assert doubtful <= exits.count(-9)
    else:
        assert set(exits) == {-9}
        assert doubtful == (KILLS if is_doubtful else 0)
