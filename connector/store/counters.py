"""`counters`: ticket numbers, and the row on which processors wait for one another."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from ..wita import WITA
from .raw import ResultRow
from .schema import counters
from .statements import insert_new, upsert

_LOCKED = select(counters.c.value, counters.c.at).where(counters.c.name == bindparam("name")).with_for_update()


def serialize(connection: Connection) -> None:
    """Makes processors wait for one another until their transactions end: two must not open the same ticket."""
    _locked(connection, "process")


def take_numbers(connection: Connection, count: int, now: datetime) -> tuple[list[str], datetime]:
    """`count` fresh numbers and the time of opening, never before that of the numbers already given."""
    year = now.astimezone(WITA).year
    name = f"tickets:{year}"
    # The row stays locked until the transaction ends, so a later number is never committed with an earlier time.
    row = _locked(connection, name)
    last, opened_at = row.value + count, max(now, row.at) if row.at else now
    connection.execute(update(counters).where(counters.c.name == name).values(value=last, at=opened_at))
    return [f"NTB-{year}-{n:06d}" for n in range(row.value + 1, last + 1)], opened_at


def _locked(connection: Connection, name: str) -> ResultRow:
    """A counter, made if needed, which nobody else locks until the transaction ends."""
    row = connection.execute(_LOCKED, {"name": name}).first()
    if row is None:
        insert_new(connection, counters, [{"name": name, "value": 0}])
        row = connection.execute(_LOCKED, {"name": name}).one()
    return row


def value_of(connection: Connection, name: str, since: datetime | None = None) -> int:
    """A counter's value; 0 before it was set, or if it was not set `since` then."""
    c = counters.c
    query = select(c.value).where(c.name == name, *([c.at >= since] if since else []))
    return connection.scalar(query) or 0


def set_value(connection: Connection, name: str, value: int, at: datetime | None = None) -> None:
    """Sets a counter, making it if needed."""
    upsert(connection, counters, [{"name": name, "value": value, "at": at}], ("value", "at"))
