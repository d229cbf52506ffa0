"""Every verb that reads, keeps and gives out again: real processes, exit codes, records as the contract has them."""

import json
import re
import signal
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from classifiers import KeywordRules
from connector.process import replay
from connector.sandbox import Fault, demo_world, faults
from connector.settings import load, load_routing
from connector.store.raw import Selection
from connector.wiring import works
from tests.journeys.rig import Json, Rig, ago, call, now, rigged, truth, until
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
        assert (tmp_path / "office" / "ntbcare.db").is_file(), "beside its configuration, wherever one stands"


def test_a_starter_names_its_store_whole_where_a_url_can(tmp_path: Path) -> None:
    for folder, url in (("kantor", f"sqlite:///{tmp_path}/kantor/ntbcare.db"), ("apa?", "sqlite:///ntbcare.db")):
        call("init", folder, cwd=tmp_path)
        assert f'url = "{url}"' in (tmp_path / folder / "connector.toml").read_text("utf-8")


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


@pytest.mark.parametrize(("more", "status"), [("", "tuntas"), ("[tickets]\nreopen = true\n", "ditindaklanjuti")])
def test_a_closed_ticket_opens_again_by_itself_where_the_office_wants_it(rig: Rig, more: str, status: str) -> None:
    rig.configure(more=more)
    post = rig.world.pages["gubernur"].posts[0]
    asked = rig.world.add_comment(post, "Jembatan di Sekotong putus, kami tidak bisa lewat", "Siti")
    rig.run("poll")
    number = next(t["number"] for t in rig.stored("tickets") if t["source_ids"][0] == asked.id)
    rig.run("tickets", "move", number, "tuntas", "--by", "Ani")
    rig.world.add_comment(asked, "Jembatan di Sekotong masih putus, kami tidak bisa lewat", "Siti")
    rig.run("poll")
    assert next(t["status"] for t in rig.stored("tickets") if t["number"] == number) == status


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


def test_a_dry_backfill_that_is_stopped_says_nothing_of_the_window(rig: Rig) -> None:
    rig.run("poll")
    rig.sandbox.calls.clear()
    rig.sandbox.faults.add(Fault(faults.latency(1.0), times=None))
    process = rig.start("backfill", "--account", "gubernur", "--since", f"{ago(days=200):%Y-%m-%d}", "--dry-run")
    until(lambda: rig.sandbox.calls, 20, "the backfill asks")
    process.popen.send_signal(signal.SIGTERM)
    assert process.popen.wait(10) == 1
    assert process.out.read_text("utf-8") == "" and "stopped before the end" in process.err.read_text("utf-8")


def test_run_once_does_what_is_due_and_ends(rig: Rig) -> None:
    done = rig.run("run", "--once")
    assert done.out == ""
    rig.assert_whole()
    assert all(json.loads(line)["level"] == "info" for line in done.err.splitlines())
