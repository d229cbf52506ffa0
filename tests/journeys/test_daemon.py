"""R-07, R-10, R-17, R-18, S-01, S-07, S-14: the daemon as a process: on time, stopped cleanly, killed, two on a store."""

import random
import signal
import time
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from connector.sandbox import Fault, faults
from connector.sandbox.things import Comment
from connector.store import accounts
from connector.store.engine import open_store, reading
from tests.journeys.rig import Process, Rig, rigged, small_world, truth, until

COMPLAINT = "Jembatan di Sekotong rusak parah dan hampir ambruk, tolong segera diperbaiki pak"
SOON = 60.0  # a bound for what takes about two seconds on a quiet machine
NAMES = ("Sahrip", "Murni", "Wayan", "Baiq", "Lalu", "Ida")


def complain(rig: Rig, key: str = "gubernur", n: int = 0) -> Comment:
    """A new comment that is surely a complaint."""
    post = rig.world.pages[key].posts[-1]
    return rig.world.add_comment(post, f"{COMPLAINT} ({n})", f"Warga {NAMES[n % len(NAMES)]} {n}")


def all_read(rig: Rig, within: float = 30.0) -> None:
    """Waits until the store has every thing of the world and nothing is left to process."""
    until(lambda: set(rig.ids()) >= set(truth(rig.world)), within, "everything is read")


def test_a_new_comment_becomes_a_ticket_in_about_two_intervals(rig: Rig) -> None:
    daemon = rig.daemon()
    all_read(rig)
    for n in range(3):
        comment, began = complain(rig, n=n), time.monotonic()
        until(partial(rig.ticket_of, comment), SOON, "a ticket")
        took = time.monotonic() - began
        assert took < SOON
    passes = len(daemon.said("pass", account="wagub"))
    until(lambda: len(daemon.said("pass", account="wagub")) >= passes + 3, SOON, "three more passes")
    times = [r["timestamp"] for r in daemon.said("pass", account="wagub")]
    assert times == sorted(times)
    daemon.stop()
    rig.assert_whole()


def test_it_keeps_to_the_interval(tmp_path: Path) -> None:
    with rigged(tmp_path, small_world(), every=3600) as rig:
        daemon = rig.migrated().daemon()
        until(
            lambda: daemon.said("pass", account="gubernur") and daemon.said("pass", account="wagub"),
            SOON,
            "a pass each",
        )
        daemon.stop()
        due = due_times(rig)
        again = rig.daemon()
        time.sleep(3)
        again.stop()
        assert due_times(rig) == due, "a restart reads what is not due"


def due_times(rig: Rig) -> dict[str, datetime | None]:
    """When each account is to be read next."""
    engine = open_store(rig.store_url)
    try:
        with reading(engine) as connection:
            return {key: state.due_at for key, state in accounts.account_states(connection).items()}
    finally:
        engine.dispose()


def test_faults_of_graph_pass_and_one_dead_token_stops_nobody_else(rig: Rig) -> None:
    daemon = rig.daemon()
    all_read(rig)
    rig.sandbox.faults.add(Fault(faults.html(502), times=8))
    rig.sandbox.faults.add(Fault(faults.truncated(), skip=2, times=2))
    late = complain(rig, n=1)
    until(lambda: rig.ticket_of(late), 60, "a ticket in spite of 502s")
    rig.sandbox.faults.clear()
    token = rig.sandbox.tokens.page(rig.world.pages["gubernur"])
    token.revoke(460)
    until(lambda: daemon.said("read_failed", account="gubernur"), SOON, "the dead token is told")
    until(
        lambda: [r for r in daemon.said("read_failed", account="gubernur") if "190" in r["event"]],
        60,
        "error 190 is told",
    )
    other = complain(rig, "wagub", n=2)
    rig.sandbox.calls.clear()
    until(lambda: rig.ticket_of(other), 60, "the other account goes on")
    passes = len(daemon.said("pass", account="wagub"))
    until(lambda: len(daemon.said("pass", account="wagub")) >= passes + 3, SOON, "three more passes")
    dead = [c for c in rig.sandbox.calls if rig.world.pages["gubernur"].id in c.path]
    assert len(dead) <= 1, "a dead token is not tried again and again"
    daemon.stop()
    token.dead = 0
    hidden = complain(rig, n=3)
    rig.run("poll")
    assert rig.ticket_of(hidden)
    rig.assert_whole()


