"""Leases: one holder at a time, a zombie commits nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from classifiers.rules import KeywordRules
from connector.errors import LeaseLost
from connector.settings import Settings, StoreSettings, load_routing
from connector.store import leases
from connector.store.engine import reading, writing
from connector.wiring import utc_now, works


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


@pytest.mark.parametrize("hours", [-1, 1])
def test_tickets_and_alarms_go_by_the_clock_of_the_store(engine: Engine, tmp_path: Path, hours: int) -> None:
    """R-06: an hour ahead would put off deadlines and alarms for all hosts, an hour behind would ring the next level at once."""
    url = engine.url.render_as_string(hide_password=False)
    made = works(Settings(store=StoreSettings(url=url)), load_routing(tmp_path), tmp_path)
    made.clock = lambda: utc_now() + timedelta(hours=hours)
    assert abs(made.desk(KeywordRules()).clock() - utc_now()) < timedelta(minutes=1)
    made.engine.dispose()
