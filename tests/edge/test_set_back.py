"""R-30: the clock was ahead for hours or a day and is set right: nothing waits until that time has come."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine, select

from connector.backwards import catch_up, set_right
from connector.records import Account
from connector.schedule import is_blind
from connector.store import accounts, leases, pauses, schema
from connector.store.checkpoints import Shelf
from connector.store.engine import reading, writing

NOW = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
AHEAD = NOW + timedelta(days=1)
ACCOUNT = Account("gubernur", "facebook", "100000000000001", "Gubernur NTB", ("posts", "comments"), 60)


@pytest.fixture
def ahead(engine: Engine) -> Engine:
    """A store in which an account was last read, and paused by Graph for 20 minutes, a day from now."""
    later = AHEAD + timedelta(minutes=20)
    with writing(engine) as connection:
        accounts.register(connection, [ACCOUNT], AHEAD)
        times = {"due_at": AHEAD, "tried_at": AHEAD, "ok_at": AHEAD, "swept_at": AHEAD, "heard_at": AHEAD}
        accounts.set_account(connection, "gubernur", paused_until=later, **times)
        accounts.set_stream(connection, "gubernur", "comments", ok_at=NOW - timedelta(hours=1), paused_until=later)
        Shelf("gubernur", "comments").put(connection, "1_2", seen="x", done="x", complete_at=AHEAD)
        pauses.pause(connection, "gubernur", later, "(#368)", AHEAD)
    return engine


@pytest.fixture
def log() -> Iterator[list[structlog.typing.EventDict]]:
    """What is logged."""
    with structlog.testing.capture_logs() as lines:
        yield lines


def test_what_was_put_off_is_due_and_silence_is_blindness_again(
    ahead: Engine, log: list[structlog.typing.EventDict]
) -> None:
    set_right(ahead, structlog.get_logger(), NOW)
    with reading(ahead) as connection:
        state = accounts.account_states(connection)["gubernur"]
        stream = next(s for s in accounts.stream_states(connection) if s.stream == "comments")
        complete_at = Shelf("gubernur", "comments").get(connection, "1_2").complete_at
        stopped = pauses.pauses(connection)["gubernur"].lasts_until
    assert {state.due_at, state.tried_at, state.ok_at, state.swept_at, state.heard_at, complete_at} == {NOW}
    assert stream.ok_at == NOW - timedelta(hours=1)
    assert is_blind(NOW + timedelta(hours=1), state.heard_at, 60)
    assert {state.paused_until, stream.paused_until, stopped} == {NOW + timedelta(minutes=20)}, "as long as Graph asked"
    assert [line["action"] for line in log] == ["clock_set_back"]


def test_of_times_that_are_over_none_is_touched(ahead: Engine, log: list[structlog.typing.EventDict]) -> None:
    """A pause, an account that is due later, a small difference: all that is as it should be."""
    with reading(ahead) as connection:
        before = connection.execute(select(schema.accounts)).all()
    set_right(ahead, structlog.get_logger(), AHEAD - timedelta(seconds=30))
    with reading(ahead) as connection:
        assert connection.execute(select(schema.accounts)).all() == before
    assert not log


def test_a_lease_of_a_day_ahead_is_no_lease(engine: Engine) -> None:
    assert leases.acquire(engine, "account:x", "a", 86400)
    assert leases.acquire(engine, "account:x", "b", 30)


def test_jobs_do_not_wait_until_the_machines_clock_is_where_it_was() -> None:
    ran, scheduler = threading.Event(), BackgroundScheduler(timezone="UTC")
    now = datetime.now(UTC)
    scheduler.add_job(ran.set, "interval", seconds=1, next_run_time=now + timedelta(hours=8))
    calm = scheduler.add_job(ran.set, "interval", hours=1, next_run_time=now + timedelta(minutes=59))
    scheduler.start()
    try:
        catch_up(scheduler, now)
        assert ran.wait(20)
        assert calm.next_run_time == now + timedelta(minutes=59)
    finally:
        scheduler.shutdown()
