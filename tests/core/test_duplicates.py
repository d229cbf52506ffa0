"""Which complaints are one and the same, measured on pairs labelled by hand: *.tsv in `pairs`.

`second.tsv` was written after the rules were settled on `first.tsv`, `third.tsv` after they were mended for `second.tsv`;
`fourth.tsv` before troubles of one spot were known, `fifth.tsv` and `sixth.tsv` to be seen when they were.
Places are written as kabupaten/kecamatan/desa: only whether they are equal matters here; in the last three files, where they
and the categories are what the product finds, with ? for an unsure one.
"""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.duplicates import COPIED, Opened, Shelf, Told, keys_of, likeliest, why_same
from connector.duplicates.saying import UNKNOWN, words_of
from connector.duplicates.shelf import MOST, TRIED
from connector.records import OpenTicket, Place

T0 = datetime(2026, 11, 20, 3, tzinfo=UTC)
FOLDER = Path(__file__).with_name("pairs")
FILES = ("first", "second", "third", "fourth", "fifth", "sixth")
SELONG = Place("52.03", "52.03.07")
LONG = "Jembatan kayu di Dusun Tojong Ojong lapuk, anak sekolah lewat takut jatuh, mohon dinas segera turun"


def place(written: str) -> Place:
    if written == "-":
        return Place()
    kabupaten, kecamatan, desa, *_ = (*written.rstrip("?").split("/"), None, None)
    return Place(kabupaten, kecamatan, desa, ambiguous=written.endswith("?"))


def told(text: str, author: str | None = "1", hours: float = 0.0, where: Place | None = None, **more: Any) -> Told:
    facts: dict[str, Any] = {"category": "jalan_jembatan", "urgent": False, **more}
    return Told(text, author, T0 + timedelta(hours=hours), where or Place(), **facts)


def ticket(number: str = "NTB-2026-000001", author: str | None = "1", urgency: str = "biasa") -> OpenTicket:
    return OpenTicket(number, author, "jalan_jembatan", urgency)  # type: ignore[arg-type]


