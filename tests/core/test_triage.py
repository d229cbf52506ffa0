"""Triage: each rule, first match wins."""

from dataclasses import replace
from typing import Any

import pytest

from classifiers.verdict import Verdict
from connector.records import (
    RESTRICTED,
    Append,
    Attachment,
    Classified,
    Ignore,
    Item,
    Label,
    Like,
    Open,
    OpenTicket,
    Review,
    Situation,
)
from connector.triage import triage

ITEM = Item(
    platform="facebook",
    account="gubernur",
    stream="comments",
    kind="comment",
    id="1_2",
    post_id="9_1",
    parent_id=None,
    conversation_id=None,
    author_id="7001",
    author_name="Siti",
    by_account=False,
    text="jalan rusak",
    created_at=None,
    permalink=None,
)
SURE = Verdict("pengaduan", True, 0.97, "jalan_jembatan", 0.9, "biasa", 0.03, False, "m")
URGENT = SURE._replace(urgency="mendesak", urgent_score=0.9, needs_review=True)
UNSURE = SURE._replace(complaint_score=0.5, needs_review=True)
CHAT = SURE._replace(kind="apresiasi", is_complaint=False, complaint_score=0.02)
NO = Label("lainnya", "lainnya", "biasa", "Ani")
YES = Label("pengaduan", "listrik", "penting", "Ani")
MINE = OpenTicket("NTB-2026-000001", "7001", "jalan_jembatan", "biasa")


def decide(
    verdict: Verdict | None = SURE, label: Label | None = None, around: Situation | None = None, **item: Any
) -> Any:
    return triage(Classified(ITEM._replace(**item), verdict, label), around or Situation())


def test_what_the_account_or_another_of_ours_wrote_opens_nothing() -> None:
    assert isinstance(decide(URGENT, YES, by_account=True), Ignore)
    assert isinstance(decide(URGENT, around=Situation(official=frozenset({"7001"}))), Ignore)


def test_an_item_of_a_ticket_stays_there() -> None:
    assert decide(CHAT, around=Situation(ticket="NTB-2026-000009")) == Append(
        "NTB-2026-000009", "sudah menjadi bagian tiket"
    )


@pytest.mark.parametrize("ticket", [None, "NTB-2026-000009"])
def test_of_a_restricted_person_nothing_is_processed_but_what_saves_a_life(ticket: str | None) -> None:
    restricted = Situation(restricted=True, ticket=ticket)
    nothing = Ignore(RESTRICTED)
    assert [decide(v, around=restricted) for v in (SURE, UNSURE, CHAT, None)] == [nothing] * 4
    assert decide(SURE, YES, restricted) == nothing and decide(URGENT, NO, restricted) == nothing
    assert decide(CHAT, replace(YES, kind="lainnya", urgency="mendesak"), restricted) == nothing
    for urgent in (decide(URGENT, around=restricted), decide(CHAT, replace(YES, urgency="mendesak"), restricted)):
        assert isinstance(urgent, Append if ticket else Open)
    assert isinstance(decide(URGENT, around=restricted, by_account=True), Ignore)


def test_what_was_deleted_before_it_was_a_ticket_is_ignored() -> None:
    assert isinstance(decide(around=Situation(deleted=True)), Ignore)


def test_sure_complaints_and_all_urgent_ones_open_a_ticket() -> None:
    assert decide(SURE) == Open("jalan_jembatan", "biasa", "pengaduan")
    assert decide(URGENT) == Open("jalan_jembatan", "mendesak", "mendesak")
    assert isinstance(decide(URGENT, author_id=None), Open)


def test_doubt_waits_for_a_person_and_the_rest_is_ignored_with_its_kind() -> None:
    assert isinstance(decide(UNSURE), Review)
    assert isinstance(decide(None), Review)
    assert decide(CHAT) == Ignore("apresiasi")


def test_a_label_outranks_the_verdict_both_ways() -> None:
    assert decide(CHAT, YES) == Open("listrik", "penting", "dinilai petugas: pengaduan")
    assert isinstance(decide(URGENT, NO), Ignore)


@pytest.mark.parametrize("verdict", [SURE, UNSURE, CHAT])
def test_the_reporter_goes_on_with_his_own_open_ticket(verdict: Verdict) -> None:
    assert isinstance(decide(verdict, around=Situation(thread=(MINE,))), Append)


def test_another_matter_another_person_or_an_emergency_is_a_ticket_of_its_own() -> None:
    assert isinstance(decide(SURE._replace(category="listrik"), around=Situation(thread=(MINE,))), Open)
    assert isinstance(decide(around=Situation(thread=(replace(MINE, reporter_id="8"),))), Open)
    assert isinstance(decide(URGENT, around=Situation(thread=(MINE,))), Open)
    assert isinstance(decide(URGENT, around=Situation(thread=(replace(MINE, urgency="mendesak"),))), Append)
    assert isinstance(decide(around=Situation(thread=(MINE,)), author_id=None), Open)


def test_items_without_words() -> None:
    photo, sticker = Attachment("photo"), Attachment("sticker")
    assert isinstance(decide(CHAT, text=" ", attachments=(sticker,)), Ignore)
    assert isinstance(decide(CHAT, text=None, attachments=(photo,)), Review)
    assert isinstance(decide(CHAT, text="", attachments=(photo,), around=Situation(thread=(MINE,))), Append)
    settled = Situation(thread=(MINE,), settled=True)
    assert isinstance(decide(CHAT, text="", attachments=(photo,), around=settled), Review)
    assert isinstance(decide(CHAT, YES, text="", attachments=(photo,)), Open)


def test_a_post_without_author_waits_while_the_token_shows_none() -> None:
    hidden: dict[str, Any] = {"kind": "post", "author_id": None}
    assert isinstance(decide(around=Situation(authors_shown=False), **hidden), Review)
    assert isinstance(decide(around=Situation(authors_shown=True), **hidden), Open)


def test_what_says_the_same_joins_but_an_emergency_never_joins_what_may_wait() -> None:
    waits = Like(OpenTicket("NTB-2026-000002", "8", "jalan_jembatan", "biasa"), "pengaduan yang sama")
    burns = Like(OpenTicket("NTB-2026-000003", "9", "listrik", "mendesak"), "kejadian yang sama")
    assert decide(around=Situation(like=(waits, burns))) == Append("NTB-2026-000002", "pengaduan yang sama")
    assert decide(URGENT, around=Situation(like=(waits, burns))) == Append("NTB-2026-000003", "kejadian yang sama")
    assert isinstance(decide(URGENT, around=Situation(like=(waits,))), Open)
    assert decide(CHAT, around=Situation(like=(waits,))) == Ignore("apresiasi")


def test_what_a_person_calls_another_category_is_another_matter() -> None:
    roads = Like(OpenTicket("NTB-2026-000002", "8", "jalan_jembatan", "biasa"), "pengaduan yang sama")
    power = Like(OpenTicket("NTB-2026-000003", "9", "listrik", "biasa"), "pengaduan yang sama")
    assert isinstance(decide(CHAT, YES, Situation(like=(roads,))), Open)
    assert isinstance(decide(CHAT, YES, Situation(like=(roads, power))), Append)
