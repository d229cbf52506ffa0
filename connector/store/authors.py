"""Who wrote around an item: the names that its words may hold, so that they can be taken out of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Select, func, select

from . import history
from .schema import accounts, items, ticket_items, tickets
from .statements import among

T = TypeVar("T", int, str)
Names = dict[str, frozenset[str]]
_c = items.c
_OURS = select(accounts.c.external_id)
_CITIZEN = (_c.author_name.is_not(None), func.coalesce(_c.author_id, "").not_in(_OURS))


def pages(connection: Connection) -> dict[str, str]:
    """The platform's id of each account, by its key."""
    return {row.key: row.external_id for row in connection.execute(select(accounts.c.key, accounts.c.external_id))}


def around_items(connection: Connection, rows: Sequence[int]) -> dict[int, frozenset[str]]:
    """For each item row, the names of citizens who wrote in its thread, and of who wrote the post above it."""
    threads: dict[int, set[str]] = {}
    for part in among(connection, rows):
        for row in connection.execute(select(_c.id, _c.thread_id, _c.post_id).where(_c.id.in_(part))):
            threads[row.id] = {key for key in (row.thread_id, row.post_id) if key}
    names = _named(connection, _c.thread_id, set().union(*threads.values()))
    return {row: _joined(names, keys) for row, keys in threads.items()}


def around_tickets(connection: Connection, numbers: Sequence[str]) -> Names:
    """For each ticket, the names of its reporter and of all around its items; if it was merged, those that it had."""
    found = [row for part in among(connection, numbers) for row in connection.execute(_told(part))]
    held = _held(connection, [row.id for row in found])
    held |= history.latest(connection, [row.id for row in found if row.merged_into], "items")
    around = around_items(connection, [item for there in held.values() for item in there])
    named = _named(connection, _c.author_id, {row.reporter_id for row in found if row.reporter_id})
    return {
        row.number: named.get(row.reporter_id, frozenset()) | _joined(around, held.get(row.id, ())) for row in found
    }


def _told(numbers: Any) -> Select[Any]:
    c = tickets.c
    return select(c.id, c.number, c.reporter_id, c.merged_into).where(c.number.in_(numbers))


def _held(connection: Connection, ids: Sequence[int]) -> dict[int, list[int]]:
    """The rows of each ticket's items."""
    c, found = ticket_items.c, dict[int, list[int]]()
    for part in among(connection, ids):
        for row in connection.execute(select(c.ticket_id, c.item_id).where(c.ticket_id.in_(part))):
            found.setdefault(row.ticket_id, []).append(row.item_id)
    return found


def _joined(names: Mapping[T, frozenset[str]], keys: Iterable[T]) -> frozenset[str]:
    return frozenset().union(*(names.get(key, frozenset()) for key in keys))


def _named(connection: Connection, column: Column[Any], keys: set[str]) -> Names:
    """The names of the citizens who wrote what has these values in a column, by value."""
    found: dict[str, set[str]] = {}
    for part in among(connection, sorted(keys)):
        query = select(column.label("key"), _c.author_name).where(column.in_(part), *_CITIZEN).distinct()
        for row in connection.execute(query):
            found.setdefault(row.key, set()).add(row.author_name)
    return {key: frozenset(names) for key, names in found.items()}
