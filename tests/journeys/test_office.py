"""Staff at a shell: labels in and out, tickets opened, moved, amended, merged; reports, and what a shell measures."""

import csv
import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from connector.report.words import short_time
from connector.store.engine import open_store, writing
from connector.store.schema import tickets
from tests.journeys.rig import Json, Rig, call, now
from tests.journeys.shapes import TICKET, TICKET_MORE, fits


@pytest.fixture
def office(polled: Rig) -> Rig:
    """The demo world, read."""
    return polled


def one(rig: Rig, **facts: Any) -> Json:
    """Some item of the store with these facts."""
    return next(i for i in rig.stored() if facts.items() <= i.items())


def ticket(rig: Rig, number: str) -> Json:
    """A ticket with its history."""
    return rig.run("tickets", "show", number, "--json").answer


def test_labels_come_in_change_tickets_at_once_and_go_out(office: Rig, tmp_path: Path) -> None:
    missed = one(office, decision="ignore", by_account=False, kind="comment", reason="apresiasi")
    wrong = next(t for t in office.stored("tickets") if len(t["source_ids"]) == 1)
    labels = [
        {"id": missed["id"], "kind": "pengaduan", "category": "kesehatan", "urgency": "penting", "by": "Baiq"},
        {"id": wrong["source_ids"][0], "kind": "spam", "by": "Baiq"},
    ]
    (tmp_path / "koreksi.json").write_text(json.dumps(labels), "utf-8")
    assert office.run("labels", "import", "koreksi.json", "--json").answer["new"] == 2
    items = {i["id"]: i for i in office.stored()}
    opened = ticket(office, items[missed["id"]]["ticket"])
    assert (opened["category"], opened["urgency"]) == ("kesehatan", "penting")
    assert ticket(office, wrong["number"])["status"] == "ditolak"
    assert office.run("labels", "import", "koreksi.json", "--json").answer["new"] == 0
    exported = office.run("labels", "export").records
    assert {(r["id"], r["kind"], r["by"], r["text"]) for r in exported} == {
        (missed["id"], "pengaduan", "Baiq", missed["text"]),
        (wrong["source_ids"][0], "spam", "Baiq", items[wrong["source_ids"][0]]["text"]),
    }
    assert office.run("replay", "--account", missed["account"], "--json").answer["changes"] == []


def test_labels_as_csv_and_lines_and_a_bad_one_loses_no_other(office: Rig, tmp_path: Path) -> None:
    first, second = [t["source_ids"][0] for t in office.stored("tickets")][:2]
    (tmp_path / "a.csv").write_text(f"id,is_complaint,category,by\n{first},ya,listrik,Amaq\n", "utf-8")
    (tmp_path / "b.jsonl").write_text(
        f'{{"id":"{second}","urgency":"penting"}}\n{{"id":"unknown"}}\nnot json\n{{"id":"{first}","kind":"nonsense"}}\n',
        "utf-8",
    )
    office.run("labels", "import", "a.csv")
    done = office.run("labels", "import", "b.jsonl", "--json", code=1)
    assert done.answer["new"] == 1 and len(done.err.splitlines()) == 3
    tickets = {t["source_ids"][0]: t for t in office.stored("tickets")}
    assert tickets[first]["category"] == "listrik" and tickets[second]["urgency"] == "penting"
    assert {r["id"] for r in office.run("labels", "export").records} == {first, second}
    office.run("labels", "export", "--out", "labels.jsonl")
    assert office.run("evaluate", "labels.jsonl", "--json").answer["texts"] == 2


