"""S-11: keys, sessions and the brake, by the clock."""

from datetime import UTC, datetime, timedelta

import pytest

from connector.review.door import Door

T0 = datetime(2026, 11, 24, 4, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def entered(door: Door, now: datetime) -> str:
    key = door.knock(now)
    assert key
    session = door.enter(key, now)
    assert session
    return session


def test_a_key_is_good_once_and_another_takes_its_place() -> None:
    door = Door()
    key = door.knock(T0)
    assert key and len(key) >= 32
    assert door.enter(key, T0) and door.enter(key, T0) is None
    other = door.knock(T0)
    assert other and other != key and door.enter(other, T0)


def test_a_told_key_is_told_again_only_after_a_while_and_stays_good() -> None:
    door = Door()
    key = door.knock(T0)
    assert key and door.knock(T0 + 9 * SECOND) is None
    assert door.knock(T0 + 10 * SECOND) == key
    assert door.enter(key, T0 + 11 * SECOND)


@pytest.mark.parametrize(("step", "lived"), [(14 * MINUTE, 34), (15 * MINUTE, 0)])
def test_a_session_ends_when_idle_and_after_eight_hours_whatever_happens(step: timedelta, lived: int) -> None:
    door = Door()
    session = entered(door, T0)
    used = 0
    while door.session(session, T0 + (used + 1) * step):
        used += 1
    assert used == lived
    assert door.session(session, T0 + SECOND) is None, "what ended does not come back"


def test_sessions_are_apart_and_strangers_have_none() -> None:
    door = Door()
    first, second = entered(door, T0), entered(door, T0)
    one, two = door.session(first, T0), door.session(second, T0)
    assert one and two and one.token != two.token
    assert door.session("", T0) is None and door.session("x", T0) is None


def test_guessing_is_slowed_even_for_the_right_key_and_then_free_again() -> None:
    door = Door()
    key = door.knock(T0)
    assert key
    for at in range(5):
        assert door.wait(T0 + at * SECOND) == 0
        assert door.enter("é\udc80", T0 + at * SECOND) is None
    assert door.wait(T0 + 4 * SECOND) == 56 and door.enter(key, T0 + 59 * SECOND) is None
    assert door.wait(T0 + MINUTE) == 0 and door.enter(key, T0 + MINUTE)
