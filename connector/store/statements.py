"""The few statements that each database spells in its own way."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, literal_column
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.dml import Insert

CHUNK = 500
Values = Mapping[str, Any]
T = TypeVar("T")


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Slices of at most `size`, since databases bound the parameters of one statement."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def insert_new(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Inserts rows, leaving alone those whose key is there already."""
    if not rows:
        return
    statement: Insert
    match connection.dialect.name:
        case "sqlite":
            statement = sqlite.insert(table).on_conflict_do_nothing()
        case "postgresql":
            statement = postgresql.insert(table).on_conflict_do_nothing()
        case _:
            key = next(iter(table.primary_key.columns))
            statement = mysql.insert(table).on_duplicate_key_update({key.name: key})
    connection.execute(statement, list(rows))


def upsert(connection: Connection, table: Table, rows: Sequence[Values], columns: Sequence[str]) -> None:
    """Inserts rows; of those whose primary key is there already, sets `columns`."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key.columns]
    statement: Insert
    if connection.dialect.name in ("sqlite", "postgresql"):
        dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
        plain = dialect.insert(table)
        statement = plain.on_conflict_do_update(index_elements=keys, set_={c: plain.excluded[c] for c in columns})
    else:
        own = mysql.insert(table)
        statement = own.on_duplicate_key_update({c: own.inserted[c] for c in columns})
    connection.execute(statement, list(rows))


def now_ms(connection: Connection) -> ColumnElement[int]:
    """The database's own clock in milliseconds since 1970: hosts may disagree on theirs."""
    expression = {
        "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
        "postgresql": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    }.get(connection.dialect.name, "CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)")
    return literal_column(expression)
