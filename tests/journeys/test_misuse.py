"""Wrong use and wrong configuration: exit 2, a message that names file, key and what was expected, and nothing touched."""

import re
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.journeys.rig import Done, Rig, call, rigged, small_world

Change = Callable[[str], str]


@pytest.fixture
def office(rig: Rig) -> Rig:
    """A small world, read once."""
    rig.run("poll")
    engine = create_engine(rig.store_url)
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    return rig


def files(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, with its bytes; an empty side file of SQLite is no file."""
    found = {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    return {name: data for name, data in found.items() if not name.endswith("-shm") and (data or "-wal" not in name)}


def refused(rig: Rig, *args: str, says: tuple[str, ...] = (), code: int = 2, env: dict[str, str] | None = None) -> Done:
    """Runs a verb that must be refused, say so in lines of its own on stderr, ask Graph nothing, and touch nothing."""
    before = files(rig.folder)
    rig.sandbox.calls.clear()
    done = rig.run(*args, code=code, env=env)
    assert done.out == "" and done.err.strip()
    missing = [word for word in says if word not in done.err]
    assert not missing, f"{missing} not in: {done.err}"
    assert files(rig.folder).keys() == before.keys()
    assert files(rig.folder) == before, "the store or another file was touched"
    assert rig.sandbox.calls == []
    return done


def based(address: str) -> Change:
    """A configuration with another address for Graph."""
    return lambda text: re.sub('base_url = ".*"', f'base_url = "{address}"', text)


CONFIGURATIONS: dict[str, tuple[Change, tuple[str, ...]]] = {
    "unknown key": (lambda t: t.replace("[graph]", "[graph]\ntimeout = 3"), ("graph.timeout", "unknown key")),
    "unknown table": (lambda t: t + "\n[extra]\na = 1\n", ("extra", "unknown key")),
    "unknown account key": (lambda t: t + '\ntoken = "EAAsecret"\n', ("accounts.wagub.token", "unknown key")),
    "wrong type": (
        lambda t: t.replace("every_seconds = 1.0", 'every_seconds = "often"', 1),
        ("accounts.gubernur.every_seconds", "number"),
    ),
    "a truth for a number": (
        lambda t: t.replace("every_seconds = 1.0", "every_seconds = true", 1),
        ("accounts.gubernur.every_seconds", "number"),
    ),
    "too small": (
        lambda t: t.replace("every_seconds = 1.0", "every_seconds = 0", 1),
        ("accounts.gubernur.every_seconds", "1"),
    ),
    "bad url": (based("ftp://graph"), ("graph.base_url", "https://")),
    "bad port": (based("http://127.0.0.1:99999"), ("graph.base_url", "65535")),
    "blank in a url": (based("https://graph.face book.com"), ("graph.base_url", "https://")),
    "clear http": (based("http://example.com"), ("graph.base_url", "https")),
    "a version in a url": (based("https://graph.facebook.com/v25.0"), ("graph.base_url", "graph.version")),
    "bad version": (
        lambda t: t.replace("[graph]", '[graph]\nversion = "26"'),
        ("graph.version: expected a version such as v26.0",),
    ),
    "bad key": (
        lambda t: t.replace('key = "wagub"', 'key = "Wakil Gubernur"'),
        ("accounts.1.key: expected small letters and digits",),
    ),
    "single brackets": (
        lambda t: t[: t.index("[[accounts]]")] + '[accounts]\nkey = "wagub"\n',
        ("accounts: expected a list", "[[…]]"),
    ),
    "no list": (lambda t: t + '\nstreams = "posts"\n', ("accounts.wagub.streams: expected a list",)),
    "no table": (lambda t: re.sub(r"\[store\]\nurl = .*", 'store = "x"', t), ("store: expected a table",)),
    "no id": (lambda t: re.sub('id = ".*"', "", t, count=1), ("accounts.gubernur.id: is missing",)),
    "unknown stream": (lambda t: t + '\nstreams = ["stories"]\n', ("accounts.wagub.streams", "comments")),
    "no stream": (lambda t: t + "\nstreams = []\n", ("accounts.wagub.streams", "at least one of posts")),
    "unknown platform": (lambda t: t + '\nplatform = "orkut"\n', ("accounts.wagub.platform", "facebook")),
    "a name for a number": (
        lambda t: re.sub('id = ".*"', 'id = "ntb.gubernur"', t, count=1),
        ("accounts.gubernur.id", "number"),
    ),
    "two of a key": (lambda t: t.replace('key = "wagub"', 'key = "gubernur"'), ("accounts", "own key")),
    "a token for a name": (
        lambda t: t.replace('token_env = "TOKEN_WAGUB"', 'token_env = "EAAsecret"'),
        ("accounts.wagub", "token_env", "never the token"),
    ),
    "no token named": (lambda t: re.sub("token_env = .*", "", t, count=1), ("accounts.gubernur", "token_env")),
    "not a store": (
        lambda t: re.sub('url = "sqlite.*"', 'url = "oracle://x"', t, count=1),
        ("store.url", "sqlite:///"),
    ),
    "not TOML": (lambda t: "accounts = [", ("TOML",)),
    "no account": (lambda t: t[: t.index("[[accounts]]")], ("accounts", "[[accounts]]")),
}


@pytest.mark.parametrize("case", CONFIGURATIONS)
def test_a_wrong_configuration_is_named_by_file_and_key(rig: Rig, case: str) -> None:
    change, says = CONFIGURATIONS[case]
    rig.config.write_text(change(rig.config.read_text("utf-8")), "utf-8")
    done = refused(rig, "poll", says=says if case == "no account" else ("connector.toml", *says))
    assert "EAAsecret" not in done.err
    assert len(done.err.splitlines()) == 1


def test_check_is_broken_without_an_account(rig: Rig) -> None:
    text = rig.config.read_text("utf-8")
    rig.config.write_text(text[: text.index("[[accounts]]")], "utf-8")
    done = rig.run("check", code=2)
    assert "connector.toml: accounts: none is configured" in done.err and "broken   configuration" in done.out


def test_two_wrong_keys_are_two_lines(rig: Rig) -> None:
    rig.config.write_text(rig.config.read_text("utf-8").replace("[graph]", "[graph]\na = 1\nb = 2"), "utf-8")
    assert len(refused(rig, "check", says=("graph.a", "graph.b")).err.splitlines()) == 2


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    for args in (["--config", "nowhere.toml", "poll"], ["poll"]):
        done = call(*args, code=2, cwd=tmp_path)
        assert done.out == "" and "ntbcare init" in done.err and len(done.err.splitlines()) == 1
    (tmp_path / "latin.toml").write_bytes(b'[store]\nurl = "\xff"\n')
    assert "latin.toml" in call("--config", "latin.toml", "poll", code=2, cwd=tmp_path).err
    assert "cannot be read" in call("--config", str(tmp_path), "poll", code=2, cwd=tmp_path).err


@pytest.mark.parametrize("token", ["", "   ", "dua kata", "EAA\x07x"])
def test_a_missing_or_broken_token_is_named_and_never_shown(office: Rig, token: str) -> None:
    for verb in ("poll", "run"):
        done = refused(
            office, verb, says=("connector.toml", "accounts.wagub", "TOKEN_WAGUB"), env={"TOKEN_WAGUB": token}
        )
        assert len(done.err.splitlines()) == 1 and (not token.strip() or token not in done.err)


def test_a_missing_token_is_named_before_the_store_is_looked_at(tmp_path: Path) -> None:
    with rigged(tmp_path, small_world()) as rig:
        for verb in (["poll"], ["run", "--once"], ["backfill", "--account", "wagub", "--since", "2026-01-01"]):
            refused(rig, *verb, says=("accounts.wagub", "TOKEN_WAGUB"), env={"TOKEN_WAGUB": ""})
            assert "migrate" in refused(rig, *verb, says=("is empty",)).err


def test_check_looks_at_everything_although_a_token_is_missing(office: Rig) -> None:
    done = office.run("check", code=2, env={"TOKEN_WAGUB": ""})
    assert "connector.toml: accounts.wagub" in done.err and "TOKEN_WAGUB" in done.err
    assert len(done.err.splitlines()) == 1
    assert "ok       account gubernur" in done.out and "ok       model" in done.out


def test_a_missing_token_file_is_named(office: Rig) -> None:
    office.config.write_text(
        office.config.read_text("utf-8").replace('token_env = "TOKEN_WAGUB"', 'token_file = "nix"'), "utf-8"
    )
    refused(office, "poll", says=("connector.toml", "accounts.wagub", "nix"))
    (office.folder / "nix").write_text(office.env["TOKEN_WAGUB"] + "\n", "utf-8")
    office.run("poll")


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
    "evaluate a folder": (["evaluate", "."], (".", "is a folder")),
    "evaluate by nothing": (["evaluate", "connector.toml", "--model", "nowhere"], ("--model nowhere",)),
    "card nowhere": (["evaluate", "connector.toml", "--card", "no/such/x.html"], ("no/such/x.html",)),
    "train over other things": (["train", "--out", "."], ("--out .", "new folder")),
    "train nowhere": (["train", "--out", "connector.toml/model"], ("--out connector.toml/model",)),
    "export what": (["export", "everything"], ("everything",)),
    "export how": (["export", "items", "--format", "xml"], ("xml",)),
    "export as both": (["export", "items", "--format", "csv", "--json"], ("--json", "--format csv")),
    "export nowhere": (["export", "items", "--out", "no/such/folder/x"], ("no/such/folder/x",)),
    "report nowhere": (["report", "--out", "no/such/folder/x.html"], ("no/such/folder/x.html",)),
    "export onto a folder": (["export", "items", "--out", "."], (".",)),
    "init again": (["init", "."], ("connector.toml",)),
    "move where": (["tickets", "move", "NTB-2026-000001", "dibuang"], ("dibuang", "ditindaklanjuti")),
    "reject without reason": (["tickets", "move", "NTB-2026-000001", "ditolak"], ("--reason",)),
    "amend nothing": (["tickets", "amend", "NTB-2026-000001"], ("--category",)),
    "amend to nonsense": (["tickets", "amend", "NTB-2026-000001", "--category", "cuaca"], ("category", "listrik")),
    "unknown agency": (["tickets", "amend", "NTB-2026-000001", "--agency", "nasa"], ("--agency nasa",)),
    "answers of nobody": (["replies", "list", "--account", "bupati"], ("--account bupati", "gubernur")),
    "list what": (["tickets", "list", "--status", "dibuang"], ("dibuang", "diterima")),
    "amend to no words": (["tickets", "amend", "NTB-2026-000001", "--summary", " "], ("summary",)),
    "new without words": (["tickets", "new", "--text", " "], ("--text",)),
    "a contact beyond numbers": (["contacts", "remove", str(10**30)], ("ID…", "2147483647")),
}


@pytest.mark.parametrize("case", WRONG_USE)
def test_wrong_use_is_refused_and_touches_nothing(office_once: Rig, case: str) -> None:
    args, says = WRONG_USE[case]
    (office_once.folder / "models").mkdir()
    (office_once.folder / "heads.csv").write_text("text,is_complaint\n", "utf-8")
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
        assert f"sqlite:///{rig.folder / 'ntbcare.db'}" in relative
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


def test_the_environment_is_checked_like_the_file(rig: Rig) -> None:
    refused(rig, "poll", says=("NTBCARE_GRAPH_URL", "https"), env={"NTBCARE_GRAPH_URL": "http://evil.example"})
    refused(rig, "poll", says=("NTBCARE_STORE_URL", "sqlite:///"), env={"NTBCARE_STORE_URL": "nonsense"})


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
