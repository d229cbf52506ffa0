"""The completeness ledger: for each post and conversation, what Graph counts against what is stored, and the reasons between.

Graph's own count may exceed what it shows (hidden, private and deleted comments are counted): what a reading to the very end
did not show is hidden by Facebook; what a first reading left out by its window, or Graph shows no more of, or no more than the id
of, is older, as far as it was not read in later; any other difference is unexplained.
"""

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, and_, case, func, literal, or_, select
from sqlalchemy.sql import ColumnElement, Subquery

from ..records import Balance
from .checkpoints import LIVE_SCOPE
from .raw import BARE
from .schema import checkpoints, raw_items

_UNDER = {"comments": ("comment", raw_items.c.post_id), "messages": ("message", raw_items.c.conversation_id)}


@dataclass(frozen=True, slots=True)
class Entry:
    """The books of one post or conversation."""

    account: str
    stream: str
    object_id: str
    counted: int
    stored: int
    gone: int
    hidden: int
    older: int
    unexplained: int


def by_stream(connection: Connection) -> list[Balance]:
    """The books of each stream that has posts or conversations under it."""
    c = checkpoints.c
    waiting = case((or_(c.done.is_(None), c.done != c.seen), 1), else_=0)
    query = select(
        c.account,
        c.stream,
        func.count().label("known"),
        func.sum(waiting).label("waiting"),
        func.sum(case((c.fails > 0, 1), else_=0)).label("failing"),
    ).where(c.scope == LIVE_SCOPE, c.object_id != "")
    sums = {(row.account, row.stream): row for name in _UNDER for row in connection.execute(_summed(name))}
    found = []
    for row in connection.execute(query.group_by(c.account, c.stream).order_by(c.account, c.stream)):
        more = sums.get((row.account, row.stream))
        counts = {f.name: int(getattr(more, f.name, 0) or 0) for f in fields(Balance)[5:]} if more else {}
        found.append(Balance(row.account, row.stream, row.known, int(row.waiting), int(row.failing), **counts))
    return found


def unexplained(connection: Connection, limit: int) -> list[Entry]:
    """The posts and conversations with the largest unexplained rest."""
    found: list[Entry] = []
    for name in _UNDER:
        books = _books(name)
        query = select(*(books.c[f.name] for f in fields(Entry))).where(books.c.unexplained > 0)
        rows = connection.execute(query.order_by(books.c.unexplained.desc(), books.c.object_id).limit(limit))
        found += [Entry(*row[:3], *(int(n) for n in row[3:])) for row in rows]
    return sorted(found, key=lambda entry: -entry.unexplained)[:limit]


def _summed(stream: str) -> Any:
    books = _books(stream)
    sums = [func.sum(books.c[f.name]).label(f.name) for f in fields(Balance)[6:]]
    return select(books.c.account, books.c.stream, func.count().label("objects"), *sums).group_by(
        books.c.account, books.c.stream
    )


def _books(stream: str) -> Subquery:
    """One row for each object of a stream whose contents Graph counts.

    What hangs on it is stored once, under the account that met it first: two Pages may show the same post.
    """
    c, r = checkpoints.c, raw_items.c
    kind, column = _UNDER[stream]
    under = and_(r.kind == kind, column == c.object_id)
    alive = and_(r.id.is_not(None), r.deleted_at.is_(None))
    words = and_(alive, r.state != BARE)
    counts = (
        select(
            *(c.account, c.stream, c.object_id, c.total, c.unshown, c.complete_at),
            func.sum(case((words, 1), else_=0)).label("stored"),
            func.sum(case((and_(alive, r.state == BARE), 1), else_=0)).label("bare"),
            func.sum(case((r.deleted_at.is_not(None), 1), else_=0)).label("gone"),
        )
        .select_from(checkpoints.outerjoin(raw_items, under))
        .where(c.scope == LIVE_SCOPE, c.stream == stream, c.object_id != "", c.total.is_not(None))
        .group_by(c.account, c.stream, c.object_id, c.total, c.unshown, c.complete_at)
        .subquery()
    )
    n = counts.c
    unshown, left = _above_zero(func.coalesce(n.unshown, 0)), _above_zero(n.total - n.stored - n.bare)
    before = case((n.complete_at.is_(None), case((unshown < left, unshown), else_=left)), else_=literal(0))
    return select(
        *(n.account, n.stream, n.object_id, n.total.label("counted"), n.stored, n.gone),
        case((n.complete_at.is_not(None), unshown), else_=literal(0)).label("hidden"),
        (n.bare + before).label("older"),
        _above_zero(n.total - n.stored - n.bare - unshown).label("unexplained"),
    ).subquery()


def _above_zero(number: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((number > 0, number), else_=literal(0))
