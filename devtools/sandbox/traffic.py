"""Which calls came in, and when. Never what they said."""

import threading
import time
from collections import Counter, defaultdict, deque
from contextlib import contextmanager

KEPT = 100_000
"""Requests remembered of each call; all are counted."""


class Traffic:
    def __init__(self):
        self._lock = threading.Lock()
        self._under_way = 0
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._counts = Counter()
            self._times = defaultdict(lambda: deque(maxlen=KEPT))
            self._logins = Counter()

    @contextmanager
    def under_way(self, call: str):
        """A call has come in; the block works out its answer."""
        with self._lock:
            self._counts[call] += 1
            self._times[call].append(time.time())
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def number_under_way(self) -> int:
        with self._lock:
            return self._under_way

    def saw_login(self, accepted: bool) -> None:
        with self._lock:
            self._logins["accepted" if accepted else "refused"] += 1

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)

    def logins(self) -> dict[str, int]:
        with self._lock:
            return {
                "accepted": self._logins["accepted"],
                "refused": self._logins["refused"],
            }

    def times(self, call: str) -> list[float]:
        """Epoch seconds of the machine's clock, oldest first: the sandbox's own clock
        may be moved meanwhile.
        """
        with self._lock:
            return list(self._times[call])
