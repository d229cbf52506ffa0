"""A label remembers what of it a person said, and of which words: only that is taught and exported."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from classifiers.samples import Sample, read_labelled
from connector import person, process
from connector.casework import amend
from connector.labels import Imported, add, export_labels, import_labels, taught
from connector.records import Label
from connector.retention import HELD, erase_deleted
from connector.store import items, raw
from connector.store.engine import reading, writing
from tests.edge.citizens import asked
from tests.edge.test_store_process import T0, clock, comment, desk, land, tickets_of


def stored(engine: Engine, words: str, minute: int = 0) -> None:
    """The comment 1_1 says this now."""
    land(engine, comment("1_1", words), now=T0 + timedelta(minutes=minute))
    process.process_pending(engine, desk())


def say(engine: Engine, minute: int = 0, **record: Any) -> bool:
    """Somebody says this of the comment 1_1."""
    with writing(engine) as connection:
        now = T0 + timedelta(minutes=minute)
        fresh = add(connection, {"id": "1_1", **record}, now, desk().deadline, desk().route)
    process.process_pending(engine, desk())
    return fresh


def samples_of(engine: Engine) -> list[Sample]:
    with reading(engine) as connection:
        return taught(connection)


def exported(engine: Engine) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        return list(export_labels(connection))


def handed_in(engine: Engine, file: Path, text: str) -> Imported:
    file.write_text(text, "utf-8")
    return import_labels(engine, file, clock, desk().deadline, desk().route)


@pytest.mark.parametrize(
    ("words", "record", "said"),
    [
        (
            "jalan rusak",
            {"kind": "pengaduan", "category": "kesehatan", "urgency": "penting"},
            ("kesehatan", False, True),
        ),
        ("jalan rusak", {"kind": "pengaduan", "urgency": "mendesak"}, (None, True, None)),
        ("jalan rusak", {"is_complaint": 1.0}, (None, None, None)),
        ("TOLONG rusak", {"is_complaint": "iya", "category": "listrik"}, ("listrik", None, None)),
        ("jalan rusak", {"category": "listrik"}, ("listrik", None, None)),
        ("jalan rusak", {"urgency": "biasa"}, (None, False, False)),
    ],
)
def test_of_a_complaint_only_what_was_said_is_taught(
    engine: Engine, words: str, record: dict[str, Any], said: tuple[Any, ...]
) -> None:
    stored(engine, words)
    say(engine, **record)
    (sample,) = samples_of(engine)
    assert (sample.complaint, sample.kind) == (True, "pengaduan")
    assert (sample.category, sample.urgent, sample.important) == said


def test_who_says_no_complaint_does_not_say_what_it_is(engine: Engine) -> None:
    stored(engine, "jalan rusak")
    say(engine, is_complaint=False)
    assert tickets_of(engine)[0]["status"] == "ditolak"
    (sample,) = samples_of(engine)
    assert (sample.complaint, sample.kind, sample.category, sample.urgent) == (False, None, None, False)
    say(engine, minute=1, kind="apresiasi")
    assert [(s.complaint, s.kind) for s in samples_of(engine)] == [(False, "apresiasi")]
    say(engine, minute=2, kind="pengaduan", category="listrik")
    say(engine, minute=3, is_complaint="bukan")
    assert [(s.complaint, s.kind, s.category) for s in samples_of(engine)] == [(False, None, None)]


def test_a_category_of_what_is_no_complaint_leaves_open_whether_it_is_one(engine: Engine) -> None:
    stored(engine, "terima kasih")
    say(engine, category="listrik")
    assert samples_of(engine) == [] and tickets_of(engine) == []
    assert [(r["is_complaint"], r["kind"], r["category"]) for r in exported(engine)] == [(None, None, "listrik")]


def test_what_is_said_later_adds_and_who_takes_it_back_teaches_nothing(engine: Engine) -> None:
    stored(engine, "TOLONG rusak")
    say(engine, kind="pengaduan", category="listrik")
    say(engine, minute=1, urgency="penting")
    (sample,) = samples_of(engine)
    assert (sample.category, sample.important) == ("listrik", True)
    assert not say(engine, minute=2, urgency="penting"), "nothing new"
    back = {"kind": "pengaduan", "category": "jalan_jembatan", "urgency": "mendesak", "undo": True}
    assert say(engine, minute=3, **back)
    (ticket,) = tickets_of(engine)
    assert (ticket["category"], ticket["urgency"]) == ("jalan_jembatan", "mendesak")
    assert samples_of(engine) == []
    assert say(engine, minute=4, **back | {"undo": False}) and len(samples_of(engine)) == 1
    assert say(engine, minute=5, **back) and samples_of(engine) == []
    assert not say(engine, minute=6, **back), "it is taken back already"


def test_a_label_is_of_the_words_it_was_given_to(engine: Engine) -> None:
    stored(engine, "jalan rusak")
    say(engine, kind="pengaduan", category="jalan_jembatan")
    stored(engine, "sudah baik, terima kasih", 1)
    assert [s.text for s in samples_of(engine)] == ["jalan rusak"]
    assert [r["text"] for r in exported(engine)] == ["jalan rusak"]
    assert say(engine, minute=2, kind="apresiasi")
    assert [(s.text, s.complaint, s.category) for s in samples_of(engine)] == [
        ("sudah baik, terima kasih", False, None)
    ]
    assert say(engine, minute=3, revision=1, kind="spam"), "of a report that showed the words before"
    assert [(s.text, s.kind) for s in samples_of(engine)] == [("jalan rusak", "spam")]
    assert say(engine, minute=4, revision=9, kind="aspirasi")
    assert samples_of(engine) == [] and exported(engine)[-1]["text"] is None, "of words that are not kept"


def test_words_that_are_gone_or_withheld_are_taught_by_nobody(engine: Engine) -> None:
    stored(engine, "jalan rusak")
    say(engine, kind="pengaduan")
    stored(engine, "jalan rusak parah", 1)
    person.restrict(asked(engine, "7001"))
    process.process_pending(engine, desk())
    assert samples_of(engine) == [] and [r["text"] for r in exported(engine)] == [None]
    person.release(asked(engine, "7001"))
    process.process_pending(engine, desk())
    assert [s.text for s in samples_of(engine)] == ["jalan rusak"]
    with writing(engine) as connection:
        raw.bury(connection, {"external_id": "1_1"}, T0 + timedelta(hours=1), T0 + timedelta(hours=1))
    process.process_pending(engine, desk())
    erase_deleted(engine, lambda: T0 + timedelta(hours=2) + HELD)
    process.process_pending(engine, desk())
    assert samples_of(engine) == [] and [r["text"] for r in exported(engine)] == [None]
    stored(engine, "jalan rusak sekali", 10_000)
    assert samples_of(engine) == [], "it is there again with other words"
    person.erase(asked(engine, "7001"))
    assert exported(engine) == []


def test_of_a_label_from_before_all_was_said_of_the_words_that_stand(engine: Engine) -> None:
    stored(engine, "jalan rusak")
    with writing(engine) as connection:
        row = items.find(connection, "1_1")
        assert row is not None and items.add_label(connection, row.id, Label("spam", "listrik", "mendesak", "Ani"), T0)
    stored(engine, "jalan rusak parah", 1)
    (sample,) = samples_of(engine)
    assert (sample.text, sample.kind, sample.category, sample.urgent) == ("jalan rusak parah", "spam", "listrik", False)
    with writing(engine) as connection:
        items.add_label(connection, row.id, Label("pengaduan", "listrik", "penting", "Ani"), T0 + timedelta(minutes=1))
    (sample,) = samples_of(engine)
    assert (sample.text, sample.category, sample.important) == ("jalan rusak parah", "listrik", True)
    assert not say(engine, minute=2, **exported(engine)[1]), "an export comes back"


def test_an_export_comes_back_is_trained_with_and_moves_to_where_other_words_stand(
    engine: Engine, tmp_path: Path
) -> None:
    stored(engine, "jalan rusak")
    say(engine, is_complaint="tidak")
    say(engine, minute=1, category="listrik", is_complaint="ya", at=T0.isoformat())
    lines = "".join(json.dumps(record) + "\n" for record in exported(engine))
    again = handed_in(engine, tmp_path / "labels.jsonl", lines)
    assert (again.new, again.known, again.failures) == (0, 2, [])
    assert read_labelled(tmp_path / "labels.jsonl") == samples_of(engine) != []
    moved = lines.replace('"jalan rusak"', '"JALAN  rusak parah"').replace("2026-11-24", "2026-11-23")
    assert handed_in(engine, tmp_path / "moved.jsonl", moved).new == 2
    stored(engine, "Jalan rusak parah", 5)
    assert [r["text"] for r in exported(engine)] == [None, None, "jalan rusak", "jalan rusak"]
    moved = moved.replace("2026-11-23", "2026-11-24").replace('"petugas"', '"Ani"')
    assert handed_in(engine, tmp_path / "moved.jsonl", moved).new == 2
    assert [s.text for s in samples_of(engine)] == ["Jalan rusak parah"]


def test_yes_and_no_are_read_strictly_and_a_wrong_one_is_named(engine: Engine, tmp_path: Path) -> None:
    stored(engine, "jalan rusak")
    rows = "id,is_complaint,kind\n1_1,mungkin,\n1_1,y,\n1_1,tidak,pengaduan\n1_1,ya,,x\n1_1,1.0,\n"
    done = handed_in(engine, tmp_path / "a.csv", rows)
    file = tmp_path / "a.csv"
    assert done.failures == [
        f"{file}:2: is_complaint: expected 1 or 0, found 'mungkin'",
        f"{file}:3: is_complaint: expected 1 or 0, found 'y'",
        f"{file}:4: is_complaint: 'tidak' does not go with kind 'pengaduan'",
        f"{file}:5: more cells than column names; is a comma outside of quotes?",
    ]
    assert done.new == 1 and tickets_of(engine)[0]["status"] == "diterima"
    done = handed_in(
        engine, tmp_path / "b.jsonl", '{"id": "1_1", "is_complaint": null}\n{"id": "1_1", "is_complaint": []}'
    )
    assert len(done.failures) == 1 and "b.jsonl:2: is_complaint" in done.failures[0]
    assert tickets_of(engine)[0]["status"] == "diterima", "nothing said is no no"


def test_what_nobody_said_stays_as_the_ticket_has_it(engine: Engine) -> None:
    stored(engine, "lampu rusak")
    number = tickets_of(engine)[0]["number"]
    values = {"category": "kesehatan", "urgency": "penting"}
    amend(engine, number, values, who="Ani", now=T0, desk=desk())
    say(engine, minute=1, is_complaint="benar")
    (ticket,) = tickets_of(engine)
    assert (ticket["category"], ticket["urgency"]) == ("kesehatan", "penting")
    assert [(s.category, s.urgent) for s in samples_of(engine)] == [(None, None)]
    say(engine, minute=2, is_complaint="salah")
    say(engine, minute=3, category="listrik")
    assert tickets_of(engine)[0]["status"] == "ditolak" and [s.complaint for s in samples_of(engine)] == [False]


def test_a_time_without_a_zone_is_by_the_offices_clock(sqlite_engine: Engine) -> None:
    """Taken for UTC, a word of ten in the morning would outrank one of noon."""
    stored(sqlite_engine, "jalan rusak di Gerung")
    say(sqlite_engine, 600, kind="pengaduan", urgency="penting", at="2026-11-24T12:00:00+08:00")
    say(sqlite_engine, 601, kind="pengaduan", urgency="biasa", at="2026-11-24T10:00:00")
    (ticket,) = tickets_of(sqlite_engine)
    assert ticket["urgency"] == "penting"
