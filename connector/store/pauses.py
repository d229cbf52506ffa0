"""`reply_pauses`: accounts that may not answer now, since when and why; beside them, answering goes on."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from .raw import ResultRow
from .schema import reply_pauses
from .statements import upsert


def pause(connection: Connection, account: str, until: datetime | None, reason: str, now: datetime) -> None:
    """Nothing is answered by the account until then; without a time, until a person resumes it."""
    row = {"account": account, "lasts_until": until, "reason": reason, "at": now}
    upsert(connection, reply_pauses, [row], ("lasts_until", "reason", "at"))


def resume(connection: Connection, account: str) -> bool:
    """Lets the account answer again; False when it was not paused."""
    return bool(connection.execute(delete(reply_pauses).where(reply_pauses.c.account == account)).rowcount)


def pauses(connection: Connection) -> dict[str, ResultRow]:
    """Every pause, by account, also those that are over."""
    return {row.account: row for row in connection.execute(select(reply_pauses))}


def paused(connection: Connection, account: str, now: datetime) -> ResultRow | None:
    """The pause of an account that lasts at `now`."""
    row = pauses(connection).get(account)
    return row if row is not None and (row.lasts_until is None or row.lasts_until > now) else None
