"""R-25, R-35: landing and processing on all three databases: once, faithfully, in order, safely repeated."""

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from classifiers.verdict import Verdict
from connector import process
from connector.deadlines import answer_by
from connector.errors import NotFound
from connector.export import as_csv, as_jsonl, item_record, raw_record, records, ticket_record
from connector.places import find_place
from connector.platforms.facebook.parse import parse, raw_comment, raw_message, raw_post
from connector.records import Account, Label, RawItem
from connector.store import accounts, items, landing, raw, tickets
from connector.store.engine import open_store, reading, writing
from connector.wita import WITA

PAGE = "100000000000001"
ACCOUNT = Account("gubernur", "facebook", PAGE, "Gubernur NTB", ("posts", "comments"), 60)
T0 = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def clock() -> datetime:
    return T0


def classify(texts: Sequence[str], model: str = "test-1", word: str = "rusak") -> list[Verdict]:
    """A classifier whose answers are plain to see."""
    return [
        Verdict(
            kind="pengaduan" if word in t or "TOLONG" in t else "lainnya",
            is_complaint=word in t or "TOLONG" in t,
            complaint_score=0.97 if word in t else 0.1,
            category="listrik" if "lampu" in t else "jalan_jembatan",
            category_score=0.9,
            urgency="mendesak" if "TOLONG" in t else "biasa",
            urgent_score=0.9 if "TOLONG" in t else 0.0,
            needs_review="mungkin" in t,
            model=model,
        )
        for t in texts
    ]


def desk(**changes: Any) -> process.Desk:
    made = process.Desk(
        classify, lambda r: parse(r, PAGE), find_place, lambda c, *_: f"opd-{c}", answer_by, frozenset({PAGE}), clock
    )
    return replace(made, **changes)


def comment(key: str, words: Any, author: str | None = "7001", minute: int = 0, **more: Any) -> RawItem:
    node: dict[str, Any] = {"id": key, "message": words, "created_time": (T0 + timedelta(minutes=minute)).isoformat()}
    if author:
        node["from"] = {"id": author, "name": "Siti"}
    return raw_comment(ACCOUNT, f"{PAGE}_1", node | more)


def land(
    engine: Engine, *batch: RawItem, lane: int = raw.LIVE, now: datetime = T0, asked: datetime | None = None
) -> landing.Landed:
    with writing(engine) as connection:
        accounts.register(connection, [ACCOUNT])
        return landing.land(connection, batch, now, lane, asked)


def items_of(engine: Engine) -> dict[str, dict[str, Any]]:
    with reading(engine) as connection:
        return {row.external_id: item_record(row) for row in items.every(connection)}


def tickets_of(engine: Engine) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        return [ticket_record(t) for t in tickets.every(connection)]


def dump(engine: Engine) -> dict[str, list[Any]]:
    """Everything that stands in the store, but for when it was seen."""
    from connector.store.schema import metadata

    with reading(engine) as connection:
        return {
            t.name: sorted(map(repr, connection.execute(select(t))))
            for t in metadata.sorted_tables
            if t.name != "leases"
        }


HOSTILE = [
    "NUL \0 di tengah",
    "surrogate \ud800 sendiri dan \udfff",
    "escape \uf6e0 milik kami \uf6e00041",
    "emoji 👨‍👩‍👧‍👦 🇮🇩 ‮kanan‬",
    "'; DROP TABLE items; --",
    "=cmd|' /C calc'!A0",
    "x" * 200_000,
    "\u200b\ufeff\x07\x1b[31m",
]


def test_every_text_comes_back_as_it_was_sent_and_keeps_no_neighbour_back(engine: Engine) -> None:
    land(engine, *(comment(f"1_{n}", words, minute=n) for n, words in enumerate(HOSTILE)))
    process.process_pending(engine, desk())
    stored = items_of(engine)
    assert [stored[f"1_{n}"]["text"] for n in range(len(HOSTILE))] == HOSTILE
    with reading(engine) as connection:
        payloads = [raw_record(row)["payload"]["message"] for row in raw.selected(connection, raw.Selection(), 0, 100)]
    assert payloads == HOSTILE
    with reading(engine) as connection:
        lines = list(as_jsonl(records(connection, "items")))
        cells = "".join(as_csv(records(connection, "items")))
    assert [json.loads(line)["text"] for line in lines] == HOSTILE
    assert "\0" not in cells and "\n=cmd" not in cells and ",=cmd" not in cells
    cells.encode("utf-8")


def test_ids_that_differ_by_case_are_two_messages(engine: Engine) -> None:
    def message(key: str) -> RawItem:
        return raw_message(ACCOUNT, "t_1", {"id": key, "message": key, "created_time": T0.isoformat()})

    assert land(engine, message("m_aBc"), message("m_AbC"), message("m_abc")).new == 3
    process.process_pending(engine, desk())
    assert {key: item["text"] for key, item in items_of(engine).items()} == {k: k for k in ("m_aBc", "m_AbC", "m_abc")}


