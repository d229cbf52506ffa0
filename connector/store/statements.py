"""The few statements that each database spells in its own way."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, Literal, TypeVar, cast

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Connection,
    Dialect,
    Select,
    String,
    Table,
    Text,
    and_,
    bindparam,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.functions import FunctionElement

from ..records import ITEM_KINDS, PLATFORMS
from .types import compact

CHUNK, FEW = 500, 50
Values = Mapping[str, Any]
Mode = Literal["all", "new", "or update"]
T = TypeVar("T")
SOME: BindParameter[Any] = bindparam("some", expanding=True)
"""What `in_` takes in a statement that is made once: at each execution the values are given as `some`."""


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Slices of at most `size`, since databases bound the parameters of one statement."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def among(connection: Connection, values: Sequence[Any]) -> Iterator[Any]:
    """What `in_` takes for values, however many they are: slices of them; on SQLite many at once, as one parameter.

    SQLAlchemy takes longer to write five hundred parameters than SQLite takes to answer.
    """
    if len(values) > FEW and connection.dialect.name == "sqlite":
        yield select(func.json_each(compact(values)).table_valued("value").c.value)
    else:
        yield from chunks(values)


def named(table: Table, ids: Any, kinds: Sequence[str] = ITEM_KINDS) -> ColumnElement[bool]:
    """Items or raw items with these ids of their platforms: the only index on ids begins with platform and kind."""
    c = table.c
    return and_(c.platform.in_(_words(PLATFORMS)), c.kind.in_(_words(kinds)), c.external_id.in_(ids))


def _words(values: Sequence[str]) -> list[ColumnElement[str]]:
    """Words of our own as part of the statement: as parameters they would be written into it anew each time."""
    return [literal_column(f"'{value}'", String) for value in values]


def insert_all(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Inserts rows; every one must be new."""
    _each(connection, table, rows, "all", ())


def insert_new(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Inserts rows, leaving alone those whose key is there already."""
    _each(connection, table, rows, "new", ())


def upsert(connection: Connection, table: Table, rows: Sequence[Values], columns: Sequence[str]) -> None:
    """Inserts rows; of those whose primary key is there already, sets `columns`; of rows with one key the last one counts."""
    key = [column.name for column in table.primary_key.columns]
    last = {tuple(row[name] for name in key): row for row in rows}
    _each(connection, table, list(last.values()), "or update", tuple(columns))


def _each(connection: Connection, table: Table, rows: Sequence[Values], mode: Mode, columns: tuple[str, ...]) -> None:
    """Rows by the driver itself, their values made ready here by column: SQLAlchemy's own way takes twice as long."""
    if not rows:
        return
    ready = _prepared(connection.dialect, table, tuple(rows[0]), mode, columns)
    by_column: list[Iterable[Any]] = [map(itemgetter(name), rows) for name in ready.names]
    for place, make in ready.made:
        by_column[place] = map(make, by_column[place])
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(ready.sql, dict(zip(ready.names, map(list, by_column), strict=True)))
    else:
        connection.exec_driver_sql(ready.sql, list(zip(*by_column, strict=True)))


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A statement as its driver wants it: the names of its values in order, and by place what makes the driver's form."""

    sql: str
    names: Sequence[str]
    made: Sequence[tuple[int, Callable[[Any], Any]]]


@lru_cache(maxsize=256)
def _prepared(
    dialect: Dialect, table: Table, names: tuple[str, ...], mode: Mode, columns: tuple[str, ...]
) -> _Prepared:
    statement = _statement(dialect.name, table, mode, columns)
    if dialect.name == "postgresql":
        statement = statement.from_select(names, _columns(table, names), include_defaults=False)
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    order = list(getattr(compiled, "positiontup", None) or names)
    ways = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in order]
    made = [(place, way) for place, way in enumerate(ways) if way is not None]
    return _Prepared(str(compiled), order, made)


def _columns(table: Table, names: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """Rows out of one array a column: PostgreSQL's driver would send, and the server plan, each row by itself."""
    kinds = [(name, table.c[name].type) for name in names]
    # A cast to a bounded text would cut it in silence; to be stored, it is checked.
    arrays = [(name, postgresql.ARRAY(Text() if isinstance(kind, String) else kind)) for name, kind in kinds]
    return select(*(func.unnest(bindparam(name, type_=array)) for name, array in arrays))


def _statement(dialect: str, table: Table, mode: Mode, columns: Sequence[str]) -> Insert:
    if mode == "all":
        return insert(table)
    if dialect in ("sqlite", "postgresql"):
        own: Any = sqlite if dialect == "sqlite" else postgresql
        plain = own.insert(table)
        if mode == "new":
            return cast(Insert, plain.on_conflict_do_nothing())
        set_ = {c: plain.excluded[c] for c in columns}
        return cast(Insert, plain.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=set_))
    maria = mysql.insert(table)
    if mode == "new":
        key = next(iter(table.primary_key.columns))
        return maria.on_duplicate_key_update({key.name: key})
    return maria.on_duplicate_key_update({c: maria.inserted[c] for c in columns})


class now_ms(FunctionElement[int]):  # noqa: N801  (named as SQL's own functions are)
    """The database's own clock in milliseconds since 1970: hosts may disagree on theirs."""

    type = BigInteger()
    inherit_cache = True


@compiles(now_ms)
def _clock(_element: now_ms, compiler: SQLCompiler, **_: Any) -> str:
    return CLOCKS[compiler.dialect.name]


CLOCKS = {
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    "postgresql": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    "mysql": "CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)",
}
