"""An outage of an hour is a handful of log lines: when it begins, ever more seldom, and how long it was. By a virtual clock."""

from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from connector.ingest import Visit
from connector.outages import SETTLED, Outage, StoreOutage, span
from connector.remarks import Remarks
from connector.settings import AccountSettings

HOUR = 3600


class Day:
    """A clock that goes on when told, and a log with the time of each line."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lines: list[tuple[float, str, str]] = []

    def __call__(self) -> float:
        return self.now

    def _say(self, line: str, *, action: str, **_facts: Any) -> None:
        self.lines.append((self.now, action, line))

    info = warning = _say

    def times(self, action: str) -> list[float]:
        """When an action was said."""
        return [at for at, name, _ in self.lines if name == action]


@pytest.fixture
def day() -> Day:
    return Day()


def away() -> OperationalError:
    return OperationalError("SELECT 1", {}, Exception("connection refused"))


def test_an_hour_without_a_store_is_said_seven_times_whoever_meets_it(day: Day) -> None:
    store = StoreOutage(day)
    for _ in range(HOUR):
        for part in ("tend", "delivery", "watch"):
            assert "connection refused" in store.fails(day, away(), account=part)
        day.now += 1
    times = day.times("store_failed")
    assert times[0] == 0 and len(times) == 7
    gaps = [b - a for a, b in pairwise(times)]
    assert gaps == sorted(gaps) and min(gaps) == 60 and max(gaps) <= 900
    assert "for 60 s now" in day.lines[1][2] and "for 45 min now" in day.lines[-1][2]
    for _ in range(30):
        store.works(day)
        day.now += 1
    ((_, _, line),) = [one for one in day.lines if one[1] == "store_back"]
    assert line == "the store works again after 60 min"
    store.fails(day, away())
    assert len(day.times("store_failed")) == 8, "the next one is said at once"


def test_a_store_that_reads_but_does_not_write_is_not_back(day: Day) -> None:
    store = StoreOutage(day)
    for _ in range(HOUR):
        store.works(day)
        if day.now % (SETTLED - 1) == 0:
            store.fails(day, away())
        day.now += 1
    assert not day.times("store_back") and len(day.times("store_failed")) == 7


def test_a_collision_is_no_outage_and_a_lock_held_long_is_said_ever_more_seldom(day: Day) -> None:
    busy, store = Exception("deadlock"), StoreOutage(day)
    busy.sqlstate = "40P01"  # type: ignore[attr-defined]
    for _ in range(2):
        store.fails(day, OperationalError("UPDATE", {}, busy))
        store.works(day, settled=0)
    assert [action for _, action, _ in day.lines] == ["store_busy"] * 2
    for _ in range(HOUR):
        store.fails(day, OperationalError("UPDATE", {}, busy))
        day.now += 1
    assert len(day.times("store_busy")) == 2 + 7 and not day.times("store_failed")


def test_a_daemon_that_waits_for_its_store_says_how_long(day: Day) -> None:
    store = StoreOutage(day)
    store.fails(day, away(), "store_awaited")
    day.now += 42
    store.works(day, settled=0)
    assert [action for _, action, _ in day.lines] == ["store_awaited", "store_back"]
    assert day.lines[1][2] == "the store works again after 42 s"


def test_graph_that_is_away_is_said_ever_more_seldom_for_each_account(day: Day) -> None:
    account = AccountSettings.model_validate({"key": "gubernur", "id": "1", "token_env": "T", "every_seconds": 1})
    remarks = Remarks(day, lambda action, line, _: day.warning(line, action=action), "v26.0", day)
    failed = Visit("gubernur", {}, ("gubernur: posts: 502", "gubernur: messages: 502"), failed=True)
    for _ in range(600):
        remarks.of_visit(account, failed)
        day.now += 1
    assert day.times("read_failed") == [t for t in (0, 60, 180, 420) for _ in range(2)]
    remarks.of_visit(account, Visit("gubernur", {}, ()))
    remarks.of_visit(account, Visit("gubernur", {}, ()))
    assert [line for _, action, line in day.lines if action == "reads_again"] == ["gubernur: reads again after 10 min"]
    one = Visit("gubernur", {}, ("gubernur: post 1: 502",))
    for _ in range(3):
        remarks.of_visit(account, one)
    assert len(day.times("read_failed")) == 8 + 3, "single objects have their own patience"


def test_what_never_failed_is_not_said_to_work_again(day: Day) -> None:
    assert Outage(day).works() is None and [span(90), span(7200)] == ["90 s", "120 min"]
