"""Tickets merged into one another, and parted again: items, supporters and state go where they belong, each time an event."""

from datetime import datetime

from sqlalchemy import Connection, func, select, update

from ..errors import Conflict
from .history import events_of
from .schema import ticket_items, tickets
from .tickets import change, get, note

MERGED, PARTED = "merged", "unmerged"


def merge(connection: Connection, number: str, into: str, who: str, now: datetime, version: int | None = None) -> None:
    """Closes a ticket into another, which takes over its items and supporters. Raises NotFound, Conflict."""
    source, target = get(connection, number), get(connection, into)
    if source.id == target.id or target.merged_into or source.merged_into:
        raise Conflict(f"{number}: cannot be merged into {into}: one of them is merged already, or they are the same")
    c = ticket_items.c
    moved = list(connection.scalars(select(c.item_id).where(c.ticket_id == source.id).order_by(c.position)))
    closed = {"status": "ditolak", "merged_into": into, "closed_at": source.closed_at or now}
    data = {"items": moved, "ground": "duplikat"}
    change(connection, number, closed, who=who, what=MERGED, now=now, version=version, data=data)
    _hang(connection, moved, target.id)
    _support(connection, target.id, source.supporters)
    note(connection, into, "absorbed", {"from": number, "items": moved}, now, who)


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
    _support(connection, target.id, -source.supporters)
    note(connection, target.number, "released", {"into": number, "items": back}, now, who)
    return str(target.number)


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
