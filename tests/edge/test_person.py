"""A citizen's rights on all three databases: his copy is whole, what he wants forgotten is gone and stays gone."""

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, func, insert, select, update

from connector import person, process
from connector.errors import Misuse, NotFound
from connector.export import as_jsonl, item_record, records, ticket_record
from connector.labels import taught
from connector.land import land_records
from connector.platforms.facebook.parse import raw_message, raw_post
from connector.records import FORGOTTEN, RESTRICTED, Label, RawItem
from connector.report.gather import lists_of, names_of
from connector.sandbox import World
from connector.settings import load_routing
from connector.store import items, merging, migrate, persons, raw, replies, tickets, traces
from connector.store.engine import open_store, reading, writing
from connector.store.schema import audit, labels, metadata, raw_items, ticket_events, verdicts
from connector.store.schema import items as item_table
from connector.store.schema import tickets as ticket_table
from connector.store.summary import Window
from tests.edge.test_store_process import ACCOUNT, PAGE, T0, clock, comment, desk, land
from tests.journeys.rig import rigged, small_world
from tests.reading import Bench, calm_bench, one_page

HIM, OTHER = "7001000000000042", "8001000000000077"
CANARY = "KENARI"
WORDS = f"{CANARY} jalan rusak di Praya"
TALK = "t_900"


def asked(engine: Engine, *authors: str, **more: Any) -> person.Request:
    return person.request(engine, authors or [HIM], "Ani", clock, **more)


def his(key: str, words: Any = WORDS, minute: int = 0, **more: Any) -> RawItem:
    sender: dict[str, Any] = {"from": {"id": HIM, "name": f"{CANARY} Siti"}}
    return comment(key, words, HIM, minute, **sender | more)


def message(key: str, words: str, author: str, **more: Any) -> RawItem:
    sender = {"id": author, "name": f"{CANARY} Siti" if author == HIM else "Gubernur NTB"}
    return raw_message(
        ACCOUNT, TALK, {"id": key, "message": words, "created_time": T0.isoformat(), "from": sender} | more
    )


def fill(engine: Engine) -> None:
    """A person in every table: revisions, tickets with history, labels, a conversation, quarantine, tags, what waits."""
    to = {"to": {"data": [{"id": HIM, "name": f"{CANARY} Siti"}, {"name": f"{CANARY} tanpa id"}]}}
    tag = {"message_tags": [{"id": HIM, "name": f"{CANARY} Siti"}, {"id": OTHER, "name": "Budi"}]}
    more: dict[str, Any] = {"permalink_url": f"https://www.facebook.com/{CANARY}"}
    more |= {"attachment": {"type": "photo", "title": CANARY}}
    land(
        engine,
        raw_post(ACCOUNT, {"id": f"{PAGE}_1", "message": "Kunjungan", "from": {"id": PAGE, "name": "Gubernur NTB"}}),
    )
    land(engine, his("1_1", f"{CANARY} jalan rusak", **more), comment("1_2", "lampu rusak", OTHER, 1, **tag))
    land(
        engine,
        his("1_7", f"mungkin {CANARY} rusak", 2),
        his("1_3", f"mungkin {CANARY}", 2),
        comment("1_4", "setuju", OTHER, 3, parent={"id": "1_1"}),
    )
    land(engine, message("m_1", WORDS, HIM, **to), message("m_2", "Baik, kami cek", PAGE, **to))
    land(engine, message("m_2", "Baik, kami cek segera", PAGE, **to))
    process.process_pending(engine, desk())
    with writing(engine) as connection:
        numbers = {s: t.number for t in tickets.every(connection) for s in t.source_ids}
        tickets.change(connection, numbers["1_1"], {"summary": f"{CANARY} parah"}, who="Ani", what="amended", now=T0)
        moved = {"reason": f"kata {CANARY}"}
        status = {"status": "tuntas", "closed_at": T0}
        tickets.change(connection, numbers["m_1"], status, who="Ani", what="moved", now=T0, data=moved)
        row = items.find(connection, "1_3")
        assert row is not None
        items.add_label(connection, row.id, Label("pengaduan", "listrik", "penting", "Ani"), T0)
        for n, state in enumerate(("sent", "due", "dry_run")):
            answered(connection, "1_1", numbers["1_1"], n, state)
    land(engine, his("1_1", f"{CANARY} jalan rusak berat"), his("1_5", [CANARY]))
    land(engine, comment("1_3", f"mungkin {CANARY} lagi", None))
    process.process_pending(engine, desk())
    land(engine, his("1_6", WORDS, 9))


