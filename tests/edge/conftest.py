"""What the tests of reading share: one Page, and a reader of it on SQLite; a file that needs others makes its own."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from connector.sandbox import World
from tests.reading import Bench, calm_bench, one_page


@pytest.fixture
def world() -> World:
    """A Page on which nothing has been said."""
    return one_page()


@pytest.fixture
def reader(sqlite_engine: Engine, world: World) -> Iterator[Bench]:
    """A reader that waits for nothing."""
    with calm_bench(sqlite_engine, world) as made:
        yield made
