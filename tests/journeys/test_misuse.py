"""Wrong use: exit 2, a message that names what was wrong and what was expected, and nothing touched; stores out of order."""

import shutil
import socket
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.journeys.refusing import refused
from tests.journeys.rig import Rig, call, rigged, small_world

WRONG_USE: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "unknown verb": (["pol"], ("pol",)),
    "unknown option": (["poll", "--fast"], ("--fast",)),
    "unknown account": (["poll", "--account", "bupati"], ("--account bupati", "gubernur, wagub")),
    "unknown stream": (["poll", "--stream", "stories"], ("--stream stories", "comments")),
    "backfill without since": (["backfill", "--account", "gubernur"], ("--since",)),
    "backfill of nobody": (["backfill", "--account", "x", "--since", "2026-01-01"], ("--account x", "gubernur")),
    "bad since": (["backfill", "--account", "gubernur", "--since", "kemarin"], ("--since", "2026-11-24")),
    "since after until": (
        ["backfill", "--account", "gubernur", "--since", "2026-02-01", "--until", "2026-01-01"],
        ("--since", "--until"),
    ),
    "since is until": (
        ["backfill", "--account", "gubernur", "--since", "2026-02-01", "--until", "2026-02-01"],
        ("--since", "--until"),
    ),
    "replay backwards": (["replay", "--since", "2026-02-01", "--until", "2026-01-01"], ("--since", "--until")),
    "replay of nobody": (["replay", "--account", "bupati"], ("--account bupati", "gubernur")),
    "replay since before time": (["replay", "--since", "0001-01-01"], ("--since", "2026-11-24")),
    "report after time": (["report", "--until", "9999-12-31T23:00-12:00"], ("--until", "2026-11-24")),
    "report bad until": (["report", "--until", "32"], ("--until",)),
    "import of nothing": (["import", "nowhere.jsonl"], ("nowhere.jsonl",)),
    "labels of nothing": (["labels", "import", "nowhere.json"], ("nowhere.json",)),
    "classify nothing": (["classify", "nowhere.txt"], ("nowhere.txt",)),
    "classify by nothing": (["classify", "--model", "nowhere"], ("nowhere",)),
    "classify by an empty folder": (["classify", "--model", "models"], ("--model models", "no model")),
    "classify by other things": (["classify", "--model", "."], ("--model .", "no manifest.json")),
    "places of nothing": (["places", "nowhere.txt"], ("nowhere.txt",)),
    "evaluate nothing": (["evaluate", "nowhere.csv"], ("nowhere.csv",)),
    "evaluate no texts": (["evaluate", "heads.csv"], ("heads.csv", "no labelled texts")),
    "evaluate other columns": (["evaluate", "other.csv"], ("other.csv:1: no column is_complaint",)),
    "train on other columns": (
        ["train", "--with", "other.csv", "--out", "new"],
        ("other.csv:1: no column is_complaint",),
    ),
    "states of no tickets": (["tickets", "import", "other.csv"], ("other.csv:1: expected", "number")),
    "labels of no items": (["labels", "import", "other.csv"], ("other.csv:1: expected", "id")),
    "the report in place of its corrections": (["labels", "import", "page.html"], ("page.html", "its button")),
    "states of Excel": (["tickets", "import", "states.xlsx"], ("states.xlsx", "CSV first")),
    "contacts of Excel": (["contacts", "import", "states.xlsx"], ("states.xlsx", "CSV first")),
    "raw and compressed": (["import", "raw.jsonl.gz"], ("raw.jsonl.gz", "unpack")),
    "evaluate a folder": (["evaluate", "."], (".", "is a folder")),
    "evaluate by nothing": (["evaluate", "connector.toml", "--model", "nowhere"], ("--model nowhere",)),
    "card nowhere": (["evaluate", "connector.toml", "--card", "no/such/x.html"], ("no/such/x.html",)),
    "train over other things": (["train", "--out", "."], ("--out .", "new folder")),
    "train nowhere": (["train", "--out", "connector.toml/model"], ("--out connector.toml/model",)),
    "export what": (["export", "everything"], ("everything",)),
    "export nothing": (["export"], ("ntbcare export", "raw, items, tickets")),
    "two accounts where one is read": (
        ["backfill", "--account", "gubernur", "--account=wagub", "--since", "2026-01-01"],
        ("--account", "once"),
    ),
    "two configurations": (["--config", "connector.toml", "check"], ("--config", "once")),
    "export how": (["export", "items", "--format", "xml"], ("xml",)),
    "export as both": (["export", "items", "--format", "csv", "--json"], ("--json", "--format csv")),
    "export nowhere": (["export", "items", "--out", "no/such/folder/x"], ("no/such/folder/x",)),
    "report nowhere": (["report", "--out", "no/such/folder/x.html"], ("no/such/folder/x.html",)),
    "export onto a folder": (["export", "items", "--out", "."], (".",)),
    "rapor's numbers nowhere": (["report", "--rapor", "2026-11", "--csv", "-"], ("--csv -",)),
    "services nowhere": (["export", "tickets", "--as", "open311", "--services", "-"], ("--services -",)),
    "card on the terminal": (["evaluate", "heads.csv", "--card", "-"], ("--card -",)),
    "demo on the terminal": (["demo", "--out", "-"], ("--out -",)),
    "model on the terminal": (["train", "--out", "-"], ("--out -",)),
    "init again": (["init", "."], ("connector.toml",)),
    "move where": (["tickets", "move", "NTB-2026-000001", "dibuang"], ("dibuang", "ditindaklanjuti")),
    "reject without reason": (["tickets", "move", "NTB-2026-000001", "ditolak"], ("--reason",)),
    "amend nothing": (["tickets", "amend", "NTB-2026-000001"], ("--category",)),
    "amend to nonsense": (["tickets", "amend", "NTB-2026-000001", "--category", "cuaca"], ("category", "listrik")),
    "unknown agency": (["tickets", "amend", "NTB-2026-000001", "--agency", "nasa"], ("--agency nasa",)),
    "answers of nobody": (["replies", "list", "--account", "bupati"], ("--account bupati", "gubernur")),
    "list what": (["tickets", "list", "--status", "dibuang"], ("dibuang", "diterima")),
    "list of nobody": (["tickets", "list", "--agency", "nasa"], ("--agency nasa", "dinas-pupr")),
    "amend to no words": (["tickets", "amend", "NTB-2026-000001", "--summary", " "], ("summary",)),
    "new without words": (["tickets", "new", "--text", " "], ("--text",)),
    "a contact beyond numbers": (["contacts", "remove", str(10**30)], ("ID…", "2147483647")),
}


