"""`tickets`, their items and their history. Every change is an event; numbers are unique and ordered by opening."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from ..errors import Conflict, NotFound
from ..records import OpenTicket, Place, Ticket
from . import counters
from .raw import ResultRow
from .schema import items, ticket_events, ticket_items, tickets
from .statements import chunks, insert_all

OPEN = ("diterima", "ditindaklanjuti")
MACHINE = "mesin"


@dataclass(frozen=True, slots=True)
class Draft:
    """A ticket about to be opened: all but its number and times. `item` is the row of its first item."""

    item: int | None
    urgency: str
    category: str
    agency: str
    summary: str
    account: str
    reporter_id: str | None
    place: Place
    permalink: str | None
    reason: str
    who: str = MACHINE


def open_tickets(
    connection: Connection, drafts: Sequence[Draft], now: datetime, deadline: Any
) -> dict[int | None, str]:
    """Opens tickets in the order given; returns each one's number by its item's row.

    `deadline` is a function of (opened_at, urgency) that says by when to answer.
    """
    if not drafts:
        return {}
    numbers, opened_at = counters.take_numbers(connection, len(drafts), now)
    rows = [_row(d, n, opened_at, deadline(opened_at, d.urgency)) for d, n in zip(drafts, numbers, strict=True)]
    insert_all(connection, tickets, rows)
    ids = _ids(connection, numbers)
    insert_all(
        connection,
        ticket_events,
        [
            {"ticket_id": ids[n], "at": opened_at, "who": d.who, "what": "opened", "data": {"reason": d.reason}}
            for d, n in zip(drafts, numbers, strict=True)
        ],
    )
    first = [
        {"item_id": d.item, "ticket_id": ids[n], "position": 0}
        for d, n in zip(drafts, numbers, strict=True)
        if d.item is not None
    ]
    insert_all(connection, ticket_items, first)
    return {d.item: n for d, n in zip(drafts, numbers, strict=True)}


def _row(draft: Draft, number: str, opened_at: datetime, answer_by: datetime) -> Mapping[str, Any]:
    return {
        "number": number,
        "status": "diterima",
        "urgency": draft.urgency,
        "category": draft.category,
        "agency": draft.agency,
        "summary": draft.summary,
        "account": draft.account,
        "reporter_id": draft.reporter_id,
        "kabupaten": draft.place.kabupaten,
        "kecamatan": draft.place.kecamatan,
        "desa": draft.place.desa,
        "place_text": draft.place.text,
        "place_ambiguous": draft.place.ambiguous,
        "permalink": draft.permalink,
        "opened_at": opened_at,
        "answer_by": answer_by,
        "touched": None if draft.who == MACHINE else ["category", "urgency"],
    }


def _ids(connection: Connection, numbers: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in chunks(numbers):
        rows = connection.execute(select(tickets.c.number, tickets.c.id).where(tickets.c.number.in_(part)))
        found |= {row.number: row.id for row in rows}
    return found


def append(connection: Connection, facts: Iterable[tuple[str, int, str]], now: datetime) -> None:
    """Adds items (ticket number, item row, reason) to tickets, each after those that are there."""
    facts = list(facts)
    if not facts:
        return
    ids = _ids(connection, [number for number, _, _ in facts])
    c = ticket_items.c
    last: dict[int, int] = {}
    for part in chunks(list(ids.values())):
        query = select(c.ticket_id, func.max(c.position).label("n")).where(c.ticket_id.in_(part)).group_by(c.ticket_id)
        last |= {row.ticket_id: row.n for row in connection.execute(query)}
    rows, events = [], []
    for number, item, reason in facts:
        ticket = ids[number]
        last[ticket] = last.get(ticket, -1) + 1
        rows.append({"item_id": item, "ticket_id": ticket, "position": last[ticket]})
        data = {"item": item, "reason": reason}
        events.append({"ticket_id": ticket, "at": now, "who": MACHINE, "what": "appended", "data": data})
    insert_all(connection, ticket_items, rows)
    insert_all(connection, ticket_events, events)


def note(
    connection: Connection, number: str, what: str, data: Mapping[str, Any], now: datetime, who: str = MACHINE
) -> None:
    """Adds an event to a ticket's history and changes nothing else."""
    ticket = _ids(connection, [number])[number]
    connection.execute(insert(ticket_events).values(ticket_id=ticket, at=now, who=who, what=what, data=data))


