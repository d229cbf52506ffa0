"""The monthly rapor of the agencies: from one fact a ticket to what each agency and kabupaten did with them. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from ..errors import Misuse
from ..wita import WITA
from . import words

HOUR = timedelta(hours=1)
NOWHERE = "Lokasi tidak disebut"
NOT_COUNTED = ("bukan pengaduan", "duplikat")
"""Grounds of rejection that take a ticket out of the rapor: nobody had to answer it."""


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in WITA: [start, end), and where the month before began."""

    before: datetime
    start: datetime
    end: datetime
    name: str
    name_before: str


@dataclass(frozen=True, slots=True)
class TicketFact:
    """One ticket: whose, where, how urgent, when the citizen asked, by when and when he was answered first."""

    agency: str
    kabupaten: str | None
    urgency: str
    asked_at: datetime
    due: datetime | None
    answered_at: datetime | None
    again: bool


@dataclass(frozen=True, slots=True)
class Score:
    """What became of a group of tickets. Times are None where nothing was answered, shares where there is nothing to share.

    `late`: answered after the deadline, or not yet and the deadline is over; `silent`: not answered until now. Of the `urgent`
    ones those that were answered within the hour, and those that have part of it left.
    """

    received: int
    urgent: int
    urgent_in_time: int
    urgent_running: int
    median: timedelta | None
    p90: timedelta | None
    late: int
    again: int
    silent: int

    @property
    def urgent_late(self) -> int:
        """How many urgent ones had no answer within their hour."""
        return self.urgent - self.urgent_in_time - self.urgent_running

    @property
    def in_time(self) -> float | None:
        """The share that is not late."""
        return 1 - self.late / self.received if self.received else None


@dataclass(frozen=True, slots=True)
class Line:
    """A group's score beside that of the month before."""

    key: str
    name: str
    now: Score
    then: Score

    @property
    def more(self) -> int:
        """How many more were received than in the month before."""
        return self.now.received - self.then.received

    @property
    def better(self) -> float | None:
        """By how much the share in time rose, in percentage points."""
        if self.now.in_time is None or self.then.in_time is None:
            return None
        return 100 * (self.now.in_time - self.then.in_time)


@dataclass(frozen=True, slots=True)
class Rapor:
    """All of a month's rapor; `running` when the month is not over: it is then compared with as many days of the last one."""

    month: Month
    made: str
    running: bool
    whole: Line
    agencies: tuple[Line, ...]
    kabupaten: tuple[Line, ...]


def month_of(text: str) -> Month:
    """The month named like 2026-11. Raises Misuse."""
    try:
        start = datetime.strptime(f"{text}-01", "%Y-%m-%d").replace(tzinfo=WITA)
        before = (start - timedelta(days=1)).replace(day=1)
        end = (start + timedelta(days=31)).replace(day=1)
    except (ValueError, OverflowError):
        raise Misuse(f"--rapor {text}: expected a month such as 2026-11") from None
    return Month(before, start, end, words.long_month(start.date()), words.long_month(before.date()))


def rapor_of(
    month: Month, facts: Iterable[TicketFact], now: datetime, agency: Callable[[str], str], kabupaten: Mapping[str, str]
) -> Rapor:
    """The rapor of a month, from the tickets asked for in that month and the one before."""
    running = month.start <= now < month.end
    cut = min(month.start, month.before + (now - month.start)) if running else month.start
    here: list[TicketFact] = []
    then: list[TicketFact] = []
    for fact in facts:
        if month.start <= fact.asked_at < month.end:
            here.append(fact)
        elif month.before <= fact.asked_at < cut:
            then.append(fact)

    def lines(key: Callable[[TicketFact], str], name: Callable[[str], str]) -> tuple[Line, ...]:
        groups, groups_then = _grouped(here, key), _grouped(then, key)
        keys = sorted(groups.keys() | groups_then.keys(), key=lambda k: (-len(groups.get(k, ())), k))
        return tuple(Line(k, name(k), score(groups.get(k, ()), now), score(groups_then.get(k, ()), now)) for k in keys)

    return Rapor(
        month=month,
        made=words.long_time(now),
        running=running,
        whole=Line("", "Semua", score(here, now), score(then, now)),
        agencies=lines(lambda fact: fact.agency, agency),
        kabupaten=lines(lambda fact: fact.kabupaten or "", lambda key: kabupaten.get(key, key) if key else NOWHERE),
    )


def _grouped(facts: Iterable[TicketFact], key: Callable[[TicketFact], str]) -> dict[str, list[TicketFact]]:
    found: dict[str, list[TicketFact]] = {}
    for fact in facts:
        found.setdefault(key(fact), []).append(fact)
    return found


def score(facts: Sequence[TicketFact], now: datetime) -> Score:
    """The score of a group as it stands at `now`."""
    waits = sorted(max(f.answered_at - f.asked_at, timedelta()) for f in facts if f.answered_at)
    urgent = [f for f in facts if f.urgency == "mendesak"]
    return Score(
        received=len(facts),
        urgent=len(urgent),
        urgent_in_time=sum(f.answered_at is not None and f.answered_at - f.asked_at <= HOUR for f in urgent),
        urgent_running=sum(f.answered_at is None and now - f.asked_at <= HOUR for f in urgent),
        median=timedelta(seconds=median(wait.total_seconds() for wait in waits)) if waits else None,
        p90=waits[-(-9 * len(waits) // 10) - 1] if waits else None,
        late=sum(f.due is not None and (f.answered_at or now) > f.due for f in facts),
        again=sum(f.again for f in facts),
        silent=sum(f.answered_at is None for f in facts),
    )


def records(rapor: Rapor) -> Iterable[dict[str, object]]:
    """The rapor as rows for a spreadsheet; times in whole minutes, shares in per cent."""
    month = f"{rapor.month.start:%Y-%m}"
    groups = (("semua", (rapor.whole,)), ("instansi", rapor.agencies), ("kabupaten", rapor.kabupaten))
    for kind, lines in groups:
        for line in lines:
            now, then = line.now, line.then
            yield {
                "bulan": month,
                "kelompok": kind,
                "kode": line.key,
                "nama": line.name,
                "diterima": now.received,
                "mendesak": now.urgent,
                "mendesak_dijawab_1_jam": now.urgent_in_time,
                "mendesak_belum_1_jam": now.urgent_running,
                "jawaban_pertama_median_menit": _minutes(now.median),
                "jawaban_pertama_p90_menit": _minutes(now.p90),
                "terlambat": now.late,
                "dibuka_lagi": now.again,
                "tidak_pernah_dijawab": now.silent,
                "tepat_waktu_persen": _percent(now.in_time),
                "diterima_bulan_lalu": then.received,
                "median_bulan_lalu_menit": _minutes(then.median),
                "tepat_waktu_bulan_lalu_persen": _percent(then.in_time),
            }


def _minutes(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds() // 60)


def _percent(share: float | None) -> int | None:
    return None if share is None else round(100 * share)
