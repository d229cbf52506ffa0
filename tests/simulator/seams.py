"""The seams of a store: where a process can die, a disk can fail, and another daemon can come in between."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError


class Crash(BaseException):
    """The process is dead: nothing catches it, nothing is tidied up."""


def disk_error(seam: str) -> OperationalError:
    """What the driver raises when the machine under the store fails."""
    return OperationalError(seam, {}, OSError("disk I/O error"))


class Seams:
    """Tells `told` of each seam of an engine: begin, statement, commit, committed, undone. `open` are transactions."""

    def __init__(self, engine: Engine) -> None:
        self.told: Callable[[str, str], None] | None = None
        self.open: set[int] = set()
        connect = engine.connect

        def connected() -> Connection:
            self._hit("begin")  # before the transaction: its first statement would lock out whoever runs meanwhile
            return connect()

        engine.connect = connected  # type: ignore[method-assign]
        event.listen(engine, "begin", lambda c: self.open.add(_key(c.connection)))
        event.listen(engine, "before_cursor_execute", self._statement)
        dialect: Any = engine.dialect
        commit, rollback = dialect.do_commit, dialect.do_rollback

        def do_commit(connection: Any) -> None:
            self._hit("commit")
            commit(connection)
            self.open.discard(_key(connection))
            self._hit("committed")

        def do_rollback(connection: Any) -> None:
            rollback(connection)
            self.open.discard(_key(connection))
            self._hit("undone")

        dialect.do_commit, dialect.do_rollback = do_commit, do_rollback
        event.listen(engine, "close", self._closing)

    def _closing(self, connection: Any, _record: Any) -> None:
        """A dead process holds no locks; a closed connection of SQLite does while a cursor of it is not collected."""
        with suppress(Exception):
            connection.rollback()
        self.open.discard(_key(connection))

    def _statement(self, _c: Any, _cursor: Any, statement: str, _p: Any, _x: Any, _many: bool) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            self._hit("statement", statement)

    def _hit(self, seam: str, statement: str = "") -> None:
        if self.told:
            self.told(seam, statement)


def _key(connection: Any) -> int:
    """The driver's own connection, under whatever wrapping."""
    return id(getattr(connection, "dbapi_connection", connection))
