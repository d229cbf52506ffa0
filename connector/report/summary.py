"""From counted facts to what the report says in numbers. Pure: facts in, one frozen Summary out."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from classifiers.verdict import CATEGORIES, URGENCIES

from ..records import OPEN
from ..wita import WITA
from . import health, words
from .apart import Withheld, withheld
from .health import AccountFact, StreamFact, StreamHealth
from .texts import clean, line

URGENCY_NAMES = {"mendesak": "Mendesak", "penting": "Penting", "biasa": "Biasa"}
MOST_BARS = 93
FARTHEST = timedelta(days=20_000)


@dataclass(frozen=True, slots=True)
class Names:
    """What keys are called on the screen."""

    categories: Mapping[str, str]
    agencies: Mapping[str, str]
    accounts: Mapping[str, str]

    def category(self, key: str) -> str:
        """A category's label; the key itself when it has none."""
        return self.categories.get(key, key)

    def agency(self, key: str) -> str:
        """An agency's name."""
        return self.agencies.get(key, key)

    def account(self, key: str) -> str:
        """An account's name."""
        return clean(self.accounts.get(key) or key)


@dataclass(frozen=True, slots=True)
class Flow:
    """So many items of one day (WITA), account and decision; `own` are the account's own."""

    day: date | None
    account: str
    decision: str
    own: bool
    n: int


