"""`counters`: ticket numbers, and the row on which processors wait for one another."""

from datetime import datetime, timedelta, timezone

from sqlalchemy import Connection, select, update

from .schema import counters
from .statements import insert_new, upsert

WITA = timezone(timedelta(hours=8))


def serialize(connection: Connection) -> None:
    """Makes processors wait for one another until their transactions end: two must not open the same ticket."""
    insert_new(connection, counters, [{"name": "process", "value": 0}])
    connection.execute(select(counters.c.value).where(counters.c.name == "process").with_for_update())


def take_numbers(connection: Connection, count: int, now: datetime) -> tuple[list[str], datetime]:
    """`count` fresh numbers and the time of opening, never before that of the numbers already given."""
    year = now.astimezone(WITA).year
    name = f"tickets:{year}"
    insert_new(connection, counters, [{"name": name, "value": 0}])
    c = counters.c
    # The row stays locked until the transaction ends, so a later number is never committed with an earlier time.
    connection.execute(update(counters).where(c.name == name).values(value=c.value + count))
    row = connection.execute(select(c.value, c.at).where(c.name == name)).one()
    opened_at = max(now, row.at) if row.at else now
    connection.execute(update(counters).where(c.name == name).values(at=opened_at))
    return [f"NTB-{year}-{n:06d}" for n in range(row.value - count + 1, row.value + 1)], opened_at


def value_of(connection: Connection, name: str) -> int:
    """A counter's value; 0 before it was set."""
    return connection.scalar(select(counters.c.value).where(counters.c.name == name)) or 0


def set_value(connection: Connection, name: str, value: int) -> None:
    """Sets a counter, making it if needed."""
    upsert(connection, counters, [{"name": name, "value": value}], ("value",))
