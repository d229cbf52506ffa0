"""Landing: a batch into `raw_items`, each object once, with its revisions; what is known to be gone stays so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from ..records import RawItem
from . import persons
from .raw import LIVE, ResultRow
from .schema import raw_items, raw_revisions
from .statements import SOME, among, chunks, insert_new, named
from .types import compact

Key = tuple[str, str, str]
_c = raw_items.c
_STORED = (
    select(_c.id, _c.platform, _c.kind, _c.external_id, _c.fingerprint, _c.revision, _c.deleted_at, _c.fetched_at)
    .where(named(raw_items, SOME))
    .order_by(_c.id)
    .with_for_update()
)
_KEEP = insert(raw_revisions).from_select(
    ["raw_id", "revision", "fetched_at", "payload"],
    select(_c.id, _c.revision, _c.fetched_at, _c.payload).where(_c.id.in_(SOME), _c.payload != "{}"),
)
_REVISE = (
    update(raw_items)
    .where(_c.id == bindparam("raw_id"))
    .values(
        revision=_c.revision + 1,
        payload=bindparam("new_payload"),
        fingerprint=bindparam("new_fingerprint"),
        parent_id=func.coalesce(bindparam("new_parent"), _c.parent_id),
        fetched_at=bindparam("new_fetched"),
        seen_at=bindparam("now"),
        lane=bindparam("into"),
        state="pending",
        reason=None,
        deleted_at=None,
    )
)
_SEEN = update(raw_items).where(_c.id.in_(SOME), _c.seen_at < bindparam("now")).values(seen_at=bindparam("now"))


@dataclass(frozen=True, slots=True)
class Landed:
    """What landing a batch did; `known` holds the ids that were stored already."""

    new: int
    changed: int
    known: frozenset[str]


def land(
    connection: Connection, batch: Sequence[RawItem], now: datetime, lane: int = LIVE, asked: datetime | None = None
) -> Landed:
    """Stores a batch: new items as pending; known ones that mean something else now as one more revision.

    What another reading has found deleted since this batch was `asked` for stays so, and so does all under a deleted post.

    Idempotent by (platform, kind, id); an item twice in one batch counts once, the last one wins. Of somebody who had
    himself erased only a tombstone is kept, without author or words, and counts as known (UU PDP 27/2022 art. 8, 43).
    """
    wanted: dict[Key, RawItem] = {(item.platform, item.kind, item.id): item for item in batch}
    there = _stored(connection, [*wanted, *({post for item in batch if (post := _under(item))} - wanted.keys())])
    old = {key: there[key] for key in wanted if key in there}
    gone = {key for key, row in there.items() if row.deleted_at and asked and asked <= row.deleted_at}
    refused = _refused(connection, wanted, old, now, lane)
    new = [item for key, item in wanted.items() if key not in old and key not in refused]
    left = refused | gone
    same: list[tuple[Any, RawItem]] = []
    changed: list[tuple[Any, RawItem]] = []
    for key, row in old.items():
        item = wanted[key]
        alive = row.deleted_at is None
        older = item.fetched_at is not None and item.fetched_at <= row.fetched_at
        keep = key in left or older or item.deleted_at or (alive and (item.thin or item.fingerprint == row.fingerprint))
        (same if keep else changed).append((row, item))
    buried = {"deleted_at": now}
    insert_new(connection, raw_items, [_row(i, now, lane) | (buried if _under(i) in gone else {}) for i in new])
    _keep_older(connection, {(item.platform, item.kind, item.id): item for item in new if item.older})
    _revise(connection, changed, now, lane)
    _seen(connection, [row.id for row, _ in same], now)
    known = {item.id for _, item in same + changed} | {key[2] for key in refused}
    return Landed(len(new), len(changed), frozenset(known))


def _under(item: RawItem) -> Key | None:
    return (item.platform, "post", item.post_id) if item.post_id else None


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
    for part in among(connection, revealed):
        connection.execute(delete(raw_revisions).where(raw_revisions.c.raw_id.in_(part)))
        connection.execute(update(raw_items).where(raw_items.c.id.in_(part)).values(**blank, state="pending"))
    return erased | {key for key, row in old.items() if row.fingerprint == persons.ERASED}


def _stored(connection: Connection, keys: Sequence[Key]) -> dict[Key, ResultRow]:
    found: dict[Key, ResultRow] = {}
    for part in chunks([key[2] for key in keys]):
        rows = connection.execute(_STORED, {"some": part})
        found |= {(row.platform, row.kind, row.external_id): row for row in rows}
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
        "deleted_at": item.deleted_at,
        "revision": 1 + len(item.older),
        "fingerprint": item.fingerprint,
        "payload": compact(item.payload),
        "lane": lane,
        "state": "pending",
    }


def _keep_older(connection: Connection, new: Mapping[Key, RawItem]) -> None:
    """What another store kept of these before; but for what somebody else has landed meanwhile."""
    rows = [(new[key], row) for key, row in _stored(connection, list(new)).items()]
    older = [
        {"raw_id": row.id, "revision": n, "fetched_at": one.fetched_at, "payload": compact(one.payload)}
        for item, row in rows
        if row.revision == 1 + len(item.older)
        for n, one in enumerate(item.older, 1)
    ]
    insert_new(connection, raw_revisions, older)


def _revise(connection: Connection, changed: Sequence[tuple[Any, RawItem]], now: datetime, lane: int) -> None:
    if not changed:
        return
    for part in chunks([row.id for row, _ in changed]):
        connection.execute(_KEEP, {"some": part})
    connection.execute(
        _REVISE,
        [
            {
                "raw_id": row.id,
                "now": now,
                "into": lane,
                "new_payload": compact(item.payload),
                "new_fingerprint": item.fingerprint,
                "new_parent": item.parent_id,
                "new_fetched": item.fetched_at or now,
            }
            for row, item in changed
        ],
    )


def _seen(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    for part in chunks(ids):
        connection.execute(_SEEN, {"some": part, "now": now})
