"""`ticket_events`: who did what to a ticket, when and why. Append-only, and a chain: each event's hash covers the one before.

An event is facts, which stay, and words, which may quote somebody. The hash covers the facts themselves, but of the words
only a salted digest: when a person is erased his words go with their salt, nothing tells any more what they were, and the
chain still holds. Events from before there was a chain have no hash; their number is covered by the first that has one.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, groupby
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from .raw import ResultRow
from .schema import counters, ticket_events, tickets
from .statements import among, insert_all
from .types import compact

MACHINE = "mesin"
REDACTED = "redacted"
_FACTS = {
    *("status", "category", "urgency", "agency", "answer_by", "closed_at", "first_response_at", "merged_into"),
    *(
        "supporters",
        "from",
        "into",
        "item",
        "items",
        "ground",
        "gain",
        "waiting_since",
        "imported",
        "said_at",
        "reference",
    ),
    *("level", "rung", "how"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the ticket of this row."""

    ticket: int
    at: datetime
    who: str
    what: str
    data: Mapping[str, Any] | None = None


def facts_of(data: Mapping[str, Any], who: str) -> dict[str, Any]:
    """Of an event's data only what cannot quote anybody; a reason in the machine's own fixed words stays."""
    kept = _FACTS | {"reason"} if who == MACHINE else _FACTS
    return {name: value for name, value in data.items() if name in kept}


def write(connection: Connection, events: Sequence[Event]) -> None:
    """Appends events, each to its ticket's chain; the tickets stay locked until the transaction ends."""
    if not events:
        return
    ends, rows = _ends(connection, sorted({event.ticket for event in events})), []
    for event in events:
        number, n, head = ends[event.ticket]
        row = _sealed(event, number, n + 1, head)
        ends[event.ticket] = number, n + 1, row["hash"]
        rows.append(row)
    insert_all(connection, ticket_events, rows)
    c = tickets.c
    moved = update(tickets).where(c.id == bindparam("row")).values(events=bindparam("n"), head=bindparam("newest"))
    connection.execute(moved, [{"row": row, "n": n, "newest": head} for row, (_, n, head) in ends.items()])


