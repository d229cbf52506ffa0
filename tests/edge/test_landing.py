"""Landing: each object once with its revisions, whatever comes again, late, older, or from an archive."""

import json
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from connector import person, process
from connector.export import What, as_jsonl, records
from connector.land import Landing, land_records, read_record
from connector.platforms.facebook.parse import raw_comment, raw_message, raw_post
from connector.retention import erase_deleted
from connector.store import accounts, raw
from connector.store.engine import reading, writing
from connector.store.schema import raw_items, raw_revisions, verdicts
from tests.edge.citizens import CANARY, HIM, asked, everything, fill, his
from tests.edge.test_store_process import ACCOUNT, HOSTILE, PAGE, T0, clock, comment, desk, items_of, land, tickets_of

LATER = T0 + timedelta(days=1)


def exported(engine: Engine, what: What = "raw") -> list[str]:
    with reading(engine) as connection:
        return list(as_jsonl(records(connection, what)))


def imported(engine: Engine, lines: list[str]) -> Landing:
    with writing(engine) as connection:
        accounts.register(connection, [ACCOUNT])
    done = land_records(engine, [(f"f:{n}", line) for n, line in enumerate(lines)], {"gubernur": ACCOUNT}.get, clock)
    process.process_pending(engine, desk())
    return done


def test_landing_again_changes_nothing_and_an_edit_is_a_revision(engine: Engine) -> None:
    first = comment("1_1", "jalan rusak")
    assert (land(engine, first, first).new, land(engine, first).new) == (1, 0)
    process.process_pending(engine, desk())
    edited = land(engine, comment("1_1", "jalan sudah baik"))
    assert (edited.new, edited.changed) == (0, 1)
    assert process.process_pending(engine, desk()).counts["items"] == 1
    item = items_of(engine)["1_1"]
    assert (item["text"], item["edited"], item["verdict"]["is_complaint"]) == ("jalan sudah baik", True, False)
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(raw_revisions)) == 1
        assert connection.scalar(select(func.count()).select_from(verdicts)) == 2


def test_a_thin_payload_never_replaces_a_fuller_one(engine: Engine) -> None:
    land(engine, raw_message(ACCOUNT, "t_1", {"id": "m_1", "message": "halo", "created_time": T0.isoformat()}))
    assert land(engine, raw_message(ACCOUNT, "t_1", {"id": "m_1"})).changed == 0
    process.process_pending(engine, desk())
    assert items_of(engine)["m_1"]["text"] == "halo"


def test_what_graph_did_not_show_at_first_is_not_called_edited_when_it_does(engine: Engine) -> None:
    """An old message of which only the id was told; a comment whose content was hidden."""
    told = {"id": "m_1", "created_time": T0.isoformat()}
    land(engine, raw_message(ACCOUNT, "t_1", told), raw_comment(ACCOUNT, f"{PAGE}_1", told | {"id": "1_1"}))
    process.process_pending(engine, desk())
    land(engine, raw_message(ACCOUNT, "t_1", told | {"message": "halo"}), comment("1_1", "jalan rusak"))
    process.process_pending(engine, desk())
    assert {k: (i["text"], i["edited"]) for k, i in items_of(engine).items()} == {
        "m_1": ("halo", False),
        "1_1": ("jalan rusak", False),
    }


def test_words_that_graph_withholds_on_a_later_reading_are_no_edit(engine: Engine) -> None:
    """Facebook takes no empty comment: without words and attachment, something is withheld. Beside a photo it is an edit."""
    whole = {
        "id": "1_1",
        "message": "jalan rusak",
        "from": {"id": "8001", "name": "Siti"},
        "created_time": T0.isoformat(),
    }
    bare = {"id": "1_1", "message": "", "created_time": T0.isoformat(), "is_hidden": True}
    for hours, sent in enumerate((whole, bare, whole)):
        land(engine, raw_comment(ACCOUNT, f"{PAGE}_1", sent), now=T0 + timedelta(hours=hours))
        process.process_pending(engine, desk())
        item = items_of(engine)["1_1"]
        assert (item["text"], item["author_id"], item["edited"]) == ("jalan rusak", "8001", False)
    photo = whole | {"message": "", "attachment": {"type": "photo"}}
    land(engine, raw_comment(ACCOUNT, f"{PAGE}_1", photo), now=T0 + timedelta(hours=9))
    process.process_pending(engine, desk())
    item = items_of(engine)["1_1"]
    assert (item["text"], item["edited"]) == ("", True)


