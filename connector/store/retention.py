"""What is wiped out of the store because it was deleted on Facebook; Meta's platform terms, section 3.d, want it gone.

What remains of an item is its id, when it came and went, and that it counted; of a ticket that stood on it alone its number,
times, category, urgency, status and the codes of its place, and whatever a person has set.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, update

from ..records import DELETED
from . import alarms, history, likeness, replies
from .raw import ResultRow
from .schema import items, raw_items, raw_revisions, ticket_items, tickets, verdicts
from .statements import chunks

NOTHING, WIPED = "{}", "deleted"
"""Payload and fingerprint of what was wiped out."""


def due(connection: Connection, before: datetime, limit: int) -> list[int]:
    """Items of others than the account itself that were marked deleted before then, and whose words still stand."""
    c = raw_items.c
    own = func.coalesce(items.c.by_account, False)
    query = select(c.id).select_from(raw_items.outerjoin(items, items.c.id == c.id))
    query = query.where(c.deleted_at < before, c.payload != NOTHING, own.is_(False))
    return list(connection.scalars(query.order_by(c.id).limit(limit)))


def erase(connection: Connection, raw_ids: Sequence[int], now: datetime, brief: Callable[[str], str]) -> int:
    """Wipes items out, with what was made of their words; `brief` makes a summary of a text. Returns how many tickets changed.

    They become pending, so that processing writes what follows from nothing. The caller holds `counters.serialize`.
    """
    touched: set[int] = set()
    his: set[int] = set()
    for part in chunks(raw_ids):
        held = ticket_items.join(items, items.c.id == ticket_items.c.item_id)
        held = held.join(tickets, tickets.c.id == ticket_items.c.ticket_id)
        first = or_(ticket_items.c.position == 0, items.c.author_id == tickets.c.reporter_id).label("first")
        mine = select(ticket_items.c.ticket_id, first).select_from(held).where(ticket_items.c.item_id.in_(part))
        for row in connection.execute(mine):
            touched.add(row.ticket_id)
            his |= {row.ticket_id} if row.first else set()
        replies.forget(connection, item_ids=part)
        likeness.forget(connection, part)
        connection.execute(delete(raw_revisions).where(raw_revisions.c.raw_id.in_(part)))
        connection.execute(delete(verdicts).where(verdicts.c.item_id.in_(part)))
        blank = dict.fromkeys(("author_id", "author_name", "text", "permalink", "attachments", "model"))
        connection.execute(update(items).where(items.c.id.in_(part)).values(**blank, edited=False))
        emptied = {"payload": NOTHING, "fingerprint": WIPED, "state": "pending", "reason": None}
        connection.execute(update(raw_items).where(raw_items.c.id.in_(part)).values(**emptied))
    for ticket in sorted(touched):
        _ticket(connection, ticket, brief)
    history.redact(connection, sorted(his), now)  # of a supporter no history tells: what staff noted there stays
    return len(touched)


def _ticket(connection: Connection, ticket_id: int, brief: Callable[[str], str]) -> None:
    """What a ticket says of its sources is said by those that are left; if none is, by nobody."""
    c = items.c
    left = list(
        connection.execute(
            select(c.author_id, c.text, c.permalink)
            .join(ticket_items, ticket_items.c.item_id == c.id)
            .join(raw_items, raw_items.c.id == c.id)
            .where(ticket_items.c.ticket_id == ticket_id, raw_items.c.deleted_at.is_(None))
            .order_by(ticket_items.c.position)
        )
    )
    row = connection.execute(select(tickets).where(tickets.c.id == ticket_id)).one()
    values: dict[str, Any] = {"withheld": None, "permalink": left[0].permalink if left else None}
    if row.reporter_id not in {one.author_id for one in left}:
        values["reporter_id"] = None
    if "summary" not in (row.touched or ()) and not _stands(row, left, brief):
        words = next((one.text for one in left if one.text), "")  # of whom it may not be shown there is none
        values["summary"] = brief(words) if left else f"[{DELETED}]"
    if not left:
        alarms.forget(connection, [ticket_id])
        if "place_text" not in (row.touched or ()):
            values["place_text"] = None
    connection.execute(update(tickets).where(tickets.c.id == ticket_id).values(**values, version=row.version + 1))


def _stands(row: ResultRow, left: Sequence[ResultRow], brief: Callable[[str], str]) -> bool:
    return any(row.summary == brief(one.text or "") for one in left)


def shown_again(connection: Connection, number: str, author: str, permalink: str | None) -> None:
    """Facebook shows again what began a ticket and was wiped out: it has its reporter and its link back."""
    c = tickets.c
    mine = (c.number == number, c.reporter_id.is_(None))
    values = {"reporter_id": author, "permalink": permalink, "version": c.version + 1}
    connection.execute(update(tickets).where(*mine).values(**values))