def test_a_throttle_is_honoured_without_probing(rig: Rig) -> None:
    daemon = rig.daemon()
    all_read(rig)
    page = rig.world.pages["gubernur"]
    fault = rig.sandbox.faults.add(
        Fault(faults.error(32, "Page request limit reached", http=403, is_transient=True), path=page.id, times=None)
    )
    until(lambda: fault.hits, SOON, "the first throttled call")
    until(lambda: daemon.said("read_failed", account="gubernur"), SOON, "it is told")
    hits, passes = fault.hits, len(daemon.said("pass", account="wagub"))
    until(lambda: len(daemon.said("pass", account="wagub")) >= passes + 4, SOON, "four more passes of the other")
    assert fault.hits == hits <= 2
    daemon.stop()
    restarted = rig.daemon()
    until(lambda: restarted.said("pass", account="wagub"), SOON, "a pass of the other")
    assert fault.hits == hits, "a restart probes a throttled account"
    restarted.stop()


@pytest.mark.parametrize(
    ("phase", "how"),
    [
        ("idle", "SIGTERM"),
        ("reading", "SIGTERM"),
        ("reading", "SIGINT"),
        ("processing", "SIGTERM"),
        ("starting", "SIGINT"),
    ],
)
def test_it_stops_cleanly_in_every_phase(rig: Rig, phase: str, how: str) -> None:
    if phase == "processing":
        post = rig.world.pages["gubernur"].posts[0]
        for n in range(1500):
            rig.world.add_comment(post, f"{COMPLAINT} di RT {n}", f"Warga {n}")
    daemon = rig.daemon()
    if phase == "idle":
        all_read(rig)
    elif phase == "reading":
        all_read(rig)
        fault = rig.sandbox.faults.add(Fault(faults.latency(25), times=None))
        until(lambda: fault.hits, SOON, "a slow read")
    elif phase == "processing":
        until(lambda: len(rig.stored("raw")) > 1200, 30, "much is landed")
    assert daemon.stop(signal.Signals[how]) < 10
    assert daemon.said("stop")
    rig.sandbox.faults.clear()
    rig.run("poll")
    rig.assert_whole()


def test_kill_at_random_moments_loses_and_doubles_nothing(rig_on: Rig, database: str) -> None:
    chance = random.Random(2026)
    rig = rig_on
    for n in range(10 if database == "sqlite" else 5):
        process = rig.start("run")
        complain(rig, chance.choice(["gubernur", "wagub"]), n)
        process.ready()
        time.sleep(chance.random() * 0.8)
        assert process.popen.poll() is None
        complain(rig, chance.choice(["gubernur", "wagub"]), n + 100)
        process.kill()
    last = rig.daemon()
    all_read(rig)
    last.stop()
    rig.assert_whole()
    assert rig.run("poll", "--full", "--json").answer["accounts"][0]["counts"].get("new", 0) == 0


def test_two_daemons_share_a_store_and_one_takes_over_from_a_killed_one(rig_on: Rig) -> None:
    rig = rig_on
    both = [rig.start("run"), rig.start("run")]
    for daemon in both:
        daemon.ready()
    for n in range(4):
        complain(rig, ("gubernur", "wagub")[n % 2], n)
    all_read(rig)
    rig.assert_whole()
    killed = _reader_of_a_slow_page(rig, both)
    after = complain(rig, "gubernur", 50)
    until(lambda: rig.ticket_of(after), 35, "the other daemon takes over")
    survivor = next(daemon for daemon in both if daemon is not killed)
    survivor.stop()
    rig.assert_whole()


def _reader_of_a_slow_page(rig: Rig, both: list[Process]) -> Process:
    """Kills the daemon that holds the lease of an account while it waits for Graph."""
    fault = rig.sandbox.faults.add(Fault(faults.latency(20), path=rig.world.pages["gubernur"].id, times=1))
    until(lambda: fault.hits, SOON, "a slow read")
    holder = until(lambda: _holder(rig, "account:gubernur"), SOON, "a lease")
    killed = next(daemon for daemon in both if daemon.pid == holder)
    killed.kill()
    return killed


def _holder(rig: Rig, lease: str) -> int:
    from sqlalchemy import create_engine, text

    engine = create_engine(rig.store_url)
    with engine.connect() as connection:
        owner = connection.scalar(text("SELECT owner FROM leases WHERE name = :n AND until_ms > 0"), {"n": lease})
    engine.dispose()
    return int(str(owner).split(":")[1]) if owner else 0