def test_one_ticket_a_complaint_and_follow_ups_go_to_it(engine: Engine) -> None:
    land(
        engine,
        comment("1_1", "jalan rusak di Praya", minute=1),
        comment("1_2", "lokasinya dekat pasar", minute=3, parent={"id": "1_1"}),
        comment("1_3", "setuju, rusak", "7002", minute=4, parent={"id": "1_1"}),
        comment("1_4", "lampu juga rusak", minute=5, parent={"id": "1_1"}),
        comment("1_5", "mungkin rusak", "7003", minute=6),
        comment("1_6", "mantap", "7004", minute=7),
        comment("1_7", "Terima kasih, segera kami cek jalan rusak", PAGE, minute=8, parent={"id": "1_1"}),
        comment("1_8", "TOLONG ada kebakaran mungkin", None, minute=9),
        raw_post(ACCOUNT, {"id": f"{PAGE}_1", "message": "jalan rusak diperbaiki", "from": {"id": PAGE}}),
    )
    process.process_pending(engine, desk())
    made = {t["source_ids"][0]: t for t in tickets_of(engine)}
    assert set(made) == {"1_1", "1_3", "1_4", "1_8"}
    assert made["1_1"]["source_ids"] == ["1_1", "1_2"]
    assert (made["1_1"]["agency"], made["1_1"]["place"]["kabupaten"]) == ("opd-jalan_jembatan", "52.02")
    assert made["1_8"]["urgency"] == "mendesak" and made["1_8"]["answer_by"] == "2026-11-24T02:00:00Z"
    decisions = {key: item["decision"] for key, item in items_of(engine).items()}
    assert (decisions["1_5"], decisions["1_6"], decisions["1_7"]) == ("review", "ignore", "ignore")
    numbers = [t["number"] for t in tickets_of(engine)]
    assert numbers == [f"NTB-2026-{n:06d}" for n in range(1, 5)]


def test_when_all_is_landed_no_end_of_a_batch_parts_a_follow_up_from_its_complaint(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "BATCH", 2)
    monkeypatch.setattr(process, "LEAST", 2)
    thread = [comment(f"1_{n}", "dekat pasar", minute=n, parent={"id": "1_1"}) for n in (5, 4, 3)]
    land(engine, *thread, comment("1_1", "jalan rusak di Praya", minute=1), comment("1_0", "rusak", "7002"))
    process.process_pending(engine, desk(), oldest_first=True)
    assert [t["source_ids"] for t in tickets_of(engine)] == [["1_0"], ["1_1", "1_3", "1_4", "1_5"]]


def test_what_another_process_took_meanwhile_is_looked_for_anew(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "AHEAD", 4)
    land(engine, *(comment(f"1_{n}", "halo", minute=n) for n in (6, 5, 4, 3, 2, 1)))
    with writing(engine) as connection:
        first, ahead = raw.oldest(connection, 1, ())
        assert [row.external_id for row in first] == ["1_3"]  # of the four that were landed first
        taken, _ = raw.oldest(connection, 1, ahead)
        raw.settle(connection, [(row.id, row.revision, False, "done", None) for row in (*first, *taken)])
        again, _ = raw.oldest(connection, 1, ahead)
    assert [row.external_id for row in again] == ["1_1"]


def test_what_a_person_set_is_never_rewritten(engine: Engine) -> None:
    land(engine, comment("1_1", "jalan rusak"))
    process.process_pending(engine, desk())
    number = tickets_of(engine)[0]["number"]
    with writing(engine) as connection:
        tickets.change(connection, number, {"category": "listrik"}, who="Ani", what="amended", now=T0)
    land(engine, comment("1_1", "jalan rusak parah"))
    process.process_pending(engine, desk())
    ticket = tickets_of(engine)[0]
    assert (ticket["category"], ticket["summary"]) == ("listrik", "jalan rusak parah")


def test_who_wrote_stays_known_when_graph_tells_it_no_more(engine: Engine) -> None:
    land(engine, comment("1_1", "jalan rusak"), comment("1_2", "jalan rusak sedang kami perbaiki", PAGE))
    process.process_pending(engine, desk())
    land(engine, comment("1_1", "jalan rusak", None), comment("1_2", "jalan rusak sedang kami perbaiki", None))
    process.process_pending(engine, desk())
    found = items_of(engine)
    assert (found["1_1"]["author_id"], found["1_1"]["by_account"]) == ("7001", False)
    assert (found["1_2"]["author_id"], found["1_2"]["by_account"]) == (PAGE, True)
    assert [t["source_ids"] for t in tickets_of(engine)] == [["1_1"]]


