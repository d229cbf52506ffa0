"""R-34: the migrations make exactly the declared schema, on all three databases, up and down, by several at once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, event, inspect, text

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


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4, 0.7, 0.97])
def test_a_migration_that_was_cut_goes_on(store_url: str, share: float) -> None:
    engine = open_store(store_url)
    all_ = _cut(engine, None)
    migrate.migrate(engine, "base")
    met = int(all_ * share)
    assert _cut(engine, met) == met + 1
    assert migrate.migrate(engine)[1] == migrate.newest()
    migrate.check(engine)
    test_migrations_make_the_declared_schema(engine)
    engine.dispose()


def _cut(engine: Engine, after: int | None) -> int:
    """Migrates, and falls after so many statements that change something; returns how many it met."""
    met = 0

    def fall(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal met
        met += statement.lstrip().startswith(("CREATE", "ALTER", "INSERT", "UPDATE"))
        if after is not None and met > after:
            raise KeyboardInterrupt

    event.listen(engine, "before_cursor_execute", fall)
    try:
        with suppress(KeyboardInterrupt):
            migrate.migrate(engine)
    finally:
        event.remove(engine, "before_cursor_execute", fall)
    return met


def test_the_store_of_another_program_is_left_alone(store_url: str) -> None:
    engine = open_store(store_url)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE items (id INTEGER)"))
    for verb in (migrate.check, migrate.migrate):
        with pytest.raises(StoreMismatch, match=r"holds tables of another program \(items\); name a store of its own"):
            verb(engine)
    assert inspect(engine).get_table_names() == ["items"]
    engine.dispose()


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
