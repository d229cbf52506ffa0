"""R-07, R-08, R-09: real processes, really killed, hundreds of times; the database likewise; and three daemons at once.

How often: NTBCARE_KILLS, NTBCARE_DATABASE_KILLS, NTBCARE_SOAK_SECONDS; `make soak` sets NTBCARE_SOAK=1 for the large numbers.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from tests import servers
from tests.journeys.killing import Slaughter, size, slaughter
from tests.journeys.rig import until

Starts = Callable[[], AbstractContextManager[servers.Server]]
BACKFILL = ("backfill", "--account", "gubernur", "--since", "2020-01-01")
KILLS = size("NTBCARE_KILLS", 30, 1000)
DATABASE_KILLS = size("NTBCARE_DATABASE_KILLS", 4, 200)
SECONDS = size("NTBCARE_SOAK_SECONDS", 12, 600)


def test_kills_at_any_moment_lose_and_double_nothing(tmp_path: Path, store_url: str, database: str) -> None:
    with slaughter(tmp_path, store_url, KILLS) as done:
        for n in range(KILLS):
            done.happen()
            done.overdue()
            work = BACKFILL if n % 4 == 3 else ("poll", "--full") if n % 8 == 6 else ("run",)
            pid = done.start(*work)
            done.at_work(pid)
            code = done.zygote.kill(pid)
            done.counts["killed" if code == -9 else f"{work[0]} ended first: {code}"] += 1
            done.look()
        done.end()
        assert done.counts["killed"] > KILLS * 0.5
        print(f"\n{database}: {dict(done.counts)}")


@pytest.mark.parametrize("start", [servers.postgresql_server, servers.mariadb_server], ids=["postgresql", "mariadb"])
def test_a_killed_database_loses_and_doubles_nothing(tmp_path: Path, start: Starts) -> None:
    with start() as server, slaughter(tmp_path, _database(server), DATABASE_KILLS) as done:
        for n in range(DATABASE_KILLS):
            done.happen()
            pid = done.start(*(BACKFILL if n % 4 == 3 else ("poll", "--full") if n % 4 == 1 else ("poll",)))
            done.at_work(pid)
            server.kill()
            done.counts["killed"] += 1
            code = done.zygote.wait(pid)
            assert code in (0, 1), "a command that meets a dead database ends with one line"
            done.counts[f"exit {code}"] += 1
            _back(server, done)
            done.look()
        _one_daemon_survives(server, done)
        done.end()
        print(f"\n{start.__name__}: {dict(done.counts)}")


def _database(server: servers.Server) -> str:
    admin = create_engine(
        server.address + ("postgres" if "postgres" in server.address else ""), isolation_level="AUTOCOMMIT"
    )
    until(partial(_connects, admin), 60, "the database is up")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE kills"))
    admin.dispose()
    return server.address + "kills"


def _connects(engine: Engine) -> bool:
    """While it starts or recovers, a database listens and refuses."""
    try:
        with engine.connect():
            return True
    except DBAPIError:
        return False


def _back(server: servers.Server, done: Slaughter) -> None:
    """Starts the database again."""

    def up() -> bool:
        if server.popen is None or server.popen.poll() is not None:
            with suppress(RuntimeError):  # it still sees what is left of the dead one
                server.start()
        return _connects(done.engine)

    done.engine.dispose()
    until(up, 60, "the database is back")


def _one_daemon_survives(server: servers.Server, done: Slaughter) -> None:
    """R-16: the same daemon, never restarted, goes on after the database has died under it."""
    pid = done.start("run")
    for _ in range(2):
        done.happen()
        until(lambda: len(done.rig.sandbox.calls) > 2, 60, "the daemon reads")
        server.kill()
        _back(server, done)
        done.rig.sandbox.calls.clear()
    until(lambda: len(done.rig.sandbox.calls) > 2, 60, "the daemon reads again")
    assert pid not in done.zygote.ended
    done.zygote.kill(pid)
    done.look()


@pytest.fixture(params=("sqlite", "postgresql", "mariadb"))
def database(request: pytest.FixtureRequest) -> str:
    """Each of the three databases in turn."""
    name: str = request.param
    return name


def test_three_daemons_with_random_kills_lose_and_double_nothing(tmp_path: Path, store_url: str, database: str) -> None:
    with slaughter(tmp_path, store_url, 0) as done:
        pids = [done.start("run") for _ in range(3)]
        for _ in _seconds(SECONDS):
            done.happen(1)
            time.sleep(done.chance.random())
            if done.chance.random() < 0.3:
                place = done.chance.randrange(3)
                assert done.zygote.kill(pids[place]) == -9, "a daemon ended by itself"
                pids[place] = done.start("run")
                done.counts["killed"] += 1
        for pid in pids:
            done.zygote.kill(pid)
        done.look()
        done.end()
        print(f"\n{database}: {dict(done.counts)}")


def _seconds(seconds: float) -> Iterator[None]:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        yield
