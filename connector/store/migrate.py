"""Bringing the store to the newest schema, and saying where it stands."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event, inspect, text

from ..errors import StoreMismatch
from .engine import absent, file_of, reading
from .schema import metadata

_LOCK = 5_202_019  # any number that nobody else uses for an advisory lock
_DONE = {1050, 1051, 1060, 1061, 1091}
"""MariaDB: a table, column or index is there already; one that is to be dropped is gone already."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(str(resources.files("connector.migrations")))))
    return config


def newest() -> str:
    """The revision this program works with."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def current(connection: Connection) -> str | None:
    """The revision a store stands at; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def check(engine: Engine) -> None:
    """Raises StoreMismatch, with what to run, unless the store stands at the newest revision."""
    if absent(engine):
        raise StoreMismatch(_empty(engine))
    with reading(engine) as connection:
        stands = current(connection)
        if stands == newest():
            return
        if stands is None:
            _refuse_others(connection)
            raise StoreMismatch(_empty(engine))
    _refuse_unknown(stands)
    raise StoreMismatch(f"the store is at schema {stands}, this program needs {newest()}; run: ntbcare migrate")


def _empty(engine: Engine) -> str:
    """With what to run; but a relative path means another file in another folder."""
    file = file_of(engine.url)
    elsewhere = (
        ", in the folder where the store is to be (store.url is relative)" if file and not file.is_absolute() else ""
    )
    return f"the store is empty ({address_of(engine)}); run: ntbcare migrate{elsewhere}"


def address_of(engine: Engine) -> str:
    """A store's address for people: its file named whole, without a password."""
    file, url = file_of(engine.url), engine.url
    whole = url.set(database=str(file.absolute())) if file else url
    return whole.render_as_string(hide_password=True)


def _refuse_unknown(stands: str) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if stands not in known:
        raise StoreMismatch(
            f"the store is at schema {stands}, which is newer than this program knows; install the newer ntbcare"
        )


def _refuse_others(connection: Connection) -> None:
    """A store that no migration of ours has begun may hold nothing of ours, and SQLite's file nothing at all."""
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables:
        return
    theirs = tables if connection.dialect.name == "sqlite" else tables & set(metadata.tables)
    if theirs:
        some = ", ".join(sorted(theirs)[:5])
        raise StoreMismatch(
            f"store.url: {address_of(connection.engine)} holds tables of another program ({some}); name a store of its own"
        )


@contextmanager
def _over_what_is_done(engine: Engine) -> Iterator[None]:
    """Meanwhile a statement that MariaDB has done already is no error."""

    def execute(cursor: Any, statement: str, parameters: Any, _context: Any) -> bool:
        try:
            cursor.execute(statement, parameters)
        except engine.dialect.loaded_dbapi.Error as error:
            if next(iter(error.args), None) not in _DONE:
                raise
        return True

    if engine.dialect.name != "mysql":
        yield
        return
    event.listen(engine, "do_execute", execute)
    try:
        yield
    finally:
        event.remove(engine, "do_execute", execute)


def migrate(engine: Engine, revision: str = "head") -> tuple[str | None, str | None]:
    """Brings the store up (or down, to an older revision) and returns where it stood and stands.

    Several processes may do so at once: all but the first wait. On SQLite, foreign keys are off meanwhile, since rebuilding
    a table would delete what refers to it. One that was cut short on MariaDB, which keeps each statement by itself, goes on
    from there. Raises StoreMismatch for a store of a newer program, or of another one.
    """
    config = _config()
    with _over_what_is_done(engine), engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            raw = connection.connection.dbapi_connection
            assert raw is not None  # noqa: S101  (a connected engine has one)
            raw.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            _wait_for_others(connection)
            try:
                before, after = _moved(connection, config, revision)
            finally:
                _let_others(connection)
        if sqlite:
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]
    return before, after


def _moved(connection: Connection, config: Config, revision: str) -> tuple[str | None, str | None]:
    before = current(connection)
    if before is None:
        _refuse_others(connection)
    else:
        _refuse_unknown(before)
    config.attributes["connection"] = connection
    ahead = revision == "head" or before is None or _is_later(revision, before)
    (command.upgrade if ahead else command.downgrade)(config, revision)
    return before, current(connection)


def _is_later(revision: str, than: str) -> bool:
    if revision == "base":
        return False
    order = [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]
    return order.index(revision) < order.index(than)


def _wait_for_others(connection: Connection) -> None:
    match connection.dialect.name:
        case "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK})
        case "mysql":
            connection.execute(text("SELECT GET_LOCK(:n, 600)"), {"n": f"ntbcare-{_LOCK}"})


def _let_others(connection: Connection) -> None:
    if connection.dialect.name == "mysql" and not connection.invalidated:  # a lost connection has let go already
        connection.execute(text("SELECT RELEASE_LOCK(:n)"), {"n": f"ntbcare-{_LOCK}"})
