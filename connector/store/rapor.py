"""What the monthly rapor asks of the store: one narrow row a ticket of a span of time, in bounded memory."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, func, select

from .schema import items, ticket_events, ticket_items, tickets
from .waiting import REOPENED, WROTE_AGAIN


def asked_between(connection: Connection, since: datetime, until: datetime) -> Iterator[Any]:
    """Tickets that citizens asked for in [since, until): when the first item was written, else when it was opened.

    What was merged into another ticket is part of that one. Each row tells agency, kabupaten, urgency, status, the times,
    and whether it was opened again or its reporter wrote after it was closed.
    """
    c, e = tickets.c, ticket_events.c
    asked = func.coalesce(items.c.created_at, c.opened_at)
    again = exists(select(e.id).where(e.ticket_id == c.id, e.what.in_((REOPENED, WROTE_AGAIN))).correlate(tickets))
    first = tickets.outerjoin(
        ticket_items, and_(ticket_items.c.ticket_id == c.id, ticket_items.c.position == 0)
    ).outerjoin(items, items.c.id == ticket_items.c.item_id)
    columns = (c.id, c.agency, c.kabupaten, c.urgency, c.status, c.opened_at, c.answer_by, c.first_response_at)
    query = (
        select(*columns, asked.label("asked_at"), again.label("again"))
        .select_from(first)
        .where(c.merged_into.is_(None), asked >= since, asked < until)
        .order_by(c.id)
    )
    yield from connection.execute(query.execution_options(yield_per=1000))


def grounds(connection: Connection, since: datetime) -> dict[int, str]:
    """For each ticket turned down, on which ground it was the last time; only of those opened or moved since then."""
    c, e = tickets.c, ticket_events.c
    query = (
        select(e.ticket_id, e.data)
        .join(tickets, c.id == e.ticket_id)
        .where(c.status == "ditolak", c.merged_into.is_(None), e.at >= since, e.data.is_not(None))
        .order_by(e.id)
    )
    rows = connection.execute(query.execution_options(yield_per=1000))
    return {row.ticket_id: row.data["ground"] for row in rows if "ground" in row.data}
