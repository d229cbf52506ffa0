"""Where a person's traces stand in the store, and how they are wiped out (UU PDP 27/2022 art. 8, 43, 44).

What remains of an item is its platform's id, without which the next poll would read it anew, and when it came; of a ticket,
its number, times, category, urgency and status. An item's id is Facebook's number of a thing, not of a person; it does lead to
the item as long as the citizen leaves it on Facebook, and is worth nothing once he deletes it there.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, case, delete, exists, func, or_, select, update
from sqlalchemy.sql import ColumnElement

from ..records import FORGOTTEN
from . import alarms, history, likeness, replies
from .persons import ERASED
from .raw import ResultRow, revisions
from .schema import items, labels, raw_items, raw_revisions, ticket_items, tickets, verdicts
from .statements import chunks

Source = Callable[[Connection, Sequence[str], int, int], list[int]]
_TIES = ("to", "participants", "senders")


@dataclass(frozen=True, slots=True)
class Trace:
    """A raw item in which a person's id may stand: its row, its older revisions, and whose the item is as understood."""

    row: ResultRow
    revisions: Sequence[ResultRow]
    author_id: str | None


def _holds(column: ColumnElement[Any], authors: Sequence[str]) -> ColumnElement[bool]:
    return or_(*(column.contains(json.dumps(author)[1:-1], autoescape=True) for author in authors))


def in_payloads(connection: Connection, authors: Sequence[str], after: int, limit: int) -> list[int]:
    """Raw items whose payload holds one of the ids anywhere: reads the whole table once."""
    c = raw_items.c
    query = select(c.id).where(c.id > after, _holds(c.payload, authors)).order_by(c.id).limit(limit)
    return list(connection.scalars(query))


def in_items(connection: Connection, authors: Sequence[str], after: int, limit: int) -> list[int]:
    """Items understood as theirs."""
    c = items.c
    query = select(c.id).where(c.author_id.in_(authors), c.id > after).order_by(c.id).limit(limit)
    return list(connection.scalars(query))


def in_revisions(connection: Connection, authors: Sequence[str], after: int, limit: int) -> list[int]:
    """Raw items with an older payload that holds one of the ids: Graph may hide an author whom it showed before."""
    c = raw_revisions.c
    query = select(c.raw_id).where(c.raw_id > after, _holds(c.payload, authors)).distinct()
    return list(connection.scalars(query.order_by(c.raw_id).limit(limit)))


SOURCES: tuple[Source, ...] = (in_payloads, in_items, in_revisions)


def read(connection: Connection, raw_ids: Sequence[int]) -> list[Trace]:
    """Raw items with all their revisions, by row id."""
    older = revisions(connection, raw_ids)
    whose = select(items.c.id, items.c.author_id).where(items.c.id.in_(raw_ids))
    authors = {row.id: row.author_id for row in connection.execute(whose)}
    rows = connection.execute(select(raw_items).where(raw_items.c.id.in_(raw_ids)).order_by(raw_items.c.id))
    return [Trace(row, older.get(row.id, ()), authors.get(row.id)) for row in rows]


def said_of(connection: Connection, raw_ids: Sequence[int]) -> tuple[list[ResultRow], list[ResultRow]]:
    """All verdicts and all labels of items, oldest first."""
    v = select(verdicts).where(verdicts.c.item_id.in_(raw_ids)).order_by(verdicts.c.id)
    said = select(labels).where(labels.c.item_id.in_(raw_ids)).order_by(labels.c.at, labels.c.id)
    return list(connection.execute(v)), list(connection.execute(said))


def forget(connection: Connection, raw_ids: Sequence[int], now: datetime) -> dict[str, int]:
    """Wipes items out of every table, with what was made of them; safe to repeat. Returns counts.

    The caller holds `counters.serialize`, so that no processor writes back what it has read before.
    """
    done = {"items": 0, "revisions": 0, "verdicts": 0, "labels": 0}
    for part in chunks(raw_ids):
        _untie(connection, part)
        replies.forget(connection, item_ids=part)
        likeness.forget(connection, part)
        first = select(ticket_items.c.ticket_id).where(ticket_items.c.item_id.in_(part), ticket_items.c.position == 0)
        forget_tickets(connection, list(connection.scalars(first)), now)
        for name, table, column in (
            ("revisions", raw_revisions, raw_revisions.c.raw_id),
            ("verdicts", verdicts, verdicts.c.item_id),
            ("labels", labels, labels.c.item_id),
        ):
            done[name] += connection.execute(delete(table).where(column.in_(part))).rowcount
        connection.execute(update(items).where(items.c.id.in_(part)).values(**_blank_item()))
        blank = {"payload": "{}", "fingerprint": ERASED, "state": "done", "reason": None}
        done["items"] += connection.execute(update(raw_items).where(raw_items.c.id.in_(part)).values(**blank)).rowcount
    return done


def _blank_item() -> dict[str, Any]:
    """Review waits for nobody any more; what belongs to a ticket goes on belonging to it, as a number."""
    waiting = case((items.c.decision == "review", "ignore"), else_=items.c.decision)
    nothing = ("author_id", "author_name", "text", "permalink", "attachments", "model")
    return {**dict.fromkeys(nothing), "edited": False, "deleted": True, "reason": FORGOTTEN, "decision": waiting}