def test_an_export_lands_elsewhere_and_back_without_change(engine: Engine, sqlite_engine: Engine) -> None:
    land(engine, *(comment(f"1_{n}", words, str(n), n) for n, words in enumerate(HOSTILE)))
    process.process_pending(engine, desk())
    lines = exported(engine)
    for target in (sqlite_engine, engine):
        done = imported(target, [*lines, "broken", "{}", ""])
        assert len(done.failures) == 2 and "f:8" in done.failures[0]
        assert [item["text"] for item in items_of(target).values()] == HOSTILE
    with reading(sqlite_engine) as connection:
        assert connection.scalar(select(func.count()).select_from(raw_items)) == len(HOSTILE)


def lived(engine: Engine) -> None:
    """A store in which things were edited, there and back too, hidden, deleted, and wiped out long after."""
    fill(engine)
    land(engine, comment("1_8", "lampu mati", "8002"), comment("1_9", "jalan rusak", "8003", parent={"id": "1_8"}))
    land(engine, comment("1_8", "lampu menyala", "8002"), now=T0 + timedelta(hours=1))
    land(engine, comment("1_8", "lampu mati", "8002", is_hidden=True), now=T0 + timedelta(hours=2))
    for key, at in (("1_9", T0), ("1_2", LATER)):
        with writing(engine) as connection:
            assert raw.bury(connection, {"external_id": key}, LATER, at) == 1
    process.process_pending(engine, desk())
    assert erase_deleted(engine, lambda: LATER) == 1
    process.process_pending(engine, desk())


def test_a_store_that_lived_is_the_same_in_another(engine: Engine, sqlite_engine: Engine) -> None:
    lived(sqlite_engine)
    lines = exported(sqlite_engine)
    assert not imported(engine, lines).failures
    assert exported(engine) == lines
    machine = {"ticket", "decision", "reason"}  # of labels and of the tickets that there were: no part of what was sent
    facts = [
        [{k: v for k, v in item.items() if k not in machine} for item in items_of(one).values()]
        for one in (sqlite_engine, engine)
    ]
    assert facts[0] == facts[1]
    found = items_of(engine)
    assert {k for k, item in found.items() if item["edited"]} == {"1_1", "1_3", "1_8", "m_2"}
    assert {k for k, item in found.items() if item["deleted"]} == {"1_2", "1_9"}
    assert (imported(engine, lines).new, exported(engine)) == (0, lines)


def test_earlier_revisions_bring_back_nobody_who_asked(engine: Engine, sqlite_engine: Engine) -> None:
    """Graph may hide an author whom it showed before: his item is his all the same."""
    land(sqlite_engine, his("1_1"))
    land(sqlite_engine, comment("1_1", f"{CANARY} tanpa nama", None))
    lines = exported(sqlite_engine)
    assert HIM in lines[0]
    person.erase(asked(engine))
    assert imported(engine, lines).new == 0
    assert CANARY not in everything(engine)
    person.restrict(asked(sqlite_engine))
    record = json.loads(exported(sqlite_engine)[0])
    assert (record["payload"], record["revisions"]) == ({"id": "1_1"}, [])


@pytest.mark.parametrize(
    ("revisions", "said"),
    [
        (5, "objects with fetched_at"),
        ([None], "objects with fetched_at"),
        ([{"payload": {"id": "1_1"}}], "objects with fetched_at"),
        ([{"fetched_at": "2026-11-24T01:00:00Z", "payload": []}], "objects with fetched_at"),
        ([{"fetched_at": "2026-11-24T01:00:00Z", "payload": {"id": "1_2"}}], "with a revision of 1_2"),
    ],
)
def test_a_record_with_other_revisions_is_left_out(sqlite_engine: Engine, revisions: Any, said: str) -> None:
    land(sqlite_engine, comment("1_1", "jalan rusak"))
    record = json.loads(exported(sqlite_engine)[0]) | {"revisions": revisions}
    with pytest.raises(ValueError, match=said):
        read_record(record, {"gubernur": ACCOUNT}.get)