def test_labels_survive_what_other_programs_write(office: Rig, tmp_path: Path) -> None:
    first, second, third = [t["source_ids"][0] for t in office.stored("tickets")][:3]
    rows = f'id,category,by\n{first},listrik,"Baiq\nloket 2"\n{second},cuaca,Ani\n'
    (tmp_path / "a.csv").write_text(rows, "utf-8")
    done = office.run("labels", "import", "a.csv", "--json", code=1)
    assert done.answer["new"] == 1 and done.err.startswith("a.csv:4: category") and len(done.err.splitlines()) == 1
    apart = "Baiq\u2028loket\x85dua"
    lines = [
        f'{{"id":"{third}","kind":"spam","by":"{apart}"}}',
        '{"id":"a\\u0000\\ud800"}',
        "[" * 100_000,
        '"' + third + '"',
    ]
    (tmp_path / "b.jsonl").write_text("\n".join(lines), "utf-8")
    done = office.run("labels", "import", "b.jsonl", "--json", code=1)
    assert done.answer["new"] == 1 and [line.split(": ")[0] for line in done.err.splitlines()] == [
        "b.jsonl:2",
        "b.jsonl:3",
        "b.jsonl:4",
    ]
    assert "expected an object" in done.err.splitlines()[-1]
    assert apart in [record["by"] for record in office.run("labels", "export").records]
    (tmp_path / "open.csv").write_text('id,kind\n"1,spam\n', "utf-8")
    assert "open.csv" in office.run("labels", "import", "open.csv", code=1).err
    (tmp_path / "blank.csv").write_text("", "utf-8")
    assert office.run("labels", "import", "blank.csv", code=2).err.startswith("blank.csv:1: expected a line of column")
    own = one(office, by_account=True, kind="post")["id"]
    (tmp_path / "own.csv").write_text(f"id,kind\n{own},pengaduan\n", "utf-8")
    assert own in office.run("labels", "import", "own.csv", code=1).err, "an account's own words would be learned"


def test_a_label_from_a_clock_that_is_ahead_does_not_outrank_later_ones(office: Rig, tmp_path: Path) -> None:
    item = office.stored("tickets")[0]["source_ids"][0]
    for name, kind, more in (
        ("ahead", "spam", {"at": f"{now() + timedelta(days=400):%Y-%m-%dT%H:%M:%SZ}"}),
        ("later", "aspirasi", {}),
    ):
        (tmp_path / f"{name}.json").write_text(json.dumps([{"id": item, "kind": kind} | more]), "utf-8")
        assert office.run("labels", "import", f"{name}.json", "--json").answer["new"] == 1
    assert [record["kind"] for record in office.run("labels", "export").records] == ["spam", "aspirasi"]


def test_who_came_another_way_is_answered_on_no_page(office: Rig) -> None:
    number = office.run("tickets", "new", "--text", "Lampu jalan mati di Gerung").out.strip()
    done = office.run("replies", "preview", number.lower(), code=2)
    assert done.err.startswith(f"{number}: ") and "--account" not in done.err and len(done.err.splitlines()) == 1


def test_open_makes_a_ticket_of_a_missed_item_once(office: Rig) -> None:
    missed = one(office, decision="review", by_account=False, kind="comment")
    opened = office.run("tickets", "open", missed["id"], "--category", "listrik", "--by", "Baiq", "--json")
    number = opened.answer["number"]
    made = ticket(office, number)
    assert made["source_ids"] == [missed["id"]] and made["category"] == "listrik"
    again = office.run("tickets", "open", missed["id"], code=1)
    assert again.out.strip() == number and number in again.err
    own = one(office, by_account=True, kind="post")
    assert office.run("tickets", "open", own["id"], code=1).out == ""
    assert [record["id"] for record in office.run("labels", "export").records] == [missed["id"]], (
        "nothing false is taught"
    )
    assert "unknown" in office.run("tickets", "open", "unknown", code=1).err
    assert len(office.stored("tickets")) == len({t["number"] for t in office.stored("tickets")})


def test_a_ticket_lives_from_new_to_merged(office: Rig) -> None:
    words = "Pohon tumbang menutup Jalan Langko di Mataram"
    asked = ("--text", words, "--urgency", "penting", "--by", "Loket 2")
    number = office.run("tickets", "new", *asked, "--json").answer["number"]
    born = ticket(office, number)
    history, lapor = born.pop("history"), born.pop("lapor")
    assert list(lapor) == ["verify_by", "answer_by", "close_by"] and lapor["close_by"] > lapor["answer_by"]
    assert fits(born, TICKET, TICKET_MORE) and born["summary"] == words and born["urgency"] == "penting"
    assert born["place"]["kabupaten"] == "52.71" and history[0]["who"] == "Loket 2"
    assert words in json.dumps(history[0]["data"]) and history[0]["data"]["route"].startswith("kategori ")
    office.run("tickets", "amend", number, "--urgency", "mendesak", "--category", "jalan_jembatan", "--by", "Baiq")
    for said in ("Gerung, Lombok Barat", "52.01.01"):
        office.run("tickets", "amend", number, "--category", "air_bersih", "--place", said)
        moved = ticket(office, number)
        assert (moved["place"]["kecamatan"], moved["place"]["text"]) == ("52.01.01", "Gerung")
        assert moved["agency"] == "pdam-giri-menang"
    assert "--place" in office.run("tickets", "amend", number, "--place", "Bandung", code=2).err
    office.run("tickets", "move", number, "ditindaklanjuti")
    office.run("tickets", "move", number, "tuntas")
    closed = ticket(office, number)
    assert (closed["status"], closed["urgency"]) == ("tuntas", "mendesak") and closed["closed_at"]
    assert closed["answer_by"] < born["answer_by"]
    assert closed["lapor"]["close_by"] < lapor["close_by"], (
        "ten working days after the last follow-up, not after its deadline"
    )
    assert [event["what"] for event in closed["history"]] == [
        *("opened", "amended", "alarmed", "amended", "amended", "moved", "moved")
    ]
    refused = office.run("tickets", "move", number, "diterima", code=1)
    assert number in refused.err and "ditindaklanjuti" in refused.err
    listed = office.run("tickets", "list", "--status", "tuntas", "--json").records
    assert [t["number"] for t in listed] == [number]
    _merge(office)


