"""By when: NTB Care's hours, LAPOR's working days, holidays, and what is overdue."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.deadlines import (
    Calendar,
    Due,
    LaporClock,
    add_working_days,
    decree,
    lapor,
    lapor_clock,
    latest,
    own,
)
from connector.records import Place, Status, Ticket
from connector.wita import WITA

NONE = Calendar()
TUESDAY = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # 09.00 WITA


def evening(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T23:59:59+08:00")


@pytest.mark.parametrize(
    ("at", "days", "end"),
    [
        (TUESDAY, 1, "2026-11-25"),
        (TUESDAY, 3, "2026-11-27"),
        (TUESDAY, 5, "2026-12-01"),  # over a weekend
        (TUESDAY, 10, "2026-12-08"),
        (datetime(2026, 12, 23, 1, tzinfo=UTC), 1, "2026-12-28"),  # joint leave, Christmas, a weekend
        (datetime(2026, 12, 30, 1, tzinfo=UTC), 3, "2027-01-06"),  # New Year, Isra Mikraj 2027
        (datetime(2026, 3, 17, 1, tzinfo=UTC), 1, "2026-03-25"),  # Nyepi and Idulfitri
        (datetime(2026, 11, 27, 15, 59, tzinfo=UTC), 1, "2026-11-30"),  # 23.59 on Friday in WITA
        (datetime(2026, 11, 27, 16, 1, tzinfo=UTC), 1, "2026-11-30"),  # 00.01 on Saturday in WITA
        (datetime(2026, 11, 29, 16, 1, tzinfo=UTC), 1, "2026-12-01"),  # 00.01 on Monday in WITA
    ],
)
def test_working_days(at: datetime, days: int, end: str) -> None:
    assert add_working_days(at, days, NONE) == evening(end)


def test_the_operator_adds_days_off_and_takes_some_back() -> None:
    off, on = date(2026, 11, 25), date(2026, 11, 28)
    assert add_working_days(TUESDAY, 1, Calendar(off=frozenset({off}))) == evening("2026-11-26")
    assert add_working_days(TUESDAY, 4, Calendar(on=frozenset({on}))) == evening("2026-11-28")


def test_a_year_without_a_decree_knows_weekends_and_fixed_feasts_and_is_named() -> None:
    assert not decree(2030) and decree(2026)
    assert not NONE.works(date(2030, 8, 17)) and not NONE.works(date(2030, 8, 18)) and NONE.works(date(2030, 8, 19))
    assert NONE.missing(date(2026, 11, 24)) == [] and NONE.missing(date(2027, 1, 1)) == [2028]
    assert NONE.missing(date(2031, 1, 1)) == [2031, 2032]
    assert Calendar(off=frozenset({date(2028, 1, 1)})).missing(date(2027, 12, 1)) == []


def test_lapor_wants_three_five_and_ten_working_days() -> None:
    clock = LaporClock(evening("2026-11-27"), evening("2026-12-01"), evening("2026-12-15"))
    assert lapor_clock(TUESDAY, None, NONE) == clock
    assert lapor_clock(TUESDAY, TUESDAY, NONE).close_by == evening("2026-12-08")


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 11, 1), timezones=st.just(UTC)),
    st.integers(min_value=1, max_value=30),
)
def test_each_working_day_more_is_later_and_is_worked(at: datetime, days: int) -> None:
    end, next_end = add_working_days(at, days, NONE), add_working_days(at, days + 1, NONE)
    assert at < end < next_end
    assert NONE.works(end.astimezone(WITA).date())
    assert end - at >= timedelta(days=days - 1)


def ticket(status: Status = "diterima", due: int | None = -1, answered: bool = False, number: int = 1) -> Ticket:
    """A ticket that is due so many hours after Tuesday."""
    return Ticket(
        number=f"NTB-2026-{number:06}",
        status=status,
        urgency="biasa",
        category="lainnya",
        agency="dinas-kominfotik",
        summary="",
        account="gubernur",
        source_ids=(),
        supporters=1,
        reporter_id=None,
        place=Place(),
        permalink=None,
        opened_at=TUESDAY,
        answer_by=None if due is None else TUESDAY + timedelta(hours=due),
        first_response_at=TUESDAY if answered else None,
    )


def test_the_longest_overdue_comes_first() -> None:
    all_of = [ticket(due=-1, number=1), ticket(due=2, number=2), ticket(due=-5, number=3), ticket(due=-1, number=0)]
    assert [t.number[-1] for t in latest(all_of, own, TUESDAY)] == ["3", "0", "1"]


@pytest.mark.parametrize(
    ("status", "due", "answered", "late"),
    [
        ("diterima", -1, False, True),
        ("ditindaklanjuti", -1, False, True),
        ("diterima", 1, False, False),
        ("diterima", None, False, False),
        ("diterima", -1, True, False),
        ("tuntas", -1, False, False),
    ],
)
def test_overdue_is_open_unanswered_and_past_its_time(
    status: Status, due: int | None, answered: bool, late: bool
) -> None:
    assert bool(latest([ticket(status, due, answered)], own, TUESDAY)) is late


@pytest.mark.parametrize(
    ("status", "answered", "expected"),
    [
        ("diterima", False, Due("verifikasi", evening("2026-11-27"))),
        ("ditindaklanjuti", False, Due("jawaban", evening("2026-12-01"))),
        ("diterima", True, Due("penyelesaian", evening("2026-12-08"))),
        ("ditindaklanjuti", True, Due("penyelesaian", evening("2026-12-08"))),
        ("tuntas", False, None),
        ("ditolak", True, None),
    ],
)
def test_lapor_waits_for_one_step_after_the_other(status: Status, answered: bool, expected: Due | None) -> None:
    one = ticket(status, answered=answered)
    assert lapor(one, {one.number: TUESDAY}, NONE) == expected
