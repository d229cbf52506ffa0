"""Every verb that reads, keeps and gives out again: real processes, exit codes, records as the contract has them."""

import csv
import io
import json
import os
import re
import signal
import stat
import subprocess
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from classifiers import KeywordRules
from connector.process import replay
from connector.retention import erase_deleted
from connector.sandbox import Fault, demo_world, faults
from connector.settings import load, load_routing
from connector.store.raw import Selection
from connector.wiring import works
from tests.journeys.rig import PROGRAM, Json, Rig, ago, call, clean, now, rigged, small_world, truth, until
from tests.journeys.shapes import ITEM, ITEM_MORE, RAW, RAW_MORE, TICKET, TICKET_MORE, fits


def test_from_an_empty_folder_to_tickets(tmp_path: Path) -> None:
    with rigged(tmp_path, demo_world(now())) as rig:
        said = call("init", "office", cwd=tmp_path)
        assert "office/connector.toml" in said.out and said.err == ""
        starter = (tmp_path / "office" / "connector.toml").read_text("utf-8")
        tokens = dict(zip(re.findall(r'token_env = "(\w+)"', starter), rig.env.values(), strict=True))
        env = tokens | {"NTBCARE_GRAPH_URL": rig.address, "NTBCARE_CONFIG": "office/connector.toml"}
        assert call("migrate", env=env, cwd=tmp_path).err == ""
        assert call("check", env=env, cwd=tmp_path).err == ""
        poll = call("poll", env=env, cwd=tmp_path)
        assert poll.err == "" and "tickets opened" in poll.out
        assert len(call("tickets", "list", env=env, cwd=tmp_path).out.splitlines()) > 50
        assert (tmp_path / "ntbcare.db").is_file()


def test_the_whole_way_on_each_database(rig_on: Rig, tmp_path: Path) -> None:
    rig = rig_on
    first = rig.run("poll", "--json").answer
    assert sum(account["counts"]["new"] for account in first["accounts"]) == len(truth(rig.world))
    assert first["processed"]["items"] == len(truth(rig.world))
    rig.assert_whole()
    before = {what: rig.run("export", what).out for what in ("raw", "items", "tickets")}
    assert all(fits(json.loads(line), ITEM, ITEM_MORE) for line in before["items"].splitlines())
    assert all(fits(json.loads(line), RAW, RAW_MORE) for line in before["raw"].splitlines())
    assert all(fits(json.loads(line), TICKET, TICKET_MORE) for line in before["tickets"].splitlines())
    again = rig.run("poll", "--full", "--json").answer
    assert [a["counts"].get("new", 0) + a["counts"].get("changed", 0) for a in again["accounts"]] == [0, 0]
    calls = len(rig.sandbox.calls)
    assert rig.run("replay", "--json").answer["changed"] == 0
    assert len(rig.sandbox.calls) == calls, "a replay touched the network"
    assert rig.run("export", "items").out == before["items"]
    assert rig.run("export", "tickets").out == before["tickets"]
    (tmp_path / "raw.jsonl").write_text(before["raw"], "utf-8")
    landed = rig.run("import", "raw.jsonl", "--json").answer["landed"]
    assert landed == {"new": 0, "changed": 0, "known": len(truth(rig.world))}


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


def test_a_bad_line_of_an_import_is_named_and_loses_no_other(polled: Rig, tmp_path: Path) -> None:
    lines = polled.run("export", "raw").out.splitlines()[:5]
    lines[1:1] = [
        "{not json",
        '{"kind":"comment"}',
        "[" * 100_000,
        '{"kind":"post","stream":"posts","payload":[]}',
        '"\ud800"',
    ]
    (tmp_path / "raw.jsonl").write_text("\n".join(lines) + "\n", "utf-8", errors="surrogatepass")
    other = tmp_path / "other"
    other.mkdir()
    with rigged(other, polled.world) as rig:
        done = rig.migrated().run("import", str(tmp_path / "raw.jsonl"), "--json", code=1)
        assert done.answer["landed"]["new"] == 5
        assert [line.split(": ")[0].rpartition(":")[2] for line in done.err.splitlines()] == ["2", "3", "4", "5", "6"]


def test_a_replay_with_the_same_model_changes_nothing(polled: Rig) -> None:
    before = polled.run("export", "items").out, polled.run("export", "tickets").out
    calls = len(polled.sandbox.calls)
    for options in (["--dry-run"], [], ["--since", "2020-01-01"], ["--account", "wagub"], ["--quarantined"]):
        done = polled.run("replay", "--json", *options).answer
        assert done["changed"] == 0, f"{options}: {done['changes']}"
        assert done["dry_run"] == ("--dry-run" in options)
    assert (polled.run("export", "items").out, polled.run("export", "tickets").out) == before
    assert len(polled.sandbox.calls) == calls, "a replay touched the network"


