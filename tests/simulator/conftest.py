"""One store for all schedules of a test process."""

from collections.abc import Iterator

import pytest

from .store import Store, fresh_store


@pytest.fixture(scope="session")
def simulated() -> Iterator[Store]:
    """A SQLite store in memory-backed storage."""
    with fresh_store() as store:
        yield store


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Thousands of schedules take longer than a test run may: `make soak` plays them."""
    for item in items:
        if "tests/simulator" in str(item.path):
            item.add_marker(pytest.mark.soak)
