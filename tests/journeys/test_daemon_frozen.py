"""R-10, R-16: the database is frozen, and the daemon is to stop all the same; nothing is lost."""

import time
from pathlib import Path

import pytest

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