def test_a_ticket_is_noted_answered_verified_and_nobody_overwrites_another(office: Rig) -> None:
    number = office.run("tickets", "new", "--text", "Lampu jalan mati di Gerung").out.strip()
    office.run("tickets", "move", number, "ditindaklanjuti", "--version", "1", "--by", "Ani")
    late = office.run("tickets", "move", number, "ditolak", "--reason", "kurang data", "--version", "1", code=1)
    assert number in late.err and "version 2, not 1" in late.err
    assert "--reason" in office.run("tickets", "move", number, "ditolak", code=2).err
    office.run("tickets", "note", number, "--text", "PLN sudah ditelepon", "--by", "Ani")
    office.run("tickets", "answered", number, "--by", "Ani")
    office.run("tickets", "answered", number, "--at", "2020-01-01", code=2)
    told = ticket(office, number)
    assert told["first_response_at"] and told["version"] == 4
    assert [event["what"] for event in told["history"]] == ["opened", "moved", "noted", "answered"]
    assert office.run("tickets", "list", "--waiting", "--json").records == []
    assert office.run("tickets", "verify", "--json").answer["faults"] == []
    with closing(sqlite3.connect(office.folder / "store.db", isolation_level=None)) as store:
        store.execute("UPDATE ticket_events SET who = 'Budi' WHERE what = 'noted'")
    done = office.run("tickets", "verify", code=1)
    assert number in done.err and len(done.err.splitlines()) == 1 and "noted" in done.err
    assert office.run("tickets", "verify", office.stored("tickets")[0]["number"]).err == ""


def _merge(office: Rig) -> None:
    first, second = [t for t in office.stored("tickets") if t["status"] == "diterima" and t["source_ids"]][:2]
    office.run("tickets", "merge", second["number"], first["number"])
    kept, gone = ticket(office, first["number"]), ticket(office, second["number"])
    assert (gone["merged_into"] == first["number"] and gone["status"] == "ditolak") or gone["closed_at"]
    assert set(first["source_ids"]) | set(second["source_ids"]) == set(kept["source_ids"])
    assert kept["source_ids"][0] == first["source_ids"][0] and gone["source_ids"] == []
    office.run("tickets", "merge", first["number"], first["number"], code=None)
    assert ticket(office, first["number"])["status"] == "diterima"
    assert first["number"] in office.run("tickets", "unmerge", second["number"]).out
    back = ticket(office, second["number"])
    assert (back["status"], back["source_ids"]) == ("diterima", second["source_ids"]) and back["merged_into"] is None
    office.run("tickets", "unmerge", second["number"], code=1)
    office.assert_whole()


