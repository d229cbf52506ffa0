"""What a citizen wants forgotten is gone from every table of all three databases, and stays gone."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from connector import person, process
from connector.export import as_jsonl, records
from connector.land import land_records
from connector.records import FORGOTTEN
from connector.sandbox import World
from connector.store import migrate, persons, raw
from connector.store.engine import open_store, reading, writing
from connector.store.schema import metadata, raw_items
from tests.edge.citizens import (
    CANARY,
    HIM,
    OTHER,
    WORDS,
    asked,
    assert_forgotten,
    everything,
    files,
    fill,
    his,
    items_of,
    state,
    tickets_of,
)
from tests.edge.test_store_process import ACCOUNT, PAGE, T0, clock, comment, desk, land
from tests.reading import Bench, calm_bench, one_page


def test_erased_is_gone_from_every_table_and_the_rest_stands(engine: Engine) -> None:
    fill(engine)
    before, shown = tickets_of(engine), items_of(engine)
    done = person.erase(asked(engine))
    assert not done.failures and done.notes
    assert_forgotten(engine)
    c = done.counts
    assert (c["persons"], c["items"], c["revisions"], c["labels"], c["mentions"]) == (1, 6, 2, 1, 2)
    after, kept = tickets_of(engine), items_of(engine)
    assert [t["number"] for t in after.values()] == [t["number"] for t in before.values()]
    facts = ("status", "urgency", "category", "agency", "opened_at", "answer_by", "closed_at", "source_ids")
    assert [{k: after[s][k] for k in facts} for s in after] == [{k: before[s][k] for k in facts} for s in before]
    assert (after["1_1"]["summary"], after["1_1"]["reporter_id"]) == (f"[{FORGOTTEN}]", None)
    assert after["1_1"]["place"]["kabupaten"] is None and after["1_2"] == before["1_2"]
    assert [kept[k] for k in ("1_2", "1_4", "m_2")] == [shown[k] for k in ("1_2", "1_4", "m_2")]
    assert (kept["1_1"]["text"], kept["1_1"]["author_id"], kept["1_1"]["reason"]) == (None, None, FORGOTTEN)
    assert (shown["1_7"]["decision"], kept["1_7"]["decision"]) == ("review", "ignore") and kept["1_1"][
        "verdict"
    ] is None


def test_others_keep_their_words_and_the_page_its_answers_without_his_name(engine: Engine) -> None:
    fill(engine)
    person.erase(asked(engine))
    with reading(engine) as connection:
        payloads = {r["id"]: r["payload"] for r in records(connection, "raw")}
    assert payloads["1_2"]["message_tags"] == [{"id": OTHER, "name": "Budi"}]
    assert payloads["m_2"]["message"] == "Baik, kami cek segera" and "to" not in payloads["m_2"]
    assert set(payloads) == {f"{PAGE}_1", "1_2", "1_4", "m_2"}


def test_erasing_again_and_a_replay_change_nothing(engine: Engine) -> None:
    fill(engine)
    person.erase(asked(engine))
    once = state(engine)
    again = person.erase(asked(engine))
    assert not again.failures and not any(again.counts.values())
    assert process.replay(engine, desk(), raw.Selection(), dry_run=True).changes == []
    assert process.replay(engine, desk(), raw.Selection()).changes == []
    assert state(engine) == once


def test_nothing_of_him_is_landed_again_by_whatever_way(engine: Engine, sqlite_engine: Engine) -> None:
    fill(engine)
    with reading(engine) as connection:
        lines = list(as_jsonl(records(connection, "raw")))
    person.erase(asked(engine))
    done = land_records(engine, [(f"f:{n}", line) for n, line in enumerate(lines)], {"gubernur": ACCOUNT}.get, clock)
    assert (done.new, done.failures) == (0, [])
    anew = land(engine, his("2_1"), his("1_1", f"{CANARY} sunting"), comment("1_3", f"{CANARY} tanpa nama", None))
    assert (anew.new, anew.changed, anew.known) == (0, 0, frozenset({"2_1", "1_1", "1_3"}))
    later = T0 + timedelta(hours=1)
    with writing(engine) as connection:
        raw.bury(connection, {"kind": "comment", "post_id": f"{PAGE}_1"}, later, later)
    land(engine, his("2_1"), comment("2_1", f"{CANARY} tanpa nama", None), now=later)
    process.process_pending(engine, desk())
    assert "2_1" not in items_of(engine)
    # An import may bring back what the account wrote to him, recipient and all; his own things it may not.
    assert CANARY not in json.dumps([items_of(engine), tickets_of(engine)])
    with reading(engine) as connection:
        rows = connection.execute(select(raw_items.c.external_id, raw_items.c.payload)).all()
    assert {row.external_id for row in rows if CANARY in row.payload} == set()


def test_who_hid_his_name_and_shows_it_after_erasure_is_wiped_out_then(engine: Engine) -> None:
    land(engine, comment("1_1", WORDS, None))
    process.process_pending(engine, desk())
    person.erase(asked(engine))
    assert CANARY in everything(engine)
    assert land(engine, his("1_1")).changed == 0
    process.process_pending(engine, desk())
    assert CANARY not in everything(engine)
    assert tickets_of(engine)["1_1"]["summary"] == f"[{FORGOTTEN}]"


def test_what_slips_in_beside_an_erasure_is_wiped_out_by_processing(engine: Engine) -> None:
    land(engine, his("1_1"), his("1_2"))
    with writing(engine) as connection:
        persons.register(connection, [HIM], "erased", T0)
    assert process.replay(engine, desk(), raw.Selection(), dry_run=True).changes == []
    process.process_pending(engine, desk())
    assert_no_item(engine)


def assert_no_item(engine: Engine) -> None:
    assert items_of(engine) == {} and tickets_of(engine) == {} and CANARY not in everything(engine)


def crash_at(engine: Engine, statement: int) -> Any:
    """Makes the n-th statement that writes fail, as if the machine had died there."""
    left = [statement]

    def strike(_c: Any, _k: Any, sql: str, *_: Any) -> None:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            left[0] -= 1
            if left[0] == 0:
                raise ConnectionAbortedError(statement)

    event.listen(engine, "before_cursor_execute", strike)
    return lambda: event.remove(engine, "before_cursor_execute", strike)


@pytest.mark.parametrize("verb", [person.erase, person.restrict, person.release])
def test_a_crash_anywhere_and_the_same_command_again(sqlite_engine: Engine, verb: Any, tmp_path: Path) -> None:
    def begin(engine: Engine) -> Engine:
        fill(engine)
        if verb is person.release:
            person.restrict(asked(engine))
            process.process_pending(engine, desk())
        return engine

    def finish(engine: Engine) -> str:
        verb(asked(engine))
        process.process_pending(engine, desk())
        with reading(engine) as connection:
            return json.dumps([list(records(connection, w)) for w in ("raw", "items", "tickets")])

    begin(sqlite_engine)
    file = Path(str(sqlite_engine.url.database))
    _copy(file, tmp_path / "copy.db")
    whole = finish(sqlite_engine)
    for n in range(1, 200):
        _copy(tmp_path / "copy.db", tmp_path / f"{n}.db")
        engine = open_store(f"sqlite:///{tmp_path / f'{n}.db'}")
        stop = crash_at(engine, n)
        try:
            finish(engine)
        except ConnectionAbortedError:
            stop()
            assert finish(engine) == whole, n
        else:
            assert n > 5
            return
        finally:
            engine.dispose()
    raise AssertionError("it never ended")


def _copy(file: Path, to: Path) -> None:
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


def test_a_stop_ends_between_batches_and_says_so(engine: Engine) -> None:
    fill(engine)
    done = person.erase(asked(engine, stop=lambda: True))
    assert done.failures and CANARY in everything(engine)
    assert not person.erase(asked(engine)).failures
    assert_forgotten(engine)


def test_many_batches(engine: Engine) -> None:
    land(
        engine,
        *(his(f"1_{n}", f"{WORDS} {n}", n) for n in range(250)),
        *(comment(f"2_{n}", "lampu", OTHER, n) for n in range(50)),
    )
    process.process_pending(engine, desk())
    done = person.erase(asked(engine))
    assert done.counts["items"] == 250
    assert_forgotten(engine)
    assert sum(item["text"] == "lampu" for item in items_of(engine).values()) == 50


def test_two_stores_know_the_same_person_by_different_hashes(engine: Engine, tmp_path: Path) -> None:
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    migrate.migrate(other)
    for each in (engine, other):
        with writing(each) as connection:
            persons.register(connection, [HIM], "erased", T0)
    with reading(engine) as one, reading(other) as two:
        hashes = [c.scalar(select(metadata.tables["persons"].c.author_hash)) for c in (one, two)]
    assert hashes[0] != hashes[1] and len(hashes[0] or "") == 64
    other.dispose()


@pytest.fixture
def world() -> World:
    return one_page()


@pytest.fixture
def reader(engine: Engine, world: World) -> Iterator[Bench]:
    with calm_bench(engine, world) as made:
        yield made


def test_polls_and_backfills_do_not_bring_him_back(reader: Bench, world: World) -> None:
    page, old = world.pages["gubernur"], datetime.now(UTC) - timedelta(days=2)
    post = world.add_post(page, "Kunjungan kerja", at=old)
    name = f"{CANARY} Amaq"
    mine = world.add_comment(post, f"{CANARY} jalan rusak di Praya sudah lama", name, at=old)
    world.add_comment(post, "lampu jalan mati di Ampenan", "Budi", at=old)
    visit = world.add_visitor_post(page, f"{CANARY} air PDAM mati", name, at=old)
    talk = world.conversation(page, name)
    world.add_message(talk, f"{CANARY} listrik padam", at=old)
    world.add_message(talk, "Baik, kami cek", by_page=True, at=old)
    reader.poll()
    reader.process()
    psid = reader.items()[mine.id]["author_id"]
    assert CANARY in everything(reader.engine)
    person.erase(person.request(reader.engine, [psid], "Ani", reader.clock))
    assert CANARY not in everything(reader.engine) and psid not in everything(reader.engine)
    world.edit(mine, f"{CANARY} sunting")
    world.add_comment(post, f"{CANARY} baru", name)
    world.add_comment(mine, f"{CANARY} balasan", name)
    world.add_message(talk, f"{CANARY} halo")
    windows: list[dict[str, Any]] = [{}, {"full": True}, {"full": True, "scope": "backfill:x", "lane": raw.BULK}, {}]
    for window in windows:
        done = reader.poll(**window)
        assert done.failures == () and done.counts["new"] == done.counts["changed"] == 0
        reader.process()
        assert CANARY not in everything(reader.engine) and psid not in everything(reader.engine)
    if reader.engine.dialect.name == "sqlite":
        assert CANARY.encode() not in files(reader.engine)
    world.delete(mine)
    world.delete(visit)
    reader.poll(full=True)
    reader.process()
    assert sum(item["text"] is not None for item in reader.items().values()) == 3
    assert reader.items()[mine.id]["reason"] == FORGOTTEN