@pytest.mark.parametrize("case", WRONG_USE)
def test_wrong_use_is_refused_and_touches_nothing(office_once: Rig, case: str) -> None:
    args, says = WRONG_USE[case]
    (office_once.folder / "models").mkdir()
    (office_once.folder / "heads.csv").write_text("text,is_complaint\n", "utf-8")
    (office_once.folder / "other.csv").write_text("text,status\njalan rusak,tuntas\n", "utf-8")
    for name, start in (
        ("page.html", b"\n<!doctype html>"),
        ("states.xlsx", b"PK\x03\x04"),
        ("raw.jsonl.gz", b"\x1f\x8b"),
    ):
        (office_once.folder / name).write_bytes(start + b"\n" * 9)
    refused(office_once, *args, says=says)


@pytest.fixture(scope="session")
def _read_small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    with rigged(folder, small_world()) as rig:
        rig.migrated().run("poll")
    engine = create_engine(rig.store_url)
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    return folder / "store.db"


@pytest.fixture
def office_once(_read_small: Path, rig: Rig) -> Rig:
    """A small world, read once for all tests; the store is a copy of one's own."""
    for side in ("-wal", "-shm"):
        (rig.folder / f"store.db{side}").unlink(missing_ok=True)
    shutil.copy(_read_small, rig.folder / "store.db")
    return rig


@pytest.mark.parametrize(
    "args",
    [
        ["tickets", "show", "NTB-2026-999999"],
        ["tickets", "move", "NTB-2026-999999", "tuntas"],
        ["replies", "list", "--ticket", "ntb-2026-999999"],
    ],
)
def test_a_number_that_is_not_there_fails_with_one_line(office_once: Rig, args: list[str]) -> None:
    done = office_once.run(*args, code=1)
    assert done.out == "" and "NTB-2026-999999" in done.err and len(done.err.splitlines()) == 1


