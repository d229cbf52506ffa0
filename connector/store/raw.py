"""`raw_items`: what the platform sent, landed once and kept with its revisions."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.engine import Row

from ..records import RawItem
from . import persons
from .schema import raw_items, raw_revisions
from .statements import chunks, insert_new
from .types import compact

LIVE, BULK = 0, 1
ResultRow = Row[*tuple[Any, ...]]
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Landed:
    """What landing a batch did; `known` holds the ids that were stored already."""

    new: int
    changed: int
    known: frozenset[str]


def land(connection: Connection, batch: Sequence[RawItem], now: datetime, lane: int = LIVE) -> Landed:
    """Stores a batch: new items as pending; known ones that mean something else now as one more revision.

    Idempotent by (platform, kind, id); an item twice in one batch counts once, the last one wins. Of somebody who had
    himself erased only a tombstone is kept, without author or words, and counts as known (UU PDP 27/2022 art. 8, 43).
    """
    wanted: dict[Key, RawItem] = {(item.platform, item.kind, item.id): item for item in batch}
    old = _stored(connection, list(wanted))
    refused = _refused(connection, wanted, old, now, lane)
    new = [item for key, item in wanted.items() if key not in old and key not in refused]
    same: list[tuple[Any, RawItem]] = []
    changed: list[tuple[Any, RawItem]] = []
    for key, row in old.items():
        item = wanted[key]
        alive = row.deleted_at is None
        older = item.fetched_at is not None and item.fetched_at <= row.fetched_at
        keep = key in refused or older or (alive and (item.thin or item.fingerprint == row.fingerprint))
        (same if keep else changed).append((row, item))
    insert_new(connection, raw_items, [_row(item, now, lane) for item in new])
    _revise(connection, changed, now, lane)
    _seen(connection, [row.id for row, _ in same], now)
    known = {item.id for _, item in same + changed} | {key[2] for key in refused}
    return Landed(len(new), len(changed), frozenset(known))


def _refused(
    connection: Connection, wanted: Mapping[Key, RawItem], old: Mapping[Key, ResultRow], now: datetime, lane: int
) -> set[Key]:
    """Items of erased persons, and those erased before, whoever Graph now says they are by: made tombstones.

    One that was stored while Graph hid its author is emptied here; what was made of it, processing wipes out.
    """
    states = persons.states(connection, (item.author_id for item in wanted.values()))
    erased = {key for key, item in wanted.items() if states.get(item.author_id or "") == persons.ERASED}
    blank = {"payload": "{}", "fingerprint": persons.ERASED}
    insert_new(
        connection,
        raw_items,
        [_row(wanted[key], now, lane) | {**blank, "state": "done"} for key in erased if key not in old],
    )
    revealed = [old[key].id for key in erased if key in old and old[key].fingerprint != persons.ERASED]
    for part in chunks(revealed):
        connection.execute(delete(raw_revisions).where(raw_revisions.c.raw_id.in_(part)))
        connection.execute(update(raw_items).where(raw_items.c.id.in_(part)).values(**blank, state="pending"))
    return erased | {key for key, row in old.items() if row.fingerprint == persons.ERASED}


def _stored(connection: Connection, keys: Sequence[Key]) -> dict[Key, ResultRow]:
    c = raw_items.c
    found: dict[Key, ResultRow] = {}
    for part in chunks(keys):
        query = select(
            c.id, c.platform, c.kind, c.external_id, c.fingerprint, c.revision, c.deleted_at, c.fetched_at
        ).where(
            c.platform.in_({k[0] for k in part}),
            c.kind.in_({k[1] for k in part}),
            c.external_id.in_([k[2] for k in part]),
        )
        found |= {
            (r.platform, r.kind, r.external_id): r for r in connection.execute(query.order_by(c.id).with_for_update())
        }
    return {key: found[key] for key in keys if key in found}


def _row(item: RawItem, now: datetime, lane: int) -> dict[str, Any]:
    return {
        "platform": item.platform,
        "kind": item.kind,
        "external_id": item.id,
        "account": item.account,
        "stream": item.stream,
        "post_id": item.post_id,
        "parent_id": item.parent_id,
        "conversation_id": item.conversation_id,
        "created_at": item.created_at,
        "fetched_at": item.fetched_at or now,
        "seen_at": now,
        "revision": 1,
        "fingerprint": item.fingerprint,
        "payload": compact(item.payload),
        "lane": lane,
        "state": "pending",
    }


def _revise(connection: Connection, changed: Sequence[tuple[Any, RawItem]], now: datetime, lane: int) -> None:
    if not changed:
        return
    c = raw_items.c
    ids = [row.id for row, _ in changed]
    for part in chunks(ids):
        kept = select(c.id, c.revision, c.fetched_at, c.payload).where(c.id.in_(part), c.payload != "{}")
        connection.execute(insert(raw_revisions).from_select(["raw_id", "revision", "fetched_at", "payload"], kept))
    statement = (
        update(raw_items)
        .where(c.id == bindparam("raw_id"))
        .values(
            revision=c.revision + 1,
            payload=bindparam("new_payload"),
            fingerprint=bindparam("new_fingerprint"),
            parent_id=func.coalesce(bindparam("new_parent"), c.parent_id),
            fetched_at=now,
            seen_at=now,
            lane=lane,
            state="pending",
            reason=None,
            deleted_at=None,
        )
    )
    connection.execute(
        statement,
        [
            {
                "raw_id": row.id,
                "new_payload": compact(item.payload),
                "new_fingerprint": item.fingerprint,
                "new_parent": item.parent_id,
            }
            for row, item in changed
        ],
    )


def _seen(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    c = raw_items.c
    for part in chunks(ids):
        connection.execute(update(raw_items).where(c.id.in_(part), c.seen_at < now).values(seen_at=now))


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
    query = select(raw_items).where(c.state == "pending").order_by(c.lane, c.id).limit(limit)
    rows = list(connection.execute(query))
    return [row for row in rows if row.lane == rows[0].lane]


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
    return list(connection.execute(query.order_by(c.id).limit(limit)))


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
        thin=set(payload) == {"id"},
    )


def awaken(connection: Connection, raw_ids: Sequence[int]) -> None:
    """Makes raw items pending, so that they are processed again."""
    for part in chunks(raw_ids):
        connection.execute(update(raw_items).where(raw_items.c.id.in_(part)).values(state="pending"))


def revisions(connection: Connection, raw_ids: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Older payloads of raw items, oldest first."""
    c = raw_revisions.c
    for part in chunks(raw_ids):
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
        for part in chunks(ids):
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