def test_overdue_tickets_are_listed_the_longest_waiting_first(office: Rig) -> None:
    assert office.run("tickets", "list", "--overdue", "--json").records == []
    late = [t["number"] for t in office.stored("tickets") if t["status"] == "diterima"][:2]
    engine = open_store(office.store_url)
    with writing(engine) as connection:
        for days, number in enumerate(late, 1):
            past = update(tickets).where(tickets.c.number == number).values(answer_by=now() - timedelta(days=days))
            connection.execute(past)
    listed = office.run("tickets", "list", "--overdue", "--json").records
    assert [t["number"] for t in listed] == late[::-1]
    lines = office.run("tickets", "list", "--overdue").out.splitlines()
    assert ["terlambat 2 hari" in lines[0], "terlambat 1 hari" in lines[1]] == [True, True]
    with writing(engine) as connection:
        long_ago = update(tickets).where(tickets.c.number == late[0]).values(opened_at=now() - timedelta(days=20))
        connection.execute(long_ago)
    (first,) = office.run("tickets", "list", "--overdue", "--lapor", "--json").records
    assert (first["number"], first["lapor"]["step"]) == (late[0], "verifikasi")
    assert "verifikasi terlambat 1" in office.run("tickets", "list", "--overdue", "--lapor").out
    engine.dispose()
    shown = office.run("tickets", "show", late[0]).out
    due = short_time(datetime.fromisoformat(ticket(office, late[0])["answer_by"]))
    assert f"answer_by          {due} WITA\n" in shown and ":00Z" not in shown


def test_what_a_person_set_survives_replays_and_polls(office: Rig) -> None:
    number = office.stored("tickets")[0]["number"]
    office.run(
        "tickets", "amend", number, "--summary", "Kata petugas", "--category", "telekomunikasi", "--urgency", "penting"
    )
    set_by_hand = office.stored("tickets")[0]
    office.run("replay")
    office.run("poll", "--full")
    assert office.stored("tickets")[0] == set_by_hand


def test_report_is_one_file_and_its_path_is_said(office: Rig) -> None:
    done = office.run("report", "--out", "laporan.html")
    assert Path(done.out.strip()) == (office.folder / "laporan.html").resolve() and done.err == ""
    html = (office.folder / "laporan.html").read_text("utf-8")
    assert html.lstrip().lower().startswith("<!doctype html") and "NTB-" in html and "<dt>Kata penentu<" in html
    office.assert_no_secret(html)
    assert "has not begun" in office.run("report", "--rapor", "2099-01", code=2).err
    empty = office.run("report", "--since", "2020-01-01", "--until", "2020-01-02", "--out", "kosong.html")
    assert Path(empty.out.strip()).is_file()


def test_demo_does_the_main_job_in_few_words(tmp_path: Path) -> None:
    done = call("demo", "--out", "contoh", cwd=tmp_path)
    assert done.err == "" and len(done.out.splitlines()) <= 15
    report = Path(next(line.split(":", 1)[1].strip() for line in done.out.splitlines() if line.startswith("Report")))
    assert report.is_file() and (tmp_path / "contoh" / "ntbcare-demo.db").is_file()
    call("demo", "--out", "contoh", cwd=tmp_path)


def test_evaluate_measures_a_labelled_file(tmp_path: Path) -> None:
    rows = [("Jalan di Gerung rusak parah, tolong diperbaiki", 1), ("Selamat pak gubernur, semoga sehat", 0)] * 5
    with (tmp_path / "labelled.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "is_complaint"), *rows])
    assert call("evaluate", "labelled.csv", cwd=tmp_path).out
    measured = call("evaluate", "labelled.csv", "--json", cwd=tmp_path).answer
    assert "complaint" in json.dumps(measured)


def test_sandbox_serves_until_it_is_stopped_and_says_how_to_read_it(tmp_path: Path) -> None:
    from tests.journeys.rig import Process, until

    process = Process(tmp_path, ["sandbox"], {})
    try:
        pasted = "export NTBCARE_APP_ID="
        lines = until(
            lambda: (t := process.out.read_text("utf-8").splitlines()) and t[-1].startswith(pasted) and t, 20, "sandbox"
        )
        assert lines[0].startswith("address http://127.0.0.1:")
        assert [line.split()[1] for line in lines if line.startswith("account ")] == ["gubernur", "wagub", "ntbcare"]
        env = dict(s.split("=", 1) for line in lines if line.startswith("export ") for s in line.split()[1:])
        call("init", "office", cwd=tmp_path)
        call("--config", "office/connector.toml", "migrate", cwd=tmp_path)
        looked = call("--config", "office/connector.toml", "check", "--json", env=env, cwd=tmp_path).answer
        kinds = [f["facts"]["kind"] for f in looked["findings"] if f["what"].startswith("account ")]
        assert kinds == ["PAGE", "PAGE", "PAGE"], "the starter configuration and the lines that are pasted fit"
        process.stop()
    finally:
        process.kill()
