"""One store for all schedules of a test process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .store import Store, fresh_store


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Thousands of schedules under a tracer would take twice as long, and what they reach is covered elsewhere, too."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("no_cover")


@pytest.fixture(scope="session")
def simulated() -> Iterator[Store]:
    """A SQLite store in memory-backed storage."""
    with fresh_store() as store:
        yield store
