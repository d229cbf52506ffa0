"""When what is read next: heat and age, walks, sweeps, pace, blindness, and the plan of a day."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector import schedule
from connector.ingest.visit import MOST_LOST
from connector.schedule import LONGEST_WAIT, Post, next_due, reread_every, rereads, sweep_due, walk_due

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_clean_pass_is_followed_by_the_next_on_time() -> None:
    assert next_due(NOW, 60, 0, 0.7) == NOW + timedelta(seconds=60)


def test_failures_wait_longer_up_to_a_bound_and_a_blocked_account_an_hour() -> None:
    waits = [next_due(NOW, 60, n, 0.0) - NOW for n in range(12)]
    assert waits == sorted(waits) and waits[1] == timedelta(minutes=2) and waits[-1] == LONGEST_WAIT
    assert next_due(NOW, 3600, 3, 0.0) - NOW == timedelta(hours=1)
    assert next_due(NOW, 60, 1, 0.5, blocked=True) - NOW == timedelta(hours=1, minutes=3)


def test_intervals_grow_from_75_percent_of_the_budget_on_and_stop_at_95() -> None:
    waits = [(next_due(NOW, 60, 0, 0.0, used=used) - NOW).total_seconds() for used in (0, 74, 75, 85, 95, 100)]
    assert waits == [60, 60, 60, 330, 600, 600]
    assert next_due(NOW, 60, 0, 0.5, used=75) == NOW + timedelta(seconds=63), "with jitter"
    assert [schedule.spare(used) for used in (0, 74, 75, 99)] == [True, True, False, False]
    assert [schedule.pause_of(used, None) for used in (0, 94)] == [None, None]
    assert schedule.pause_of(95, None) == schedule.NO_MINUTES
    assert schedule.pause_of(100, 19 * 60) == timedelta(minutes=19)


def test_what_is_recent_is_swept_daily() -> None:
    assert sweep_due(NOW, None)
    assert sweep_due(NOW, NOW - timedelta(hours=21)) and not sweep_due(NOW, NOW - timedelta(hours=3))


def test_all_posts_are_looked_at_within_half_an_hour_or_as_the_budget_allows() -> None:
    assert walk_due(NOW, None, 5)
    assert walk_due(NOW, NOW - timedelta(minutes=30), 1000) and not walk_due(NOW, NOW - timedelta(minutes=29), 1000)
    assert not walk_due(NOW, NOW - 2 * HOUR, 5000) and walk_due(NOW, NOW - 3 * HOUR, 5000)
    assert schedule.walk_every(10**7) == schedule.SWEEP_EVERY


@pytest.mark.parametrize(
    ("quiet", "total", "every"),
    [
        (timedelta(minutes=5), 20, timedelta(minutes=10)),
        (timedelta(minutes=5), 2000, timedelta(minutes=210)),
        (5 * HOUR, 0, 2 * HOUR),
        (3 * DAY, 99, 8 * HOUR),
        (30 * DAY, 0, 20 * HOUR),
        (30 * DAY, 50_000, 20 * HOUR),
        (91 * DAY, 0, None),
    ],
)
def test_a_post_is_re_read_by_heat_age_and_cost(quiet: timedelta, total: int, every: timedelta | None) -> None:
    assert reread_every(quiet, total) == every


@given(st.floats(0, 90 * 86400 - 1), st.integers(0, 10**6))
def test_whatever_moved_within_90_days_is_re_read_within_24_hours(quiet: float, total: int) -> None:
    every = reread_every(timedelta(seconds=quiet), total)
    assert every is not None and every < DAY


def test_the_most_overdue_go_first_within_their_share() -> None:
    posts = [
        Post("on time", NOW - HOUR, NOW - timedelta(minutes=9), 3),
        Post("late", NOW - HOUR, NOW - timedelta(minutes=11), 3),
        Post("very late", NOW - HOUR, NOW - timedelta(minutes=50), 3),
        Post("never read", NOW - 2 * DAY, None, 3),
        Post("old", NOW - 100 * DAY, None, 3),
    ]
    assert rereads(NOW, posts, 3600) == ["never read", "very late", "late"]
    assert rereads(NOW, posts, 60) == ["never read"]
    assert rereads(NOW, [], 60) == []


def test_a_gap_is_worth_a_reading_when_its_turn_has_come() -> None:
    assert schedule.worth_reading(NOW, NOW, None, 500)
    assert schedule.worth_reading(NOW, NOW - HOUR, NOW - HOUR, 500)
    assert not schedule.worth_reading(NOW, NOW - HOUR, NOW - HOUR, 5000)
    assert not schedule.worth_reading(NOW, None, NOW - HOUR, 5)
    assert schedule.worth_reading(NOW, NOW - 400 * DAY, NOW - DAY, 5)


def test_three_intervals_without_anything_usable_are_blindness() -> None:
    assert not schedule.is_blind(NOW, None, 60)
    assert not schedule.is_blind(NOW, NOW - timedelta(minutes=3), 60)
    assert schedule.is_blind(NOW, NOW - timedelta(minutes=3, seconds=1), 60)
    assert not schedule.is_blind(NOW, NOW - timedelta(seconds=100), 1)
    assert schedule.is_blind(NOW, NOW, 60, 3) and not schedule.is_blind(NOW, NOW, 60, 2)
    assert not schedule.is_blind(NOW, NOW - 2 * HOUR, 3600) and schedule.is_blind(NOW, NOW - 4 * HOUR, 3600)


def test_a_graph_version_is_retired_when_a_newer_one_answers() -> None:
    served = (None, "", "v25.0", "v26.0", "v26.1", "v27.0", "v100.0")
    assert [schedule.is_retired("v26.0", one) for one in served] == [False] * 4 + [True] * 3


def test_a_quiet_page_with_a_thousand_posts_stays_within_its_budget() -> None:
    hot = [(timedelta(hours=2 * n), 47) for n in range(84)]  # one post every two hours, for a week
    day = schedule.plan(60, 1000, 1000, hot, messages=True)
    assert day["newest"] == 1440 and day["walks"] == 528
    assert sum(n for name, n in day.items() if name != "total") == pytest.approx(day["total"], abs=2)
    assert day["total"] <= 3600
    assert schedule.plan(60, 1000, 0, [], messages=False)["total"] < day["total"]
    asked = schedule.plan(60, 1000, 1000, hot, messages=True, lost=MOST_LOST)
    assert asked["sweeps"] == day["sweeps"] + 360 and asked["total"] <= 3600
