"""By when a complaint must be answered: NTB Care's hours, and LAPOR's working days. Pure.

Holidays and joint leave come from the yearly joint decree (SKB 3 Menteri) in `lokal.holidays`; an operator adds what the
decree changed later, or a year that the package does not know yet.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from operator import itemgetter
from typing import Literal

from classifiers.verdict import Urgency

from .records import CLOSED, Ticket
from .wita import WITA

HOURS: dict[Urgency, int] = {"mendesak": 1, "penting": 24, "biasa": 48}
"""NTB Care's three classes since 2018, around the clock: ≤ 1 hour, ≤ 1×24 hours, ≤ 2×24 hours."""
VERIFY, ANSWER, CLOSE = 3, 5, 10
"""LAPOR's working days: to verify, to answer, and to close after the last follow-up (PermenPANRB 62/2018)."""
FOLLOW_UPS = frozenset({"moved", "reopened", "answered"})
"""The events of a ticket's history from which closing counts: it was moved or taken up again, or the citizen was answered."""
_FIXED = ((1, 1), (5, 1), (6, 1), (8, 17), (12, 25))
_EVENING = time(23, 59, 59, tzinfo=WITA)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked. `off` are days off beside the decree's, `on` days that are worked in spite of it."""

    off: frozenset[date] = frozenset()
    on: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        """Whether offices work on this day. Of a year without a decree only weekends and fixed feasts are known."""
        if day in self.on:
            return True
        if day.weekday() >= 5 or day in self.off:
            return False
        decreed = decree(day.year)
        return day not in decreed if decreed else (day.month, day.day) not in _FIXED

    def missing(self, today: date) -> list[int]:
        """Which of this year and the next have neither a decree here nor a day off named by the operator."""
        named = {day.year for day in self.off}
        return [year for year in (today.year, today.year + 1) if not decree(year) and year not in named]


@cache
def decree(year: int) -> frozenset[date]:
    """Public holidays and joint leave of a year by the joint decree; empty when the decree is not known here."""
    from lokal.holidays import HOLIDAY_YEARS, get_holidays  # its package takes 0.1 s to load: only when asked

    if year not in HOLIDAY_YEARS:
        return frozenset()
    return frozenset(date.fromisoformat(holiday.date) for holiday in get_holidays(year).holidays)


def answer_by(opened_at: datetime, urgency: Urgency) -> datetime:
    """The time until which the citizen must have an answer."""
    return opened_at + timedelta(hours=HOURS[urgency])


def add_working_days(at: datetime, days: int, calendar: Calendar) -> datetime:
    """The end (23.59.59 WITA) of the working day that comes `days` ≥ 1 working days after the day of `at` in WITA."""
    day, left = at.astimezone(WITA).date(), days
    while left > 0:
        day += timedelta(days=1)
        left -= calendar.works(day)
    return datetime.combine(day, _EVENING)


@dataclass(frozen=True, slots=True)
class LaporClock:
    """What LAPOR expects of a ticket, and by when."""

    verify_by: datetime
    answer_by: datetime
    close_by: datetime


def lapor_clock(opened_at: datetime, last_followed_up: datetime | None, calendar: Calendar) -> LaporClock:
    """LAPOR's three deadlines. Without a follow-up yet, closing counts from the day by which one is due."""
    due = add_working_days(opened_at, ANSWER, calendar)
    return LaporClock(
        verify_by=add_working_days(opened_at, VERIFY, calendar),
        answer_by=due,
        close_by=add_working_days(last_followed_up or due, CLOSE, calendar),
    )


@dataclass(frozen=True, slots=True)
class Due:
    """The next step that an open ticket waits for, as staff call it, and by when."""

    step: Literal["verifikasi", "jawaban", "penyelesaian"]
    by: datetime


def own(ticket: Ticket) -> Due | None:
    """What NTB Care promises of a ticket: an answer. None when it is closed, or the citizen has one."""
    done = ticket.status in CLOSED or ticket.first_response_at is not None
    return None if done or ticket.answer_by is None else Due("jawaban", ticket.answer_by)


def lapor(ticket: Ticket, followed_up: Mapping[str, datetime], calendar: Calendar) -> Due | None:
    """What LAPOR expects next of a ticket: that it is verified, then answered, then closed. None when it is closed.

    `followed_up` tells by number when a ticket last was.
    """
    if ticket.status in CLOSED:
        return None
    clock = lapor_clock(ticket.opened_at, followed_up.get(ticket.number), calendar)
    if ticket.first_response_at is not None:
        return Due("penyelesaian", clock.close_by)
    return Due("verifikasi", clock.verify_by) if ticket.status == "diterima" else Due("jawaban", clock.answer_by)


def latest(tickets: Iterable[Ticket], due_of: Callable[[Ticket], Due | None], now: datetime) -> list[Ticket]:
    """Those of these that are past what is due, the one that is latest first."""
    late = ((due.by, ticket.number, ticket) for ticket in tickets if (due := due_of(ticket)) and due.by < now)
    return [ticket for *_, ticket in sorted(late, key=itemgetter(0, 1))]
