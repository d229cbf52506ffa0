"""The rapor of the agencies: months in WITA, medians, what is late, the trend against the month before."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import Misuse
from connector.report.rapor import NOWHERE, Month, TicketFact, month_of, rapor_of, records, score
from connector.wita import WITA

NOVEMBER = month_of("2026-11")
START = datetime(2026, 11, 1, tzinfo=WITA)
LATER = datetime(2026, 12, 20, tzinfo=WITA)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
_BOUNDS = st.datetimes(datetime(2026, 9, 1), datetime(2027, 1, 31), timezones=st.just(UTC))


def fact(
    asked: datetime = START,
    answered: timedelta | None = None,
    *,
    urgency: str = "biasa",
    agency: str = "pln",
    kabupaten: str | None = "52.01",
    again: bool = False,
) -> TicketFact:
    due = asked + timedelta(hours=1 if urgency == "mendesak" else 48)
    return TicketFact(agency, kabupaten, urgency, asked, due, None if answered is None else asked + answered, again)


def rapor(*facts: TicketFact, now: datetime = LATER, month: Month = NOVEMBER):  # type: ignore[no-untyped-def]
    return rapor_of(month, facts, now, {"pln": "PLN"}.get, {"52.01": "Lombok Barat"})  # type: ignore[arg-type]


def test_a_month_begins_and_ends_at_midnight_in_wita() -> None:
    assert datetime(2026, 10, 31, 16, tzinfo=UTC) == NOVEMBER.start
    assert datetime(2026, 11, 30, 16, tzinfo=UTC) == NOVEMBER.end
    assert (NOVEMBER.name, NOVEMBER.name_before) == ("November 2026", "Oktober 2026")
    january = month_of("2027-01")
    assert january.before == datetime(2026, 12, 1, tzinfo=WITA) and january.end == datetime(2027, 2, 1, tzinfo=WITA)
    made = rapor(fact(NOVEMBER.start), fact(NOVEMBER.end - MINUTE), fact(NOVEMBER.end), fact(NOVEMBER.start - MINUTE))
    assert (made.whole.now.received, made.whole.then.received) == (2, 1)


@pytest.mark.parametrize("text", ["november", "2026-13", "2026", "2026-11-01", "0001-01", "9999-12", "", "2026-11\n"])
def test_what_is_no_month_is_misuse(text: str) -> None:
    with pytest.raises(Misuse, match="such as 2026-11"):
        month_of(text)


def test_each_figure_of_a_group() -> None:
    facts = [fact(answered=n * MINUTE) for n in range(1, 10)]
    facts += [fact(answered=timedelta(hours=50)), fact(), fact(LATER - HOUR)]
    facts += [fact(urgency="mendesak", answered=HOUR, again=True), fact(urgency="mendesak", answered=2 * HOUR)]
    facts += [fact(urgency="mendesak"), fact(answered=-5 * MINUTE)]
    got = score(facts, LATER)
    assert (got.received, got.urgent, got.urgent_in_time) == (16, 3, 1)
    assert (got.late, got.again, got.silent) == (4, 1, 3)  # after 50 h, never, after 2 h, never and urgent
    assert got.median == 6 * MINUTE and got.p90 == 2 * HOUR
    assert got.in_time == 0.75


def test_an_urgent_one_is_late_only_when_its_hour_is_over() -> None:
    facts = [fact(LATER - ago, urgency="mendesak") for ago in (MINUTE, HOUR, 2 * HOUR)]
    facts.append(fact(LATER - 3 * HOUR, urgency="mendesak", answered=HOUR))
    got = score(facts, LATER)
    assert (got.urgent, got.urgent_in_time, got.urgent_running, got.urgent_late) == (4, 1, 2, 1)


def test_nothing_at_all_is_told_too() -> None:
    made = rapor()
    assert made.agencies == made.kabupaten == () and made.whole.better is None
    assert made.whole.now.median is None and made.whole.now.in_time is None
    assert [row["diterima"] for row in records(made)] == [0]


def test_groups_are_named_and_the_busiest_comes_first() -> None:
    october = START - timedelta(days=9)
    made = rapor(
        fact(agency="pln", kabupaten=None),
        fact(agency="bpbd", kabupaten="52.01", answered=MINUTE),
        fact(agency="bpbd", kabupaten="52.99", answered=MINUTE),
        fact(october, agency="bpbd", kabupaten="52.01"),
        fact(october, agency="dinas", kabupaten="52.01"),
    )
    assert [line.key for line in made.agencies] == ["bpbd", "pln", "dinas"]
    assert {line.name for line in made.kabupaten} == {NOWHERE, "Lombok Barat", "52.99"}
    assert [line.more for line in made.agencies] == [1, 1, -1]
    assert made.agencies[0].better == 100 and made.agencies[1].better is None
    rows = list(records(made))
    assert len(rows) == 7 and rows[1]["tepat_waktu_persen"] == 100 and rows[1]["tepat_waktu_bulan_lalu_persen"] == 0
    assert rows[1]["jawaban_pertama_median_menit"] == 1 and rows[2]["jawaban_pertama_median_menit"] is None


def test_a_month_that_runs_is_compared_with_as_many_days_of_the_last() -> None:
    now = START + timedelta(days=3)
    october = datetime(2026, 10, 1, tzinfo=WITA)
    made = rapor(fact(), fact(october), fact(october + timedelta(days=4)), now=now)
    assert made.running and made.whole.then.received == 1
    march = month_of("2026-03")  # longer than February: no day is counted twice
    late = rapor(fact(march.start), fact(march.start - MINUTE), now=march.end - MINUTE, month=march)
    assert (late.whole.now.received, late.whole.then.received) == (1, 1)


@given(st.lists(st.tuples(_BOUNDS, st.none() | st.timedeltas(timedelta(), timedelta(days=9)), st.booleans())))
def test_groups_add_up_and_figures_stay_within_bounds(drawn: list[tuple[datetime, timedelta | None, bool]]) -> None:
    facts = [
        fact(at, wait, urgency="mendesak" if urgent else "biasa", agency=f"opd-{n % 3}", kabupaten=None)
        for n, (at, wait, urgent) in enumerate(drawn)
    ]
    made = rapor(*facts)
    for lines in (made.agencies, made.kabupaten):
        for name in ("received", "urgent", "urgent_in_time", "urgent_running", "late", "again", "silent"):
            assert sum(getattr(line.now, name) for line in lines) == getattr(made.whole.now, name)
    whole = made.whole.now
    assert max(whole.late, whole.silent, whole.urgent) <= whole.received and whole.urgent_in_time <= whole.urgent
    if whole.median is not None and whole.p90 is not None:
        assert timedelta() <= whole.median <= whole.p90 or whole.p90 >= timedelta()
