"""Leases: one holder at a time, a zombie commits nothing."""

import os
import socket
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, String, text

from classifiers.rules import KeywordRules
from connector import wiring
from connector.errors import LeaseLost
from connector.settings import AccountSettings, Settings, StoreSettings, load_routing
from connector.store import accounts, leases, schema
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


@pytest.fixture
def dead(engine: Engine) -> str:
    """The number of a process that has ended; it held a lease."""
    with subprocess.Popen(["true"]) as popen:
        popen.wait()
    assert leases.acquire(engine, "account:x", leases.new_owner().replace(f":{os.getpid()}:", f":{popen.pid}:"), 30)
    return str(popen.pid)


def _freed(engine: Engine) -> bool:
    leases.free_dead(engine, "account:x")
    return leases.acquire(engine, "account:x", "another", 30) is not None


def test_a_dead_holder_is_not_waited_for(engine: Engine, dead: str) -> None:
    assert _freed(engine)


@pytest.mark.parametrize("what", ["BOOT", "SPACE"])
def test_a_holder_on_another_host_of_the_same_name_is_left_alone(
    engine: Engine, dead: str, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cloned machine was started by itself; a container that has the host's name counts its own processes."""
    other = tmp_path / what
    other.write_text("0f1e2d3c-0000-4000-8000-000000000000\n", "ascii")
    monkeypatch.setattr(leases, what, other)
    assert not _freed(engine)


def test_a_service_that_is_shown_no_more_of_proc_than_processes_is_told_by_its_unit(
    engine: Engine, dead: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = leases.BOOT.read_text("ascii").strip().replace("-", "")
    monkeypatch.setattr(leases, "BOOT", tmp_path / "hidden")
    monkeypatch.setenv("NTBCARE_BOOT_ID", told)
    assert _freed(engine)


def test_where_the_system_tells_nothing_the_name_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for what in ("BOOT", "SPACE"):
        monkeypatch.setattr(leases, what, tmp_path / "hidden")
    assert leases.new_owner().startswith(f"{socket.gethostname()}//:{os.getpid()}:")


def test_the_owner_fits_into_its_column_whatever_the_host_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "h" * 64)
    monkeypatch.setattr(os, "getpid", lambda: 2**22)
    column = schema.leases.c.owner.type
    assert isinstance(column, String) and column.length and len(leases.new_owner()) <= column.length


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
