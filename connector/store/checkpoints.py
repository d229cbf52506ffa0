"""`checkpoints`: how far each stream, post and conversation has been read, and where unfinished walks stand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select, update

from .schema import checkpoints
from .statements import SOME, chunks, upsert

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


_c = checkpoints.c
_MINE = and_(
    _c.account == bindparam("my_account"), _c.scope == bindparam("my_scope"), _c.stream == bindparam("my_stream")
)
_ONE = and_(_MINE, _c.object_id == bindparam("one"))
_ALL = select(*(_c[name] for name in Checkpoint.__slots__)).where(_MINE)
_GET = _ALL.where(_c.object_id == bindparam("one"))
_UNREAD = _ALL.where(_c.object_id != "", _c.seen.is_not(None), or_(_c.done.is_(None), _c.done != _c.seen)).order_by(
    _c.seen.desc()
)
_READ_SINCE = _ALL.where(
    _c.object_id != "",
    _c.done == _c.seen,
    _c.seen >= bindparam("moved"),
    ~_c.seen.startswith("?"),
    _c.total.is_not(None),
)
_FAILING = _ALL.where(_c.object_id != "", _c.fails > 0)
_SEEN = select(_c.object_id, _c.seen, _c.done).where(_MINE, _c.object_id.in_(SOME))
_TELL = (
    update(checkpoints)
    .where(_ONE)
    .values(total=bindparam("counted"), unshown=bindparam("not_shown"), complete_at=bindparam("at"))
)
_DROP = delete(checkpoints).where(_ONE)
_CLEAR = delete(checkpoints).where(_MINE)
_COUNT = select(func.count()).select_from(checkpoints).where(_MINE, _c.object_id != "")


@dataclass(frozen=True, slots=True)
class Shelf:
    """The checkpoints of one stream of one account, for live reading or for one backfill."""

    account: str
    stream: str
    scope: str = LIVE_SCOPE

    def _mine(self, **more: Any) -> dict[str, Any]:
        return {"my_account": self.account, "my_scope": self.scope, "my_stream": self.stream, **more}

    def get(self, connection: Connection, object_id: str = "") -> Checkpoint:
        """The checkpoint of one object ('' for the stream itself); an empty one when it was never read."""
        row = connection.execute(_GET, self._mine(one=object_id)).first()
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
        return [Checkpoint(*row) for row in connection.execute(_UNREAD, self._mine())]

    def failing(self, connection: Connection) -> list[Checkpoint]:
        """Objects that were not read when they were last tried."""
        return [Checkpoint(*row) for row in connection.execute(_FAILING, self._mine())]

    def read_since(self, connection: Connection, moved: str) -> list[Checkpoint]:
        """Objects that are read as far as they moved, and that moved since then (as sent: an ISO time)."""
        return [Checkpoint(*row) for row in connection.execute(_READ_SINCE, self._mine(moved=moved))]

    def seen(self, connection: Connection, object_ids: Sequence[str]) -> dict[str, tuple[str | None, str | None]]:
        """Of these objects, those that are known: updated_time as last listed, and up to which they have been read."""
        found: dict[str, tuple[str | None, str | None]] = {}
        for part in chunks(object_ids):
            rows = connection.execute(_SEEN, self._mine(some=part))
            found |= {row.object_id: (row.seen, row.done) for row in rows}
        return found

    def tell(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """What another reading found out about objects known here: Graph's count, and of it what was not shown, when."""
        if rows:
            told = [
                self._mine(one=r["object_id"], counted=r["total"], not_shown=r["unshown"], at=r["complete_at"])
                for r in rows
            ]
            connection.execute(_TELL, told)

    def drop(self, connection: Connection, object_id: str) -> None:
        """Forgets one object."""
        connection.execute(_DROP, self._mine(one=object_id))

    def leave(self, connection: Connection, pages: Iterable[str]) -> None:
        """Forgets the posts that stand on these Pages: somebody else reads them."""
        theirs = or_(*(_c.object_id.startswith(f"{page}_", autoescape=True) for page in pages))
        connection.execute(delete(checkpoints).where(_MINE, theirs), self._mine())

    def clear(self, connection: Connection) -> None:
        """Removes all, when a backfill is through."""
        connection.execute(_CLEAR, self._mine())

    def count(self, connection: Connection) -> int:
        """How many objects are known."""
        return connection.scalar(_COUNT, self._mine()) or 0
