"""A citizen's other rights on all three databases: his copy is whole, what he restricts is set aside, each is noted."""

import json
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select, update

from connector import casework, person, process
from connector.errors import Misuse, NotFound
from connector.export import as_jsonl, records
from connector.labels import taught
from connector.records import RESTRICTED, Label
from connector.report.gather import lists_of, names_of
from connector.settings import load_routing
from connector.store import items, merging, persons, raw, tickets, traces
from connector.store.engine import reading, writing
from connector.store.schema import audit, labels, raw_items, ticket_events, verdicts
from connector.store.schema import items as item_table
from connector.store.schema import tickets as ticket_table
from connector.store.summary import Window
from tests.edge.citizens import (
    CANARY,
    HIM,
    OTHER,
    asked,
    assert_forgotten,
    fill,
    his,
    items_of,
    state,
    tickets_of,
)
from tests.edge.test_store_process import PAGE, T0, comment, desk, land
from tests.journeys.rig import rigged, small_world


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
        assert not list(taught(connection))
    assert CANARY not in json.dumps(out).replace(f"{CANARY} tanpa id", "").replace(f"{CANARY} Siti", "")
    assert CANARY not in report
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


def test_what_turns_out_to_be_no_danger_is_set_aside_as_the_rest(engine: Engine) -> None:
    person.restrict(asked(engine))
    land(engine, his("1_2", f"TOLONG {CANARY} kebakaran", 1))
    process.process_pending(engine, desk())
    number = tickets_of(engine)["1_2"]["number"]
    casework.amend(engine, number, {"urgency": "biasa"}, who="Ani", now=T0, desk=desk())
    assert CANARY not in tickets_of(engine)["1_2"]["summary"]
    person.release(asked(engine))
    process.process_pending(engine, desk())
    assert CANARY in tickets_of(engine)["1_2"]["summary"]


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


def test_his_copy_tells_what_staff_said_and_of_which_words(engine: Engine) -> None:
    fill(engine)
    with writing(engine) as connection:
        row = items.find(connection, "1_3")
        assert row is not None
        none = Label("lainnya", "listrik", "biasa", "Ani")
        items.add_label(connection, row.id, none, T0 + timedelta(hours=1), ["is_complaint"], 2)
    got = json.loads("".join(person.copy(asked(engine))))
    first, second = next(i["labels"] for i in got["items"] if i["id"] == "1_3")
    assert (first["said"], first["revision"]) == (["kind", "category", "urgency"], None)
    assert (second["kind"], second["said"], second["revision"]) == ("lainnya", ["is_complaint"], 2)


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
        post = rig.world.pages["gubernur"].posts[0]
        calm = rig.world.add_comment(post, "Lampu jalan di Praya mati sejak minggu lalu", "Warga Tenang")
        rig.migrated().run("poll")
        author = next(i["author_id"] for i in rig.stored() if i["id"] == calm.id and i["ticket"])
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
