"""R-11, R-13 … R-16: the machine fails under a daemon that runs on: disk, lock, database, the process itself. It goes on alone.

How long: NTBCARE_OUTAGE_SECONDS; seconds in `make test`, an hour in `make soak` (but a lock 60 s and a sleep 300).
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from classifiers.artifact import MANIFEST
from connector.sandbox import Fault, faults
from tests import servers
from tests.journeys.killing import size, sound
from tests.journeys.rig import Process, Rig, rigged, small_world, truth, until
from tests.journeys.test_daemon import complain

OUTAGE = size("NTBCARE_OUTAGE_SECONDS", 4, 3600)
LOCKED, ASLEEP = min(OUTAGE, 60), min(OUTAGE, 300)
LONG = 120.0  # a bound only: seconds on a quiet machine
GROWTH = 40 * 1024  # KiB: what an outage may add to a daemon's memory
IMPATIENT: dict[str, dict[str, Any]] = {
    "sqlite": {"timeout": 1.0},
    "postgresql+psycopg": {"options": "-c lock_timeout=1000"},
    "mysql+pymysql": {"init_command": "SET innodb_lock_wait_timeout=1"},
}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, in memory; only root may have one."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"a small disk needs root: {done.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def rig(tmp_path: Path, disk: Path) -> Iterator[Rig]:
    """A small world, its store on the small disk."""
    with rigged(tmp_path, small_world(), f"sqlite:///{disk / 'store.db'}") as made:
        yield made.migrated()


def all_read(rig: Rig) -> None:
    """Waits until the store has the whole world."""
    until(lambda: set(rig.ids()) >= set(truth(rig.world)), LONG, "everything is read")


def troubled(daemon: Process, rig: Rig) -> None:
    """Waits until the daemon says that the store fails, while there is something to store; it lives on."""
    until(lambda: daemon.said("store_failed"), LONG, "it is told")
    assert daemon.popen.poll() is None
    complain(rig, n=7)


def whole(rig: Rig, daemon: Process) -> None:
    """The same daemon catches up; the store holds the world and is sound."""
    last = complain(rig, n=8)
    until(lambda: rig.ticket_of(last), LONG, "a ticket, without a restart")
    all_read(rig)
    daemon.stop()
    rig.run("poll")
    rig.assert_whole()
    engine = create_engine(rig.store_url)
    assert sound(engine) == []
    engine.dispose()


def test_a_full_disk_is_told_and_when_it_is_freed_all_goes_on(rig: Rig, disk: Path) -> None:
    daemon = rig.daemon()
    all_read(rig)
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(b"x" * 4096)
    for n in range(40):
        complain(rig, n=n)
    troubled(daemon, rig)
    ballast.unlink()
    whole(rig, daemon)


def test_a_full_disk_fails_a_command_with_one_line(rig: Rig, disk: Path) -> None:
    with (disk / "ballast").open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(b"x" * 4096)
    done = rig.run("poll", code=1)
    assert "full" in done.err or "disk" in done.err
    assert "broken   disk: 0 MB free" in rig.run("check", code=1).out
    (disk / "ballast").unlink()
    rig.run("poll")
    rig.assert_whole()


def test_a_read_only_disk_is_refused_with_one_line_and_nothing_is_lost(rig: Rig, disk: Path) -> None:
    """R-14. A disk with files open for writing cannot be turned read-only by hand: the daemon is down meanwhile."""
    rig.run("poll")
    late = complain(rig, n=1)
    with read_only(disk):
        for verb in ("poll", "run"):
            done = rig.run(verb, code=None)
            assert done.code in (1, 2)
            assert len(done.err.splitlines()) == 1 and "store.db" in done.err
    daemon = rig.daemon()
    until(lambda: rig.ticket_of(late), LONG, "a ticket")
    whole(rig, daemon)


@contextmanager
def read_only(disk: Path) -> Iterator[None]:
    """The disk takes nothing meanwhile."""
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)


def test_a_store_that_another_one_locks_is_waited_for(tmp_path: Path) -> None:
    """R-15: up to 60 seconds nothing is even said; the writer waits in SQLite."""
    with rigged(tmp_path, small_world()) as rig:
        daemon = rig.migrated().daemon()
        all_read(rig)
        engine = create_engine(rig.store_url)
        with engine.connect() as other:
            other.exec_driver_sql("BEGIN IMMEDIATE")
            complain(rig, n=2)
            time.sleep(LOCKED)
            assert daemon.popen.poll() is None
            other.rollback()
        engine.dispose()
        if LOCKED < 50:
            assert not daemon.said("store_failed")
        whole(rig, daemon)


Starts = Callable[[], AbstractContextManager[servers.Server]]


@pytest.mark.parametrize("start", [servers.postgresql_server, servers.mariadb_server], ids=["postgresql", "mariadb"])
def test_a_database_away_at_start_and_midway_is_waited_for(tmp_path: Path, start: Starts) -> None:
    """R-16: memory flat, no restart by hand, caught up in two passes."""
    with start() as server:
        url = database(server)
        with rigged(tmp_path, small_world(), url) as rig:
            rig.migrated()
            server.kill()
            daemon = rig.start("run")
            until(lambda: daemon.said("store_awaited"), LONG, "it says that it waits")
            waited = grown(daemon)
            back(server)
            all_read(rig)
            server.kill()
            until(lambda: daemon.said("store_failed"), LONG, "it is told")
            complain(rig, n=3)
            print(f"\n{url.partition(':')[0]}: away {OUTAGE} s, KiB grown: {waited} at start, {grown(daemon)} midway")
            done = len(daemon.said("pass", account="gubernur"))
            back(server)
            all_read(rig)
            assert len(daemon.said("pass", account="gubernur")) <= done + 2
            until(lambda: len(daemon.said("store_back")) == 2, LONG, "it says that the store is back, as at the start")
            assert len(daemon.said("store_failed")) <= 2 + OUTAGE / 60
            whole(rig, daemon)


def database(server: servers.Server) -> str:
    """An empty database on a server that may still be starting."""
    kind = "postgres" if server.address.startswith("postgres") else ""
    admin = create_engine(server.address + kind, isolation_level="AUTOCOMMIT")
    until(partial(connects, server.address + kind), LONG, "the database is up")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE outage"))
    admin.dispose()
    return server.address + "outage"


def back(server: servers.Server) -> None:
    """Starts a killed server again and waits until it has recovered."""

    def up() -> bool:
        try:
            if server.popen is None or server.popen.poll() is not None:
                server.start()
        except RuntimeError:  # it still sees what is left of the dead one
            return False
        return connects(server.address + "outage")

    until(up, LONG, "the database is back")


def connects(url: str) -> bool:
    """Whether a database can be used."""
    engine = create_engine(url)
    try:
        with engine.connect():
            return True
    except Exception:  # whatever the driver says meanwhile
        return False
    finally:
        engine.dispose()


def grown(daemon: Process) -> int:
    """What its memory grew by, in KiB, during the outage: hardly anything."""
    before = memory(daemon)
    time.sleep(OUTAGE)
    grew = memory(daemon) - before
    assert grew < GROWTH
    return grew


def memory(daemon: Process) -> int:
    """Resident memory in KiB."""
    lines = Path(f"/proc/{daemon.pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def test_a_stopped_process_that_wakes_up_commits_nothing(tmp_path: Path, store_url: str) -> None:
    """R-11: SIGSTOP for longer than the lease; in `make test` a statement makes the lease run out."""
    with rigged(tmp_path, small_world(), store_url) as rig:
        sleeper = rig.migrated().daemon()
        all_read(rig)
        fault = rig.sandbox.faults.add(Fault(faults.latency(3), path=rig.world.pages["gubernur"].id, times=1))
        until(lambda: fault.hits, LONG, "a slow read")
        fall_asleep(rig, sleeper)
        late = complain(rig, n=4)
        other = rig.daemon()
        until(lambda: rig.ticket_of(late), LONG, "the other takes over")
        time.sleep(ASLEEP)
        os.kill(sleeper.pid, signal.SIGCONT)
        last = complain(rig, n=5)
        until(lambda: rig.ticket_of(last), LONG, "both go on")
        passes = len(sleeper.said("pass"))
        until(lambda: len(sleeper.said("pass")) > passes or sleeper.said("lease_lost"), LONG, "the sleeper goes on")
        sleeper.stop()
        whole(rig, other)


def fall_asleep(rig: Rig, sleeper: Process) -> None:
    """Stops a process where it holds no lock, and makes the time of all leases pass meanwhile."""
    engine = create_engine(rig.store_url, connect_args=IMPATIENT[rig.store_url.partition(":")[0]])
    try:
        for _ in range(50):
            os.kill(sleeper.pid, signal.SIGSTOP)
            try:
                with engine.begin() as connection:
                    connection.execute(text("UPDATE leases SET until_ms = 0"))
                return
            except OperationalError:
                os.kill(sleeper.pid, signal.SIGCONT)
                time.sleep(0.05)
        raise AssertionError("it never lets go of its locks")
    finally:
        engine.dispose()


def test_a_damaged_model_stops_no_reading(tmp_path: Path) -> None:
    """What comes is kept, and classified when the model is whole again."""
    with rigged(tmp_path, small_world()) as rig:
        broken = tmp_path / "models"
        broken.mkdir()
        (broken / MANIFEST).write_text("{", "utf-8")
        daemon = rig.migrated().daemon()
        until(lambda: daemon.said("model_unusable"), LONG, "it is told")
        until(lambda: {raw["id"] for raw in rig.stored("raw")} >= set(truth(rig.world)), LONG, "all is landed")
        assert not rig.stored("tickets")
        shutil.rmtree(broken)
        whole(rig, daemon)
