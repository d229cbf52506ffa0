"""`replies`: one row an answer to a citizen, committed before it is sent, so that nobody is ever answered twice.

The ticket's history is the outbox: an event is written in the ticket's own transaction, and an answer is unique by ticket, event,
channel and target. Which of our own comments and messages are such answers, `automatic` tells.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, exists, func, insert, or_, select, update

from .raw import ResultRow
from .schema import (
    counters,
    items,
    replies,
    ticket_events,
    ticket_items,
    tickets,
)
from .statements import among, insert_new

ANSWERED_EVENTS = ("opened", "appended", "moved", "reopened")
WAITING = ("due", "trying")
TOLD = ("due", "trying", "sent", "unsure")
_OVERLAP = timedelta(minutes=5)
"""A transaction may commit its event after a later event was read; none lasts as long as this."""


def digest(text: str) -> str:
    """The same for a text and what a platform makes of it: its blanks and its Unicode form may change on the way."""
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def automatic(connection: Connection, account: str, own: Iterable[tuple[str, str | None]]) -> set[str]:
    """Of an account's own items (id, text), the ids of those that this program sent as answers.

    An answer whose id was lost on the way (the process was killed, the connection broke) is known by its text.
    """
    c = replies.c
    by_digest: dict[str, set[str]] = {}
    ids = []
    for key, text in own:
        ids.append(key)
        if text:
            by_digest.setdefault(digest(text), set()).add(key)
    found: set[str] = set()
    for part in among(connection, ids):
        found |= set(connection.scalars(select(c.sent_id).where(c.account == account, c.sent_id.in_(part))))
    for part in among(connection, list(by_digest)):
        query = select(c.digest).where(c.account == account, c.digest.in_(part), c.state.in_(TOLD))
        for known in connection.scalars(query):
            found |= by_digest[known]
    return found


def mark(connection: Connection, account: str) -> int | None:
    """Up to which event all has been seen to; None when the account has never answered."""
    found: int | None = connection.scalar(select(counters.c.value).where(counters.c.name == f"replies:{account}"))
    return found


def begin(connection: Connection, account: str, oldest: datetime) -> int:
    """The account begins to answer: what happened before `oldest` is never answered."""
    last = connection.scalar(select(func.max(ticket_events.c.id)).where(ticket_events.c.at < oldest)) or 0
    insert_new(connection, counters, [{"name": f"replies:{account}", "value": last}])
    return mark(connection, account) or 0


def newest_event(connection: Connection) -> int:
    """The last event of all."""
    return connection.scalar(select(func.max(ticket_events.c.id))) or 0


def move_mark(connection: Connection, account: str, upto: int, now: datetime) -> None:
    """Moves the mark past events up to `upto` that are all seen to, and old enough that none can still come before them."""
    e, c = ticket_events.c, counters.c
    after = mark(connection, account) or 0
    old = select(func.max(e.id)).where(e.id > after, e.id <= upto, e.at < now - _OVERLAP)
    if (settled := connection.scalar(old)) is not None:
        connection.execute(update(counters).where(c.name == f"replies:{account}").values(value=settled))


def events(connection: Connection, account: str, after: int, oldest: datetime, limit: int) -> list[ResultRow]:
    """Events of an account's tickets that may be answered and were not, oldest first, each with the ticket's first item.

    Also what became of other accounts' tickets in which an item of this one stands: a supporter is answered by the Page
    that he wrote to. Tickets opened for an item created before `oldest` are left out, so that a backfill costs nothing here.
    """
    e, first = ticket_events.c, (ticket_items.c.ticket_id == ticket_events.c.ticket_id) & (ticket_items.c.position == 0)
    stands, item = ticket_items.alias(), items.alias()
    own_item = exists().where(
        stands.c.ticket_id == e.ticket_id, item.c.id == stands.c.item_id, item.c.account == account
    )
    r = replies.c
    answered = (r.ticket_id == e.ticket_id) & (r.event_id == e.id) & (r.account == account)
    query = (
        select(e.id, e.ticket_id, e.at, e.what, e.data, e.words, ticket_items.c.item_id)
        .select_from(
            ticket_events.join(tickets, tickets.c.id == e.ticket_id)
            .join(ticket_items, first)
            .join(items, items.c.id == ticket_items.c.item_id)
            .outerjoin(replies, answered)
        )
        .where(e.id > after, e.what.in_(ANSWERED_EVENTS), replies.c.id.is_(None))
        .where(or_(tickets.c.account == account, (e.what != "opened") & own_item))
        .where(or_(e.what != "opened", items.c.created_at >= oldest))
    )
    return list(connection.execute(query.order_by(e.id).limit(limit)))


def answered_privately(connection: Connection, authors: Sequence[str]) -> list[ResultRow]:
    """The tickets of these persons' comments and posts that were answered in Messenger: account, author_id, ticket_id."""
    c = replies.c
    query = select(c.account, c.author_id, c.ticket_id).where(c.channel == "private", c.state == "sent").distinct()
    return [
        row for part in among(connection, authors) for row in connection.execute(query.where(c.author_id.in_(part)))
    ]


def add(connection: Connection, values: Mapping[str, Any]) -> bool:
    """Whether the answer is new; one in the same place is left alone: two who write in one thread both read it there."""
    key = [replies.c[name] == values[name] for name in ("ticket_id", "event_id", "channel", "target")]
    if connection.scalar(select(func.count()).where(*key)):
        return False
    connection.execute(insert(replies).values(**values, digest=digest(values["text"])))
    return True