def test_a_dry_replay_says_what_would_change_and_changes_nothing(rig: Rig) -> None:
    rig.run("poll")
    judged_by_rules(rig)
    before = snapshot(rig)
    would = rig.run("replay", "--dry-run", "--json").answer
    assert would["dry_run"] and would["changed"] > 0
    assert snapshot(rig) == before
    did = rig.run("replay", "--json").answer
    assert did["changes"] == would["changes"]
    assert snapshot(rig) != before
    assert rig.run("replay", "--json").answer["changed"] == 0


def judged_by_rules(rig: Rig) -> None:
    """Leaves the verdicts of another model in the store."""
    made = works(load(rig.config, {}), load_routing(None), rig.folder)
    replay(made.engine, made.desk(KeywordRules()), Selection())
    made.engine.dispose()


def test_a_plain_poll_sees_new_and_a_full_one_edits_and_deletes(rig: Rig) -> None:
    rig.run("poll")
    page = rig.world.pages["gubernur"]
    post = page.posts[0]
    fresh = rig.world.add_comment(post, "Lampu jalan di Praya mati sejak minggu lalu, gelap sekali", "Warga Baru")
    edited, deleted = page.posts[1].comments[0], page.posts[1].comments[1]
    rig.world.edit(edited, "Jembatan di Sekotong putus, kami tidak bisa lewat")
    rig.world.delete(deleted)
    rig.run("poll")
    assert fresh.id in rig.ids()
    rig.run("poll", "--full")
    items = {item["id"]: item for item in rig.stored()}
    assert items[edited.id]["text"] == edited.text and items[edited.id]["edited"]
    assert items[deleted.id]["deleted"] and not items[edited.id]["deleted"]
    rig.assert_whole()


def test_poll_of_one_account_and_stream_leaves_the_others(rig: Rig) -> None:
    rig.run("poll", "--account", "wagub", "--stream", "messages", "--stream", "visitor_posts")
    stored = rig.stored()
    assert {item["account"] for item in stored} == {"wagub"}
    assert {item["kind"] for item in stored} == {"message", "post"}
    assert not any(item["by_account"] for item in stored if item["kind"] == "post")


def test_a_dead_token_fails_its_account_alone_and_says_what_to_do(rig: Rig) -> None:
    rig.sandbox.tokens.page(rig.world.pages["gubernur"]).revoke(460)
    done = rig.run("poll", code=1)
    assert "wagub" in done.out and len(done.err.splitlines()) == 1 and "gubernur" in done.err
    assert {item["account"] for item in rig.stored()} == {"wagub"}
    checked = rig.run("check", "--json", code=1)
    states = {finding["what"]: finding for finding in checked.answer["findings"]}
    assert states["account gubernur"]["state"] == "broken" and states["account wagub"]["state"] == "ok"
    assert not checked.answer["ok"] and len(checked.err.splitlines()) == 1


def test_check_names_a_rule_for_a_place_that_is_not_there(rig: Rig) -> None:
    rules = (resources.files("connector.defaults") / "categories.toml").read_text("utf-8")
    own = rules.replace("[places.air_bersih]", '[places.air_bersih]\n"52.01.99" = "pdam"')
    (rig.folder / "categories.toml").write_text(own, "utf-8")
    checked = rig.run("check", code=1)
    assert len(checked.err.splitlines()) == 1 and "places.air_bersih.52.01.99" in checked.err
    assert "account gubernur" in checked.out, "all else is looked at too"


def test_check_names_what_a_missing_scope_breaks(rig: Rig) -> None:
    rig.sandbox.tokens.page(rig.world.pages["wagub"]).drop("pages_messaging")
    done = rig.run("check", "--json", code=1, env={"NTBCARE_APP_ID": rig.sandbox.tokens.app_id} | _secret(rig))
    finding = next(f for f in done.answer["findings"] if f["what"] == "account wagub")
    assert finding["facts"]["missing"]["pages_messaging"]
    assert finding["state"] == "broken" and "messages cannot be read" in finding["text"]
    assert "messages cannot be read" in done.err
    asked = next(f for f in done.answer["findings"] if f["what"] == "account gubernur")["facts"]
    assert (
        asked["valid"] and asked["kind"] == "PAGE" and asked["graph_version"] == {"asked": "v26.0", "served": "v26.0"}
    )


def _secret(rig: Rig) -> dict[str, str]:
    return {"NTBCARE_APP_SECRET": rig.sandbox.tokens.app_secret}


