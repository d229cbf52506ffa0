"""What the account answered under a ticket's items: the first answer counts, a later one ends the reporter's waiting.

A receipt that this program sent by itself is no answer (see `replies.automatic`); what it told of a person's move is one,
noted when it was sent.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update

from . import replies
from .history import MACHINE, Event, write
from .raw import ResultRow
from .schema import items, raw_items, ticket_items, tickets
from .statements import among, chunks, named

ANSWERED, SEEN_TO = "answered", "answered_again"
SIZE = 200
Rows = list[ResultRow]


def spoken_in(connection: Connection, threads: Collection[str], official: Collection[str]) -> set[str]:
    """Those of these threads in which an account said anything."""
    c, found = items.c, set[str]()
    ours = or_(c.by_account.is_(True), c.author_id.in_(sorted(official)))
    for part in among(connection, sorted(threads)):
        found |= set(connection.scalars(select(c.thread_id).where(c.thread_id.in_(part), ours)))
    return found


def pairs(connection: Connection, numbers: Sequence[str], official: Collection[str]) -> Any:
    """For each of these tickets: its row, what was asked, what was answered in those threads, whose each thread is.

    Of a conversation only the ticket's first and last message are given: more would say no more.
    """
    c = tickets.c
    columns = (c.id, c.account, c.first_response_at, c.waiting_since, c.touched)
    for part in chunks(numbers, SIZE):
        query = select(*columns).where(c.number.in_(part), c.merged_into.is_(None)).order_by(c.id)
        rows = list(connection.execute(query))
        asked = _asked(connection, [row.id for row in rows])
        every = [one for mine in asked.values() for one in mine]
        if not every:
            continue
        by_thread, by_post = _answers(connection, every, official)
        owners = _owners(connection, sorted(by_thread))
        for row in rows:
            mine = asked.get(row.id, [])
            threads = {one.thread_id for one in mine}
            near = [own for thread in threads for own in by_thread.get(thread, ())]
            near += [own for one in mine if one.kind == "post" for own in by_post.get(one.external_id, ())]
            if near:
                yield row, mine, near, owners


def _asked(connection: Connection, ids: Sequence[int]) -> dict[int, Rows]:
    c = items.c
    columns = (c.kind, c.external_id, c.thread_id, c.post_id, c.parent_id, c.author_id, c.author_name, c.created_at)
    query = (
        select(ticket_items.c.ticket_id, *columns)
        .join(ticket_items, ticket_items.c.item_id == c.id)
        .where(ticket_items.c.ticket_id.in_(ids), c.created_at.is_not(None), c.by_account.is_(False))
        .order_by(c.created_at, c.id)
    )
    found: dict[int, Rows] = {}
    for row in connection.execute(query):
        mine = found.setdefault(row.ticket_id, [])
        same = [one for one in mine if one.kind == "message" and one.thread_id == row.thread_id]
        if row.kind == "message" and len(same) > 1:
            mine.remove(same[-1])
        mine.append(row)
    return found


def _answers(
    connection: Connection, asked: Rows, official: Collection[str]
) -> tuple[Mapping[str, Rows], Mapping[str, Rows]]:
    """What the accounts wrote since the first question, by thread and by the post it stands under."""
    c = items.c
    columns = (c.kind, c.external_id, c.thread_id, c.post_id, c.parent_id, c.author_id, c.author_name, c.created_at)
    ours = or_(c.by_account.is_(True), c.author_id.in_(sorted(official)))
    since = min(one.created_at for one in asked)
    query = select(*columns, c.text, c.account).where(
        ours, c.deleted.is_(False), c.hidden.is_(False), c.created_at >= since
    )
    found: Rows = []
    for part in among(connection, sorted({one.thread_id for one in asked if one.thread_id})):
        found += connection.execute(query.where(c.thread_id.in_(part)))
    posts = sorted({one.external_id for one in asked if one.kind == "post"})
    under: Rows = []
    for part in among(connection, posts):
        below = query.join(raw_items, raw_items.c.id == c.id).where(raw_items.c.post_id.in_(part), c.kind == "comment")
        under += connection.execute(below)
    machine = _automatic(connection, [*found, *under])
    by_thread: dict[str, Rows] = {}
    by_post: dict[str, Rows] = {}
    for into, key, rows in ((by_thread, "thread_id", found), (by_post, "post_id", under)):
        for row in rows:
            if row.external_id not in machine:
                into.setdefault(getattr(row, key), []).append(row)
    return by_thread, by_post


def _automatic(connection: Connection, own: Rows) -> set[str]:
    said: dict[str, dict[str, str | None]] = {}
    for row in own:
        said.setdefault(row.account, {})[row.external_id] = row.text
    return {key for account, texts in said.items() for key in replies.automatic(connection, account, texts.items())}


def _owners(connection: Connection, threads: Sequence[str]) -> dict[str, str | None]:
    """Who wrote the top comment of each thread."""
    c, found = items.c, dict[str, str | None]()
    for part in among(connection, threads):
        query = select(c.external_id, c.author_id).where(named(items, part, ("comment",)))
        found |= {row.external_id: row.author_id for row in connection.execute(query)}
    return found


def record(connection: Connection, row: ResultRow, first: tuple[datetime, str], now: datetime) -> None:
    """Notes the first answer to a ticket (when, and its id), unless a person has said when it was, or an earlier one is known."""
    at, item = first
    if "first_response_at" in (row.touched or ()) or (row.first_response_at and row.first_response_at <= at):
        return
    c = tickets.c
    connection.execute(update(tickets).where(c.id == row.id).values(first_response_at=at, version=c.version + 1))
    data = {"first_response_at": [row.first_response_at and row.first_response_at.isoformat(), at.isoformat()]}
    write(connection, [Event(row.id, now, MACHINE, ANSWERED, {**data, "item": item})])


def seen_to(connection: Connection, row: ResultRow, item: str, now: datetime) -> None:
    """Notes that the reporter who wrote again has his answer: nobody waits any more."""
    c = tickets.c
    connection.execute(update(tickets).where(c.id == row.id).values(waiting_since=None, version=c.version + 1))
    write(connection, [Event(row.id, now, MACHINE, SEEN_TO, {"item": item})])
