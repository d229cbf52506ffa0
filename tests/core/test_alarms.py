"""What rings, how patient a retry is, what a link proves, what an answer means, and in which words it is told."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.alarm_texts import LESSON, READ, Facts, Message, alarm, digest, note, plain, taken, which
from connector.alarms import LONGEST_WAIT, answered, digest_due, rings, sign, signed, wait_after
from connector.wita import WITA

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
KEY = b"k" * 32
A, B = "NTB-2026-000017", "NTB-2026-000018"
FACTS = Facts(
    A, "mendesak", "diterima", "Bencana dan kebakaran", "Gerung, Lombok Barat", "api besar",
    "https://www.facebook.com/1/posts/2", NOW, NOW + timedelta(hours=1),
)  # fmt: skip


def hours(n: float) -> datetime:
    return NOW - timedelta(hours=n)


@pytest.mark.parametrize(
    ("written", "watched", "does"),
    [
        (hours(0.9), NOW, True),
        (hours(1.1), NOW, False),
        (hours(5), hours(48), True),
        (hours(25), hours(48), False),
        (hours(2.5), hours(2), True),
        (hours(3.1), hours(2), False),
        (hours(-1), NOW, True),
        (None, NOW, True),
    ],
)
def test_the_first_reading_is_quiet_and_an_outage_swallows_nothing(
    written: datetime | None, watched: datetime, does: bool
) -> None:
    assert rings(written, watched, NOW) is does


def test_waits_grow_up_to_a_bound() -> None:
    waits = [wait_after(n) for n in range(40)]
    assert waits == sorted(waits) and waits[1] == timedelta(seconds=5) and waits[-1] == LONGEST_WAIT


def test_a_link_is_good_for_its_time_and_its_letter_only() -> None:
    token = sign(KEY, 17, 5, NOW + timedelta(hours=1))
    assert signed(KEY, token, NOW) == (17, 5, True)
    assert signed(KEY, token, NOW + timedelta(hours=2)) == (17, 5, False)
    assert signed(b"x" * 32, token, NOW) is None
    for n in range(len(token)):
        other = token[:n] + ("a" if token[n] != "a" else "b") + token[n + 1 :]
        assert signed(KEY, other, NOW) is None


@given(st.text(max_size=200))
def test_no_other_token_is_taken(token: str) -> None:
    assert signed(KEY, token, NOW) is None


@pytest.mark.parametrize(
    ("text", "quoted", "waiting", "means"),
    [
        ("ok", "", [A], (A, False)),
        ("OK pak, meluncur", "", [A], (A, False)),
        ("otw ke sana", "", [A], (A, False)),
        ("/ok@ntbcare_bot", "", [A], (A, False)),
        ("siap", f"… Tiket {B}, masuk …", [A, B], (B, False)),
        (f"ok {B.lower()}", f"Tiket {A}", [A, B], (B, False)),
        (A, "", [A, B], (A, False)),
        ("ok", "", [A, B], (None, True)),
        (f"ok {A} {B}", "", [A, B], (None, True)),
        ("ok", "", [], (None, True)),
        ("tidak ok", "", [A], (None, False)),
        ("siapa yang terima", f"Tiket {A}", [A], (None, False)),
        (f"{A}?", "", [A], (None, False)),
        (f"sudah lihat {A}", "", [A], (None, False)),
        ("selamat pagi", "", [A], (None, False)),
        ("", "", [A], (None, False)),
    ],
)
def test_answers(text: str, quoted: str, waiting: list[str], means: tuple[str | None, bool]) -> None:
    assert answered(text, quoted, {number: number for number in waiting}) == means


def test_an_answer_to_what_was_merged_means_what_it_went_into() -> None:
    assert answered("siap", f"Tiket {A}", {A: B, B: B}) == (B, False)
    assert answered("ok", "", {A: B, B: B}) == (B, False)


@given(st.text(), st.text(), st.lists(st.sampled_from([A, B])))
def test_no_answer_breaks_anything(text: str, quoted: str, waiting: list[str]) -> None:
    answered(text, quoted, dict.fromkeys(waiting, A))


def test_an_alarm_says_where_first_and_how_to_answer() -> None:
    message = alarm(FACTS, f"{A}/1", "https://care.example/a/1-2-x", answers=True)
    assert message.title == "Gerung, Lombok Barat: MENDESAK, Bencana dan kebakaran"
    assert message.body.split("\n") == [
        "api besar",
        "",
        f"Tiket {A}, masuk 24 Nov 09.00, jawab sebelum 24 Nov 10.00 WITA",
        "https://www.facebook.com/1/posts/2",
        "Saya tangani: https://care.example/a/1-2-x",
        f"Atau balas: ok {A}",
        f"Ref {A}/1",
    ]
    assert f"Balas: ok {A}" in alarm(FACTS, "r", None, answers=True).body
    assert "alas:" not in alarm(FACTS, "r", None, answers=False).body


@pytest.mark.parametrize(
    "address",
    [
        "http://www.facebook.com/1",
        "https://www.facebook.com.evil.id/1",
        "javascript:alert(1)",
        "https://facebook.com/ü",
    ],
)
def test_an_alarm_leads_nowhere_but_to_facebook(address: str) -> None:
    from dataclasses import replace

    later = replace(
        FACTS, permalink=address, place="", answer_by=None, status="ditindaklanjuti", acked_by="Ani\n081234567890"
    )
    message = alarm(later, "r", "https://care.example/x", answers=True)
    assert address not in message.body and message.title.startswith("Tempat belum diketahui: ")
    assert "Kini: mendesak, ditindaklanjuti" in message.body
    assert "Sudah diterima oleh Ani [telepon]" in message.body and "care.example" not in message.body


@given(st.text(max_size=3000), st.integers(5, 500))
def test_plain_is_one_printable_short_line(text: str, size: int) -> None:
    line = plain(text, size)
    assert len(line) <= size and "\n" not in line and all(c == " " or c.isprintable() for c in line)


def test_plain_looks_at_so_much_and_no_more() -> None:
    assert plain("a" * READ + "b", READ * 2) == "a" * READ
    assert plain("satu\u202e\x00\x1b[31m dua\ud800", 99) == "satu [31m dua"
    assert plain("hub 081234567890", 99) == "hub [telepon]"


def test_a_digest_names_nobody_and_quotes_nobody() -> None:
    message = digest("Gerung, Lombok Barat", [FACTS] * 3, 12, NOW + timedelta(days=3))
    assert message.title == "Gerung, Lombok Barat: 12 pengaduan masih terbuka"
    lines = message.body.split("\n")
    assert lines[0] == f"- Bencana dan kebakaran, Gerung, Lombok Barat: diterima, 3 hari ({A})"
    assert "dan 9 lainnya" in lines and "foto" in message.body and "api besar" not in message.body
    short = digest("x", [FACTS], 1, NOW)
    assert "hari ini" in short.body and "lainnya\n" not in short.body
    assert digest("Gerung", [], 0, NOW) == Message("Gerung: tidak ada pengaduan yang terbuka", LESSON)


@pytest.mark.parametrize(
    ("day", "hour", "due"), [(0, 7, False), (0, 8, True), (1, 3, False), (2, 9, True), (6, 23, True)]
)
def test_a_digest_that_was_missed_is_made_up_for_in_its_week(day: int, hour: int, due: bool) -> None:
    assert digest_due(0, 8, datetime(2026, 11, 23 + day, hour, tzinfo=WITA)) is due
    assert not digest_due(day + 1, 0, datetime(2026, 11, 23 + day, hour, tzinfo=WITA))


def test_notes() -> None:
    assert note("satu") == Message("", "satu"), "one line is said once"
    message = note(f"Judul {A}\nbaris\x07 satu\nbaris dua")
    assert (message.title, message.body) == (f"Judul {A}", "baris satu\nbaris dua")
    assert taken(A, "Ani") == f"{A} tercatat: diterima oleh Ani"
    assert which([B, A]).endswith(f"ok {A}, ok {B}") and "Tidak ada" in which([])
