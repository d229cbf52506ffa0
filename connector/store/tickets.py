"""`tickets`, their items and their history. Every change is an event; numbers are unique and ordered by opening."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, select, update

from ..errors import Conflict, NotFound
from ..records import OPEN, OpenTicket, Place, Ticket
from . import counters, history
from .history import MACHINE, Event
from .raw import ResultRow
from .schema import items, ticket_items, tickets
from .statements import among, insert_all
from .types import escape

URGENT_FIRST = case((tickets.c.urgency == "mendesak", 0), (tickets.c.urgency == "penting", 1), else_=2)
"""The order in which people look at tickets."""


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
    route: str = ""


def open_tickets(
    connection: Connection, drafts: Sequence[Draft], now: datetime, deadline: Any
) -> dict[int | None, str]:
    """Opens tickets in the order given; returns each one's number by its item's row.

    `deadline` is a function of (opened_at, urgency) that says by when to answer.
    """
    if not drafts:
        return {}
    numbers, opened_at = counters.take_numbers(connection, len(drafts), now)
    named = list(zip(drafts, numbers, strict=True))
    firsts = {n: history.first(n, opened_at, d.who, "opened", _why(d)) for d, n in named}
    begun = {n: {"events": 1, "head": one["hash"]} for n, one in firsts.items()}
    rows = [{**_row(d, n, opened_at, deadline(opened_at, d.urgency)), **begun[n]} for d, n in named]
    insert_all(connection, tickets, rows)
    ids = rows_of(connection, numbers)
    history.begin(connection, {ids[n]: one for n, one in firsts.items()})
    first = [{"item_id": d.item, "ticket_id": ids[n], "position": 0} for d, n in named if d.item is not None]
    insert_all(connection, ticket_items, first)
    return {d.item: n for d, n in named}


def _why(draft: Draft) -> dict[str, Any]:
    return {"reason": draft.reason} | ({"route": draft.route} if draft.route else {})


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
        **place_values(draft.place),
        "permalink": draft.permalink,
        "opened_at": opened_at,
        "answer_by": answer_by,
        "touched": None if draft.who == MACHINE else ["category", "urgency"] if draft.item else _BY_HAND,
    }


PLACE = ("kabupaten", "kecamatan", "desa", "place_text", "place_ambiguous")
"""The columns of a ticket's place, in the order of the record's fields."""
_BY_HAND = ["agency", "category", *PLACE, "summary", "urgency"]


def place_values(place: Place) -> dict[str, Any]:
    """A place as the columns of a ticket."""
    return dict(zip(PLACE, (place.kabupaten, place.kecamatan, place.desa, place.text, place.ambiguous), strict=True))


def place_of(row: ResultRow) -> Place:
    """The place that a ticket's row has."""
    return Place(*(getattr(row, name) for name in PLACE))


def rows_of(connection: Connection, numbers: Sequence[str]) -> dict[str, int]:
    """The row of each ticket, by number."""
    found: dict[str, int] = {}
    for part in among(connection, numbers):
        rows = connection.execute(select(tickets.c.number, tickets.c.id).where(tickets.c.number.in_(part)))
        found |= {row.number: row.id for row in rows}
    return found


def append(connection: Connection, facts: Iterable[tuple[str, int, str]], now: datetime) -> None:
    """Adds items (ticket number, item row, reason) to tickets, each after those that are there."""
    facts = list(facts)
    if not facts:
        return
    ids = rows_of(connection, [number for number, _, _ in facts])
    c = ticket_items.c
    last: dict[int, int] = {}
    for part in among(connection, list(ids.values())):
        query = select(c.ticket_id, func.max(c.position).label("n")).where(c.ticket_id.in_(part)).group_by(c.ticket_id)
        last |= {row.ticket_id: row.n for row in connection.execute(query)}
    rows, events = [], []
    for number, item, reason in facts:
        ticket = ids[number]
        last[ticket] = last.get(ticket, -1) + 1
        rows.append({"item_id": item, "ticket_id": ticket, "position": last[ticket]})
        events.append(Event(ticket, now, MACHINE, "appended", {"item": item, "reason": reason}))
    insert_all(connection, ticket_items, rows)
    history.write(connection, events)


