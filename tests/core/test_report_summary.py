"""The report's numbers: facts in, Summary out."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from connector.records import Balance
from connector.report.health import AccountFact, StreamFact, judge
from connector.report.summary import MOST_BARS, Facts, Flow, Names, ReasonCount, TicketCount, summarise

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
NAMES = Names({"listrik": "Listrik"}, {"pln": "PLN"}, {"gub": "Gubernur\0", "empty": ""})
EMPTY = Facts(NOW, None, None, (), (), (), (), (), 0, 0, 0, 0)


def flow(day: date | None, n: int, decision: str = "open", own: bool = False, account: str = "gub") -> Flow:
    return Flow(day, account, decision, own, n)


def test_names_fall_back_to_keys() -> None:
    assert (NAMES.category("listrik"), NAMES.category("x")) == ("Listrik", "x")
    assert (NAMES.agency("pln"), NAMES.agency("x")) == ("PLN", "x")
    assert (NAMES.account("gub"), NAMES.account("empty"), NAMES.account("x")) == ("Gubernur\ufffd", "empty", "x")


def test_an_empty_store_is_calm() -> None:
    summary = summarise(EMPTY, NAMES)
    assert [h.value for h in summary.headlines] == ["0"] * 7
    assert {h.tone for h in summary.headlines} == {"plain", "good"}
    assert summary.days.bars == summary.category.bars == summary.account.bars == ()
    assert [(b.key, b.value, b.share) for b in summary.urgency.bars] == [
        ("mendesak", 0, 0.0), ("penting", 0, 0.0), ("biasa", 0, 0.0),
    ]  # fmt: skip
    assert summary.notes == ()
    assert summary.id == "20261124-220500"


def test_counts() -> None:
    day = date(2026, 11, 24)
    facts = replace(
        EMPTY,
        flow=[
            flow(day, 5), flow(day, 2, "append"), flow(day, 3, "review"), flow(day, 4, "ignore", account="wagub"),
            flow(day, 50, "ignore", own=True), flow(None, 1, "ignore"),
        ],
        tickets=[
            TicketCount("mendesak", "listrik", "gub", "diterima", 2, 1, "pln"),
            TicketCount("biasa", "listrik", "gub", "ditindaklanjuti", 2, 0, "bpbd"),
            TicketCount("biasa", "baru", "gub", "tuntas", 1, 0),
            TicketCount("mendesak", "baru", "gub", "ditolak", 1, 0),
        ],
        reasons=[ReasonCount("ignore", "spam", 1), ReasonCount("ignore", "apresiasi", 4), ReasonCount("review", "ragu", 3)],
        unreadable=1234,
        pending=7,
        outside=9,
        outside_late=2,
    )  # fmt: skip
    summary = summarise(facts, NAMES)
    heads = {h.label: (h.value, h.tone) for h in summary.headlines}
    assert heads == {
        "Masuk dari warga": ("15", "plain"),
        "Tiket": ("6", "plain"),
        "Mendesak, terbuka": ("2", "bad"),
        "Terlambat dijawab": ("1", "bad"),
        "Perlu ditinjau": ("3", "warn"),
        "Tidak terbaca": ("1.234", "warn"),
        "Aliran bermasalah": ("0", "plain"),
    }
    assert summary.headlines[1].note == "4 masih terbuka"
    assert [(b.key, b.label, b.value, b.part) for b in summary.late.bars] == [("pln", "PLN", 1, 1)]
    assert (summary.tickets, summary.to_review, summary.ignored_items, summary.unreadable) == (6, 3, 5, 1234)
    assert [(b.label, b.value, b.part) for b in summary.category.bars] == [("Listrik", 4, 2), ("baru", 2, 1)]
    assert [(b.key, b.value, b.part, b.share, b.part_share) for b in summary.urgency.bars] == [
        ("mendesak", 3, 1, 100.0, 33.33), ("penting", 0, 0, 0.0, 0.0), ("biasa", 3, 0, 100.0, 0.0),
    ]  # fmt: skip
    assert [(b.key, b.value, b.part) for b in summary.account.bars] == [("gub", 11, 7), ("wagub", 4, 0)]
    assert [(b.label, b.value) for b in summary.ignored.bars] == [("apresiasi", 4), ("spam", 1)]
    assert [(b.label, b.value) for b in summary.review.bars] == [("ragu", 3)]
    assert summary.notes == (
        "Di luar rentang waktu ini masih ada 9 tiket terbuka, 2 di antaranya terlambat.",
        "7 kiriman sudah tersimpan tetapi belum dinilai.",
    )
    calm = summarise(replace(facts, outside_late=0, pending=0), NAMES)
    assert calm.notes == ("Di luar rentang waktu ini masih ada 9 tiket terbuka.",)


@pytest.mark.parametrize(
    ("length", "unit", "bars", "first", "last"),
    [
        (1, "hari", 1, "3 Jan", "3 Jan"),
        (MOST_BARS, "hari", MOST_BARS, "3 Jan", "4 Apr"),
        (MOST_BARS + 1, "minggu", 14, "30 Des", "30 Mar"),
        (7 * MOST_BARS - 6, "minggu", MOST_BARS, "30 Des", "4 Okt"),
        (7 * MOST_BARS - 5, "bulan", 22, "Jan 2020", "Okt 2021"),
        (3000, "bulan", MOST_BARS, "Jul 2020", "Mar 2028"),
        (2_000_000, "bulan", MOST_BARS, "Feb 7488", "Okt 7495"),
    ],
)
def test_days_become_weeks_and_months_where_they_are_too_many(
    length: int, unit: str, bars: int, first: str, last: str
) -> None:
    start = date(2020, 1, 3)
    facts = replace(EMPTY, flow=[flow(start, 1), flow(start + timedelta(days=length - 1), 4, "ignore")])
    chart = summarise(facts, NAMES).days
    assert (chart.title, len(chart.bars)) == (f"Kiriman warga per {unit}", bars)
    assert (chart.bars[0].label, chart.bars[-1].label) == (first, last)
    assert chart.bars[-1].value == (4 if length > 1 else 5)
    assert bool(chart.note) == (length >= 3000)


def test_a_single_day_at_the_beginning_of_all_time() -> None:
    assert summarise(replace(EMPTY, flow=[flow(date.min, 1)]), NAMES).days.bars[0].label == "1 Jan"


STREAM = StreamFact("gub", "comments", 1500, NOW - timedelta(minutes=5))
OWNER = AccountFact("gub", NOW, NOW, None, None)


def kept(stream: str = "comments", **books: int) -> StreamFact:
    """A stream with its books."""
    return replace(STREAM, stream=stream, books=Balance("gub", stream, objects=1, **books))


@pytest.mark.parametrize(
    ("stream", "owner", "tone", "state", "detail"),
    [
        (STREAM, OWNER, "good", "baik", ""),
        (STREAM, None, "good", "baik", ""),
        (replace(STREAM, blocked="token  mati"), OWNER, "bad", "terhenti", "token mati"),
        (STREAM, replace(OWNER, blocked="izin"), "bad", "terhenti", "izin"),
        (replace(STREAM, error="x", error_at=NOW), OWNER, "bad", "galat", "x (24 Nov 2026 22.05)"),
        (replace(STREAM, error="x", ok_at=None), OWNER, "bad", "galat", "x (–)"),
        (replace(STREAM, error="x", error_at=STREAM.ok_at), OWNER, "warn", "sebagian gagal", "x (24 Nov 2026 22.00)"),
        (
            replace(STREAM, paused_until=NOW + timedelta(hours=1)),
            OWNER,
            *("warn", "dijeda Facebook", "sampai 24 Nov 2026 23.05"),
        ),
        (
            STREAM,
            replace(OWNER, paused_until=NOW + timedelta(hours=1)),
            *("warn", "dijeda Facebook", "sampai 24 Nov 2026 23.05"),
        ),
        (STREAM, replace(OWNER, paused_until=NOW - timedelta(hours=1)), "good", "baik", ""),
        (replace(STREAM, ok_at=None), OWNER, "warn", "belum pernah dibaca", ""),
        (
            replace(STREAM, ok_at=NOW - timedelta(hours=7)),
            OWNER,
            *("warn", "lama tidak dibaca", "periksa apakah layanan berjalan"),
        ),
    ],
)
def test_health(stream: StreamFact, owner: AccountFact | None, tone: str, state: str, detail: str) -> None:
    row = judge(stream, [owner] if owner else [], "Gubernur", NOW)
    assert (row.tone, row.state, row.detail) == (tone, state, detail)


def test_what_a_stream_knows() -> None:
    row = judge(kept(known=1000, waiting=3, failing=1, counted=415, stored=412, hidden=3), [], "G", NOW)
    assert (row.stream, row.landed, row.ok) == ("Komentar", "1.500", "5 menit lalu")
    assert row.known == "1.000 kiriman (3 menunggu, 1 gagal)"
    assert row.completeness == "412 dari 415; 3 disembunyikan Facebook"
    row = judge(kept(counted=420, stored=412, older=5, gone=2, unexplained=3), [], "G", NOW)
    assert row.completeness == "412 dari 420; 5 lebih lama dari yang dibaca; 2 sudah dihapus; 3 belum terjelaskan"
    row = judge(kept("messages", known=2, counted=5, stored=5), [], "G", NOW)
    assert (row.known, row.completeness) == ("2 percakapan", "5 dari 5")
    row = judge(replace(STREAM, stream="later"), [], "G", NOW)
    assert (row.stream, row.known, row.completeness) == ("later", "–", "–")


def test_a_stopped_stream_is_a_headline() -> None:
    facts = replace(EMPTY, streams=[replace(STREAM, blocked="x"), STREAM], accounts=[OWNER])
    head = summarise(facts, NAMES).headlines[-1]
    assert (head.value, head.note, head.tone) == ("1", "dari 2 aliran", "bad")
