"""Landing: each object once with its revisions, whatever comes again, late, older, or from an archive."""

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import Engine, func, select

from connector import process
from connector.export import as_jsonl, records
from connector.land import land_records, read_record
from connector.platforms.facebook.parse import raw_message, raw_post
from connector.store import accounts, raw
from connector.store.engine import reading, writing
from connector.store.schema import raw_items, raw_revisions, verdicts
from tests.edge.test_store_process import ACCOUNT, HOSTILE, PAGE, T0, clock, comment, desk, items_of, land, tickets_of


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


def test_an_export_lands_elsewhere_and_back_without_change(engine: Engine, sqlite_engine: Engine) -> None:
    land(engine, *(comment(f"1_{n}", words, str(n), n) for n, words in enumerate(HOSTILE)))
    process.process_pending(engine, desk())
    with reading(engine) as connection:
        lines = list(as_jsonl(records(connection, "raw")))
    for target in (sqlite_engine, engine):
        with writing(target) as connection:
            accounts.register(connection, [ACCOUNT])
        numbered = [(f"f:{n}", line) for n, line in enumerate([*lines, "broken", "{}", ""])]
        done = land_records(target, numbered, {"gubernur": ACCOUNT}.get, clock)
        assert len(done.failures) == 2 and "f:8" in done.failures[0]
        process.process_pending(target, desk())
        assert [item["text"] for item in items_of(target).values()] == HOSTILE
    with reading(sqlite_engine) as connection:
        assert connection.scalar(select(func.count()).select_from(raw_items)) == len(HOSTILE)


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
