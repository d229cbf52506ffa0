"""Leases: one holder at a time, a zombie commits nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text

from connector.errors import LeaseLost
from connector.store import leases
from connector.store.engine import reading, writing


def test_a_lease_has_one_holder_and_a_zombie_cannot_commit(engine: Engine) -> None:
    first = leases.acquire(engine, "account:x", "a", 30)
    assert first and leases.acquire(engine, "account:x", "b", 30) is None
    leases.release(engine, first)
    second = leases.acquire(engine, "account:x", "b", 30)
    assert second and second.fence > first.fence
    with pytest.raises(LeaseLost), writing(engine) as connection:
        connection.execute(text("INSERT INTO counters (name, value) VALUES ('zombie', 1)"))
        leases.extend(connection, first, 30)
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT COUNT(*) FROM counters WHERE name = 'zombie'")) == 0


def test_leases_run_out(engine: Engine) -> None:
    assert leases.acquire(engine, "account:x", "a", -1)
    assert leases.acquire(engine, "account:x", "b", 30)


def test_many_at_once_for_one_lease(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda n: leases.acquire(engine, "account:x", f"owner{n}", 30), range(16)))
    assert sum(lease is not None for lease in got) == 1