def refresh(connection: Connection, number: str, values: Mapping[str, Any], now: datetime, deadline: Any) -> bool:
    """Brings the machine's own facts of a ticket up to date, never those that a person has set; True if any changed."""
    row = get(connection, number)
    touched = set(row.touched or ())
    fresh = {k: v for k, v in values.items() if k not in touched and getattr(row, k) != v}
    if not fresh or row.status not in OPEN:
        return False
    changes: dict[str, Any] = dict(fresh)
    if "urgency" in fresh:
        changes["answer_by"] = deadline(row.opened_at, fresh["urgency"])
    connection.execute(update(tickets).where(tickets.c.id == row.id).values(**changes, version=tickets.c.version + 1))
    data = {k: [getattr(row, k), v] for k, v in fresh.items()}
    note(connection, number, "reclassified", data, now)
    return True


def change(
    connection: Connection,
    number: str,
    values: Mapping[str, Any],
    *,
    who: str,
    what: str,
    now: datetime,
    version: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Sets fields of a ticket on a person's behalf: from now on they are that person's.

    Raises NotFound, or Conflict when the ticket is no longer at `version`.
    """
    row = get(connection, number)
    touched = sorted(set(row.touched or ()) | set(values))
    where = [tickets.c.id == row.id, tickets.c.version == (row.version if version is None else version)]
    done = connection.execute(update(tickets).where(*where).values(**values, touched=touched, version=row.version + 1))
    if not done.rowcount:
        raise Conflict(f"{number}: somebody changed this ticket first; look at it again")
    shown = {k: [_plain(getattr(row, k)), _plain(v)] for k, v in values.items()}
    note(connection, number, what, {**shown, **(data or {})}, now, who)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def get(connection: Connection, number: str) -> ResultRow:
    """A ticket's row. Raises NotFound."""
    row = connection.execute(select(tickets).where(tickets.c.number == number)).first()
    if row is None:
        raise NotFound(f"{number}: there is no such ticket; `ntbcare tickets list` shows them")
    return row


def of_items(connection: Connection, rows: Sequence[int]) -> dict[int, tuple[str, int]]:
    """For each item row that belongs to a ticket, its number and the item's position in it."""
    found: dict[int, tuple[str, int]] = {}
    for part in chunks(rows):
        query = select(ticket_items.c.item_id, ticket_items.c.position, tickets.c.number).join(
            tickets, tickets.c.id == ticket_items.c.ticket_id
        )
        for row in connection.execute(query.where(ticket_items.c.item_id.in_(part))):
            found[row.item_id] = (row.number, row.position)
    return found


def open_in_threads(connection: Connection, threads: Sequence[str]) -> dict[str, list[OpenTicket]]:
    """Open tickets that hold an item of these threads, by thread, oldest first."""
    held: dict[int, set[str]] = {}
    inside = select(items.c.thread_id, ticket_items.c.ticket_id).join(
        ticket_items, ticket_items.c.item_id == items.c.id
    )
    for part in chunks(threads):
        for row in connection.execute(inside.where(items.c.thread_id.in_(part))):
            held.setdefault(row.ticket_id, set()).add(row.thread_id)
    found: dict[str, list[OpenTicket]] = {}
    c = tickets.c
    # In two steps: asked at once, SQLite would begin with all that is open.
    wanted = select(c.id, c.number, c.reporter_id, c.category, c.urgency, c.status, c.merged_into)
    for ids in chunks(sorted(held)):
        for known in connection.execute(wanted.where(c.id.in_(ids)).order_by(c.id)):
            if known.status in OPEN and known.merged_into is None:
                ticket = OpenTicket(known.number, known.reporter_id, known.category, known.urgency)
                for thread in held[known.id]:
                    found.setdefault(thread, []).append(ticket)
    return found


def as_ticket(row: ResultRow, sources: Sequence[str]) -> Ticket:
    """A row as the record that exports and reports use."""
    return Ticket(
        number=row.number,
        status=row.status,
        urgency=row.urgency,
        category=row.category,
        agency=row.agency,
        summary=row.summary,
        account=row.account,
        source_ids=tuple(sources),
        supporters=row.supporters,
        reporter_id=row.reporter_id,
        place=Place(row.kabupaten, row.kecamatan, row.desa, row.place_text, row.place_ambiguous),
        permalink=row.permalink,
        opened_at=row.opened_at,
        answer_by=row.answer_by,
        first_response_at=row.first_response_at,
        closed_at=row.closed_at,
        merged_into=row.merged_into,
    )


def every(connection: Connection, size: int = 500, **equal: Any) -> Iterable[Ticket]:
    """All tickets in the order of their numbers, in constant memory; `equal` narrows by column."""
    after = 0
    narrow = [tickets.c[k] == v for k, v in equal.items() if v is not None]
    while True:
        query = select(tickets).where(tickets.c.id > after, *narrow).order_by(tickets.c.id).limit(size)
        rows = list(connection.execute(query))
        if not rows:
            return
        sources = source_ids(connection, [row.id for row in rows])
        yield from (as_ticket(row, sources.get(row.id, ())) for row in rows)
        after = rows[-1].id


def source_ids(connection: Connection, ticket_ids: Sequence[int]) -> dict[int, list[str]]:
    """The platform ids of each ticket's items, the first one first."""
    c = ticket_items.c
    found: dict[int, list[str]] = {}
    for part in chunks(ticket_ids):
        query = (
            select(c.ticket_id, items.c.external_id)
            .join(items, items.c.id == c.item_id)
            .where(c.ticket_id.in_(part))
            .order_by(c.ticket_id, c.position)
        )
        for row in connection.execute(query):
            found.setdefault(row.ticket_id, []).append(row.external_id)
    return found


def history(connection: Connection, number: str) -> list[ResultRow]:
    """A ticket's events, oldest first."""
    c = ticket_events.c
    return list(
        connection.execute(
            select(c.at, c.who, c.what, c.data).where(c.ticket_id == get(connection, number).id).order_by(c.id)
        )
    )


def merge(connection: Connection, number: str, into: str, who: str, now: datetime) -> None:
    """Closes a ticket into another, which takes over its items and supporters. Raises NotFound, Conflict."""
    source, target = get(connection, number), get(connection, into)
    if source.id == target.id or target.merged_into or source.merged_into:
        raise Conflict(f"{number}: cannot be merged into {into}: one of them is merged already, or they are the same")
    c = ticket_items.c
    start = (connection.scalar(select(func.max(c.position)).where(c.ticket_id == target.id)) or 0) + 1
    moved = connection.scalars(select(c.item_id).where(c.ticket_id == source.id).order_by(c.position)).all()
    for offset, item in enumerate(moved):
        values = {"ticket_id": target.id, "position": start + offset}
        connection.execute(update(ticket_items).where(c.item_id == item).values(**values))
    closed = {"status": "ditolak", "merged_into": into, "closed_at": now}
    change(connection, number, closed, who=who, what="merged", now=now, data={"items": list(moved)})
    supporters = {"supporters": target.supporters + source.supporters}
    connection.execute(update(tickets).where(tickets.c.id == target.id).values(**supporters))
    note(connection, into, "absorbed", {"from": number, "items": list(moved)}, now, who)
