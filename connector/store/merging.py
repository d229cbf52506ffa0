"""Tickets merged into one another, and parted again: items, supporters and state go where they belong, each time an event."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from classifiers.verdict import URGENCIES

from ..errors import Conflict
from ..records import OPEN
from . import alarms
from .history import events_of
from .items import any_urgent
from .raw import ResultRow
from .schema import items, ticket_items, tickets
from .statements import chunks
from .supporters import people_of
from .tickets import Draft, change, get, note, open_tickets

MERGED, ABSORBED, PARTED, RELEASED, SPLIT = "merged", "absorbed", "unmerged", "released", "split"


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
    if source.urgency == "mendesak" and target.closed_at and not source.closed_at:
        raise Conflict(
            f"{number}: is an open emergency, {into} is {target.status}: nobody would see it there; open {into} again"
        )
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
    facts = _last_merge(connection, source.id)
    c = ticket_items.c
    there = select(c.item_id).where(c.ticket_id == target.id, c.item_id.in_(facts["items"])).order_by(c.position)
    back = list(connection.scalars(there))
    closed_at = datetime.fromisoformat(facts["closed_at"][0]) if facts["closed_at"][0] else None
    values = {"status": facts["status"][0], "merged_into": None, "closed_at": closed_at}
    data = {"from": target.number, "items": back}
    change(connection, number, values, who=who, what=PARTED, now=now, version=version, data=data)
    _hang(connection, back, source.id)
    _support(connection, target.id, -_lost(connection, source, target.id, back, facts))
    calmed = _calm(connection, source, target, now)
    note(connection, target.number, RELEASED, {"into": number, "items": back, **calmed}, now, who)
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
    people = _authors(connection, moved)
    gone = len(people - people_of(connection, source.id))
    change(
        *(connection, number, {}),
        who=draft.who, what=SPLIT, now=now, version=version, data={"into": made, "items": list(moved)},
    )  # fmt: skip
    _support(connection, source.id, -min(gone, source.supporters - 1))
    _support(connection, new.id, max(len(people), 1) - 1)
    return made


def _lost(connection: Connection, source: ResultRow, target: int, back: Sequence[int], facts: Any) -> int:
    """How many people a ticket loses by a merge taken back: not who stands in it otherwise, nor who was split off before."""
    brought, there = _authors(connection, facts["items"]), people_of(connection, target)
    stay, gone = (brought | {source.reporter_id}) & there, brought - _authors(connection, back) - there
    gain, left = facts.get("gain", source.supporters), source.supporters - len(stay) - len(gone)
    return max(0, int(min(gain, left)))


def _authors(connection: Connection, rows: Sequence[int]) -> set[str]:
    c = items.c
    found = (connection.scalars(select(c.author_id).where(c.id.in_(part))) for part in chunks(rows))
    return {author for authors in found for author in authors if author}


def _hasten(connection: Connection, source: ResultRow, target: ResultRow) -> dict[str, Any]:
    """What waits for less goes on waiting for less: urgency, deadline and alarm pass on, unless a person set the urgency."""
    if source.status not in OPEN or target.status not in OPEN:
        return {}
    urgency, raised = target.urgency, {}
    if _sooner(source.urgency, urgency) and "urgency" not in (target.touched or ()):
        urgency, answer_by = source.urgency, min(source.answer_by, target.answer_by)
        raised = _reset(connection, target, urgency, answer_by)
    rings_on = urgency == "mendesak" and alarms.pass_on(connection, source.id, target.id)
    return {**raised, "alarm": True} if rings_on else raised


def _calm(connection: Connection, source: ResultRow, target: ResultRow, now: datetime) -> dict[str, Any]:
    """Takes back what `_hasten` did, as far as nothing else in the ticket is as urgent and nobody has changed it since."""
    told = events_of(connection, target.id)
    urgency, calmed = target.urgency, {}
    if (before := _before_raising(told)) and "urgency" not in (target.touched or ()):
        stay = _still_merged(connection, target.number)
        urgency = min([before[0], *(row.urgency for row in stay)], key=URGENCIES.index)
        if _sooner(target.urgency, urgency) and not any_urgent(connection, target.number):
            answer_by = min([datetime.fromisoformat(before[1]), *(row.answer_by for row in stay)])
            calmed = _reset(connection, target, urgency, answer_by)
        else:
            urgency = target.urgency
    absorbed = [event for event in told if event.what == ABSORBED]
    merged = next(event for event in reversed(absorbed) if (event.data or {}).get("from") == source.number)
    passed, borrowed = _passed(merged), any(_passed(event) for event in absorbed)
    keep = urgency == "mendesak" or not borrowed
    alarms.part(connection, source.id, target.id, merged.at, now, passed=passed, keep=keep)
    return calmed


def _sooner(one: str, other: str) -> bool:
    return URGENCIES.index(one) < URGENCIES.index(other)


def _before_raising(told: Sequence[Any]) -> tuple[str, str] | None:
    """Urgency and deadline before merges raised them; None when none did, or something else set the urgency since."""
    before: tuple[str, str] | None = None
    for event in told:
        facts = event.data or {}
        if "urgency" not in facts:
            continue
        if event.what == ABSORBED:
            before = before or (facts["urgency"][0], facts["answer_by"][0])
        elif event.what != RELEASED or before is None or facts["urgency"][1] == before[0]:
            before = None
    return before


def _still_merged(connection: Connection, number: str) -> list[ResultRow]:
    """The tickets that a ticket holds and that were open when they were merged into it."""
    rows = connection.execute(select(tickets).where(tickets.c.merged_into == number)).all()
    merged = {row.id: _last_merge(connection, row.id) for row in rows}
    return [row for row in rows if merged[row.id]["status"][0] in OPEN]


def _last_merge(connection: Connection, ticket: int) -> Any:
    return next(e.data or {} for e in reversed(events_of(connection, ticket)) if e.what == MERGED)


def _passed(event: Any) -> bool:
    return bool((event.data or {}).get("alarm"))


def _reset(connection: Connection, ticket: ResultRow, urgency: str, answer_by: datetime) -> dict[str, Any]:
    """Sets urgency and deadline; returns both, before and after, as an event tells them."""
    values = {"urgency": urgency, "answer_by": answer_by, "version": tickets.c.version + 1}
    connection.execute(update(tickets).where(tickets.c.id == ticket.id).values(**values))
    return {
        "urgency": [ticket.urgency, urgency],
        "answer_by": [ticket.answer_by.isoformat(), answer_by.isoformat()],
    }


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
