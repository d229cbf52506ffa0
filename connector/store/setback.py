"""The store's clock was ahead and is right again: what was noted meanwhile lies in the future, and until that has come nothing
would be due, no alarm late, nobody blind.
"""

from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, func, select, update

from .schema import accounts, alarms, checkpoints, labels, lanes, raw_items, replies, reply_pauses, streams

SLACK = timedelta(minutes=1)
_NOT_AFTER_NOW = (
    *(accounts.c[name] for name in ("due_at", "tried_at", "ok_at", "heard_at", "swept_at", "used_at")),
    *(streams.c.ok_at, streams.c.error_at, checkpoints.c.complete_at, raw_items.c.deleted_at, labels.c.at),
    *(lanes.c.due_at, lanes.c.ok_at, lanes.c.down_at, alarms.c.next_at, reply_pauses.c.at),
    *(replies.c.due_at, replies.c.tried_at, replies.c.sent_at),
)
"""Not `seen_at`: by it a walk under way tells what it has not shown."""


def ahead(connection: Connection, now: datetime) -> timedelta | None:
    """How far the clock was ahead when an account was last read; None when that does not lie after now."""
    latest = connection.scalar(select(func.max(accounts.c.tried_at)))
    return latest - now if latest is not None and latest > now + SLACK else None


def set_back(connection: Connection, now: datetime) -> None:
    """Takes `now` for all that lies after it; a pause lasts from now on as long as it was to last."""
    for account in connection.execute(select(accounts).where(accounts.c.tried_at > now)).all():
        for until, of in ((accounts.c.paused_until, accounts.c.key), (streams.c.paused_until, streams.c.account)):
            _keep_length(connection, until, of, account.key, account.tried_at, now)
    for pause in connection.execute(select(reply_pauses).where(reply_pauses.c.at > now)).all():
        of = reply_pauses.c.account
        _keep_length(connection, reply_pauses.c.lasts_until, of, pause.account, pause.at, now)
    for column in _NOT_AFTER_NOW:
        connection.execute(update(column.table).where(column > now).values({column.name: now}))


def _keep_length(
    connection: Connection, until: Column[datetime], of: Column[str], key: str, began: datetime, now: datetime
) -> None:
    for end in connection.scalars(select(until).where(of == key, until > began).distinct()).all():
        connection.execute(update(until.table).where(of == key, until == end).values({until.name: now + (end - began)}))
