"""R-10, R-16: the database is frozen, and daemon and commands are to stop all the same; nothing is lost."""

import signal
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox import Fault
from tests import servers
from tests.journeys.rig import rigged, small_world, until
from tests.journeys.test_daemon import complain
from tests.journeys.test_daemon_machine import LONG, Starts, all_read, database, whole


@pytest.mark.parametrize("start", [servers.postgresql_server, servers.mariadb_server], ids=["postgresql", "mariadb"])
def test_a_daemon_stops_in_time_though_its_database_is_frozen(tmp_path: Path, start: Starts) -> None:
    with start() as server, rigged(tmp_path, small_world(), database(server)) as rig:
        daemon = rig.migrated().daemon()
        all_read(rig)
        with server.frozen():
            for n in range(3):
                complain(rig, n=n)
            time.sleep(3)
            in_time = [daemon.stop(within=10)]
            awaiting = rig.start("run")
            until(lambda: awaiting.said("store_awaited"), LONG, "it says that it waits")
            in_time.append(awaiting.stop(within=10))
        assert daemon.said("stop") and awaiting.said("stop")
        whole(rig, rig.daemon())
        print(f"\n{server.address.partition(':')[0]}: stopped after {in_time} s")


@pytest.mark.parametrize(
    ("start", "verb", "within"),
    [(servers.postgresql_server, ["run", "--once"], 10), (servers.mariadb_server, ["poll"], 32)],
    ids=["run --once", "poll"],
)
def test_a_command_stops_in_time_though_its_database_is_frozen_midway(
    tmp_path: Path, start: Starts, verb: list[str], within: float
) -> None:
    with start() as server, rigged(tmp_path, small_world(), database(server)) as rig:
        rig.migrated().run("poll")
        late, asked = complain(rig, n=1), threading.Event()
        with ExitStack() as frozen:

            def freeze(_request: Any, proceed: Any) -> Any:
                if not asked.is_set():
                    frozen.enter_context(server.frozen())
                    asked.set()
                return proceed()

            rig.sandbox.faults.add(Fault(freeze, times=None))
            process = rig.start(*verb)
            assert asked.wait(LONG), "it never asked Graph"
            time.sleep(1)
            process.popen.send_signal(signal.SIGINT)
            assert process.popen.wait(within) == 1
            rig.sandbox.faults.clear()
        assert "stopped with something still in hand" in process.err.read_text("utf-8").splitlines()[-1]
        rig.run("poll")
        assert rig.ticket_of(late)
        rig.assert_whole()
