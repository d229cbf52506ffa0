"""Retention: the words and the author of what was deleted on Facebook are erased within a day of its tombstone."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine

from .pipeline import summary_of
from .store import counters, retention
from .store.engine import writing

HELD = timedelta(hours=20)  # Facebook may show again what it hid; and staff may be in the middle of it
BATCH = 500


def erase_deleted(engine: Engine, clock: Callable[[], datetime], stop: Callable[[], bool] = lambda: False) -> int:
    """Erases what is due, batch by batch, each in its own transaction; returns how many items. Safe to repeat.

    The caller processes what is pending afterwards.
    """
    count = 0
    while not stop():
        with writing(engine) as connection:
            counters.serialize(connection)
            ids = retention.due(connection, clock() - HELD, BATCH)
            if not ids:
                return count
            retention.erase(connection, ids, clock(), summary_of)
        count += len(ids)
    return count
