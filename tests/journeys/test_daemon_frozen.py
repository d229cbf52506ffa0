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


@pytest.mark.parametrize("start", [servers.postgresql_server, servers.mariadb_server], ids=["postgresql", "mariadb"])
def test_a_command_stops_in_time_though_its_database_is_frozen_midway(tmp_path: Path, start: Starts) -> None:
    with start() as server, rigged(tmp_path, small_world(), database(server)) as rig:
        rig.migrated().run("poll")
        for n, verb in enumerate((["poll"], ["run", "--once"])):
            late, asked = complain(rig, n=n), threading.Event()
            with ExitStack() as frozen:

                def freeze(_request: Any, proceed: Any, frozen: ExitStack = frozen, asked: Any = asked) -> Any:
                    if not asked.is_set():
                        frozen.enter_context(server.frozen())
                        asked.set()
                    return proceed()

                rig.sandbox.faults.add(Fault(freeze, times=None))
                process = rig.start(*verb)
                assert asked.wait(LONG), "it never asked Graph"
                time.sleep(1)
                began = time.monotonic()
                process.popen.send_signal(signal.SIGINT)
                assert process.popen.wait(10) == 1
                print(f"\n{verb}: stopped after {time.monotonic() - began:.1f} s")
                rig.sandbox.faults.clear()
            (line,) = process.err.read_text("utf-8").splitlines()[-1:]
            assert "stopped with something still in hand" in line
            rig.run("poll")
            assert rig.ticket_of(late)
        rig.assert_whole()