def test_a_label_makes_a_ticket_of_a_missed_complaint(engine: Engine) -> None:
    land(engine, comment("1_1", "sudah lama begini"))
    process.process_pending(engine, desk())
    assert tickets_of(engine) == []
    with writing(engine) as connection:
        row = items.find(connection, "1_1")
        assert row is not None
        assert items.add_label(connection, row.id, Label("pengaduan", "listrik", "penting", "Ani"), T0)
        assert not items.add_label(connection, row.id, Label("pengaduan", "listrik", "penting", "Ani"), T0)
        raw.awaken(connection, [row.id])
    process.process_pending(engine, desk())
    assert [(t["category"], t["urgency"]) for t in tickets_of(engine)] == [("listrik", "penting")]


def test_quarantine_has_a_reason_and_a_way_back(engine: Engine) -> None:
    land(engine, comment("1_1", ["jalan rusak"]), comment("1_2", "jalan rusak"))
    counts = process.process_pending(engine, desk()).counts
    assert (counts["quarantined"], counts["open"]) == (1, 1)
    with reading(engine) as connection:
        assert raw.count_by_state(connection) == {"quarantined": 1, "done": 1}

    def lenient(item: RawItem) -> Any:
        return parse(item._replace(payload={**item.payload, "message": str(item.payload["message"])}), PAGE)

    result = process.replay(engine, desk(parse=lenient), raw.Selection(quarantined=True))
    assert result.counts["items"] == 1 and len(tickets_of(engine)) == 2


def test_live_items_are_processed_before_bulk_ones(engine: Engine) -> None:
    land(engine, *(comment(f"1_{n}", "jalan rusak", str(n)) for n in range(3)), lane=raw.BULK)
    land(engine, comment("2_1", "TOLONG", "99"))
    with reading(engine) as connection:
        assert raw.pending(connection, 1)[0].external_id == "2_1"


def test_numbers_are_unique_and_ordered_under_concurrent_processors(store_url: str) -> None:
    engine = open_store(store_url)
    process_migrate(engine)
    land(engine, *(comment(f"1_{n}", "jalan rusak", str(n)) for n in range(1300)))
    engines = [open_store(store_url) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda e: process.process_pending(e, desk(clock=lambda: datetime.now(UTC))), engines))
    made = tickets_of(engine)
    assert [t["number"] for t in made] == [f"NTB-{datetime.now(WITA).year}-{n:06d}" for n in range(1, 1301)]
    assert [t["opened_at"] for t in made] == sorted(t["opened_at"] for t in made)
    assert max(Counter(s for t in made for s in t["source_ids"]).values()) == 1
    for e in [engine, *engines]:
        e.dispose()


def process_migrate(engine: Engine) -> None:
    from connector.store import migrate

    migrate.migrate(engine)


def test_the_post_tells_where_its_comments_complain_and_their_own_words_come_first(engine: Engine) -> None:
    node = {"id": f"{PAGE}_1", "message": "Kunjungan ke Ampenan", "created_time": T0.isoformat(), "from": {"id": PAGE}}
    land(engine, raw_post(ACCOUNT, node))
    said = (("1_1", "jalan rusak"), ("1_2", "jalan di Bima rusak"), ("1_3", "jalan rusak di Gerung"))
    land(engine, *(comment(key, words, f"70{key}", minute=1) for key, words in said))
    process.process_pending(engine, desk())
    opened = {ticket["source_ids"][0]: ticket["place"] for ticket in tickets_of(engine)}
    post = {"kabupaten": "52.71", "kecamatan": "52.71.01", "desa": None, "text": None, "ambiguous": True}
    assert opened["1_1"] == post
    assert (opened["1_2"]["kabupaten"], opened["1_3"]["kabupaten"]) == ("52.06", "52.01")
    before = dump(engine)
    process.replay(engine, desk(), raw.Selection())
    assert dump(engine) == before
    land(engine, raw_post(ACCOUNT, node | {"message": "Kunjungan ke Rasanae Barat, Kota Bima"}))
    process.process_pending(engine, desk())
    opened = {ticket["source_ids"][0]: ticket["place"] for ticket in tickets_of(engine)}
    process.replay(engine, desk(), raw.Selection())
    assert {ticket["source_ids"][0]: ticket["place"] for ticket in tickets_of(engine)} == opened
    land(engine, comment("1_1", "jalan rusak, di Praya", "701_1", minute=1))
    process.process_pending(engine, desk())
    assert {t["source_ids"][0]: t["place"]["kabupaten"] for t in tickets_of(engine)}["1_1"] == "52.02"


def test_what_no_id_can_be_is_not_found_on_any_database(engine: Engine) -> None:
    for strange in ("a\0b", "a\ud800", "x" * 10_000):
        with reading(engine) as connection:
            assert items.find(connection, strange) is None
            with pytest.raises(NotFound):
                tickets.get(connection, strange)
