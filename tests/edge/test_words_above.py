"""A comment is judged beside what it answers: the comment above it, or else the post; and never beside what may not be read."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine

from classifiers.verdict import Verdict
from connector import person, process
from connector.labels import add, export_labels, taught
from connector.platforms.facebook.parse import raw_post
from connector.records import RawItem
from connector.store import raw
from connector.store.engine import reading, writing
from tests.edge.citizens import asked
from tests.edge.test_store_process import ACCOUNT, PAGE, T0, classify, clock, comment, desk, items_of, land, tickets_of


def post(words: str) -> RawItem:
    node = {"id": f"{PAGE}_1", "message": words, "created_time": T0.isoformat(), "from": {"id": PAGE, "name": "Gub"}}
    return raw_post(ACCOUNT, node)


def overhearing(read: dict[str, str]) -> Any:
    """A classifier that notes what each text answers, and takes the category from there."""

    def judged(texts: Sequence[str]) -> list[Verdict]:
        above = {str(text): getattr(text, "parent", "") for text in texts}
        read.update(above)
        return [
            verdict._replace(category="listrik" if "lampu" in above[text] else verdict.category)
            for text, verdict in zip(map(str, texts), classify(texts), strict=True)
        ]

    return desk(classify=judged)


def test_a_reply_is_judged_beside_the_comment_and_a_comment_beside_the_post(engine: Engine) -> None:
    read: dict[str, str] = {}
    land(engine, post("Malam ini lampu kota menyala"))
    process.process_pending(engine, overhearing(read))
    assert read == {}, "the account's own words are not judged"
    top, reply = comment("1_1", "di sini rusak"), comment("1_2", "kami juga rusak", "7002", 1, parent={"id": "1_1"})
    alone = comment("1_3", "sama", "7003", 2, parent={"id": "1_gone"})
    ours = comment("1_4", "Baik, kami cek", PAGE, 3, parent={"id": "1_1"})
    land(engine, top, reply, alone, ours)
    process.process_pending(engine, overhearing(read))
    lamps = "Malam ini lampu kota menyala"
    assert read == {"di sini rusak": lamps, "kami juga rusak": "di sini rusak", "sama": lamps}
    land(engine, comment("1_5", "iya", "7004", 4, parent={"id": "1_2"}))
    process.process_pending(engine, overhearing(read))
    assert read["iya"] == "kami juga rusak", "what stands above was stored by a batch before"


def test_nobody_is_judged_beside_the_words_of_one_who_may_not_be_read(engine: Engine) -> None:
    read: dict[str, str] = {}
    land(engine, post("Selamat pagi"), comment("1_1", "lampu rusak", "7001"))
    process.process_pending(engine, overhearing(read))
    person.restrict(asked(engine, "7001"))
    for key in ("1_2", "1_3"):
        land(engine, comment("1_1", f"lampu rusak {key}", "7001"), comment(key, key, "7002", 1, parent={"id": "1_1"}))
        process.process_pending(engine, overhearing(read))
        assert read[key] == "Selamat pagi"


def test_a_replay_by_the_same_model_moves_nothing_for_other_words_above(engine: Engine) -> None:
    land(engine, post("Malam ini lampu kota menyala"), comment("1_1", "di sini rusak"))
    process.process_pending(engine, overhearing({}))
    land(engine, post("Selamat pagi"))
    process.process_pending(engine, overhearing({}))
    assert process.replay(engine, overhearing({}), raw.Selection()).changes == []
    assert tickets_of(engine)[0]["category"] == items_of(engine)["1_1"]["verdict"]["category"] == "listrik"
    land(engine, comment("1_1", "di sini juga rusak"))
    process.process_pending(engine, overhearing({}))
    assert tickets_of(engine)[0]["category"] == "jalan_jembatan", "other words are judged beside what stands there now"


def test_what_people_labelled_is_taught_and_exported_beside_what_it_answers(engine: Engine) -> None:
    land(engine, post("Malam ini lampu kota menyala"), comment("1_1", "di sini belum"))
    land(engine, comment("1_2", "kami juga", "7002", 1, parent={"id": "1_1"}))
    process.process_pending(engine, desk())
    with writing(engine) as connection:
        for key in ("1_1", "1_2"):
            add(
                connection,
                {"id": key, "kind": "pengaduan", "category": "listrik"},
                clock(),
                desk().deadline,
                desk().route,
            )
    with reading(engine) as connection:
        samples = {sample.text: sample.parent for sample in taught(connection)}
        exported = {record["id"]: record["parent"] for record in export_labels(connection)}
    assert samples == {"di sini belum": "Malam ini lampu kota menyala", "kami juga": "di sini belum"}
    assert exported == {"1_1": "Malam ini lampu kota menyala", "1_2": "di sini belum"}
