"""Tickets merged into one another, and parted again: items, supporters and state go where they belong, each time an event."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from classifiers.verdict import URGENCIES

from ..errors import Conflict
from . import alarms
from .history import events_of
from .raw import ResultRow
from .schema import items, ticket_items, tickets
from .supporters import people_of
from .tickets import OPEN, Draft, change, get, note, open_tickets

MERGED, ABSORBED, PARTED, SPLIT = "merged", "absorbed", "unmerged", "split"


def standing(connection: Connection, number: str) -> ResultRow:
    """A ticket's row. Raises NotFound, and Conflict for one that was merged into another: what is done is done there."""
    row = get(connection, number)
    if row.merged_into:
        raise Conflict(f"{number}: is merged into {row.merged_into}; say it of that one, or `tickets unmerge` it first")
    return row


def merge(connection: Connection, number: str, into: str, who: str, now: datetime, version: int | None = None) -> None:
    """Closes a ticket into another, which takes over items, supporters, and what is more urgent. Raises NotFound, Conflict."""
    source, target = get(connection, number), get(connection, into)
    if source.id == target.id or target.merged_into or source.merged_into:
        raise Conflict(f"{number}: cannot be merged into {into}: one of them is merged already, or they are the same")
    c = ticket_items.c
    moved = list(connection.scalars(select(c.item_id).where(c.ticket_id == source.id).order_by(c.position)))
    closed = {"status": "ditolak", "merged_into": into, "closed_at": source.closed_at or now}
    gain = max(0, source.supporters - len(people_of(connection, source.id) & people_of(connection, target.id)))
    data = {"items": moved, "ground": "duplikat", "gain": gain}
    change(connection, number, closed, who=who, what=MERGED, now=now, version=version, data=data)
    _hang(connection, moved, target.id)
    _support(connection, target.id, gain)
    raised = _hasten(connection, source, target)
    note(connection, into, ABSORBED, {"from": number, "items": moved, **raised}, now, who)


def unmerge(connection: Connection, number: str, who: str, now: datetime, version: int | None = None) -> str:
    """Takes back a merge: the ticket has its items, supporters and state again; returns where it had been.

    Items that have gone elsewhere since then stay there. Raises NotFound, Conflict.
    """
    source = get(connection, number)
    if not source.merged_into:
        raise Conflict(f"{number}: is not merged into any ticket")
    target = get(connection, source.merged_into)
    if target.merged_into:
        raise Conflict(f"{number}: first take {target.number} out of {target.merged_into}: `tickets unmerge`")
    facts = next(e.data or {} for e in reversed(events_of(connection, source.id)) if e.what == MERGED)
    c = ticket_items.c
    there = select(c.item_id).where(c.ticket_id == target.id, c.item_id.in_(facts["items"])).order_by(c.position)
    back = list(connection.scalars(there))
    closed_at = datetime.fromisoformat(facts["closed_at"][0]) if facts["closed_at"][0] else None
    values = {"status": facts["status"][0], "merged_into": None, "closed_at": closed_at}
    data = {"from": target.number, "items": back}
    change(connection, number, values, who=who, what=PARTED, now=now, version=version, data=data)
    _hang(connection, back, source.id)
    _support(connection, target.id, -facts.get("gain", source.supporters))
    calmed = _calm(connection, source, target)
    note(connection, target.number, "released", {"into": number, "items": back, **calmed}, now, who)
    return str(target.number)


def split(
    connection: Connection,
    number: str,
    moved: Sequence[int],
    draft: Draft,
    now: datetime,
    deadline: Callable[..., Any],
    version: int | None = None,
) -> str:
    """Opens a ticket, as drafted, of items that another holds: those go there, in this order; returns its number.

    The caller has made sure that they are there, and that the item that opened the ticket stays. Raises NotFound, Conflict.
    """
    source = get(connection, number)
    connection.execute(delete(ticket_items).where(ticket_items.c.item_id.in_(moved)))
    made = open_tickets(connection, [draft], now, deadline)[draft.item]
    new = get(connection, made)
    for position, item in enumerate(moved[1:], 1):
        connection.execute(ticket_items.insert().values(item_id=item, ticket_id=new.id, position=position))
    authors = select(items.c.author_id).where(items.c.id.in_(moved), items.c.author_id.is_not(None)).distinct()
    people = set(connection.scalars(authors))
    gone = len(people - people_of(connection, source.id))
    change(
        *(connection, number, {}),
        who=draft.who, what=SPLIT, now=now, version=version, data={"into": made, "items": list(moved)},
    )  # fmt: skip
    _support(connection, source.id, -min(gone, source.supporters - 1))
    _support(connection, new.id, max(len(people), 1) - 1)
    return made


def _hasten(connection: Connection, source: ResultRow, target: ResultRow) -> dict[str, Any]:
    """What waits for less goes on waiting for less: urgency, deadline and alarm pass on, unless a person set the urgency."""
    calmer = URGENCIES.index(target.urgency) > URGENCIES.index(source.urgency)
    if not calmer or source.status not in OPEN or target.status not in OPEN or "urgency" in (target.touched or ()):
        return {}
    answer_by = min(source.answer_by, target.answer_by)
    _set(connection, target, {"urgency": source.urgency, "answer_by": answer_by})
    alarms.pass_on(connection, source.id, target.id)
    return {
        "urgency": [target.urgency, source.urgency],
        "answer_by": [target.answer_by.isoformat(), answer_by.isoformat()],
    }


def _calm(connection: Connection, source: ResultRow, target: ResultRow) -> dict[str, Any]:
    """Takes back what `_hasten` did, unless somebody has changed it since."""
    took = next(e.data or {} for e in reversed(events_of(connection, target.id)) if _absorbed(e, source.number))
    if "urgency" not in took or target.urgency != took["urgency"][1] or "urgency" in (target.touched or ()):
        return {}
    answer_by = datetime.fromisoformat(took["answer_by"][0])
    _set(connection, target, {"urgency": took["urgency"][0], "answer_by": answer_by})
    alarms.pass_on(connection, target.id, source.id)
    return {name: took[name][::-1] for name in ("urgency", "answer_by")}


def _absorbed(event: Any, number: str) -> bool:
    return bool(event.what == ABSORBED and (event.data or {}).get("from") == number)


def _set(connection: Connection, ticket: ResultRow, values: dict[str, Any]) -> None:
    connection.execute(update(tickets).where(tickets.c.id == ticket.id).values(**values, version=tickets.c.version + 1))


def _hang(connection: Connection, moved: list[int], ticket: int) -> None:
    """Items as parts of a ticket, after those that it has."""
    c = ticket_items.c
    last = connection.scalar(select(func.max(c.position)).where(c.ticket_id == ticket))
    start = 0 if last is None else last + 1
    for offset, item in enumerate(moved):
        connection.execute(
            update(ticket_items).where(c.item_id == item).values(ticket_id=ticket, position=start + offset)
        )


def _support(connection: Connection, ticket: int, more: int) -> None:
    c = tickets.c
    values = {"supporters": c.supporters + more, "version": c.version + 1}
    connection.execute(update(tickets).where(c.id == ticket).values(**values))
