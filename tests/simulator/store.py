"""One SQLite store in memory-backed storage, emptied between schedules so that compiled statements are kept."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, delete, event

from connector.store import migrate
from connector.store.engine import open_store
from connector.store.schema import metadata

from .seams import Seams

JULIAN = 2440587.5


class Store:
    """An engine with its seams; `clock` is the time of the database, which decides over leases."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = open_store(url)
        self.clock: Callable[[], datetime] | None = None
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", self._own_time)
        migrate.migrate(self.engine)
        self.seams = Seams(self.engine)

    def _own_time(self, connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")
        connection.create_function("julianday", 1, lambda _: self._days())

    def _days(self) -> float:
        assert self.clock is not None
        return JULIAN + self.clock().timestamp() / 86400

    def empty(self) -> None:
        """Removes all rows."""
        self.seams.told = None
        with self.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(delete(table))


def fast_folder() -> str | None:
    """A folder in memory, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@contextmanager
def fresh_store() -> Iterator[Store]:
    """A migrated SQLite store, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ntbcare-sim-", dir=fast_folder()) as folder:
        store = Store(f"sqlite:///{Path(folder) / 'store.db'}")
        yield store
        store.engine.dispose()
