"""R-34: the migrations make exactly the declared schema, on all three databases, up and down, by several at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from connector.errors import StoreMismatch
from connector.export import records
from connector.store import migrate
from connector.store.engine import open_store, reading, writing
from connector.store.schema import metadata
from tests.edge.citizens import fill


def test_migrations_make_the_declared_schema(engine: Engine) -> None:
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        assert compare_metadata(context, metadata) == []


def test_down_to_nothing_and_up_again(engine: Engine) -> None:
    migrate.migrate(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    assert migrate.migrate(engine) == (None, migrate.newest())


def test_a_store_with_rows_comes_up_whole_from_every_older_schema(engine: Engine) -> None:
    fill(engine)
    with reading(engine) as connection:
        before = [list(records(connection, what)) for what in ("raw", "items", "tickets")]
    older = ["0007", "0006", "0005", "0004", "0003", "0002", "0001"]
    for revision in older:
        assert migrate.migrate(engine, revision)[1] == revision
        assert migrate.migrate(engine) == (revision, migrate.newest())
        with reading(engine) as connection:
            assert [list(records(connection, what)) for what in ("raw", "items", "tickets")] == before, revision


def test_four_at_once_migrate_once(store_url: str) -> None:
    engines = [open_store(store_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(lambda e: migrate.migrate(e)[1], engines))
    assert ends == [migrate.newest()] * 4
    for engine in engines:
        engine.dispose()


def test_a_store_that_is_empty_behind_or_ahead_is_refused_with_a_way_out(store_url: str) -> None:
    engine = open_store(store_url)
    with pytest.raises(StoreMismatch, match="ntbcare migrate"):
        migrate.check(engine)
    migrate.migrate(engine)
    migrate.check(engine)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreMismatch, match="newer"):
        migrate.check(engine)
    engine.dispose()


def test_ids_are_told_apart_by_case_accents_and_trailing_blanks(engine: Engine) -> None:
    with writing(engine) as connection:
        for key in ("abc", "ABC", "Abc", "ábc", "abc "):
            connection.execute(text("INSERT INTO counters (name, value) VALUES (:k, 1)"), {"k": key})
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT COUNT(*) FROM counters")) == 5