def answered(connection: Connection, key: str, number: str, event_id: int, state: str) -> None:
    """An answer to him, as it is sent, waits or was rehearsed."""
    row = items.find(connection, key)
    assert row is not None
    known = {
        "account": "gubernur",
        "ticket_id": tickets.get(connection, number).id,
        "event_id": event_id,
        "state": state,
    }
    known |= {"channel": "message", "kind": "tuntas", "item_id": row.id, "target": HIM, "author_id": HIM}
    replies.add(
        connection,
        known | {"thread_id": key, "text": f"{CANARY} {state}", "made_at": T0, "due_at": T0, "sent_id": "9_9"},
    )


def everything(engine: Engine) -> str:
    """All that stands in all tables, in one text."""
    with reading(engine) as connection:
        return repr([list(connection.execute(select(t))) for t in metadata.sorted_tables])


def files(engine: Engine) -> bytes:
    """The bytes of an SQLite file and its side files."""
    file = Path(str(engine.url.database))
    return b"".join(p.read_bytes() for p in file.parent.glob(f"{file.name}*"))


def items_of(engine: Engine) -> dict[str, dict[str, Any]]:
    with reading(engine) as connection:
        return {row.external_id: item_record(row) for row in items.every(connection)}


def tickets_of(engine: Engine) -> dict[str, dict[str, Any]]:
    with reading(engine) as connection:
        return {t.source_ids[0]: ticket_record(t) for t in tickets.every(connection)}


def state(engine: Engine) -> str:
    """All but the audit, in no order."""
    held = [t for t in metadata.sorted_tables if t.name not in ("audit", "leases")]
    with reading(engine) as connection:
        return repr([sorted(map(repr, connection.execute(select(t)))) for t in held])


def assert_forgotten(engine: Engine) -> None:
    left = everything(engine)
    assert CANARY not in left and HIM not in left
    if engine.dialect.name == "sqlite":
        assert CANARY.encode() not in files(engine) and HIM.encode() not in files(engine)


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


def test_restricted_is_stored_but_neither_shown_nor_judged_and_released_again(engine: Engine) -> None:
    fill(engine)
    process.process_pending(engine, desk())
    before = [items_of(engine), tickets_of(engine)]
    done = person.restrict(asked(engine))
    assert (done.counts["persons"], done.failures) == (1, [])
    process.process_pending(engine, desk())
    stood = state(engine)
    item = items_of(engine)["1_1"]
    assert (item["text"], item["reason"], item["verdict"], item["author_id"]) == (None, RESTRICTED, None, HIM)
    with reading(engine) as connection:
        out = [list(as_jsonl(records(connection, what))) for what in ("raw", "items", "tickets")]
        shown = lists_of(connection, Window(T0), names_of(connection, load_routing(None)))
        report = repr([list(s) for s in (shown.tickets, shown.review, shown.ignored)])
        assert [sample.text for sample in taught(connection)] == [f"mungkin {CANARY} lagi"]
    hidden = "mungkin KENARI lagi"  # its author was hidden when it was last read: nobody can tell whose it is
    assert CANARY not in json.dumps(out).replace(hidden, "").replace(f"{CANARY} tanpa id", "").replace(
        f"{CANARY} Siti", ""
    )
    assert CANARY not in report.replace(hidden, "")
    assert shown.answers.total == 3 and CANARY not in repr(shown.answers)
    assert process.replay(engine, desk(), raw.Selection()).changes == [] and state(engine) == stood
    assert person.restrict(asked(engine)).counts["persons"] == 0
    process.process_pending(engine, desk())
    assert person.release(asked(engine)).counts["persons"] == 1
    process.process_pending(engine, desk())
    after = [items_of(engine), tickets_of(engine)]
    for old, new in zip(before[0].values(), after[0].values(), strict=True):
        assert {**old, "reason": new["reason"]} == new
    counted = {"version": 0}  # it counts changes, and these were changes
    assert {k: t | counted for k, t in after[1].items()} == {k: t | counted for k, t in before[1].items()}