def first(number: str, at: datetime, who: str, what: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The first event of a ticket that has no row yet; its chain begins with this one's `hash`."""
    return _sealed(Event(0, at, who, what, data), number, 1, None)


def begin(connection: Connection, firsts: Mapping[int, dict[str, Any]]) -> None:
    """Writes the first events of tickets, by their rows, which hold count and hash already."""
    insert_all(connection, ticket_events, [one | {"ticket_id": ticket} for ticket, one in firsts.items()])


def _ends(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[str, int, str | None]]:
    """Where each ticket's chain ends: its number, how many events there are, and the newest one's hash."""
    c = tickets.c
    found: dict[int, tuple[str, int, str | None]] = {}
    for part in among(connection, ids):
        query = select(c.id, c.number, c.events, c.head).where(c.id.in_(part)).order_by(c.id).with_for_update()
        found |= {row.id: (row.number, row.events, row.head) for row in connection.execute(query)}
    return found


def _sealed(event: Event, number: str, n: int, before: str | None) -> dict[str, Any]:
    data = event.data or {}
    facts = facts_of(data, event.who)
    words = {name: value for name, value in data.items() if name not in facts} or None
    salt = token_hex(16) if words else None
    digest = _digest(salt, words) if salt else None
    row = {"ticket_id": event.ticket, "at": event.at, "who": event.who, "what": event.what, "data": facts, "n": n}
    told = _hash(before, number, n, event.at, event.who, event.what, facts, digest)
    return {**row, "words": words, "salt": salt, "digest": digest, "hash": told}


def _digest(salt: str, words: Any) -> str:
    return hashlib.sha256((salt + compact(words)).encode()).hexdigest()


def _hash(before: str | None, number: str, n: int, at: datetime, *rest: Any) -> str:
    return hashlib.sha256(compact([before, number, n, at.astimezone(UTC).isoformat(), *rest]).encode()).hexdigest()


def events_of(connection: Connection, ticket: int, *, words: bool = True) -> list[Event]:
    """A ticket's events, oldest first; without `words` nothing that may quote anybody."""
    e = ticket_events.c
    query = select(e.at, e.who, e.what, e.data, e.words).where(e.ticket_id == ticket).order_by(e.id)
    return [Event(ticket, row.at, row.who, row.what, _told(row, words)) for row in connection.execute(query)]


def _told(row: ResultRow, words: bool) -> Any:
    if words:
        return {**(row.data or {}), **row.words} if row.words else row.data
    return facts_of(row.data, row.who) if row.data else row.data


def latest(connection: Connection, ticket_ids: Sequence[int], fact: str) -> dict[int, Any]:
    """For each ticket whose history has this fact, what it was the last time."""
    e, found = ticket_events.c, dict[int, Any]()
    for part in among(connection, ticket_ids):
        query = select(e.ticket_id, e.data).where(e.ticket_id.in_(part), e.data.is_not(None)).order_by(e.id)
        found |= {row.ticket_id: row.data[fact] for row in connection.execute(query) if fact in row.data}
    return found


def last(connection: Connection, whats: Iterable[str]) -> dict[str, datetime]:
    """When one of these last happened to each ticket, by number, to which it ever did."""
    e, at = ticket_events.c, func.max(ticket_events.c.at).label("newest")
    of = ticket_events.join(tickets, tickets.c.id == e.ticket_id)
    query = select(tickets.c.number, at).select_from(of).where(e.what.in_(whats)).group_by(tickets.c.number)
    return {row.number: row.newest for row in connection.execute(query)}


def redact(connection: Connection, ticket_ids: Sequence[int], now: datetime) -> None:
    """Takes out of the history of tickets what may quote anybody; that this was done is an event too. Safe to repeat."""
    e = ticket_events.c
    for part in among(connection, ticket_ids):
        mine = e.ticket_id.in_(part)
        spoken = sorted(set(connection.scalars(select(e.ticket_id).where(mine, e.words.is_not(None)))))
        connection.execute(update(ticket_events).where(mine, e.words.is_not(None)).values(words=None, salt=None))
        write(connection, [Event(ticket, now, MACHINE, REDACTED) for ticket in spoken])
        _redact_unsealed(connection, part)


def _redact_unsealed(connection: Connection, ids: Sequence[int]) -> None:
    e, after = ticket_events.c, 0
    query = select(e.id, e.who, e.data).where(e.ticket_id.in_(ids), e.hash.is_(None), e.data.is_not(None))
    query = query.order_by(e.id).limit(500)
    while rows := list(connection.execute(query.where(e.id > after))):
        after = rows[-1].id
        for row in rows:
            if (facts := facts_of(row.data, row.who)) != row.data:
                connection.execute(update(ticket_events).where(e.id == row.id).values(data=facts))


def faults(connection: Connection, numbers: Iterable[str] = ()) -> Iterator[str]:
    """What was tampered with or is missing, one line a ticket: of these tickets, or of all, in bounded memory."""
    c, e = tickets.c, ticket_events.c
    only = [c.number.in_(list(numbers))] if numbers else []
    after = 0
    query = select(c.id, c.number, c.status, c.events, c.head).where(*only).order_by(c.id).limit(200)
    while rows := list(connection.execute(query.where(c.id > after))):
        after = rows[-1].id
        events = select(ticket_events).where(e.ticket_id.in_([row.id for row in rows])).order_by(e.ticket_id, e.id)
        held = {k: list(own) for k, own in groupby(connection.execute(events), key=lambda event: event.ticket_id)}
        for row in rows:
            if fault := _fault(row, held.get(row.id, [])):
                yield f"{row.number}: {fault}"
    if not numbers:
        yield from (f"{number}: the whole ticket is missing" for number in _gone(connection))


def _gone(connection: Connection) -> Iterator[str]:
    """Numbers that were given and that no ticket has: none is ever taken back."""
    n, c = counters.c, tickets.c
    for year, last in list(connection.execute(select(n.name, n.value).where(n.name.like("tickets:%")))):
        prefix, before = f"NTB-{year.removeprefix('tickets:')}-", 0
        query = select(c.number).where(c.number.like(f"{prefix}%")).order_by(func.length(c.number), c.number)
        there = connection.scalars(query.execution_options(yield_per=1000))
        for number in chain(there, [f"{prefix}{last + 1}"]):
            given = int(number.removeprefix(prefix))
            yield from (f"{prefix}{lost:06d}" for lost in range(before + 1, given))
            before = given


def _fault(ticket: ResultRow, events: Sequence[ResultRow]) -> str | None:
    """The first thing wrong with a ticket's history."""
    before, status = None, "diterima"
    erased = max((n for n, event in enumerate(events) if event.what == REDACTED), default=-1)
    for n, event in enumerate(events, 1):
        if event.hash is None and before is None:
            continue
        if event.n != n:
            return f"event {n} is missing" if (event.n or 0) > n else f"event {n} was put in"
        same = (ticket.number, n, event.at, event.who, event.what, event.data, event.digest)
        if event.hash != _hash(before, *same):
            return f"event {n} ({event.what}, {event.at:%Y-%m-%d %H:%M}) was changed"
        if not _spoken(event) and (event.words or event.salt or n > erased):
            return f"the words of event {n} ({event.what}, {event.at:%Y-%m-%d %H:%M}) were changed"
        before = event.hash
        status = ((event.data or {}).get("status") or [status])[-1]
    if before != ticket.head or len(events) != ticket.events:
        return "its newest events are missing"
    if before is not None and len(events) and status != ticket.status and _whole(events):
        return f"it is {ticket.status}, by its history {status}"
    return None


def _spoken(event: ResultRow) -> bool:
    """Whether an event's words are those that its digest covers."""
    if event.salt is None:
        return event.words is None and event.digest is None
    return bool(event.digest == _digest(event.salt, event.words))


def _whole(events: Sequence[ResultRow]) -> bool:
    return events[0].hash is not None


def count(connection: Connection, numbers: Iterable[str] = ()) -> dict[str, Any]:
    """How many tickets and events there are, and one seal over the ends of all chains, to be noted elsewhere."""
    c = tickets.c
    only = [c.number.in_(list(numbers))] if numbers else []
    seal, found, after = hashlib.sha256(), {"tickets": 0, "events": 0}, 0
    query = select(c.id, c.number, c.events, c.head).where(*only).order_by(c.id).limit(1000)
    while rows := list(connection.execute(query.where(c.id > after))):
        after = rows[-1].id
        found["tickets"] += len(rows)
        found["events"] += sum(row.events for row in rows)
        seal.update(compact([[row.number, row.events, row.head] for row in rows]).encode())
    return {**found, "seal": seal.hexdigest()}
