"""Leases: one holder at a time, a zombie commits nothing."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from classifiers.rules import KeywordRules
from connector import wiring
from connector.errors import LeaseLost
from connector.settings import AccountSettings, Settings, StoreSettings, load_routing
from connector.store import accounts, leases
from connector.store.engine import reading, writing
from connector.wiring import Works, utc_now, works


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


@pytest.fixture(params=[-1, 1])
def skewed(engine: Engine, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Works]:
    """The works of a host whose clock is an hour off, with one account."""
    account = AccountSettings(key="gubernur", id="100000000000001", token_env="TOKEN_GUBERNUR", answers="on")
    store = StoreSettings(url=engine.url.render_as_string(hide_password=False))
    made = works(Settings(store=store, accounts=(account,)), load_routing(tmp_path), tmp_path)
    made.clock = lambda: utc_now() + timedelta(hours=request.param)
    yield made
    made.engine.dispose()


def _agree(times: Iterable[datetime | None]) -> bool:
    return all(at is not None and abs(at - utc_now()) < timedelta(minutes=1) for at in times)


def test_tickets_and_alarms_go_by_the_clock_of_the_store(skewed: Works) -> None:
    """R-06: an hour ahead would put off deadlines and alarms for all hosts, an hour behind would ring the next level at once."""
    assert _agree([skewed.desk(KeywordRules()).clock()])


def test_a_new_account_is_waited_for_by_the_clock_of_the_store(skewed: Works) -> None:
    """By that of a host an hour behind, it would be called blind at once."""
    skewed.register()
    with reading(skewed.engine) as connection:
        assert _agree(state.heard_at for state in accounts.account_states(connection).values())


def test_answers_are_due_by_the_clock_of_the_store(skewed: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    """By that of a host an hour behind, what is to be tried again would lie for an hour."""
    asked: list[datetime] = []

    def idle(_engine: Engine, _account: str, now: datetime) -> bool:
        asked.append(now)
        return True

    monkeypatch.setattr(wiring, "idle", idle)
    assert skewed.answer(skewed.settings.accounts[0], wait=0) is None
    assert len(asked) == 1 and _agree(asked)
