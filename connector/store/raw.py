"""`raw_items`: what the platform sent, as it waits to be processed, and what is known to be gone."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.engine import Row

from ..records import THIN, RawItem
from .schema import raw_items, raw_revisions
from .statements import among

LIVE, BULK = 0, 1
ResultRow = Row[*tuple[Any, ...]]


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
    unseen = update(raw_items).where(*_unseen(where, unseen_since, oldest))
    return connection.execute(unseen.values(deleted_at=now, state="pending")).rowcount


def unseen(
    connection: Connection, where: Mapping[str, Any], unseen_since: datetime, oldest: datetime | None = None
) -> list[str]:
    """Ids of what `bury` would mark."""
    return list(connection.scalars(select(raw_items.c.external_id).where(*_unseen(where, unseen_since, oldest))))


def _unseen(where: Mapping[str, Any], since: datetime, oldest: datetime | None) -> list[Any]:
    c = raw_items.c
    alive = [c.seen_at < since, c.deleted_at.is_(None), ~c.external_id.startswith("?")]
    if oldest is not None:
        alive.append(c.created_at >= oldest)
    return [*(c[name] == value for name, value in where.items()), *alive]


def pending(connection: Connection, limit: int) -> list[ResultRow]:
    """The next raw items to process, in the order they were landed: live ones, and bulk ones when no live one waits.

    A batch never mixes them: what is live is committed without waiting for the rest.
    """
    c = raw_items.c
    first = select(func.min(c.lane)).where(c.state == "pending").scalar_subquery()
    # Not "=": told that all are of one lane, PostgreSQL would walk over all that is done in the order of ids.
    query = select(raw_items).where(c.state == "pending", c.lane <= first).order_by(c.lane, c.id).limit(limit)
    return list(connection.execute(query).all())


def any_pending(connection: Connection) -> bool:
    """Whether anything waits to be processed."""
    c = raw_items.c
    return connection.scalar(select(c.id).where(c.state == "pending").order_by(c.lane, c.id).limit(1)) is not None


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


def revisions(connection: Connection, raw_ids: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Older payloads of raw items, oldest first."""
    c = raw_revisions.c
    for part in among(connection, raw_ids):
        query = select(c.raw_id, c.payload).where(c.raw_id.in_(part)).order_by(c.raw_id, c.revision)
        yield from ((row.raw_id, row.payload) for row in connection.execute(query))


def settle(connection: Connection, outcomes: Sequence[tuple[int, int, str, str | None]]) -> None:
    """Closes processed raw items: (id, revision read, state, reason). One landed anew meanwhile stays pending."""
    if not outcomes:
        return
    c = raw_items.c
    done = [o for o in outcomes if o[2] == "done"]
    by_revision: dict[int, list[int]] = {}
    for raw_id, revision, _, _ in done:
        by_revision.setdefault(revision, []).append(raw_id)
    for revision, ids in by_revision.items():
        for part in among(connection, ids):
            connection.execute(
                update(raw_items).where(c.id.in_(part), c.revision == revision).values(state="done", reason=None)
            )
    for raw_id, revision, state, reason in outcomes:
        if state != "done":
            connection.execute(
                update(raw_items).where(c.id == raw_id, c.revision == revision).values(state=state, reason=reason)
            )


def count_by_state(connection: Connection) -> dict[str, int]:
    """How many raw items are pending, done and quarantined."""
    c = raw_items.c
    return {row.state: row.n for row in connection.execute(select(c.state, func.count().label("n")).group_by(c.state))}


def alive(connection: Connection, where: Mapping[str, Any]) -> int:
    """How many items with these column values are stored and not known to be gone."""
    c = raw_items.c
    query = select(func.count()).select_from(raw_items).where(*(c[k] == v for k, v in where.items()))
    return connection.scalar(query.where(c.deleted_at.is_(None))) or 0
