"""One store for all schedules of a test process."""

from collections.abc import Iterator

import pytest

from .store import Store, fresh_store


@pytest.fixture(scope="session")
def simulated() -> Iterator[Store]:
    """A SQLite store in memory-backed storage."""
    with fresh_store() as store:
        yield store
