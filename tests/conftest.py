"""Fixtures: an empty store on each of the three databases, and a sandbox to read from."""

import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine, text

from connector.store import migrate
from connector.store.engine import open_store

from . import servers

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("searching", deadline=None)
settings.load_profile("searching" if os.environ.get("NTBCARE_SOAK") else "repeatable")

DATABASES = ("sqlite", "postgresql", "mariadb")


@pytest.fixture(scope="session")
def database_servers() -> Iterator[dict[str, str]]:
    """Addresses of the servers, started here unless the environment names them already."""
    with ExitStack() as stack:
        yield {
            name: os.environ.get(variable) or stack.enter_context(getattr(servers, name)())
            for name, variable in servers.NAMES.items()
        }


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """The name of each of the three databases in turn."""
    name: str = request.param
    return name


@pytest.fixture
def store_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database; dropped afterwards."""
    if database == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    server = request.getfixturevalue("database_servers")[database]
    name = f"t{uuid.uuid4().hex[:16]}"
    admin = create_engine(server + ("postgres" if database == "postgresql" else ""), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server + name
    with admin.connect() as connection:
        force = " WITH (FORCE)" if database == "postgresql" else ""
        connection.execute(text(f"DROP DATABASE {name}{force}"))
    admin.dispose()


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    """A migrated store on each of the three databases."""
    made = open_store(store_url)
    migrate.migrate(made)
    yield made
    made.dispose()


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[Engine]:
    """A migrated SQLite store: where the database does not matter, or for another machine beside `engine`."""
    made = open_store(f"sqlite:///{tmp_path / 'sqlite.db'}")
    migrate.migrate(made)
    yield made
    made.dispose()


def graph_folder() -> Path | None:
    """Where Graph's recorded answers and specs lie, if the environment says so."""
    named = os.environ.get("NTBCARE_GRAPH_DIR")
    return Path(named) if named else None


@pytest.fixture(scope="session")
def graph_dir() -> Path:
    """The folder with Graph's recorded answers and node specs; tests that need it are skipped, and say so, without it."""
    folder = graph_folder()
    if folder is None:
        pytest.skip("NTBCARE_GRAPH_DIR names no folder with recorded answers and specs")
    return folder
