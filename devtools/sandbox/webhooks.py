"""News out: each event is POSTed to each subscriber until it is taken, or there is no
sense in trying on.
"""

import contextlib
import logging
import queue
import threading

import requests

from .faults import Faults
from .journal import Event, Journal
from .store import Store

_logger = logging.getLogger(__name__)

TIMEOUT = 10
"""Seconds a subscriber has for its answer."""

PAUSES = (1, 2, 5, 15, 60, 300, 900, 1800)
"""Seconds between attempts: nearly an hour altogether, then the notice is given up (A).
"""

PARALLEL = 8
"""Notices under way at once: a subscriber cannot count on their order, as with any real
service.
"""


class Webhooks(threading.Thread):
    """Sends due notices. One that is not answered by 2xx is tried again later if the
    subscriber is unreachable or answers 5xx or 429; any other answer drops it. The
    board shows each notice's fate.
    """

    def __init__(self, store: Store, journal: Journal, faults: Faults):
        super().__init__(name="webhooks", daemon=True)
        self.store = store
        self.journal = journal
        self.faults = faults
        self._batches: queue.SimpleQueue = queue.SimpleQueue()
        self._local = threading.local()
        self._under_way: set[int] = set()
        self._lock = threading.Condition()
        self._wake = threading.Event()
        self._stopping = False

    def wake(self) -> None:
        """There may be something to send."""
        self._wake.set()

    @contextlib.contextmanager
    def halted(self):
        """Inside, no notice is under way, and none begins. What subscribers are being
        told at that moment is waited for, what was about to be told stays waiting.
        """
        with self._lock:
            self._lock.wait_for(self._is_calm, timeout=2 * TIMEOUT)
            yield

    def _is_calm(self) -> bool:
        """Whether nothing is under way, once what has not begun is taken back."""
        with contextlib.suppress(queue.Empty):
            while batch := self._batches.get_nowait():
                self._under_way.difference_update(notice["id"] for notice in batch)
        return not self._under_way

    def stop(self) -> None:
        self._stopping = True
        self.wake()

    def run(self) -> None:
        # Threads that may be left behind in the end: a subscriber that hangs must not
        # keep the process alive.
        for _ in range(PARALLEL):
            threading.Thread(target=self._work, name="webhook", daemon=True).start()
        while not self._stopping:
            self._wake.wait(timeout=0.5)
            self._wake.clear()
            try:
                self._tick()
            except Exception:
                if not self._stopping:
                    _logger.exception("webhooks: a round failed")

    def _tick(self) -> None:
        if not_open := self.journal.due_not_open():
            self.journal.record(not_open)
        if self.faults.armed("webhook", "hold"):
            return
        with self._lock:
            for batch in self._due_batches():
                self._under_way.update(notice["id"] for notice in batch)
                self._batches.put(batch)

    def _due_batches(self) -> list[list]:
        """Due notices, grouped by what must go in sequence: normally each alone, when
        reordering all of a group.
        """
        due = self.store.db.all(
            "SELECT * FROM notice WHERE state = 'waiting' AND due <= ? ORDER BY id LIMIT 500",
            self.store.clock.now(),
        )
        due = [notice for notice in due if notice["id"] not in self._under_way]
        reorder = self.faults.armed("webhook", "reorder")
        if not reorder:
            return [[notice] for notice in due]
        count = reorder.option("count", 2)
        if len(due) < count:
            return []
        self.faults.take("webhook", kinds={"reorder"})
        return [due[:count][::-1]]

    def _work(self) -> None:
        while True:
            self._send_batch(self._batches.get())

    def _send_batch(self, batch: list) -> None:
        for notice in batch:
            try:
                self.send(notice)
            except Exception:
                if not self._stopping:
                    _logger.exception("notice %s: not sent", notice["id"])
            finally:
                with self._lock:
                    self._under_way.discard(notice["id"])
                    self._lock.notify_all()

    def send(self, notice) -> None:
        """One attempt at one notice; its outcome is stored."""
        news = self.journal.webhook(notice["event_id"])
        if not news:
            return  # forgotten meanwhile, by a reset
        fault = next(
            iter(self.faults.take("webhook", kinds={"duplicate", "lose"})), None
        )
        if fault and fault.kind == "lose":
            self._store(notice, "dropped", "Lost on purpose")
            return
        copies = fault.option("count", 2) if fault else 1
        answers: list[str] = []
        # Copies go at the same moment, which is the hardest case for a subscriber.
        extra = [
            threading.Thread(target=self._post, args=(notice, news, answers))
            for _copy in range(copies - 1)
        ]
        for thread in extra:
            thread.start()
        self._post(notice, news, answers)
        for thread in extra:
            thread.join()
        self._settle(notice, answers[-1])

    def send_now(self, event: Event) -> None:
        """Records an event and sends its notices before it returns, past the queue."""
        with self._lock:
            [event_id] = self.journal.record([event])
            notices = self.store.db.all(
                "SELECT * FROM notice WHERE event_id = ?", event_id
            )
            self._under_way.update(notice["id"] for notice in notices)
        self._send_batch(notices)

    def _post(self, notice, news: dict, answers: list[str]) -> None:
        """Appends the subscriber's answer: its status code, or the name of what went
        wrong.
        """
        try:
            response = self._session().post(
                notice["url"],
                json=news,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
            answers.append(str(response.status_code))
        except requests.RequestException as error:
            answers.append(type(error).__name__)

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False  # a proxy has no business on loopback
        return self._local.session

    def _settle(self, notice, answer: str) -> None:
        attempt = notice["attempts"]
        if answer.startswith("2"):
            self._store(notice, "delivered", answer)
        elif answer.isdigit() and not answer.startswith("5") and answer != "429":
            self._store(notice, "dropped", answer)
        elif attempt >= len(PAUSES):
            self._store(notice, "given up", answer)
        else:
            self._store(
                notice, "waiting", answer, self.store.clock.now() + PAUSES[attempt]
            )

    def _store(self, notice, state: str, answer: str, due: float = 0) -> None:
        self.store.db.run(
            "UPDATE notice SET state = ?, answer = ?, due = ?, attempts = attempts + 1 WHERE id = ?",
            state,
            answer,
            due,
            notice["id"],
        )