def test_a_life_in_danger_outranks_a_restriction(engine: Engine) -> None:
    person.restrict(asked(engine))
    land(engine, his("1_1"), his("1_2", f"TOLONG {CANARY} kebakaran", 1), his("1_3", f"mungkin {CANARY}", 2))
    process.process_pending(engine, desk())
    assert list(tickets_of(engine)) == ["1_2"] and tickets_of(engine)["1_2"]["urgency"] == "mendesak"
    found = items_of(engine)
    assert found["1_2"]["text"] and found["1_2"]["verdict"]["urgency"] == "mendesak"
    assert [found[k]["text"] for k in ("1_1", "1_3")] == [None, None]
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(verdicts)) == 1
    person.restrict(asked(engine))
    process.process_pending(engine, desk())
    assert tickets_of(engine)["1_2"]["summary"].startswith("TOLONG")
    person.release(asked(engine))
    process.process_pending(engine, desk())
    assert list(tickets_of(engine)) == ["1_2", "1_1"]


def test_a_restricted_reporters_ticket_stays_in_the_report_while_others_hang_on_it(engine: Engine) -> None:
    land(engine, his("1_1"), comment("1_2", "lampu rusak", OTHER, 1))
    process.process_pending(engine, desk())
    with writing(engine) as connection:
        first, second = (t.number for t in tickets.every(connection))
    person.restrict(asked(engine))

    def listed() -> list[str]:
        with reading(engine) as connection:
            shown = lists_of(connection, Window(T0), names_of(connection, load_routing(None)))
            return [e.ticket.number for part in shown.tickets for e in part if e.ticket]

    assert listed() == [second]
    with writing(engine) as connection:
        merging.merge(connection, second, first, "Ani", T0)
    assert set(listed()) == {first, second}


def test_erasure_outranks_restriction_and_neither_can_be_taken_for_the_other(engine: Engine) -> None:
    fill(engine)
    person.restrict(asked(engine))
    process.process_pending(engine, desk())
    person.erase(asked(engine))
    assert_forgotten(engine)
    assert person.release(asked(engine)).failures and person.restrict(asked(engine)).failures
    assert land(engine, his("3_1")).new == 0


def test_his_copy_is_whole_and_holds_nobody_else(engine: Engine) -> None:
    fill(engine)
    process.process_pending(engine, desk())
    got = json.loads("".join(person.copy(asked(engine))))
    by_id = {i["id"]: i for i in got["items"]}
    assert len(by_id) == len(got["items"]) and set(by_id) == {"1_1", "1_3", "1_5", "1_6", "1_7", "m_1"}
    assert by_id["1_1"]["payload"]["message"] == f"{CANARY} jalan rusak berat"
    assert [r["payload"]["message"] for r in by_id["1_1"]["revisions"]] == [f"{CANARY} jalan rusak"]
    assert by_id["1_1"]["verdicts"] and by_id["1_3"]["labels"][0]["category"] == "listrik"
    assert [a["text"] for a in by_id["1_1"]["answers"]] == [f"{CANARY} {s}" for s in ("sent", "due", "dry_run")]
    assert by_id["1_5"]["item"] is None
    histories = [t["history"] for t in got["tickets"]]
    assert any(e["data"] and e["data"].get("summary") for h in histories for e in h)
    assert OTHER not in json.dumps(got) and "Ani" not in json.dumps(got)
    person.restrict(asked(engine))
    process.process_pending(engine, desk())
    restricted = json.loads("".join(person.copy(asked(engine))))
    assert restricted["requests"][HIM]["state"] == "restricted"
    assert [i["payload"] for i in restricted["items"]] == [i["payload"] for i in got["items"]]
    person.erase(asked(engine))
    empty = json.loads("".join(person.copy(asked(engine))))
    assert (empty["items"], empty["tickets"], empty["requests"][HIM]["state"]) == ([], [], "erased")


def test_unknown_persons_and_accounts(engine: Engine) -> None:
    land(engine, comment("1_1", "jalan rusak"))
    with pytest.raises(NotFound, match="nothing is stored"):
        next(person.copy(asked(engine)))
    for author in (PAGE, "bukan id", "", "?x"):
        with pytest.raises(Misuse, match="--author"):
            asked(engine, author)
    assert person.erase(asked(engine)).counts["persons"] == 1
    assert land(engine, his("9_1")).new == 0


def test_each_verb_leaves_a_line_of_numbers_in_the_audit(engine: Engine) -> None:
    fill(engine)
    list(person.copy(asked(engine)))
    for verb in (person.restrict, person.release, person.erase):
        verb(asked(engine))
    with reading(engine) as connection:
        lines = list(persons.recorded(connection))
        assert connection.scalar(select(func.count()).select_from(audit)) == 5
    assert [line.what for line in lines] == ["export", "restrict", "release", "erase begun", "erase"]
    assert {line.who for line in lines} == {"Ani"} and lines[-1].counts["items"] == 6
    assert all(isinstance(n, int) for line in lines for n in line.counts.values())


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


