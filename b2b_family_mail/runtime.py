# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Transactions, and work that is done later or side by side.

No other file of the addon commits, opens a cursor, starts a thread or a timer, or
knows that it is tested (``tests/unit/test_layers.py``). In a test inside Odoo nothing
is ever committed: what is to follow the commit then follows at once, in the
transaction of the test.
"""

import logging
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from odoo import SUPERUSER_ID, api, fields, modules
from odoo.modules.registry import Registry
from odoo.service.model import retrying

_logger = logging.getLogger(__name__)

# Seconds for which work waits for more of its kind: at first, and while more comes.
MOMENT, FLOOD = 0.2, 1.0
# Seconds for which whoever committed waits for work whose outcome he wants to see.
PATIENCE = 3.0
# Pieces of work done at the same moment that do not wait for each other; each has a
# connection to the database.
ASIDE = 8
WAKE_UP = 60  # seconds: cron workers look at the database this often anyway

_aside = ThreadPoolExecutor(ASIDE, "b2b_family.aside")
# (database, model, method) -> ids that wait; there as long as a thread works on it
_gathered = {}
_lock = threading.Lock()
# database -> the earliest pending timer of this process, see wake_cron()
_timers = {}
# (database, model, method) -> what was seen and waits, by what makes it the same; there
# as long as a thread works on it
_seen = {}
# Pieces of that which wait at most: what comes on top is forgotten.
MOST_SEEN = 10_000
# Times that handing it over is tried, each after a longer pause.
SEEN_TRIES = 5
# (database, keys) -> held by the thread of this process whose turn it is
_turns = defaultdict(threading.Lock)


def _is_tested():
    return bool(modules.module.current_test)


# ------------------------------------------------------------
# TRANSACTIONS
# ------------------------------------------------------------


def transact(env, work):
    """Commit, run ``work`` and commit that; run it again if another transaction won.

    What this process remembers is dropped first: others may have written while a
    service was being called.

    :return: what ``work`` returned
    """
    env.flush_all()
    env.invalidate_all()
    if _is_tested():
        return work()
    # The snapshot is as old as the call that was just made.
    env.cr.commit()  # pylint: disable=invalid-commit
    return retrying(work, env)


def let_go(env):
    """Commit what was written, so that nothing is held while a service is called.

    Nothing of it is done again if a transaction that follows loses against another.
    """
    transact(env, lambda: None)


def only_reading(env):
    """Return a function that ends what reading begins from now on: a transaction.

    It does nothing if one was under way before: something may have been written.
    """
    if _is_tested():
        return lambda: None
    connection = env.cr.connection
    idle = connection.info.transaction_status == TRANSACTION_STATUS_IDLE
    return connection.rollback if idle else lambda: None


def may_commit():
    """Tell whether core may be asked to commit on its way."""
    return not _is_tested()


def rollback(env):
    """Drop what was not committed."""
    if not _is_tested():
        env.cr.rollback()


@contextmanager
def committed(env):
    """Commit what was written before, and then the block; if that fails, drop it only."""
    if _is_tested():
        with env.cr.savepoint():
            yield
        return
    env.cr.commit()  # pylint: disable=invalid-commit
    try:
        yield
        env.cr.commit()  # pylint: disable=invalid-commit
    except BaseException:
        env.cr.rollback()
        raise


@contextmanager
def own_transaction(env):
    """Yield ``env`` in a transaction of its own, committed at the end of the block.

    :raise psycopg2.pool.PoolError: all connections are in use
    """
    if _is_tested():
        yield env
        return
    with env.registry.cursor() as cr:
        yield env(cr=cr)


@contextmanager
def aside(env):
    """Yield a function that commits work beside the transaction of ``env``.

    It is called with a function of an environment, returns what that returns, and calls
    it again if another transaction won. One connection serves for all of it.

    :raise psycopg2.pool.PoolError: all connections are in use
    """
    if _is_tested():
        yield lambda work: work(env)
        return
    with env.registry.cursor() as cr:
        own = env(cr=cr)
        yield lambda work: retrying(lambda: work(own), own)


@contextmanager
def one_at_a_time(env, *keys):
    """As own_transaction(), of all processes one at a time for the same ``keys``.

    The lock is held by a second connection: a transaction that waited for the lock
    itself would still see what was before. Threads of one process wait for each other
    before they take connections: there are not enough for all.

    :param keys: two integers, the keys of an advisory lock
    :raise psycopg2.pool.PoolError: all connections are in use
    """
    if _is_tested():
        yield env
        return
    registry = env.registry
    with (
        _turns[env.cr.dbname, keys],
        registry.cursor() as lock_cr,
        registry.cursor() as cr,
    ):
        lock_cr.execute("SELECT pg_advisory_xact_lock(%s, %s)", keys)
        registry.check_signaling(cr)
        yield env(cr=cr)
        cr.commit()  # pylint: disable=invalid-commit
        registry.signal_changes()


# ------------------------------------------------------------
# LATER
# ------------------------------------------------------------


def after_commit(records, method, *args, patience=0, gather=False):
    """Have ``method`` called on ``records`` once the transaction is committed.

    By a thread, as the system, with the same context, in a transaction of its own;
    nobody's work waits for that of others, unless there is too much of it. What fails
    is logged and reaches nobody, whose work is done. If the process ends before, the
    scheduled actions do what is left.

    :param args: for the method: values, no records
    :param float patience: seconds for which whoever commits waits for it; then he goes
        on, and so does the work
    :param bool gather: what comes within a moment is done together, so that a flood
        costs less for each record, not more; without the context
    """
    if not records:
        return
    env = records.env
    if _is_tested():
        system = api.Environment(env.cr, SUPERUSER_ID, env.context)
        getattr(records.with_env(system), method)(*args)
        return
    what = env.cr.dbname, records._name, method
    ids, context = records.ids, {} if gather else env.context
    if gather:
        env.cr.postcommit.add(lambda: _gather(what, ids))
    else:

        @env.cr.postcommit.add
        def hand_over():
            wait([_aside.submit(_work, what, ids, context, args)], timeout=patience)


def again(records, method):
    """Have ``method`` called on ``records`` in a moment, with what is gathered.

    For what could not be done now. Not in a test inside Odoo, where the moment would be
    the same one.
    """
    if not _is_tested():
        _gather((records.env.cr.dbname, records._name, method), records.ids)


def hand_over_soon(env, model, method, key, thing):
    """Have ``method`` of a model called in a moment, as the system, with a list of things.

    For what must neither hold up nor fail whoever brings it, with the database or
    without: it is kept in memory, by a thread of its own stored with all that comes
    meanwhile, tried again for half a minute if it cannot be, and then forgotten.

    :param key: what makes it the same: while one waits, others like it are forgotten
    """
    if _is_tested():
        getattr(env(user=SUPERUSER_ID)[model], method)([thing])
        return
    what = env.cr.dbname, model, method
    with _lock:
        waiting = _seen.get(what)
        if waiting is not None:
            if len(waiting) < MOST_SEEN:
                waiting.setdefault(key, thing)
            return
        _seen[what] = {key: thing}
    try:
        # No daemon, as Odoo's own are: a server that stops in order waits until it is
        # stored.
        name = f"b2b_family.{method}.{what[0]}"
        work = threading.Thread(
            target=_hand_over, args=(what,), name=name, daemon=False
        )
        work.start()
    except RuntimeError:
        _logger.warning("No thread can be started: what was seen is forgotten")
        with _lock:
            del _seen[what]


def _hand_over(what):
    things = _take_seen(what, MOMENT)
    while things:
        _try_to_hand_over(what, things)
        things = _take_seen(what, FLOOD)


def _take_seen(what, seconds):
    """Return what waits; if nothing does, the next who has something starts a thread."""
    time.sleep(seconds)
    with _lock:
        things = list(_seen[what].values())
        if things:
            _seen[what] = {}
        else:
            del _seen[what]
    return things


def _try_to_hand_over(what, things):
    dbname, model, method = what
    for tries in range(SEEN_TRIES):
        try:
            with Registry(dbname).cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                if model in env:  # else the addon was uninstalled meanwhile
                    getattr(env[model], method)(things)
            return
        except Exception as error:
            # Odoo closes all connections when it stops: the next try gets a new one.
            level = logging.WARNING if tries else logging.INFO
            _logger.log(level, "What was seen is not stored yet: %s", error)
            time.sleep(FLOOD * 2**tries)
    _logger.error("What was seen cannot be stored and is forgotten: %s", len(things))


def _work(what, ids, context, args=()):
    dbname, model, method = what
    try:
        with Registry(dbname).cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, context)
            if model in env:  # else the addon was uninstalled meanwhile
                getattr(env[model].browse(ids), method)(*args)
    except Exception:
        _logger.exception("Work after the commit failed, it is left to the cron")


def _gather(what, ids):
    """Add to the work that waits; start a thread for it if there is none."""
    with _lock:
        if what in _gathered:
            _gathered[what].update(ids)
            return
        _gathered[what] = set(ids)
    name = f"b2b_family.{what[2]}.{what[0]}"
    threading.Thread(target=_work_off, args=(what,), name=name, daemon=True).start()


def _work_off(what):
    ids = _take(what, MOMENT)
    while ids:
        _work(what, ids, {})
        ids = _take(what, FLOOD)


def _take(what, seconds):
    """Return the ids that wait; if none do, the next who has some starts a thread."""
    time.sleep(seconds)
    with _lock:
        ids = sorted(_gathered[what])
        if ids:
            _gathered[what] = set()
        else:
            del _gathered[what]
    return ids


def wake_cron(env, xmlid, date):
    """Have a scheduled action run at ``date`` (UTC) rather than within a minute.

    Cron workers look for due jobs every minute, and a trigger in the future does not
    wake them. A timer in this process does, the earliest one of each database; if the
    process ends before, the job runs at the next look.

    :param str xmlid: of the ``ir.cron``, which is looked up only if it is to be woken
    """
    delay = (date - fields.Datetime.now()).total_seconds()
    dbname = env.cr.dbname
    if delay >= WAKE_UP or _is_awake_by(dbname, date):
        return
    env.ref(xmlid)._trigger(date)
    if not _is_tested():
        env.cr.postcommit.add(lambda: _start_timer(dbname, date, delay))


def _is_awake_by(dbname, date):
    timer = _timers.get(dbname)
    return bool(timer) and timer.due <= date


def _start_timer(dbname, date, delay):
    # A trigger is due once its full second has passed.
    timer = threading.Timer(max(delay, 0) + 0.1, lambda: _wake(dbname, timer))
    timer.daemon, timer.due = True, date
    with _lock:
        if _is_awake_by(dbname, date):
            return
        if later := _timers.get(dbname):
            later.cancel()
        _timers[dbname] = timer
    timer.start()


def _wake(dbname, timer):
    with _lock:
        if _timers.get(dbname) is timer:
            del _timers[dbname]
    with Registry(dbname).cursor() as cr:
        api.Environment(cr, SUPERUSER_ID, {})["ir.cron"]._notifydb()


# ------------------------------------------------------------
# SIDE BY SIDE
# ------------------------------------------------------------


@contextmanager
def at_most(seconds, end):
    """Have another thread call ``end`` if the block takes longer than ``seconds``.

    It is to make fail whatever the block waits for.
    """
    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def side_by_side(work, things, workers):
    """Return what ``work`` returns for each of ``things``, done several at once.

    By threads, which must not use the database.
    """
    if len(things) == 1 or workers == 1:
        return [work(thing) for thing in things]
    with ThreadPoolExecutor(workers, thread_name_prefix="b2b_family") as pool:
        return list(pool.map(work, things))
