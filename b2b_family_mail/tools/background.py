# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

_logger = logging.getLogger(__name__)

# Seconds for which work waits for more of its kind: at first, and while more comes.
MOMENT, FLOOD = 0.2, 1.0

# Seconds for which whoever committed waits for work of which he wants to see the outcome.
PATIENCE = 3.0

# Pieces of work done at the same moment that do not wait for each other; each has a
# connection to the database.
ASIDE = 8

# (database, model, method) -> ids that wait; there as long as a thread works on it
_waiting = {}
_lock = threading.Lock()
_aside = ThreadPoolExecutor(ASIDE, "b2b_family.aside")


def aside_after_commit(records, method, patience=0):
    """Have ``method`` called on ``records`` after the commit, beside all else.

    As soon_after_commit(), for what may take long: nobody's work waits for that of
    others, unless there is too much of it.

    :param float patience: seconds for which whoever committed waits for it; then he
        goes on, and so does the work
    """
    dbname, model, ids = records.env.cr.dbname, records._name, records.ids

    @records.env.cr.postcommit.add
    def hand_over():
        work = _aside.submit(_work, dbname, model, ids, method)
        wait([work], timeout=patience)


def soon_after_commit(records, method):
    """Have ``method`` called on ``records`` after the commit, by a thread of its own.

    Whoever committed does not wait for it: a hook after the commit would still run
    before Odoo sends its answer. What comes within a moment is done together, so
    that a flood costs less for each record, not more. If the process ends before,
    the scheduled actions do what is left.
    """
    key = records.env.cr.dbname, records._name, method
    ids = set(records.ids)

    @records.env.cr.postcommit.add
    def hand_over():
        with _lock:
            if key in _waiting:
                _waiting[key] |= ids
                return
            _waiting[key] = ids
        name = f"b2b_family.{method}.{key[0]}"
        threading.Thread(target=_work_off, args=(key,), name=name, daemon=True).start()


def _work_off(key):
    dbname, model, method = key
    ids = _take(key, MOMENT)
    while ids:
        _work(dbname, model, ids, method)
        ids = _take(key, FLOOD)


def _work(dbname, model, ids, method):
    try:
        with Registry(dbname).cursor() as cr:
            records = api.Environment(cr, SUPERUSER_ID, {})[model].browse(ids)
            getattr(records, method)()
    except Exception:
        _logger.exception("Work after the commit failed, it is left to the cron")


def _take(key, seconds):
    """Return the ids that wait; if none do, the next who has some starts a thread."""
    time.sleep(seconds)
    with _lock:
        ids = sorted(_waiting[key])
        if ids:
            _waiting[key] = set()
        else:
            del _waiting[key]
    return ids
