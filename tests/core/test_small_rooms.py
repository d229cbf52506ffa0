"""Deadlines, schedule, masking, the pipeline."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.verdict import Urgency, Verdict
from connector.deadlines import answer_by
from connector.errors import Unreadable
from connector.masking import mask
from connector.pipeline import Understood, by_time, judge, remembered, summary_of, understand
from connector.records import Attachment, Item, RawItem
from tests.core.test_triage import ITEM, SURE

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(("urgency", "hours"), [("mendesak", 1), ("penting", 24), ("biasa", 48)])
def test_ntb_care_promises_hours(urgency: Urgency, hours: int) -> None:
    assert answer_by(NOW, urgency) - NOW == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("NIK saya 5201012304900003", "NIK saya [NIK]"),
        ("hub 081234567890 ya", "hub [telepon] ya"),
        ("WA +62 812-3456-7890", "WA [telepon]"),
        ("kirim ke siti.aminah@contoh.co.id", "kirim ke [email]"),
        ("rekening 1234567890123", "rekening [nomor]"),
        ("RT 03 RW 05, 3 hari, 24/11/2026", "RT 03 RW 05, 3 hari, 24/11/2026"),
    ],
)
def test_masking(text: str, masked: str) -> None:
    assert mask(text) == masked


@given(st.text())
def test_masking_never_fails(text: str) -> None:
    mask(text)


def test_a_summary_is_one_short_line() -> None:
    assert summary_of(" jalan\n rusak ") == "jalan rusak"
    assert len(summary_of("x" * 500)) == 140


def raw(key: str) -> RawItem:
    return RawItem("facebook", "gubernur", "comments", "comment", key, None, None, None, None, {}, "f")


def test_an_unreadable_item_keeps_no_neighbour_back() -> None:
    def parse(item: RawItem) -> Item:
        if item.id == "bad":
            raise Unreadable("no")
        return ITEM

    found = understand([(1, raw("a")), (2, raw("bad")), (3, raw("c"))], parse)
    assert [(u.row, u.item is not None, u.reason) for u in found] == [
        (1, True, None),
        (2, False, "no"),
        (3, True, None),
    ]
    judged = judge(found, lambda texts: [SURE] * len(texts), {}, {})
    assert list(judged) == [1, 3] and judged[1].verdict == SURE


def test_a_comment_is_judged_beside_what_it_answers() -> None:
    read: list[tuple[str, str | None]] = []

    def classify(texts: Sequence[str]) -> list[Verdict]:
        read.extend((str(text), getattr(text, "parent", None)) for text in texts)
        return [SURE] * len(texts)

    found = understand([(1, raw("a")), (2, raw("b"))], lambda _: ITEM._replace(text="di sini juga"))
    judge(found, classify, {}, {2: "lampu mati"})
    assert read == [("di sini juga", None), ("di sini juga", "lampu mati")]


def test_who_wrote_is_remembered_where_nobody_is_named() -> None:
    named, nameless = Understood(1, ITEM._replace(author_id="7")), Understood(1, ITEM._replace(author_id=None))
    before = ITEM._replace(author_id="9", author_name="Siti", by_account=True)
    assert remembered(nameless, [before]).item == before
    assert remembered(named, [before]) == named
    for nothing in ([], [ITEM._replace(author_id=None)]):
        assert remembered(nameless, nothing) == nameless
    assert remembered(Understood(1, None, "no"), [before]).item is None


def test_words_are_remembered_where_nothing_is_said_at_all() -> None:
    """Facebook takes no empty comment, so one that was not empty is withheld; beside a photo, words can be taken out."""
    before = [ITEM._replace(text=None), ITEM._replace(text="jalan rusak"), ITEM._replace(text="jlan rusak")]
    for empty in ("", None):
        withheld = Understood(1, ITEM._replace(text=empty, hidden=True))
        assert remembered(withheld, before).item == before[1]._replace(hidden=True)
    photo = Understood(1, ITEM._replace(text="", attachments=(Attachment("photo"),)))
    assert remembered(photo, before) == photo


def test_what_the_account_wrote_is_not_judged() -> None:

    found = understand([(1, raw("a"))], lambda _: ITEM._replace(by_account=True))
    assert judge(found, lambda texts: [SURE] * len(texts), {}, {})[1].verdict is None


def test_oldest_first_and_timeless_last() -> None:

    from connector.records import Classified

    items = {1: None, 2: NOW, 3: NOW - timedelta(hours=1), 4: None}
    assert by_time({row: Classified(ITEM._replace(created_at=at), None) for row, at in items.items()}) == [3, 2, 1, 4]
