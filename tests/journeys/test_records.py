"""Records: what is exported, and what an import elsewhere makes of it."""

import csv
import io
import json
import os
import re
import stat
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.retention import erase_deleted
from connector.settings import load, load_routing
from connector.wiring import works
from tests.journeys.rig import PROGRAM, Rig, clean, now, rigged, small_world, truth
from tests.journeys.shapes import ITEM, ITEM_MORE, RAW, RAW_MORE, TICKET, TICKET_MORE, fits


def test_every_text_that_is_visible_is_exported_once(polled: Rig) -> None:
    polled.assert_whole()
    exported = polled.run("export", "items").records
    assert {r["id"]: r["text"] or "" for r in exported} == truth(polled.world)
    assert len(exported) == len(truth(polled.world))
    pages = {page.id for page in polled.world.pages.values()}
    for record in exported:
        fits(record, ITEM, ITEM_MORE)
        assert record["by_account"] == (record["author_id"] in pages)
        assert (record["conversation_id"] is None) == (record["kind"] != "message")


def test_exported_raw_objects_hold_no_paging_and_no_token(polled: Rig) -> None:
    out = polled.run("export", "raw").out
    records = [json.loads(line) for line in out.splitlines()]
    assert len(records) == len(truth(polled.world))
    assert all(fits(record, RAW, RAW_MORE) for record in records)
    assert not re.search(r"access_token|appsecret_proof|\"paging\"|\"cursors\"|EAA[A-Z0-9]{8}", out)


def test_exported_tickets_are_ordered_and_point_at_items(polled: Rig) -> None:
    tickets = polled.run("export", "tickets").records
    items = {item["id"]: item for item in polled.stored()}
    assert len(tickets) > 50 and all(fits(ticket, TICKET, TICKET_MORE) for ticket in tickets)
    assert [t["number"] for t in tickets] == sorted({t["number"] for t in tickets})
    assert [t["opened_at"] for t in tickets] == sorted(t["opened_at"] for t in tickets)
    for ticket in tickets:
        first = items[ticket["source_ids"][0]]
        assert ticket["account"] == first["account"] and ticket["permalink"] == first["permalink"]
        assert ticket["reporter_id"] == first["author_id"] and ticket["answer_by"] > ticket["opened_at"]


@pytest.mark.parametrize("what", ["raw", "items", "tickets"])
def test_csv_has_the_same_rows_and_no_formulas(polled: Rig, what: Any) -> None:
    polled.run("export", what, "--format", "csv", "--out", "out.csv")
    text = (polled.folder / "out.csv").read_bytes().decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert text.startswith("\ufeff") and len(rows) == len(polled.stored(what))
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert stat.S_IMODE((polled.folder / "out.csv").stat().st_mode) == 0o600


def test_masked_exports_hide_people_and_numbers(tmp_path: Path) -> None:
    with rigged(tmp_path, small_world()) as rig:
        page = rig.world.pages["gubernur"]
        secret = "Jalan rusak, hubungi saya di 081234567890 atau nik 5271010101900001, surel amaq@contoh.id"
        rig.world.add_visitor_post(page, secret, "Amaq Rahasia")
        rig.migrated().run("poll", "--account", "gubernur")
        for what in ("raw", "items", "tickets"):
            for style in ("jsonl", "csv"):
                out = rig.run("export", what, "--masked", "--format", style).out
                found = [s for s in ("081234567890", "5271010101900001", "amaq@contoh.id", "Amaq Rahasia") if s in out]
                assert not found, f"{what} {style} shows {found}"
        for record in rig.run("export", "items", "--masked").records:
            fits(record, ITEM, ITEM_MORE)
            assert record["author_id"] is None
        assert secret in [record["text"] for record in rig.run("export", "items").records]


def test_a_masked_export_is_not_read_in(polled: Rig) -> None:
    before = polled.stored("raw")
    polled.run("export", "raw", "--masked", "--out", "masked.jsonl")
    done = polled.run("import", "masked.jsonl", code=1)
    assert len(done.err.splitlines()) == len(before) and "masked.jsonl:1: " in done.err and "--masked" in done.err
    assert polled.stored("raw") == before


def test_out_writes_the_same_as_stdout(polled: Rig) -> None:
    for what in ("items", "tickets"):
        to_file = polled.run("export", what, "--out", f"{what}.jsonl")
        assert to_file.out == "" and to_file.err == ""
        assert (polled.folder / f"{what}.jsonl").read_text("utf-8") == polled.run("export", what).out


def test_import_elsewhere_gives_the_same_items_and_tickets(polled: Rig, tmp_path: Path) -> None:
    (tmp_path / "raw.jsonl").write_text(polled.run("export", "raw").out, "utf-8")
    other = tmp_path / "other"
    other.mkdir()
    with rigged(other, polled.world) as rig:
        landed = rig.migrated().run("import", str(tmp_path / "raw.jsonl"), "--json").answer
        assert landed["landed"] == {"new": len(truth(polled.world)), "changed": 0, "known": 0}
        assert rig.sandbox.calls == []
        rig.assert_whole()
        assert {raw["id"]: raw["payload"] for raw in rig.stored("raw")} == {
            raw["id"]: raw["payload"] for raw in polled.stored("raw")
        }


