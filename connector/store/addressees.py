"""Whom an answer is for, and what it needs to know of him: the tickets, their items, and the persons who wrote them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from .items import latest_labels
from .raw import ResultRow
from .schema import items, raw_items, raw_revisions, ticket_items, tickets, verdicts
from .statements import among

MOST_PERSONS = 100
"""So many people at most are told how one ticket goes on: an account that says the same a thousand times is taken for spam."""


def ticket_rows(connection: Connection, ids: Sequence[int]) -> dict[int, ResultRow]:
    """Tickets by row id."""
    found: dict[int, ResultRow] = {}
    for part in among(connection, ids):
        found |= {row.id: row for row in connection.execute(select(tickets).where(tickets.c.id.in_(part)))}
    return found


def first_item(connection: Connection, ticket_id: int) -> int | None:
    """The item that a ticket began with; None when it was opened by hand."""
    query = select(ticket_items.c.item_id).where(ticket_items.c.ticket_id == ticket_id)
    found: int | None = connection.scalar(query.order_by(ticket_items.c.position).limit(1))
    return found


def item(connection: Connection, row: int) -> ResultRow | None:
    """An item with what its verdict says, when it was first read, and whether in bulk."""
    found: ResultRow | None = connection.execute(_with_verdicts().where(items.c.id == row)).first()
    return found


def complainants(connection: Connection, ticket_id: int, account: str) -> list[ResultRow]:
    """Of each person who complained to this account of what a ticket is about, the first item that still stands.

    As `item` tells it; the reporter comes first, then who wrote first; `MOST_PERSONS` at most.
    """
    c, stands = items.c, ticket_items.c
    shown = (c.author_id.is_not(None), c.by_account.is_(False), c.hidden.is_(False), c.deleted.is_(False))
    query = (
        _with_verdicts()
        .add_columns(stands.position)
        .join(ticket_items, stands.item_id == c.id)
        .where(stands.ticket_id == ticket_id, c.account == account, *shown)
        .order_by(stands.position)
        .limit(MOST_PERSONS * 10)
    )
    first: dict[str, ResultRow] = {}
    rows = list(connection.execute(query))
    labels = latest_labels(connection, [row.id for row in rows])
    for row in rows:
        said = labels.get(row.id)
        if said.is_complaint if said else row.is_complaint or row.position == 0:
            first.setdefault(row.author_id, row)
    return list(first.values())[:MOST_PERSONS]


def _with_verdicts() -> Select[Any]:
    v, r, old = verdicts.c, raw_items.c, raw_revisions.c
    counts = (v.item_id == items.c.id) & (v.revision == items.c.revision) & (v.model == items.c.model)
    first = select(func.min(old.fetched_at)).where(old.raw_id == items.c.id).scalar_subquery()
    return (
        select(*items.c, v.is_complaint, r.lane, func.coalesce(first, r.fetched_at).label("landed_at"))
        .join(raw_items, r.id == items.c.id)
        .outerjoin(verdicts, counts)
    )


def evidence(connection: Connection, ticket_id: int) -> list[Any]:
    """What hangs on the items of a ticket."""
    query = (
        select(items.c.attachments)
        .join(ticket_items, ticket_items.c.item_id == items.c.id)
        .where(ticket_items.c.ticket_id == ticket_id)
    )
    return [one for row in connection.scalars(query) for one in row or ()]


def wrote_at(connection: Connection, account: str, author: str) -> datetime | None:
    """When a person last sent the account a message."""
    c = items.c
    query = select(func.max(c.created_at)).where(c.author_id == author, c.account == account, c.kind == "message")
    found: datetime | None = connection.scalar(query)
    return found