@pytest.mark.parametrize(
    ("comment_id", "link", "post"),
    [
        ("900_7", f"https://www.facebook.com/{PAGE}/posts/122/?comment_id=7", f"{PAGE}_122"),
        ("900_7", f"https://www.facebook.com/{PAGE}/posts/pfbid02Ab/?comment_id=7", f"{PAGE}_900"),
        ("900_7", None, f"{PAGE}_900"),
        ("c7", None, None),
    ],
)
def test_a_record_without_its_post_is_found_by_its_link(comment_id: str, link: str | None, post: str | None) -> None:
    """The id of a comment on a photo begins with the photo's, which is no post."""
    payload = {"id": comment_id, "message": "rusak", "permalink_url": link}
    record = {
        "platform": "facebook",
        "account": "gubernur",
        "stream": "comments",
        "kind": "comment",
        "payload": payload,
    }
    assert read_record(record, {"gubernur": ACCOUNT}.get).post_id == post
    assert read_record(record | {"post_id": f"{PAGE}_1"}, {"gubernur": ACCOUNT}.get).post_id == f"{PAGE}_1"
    assert read_record(record | {"id": comment_id}, {"gubernur": ACCOUNT}.get).id == comment_id
    for other in ("900_8", "?", 900):
        with pytest.raises(ValueError, match="expected one object"):
            read_record(record | {"id": other}, {"gubernur": ACCOUNT}.get)


def test_a_late_answer_brings_nothing_back_that_was_found_deleted_since(engine: Engine) -> None:
    """Two readings of one account, one of them slow: what it asked for before the other found the post gone."""
    post = raw_post(ACCOUNT, {"id": f"{PAGE}_1", "message": "Kunjungan", "from": {"id": PAGE, "name": "Gubernur"}})
    land(engine, post, comment("1_1", "jalan rusak"), now=T0)
    found, later = T0 + timedelta(hours=1), T0 + timedelta(hours=2)
    with writing(engine) as connection:
        assert raw.bury(connection, {"account": ACCOUNT.key}, found, found) == 2
    late, never_seen = comment("1_1", "jalan rusak parah"), comment("1_2", "lampu mati", "8")
    land(engine, late, never_seen, now=later, asked=T0)
    process.process_pending(engine, desk())
    assert {k: i["deleted"] for k, i in items_of(engine).items()} == {f"{PAGE}_1": True, "1_1": True, "1_2": True}
    assert items_of(engine)["1_1"]["text"] == "jalan rusak"
    land(engine, post, late, now=later, asked=later)
    process.process_pending(engine, desk())
    assert not items_of(engine)["1_1"]["deleted"]


def test_an_older_copy_never_replaces_a_newer_one(engine: Engine) -> None:
    land(engine, comment("1_1", "baru"))
    older = comment("1_1", "lama")._replace(fetched_at=T0 - timedelta(days=1))
    assert land(engine, older).changed == 0


def test_an_archive_in_any_order_ends_with_the_newest_and_twice_is_once(sqlite_engine: Engine) -> None:
    times, later = [T0 + timedelta(minutes=n) for n in range(4)], T0 + timedelta(days=1)
    for n, order in enumerate(permutations(times)):
        copies = [comment(f"{n}_1", f"jalan rusak {at}")._replace(fetched_at=at) for at in order]
        for copy in copies:
            land(sqlite_engine, copy, now=later)
        again = [land(sqlite_engine, copy, now=later) for copy in copies]
        assert {(done.new, done.changed) for done in again} == {(0, 0)}, order
    process.process_pending(sqlite_engine, desk())
    assert {item["text"] for item in items_of(sqlite_engine).values()} == {f"jalan rusak {times[-1]}"}


def test_tombstones_stay_and_what_comes_back_lives_again(engine: Engine) -> None:
    land(engine, comment("1_1", "jalan rusak"), comment("1_2", "jalan rusak", "8"), now=T0)
    process.process_pending(engine, desk())
    later = T0 + timedelta(hours=1)
    land(engine, comment("1_2", "jalan rusak", "8"), now=later)
    with writing(engine) as connection:
        assert raw.bury(connection, {"kind": "comment", "post_id": f"{PAGE}_1"}, later, later) == 1
    process.process_pending(engine, desk())
    assert [items_of(engine)[k]["deleted"] for k in ("1_1", "1_2")] == [True, False]
    assert len(tickets_of(engine)) == 2
    land(engine, comment("1_1", "jalan rusak"), now=later + timedelta(hours=1))
    process.process_pending(engine, desk())
    assert not items_of(engine)["1_1"]["deleted"]
