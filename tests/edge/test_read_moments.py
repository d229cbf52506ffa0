"""Moments at which a reading could believe that it has seen all: a second not over, a clock that was ahead, a late approval."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.ingest import patience
from connector.ingest.reader import Reader
from connector.sandbox import Fault, World
from connector.schedule import LONGEST_REST
from connector.store.checkpoints import Checkpoint
from tests.edge.test_daemon_pace import NOW, Office, opened
from tests.reading import Bench

AT = "2026-11-24T01:00:00+0000"
MOVED = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@pytest.fixture
def office(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with opened(sqlite_engine, tmp_path, monkeypatch) as made:
        yield made


class Waits:
    """Stands where a reader's stop does; keeps how long it was to wait."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def wait(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.mark.parametrize(("served", "waited"), [(2, []), (1, [1.0]), (0, [2.0]), (-1, [3.0]), (-3600, [])])
def test_the_second_in_which_something_moved_is_over_before_it_is_read(served: int, waited: list[float]) -> None:
    """Facebook's updated_time may lie a second ahead of its comment, and so of the answer's own time."""
    stop: Any = Waits()
    reader = Reader(*(None,) * 6, stop=stop)  # type: ignore[arg-type]
    reader.settle(AT, MOVED + timedelta(seconds=served))
    assert stop.seconds == waited


def test_a_rest_that_a_clock_ahead_has_set_holds_nothing_up() -> None:
    def rests(wait: timedelta) -> bool:
        position = {patience.REST: {"seen": AT, "until": (NOW + wait).isoformat()}}
        return patience.rests(Checkpoint("1_2", seen=AT, position=position), NOW)

    assert rests(LONGEST_REST) and not rests(timedelta(0)) and not rests(timedelta(days=30))


@pytest.mark.parametrize("quiet", [timedelta(hours=1), timedelta(days=3), timedelta(days=20), timedelta(days=29)])
@pytest.mark.parametrize("already", [0, 2])
def test_a_comment_approved_late_is_found_within_a_day(office: Office, quiet: timedelta, already: int) -> None:
    """With its old time, under a post that does not move, of which all was read before it appeared."""
    at = NOW - quiet
    post = office.world.add_post(office.world.pages["gubernur"], "Kunjungan lama", at=at - timedelta(days=10))
    for n in range(already):
        office.world.add_comment(post, f"terima kasih {n}", f"Warga {n}", at=at - timedelta(minutes=9 - n))
    post.updated = int(at.timestamp())
    held = office.world.add_comment(post, "rumah sakit penuh", "Siti", at=at - timedelta(minutes=5), held=True)
    office.tend()
    office.world.approve(held)
    for _ in range(6):  # a day
        office.later(4)
        office.tend()
        office.beside()
    assert office.items()[held.id].text == "rumah sakit penuh"


def test_a_comment_that_slips_past_where_graph_counts_none_is_not_taken_for_deleted(
    reader: Bench, world: World
) -> None:
    """Cursors that are offsets, and no count to tell that something was deleted meanwhile."""
    post = world.add_post(world.pages["gubernur"], "Kunjungan", at=NOW - timedelta(days=2))
    said = [
        world.add_comment(post, f"jalan rusak {n}", f"Warga {n}", at=NOW - timedelta(days=1, minutes=250 - n))
        for n in range(250)
    ]
    reader.sandbox.options.cursors = "offset"

    def uncounted(request: Any, proceed: Any) -> Any:
        if request.params.get("after") and not asked and deleting:
            asked.append(request.path)
            world.delete(said[240])
        answer = proceed()
        data = json.loads(answer.body)
        for one in (data, data.get("comments"), *(node.get("comments") for node in data.get("data", ()))):
            if one:
                one.pop("summary", None)
        answer.body = json.dumps(data).encode()
        return answer

    asked: list[str] = []
    deleting = False
    reader.sandbox.faults.add(Fault(uncounted, path="comments", times=None))
    assert reader.poll().failures == ()
    deleting = True
    world.delete(said[245])
    assert reader.poll(full=True).failures == ()
    reader.process()
    assert asked and {key for key, item in reader.items().items() if item["deleted"]} == {said[245].id}