@dataclass(frozen=True, slots=True)
class TicketCount:
    """So many tickets alike, and how many of them are overdue, or open and not answered."""

    urgency: str
    category: str
    account: str
    status: str
    n: int
    late: int
    agency: str = ""
    unanswered: int = 0


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """So many items ignored, or set aside for a person, for one reason."""

    decision: str
    reason: str
    n: int


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is counted for a report."""

    now: datetime
    since: datetime | None
    until: datetime | None
    flow: Sequence[Flow]
    tickets: Sequence[TicketCount]
    reasons: Sequence[ReasonCount]
    streams: Sequence[StreamFact]
    accounts: Sequence[AccountFact]
    unreadable: int
    pending: int
    outside: int
    outside_late: int
    withheld: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Headline:
    """One number at the top; `tone` is plain, good, warn or bad."""

    label: str
    value: str
    note: str
    tone: str
    target: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a chart: `part` of `value` is drawn darker; shares are per cent of the longest bar."""

    key: str
    label: str
    value: int
    part: int
    share: float
    part_share: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars with what they and their darker part count."""

    title: str
    whole: str
    part: str
    bars: tuple[Bar, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """All of the report but its lists."""

    id: str
    made: str
    made_at: datetime
    period: str
    headlines: tuple[Headline, ...]
    days: Chart
    urgency: Chart
    category: Chart
    account: Chart
    late: Chart
    ignored: Chart
    review: Chart
    tickets: int
    to_review: int
    ignored_items: int
    withheld: Withheld
    unreadable: int
    health: tuple[StreamHealth, ...]
    notes: tuple[str, ...]


def summarise(facts: Facts, names: Names) -> Summary:
    """The whole Summary of a report."""
    streams = tuple(health.judge(s, facts.accounts, names.account(s.account), facts.now) for s in facts.streams)
    return Summary(
        id=f"{facts.now.astimezone(WITA):%Y%m%d-%H%M%S}",
        made=words.long_time(facts.now),
        made_at=facts.now,
        period=words.window(facts.since, facts.until),
        headlines=_headlines(facts, streams),
        days=_days(facts.flow),
        urgency=_urgency(facts.tickets),
        category=_category(facts.tickets, names),
        account=_account(facts.flow, names),
        late=_late(facts.tickets, names),
        ignored=_reasons(facts.reasons, "ignore", "Alasan tidak dijadikan tiket"),
        review=_reasons(facts.reasons, "review", "Alasan perlu ditinjau"),
        tickets=sum(t.n for t in facts.tickets),
        withheld=withheld(facts.withheld, ((r.decision, r.reason, r.n) for r in facts.reasons)),
        to_review=_decided(facts, "review"),
        ignored_items=_decided(facts, "ignore"),
        unreadable=facts.unreadable,
        health=streams,
        notes=_notes(facts),
    )


def _decided(facts: Facts, decision: str) -> int:
    return sum(f.n for f in facts.flow if f.decision == decision and not f.own)


def _headlines(facts: Facts, streams: Sequence[StreamHealth]) -> tuple[Headline, ...]:
    came = sum(f.n for f in facts.flow if not f.own)
    total, still = sum(t.n for t in facts.tickets), [t for t in facts.tickets if t.status in OPEN]
    urgent, late = sum(t.n for t in still if t.urgency == "mendesak"), sum(t.late for t in still)
    review, ill = _decided(facts, "review"), sum(s.tone == "bad" for s in streams)
    silent = sum(t.unanswered for t in still if t.urgency == "mendesak")
    n, how = words.number, "bad" if ill else "good" if streams else "plain"
    return (
        Headline("Masuk dari warga", n(came), "kiriman, komentar, pesan", "plain", "masuk"),
        Headline("Tiket", n(total), f"{n(sum(t.n for t in still))} masih terbuka", "plain", "tiket"),
        Headline("Mendesak, terbuka", n(urgent), f"{n(silent)} belum dijawab", "bad" if urgent else "good", "tiket"),
        Headline("Terlambat dijawab", n(late), "tenggat sudah lewat", "bad" if late else "good", "tiket"),
        Headline("Perlu ditinjau", n(review), "menunggu petugas", "warn" if review else "good", "tinjau"),
        Headline("Tidak terbaca", n(facts.unreadable), "disimpan, dapat dicoba lagi", _tone(facts.unreadable), "rusak"),
        Headline("Aliran bermasalah", n(ill), f"dari {n(len(streams))} aliran", how, "sehat"),
    )


def _tone(count: int) -> str:
    return "warn" if count else "good"


def _notes(facts: Facts) -> tuple[str, ...]:
    found = []
    if facts.outside:
        late = f", {words.number(facts.outside_late)} di antaranya terlambat" if facts.outside_late else ""
        found.append(f"Di luar rentang waktu ini masih ada {words.number(facts.outside)} tiket terbuka{late}.")
    if facts.waiting:
        found.append(
            f"{words.number(facts.waiting)} tiket sudah ditutup, tetapi pelapornya menulis lagi dan menunggu jawaban."
        )
    if facts.pending:
        found.append(f"{words.number(facts.pending)} kiriman sudah tersimpan tetapi belum dinilai.")
    return tuple(found)


def _bars(rows: Iterable[tuple[str, str, int, int]]) -> tuple[Bar, ...]:
    rows = list(rows)
    top = max((value for _, _, value, _ in rows), default=0) or 1
    return tuple(Bar(k, name, v, p, round(100 * v / top, 2), round(100 * p / top, 2)) for k, name, v, p in rows)


def _urgency(tickets: Sequence[TicketCount]) -> Chart:
    return Chart("Tiket menurut urgensi", "tiket", "terlambat", _bars(_by(tickets, URGENCIES, URGENCY_NAMES.get)))


def _category(tickets: Sequence[TicketCount], names: Names) -> Chart:
    rows = sorted(_by(tickets, CATEGORIES, names.category), key=lambda row: -row[2])
    return Chart("Tiket menurut kategori", "tiket", "mendesak", _bars(row for row in rows if row[2]))


def _late(tickets: Sequence[TicketCount], names: Names) -> Chart:
    all_of, urgent = Counter[str](), Counter[str]()
    for t in tickets:
        all_of[t.agency] += t.late
        urgent[t.agency] += t.late * (t.urgency == "mendesak")
    rows = [(key, names.agency(key), n, urgent[key]) for key, n in all_of.most_common() if n]
    return Chart("Terlambat dijawab menurut instansi", "tiket", "mendesak", _bars(rows))


def _by(
    tickets: Sequence[TicketCount], keys: Sequence[str], name: Callable[[str], str | None]
) -> list[tuple[str, str, int, int]]:
    all_of, part_of = Counter[str](), Counter[str]()
    urgency = keys is URGENCIES
    for t in tickets:
        key = t.urgency if urgency else t.category
        all_of[key] += t.n
        part_of[key] += t.late if urgency else t.n * (t.urgency == "mendesak")
    every = [*keys, *sorted(set(all_of) - set(keys))]
    return [(key, name(key) or key, all_of[key], part_of[key]) for key in every]


def _account(flow: Sequence[Flow], names: Names) -> Chart:
    all_of, part_of = _counted(flow, lambda f: f.account)
    rows = [(key, names.account(key), all_of[key], part_of[key]) for key in sorted(all_of)]
    return Chart("Kiriman warga menurut akun", "kiriman", "bagian tiket", _bars(rows))


def _counted(flow: Sequence[Flow], key: Callable[[Flow], str]) -> tuple[Counter[str], Counter[str]]:
    all_of, part_of = Counter[str](), Counter[str]()
    for f in flow:
        if not f.own:
            all_of[key(f)] += f.n
            part_of[key(f)] += f.n * (f.decision in ("open", "append"))
    return all_of, part_of


def _days(flow: Sequence[Flow]) -> Chart:
    """One bar a day, or a week or month when days would be too many; empty ones stand too."""
    known = sorted({f.day for f in flow if f.day and not f.own})
    if not known:
        return Chart("Kiriman warga per hari", "kiriman", "bagian tiket", ())
    first = max(known[0], known[-1] - FARTHEST) if known[-1] - date.min > FARTHEST else known[0]
    length = (known[-1] - first).days + 1
    start, name, unit = _unit(length)
    slots: dict[date, None] = dict.fromkeys(start(first + timedelta(days=i)) for i in range(length))
    shown = list(slots)[-MOST_BARS:]
    all_of, part_of = _counted(flow, lambda f: start(f.day).isoformat() if f.day else "")
    rows = [(d.isoformat(), name(d), all_of[d.isoformat()], part_of[d.isoformat()]) for d in shown]
    note = f"Hanya {MOST_BARS} {unit} terakhir." if len(slots) > MOST_BARS else ""
    return Chart(f"Kiriman warga per {unit}", "kiriman", "bagian tiket", _bars(rows), note)


def _unit(length: int) -> tuple[Callable[[date], date], Callable[[date], str], str]:
    if length <= MOST_BARS:
        return lambda d: d, words.day_and_month, "hari"
    if length <= 7 * MOST_BARS - 6:
        return lambda d: d - timedelta(days=d.weekday()), words.day_and_month, "minggu"
    return lambda d: d.replace(day=1), words.month, "bulan"


def _reasons(reasons: Sequence[ReasonCount], decision: str, title: str) -> Chart:
    found = sorted(((r.reason, r.n) for r in reasons if r.decision == decision), key=lambda pair: (-pair[1], pair[0]))
    return Chart(title, "kiriman", "", _bars((name, line(name), n, 0) for name, n in found))
