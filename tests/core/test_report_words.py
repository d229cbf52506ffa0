"""R-30: words and texts of the report: dates, spans, numbers, and making any text harmless."""

from datetime import UTC, datetime, timedelta

import pytest

from connector.report import texts, words
from connector.report.texts import Shown

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)


def test_dates_as_indonesians_write_them() -> None:
    assert words.long_time(NOW) == "Selasa, 24 November 2026 22.05 WITA"
    assert words.long_time(datetime(2026, 11, 24, 16, 0, tzinfo=UTC)) == "Rabu, 25 November 2026 00.00 WITA"
    assert words.short_time(NOW) == "24 Nov 2026 22.05"
    assert words.short_time(None) == "–"
    assert words.day_and_month(NOW.date()) == "24 Nov"
    assert words.month(NOW.date()) == "Nov 2026"


@pytest.mark.parametrize(
    ("month", "long", "short"),
    [(1, "Januari", "Jan"), (5, "Mei", "Mei"), (8, "Agustus", "Agu"), (10, "Oktober", "Okt"), (12, "Desember", "Des")],
)
def test_months(month: int, long: str, short: str) -> None:
    day = datetime(2026, month, 1, tzinfo=UTC).date()
    assert f" 1 {long} 2026" in words.long_date(day)
    assert words.short_date(day) == f"1 {short} 2026"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "kurang dari 1 menit"), (1, "1 menit"), (59, "59 menit"), (60, "1 jam"), (125, "2 jam 5 menit"),
        (24 * 60, "1 hari"), (27 * 60, "1 hari 3 jam"), (1000 * 24 * 60, "1.000 hari"), (100 * 24 * 60 + 60, "100 hari"),
    ],
)  # fmt: skip
def test_spans(minutes: int, said: str) -> None:
    assert words.span(timedelta(minutes=minutes)) == said


def test_remaining_and_ago() -> None:
    assert words.remaining(NOW + timedelta(hours=2), NOW) == "sisa 2 jam"
    assert words.remaining(NOW, NOW) == "terlambat kurang dari 1 menit"
    assert words.remaining(NOW - timedelta(minutes=90), NOW) == "terlambat 1 jam 30 menit"
    assert words.ago(None, NOW) == "belum pernah"
    assert words.ago(NOW, NOW) == "baru saja"
    assert words.ago(NOW - timedelta(hours=5), NOW) == "5 jam lalu"


def test_numbers() -> None:
    assert [words.number(n) for n in (0, 999, 1000, 1234567)] == ["0", "999", "1.000", "1.234.567"]
    shown = [words.percent(score) for score in (0, 0.001, 0.42, 0.994, 0.999, 1)]
    assert shown == ["0%", "<1%", "42%", "99%", ">99%", "100%"]


def test_window() -> None:
    later = NOW + timedelta(days=1)
    assert words.window(None, None) == "Seluruh isi penyimpanan"
    assert words.window(NOW, None) == "Sejak Selasa, 24 November 2026 22.05 WITA"
    assert words.window(None, NOW) == "Sampai Selasa, 24 November 2026 22.05 WITA"
    assert words.window(NOW, later) == ("Selasa, 24 November 2026 22.05 WITA sampai Rabu, 25 November 2026 22.05 WITA")


def test_any_text_becomes_one_that_html_can_hold() -> None:
    assert texts.clean("a\0b\ud800c\x85d") == "a\ufffdb\ufffdc\ufffdd"
    assert texts.clean("\x1b[31m\x7f\t\n") == "\u241b[31m\u2421\t\n"
    assert texts.clean("a\r\nb\rc") == "a\nb\nc"
    whole = "".join(chr(n) for n in range(0x11000))
    assert texts.clean(whole).encode().decode() == texts.clean(whole)


def test_shown_text_is_masked_and_cut() -> None:
    assert texts.shown(None) == Shown("")
    assert texts.shown("NIK saya 5201012345678901") == Shown("NIK saya [NIK]")
    assert texts.shown("a" * texts.MOST) == Shown("a" * texts.MOST)
    assert texts.shown("a" * 10_000_000) == Shown("a" * texts.MOST, cut=True)


def test_a_number_that_the_cut_goes_through_is_not_shown() -> None:
    got = texts.shown("x" * 10 + " 5201012345678901", 20)
    assert got == Shown("x" * 10, cut=True)
    assert texts.shown("surel warga@contoh.example ya", 18) == Shown("surel ", cut=True)
    assert texts.line("x" * 550 + " 5201012345678901", 560) == "x" * 550 + " [NIK]"
    assert "5201" not in texts.line("x " * 70 + "\n" * 400 + "5201012345678901", 140)


def test_lines() -> None:
    assert texts.line(None) == ""
    assert texts.line("a\n b\t c") == "a b c"
    assert texts.line("abcdef", 4) == "abc…"
    assert texts.line(" " * 1000 + "a", 4) == "…"


@pytest.mark.parametrize(
    "address",
    [
        "https://www.facebook.com/1/posts/2?comment_id=3", "https://facebook.com/1", "https://fb.com/1",
        "https://business.facebook.com/latest/inbox?x=1#y", "https://www.messenger.com/t/1",
    ],
)  # fmt: skip
def test_links_to_facebook(address: str) -> None:
    assert texts.link(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None, "", "http://www.facebook.com/1", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x",
        "https://evil.example/", "https://facebook.com.evil.example/", "https://evilfacebook.com/",
        "https://www.facebook.com@evil.example/", "https://a:b@www.facebook.com/", "https://www.facebook.com:8080/",
        "https://www.facebook.com\\@evil.example", "https://www.facebook.com/\n", "https://[::1", "//www.facebook.com/",
        "https://www.facebook.com:x/", "https://www.facebook.com/\x00", "https://www.facebooк.com/", " https://fb.com/",
        "https://fb.com/" + "a" * 2000, "vbscript:x", "file:///etc/passwd", "https:www.facebook.com",
    ],
)  # fmt: skip
def test_no_other_links(address: str | None) -> None:
    assert texts.link(address) is None
