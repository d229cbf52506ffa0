"""What a failed transaction means: it met others that held what it needed, or the store itself fails. It was undone whole."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

T = TypeVar("T")
TRIES = 3
_DEADLOCKS = ("1213", "40P01")
"""MariaDB; PostgreSQL."""
_NUMBERS = frozenset({5, 6, 1020, 1205, 1213})
"""SQLite: busy, locked. MariaDB: changed since it was read, waited in vain for a lock, deadlock."""
_STATES = ("40", "55P03")
"""PostgreSQL: deadlock and serialization failure, lock not available."""


def collided(error: SQLAlchemyError) -> bool:
    """Whether others held what the transaction needed: the same once more will do."""
    cause = getattr(error, "orig", None)
    extended = getattr(cause, "sqlite_errorcode", None)
    number = next(iter(getattr(cause, "args", ())), None) if extended is None else extended & 0xFF
    return number in _NUMBERS or str(getattr(cause, "sqlstate", None)).startswith(_STATES)


def cause_of(error: SQLAlchemyError) -> str:
    """What the database or its driver says, in one line."""
    return " ".join(str(getattr(error, "orig", error)).split())[:300]


def remark(error: SQLAlchemyError) -> tuple[str, str]:
    """Action and line for the log of one who tries again."""
    if collided(error):
        return "store_busy", f"others held what was needed; undone, it is tried again: {cause_of(error)}"
    return "store_failed", f"the store fails: {cause_of(error)}"


def persistently(work: Callable[[], T]) -> T:
    """Does it anew after a deadlock, which any database may find at any time; it must begin where the store says it stands."""
    for _ in range(TRIES - 1):
        try:
            return work()
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None)
            if not {str(getattr(cause, "sqlstate", None)), *map(str, getattr(cause, "args", ())[:1])} & {*_DEADLOCKS}:
                raise
    return work()