def tickets_of(connection: Connection, authors: Sequence[str], after: int, limit: int) -> list[ResultRow]:
    """Tickets that these authors reported, by row id."""
    query = select(tickets).where(tickets.c.reporter_id.in_(authors), tickets.c.id > after)
    return list(connection.execute(query.order_by(tickets.c.id).limit(limit)))


def forget_tickets(connection: Connection, ticket_ids: Sequence[int], now: datetime) -> None:
    """Takes out of tickets and their history who reported what and where; when, which kind and how it went stays.

    Where others cry for help, too, it rings on.
    """
    shared = _shared(connection, ticket_ids)
    alarms.forget(connection, [ticket for ticket in ticket_ids if ticket not in shared])
    nothing = ("reporter_id", "kabupaten", "kecamatan", "desa", "place_text", "permalink", "withheld")
    values = {**dict.fromkeys(nothing), "summary": f"[{FORGOTTEN}]", "place_ambiguous": False}
    for part in chunks(ticket_ids):
        connection.execute(update(tickets).where(tickets.c.id.in_(part)).values(**values))
    history.redact(connection, ticket_ids, now)


def _shared(connection: Connection, ticket_ids: Sequence[int]) -> set[int]:
    """Those of these tickets in which words of somebody else stand than of who wrote the first item."""
    found, other, head, first = set[int](), items.alias(), items.alias(), ticket_items.alias()
    c = ticket_items.c
    held = ticket_items.join(other, other.c.id == c.item_id)
    held = held.join(first, and_(first.c.ticket_id == c.ticket_id, first.c.position == 0))
    held = held.join(head, head.c.id == first.c.item_id)
    theirs = (other.c.author_id != func.coalesce(head.c.author_id, ""), other.c.text.is_not(None))
    query = select(c.ticket_id).select_from(held).where(*theirs, other.c.deleted.is_(False))
    for part in chunks(ticket_ids):
        found |= set(connection.scalars(query.where(c.ticket_id.in_(part))))
    return found


def _untie(connection: Connection, raw_ids: Sequence[int]) -> None:
    """What the account wrote in the same conversations stays, but no longer says to whom."""
    c, old = raw_items.c, raw_revisions.c
    talks = select(c.conversation_id).where(c.id.in_(raw_ids), c.conversation_id.is_not(None)).distinct()
    older = exists(select(old.raw_id).where(old.raw_id == c.id, _tied(old.payload)).correlate(raw_items))
    for part in chunks(list(connection.scalars(talks))):
        beside = select(c.id).where(c.conversation_id.in_(part), c.id.not_in(raw_ids), or_(_tied(c.payload), older))
        after = 0
        while ids := list(connection.scalars(beside.where(c.id > after).order_by(c.id).limit(100))):
            _rewrite(connection, read(connection, ids), _untied)
            after = ids[-1]


def _tied(payload: ColumnElement[Any]) -> ColumnElement[bool]:
    return or_(*(payload.contains(f'"{name}":', autoescape=True) for name in _TIES))


def _untied(payload: Any) -> Any:
    return {k: v for k, v in payload.items() if k not in _TIES} if isinstance(payload, Mapping) else payload


def unname(connection: Connection, traces: Sequence[Trace], authors: Collection[str]) -> int:
    """Takes the persons out of others' payloads, where Graph itself names them (recipients, tags); returns how many items.

    Words are left alone: what others wrote about him is theirs.
    """
    return _rewrite(connection, traces, lambda payload: without(payload, authors))


def _rewrite(connection: Connection, traces: Sequence[Trace], change: Callable[[Any], Any]) -> int:
    count, old = 0, raw_revisions.c
    for trace in traces:
        found = [(raw_items, [raw_items.c.id == trace.row.id], trace.row.payload)]
        found += [
            (raw_revisions, [old.raw_id == r.raw_id, old.revision == r.revision], r.payload) for r in trace.revisions
        ]
        new = [(table, same, _packed(change(json.loads(text))), text) for table, same, text in found]
        changed = [(table, same, fresh) for table, same, fresh, text in new if fresh != text]
        for table, same, fresh in changed:
            connection.execute(update(table).where(*same).values(payload=fresh))
        count += bool(changed)
    return count


def without(value: Any, authors: Collection[str]) -> Any:
    """The same less every object with one of these ids."""

    def theirs(node: Any) -> bool:
        return isinstance(node, Mapping) and str(node.get("id")) in authors

    if isinstance(value, Mapping):
        return {k: without(v, authors) for k, v in value.items() if not theirs(v)}
    if isinstance(value, list):
        return [without(v, authors) for v in value if not theirs(v)]
    return value


def _packed(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def compact(engine: Engine) -> str | None:
    """On SQLite, leaves nothing of what was wiped out in the file or its log; returns what hindered it, if anything did."""
    if engine.dialect.name != "sqlite":
        return None
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("VACUUM")
        busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return "another process is reading it" if busy else None
    except sqlite3.OperationalError as error:
        return str(error)
    finally:
        raw.close()