def note(
    connection: Connection, number: str, what: str, data: Mapping[str, Any], now: datetime, who: str = MACHINE
) -> None:
    """Adds an event to a ticket's history and changes nothing else."""
    history.write(connection, [Event(get(connection, number).id, now, who, what, data)])


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
    """Sets fields of a ticket on a person's behalf: from now on they are that person's, and nobody waits for him any more.

    Raises NotFound, or Conflict when the ticket is no longer at `version`.
    """
    row = get(connection, number)
    if version not in (None, row.version):
        raise Conflict(f"{number}: is at version {row.version}, not {version}: somebody changed it; look at it again")
    touched = sorted(set(row.touched or ()) | set(values))
    same = (tickets.c.id == row.id, tickets.c.version == row.version)
    set_now = {**values, "touched": touched, "waiting_since": None, "version": row.version + 1}
    if not connection.execute(update(tickets).where(*same).values(**set_now)).rowcount:
        raise Conflict(f"{number}: somebody changed this ticket at the same moment; look at it again")
    said = {k: [getattr(row, k), v] for k, v in values.items()}
    shown = {k: [v.isoformat() if isinstance(v, datetime) else v for v in both] for k, both in said.items()}
    note(connection, number, what, {**shown, **(data or {})}, now, who)


def get(connection: Connection, number: str) -> ResultRow:
    """A ticket's row. Raises NotFound."""
    row = connection.execute(select(tickets).where(tickets.c.number == escape(number))).first()
    if row is None:
        raise NotFound(f"{number}: there is no such ticket; `ntbcare tickets list` shows them")
    return row


def of_items(connection: Connection, rows: Sequence[int]) -> dict[int, tuple[str, int]]:
    """For each item row that belongs to a ticket, its number and the item's position in it."""
    found: dict[int, tuple[str, int]] = {}
    for part in among(connection, rows):
        query = select(ticket_items.c.item_id, ticket_items.c.position, tickets.c.number).join(
            tickets, tickets.c.id == ticket_items.c.ticket_id
        )
        for row in connection.execute(query.where(ticket_items.c.item_id.in_(part))):
            found[row.item_id] = (row.number, row.position)
    return found


@dataclass(frozen=True, slots=True)
class ClosedTicket:
    """A closed ticket in some thread, with the times that say whether it may open again."""

    ticket: OpenTicket
    opened_at: datetime
    closed_at: datetime


Open = dict[str, list[OpenTicket]]
Closed = dict[str, list[ClosedTicket]]


def in_threads(connection: Connection, threads: Sequence[str], more: Iterable[tuple[int, str]]) -> tuple[Open, Closed]:
    """Unmerged tickets that hold an item of these threads, or (row, thread) are said to, by thread, oldest first."""
    held: dict[int, set[str]] = {}
    for ticket_row, thread in more:
        held.setdefault(ticket_row, set()).add(thread)
    inside = select(items.c.thread_id, ticket_items.c.ticket_id).join(
        ticket_items, ticket_items.c.item_id == items.c.id
    )
    for part in among(connection, threads):
        for pair in connection.execute(inside.where(items.c.thread_id.in_(part))):
            held.setdefault(pair.ticket_id, set()).add(pair.thread_id)
    found: Open = {}
    closed: Closed = {}
    c = tickets.c
    # In two steps: asked at once, SQLite would begin with all that is open.
    shown = (c.id, c.number, c.reporter_id, c.category, c.urgency, c.status, c.opened_at, c.closed_at)
    wanted = select(*shown).where(c.merged_into.is_(None)).order_by(c.id)
    for ids in among(connection, sorted(held)):
        for row in connection.execute(wanted.where(c.id.in_(ids))):
            ticket = OpenTicket(row.number, row.reporter_id, row.category, row.urgency, row.status not in OPEN)
            for thread in held[row.id]:
                if not ticket.closed:
                    found.setdefault(thread, []).append(ticket)
                elif row.closed_at is not None:
                    closed.setdefault(thread, []).append(ClosedTicket(ticket, row.opened_at, row.closed_at))
    return found, closed


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
        place=place_of(row),
        permalink=row.permalink,
        opened_at=row.opened_at,
        answer_by=row.answer_by,
        first_response_at=row.first_response_at,
        closed_at=row.closed_at,
        merged_into=row.merged_into,
        waiting_since=row.waiting_since,
        version=row.version,
    )


def every(connection: Connection, size: int = 500, *, waiting: bool = False, **equal: Any) -> Iterable[Ticket]:
    """All tickets in the order of their numbers, in constant memory; `equal` narrows by column.

    `waiting`: only closed ones whose reporter wrote again and has no answer yet.
    """
    after = 0
    narrow = [tickets.c[k] == v for k, v in equal.items() if v is not None]
    narrow += [tickets.c.waiting_since.is_not(None)] if waiting else []
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
    for part in among(connection, ticket_ids):
        query = (
            select(c.ticket_id, items.c.external_id)
            .join(items, items.c.id == c.item_id)
            .where(c.ticket_id.in_(part))
            .order_by(c.ticket_id, c.position)
        )
        for row in connection.execute(query):
            found.setdefault(row.ticket_id, []).append(row.external_id)
    return found