def overtake(connection: Connection, ticket_id: int, author: str, event: int, reason: str) -> None:
    """Answers about a ticket that wait to be sent to a person are overtaken by one to a newer event."""
    c = replies.c
    where = (c.ticket_id == ticket_id, c.author_id == author, c.event_id < event, c.state == "due")
    connection.execute(update(replies).where(*where).values(state="skipped", reason=reason))


def told(
    connection: Connection, account: str, author: str, thread: str | None, *, but: int, rehearsed: bool
) -> list[ResultRow]:
    """When a person was answered in a thread, or is to be, newest first; `but` leaves one answer out.

    `rehearsed` counts what only would be answered, too.
    """
    c = replies.c
    at = func.coalesce(c.sent_at, c.tried_at, c.due_at)
    states = (*TOLD, "dry_run") if rehearsed else TOLD
    where = [c.account == account, c.author_id == author, c.state.in_(states), c.id != but]
    where.append(c.thread_id.is_(None) if thread is None else c.thread_id == thread)
    query = select(c.id, c.ticket_id, c.state, at.label("at")).where(*where)
    return list(connection.execute(query.order_by(at.desc()).limit(20)))


def due(connection: Connection, account: str, now: datetime) -> ResultRow | None:
    """The answer that has waited longest: never tried, or of unknown outcome."""
    c = replies.c
    query = (
        select(*c, tickets.c.number, items.c.kind.label("item_kind"), items.c.external_id.label("item_key"))
        .join(tickets, tickets.c.id == c.ticket_id)
        .join(items, items.c.id == c.item_id)
        .where(c.account == account, c.state.in_(WAITING), c.due_at <= now)
    )
    found: ResultRow | None = connection.execute(query.order_by(c.due_at, c.id).limit(1)).first()
    return found


def get(connection: Connection, reply: int) -> ResultRow:
    """An answer's row."""
    row: ResultRow = connection.execute(select(replies).where(replies.c.id == reply)).one()
    return row


def settle(connection: Connection, reply: int, **values: Any) -> None:
    """Sets columns of one answer."""
    connection.execute(update(replies).where(replies.c.id == reply).values(**values))


def sent_since(connection: Connection, account: str, since: datetime) -> int:
    """How many answers went out, or may have."""
    c = replies.c
    query = select(func.count()).where(c.account == account, c.state.in_(("sent", "trying")), c.tried_at >= since)
    return connection.scalar(query) or 0


def claimed(connection: Connection, account: str, ids: Sequence[str]) -> set[str]:
    """Of our own comments or messages, those that are known to be some answer already."""
    c = replies.c
    return {
        key
        for part in among(connection, ids)
        for key in connection.scalars(select(c.sent_id).where(c.account == account, c.sent_id.in_(part)))
    }


def every(connection: Connection, **equal: Any) -> Iterator[ResultRow]:
    """Answers with their tickets' numbers, oldest first, in constant memory; `equal` narrows by column."""
    columns = {**dict(replies.c), "number": tickets.c.number}
    narrow = [columns[name] == value for name, value in equal.items() if value is not None]
    query = select(*replies.c, tickets.c.number).join(tickets, tickets.c.id == replies.c.ticket_id).where(*narrow)
    after = 0
    while rows := list(connection.execute(query.where(replies.c.id > after).order_by(replies.c.id).limit(500))):
        yield from rows
        after = rows[-1].id


def count(connection: Connection, since: datetime | None = None, until: datetime | None = None) -> list[ResultRow]:
    """How many answers by account, kind and state, of those made in [since, until)."""
    c = replies.c
    query = select(c.account, c.kind, c.state, func.count().label("n")).where(*_made(since, until))
    return list(connection.execute(query.group_by(c.account, c.kind, c.state).order_by(c.account, c.kind, c.state)))


def newest(connection: Connection, since: datetime | None, until: datetime | None, limit: int) -> list[ResultRow]:
    """Of those made in [since, until), the last ones, latest first, with their tickets' numbers."""
    query = select(*replies.c, tickets.c.number).join(tickets, tickets.c.id == replies.c.ticket_id)
    return list(connection.execute(query.where(*_made(since, until)).order_by(replies.c.id.desc()).limit(limit)))


def _made(since: datetime | None, until: datetime | None) -> list[Any]:
    bounds = [replies.c.made_at >= since] if since else []
    return [*bounds, replies.c.made_at < until] if until else bounds


def of_items(connection: Connection, item_ids: Sequence[int]) -> list[ResultRow]:
    """All answers to these items, with their tickets' numbers, oldest first."""
    query = select(*replies.c, tickets.c.number).join(tickets, tickets.c.id == replies.c.ticket_id)
    return list(connection.execute(query.where(replies.c.item_id.in_(item_ids)).order_by(replies.c.id)))


def forget(connection: Connection, *, authors: Sequence[str] = (), item_ids: Sequence[int] = ()) -> int:
    """Wipes out whom and where we answered, and what we said; that something was answered when remains (UU PDP art. 43)."""
    c = replies.c
    mine = or_(c.author_id.in_(authors), c.item_id.in_(item_ids))
    stopped = (mine, c.state.in_((*WAITING, "dry_run")))
    connection.execute(update(replies).where(*stopped).values(state="skipped"))
    nothing = ("author_id", "target", "thread_id", "text", "digest", "reason")
    told = or_(*(c[name].is_not(None) for name in nothing))
    return connection.execute(update(replies).where(mine, told).values(**dict.fromkeys(nothing))).rowcount
