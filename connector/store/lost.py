"""Posts and conversations that Graph shows no more: which to ask for, and what becomes of one that is gone."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select, update
from sqlalchemy.sql import ColumnElement

from ..records import Stream
from .checkpoints import Shelf
from .schema import checkpoints, raw_items
from .statements import named

ASKED = "lost"  # the scope in which stands when a conversation out of sight was last asked for


def unseen_posts(
    connection: Connection,
    account: str,
    streams: Iterable[Stream],
    unseen_since: datetime,
    since: datetime | None,
    until: datetime | None,
) -> list[str]:
    """Ids of stored posts of these streams inside a window, or older and moved in it, that a complete walk did not show.

    They are deleted, or only out of Graph's sight.
    """
    c = raw_items.c
    mine = (c.account == account, c.kind == "post", c.stream.in_(list(streams)))
    query = select(c.external_id).where(*mine, c.seen_at < unseen_since, c.deleted_at.is_(None))
    if since:
        p = checkpoints.c
        stirred = select(p.object_id).where(
            p.account == account,
            p.stream == "comments",
            p.seen >= f"{since:%Y-%m-%dT%H:%M:%S}",
            ~p.seen.startswith("?"),
        )
        query = query.where(or_(c.created_at >= since, c.external_id.in_(stirred)))
    if until:
        query = query.where(c.created_at < until)
    return list(connection.scalars(query.order_by(c.created_at.desc())))


def unseen_conversations(
    connection: Connection, account: str, unseen_since: datetime, since: datetime, most: int
) -> list[str]:
    """Ids of conversations active since then that a complete walk did not show: deleted, or in another folder than the inbox.

    Those asked for longest ago come first, of them the latest. For one walk, which began at `unseen_since`, not more than
    `most` are asked for, however often it is cut.
    """
    c, k = raw_items.c, checkpoints.c
    known = raw_items.outerjoin(checkpoints, and_(_asked(account), k.object_id == c.conversation_id))
    latest, asked = func.max(c.created_at), func.max(k.complete_at)
    query = (
        select(c.conversation_id)
        .select_from(known)
        .where(c.account == account, c.kind == "message", c.deleted_at.is_(None))
        .group_by(c.conversation_id)
        .having(func.max(c.seen_at) < unseen_since, latest >= since, or_(asked.is_(None), asked < unseen_since))
        .order_by(asked.is_not(None), asked, latest.desc(), c.conversation_id)
    )
    return list(connection.scalars(query.limit(max(most - asked_since(connection, account, unseen_since), 0))))


def asked_since(connection: Connection, account: str, since: datetime) -> int:
    """How many conversations out of sight were asked for since then."""
    recent = _asked(account), checkpoints.c.complete_at >= since
    return connection.scalar(select(func.count()).select_from(checkpoints).where(*recent)) or 0


def _asked(account: str) -> ColumnElement[bool]:
    c = checkpoints.c
    return and_(c.account == account, c.scope == ASKED, c.stream == "messages")


def ask_for_conversation(connection: Connection, account: str, conversation_id: str, now: datetime) -> None:
    """Notes that it is asked for now: those that were not have their turn before it comes again."""
    Shelf(account, "messages", ASKED).put(connection, conversation_id, complete_at=now)


def bury_post(connection: Connection, post_id: str, now: datetime) -> int:
    """Marks a post that Graph knows no more, and what hung on it, as deleted; returns how many items."""
    c = raw_items.c
    mine = or_(named(raw_items, [post_id], ("post",)), (c.kind == "comment") & (c.post_id == post_id))
    return connection.execute(
        update(raw_items).where(mine, c.deleted_at.is_(None)).values(deleted_at=now, state="pending")
    ).rowcount