def pairs(files: Sequence[str] = FILES) -> Iterator[tuple[dict[str, str], Told, Told]]:
    for name in files:
        with (FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                categories = (row["categories"].split("/") * 2)[:2]
                second = "1" if row["authors"] == "one" else "2"
                a = told(
                    row["text_a"], "1", 0, place(row["place_a"]), category=categories[0], urgent="a" in row["urgent"]
                )
                b = told(
                    *(row["text_b"], second, float(row["hours"]), place(row["place_b"])),
                    category=categories[1], urgent="b" in row["urgent"],
                )  # fmt: skip
                yield row, a, b


def found(new: Told, *before: Told) -> list[str]:
    """Reasons why a new complaint is one of those before, as they are found in the store and on the shelf."""
    shelf, keys, filed = Shelf(), keys_of(new), dict[int, list[tuple[int, int]]]()
    for n, old in enumerate(before):
        for key, item, gist in keys_of(old).rows(n):
            filed.setdefault(key, []).append((item, gist))
    for n in likeliest(keys, filed):
        shelf.file(Opened(ticket(str(n)), before[n]), keys_of(before[n]).own, keys_of(before[n]).gist)
    return [like.reason for like in shelf.find(new, keys)]


@pytest.mark.parametrize(("files", "least", "enough"), [(FILES[:3], 300, 0.9), (FILES[3:], 100, 0.6)])
def test_pairs_labelled_by_hand(files: Sequence[str], least: int, enough: float) -> None:
    outcomes = [(row["same"] == "ya", bool(found(b, a)), row["what"]) for row, a, b in pairs(files)]
    assert len(outcomes) >= least and len({what for *_, what in outcomes}) > 25
    right = sum(same and joined for same, joined, _ in outcomes)
    wrong = [what for same, joined, what in outcomes if joined and not same]
    precision, recall = right / (right + len(wrong)), right / sum(same for same, *_ in outcomes)
    assert precision >= 0.95, wrong
    assert recall >= enough


def test_it_does_not_matter_which_came_first() -> None:
    for row, a, b in pairs():
        assert (why_same(a, b) is None) == (why_same(b, a) is None), row


def test_an_exact_copy_is_told_from_one_that_only_says_the_same() -> None:
    assert found(told(LONG, "2"), told(LONG)) == [COPIED]
    assert found(told(f"{LONG} ya pak, sudah lama", "2"), told(LONG)) == ["pengaduan yang sama dari pengirim lain"]


def test_a_short_copy_is_one_where_it_names_a_place() -> None:
    gerung, rest = Place("52.01", "52.01.01"), "parah di Gerung pak"
    assert found(told(f"jalan rusak {rest}", "2", where=gerung), told(f"jalan rusak {rest}", where=gerung)) == [COPIED]
    assert not found(told(f"jalan rusak {rest}", "2"), told(f"jalan rusak {rest}"))
    assert not found(told(f"jalan rusak {rest}", "2", where=gerung), told(f"lampu rusak {rest}", where=gerung))
    assert not found(told("jalan rusak di Gerung", "2", where=gerung), told("jalan rusak di Gerung", where=gerung))


def test_a_doubled_word_may_be_written_with_a_two() -> None:
    assert words_of("lampu2 mati") == words_of("lampu mati")


def test_an_emergency_in_the_same_words_is_the_same_for_hours_only() -> None:
    assert found(told(LONG, "2", 5, urgent=True), told(LONG, urgent=True))
    assert not found(told(LONG, "2", 7, urgent=True), told(LONG, urgent=True))
    assert found(told(LONG, "1", 7, urgent=True), told(LONG, urgent=True))


def test_what_is_not_shown_has_no_author_in_common() -> None:
    short = "lampu jalan mati di gang Mawar"
    assert found(told(short, "1"), told(short, "1"))
    assert not found(told(short, None), told(short, None))


def test_an_unsure_place_neither_joins_nor_parts() -> None:
    a, b = Place("52.03", "52.03.07", ambiguous=True), Place("52.02", "52.02.01")
    assert found(told(LONG, "2", where=a), told(LONG, where=b))
    flood: dict[str, Any] = {"category": "bencana_kebakaran", "urgent": True}
    words = "banjir besar masuk rumah tolong"
    assert found(told(f"{words} kami", "2", where=SELONG, **flood), told(words, where=SELONG, **flood))
    unsure = Place("52.03", "52.03.07", ambiguous=True)
    assert why_same(told(f"{words} kami", "2", where=unsure, **flood), told(words, where=SELONG, **flood)) is None


def test_of_a_storm_a_fallen_tree_is_part_but_two_events_are_no_one_event() -> None:
    storm = told("puting beliung, pohon tumbang dan atap terbang", "2", where=SELONG)
    assert found(storm, told("angin puting beliung merusak rumah", where=SELONG))
    both = told("banjir dan gempa", "2", where=SELONG)
    assert both.event is None and not found(both, told("gempa", where=SELONG))
    assert len(keys_of(storm).own) > len(keys_of(told(storm.text, "2", where=Place("52.03", ambiguous=True))).own)


def test_names_of_places_differ_by_a_letter_in_earnest() -> None:
    words = "Jalan di desa {} rusak parah, motor sering jatuh, warga minta diaspal tahun ini"
    assert not found(told(words.format("Sukarara"), "2"), told(words.format("Sukaraja")))
    same = told(words.format("Sukamulia"), "2", where=SELONG), told(words.format("Sukamulya"), where=SELONG)
    assert found(*same)


def test_of_several_the_surest_is_first() -> None:
    near, exact = told(f"{LONG} ya pak, sudah lama"), told(LONG)
    assert found(told(LONG, "2"), near, exact)[0] == COPIED
    assert found(told(LONG, "2"), exact, near)[0] == COPIED


def test_a_template_with_another_name_each_time_fills_no_number_beyond_its_bound() -> None:
    shelf, kept = Shelf(), 0
    for n in range(3 * MOST):
        one = told(f"Lampu penerangan depan warung Pak Kromo nomor {n} padam", str(n))
        kept += len(shelf.file(Opened(ticket(str(n), str(n)), one), keys_of(one).own, keys_of(one).gist))
    assert kept < 3 * MOST * 5
    assert all(len(under) <= MOST for under in shelf._by_key.values())
    last = told("Lampu penerangan depan warung Pak Kromo nomor 119 padam", "119")
    assert shelf.find(last, keys_of(last))


def test_what_shares_but_half_of_its_words_is_not_read_again_unless_of_one_person_or_from_before_gists() -> None:
    new = keys_of(told("Lampu jalan Tojong Ojong Lendang Beso padam seminggu", "1"))
    half = keys_of(told("Sampah Tojong Ojong Lendang menumpuk busuk sekali sampai sungai keruh", "1"))
    shared = [key for key in half.own if key in new.wanted]
    assert len(shared) == 2  # three rare words, and their author
    by = [{key: [(7, half.gist)]} for key in shared]
    assert [likeliest(new, one) for one in by] == [[], [7]]
    assert likeliest(new, {key: [(7, UNKNOWN)] for key in shared}) == [7]


def test_of_very_many_only_the_newest_that_share_most_are_read() -> None:
    keys = keys_of(told(LONG))
    first, *others = keys.own
    filed = {first: [(n, keys.gist) for n in range(3 * TRIED)], others[0]: [(1, keys.gist)]}
    assert likeliest(keys, filed) == [1, *range(3 * TRIED - 1, 2 * TRIED, -1)]


@pytest.mark.parametrize("words", ["", "🙏🙏", "tolong", "di ke dari", "\0\ud800", "2", "x" * 100_000, "jalan rusak"])
def test_words_that_say_too_little_are_filed_nowhere(words: str) -> None:
    keys = keys_of(told(words, None))
    assert not keys.own and not keys.wanted
    assert why_same(told(words, None), told(words, None)) is None


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_two_texts_can_be_compared(a: str, b: str) -> None:
    one, other = told(a, "1"), told(b, "2", 1)
    assert (why_same(one, other) is None) == (why_same(other, one) is None)
    assert all(-(1 << 63) <= key < 1 << 63 for key in (*keys_of(one).own, *keys_of(other).wanted))


@given(st.permutations(LONG.split()))
def test_the_order_of_words_does_not_matter_for_finding(words: list[str]) -> None:
    assert set(keys_of(told(" ".join(words), None)).own) <= set(keys_of(told(" ".join(words), None)).wanted)
