"""Column types that keep the same value on SQLite, PostgreSQL and MariaDB."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine

BigId = BigInteger().with_variant(Integer, "sqlite")
"""A row's own number; SQLite counts by itself only in INTEGER."""

Name = String(190)
"""An identifier or key: MariaDB indexes at most 3072 bytes of several of them together."""

LongText = Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")

compact = json.JSONEncoder(separators=(",", ":")).encode
"""JSON as we keep it: pure ASCII, without blanks."""

# A private-use character leads the escape of what PostgreSQL (NUL) or UTF-8 (lone surrogates) cannot hold.
_LEAD = "\uf6e0"
_UNSTORABLE = re.compile(f"[\x00{_LEAD}\ud800-\udfff]")
_ESCAPED = re.compile(f"{_LEAD}([0-9a-f]{{4}})")


def escape(text: str) -> str:
    """Any text in, one that every database stores out; `unescape` gives back the very same text."""
    if text.isascii() and "\x00" not in text:  # nearly always, and much faster found out
        return text
    return _UNSTORABLE.sub(lambda m: f"{_LEAD}{ord(m.group()):04x}", text)


def unescape(text: str) -> str:
    """The inverse of `escape`."""
    return _ESCAPED.sub(lambda m: chr(int(m.group(1), 16)), text) if _LEAD in text else text


class Utc(TypeDecorator[datetime]):
    """An aware time, stored in UTC with microseconds; SQLite and MariaDB would drop the offset in silence."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """MariaDB keeps microseconds only when told to."""
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """Aware in, naive UTC out; for SQLite, which has no times, at once as the text it keeps."""
        if dialect.name == "sqlite":
            return lambda value: None if value is None else _utc(value).isoformat(" ", "microseconds")[:_NAIVE]
        return lambda value: None if value is None else _utc(value).replace(tzinfo=None)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], datetime | None]:
        """Naive UTC in, aware out."""
        if dialect.name == "sqlite":
            return lambda value: None if value is None else datetime.fromisoformat(value + "+00:00")
        return lambda value: None if value is None else value.replace(tzinfo=UTC)


_NAIVE = len("2026-11-24 01:02:03.000000")


def _utc(value: datetime) -> datetime:
    return value if value.tzinfo is UTC else value.astimezone(UTC)


class Faithful(TypeDecorator[str]):
    """Text exactly as a citizen sent it, also with NUL or lone surrogates."""

    impl = LongText
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escapes what a database cannot hold."""
        return None if value is None else escape(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """The text as it was sent."""
        return None if value is None else unescape(value)


class Json(TypeDecorator[Any]):
    """JSON as pure ASCII text, so that every string survives and no database rewrites it."""

    impl = LongText
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Compact and escaped."""
        return None if value is None else compact(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Parsed again."""
        return None if value is None else json.loads(value)
