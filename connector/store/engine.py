"""Opening a store: one engine for SQLite, PostgreSQL or MariaDB, with the same promises on each."""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from traceback import clear_frames
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from ..errors import SettingsError

BUSY_MS = 60_000
CACHE = "cache_size=-4000"
"""SQLite's pages in memory, at most 4 MB a connection: what a batch changes is not written and read again before its commit."""
HUNG_S = 40
"""A server undoes what writes when its process has said nothing for so long: frozen or cut off, it would keep its locks for
hours. Less than the 50 seconds for which MariaDB lets others wait for a lock."""
HELD_S = 60
"""So long others may hold a table or row that is needed, as a manager's VACUUM FULL does; PostgreSQL would wait for ever."""
GREET_S = 10
"""A server that is well greets who connects long before."""
SILENT_S = 120
"""One that says nothing for so long is frozen or gone: more than any statement takes, or MariaDB lets wait for a lock."""
_turns: WeakKeyDictionary[Engine, "Turns"] = WeakKeyDictionary()
DRIVERS = ("sqlite", "postgresql+psycopg", "mysql+pymysql")


def open_store(url: str, *, patient: bool = False) -> Engine:
    """The engine for a store's address. Nothing is connected yet, nothing created: SQLite's file with the first connection.

    `patient`: MariaDB may think over a statement for as long as it likes, and PostgreSQL let it wait for others. Raises
    SettingsError when the address is not one of a SQLite file, PostgreSQL (psycopg) or MariaDB (PyMySQL).
    """
    # What the pool meets while it tidies up after a dead server was raised already; its log would be a traceback for people.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    address = parse_url(url)
    if address.drivername == "sqlite":
        return _sqlite(address)
    return _mariadb(address, patient) if address.drivername == "mysql+pymysql" else _postgresql(address, patient)


def _postgresql(address: URL, patient: bool) -> Engine:
    """A server whose machine is gone is given up; one that is there but frozen cannot be told from one that thinks."""
    alive = {"keepalives_idle": SILENT_S // 2, "keepalives_interval": 10, "tcp_user_timeout": SILENT_S * 1000}
    engine = create_engine(
        address, pool_pre_ping=True, pool_size=20, connect_args={"connect_timeout": GREET_S, **alive}
    )
    if not patient:
        event.listen(engine, "connect", _bound_waiting)
    event.listen(engine, "begin", _bound_transaction)
    return engine


def _bound_waiting(connection: Any, _record: Any) -> None:
    """Unless the server, its role or the store's address has a bound of its own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('lock_timeout', %s, false) WHERE current_setting('lock_timeout') = '0'", [f"{HELD_S}s"]
        )
    connection.commit()


def _mariadb(address: URL, patient: bool) -> Engine:
    engine = create_engine(
        address.update_query_dict({"charset": "utf8mb4"}),
        isolation_level="READ COMMITTED",
        paramstyle="format",
        pool_pre_ping=True,
        pool_size=20,
        connect_args={
            "init_command": "SET time_zone='+00:00', sql_mode='STRICT_ALL_TABLES'",
            "connect_timeout": GREET_S,
            "read_timeout": GREET_S,
            "write_timeout": SILENT_S,
        },
    )
    silent = None if patient else SILENT_S

    @event.listens_for(engine, "do_connect")
    def _do_connect(dialect: Dialect, _record: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        try:
            made: Any = dialect.connect(*args, **options)
        except Exception as error:
            # PyMySQL's error holds its own frames, and so itself and a TLS context of 0.8 MB, until garbage is looked for.
            clear_frames(error.__traceback__)
            raise
        made._read_timeout = silent  # PyMySQL has one option for the greeting and all that follows
        return made

    event.listen(engine, "begin", _bound_session)
    return engine


def _bound_transaction(connection: Connection) -> None:
    """PostgreSQL. Who only reads keeps nobody waiting and may take his time: whatever takes an export may be slow."""
    if not connection.get_execution_options().get("reading", False):
        connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = '{HUNG_S}s'")


def _bound_session(connection: Connection) -> None:
    """MariaDB, which sets it for a connection: the same."""
    seconds = 0 if connection.get_execution_options().get("reading", False) else HUNG_S
    if connection.info.get("bound") != seconds:
        connection.exec_driver_sql(f"SET idle_transaction_timeout = {seconds}")
        connection.info["bound"] = seconds


def parse_url(url: str) -> URL:
    """A store's address, checked. Raises SettingsError."""
    expected = "expected sqlite:///FILE, postgresql+psycopg://USER@HOST/NAME or mysql+pymysql://USER@HOST/NAME"
    try:
        address = make_url(url)
        address.get_dialect()
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError):
        raise SettingsError(f"store.url: not a store's address; {expected}") from None
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    if address.drivername == "sqlite" and address.query:
        raise SettingsError("store.url: a SQLite file takes no options after '?'; expected sqlite:///FILE")
    if address.port is not None and not 0 < address.port < 1 << 16:
        raise SettingsError(f"store.url: no server has port {address.port}; expected one up to 65535")
    if address.drivername not in DRIVERS or (address.drivername == "sqlite" and not address.database):
        raise SettingsError(f"store.url: {address.drivername} is not supported; {expected}")
    return address


def _sqlite(address: URL) -> Engine:
    file = file_of(address)
    if file and file.exists():
        _private(file)
    engine = create_engine(address, connect_args={"timeout": BUSY_MS / 1000})
    # SQLite lets writers wait by sleeping: threads of one process that queue here go on as soon as the last one is done.
    _turns[engine] = Turns()

    @event.listens_for(engine, "do_connect")
    def _do_connect(*_: Any) -> None:
        if file and not file.exists():
            _private(file)

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        # The driver must not begin by itself: a read that becomes a write later would lose updates in silence.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", CACHE):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def file_of(address: URL) -> Path | None:
    """SQLite's file; None for what is no plain file on this machine."""
    name = str(address.database)
    plain = address.drivername == "sqlite" and name != ":memory:" and not name.startswith("file:")
    return Path(name) if plain else None


def absent(engine: Engine) -> bool:
    """Whether the store is a file that is not there: to look into it would create it."""
    file = file_of(engine.url)
    return file is not None and not file.exists()


class Turns:
    """One thread at a time; who leaves and comes back at once lets those go first who waited meanwhile.

    Tasks that share a thread never wait for each other: that thread would be held up by itself.
    """

    def __init__(self) -> None:
        self.door, self.room = threading.Lock(), threading.RLock()

    def __enter__(self) -> None:
        with self.door:  # one waits at the door, and nobody overtakes him
            self.room.acquire()

    def __exit__(self, *_: object) -> None:
        self.room.release()


def _private(file: Path) -> None:
    """Personal data: only the owner reads the file, whatever the umask; SQLite gives its side files the same mode."""
    try:
        file.parent.mkdir(0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        if file.stat().st_uid == os.getuid():
            file.chmod(0o600)
    except OSError as error:
        raise SettingsError(f"store.url: {file} cannot be opened ({error.strerror}); choose a writable place") from None


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes: committed at the end, undone on any error."""
    with _turns.get(engine, nullcontext()), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that only reads, so that on SQLite it never waits for a writer."""
    with engine.connect().execution_options(reading=True) as connection, connection.begin():
        yield connection
