"""Not more than so many calls a second, over all threads."""

import threading
import time


class Pace:
    """A queue of call times `1 / per_second` apart. Thread-safe."""

    def __init__(self, per_second: float) -> None:
        """`per_second` must be above 0."""
        self._gap = 1.0 / per_second
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self, stop: threading.Event) -> bool:
        """Wait for this call's turn; False when `stop` was set meanwhile."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._gap
        return not stop.wait(turn - now) if turn > now else not stop.is_set()