def test_who_acknowledges_what_never_rang_is_told(office_once: Rig) -> None:
    calm = next(t["number"] for t in office_once.run("tickets", "list", "--json").records if t["urgency"] == "biasa")
    done = office_once.run("tickets", "ack", calm, "--by", "Ani")
    assert done.out == f"{calm}: acknowledged by Ani\n" and "has not rung" in done.err and "another ticket" in done.err


def test_an_empty_store_is_refused_with_what_to_run(tmp_path: Path, store_url: str) -> None:
    with rigged(tmp_path, small_world(), store_url) as rig:
        for verb in (["poll"], ["run", "--once"]):
            done = rig.run(*verb, code=2)
            assert "ntbcare migrate" in done.err and done.out == "" and len(done.err.splitlines()) == 1
        checked = rig.run("check", "--json", code=1).answer
        assert next(f for f in checked["findings"] if f["what"] == "store")["state"] == "broken"
        assert rig.sandbox.calls and not [c for c in rig.sandbox.calls if "feed" in c.path]


def test_a_store_ahead_or_behind_is_refused_with_what_to_run(rig_on: Rig) -> None:
    for revision, says in (("9999", "newer"),):
        engine = create_engine(rig_on.store_url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": revision})
        engine.dispose()
        done = rig_on.run("poll", code=2)
        assert says in done.err and revision in done.err and len(done.err.splitlines()) == 1
        assert rig_on.run("migrate", code=2).err == done.err


def test_a_store_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    with rigged(tmp_path, small_world(), f"sqlite:///{tmp_path / 'new' / 'store.db'}") as rig:
        for verb in (["poll"], ["export", "items"], ["run"], ["replay"]):
            said = rig.run(*verb, code=2).err
            assert "ntbcare migrate" in said and str(tmp_path / "new" / "store.db") in said
        assert "ntbcare migrate" in rig.run("check", code=1).err
        assert not (tmp_path / "new").exists()
        relative = rig.run("poll", code=2, env={"NTBCARE_STORE_URL": "sqlite:///ntbcare.db"}).err
        assert f"sqlite:///{rig.folder / 'ntbcare.db'}" in relative and "store.url is relative" in relative
        rig.run("migrate")
        assert (tmp_path / "new" / "store.db").stat().st_mode & 0o777 == 0o600


def test_a_store_out_of_reach_fails_with_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        port = taken.getsockname()[1]
        for url in (
            f"postgresql+psycopg://care:rahasia@127.0.0.1:{port}/x",
            f"mysql+pymysql://care:rahasia@127.0.0.1:{port}/x",
        ):
            with rigged(tmp_path, small_world(), url) as rig:
                for verb in (["poll"], ["migrate"], ["check"]):
                    done = rig.run(*verb, code=1)
                    assert done.err.startswith("store: ") and "rahasia" not in done.err + done.out
                    assert len(done.err.splitlines()) == 1


def test_a_file_that_is_no_store(rig: Rig) -> None:
    (rig.folder / "store.db").write_bytes(b"bukan basis data" * 1000)
    done = rig.run("poll", code=1)
    assert done.err.startswith("store: ") and "backup" in done.err and len(done.err.splitlines()) == 1
    assert (rig.folder / "store.db").read_bytes() == b"bukan basis data" * 1000


def test_graph_out_of_reach_fails_with_a_line_for_each_account(rig: Rig) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        done = rig.run("poll", code=1, env={"NTBCARE_GRAPH_URL": f"http://127.0.0.1:{taken.getsockname()[1]}"})
    assert {line.split(":")[0] for line in done.err.splitlines()} == {"gubernur", "wagub"}
    assert "(127.0.0.1); look at the network if it lasts" in done.err and "tried again" not in done.err
    assert rig.stored() == []


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = call("sandbox", "--port", str(port), code=1, cwd=tmp_path)
    assert f"port {port}" in done.err and "--port" in done.err and len(done.err.splitlines()) == 1


def test_an_unwritable_folder_for_init_and_demo(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    for verb in (["init", "file/sub"], ["demo", "--out", "file/sub"], ["demo", "--out", "file"]):
        done = call(*verb, code=2, cwd=tmp_path)
        assert "file" in done.err and len(done.err.splitlines()) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]
