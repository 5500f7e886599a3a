"""Which calls came in, and when. Never what they said."""

import threading
import time
from collections import Counter, defaultdict, deque

KEPT = 100_000
"""Requests remembered of each call; all are counted."""


class Traffic:
    def __init__(self):
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._counts = Counter()
            self._times = defaultdict(lambda: deque(maxlen=KEPT))
            self._logins = Counter()

    def saw(self, call: str) -> None:
        with self._lock:
            self._counts[call] += 1
            self._times[call].append(time.time())

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
