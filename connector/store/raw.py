"""`raw_items`: what the platform sent, as it waits to be processed, and what is known to be gone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, CursorResult, Select, String, Update, bindparam, func, select, type_coerce, update
from sqlalchemy.engine import Row
from sqlalchemy.sql import ColumnElement

from ..records import THIN, RawItem
from .schema import raw_items, raw_revisions
from .statements import SOME, among, chunks, named

LIVE, BULK = 0, 1
BARE = "bare"
"""The state of what Graph tells no more of than that it is there: messages older than the newest 20 of their conversation."""
AHEAD = 5_000
"""Among so many that wait, the oldest are found for a few ms a batch, with no index of their own."""
ResultRow = Row[*tuple[Any, ...]]
_c = raw_items.c
_waits = _c.state == "pending"
# Not "=": told that all are of one lane, PostgreSQL would walk over all that is done in the order of ids.
_first = _c.lane <= select(func.min(_c.lane)).where(_waits).scalar_subquery()
_PENDING = select(raw_items).where(_waits, _first).order_by(_c.lane, _c.id).limit(bindparam("most"))
_at = type_coerce(func.coalesce(_c.created_at, _c.fetched_at), String)  # as the driver gives it: only to sort by
_next = select(_c.id, _at.label("at")).where(_waits, _first)
_AHEAD = _next.order_by(_c.lane, _c.id).limit(bindparam("ahead"))
_ANY_PENDING = select(_c.id).where(_waits).order_by(_c.lane, _c.id).limit(1)
_SETTLE = (
    update(raw_items)
    .where(_c.id.in_(SOME), _c.revision == bindparam("read"))
    .values(state=bindparam("into"), reason=bindparam("because"))
)
_STORED = select(_c.external_id).where(named(raw_items, SOME))
_HOLD = select(_c.id).where(_c.id.in_(SOME)).order_by(_c.id).with_for_update()
_SETTLE_ALIVE = _SETTLE.where(_c.deleted_at.is_(None))


def bury(
    connection: Connection,
    where: Mapping[str, Any],
    unseen_since: datetime,
    now: datetime,
    oldest: datetime | None = None,
) -> int:
    """Marks as deleted what a complete walk did not show since then, of what has these column values; returns how many.

    `oldest`: only what was created from then on, since the walk showed nothing older.
    """
    given = _given(where, unseen_since, oldest) | {"now": now}
    return connection.execute(_bury(tuple(where), oldest is not None), given).rowcount


def unseen(
    connection: Connection, where: Mapping[str, Any], unseen_since: datetime, oldest: datetime | None = None
) -> list[str]:
    """Ids of what `bury` would mark."""
    query = select(raw_items.c.external_id).where(*_unseen(tuple(where), oldest is not None))
    return list(connection.scalars(query, _given(where, unseen_since, oldest)))


@lru_cache
def _bury(names: tuple[str, ...], bounded: bool) -> Update:
    return update(raw_items).where(*_unseen(names, bounded)).values(deleted_at=bindparam("now"), state="pending")


def _unseen(names: tuple[str, ...], bounded: bool) -> list[ColumnElement[bool]]:
    c = raw_items.c
    alive = [c.seen_at < bindparam("since"), c.deleted_at.is_(None), ~c.external_id.startswith("?")]
    return [*_having(names), *alive, *([c.created_at >= bindparam("oldest")] if bounded else [])]


def _having(names: tuple[str, ...]) -> list[ColumnElement[bool]]:
    return [raw_items.c[name] == bindparam(f"its_{name}") for name in names]


def _given(where: Mapping[str, Any], since: datetime, oldest: datetime | None) -> dict[str, Any]:
    return {"since": since, **_its(where), **({"oldest": oldest} if oldest is not None else {})}


def _its(where: Mapping[str, Any]) -> dict[str, Any]:
    return {f"its_{name}": value for name, value in where.items()}


def pending(connection: Connection, limit: int) -> list[ResultRow]:
    """The next raw items to process, in the order they were landed: live ones, and bulk ones when no live one waits.

    A batch never mixes them: what is live is committed without waiting for the rest.
    """
    return list(_waiting(connection, _PENDING, {"most": limit}).all())


def oldest(connection: Connection, limit: int, ahead: Sequence[int]) -> tuple[list[ResultRow], Sequence[int]]:
    """Of the next few thousand that wait those that were written first, and the row ids of the others, to be given next time.

    For when no more is coming: a thread is read newest first. What another process took meanwhile is looked for anew.
    """
    for known in (ahead, ()):
        if len(known) <= AHEAD // 2:  # never so few that what was written long ago lies behind them
            next_ones = _waiting(connection, _AHEAD, {"ahead": AHEAD}).all()
            known = [row.id for row in sorted(next_ones, key=itemgetter(1, 0))]  # sorted by PostgreSQL: 0.15 s
        ids = known[:limit]
        rows = [row for part in among(connection, ids) for row in connection.execute(_these(part)).all()]
        if len(rows) == len(ids):
            break
    return rows, known[limit:]


def _these(ids: Any) -> Select[Any]:
    return select(raw_items).where(_c.id.in_(ids), _waits).order_by(_c.id)


def _waiting(connection: Connection, query: Select[Any], given: Mapping[str, Any]) -> CursorResult[Any]:
    if connection.dialect.name != "postgresql":
        return connection.execute(query, given)
    # Until it has counted a fresh backlog it thinks that little waits, and sorts all of it for each batch: 0.7 s of 600,000.
    connection.exec_driver_sql("SET LOCAL enable_sort = off")
    found = connection.execute(query, given)
    connection.exec_driver_sql("SET LOCAL enable_sort = on")
    return found


def any_pending(connection: Connection) -> bool:
    """Whether anything waits to be processed."""
    return connection.scalar(_ANY_PENDING) is not None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which stored items a replay or export takes; times bound created_at, in [since, until)."""

    since: datetime | None = None
    until: datetime | None = None
    accounts: tuple[str, ...] = ()
    quarantined: bool = False


