"""The schema under what runs long: when another program brings the store to another one, this one leaves it alone."""

import threading
from contextlib import suppress

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from .errors import StoreMismatch
from .store import migrate
from .store.engine import reading

EVERY = 20.0
"""Seconds."""


class Schema:
    """The schema that the store stood at when first looked at; `stop` is set when it is another one."""

    def __init__(self, engine: Engine, stop: threading.Event) -> None:
        self._engine, self._stop = engine, stop
        self._first: str | None = None
        self._now: str | None = None

    def look(self) -> None:
        """Looks where the store stands."""
        with reading(self._engine) as connection:
            self._now = migrate.current(connection)
        self._first = self._first or self._now
        if self._now != self._first:
            self._stop.set()

    def keep_looking(self) -> None:
        """Looks again and again until `stop`; at a store that does not answer, when it does."""
        while not self._stop.wait(EVERY):
            with suppress(SQLAlchemyError):
                self.look()

    def refuse(self) -> None:
        """Raises StoreMismatch when the store was brought to another schema."""
        if self._now != self._first:
            raise StoreMismatch(
                f"the store went from schema {self._first} to {self._now} while this program ran; start the ntbcare that fits"
            )
