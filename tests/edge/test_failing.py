"""R-11, R-15: a server undoes who is frozen with locks in hand; who met others is told apart from a store that fails."""

import gc
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from connector.cli.outcome import _explained
from connector.store import counters, migrate
from connector.store import engine as opening
from connector.store.engine import open_store, reading, writing
from connector.store.failing import collided, persistently, remark

SERVERS = pytest.mark.parametrize("database", ["postgresql", "mariadb"])


@SERVERS
def test_a_frozen_writer_keeps_the_others_waiting_for_seconds_only(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "HUNG_S", 1)
    frozen, awake = threading.Event(), threading.Event()

    def freeze() -> None:
        with writing(engine) as connection:
            counters.serialize(connection)
            frozen.set()
            awake.wait(20)
            counters.set_value(connection, "zombie", 1)

    with ThreadPoolExecutor(1) as pool:
        zombie = pool.submit(freeze)
        assert frozen.wait(20)
        began = time.monotonic()
        with writing(engine) as connection:
            counters.serialize(connection)
        waited = time.monotonic() - began
        awake.set()
        assert isinstance(zombie.exception(20), SQLAlchemyError)
    assert waited < 15
    with reading(engine) as connection:
        assert counters.value_of(connection, "zombie") == 0


@SERVERS
def test_who_only_reads_may_take_his_time(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "HUNG_S", 1)
    with writing(engine) as connection:
        counters.set_value(connection, "here", 1)
    with reading(engine) as connection:
        assert counters.value_of(connection, "here") == 1
        time.sleep(2.5)
        assert counters.value_of(connection, "here") == 1


@SERVERS
def test_what_fell_into_a_deadlock_is_done_anew(engine: Engine) -> None:
    with writing(engine) as connection:
        for name in ("a", "b"):
            counters.set_value(connection, name, 0)
    both, turns = threading.Barrier(2), []

    def raised(*names: str) -> None:
        def work() -> None:
            turns.append(names)
            with writing(engine) as connection:
                counters.set_value(connection, names[0], 1)
                if len(turns) <= 2:
                    both.wait(20)
                counters.set_value(connection, names[1], 1)

        persistently(work)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(raised, "a", "b"), pool.submit(raised, "b", "a")]:
            done.result(30)
    assert len(turns) >= 3, "who was undone has done it anew; once more where he came first a second time"
    with reading(engine) as connection:
        assert [counters.value_of(connection, name) for name in ("a", "b")] == [1, 1]


def test_any_other_failure_is_not_tried_again() -> None:
    turns = []

    def work() -> None:
        turns.append(1)
        raise SQLAlchemyError("weg")

    with pytest.raises(SQLAlchemyError):
        persistently(work)
    assert turns == [1]


@SERVERS
def test_a_deadlock_is_no_store_that_fails(engine: Engine) -> None:
    with writing(engine) as connection:
        for name in ("a", "b"):
            counters.set_value(connection, name, 0)
    both = threading.Barrier(2)

    def cross(names: str) -> SQLAlchemyError | None:
        try:
            with writing(engine) as connection:
                counters.set_value(connection, names[0], 1)
                both.wait(20)
                counters.set_value(connection, names[1], 1)
        except SQLAlchemyError as error:
            return error
        return None

    with ThreadPoolExecutor(2) as pool:
        (error,) = filter(None, pool.map(cross, ("ab", "ba")))
    _is_told_as_met(error)


@pytest.mark.parametrize("database", ["mariadb"])
def test_nor_is_a_lock_waited_for_in_vain(engine: Engine) -> None:
    with writing(engine) as connection:
        counters.set_value(connection, "a", 0)
    with writing(engine) as holder:
        counters.set_value(holder, "a", 1)
        with pytest.raises(SQLAlchemyError) as caught, writing(engine) as other:
            other.execute(text("SET innodb_lock_wait_timeout = 1"))
            counters.set_value(other, "a", 2)
    _is_told_as_met(caught.value)


@pytest.mark.parametrize("database", ["postgresql"])
@pytest.mark.parametrize("how", [reading, writing])
def test_nor_is_a_table_that_a_manager_of_the_database_holds(
    engine: Engine, store_url: str, monkeypatch: pytest.MonkeyPatch, how: Any
) -> None:
    monkeypatch.setattr(opening, "HELD_S", 1)
    other = open_store(store_url)
    with writing(engine) as holder:
        holder.execute(text("LOCK TABLE counters IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(SQLAlchemyError) as caught, how(other) as waiting:
            waiting.execute(text("SELECT COUNT(*) FROM counters"))
    _is_told_as_met(caught.value)
    with how(other) as again:
        assert again.scalar(text("SHOW lock_timeout")) == "1s"
    other.dispose()
    for address, bound in ((store_url, True), (f"{store_url}?options=-c%20lock_timeout%3D7s", False)):
        own = open_store(address, patient=bound)
        with how(own) as connection:
            assert connection.scalar(text("SHOW lock_timeout")) == ("0" if bound else "7s")
        own.dispose()


@pytest.mark.parametrize("database", ["sqlite"])
def test_nor_is_a_file_that_another_one_locks(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "BUSY_MS", 100)
    one, other = open_store(store_url), open_store(store_url)
    migrate.migrate(one)
    with writing(one), pytest.raises(SQLAlchemyError) as caught, writing(other):
        pass
    _is_told_as_met(caught.value)
    one.dispose()
    other.dispose()


def _is_told_as_met(error: SQLAlchemyError) -> None:
    assert collided(error)
    action, line = remark(error)
    assert action == "store_busy" and "tried again" in line
    assert "run the command again" in (_explained(error) or "")


def test_a_server_that_is_away_fails() -> None:
    engine = open_store("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(SQLAlchemyError) as caught, writing(engine):
        pass
    assert not collided(caught.value)
    assert remark(caught.value)[0] == "store_failed" and "127.0.0.1" in remark(caught.value)[1]


def test_connecting_in_vain_leaves_no_garbage() -> None:
    """R-16: the daemon seldom looks for garbage, and each of PyMySQL's TLS contexts takes 0.8 MB."""
    engine = open_store("mysql+pymysql://nobody@127.0.0.1:1/none")
    before = _contexts()
    gc.disable()
    try:
        for _ in range(20):
            with pytest.raises(SQLAlchemyError), writing(engine):
                pass
        assert _contexts() <= before
    finally:
        gc.enable()


def _contexts() -> int:
    gc.collect(0)
    return sum(isinstance(thing, ssl.SSLContext) for thing in gc.get_objects())