def selected(connection: Connection, selection: Selection, after: int, limit: int) -> list[ResultRow]:
    """One slice of a selection, by row id, so that any number is read in constant memory."""
    c = raw_items.c
    when = func.coalesce(c.created_at, c.fetched_at)
    query = select(raw_items).where(c.id > after)
    if selection.since:
        query = query.where(when >= selection.since)
    if selection.until:
        query = query.where(when < selection.until)
    if selection.accounts:
        query = query.where(c.account.in_(selection.accounts))
    if selection.quarantined:
        query = query.where(c.state == "quarantined")
    return list(connection.execute(query.order_by(c.id).limit(limit)).all())


def as_raw(row: ResultRow) -> RawItem:
    """A row of `raw_items` as the record it was landed from."""
    return RawItem(
        platform=row.platform,
        account=row.account,
        stream=row.stream,
        kind=row.kind,
        id=row.external_id,
        post_id=row.post_id,
        parent_id=row.parent_id,
        conversation_id=row.conversation_id,
        created_at=row.created_at,
        payload=(payload := json.loads(row.payload)),
        fingerprint=row.fingerprint,
        thin=payload.keys() <= THIN,
    )


def awaken(connection: Connection, raw_ids: Sequence[int]) -> None:
    """Makes raw items pending, so that they are processed again."""
    for part in among(connection, raw_ids):
        connection.execute(update(raw_items).where(raw_items.c.id.in_(part)).values(state="pending"))


def revisions(connection: Connection, raw_ids: Sequence[int]) -> dict[int, list[ResultRow]]:
    """The older revisions of those raw items that have any, as rows of `raw_revisions`, oldest first."""
    c, found = raw_revisions.c, dict[int, list[ResultRow]]()
    for part in among(connection, raw_ids):
        query = select(raw_revisions).where(c.raw_id.in_(part)).order_by(c.raw_id, c.revision)
        for row in connection.execute(query):
            found.setdefault(row.raw_id, []).append(row)
    return found


def payloads(connection: Connection, raw_id: int) -> dict[int, str]:
    """All that is kept of what was sent of one raw item, by revision, oldest first."""
    c, old = raw_items.c, raw_revisions.c
    older = select(old.revision, old.payload).where(old.raw_id == raw_id).order_by(old.revision)
    newest = select(c.revision, c.payload).where(c.id == raw_id)
    return {row.revision: row.payload for query in (older, newest) for row in connection.execute(query)}


def settle(connection: Connection, outcomes: Sequence[tuple[int, int, bool, str, str | None]]) -> None:
    """Closes processed raw items: (id, revision read, whether gone, state, reason).

    One that was landed anew or found deleted meanwhile stays pending.
    """
    if connection.dialect.name != "sqlite":
        # In the order of ids, as landing holds them: else each may wait for the other.
        for part in chunks(sorted(outcome[0] for outcome in outcomes)):
            connection.execute(_HOLD, {"some": part})
    alike: dict[tuple[int, bool, str, str | None], list[int]] = {}
    for raw_id, revision, gone, state, reason in outcomes:
        alike.setdefault((revision, gone, state, reason), []).append(raw_id)
    for (revision, gone, state, reason), ids in alike.items():
        for part in chunks(ids):
            given = {"some": part, "read": revision, "into": state, "because": reason}
            connection.execute(_SETTLE if gone else _SETTLE_ALIVE, given)


def count_by_state(connection: Connection) -> dict[str, int]:
    """How many raw items are pending, done, quarantined and bare."""
    c = raw_items.c
    return {row.state: row.n for row in connection.execute(select(c.state, func.count().label("n")).group_by(c.state))}


def stored(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Of these ids those that are there, of whatever kind."""
    return {key for part in chunks(ids) for key in connection.scalars(_STORED, {"some": part})}


def alive(connection: Connection, where: Mapping[str, Any]) -> int:
    """How many items with these column values are stored and not known to be gone."""
    return connection.scalar(_alive(tuple(where)), _its(where)) or 0


@lru_cache
def _alive(names: tuple[str, ...]) -> Select[int]:
    return select(func.count()).select_from(raw_items).where(*_having(names), raw_items.c.deleted_at.is_(None))
