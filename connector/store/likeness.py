"""`likeness`: the numbers under which the complaints that opened tickets are found again; and copies within tickets."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, bindparam, case, delete, func, select

from ..records import OPEN
from .raw import ResultRow
from .schema import items, likeness, ticket_items, tickets
from .statements import chunks, insert_new

MOST = 20_000
"""So many are looked at for one batch: bounded memory, whatever people send."""
_AT_ONCE = 512


Filed = tuple[int, int, int]
"""A number, the row of the item that is filed under it, and the gist of its words."""


@lru_cache
def _wanted(dialect: Dialect) -> tuple[str, list[str]]:
    """The statement that looks for `_AT_ONCE` numbers, as its driver wants it; building it anew costs more than looking."""
    names, c = [f"k{n}" for n in range(_AT_ONCE)], likeness.c
    query = select(c.key, c.item_id, c.gist).where(c.key.in_([bindparam(name) for name in names]))
    compiled = query.compile(dialect=dialect)
    return str(compiled), [] if getattr(compiled, "positiontup", None) else names


def filed(connection: Connection, keys: Collection[int]) -> list[Filed]:
    """What is filed under these numbers."""
    found: list[Any] = []
    sql, names = _wanted(connection.dialect)
    for part in chunks(sorted(keys), _AT_ONCE):
        values = (*part, *[part[0]] * (_AT_ONCE - len(part)))
        given: Any = dict(zip(names, values, strict=True)) if names else values
        found += connection.exec_driver_sql(sql, given).all()
        if len(found) >= MOST:
            break
    return found


def opened(connection: Connection, item_rows: Iterable[int], since: datetime, until: datetime) -> list[ResultRow]:
    """Those of these items that were written between then and then and whose ticket is open: what was said, and the ticket."""
    t = tickets.c
    query = (
        select(
            *(items.c.id, items.c.text, items.c.author_id, items.c.created_at, ticket_items.c.position),
            *(t.number, t.category, t.urgency, t.kabupaten, t.kecamatan, t.desa, t.place_text, t.place_ambiguous),
            *(t.reporter_id, t.status, t.merged_into),
        )
        .join(ticket_items, ticket_items.c.item_id == items.c.id)
        .join(tickets, t.id == ticket_items.c.ticket_id)
        .where(items.c.created_at.between(since, until))
    )
    found: list[ResultRow] = []
    for part in chunks(sorted(item_rows)):
        found += connection.execute(query.where(items.c.id.in_(part)).order_by(items.c.id))
    # Whether it is open is seen here: asked for it, SQLite would begin with all that is.
    return [row for row in found if row.status in OPEN and not row.merged_into and row.text]


def file(connection: Connection, rows: Sequence[Filed]) -> None:
    """Files items under numbers."""
    # In their order, so that the index is walked once: a batch touches thousands of its leaves.
    insert_new(connection, likeness, [{"key": key, "item_id": item, "gist": gist} for key, item, gist in sorted(rows)])


def forget(connection: Connection, item_rows: Sequence[int]) -> None:
    """Takes items out."""
    for part in chunks(item_rows):
        connection.execute(delete(likeness).where(likeness.c.item_id.in_(part)))


def numbers_of(connection: Connection, item_rows: Sequence[int]) -> dict[int, list[int]]:
    """The numbers that items are filed under."""
    found: dict[int, list[int]] = {}
    for part in chunks(item_rows):
        query = select(likeness.c.item_id, likeness.c.key).where(likeness.c.item_id.in_(part))
        for row in connection.execute(query.order_by(likeness.c.item_id, likeness.c.key)):
            found.setdefault(row.item_id, []).append(row.key)
    return found


def copies(connection: Connection, ticket_ids: Sequence[int], reason: str) -> dict[int, int]:
    """How many senders' items each ticket holds for `reason`; whoever is not shown counts with each item."""
    found: dict[int, int] = {}
    c = ticket_items.c
    for part in chunks(ticket_ids):
        query = (
            select(
                c.ticket_id,
                (
                    func.count(items.c.author_id.distinct()) + func.sum(case((items.c.author_id.is_(None), 1), else_=0))
                ).label("n"),
            )
            .join(items, items.c.id == c.item_id)
            .where(c.ticket_id.in_(part), items.c.reason == reason)
            .group_by(c.ticket_id)
        )
        found |= {row.ticket_id: int(row.n) for row in connection.execute(query)}
    return found