def test_a_pause_that_graph_imposed_is_kept_and_said(rig: Rig) -> None:
    page = rig.world.pages["gubernur"]
    rig.sandbox.faults.add(Fault(faults.error(32, "Page request limit reached", http=403), path=page.id, times=None))
    assert "gubernur" in rig.run("poll", code=1).err
    rig.sandbox.faults.clear()
    rig.sandbox.calls.clear()
    said = rig.run("poll", code=1).err
    assert "pause" in said and len(said.splitlines()) == 1
    assert not [c for c in rig.sandbox.calls if page.id in c.path]


def test_a_pause_of_messenger_alone_is_kept_and_said_too(rig: Rig) -> None:
    page = rig.world.pages["gubernur"]
    rig.sandbox.faults.add(Fault(faults.error(80006, "too many calls"), path=f"{page.id}/conversations", times=None))
    assert "messages" in rig.run("poll", code=1).err
    rig.sandbox.faults.clear()
    rig.sandbox.calls.clear()
    since = f"{ago(days=20):%Y-%m-%d}"
    for verb in (("poll",), ("backfill", "--account", "gubernur", "--since", since)):
        said = rig.run(*verb, code=1).err
        assert "messages" in said and "pause" in said and len(said.splitlines()) == 1
    assert not [c for c in rig.sandbox.calls if f"{page.id}/conversations" in c.path]
    rig.run("run", "--once")


def test_backfill_reads_older_things_and_a_dry_one_keeps_nothing(rig: Rig) -> None:
    page = rig.world.pages["gubernur"]
    old = rig.world.add_post(page, "Peresmian pasar lama", at=ago(days=200))
    comment = rig.world.add_comment(old, "Pasar becek dan penuh sampah, tolong dibersihkan", "Ani", at=ago(days=199))
    rig.run("poll")
    assert comment.id not in rig.ids()
    before = snapshot(rig)
    window = ["--account", "gubernur", "--since", f"{ago(days=210):%Y-%m-%d}", "--until", f"{ago(days=190):%Y-%m-%d}"]
    dry = rig.run("backfill", *window, "--dry-run", "--json").answer
    assert dry["dry_run"] and dry["new"] == 2
    assert snapshot(rig) == before
    rig.run("backfill", *window)
    assert {old.id, comment.id} <= set(rig.ids())
    assert rig.run("backfill", *window, "--dry-run", "--json").answer["new"] == 0
    rig.world.delete(comment)
    rig.run("backfill", *window)
    assert {i["id"] for i in rig.stored() if i["deleted"]} == {comment.id}


def snapshot(rig: Rig) -> dict[Any, list[Json]]:
    """All that the store tells of itself."""
    kinds: tuple[Any, ...] = ("raw", "items", "tickets")
    return {what: rig.stored(what) for what in kinds}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_backfill_resumes_after_any_stop(rig: Rig, how: signal.Signals) -> None:
    page = rig.world.pages["gubernur"]
    for n in range(60):
        post = rig.world.add_post(page, f"Kegiatan {n}", at=ago(days=150, hours=-n))
        rig.world.add_comment(post, f"Sampah menumpuk di pasar {n}", "Ani", at=ago(days=150, hours=-n, minutes=-5))
    rig.run("poll")
    known = set(rig.ids())
    rig.sandbox.faults.add(Fault(faults.latency(0.3), times=None))
    window = ["--account", "gubernur", "--since", f"{ago(days=200):%Y-%m-%d}"]
    process = rig.start("backfill", *window)
    until(lambda: len(rig.stored("raw")) > len(known), 20, "the backfill lands something")
    process.popen.send_signal(how)
    code = process.popen.wait(10)
    half = len(rig.stored("raw"))
    if how == signal.SIGTERM:
        assert code == 1
        assert "goes on from here" in process.err.read_text("utf-8")
    assert len(known) < half < len(truth(rig.world)), "stopped too late to prove anything"
    rig.sandbox.faults.clear()
    rig.run("backfill", *window)
    rig.assert_whole()


def test_run_once_does_what_is_due_and_ends(rig: Rig) -> None:
    done = rig.run("run", "--once")
    assert done.out == ""
    rig.assert_whole()
    assert all(json.loads(line)["level"] == "info" for line in done.err.splitlines())


def test_a_closed_pipe_ends_an_export_in_silence(polled: Rig) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [PROGRAM, "--config", str(polled.config), "export", "raw"]
    with open(writer, "wb") as closed:  # noqa: PTH123  (an open descriptor)
        done = subprocess.run(
            command, stdout=closed, stderr=subprocess.PIPE, env=clean(polled.env), check=False, timeout=60
        )
    assert done.returncode == 1 and done.stderr == b""
