"""`checkpoints`: how far each stream, post and conversation has been read, and where unfinished walks stand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from .schema import checkpoints
from .statements import among, upsert

LIVE_SCOPE = "live"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One row: `seen` is the updated_time last listed, `done` the one listed before the last complete read."""

    object_id: str
    seen: str | None = None
    done: str | None = None
    newest: datetime | None = None
    position: Mapping[str, Any] | None = None
    total: int | None = None
    fails: int = 0
    gone: int = 0
    unshown: int | None = None
    gap: int | None = None
    complete_at: datetime | None = None


_columns = [checkpoints.c[name] for name in Checkpoint.__slots__]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The checkpoints of one stream of one account, for live reading or for one backfill."""

    account: str
    stream: str
    scope: str = LIVE_SCOPE

    def _mine(self, object_id: str | None = None) -> list[Any]:
        c = checkpoints.c
        mine = [c.account == self.account, c.scope == self.scope, c.stream == self.stream]
        return mine if object_id is None else [*mine, c.object_id == object_id]

    def get(self, connection: Connection, object_id: str = "") -> Checkpoint:
        """The checkpoint of one object ('' for the stream itself); an empty one when it was never read."""
        row = connection.execute(select(*_columns).where(*self._mine(object_id))).first()
        return Checkpoint(*row) if row else Checkpoint(object_id)

    def put(self, connection: Connection, object_id: str = "", **values: Any) -> None:
        """Sets columns of one checkpoint, making it if needed."""
        self.put_all(connection, [{"object_id": object_id, **values}], tuple(values))

    def put_all(self, connection: Connection, rows: Iterable[Mapping[str, Any]], columns: tuple[str, ...]) -> None:
        """Sets the same columns of many checkpoints."""
        key = {"account": self.account, "scope": self.scope, "stream": self.stream}
        upsert(connection, checkpoints, [{**key, **row} for row in rows], columns)

    def unread(self, connection: Connection) -> list[Checkpoint]:
        """Objects that moved since they were last read to the end, latest first."""
        c = checkpoints.c
        moved = or_(c.done.is_(None), c.done != c.seen)
        query = select(*_columns).where(*self._mine(), c.object_id != "", c.seen.is_not(None), moved)
        return [Checkpoint(*row) for row in connection.execute(query.order_by(c.seen.desc()))]

    def read_since(self, connection: Connection, moved: str) -> list[Checkpoint]:
        """Objects that are read as far as they moved, and that moved since then (as sent: an ISO time)."""
        c = checkpoints.c
        mine = (*self._mine(), c.object_id != "", c.done == c.seen, c.seen >= moved, ~c.seen.startswith("?"))
        query = select(*_columns).where(*mine, c.total.is_not(None))
        return [Checkpoint(*row) for row in connection.execute(query)]

    def seen(self, connection: Connection, object_ids: Sequence[str]) -> dict[str, tuple[str | None, str | None]]:
        """Of these objects, those that are known: updated_time as last listed, and up to which they have been read."""
        c = checkpoints.c
        found: dict[str, tuple[str | None, str | None]] = {}
        for part in among(connection, object_ids):
            query = select(c.object_id, c.seen, c.done).where(*self._mine(), c.object_id.in_(part))
            found |= {row.object_id: (row.seen, row.done) for row in connection.execute(query)}
        return found

    def tell(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """What another reading found out about objects known here: Graph's count, and of it what was not shown, when."""
        if rows:
            mine = self._mine()
            told: dict[str, Any] = {"total": bindparam("t"), "unshown": bindparam("u"), "complete_at": bindparam("at")}
            statement = update(checkpoints).where(*mine, checkpoints.c.object_id == bindparam("key")).values(**told)
            connection.execute(
                statement,
                [{"key": r["object_id"], "t": r["total"], "u": r["unshown"], "at": r["complete_at"]} for r in rows],
            )

    def drop(self, connection: Connection, object_id: str) -> None:
        """Forgets one object."""
        connection.execute(delete(checkpoints).where(*self._mine(object_id)))

    def clear(self, connection: Connection) -> None:
        """Removes all, when a backfill is through."""
        connection.execute(delete(checkpoints).where(*self._mine()))

    def count(self, connection: Connection) -> int:
        """How many objects are known."""
        query = select(func.count()).select_from(checkpoints).where(*self._mine(), checkpoints.c.object_id != "")
        return connection.scalar(query) or 0
