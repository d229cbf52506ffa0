"""How many people stand behind a ticket: each counts once, whoever Facebook does not show not at all."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, update

from .schema import items, ticket_items, tickets
from .statements import among

_MORE = (
    update(tickets)
    .where(tickets.c.number == bindparam("ticket"))
    .values(supporters=tickets.c.supporters + bindparam("more"))
)


def gained(connection: Connection, joined: Sequence[tuple[str, int, str | None]]) -> None:
    """Counts the people who are new to their tickets, after items joined: (ticket number, item row, author)."""
    people = _others(connection, {(number, author) for number, _, author in joined if author is not None})
    if not people:
        return
    known = _among(connection, people, [row for _, row, _ in joined])
    counts: dict[str, int] = {}
    for number, _ in people - known:
        counts[number] = counts.get(number, 0) + 1
    if counts:
        connection.execute(_MORE, [{"ticket": number, "more": n} for number, n in sorted(counts.items())])


def _others(connection: Connection, people: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those who are not the reporters themselves."""
    reporters: dict[str, str | None] = {}
    for part in among(connection, sorted({number for number, _ in people})):
        query = select(tickets.c.number, tickets.c.reporter_id).where(tickets.c.number.in_(part))
        reporters |= {row.number: row.reporter_id for row in connection.execute(query)}
    return {(number, author) for number, author in people if reporters.get(number) != author}


def _among(connection: Connection, people: set[tuple[str, str]], new: Sequence[int]) -> set[tuple[str, str]]:
    """Those of these people of whom the ticket held something already, beside the new items."""
    fresh, numbers = set(new), {number for number, _ in people}
    found = set()
    for part in among(connection, sorted({author for _, author in people})):
        query = (
            select(items.c.id, items.c.author_id, tickets.c.number)
            .join(ticket_items, ticket_items.c.item_id == items.c.id)
            .join(tickets, tickets.c.id == ticket_items.c.ticket_id)
            .where(items.c.author_id.in_(part))
        )
        rows = connection.execute(query)
        found |= {(row.number, row.author_id) for row in rows if row.number in numbers and row.id not in fresh}
    return found


def people_of(connection: Connection, ticket_id: int) -> set[str]:
    """The people whose items a ticket holds, and its reporter."""
    query = (
        select(items.c.author_id)
        .join(ticket_items, ticket_items.c.item_id == items.c.id)
        .where(ticket_items.c.ticket_id == ticket_id, items.c.author_id.is_not(None))
        .distinct()
    )
    reporter = connection.scalar(select(tickets.c.reporter_id).where(tickets.c.id == ticket_id))
    return {*connection.scalars(query), *([reporter] if reporter else [])}