def test_what_was_deleted_stays_deleted_elsewhere(rig: Rig, tmp_path: Path) -> None:
    rig.run("poll")
    fresh, old = rig.world.pages["gubernur"].posts[1].comments[:2]
    rig.world.delete(old)
    rig.run("poll", "--full")
    made = works(load(rig.config, {}), load_routing(None), rig.folder)
    assert erase_deleted(made.engine, lambda: now() + timedelta(days=2)) == 1
    made.engine.dispose()
    rig.world.delete(fresh)
    rig.run("poll", "--full")
    (tmp_path / "raw.jsonl").write_text(rig.run("export", "raw").out, "utf-8")
    other = {"NTBCARE_STORE_URL": f"sqlite:///{tmp_path / 'other.db'}"}
    rig.run("migrate", env=other)
    assert rig.run("import", "raw.jsonl", "--json", env=other).answer["landed"]["new"] == len(rig.stored("raw"))
    facts = ("id", "post_id", "text", "created_at", "deleted", "author_id")
    told = [{k: item[k] for k in facts} for item in rig.run("export", "items", env=other).records]
    assert told == [{k: item[k] for k in facts} for item in rig.run("export", "items").records]
    assert {item["id"] for item in told if item["deleted"]} == {fresh.id, old.id}
    assert not {fresh.id, old.id} & {
        s for t in rig.run("export", "tickets", env=other).records for s in t["source_ids"]
    }
    assert rig.run("import", "raw.jsonl", "--json", env=other).answer["landed"]["new"] == 0
    assert rig.run("import", "raw.jsonl", "--json").answer["landed"]["changed"] == 0


def test_records_with_the_contracts_keys_alone_find_their_posts(rig: Rig, tmp_path: Path) -> None:
    rig.run("poll")
    lines = [json.dumps({k: record[k] for k in RAW}) for record in rig.stored("raw")]
    (tmp_path / "raw.jsonl").write_text("\n".join(lines), "utf-8")
    other = {"NTBCARE_STORE_URL": f"sqlite:///{tmp_path / 'other.db'}"}
    rig.run("migrate", env=other)
    rig.run("import", "raw.jsonl", env=other)
    posts = {item["id"]: item["post_id"] for item in rig.stored()}
    assert {item["id"]: item["post_id"] for item in rig.run("export", "items", env=other).records} == posts


def test_what_comes_without_its_conversation_is_counted_and_said(rig: Rig, tmp_path: Path) -> None:
    rig.run("poll")
    whole = rig.stored("raw")
    other = {"NTBCARE_STORE_URL": f"sqlite:///{tmp_path / 'other.db'}"}
    rig.run("migrate", env=other)
    for shape, apart in ((RAW, sum(r["kind"] == "message" for r in whole)), ({**RAW, **RAW_MORE}, 0)):
        lines = [json.dumps({k: record[k] for k in shape}) for record in whole]
        (tmp_path / "raw.jsonl").write_text("\n".join(lines), "utf-8")
        done = rig.run("import", "raw.jsonl", "--json", env=other)
        assert done.answer["apart"] == apart
        assert (f"raw.jsonl: {apart} comments or messages" in done.err) is (apart > 0)
    assert sum(r["kind"] == "message" for r in whole) > 0


def test_a_bad_line_of_an_import_is_named_and_loses_no_other(polled: Rig, tmp_path: Path) -> None:
    lines = polled.run("export", "raw").out.splitlines()[:5]
    lines[1:1] = [
        "{not json",
        '{"kind":"comment"}',
        "[" * 100_000,
        '{"kind":"post","stream":"posts","payload":[]}',
        '"\ud800"',
        json.dumps(json.loads(lines[0]) | {"id": "7_7"}),
    ]
    (tmp_path / "raw.jsonl").write_text("\n".join(lines) + "\n", "utf-8", errors="surrogatepass")
    other = tmp_path / "other"
    other.mkdir()
    with rigged(other, polled.world) as rig:
        done = rig.migrated().run("import", str(tmp_path / "raw.jsonl"), "--json", code=1)
        assert done.answer["landed"]["new"] == 5
        assert [line.split(": ")[0].rpartition(":")[2] for line in done.err.splitlines()] == [
            "2",
            "3",
            "4",
            "5",
            "6",
            "7",
        ]
        said = done.err.splitlines()
        assert "not JSON from column 2 on" in said[0] and "line 1" not in done.err and "found id 7_7" in said[-1]


def test_a_closed_pipe_ends_an_export_in_silence(polled: Rig) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [PROGRAM, "--config", str(polled.config), "export", "raw"]
    with open(writer, "wb") as closed:  # noqa: PTH123  (an open descriptor)
        done = subprocess.run(
            command, stdout=closed, stderr=subprocess.PIPE, env=clean(polled.env), check=False, timeout=60
        )
    assert done.returncode == 1 and done.stderr == b""


WHAT = ["raw", "items", "tickets", "tickets --as lapor"]


@pytest.mark.parametrize("what", WHAT)
def test_of_nothing_a_spreadsheet_has_its_heads(polled: Rig, what: str) -> None:
    full = polled.run("export", *what.split(), "--format", "csv").out
    empty = {"NTBCARE_STORE_URL": f"sqlite:///{polled.folder / 'empty.db'}"}
    polled.run("migrate", env=empty)
    assert polled.run("export", *what.split(), "--format", "csv", env=empty).out == full[: full.index("\n") + 1]
    assert polled.run("export", *what.split(), env=empty).out == ""


def test_a_dash_is_stdout(polled: Rig) -> None:
    assert polled.run("export", "tickets", "--out", "-").out == polled.run("export", "tickets").out != ""
    page = polled.run("report", "--out", "-").out
    assert page.startswith("<!doctype html>") and page.rstrip().endswith("</html>")
    assert not (polled.folder / "-").exists()


def test_an_agency_has_its_own_list(polled: Rig) -> None:
    every = polled.run("export", "tickets").records
    agency = every[0]["agency"]
    listed = polled.run("tickets", "list", "--agency", agency, "--json").records
    assert [t["number"] for t in listed] == [t["number"] for t in every if t["agency"] == agency]
    assert len(listed) < len(every)