def copies(count: int, author: str, at: int) -> Iterator[dict[str, Any]]:
    words = "jalan di depan rumah kami rusak berat sudah tiga bulan tidak ada yang datang memperbaiki " * 3
    for n in range(count):
        payload = {"id": f"{at}_{n}", "message": words, "from": {"id": author, "name": "Warga"}}
        yield {
            "id": at * 1_000_000 + n,
            "external_id": f"{at}_{n}",
            "payload": json.dumps(payload, separators=(",", ":")),
        }


def store_many(engine: Engine, rows: Sequence[dict[str, Any]], author: str) -> None:
    same = {
        "platform": "facebook",
        "kind": "comment",
        "account": "gubernur",
        "stream": "comments",
        "post_id": f"{PAGE}_1",
    }
    raws = [{**same, **row, "fetched_at": T0, "seen_at": T0, "fingerprint": "x", "state": "done"} for row in rows]
    known = {
        "by_account": False,
        "hidden": False,
        "edited": False,
        "deleted": False,
        "revision": 1,
        "decision": "ignore",
    }
    kept = [
        {**same, "id": r["id"], "external_id": r["external_id"], "author_id": author, "text": "x", **known}
        for r in rows
    ]
    with writing(engine) as connection:
        for start in range(0, len(rows), 5000):
            connection.execute(insert(raw_items), raws[start : start + 5000])
            connection.execute(insert(item_table), kept[start : start + 5000])


def test_one_person_in_a_large_store_is_forgotten_in_seconds(engine: Engine) -> None:
    for at in range(1, 5):
        store_many(engine, list(copies(5_000, f"{OTHER}{at}", at)), f"{OTHER}{at}")
    store_many(engine, list(copies(2_000, HIM, 9)), HIM)
    began = time.monotonic()
    done = person.erase(asked(engine))
    assert done.counts["items"] == 2_000
    assert time.monotonic() - began < 20
    with reading(engine) as connection:
        assert not any(source(connection, [HIM], 0, 1) for source in traces.SOURCES)


def test_events_keep_facts_only(engine: Engine) -> None:
    fill(engine)
    with writing(engine) as connection:
        connection.execute(
            update(ticket_table).values(withheld={"summary": CANARY}).where(ticket_table.c.reporter_id == HIM)
        )
    person.erase(asked(engine))
    with reading(engine) as connection:
        data = [row.data for row in connection.execute(select(ticket_events).order_by(ticket_events.c.id))]
        assert connection.scalar(select(func.count()).select_from(labels)) == 0
    assert {"reason": "pengaduan"} in data and any(d and d.get("status") == ["diterima", "tuntas"] for d in data)


def test_the_commands_say_what_they_did(tmp_path: Path) -> None:
    with rigged(tmp_path, small_world()) as rig:
        rig.migrated().run("poll")
        author = next(i["author_id"] for i in rig.stored() if i["ticket"] and i["kind"] == "comment")
        assert "nothing is stored" in rig.run("person", "export", "--author", "404", code=1).err
        assert rig.run("person", "erase", "--author", rig.world.pages["gubernur"].id, code=2).err
        rig.run("person", "export", "--author", author, "--out", "salinan.json")
        copy = json.loads((tmp_path / "salinan.json").read_text("utf-8"))
        assert copy["items"] and copy["tickets"] and copy["authors"] == [author]
        mine = {i["id"] for i in copy["items"]}
        assert "newly restricted" in rig.run("person", "restrict", "--author", author).out
        assert all(i["text"] is None and i["reason"] == RESTRICTED for i in rig.stored() if i["id"] in mine)
        assert rig.run("person", "release", "--author", author, "--json").answer["counts"]["items"] == len(mine)
        assert all(i["text"] for i in rig.stored() if i["id"] in mine)
        done = rig.run("person", "erase", "--author", author, "--json").answer
        assert done["counts"]["items"] == len(mine) and done["failures"] == []
        assert rig.run("poll", "--full").out and all(i["text"] is None for i in rig.stored() if i["id"] in mine)
        assert author.encode() not in b"".join(p.read_bytes() for p in tmp_path.glob("store.db*"))
