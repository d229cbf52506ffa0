"""One SQLite store in memory-backed storage, emptied between schedules so that compiled statements are kept."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, MetaData, UniqueConstraint, event

from connector.store import migrate
from connector.store.engine import open_store
from connector.store.schema import metadata
from connector.store.statements import CLOCKS

from .seams import Seams

JULIAN = 2440587.5


class Store:
    """An engine with its seams; `clock` is the time of the database, which decides over leases."""

    def __init__(self, url: str, *, keyless: bool = False) -> None:
        """`keyless`: raw_items lacks its unique key, for a mutant."""
        self.engine: Engine = open_store(url)
        self.clock: Callable[[], datetime] | None = None
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", self._own_time)
        else:
            event.listen(self.engine, "before_cursor_execute", self._told_time, retval=True)
        if keyless:
            _keyless().create_all(self.engine)
        else:
            migrate.migrate(self.engine)
        self.seams = Seams(self.engine)
        names = map(self.engine.dialect.identifier_preparer.format_table, reversed(metadata.sorted_tables))
        self._emptying = [f"DELETE FROM {name}" for name in names]

    def _own_time(self, connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")
        connection.create_function("julianday", 1, lambda _: self._days())

    def _told_time(self, _c: Any, _cursor: Any, statement: str, values: Any, _x: Any, _many: bool) -> tuple[str, Any]:
        """A server's clock cannot be set: a statement that asks for it is given virtual time."""
        if self.clock is None or (asked := CLOCKS[self.engine.name]) not in statement:
            return statement, values
        now = f"CAST({int(self.time().timestamp() * 1000)} AS {'SIGNED' if self.engine.name == 'mysql' else 'BIGINT'})"
        return statement.replace(asked, now), values

    def time(self) -> datetime:
        """What the database takes for the present."""
        assert self.clock is not None
        return self.clock()

    def _days(self) -> float:
        return JULIAN + self.time().timestamp() / 86400

    def empty(self) -> None:
        """Removes all rows."""
        self.seams.told = None
        self.seams.open.clear()
        with self.engine.begin() as connection:
            for statement in self._emptying:
                connection.exec_driver_sql(statement)


def _keyless() -> MetaData:
    """The schema without the key that makes landing idempotent."""
    copied = MetaData()
    for table in metadata.sorted_tables:
        table.to_metadata(copied)
    unique = [c for c in copied.tables["raw_items"].constraints if isinstance(c, UniqueConstraint)]
    copied.tables["raw_items"].constraints -= set(unique)
    return copied


def fast_folder() -> str | None:
    """A folder in memory, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@contextmanager
def fresh_store(*, keyless: bool = False) -> Iterator[Store]:
    """A migrated SQLite store, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ntbcare-sim-", dir=fast_folder()) as folder:
        store = Store(f"sqlite:///{Path(folder) / 'store.db'}", keyless=keyless)
        yield store
        store.engine.dispose()
