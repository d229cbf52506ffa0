"""What a failed transaction means: it met others that held what it needed, or the store itself fails. It was undone whole."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DatabaseError, SQLAlchemyError

T = TypeVar("T")
TRIES = 3
_YIELD_S = 0.2
"""At most: who was undone lets the other pass, or he takes the same lock before that one has woken."""
_DEADLOCKS = frozenset({"1213", "40P01"})
"""MariaDB; PostgreSQL."""
_HELD = _DEADLOCKS | {"sqlite 5", "sqlite 6", "1020", "1205", "40000", "40001", "40002", "40003", "55P03"}
"""SQLite: busy, locked. MariaDB: changed since it was read, waited in vain for a lock. PostgreSQL: transaction rolled back, of
which serialization failure is one; lock not available."""


def collided(error: SQLAlchemyError) -> bool:
    """Whether others held what the transaction needed: the same once more will do."""
    return _code_of(error) in _HELD


def _code_of(error: SQLAlchemyError) -> str:
    """By what the database names the error: SQLite's primary code, MariaDB's number, PostgreSQL's state."""
    cause = getattr(error, "orig", None)
    extended = getattr(cause, "sqlite_errorcode", None)
    if extended is not None:
        return f"sqlite {extended & 0xFF}"
    number = next(iter(getattr(cause, "args", ())), None)
    return str(number if isinstance(number, int) else getattr(cause, "sqlstate", None))


def cause_of(error: SQLAlchemyError) -> str:
    """What the database or its driver says, in one line."""
    return " ".join(str(getattr(error, "orig", error)).split())[:300]


def advice(error: SQLAlchemyError) -> str:
    """What the database says, and what to do, in one line."""
    cause = cause_of(error)
    if collided(error):
        return f"{cause}; others held what was needed, nothing of this step was kept: run the command again"
    if type(error) is DatabaseError:  # what SQLite says of a file that it cannot read, and of nothing else
        return f"{cause}; put back a backup of it, or name another store"
    return f"{cause}; is it reachable and writable, with room on its disk? Try again after mending that"


def remark(error: SQLAlchemyError) -> tuple[str, str]:
    """Action and line for the log of one who tries again."""
    if collided(error):
        return "store_busy", f"others held what was needed; undone, it is tried again: {cause_of(error)}"
    return "store_failed", f"the store fails: {cause_of(error)}"


def persistently(work: Callable[[], T]) -> T:
    """Does it anew, some 0.1 s later, after a deadlock, which any database may find at any time.

    `work` must begin where the store says it stands. Raises what the last of `TRIES` raised, and at once what is no deadlock.
    """
    for _ in range(TRIES - 1):
        try:
            return work()
        except SQLAlchemyError as error:
            if _code_of(error) not in _DEADLOCKS:
                raise
            time.sleep(random.uniform(0, _YIELD_S))  # noqa: S311
    return work()
