"""What goes on going wrong is said when it begins, then ever more seldom, and when it is over with how long it lasted."""

import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from .store.failing import collided, remark

FIRST, MOST = 60.0, 900.0
"""Seconds until an outage is said again: they double from the first to the most."""
SETTLED = 10.0
"""Seconds without a failure after which a store is back: some statements pass while others fail, as on a full disk."""


class Outage:
    """One outage at a time, by a clock in seconds. For many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._since: float | None = None
        self._well: float | None = None
        self._next, self._gap = 0.0, FIRST

    def fails(self) -> float | None:
        """Notes a failure; for how many seconds it has gone on, if that is to be said now."""
        with self._lock:
            now, self._well = self._clock(), None
            if self._since is None:
                self._since, self._next, self._gap = now, now + FIRST, FIRST
                return 0.0
            if now < self._next:
                return None
            self._gap = min(2 * self._gap, MOST)
            self._next = now + self._gap
            return now - self._since

    def works(self, settled: float = 0.0) -> float | None:
        """Notes a success; how many seconds the outage lasted, if nothing has failed for `settled` seconds: it is over."""
        with self._lock:
            if self._since is None:
                return None
            now = self._clock()
            self._well = now if self._well is None else self._well
            if now - self._well < settled:
                return None
            lasted, self._since = self._well - self._since, None
            return lasted


class StoreOutage:
    """That of the store, for all parts of a process: each meets it by itself, and it is said once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._outage, self._busy = Outage(clock), Outage(clock)

    def fails(self, log: Any, error: SQLAlchemyError, action: str = "", **facts: Any) -> str:
        """Logs that a transaction failed, unless that was said of late; returns the line. Being busy is no outage, but may last.

        `action` stands in the log in place of the usual one.
        """
        usual, line = remark(error)
        gone_on = (self._busy if collided(error) else self._outage).fails()
        if gone_on is not None:
            text = f"{line} (for {span(gone_on)} now)" if gone_on else line
            log.warning(text, action=action or usual, **facts)
        return line

    def works(self, log: Any, settled: float = SETTLED) -> None:
        """Logs that the store is back, when it is. That it is busy no more goes without saying."""
        self._busy.works(settled)
        if (lasted := self._outage.works(settled)) is not None:
            log.info(f"the store works again after {span(lasted)}", action="store_back", seconds=round(lasted, 1))


def span(seconds: float) -> str:
    """A length of time in words."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
