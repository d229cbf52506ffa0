"""Wrong configuration: exit 2, a message that names file, key and what was expected, and nothing touched."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.journeys.refusing import refused
from tests.journeys.rig import Rig, call, rigged, small_world

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
        ("accounts.gubernur.every_seconds: expected at least 1",),
    ),
    "a number for an id": (
        lambda t: re.sub('id = "([0-9]+)"', r"id = \1", t, count=1),
        ("accounts.gubernur.id: expected a text in quotes",),
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
    "nested too deep": (lambda t: "a = " + "[" * 5000, ("TOML", "recursion")),
    "a number of thousands of digits": (lambda t: f"a = {'9' * 5000}", ("TOML", "digits")),
    "a file without end": (lambda t: "#" * 2_000_000, ("no file of ours", "1 million")),
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


def test_a_mark_of_byte_order_changes_nothing(office: Rig) -> None:
    text = office.config.read_text("utf-8").replace('token_env = "TOKEN_WAGUB"', 'token_file = "token"')
    office.config.write_text(text, "utf-8-sig")
    (office.folder / "token").write_text(office.env["TOKEN_WAGUB"] + "\r\n", "utf-8-sig")
    office.run("poll")


@pytest.mark.parametrize("name", ["categories.toml", "contacts.toml", "answers.toml", "lapor.toml"])
def test_a_file_beside_it_that_cannot_be_read_is_not_passed_over(office: Rig, name: str) -> None:
    (office.folder / name).unlink(missing_ok=True)
    (office.folder / name).symlink_to(office.folder / "gone.toml")
    verb = ("export", "tickets", "--as", "lapor") if name == "lapor.toml" else ("poll",)
    refused(office, *verb, says=(name, "cannot be read"))


def test_the_environment_is_checked_like_the_file(rig: Rig) -> None:
    refused(rig, "poll", says=("NTBCARE_GRAPH_URL", "https"), env={"NTBCARE_GRAPH_URL": "http://evil.example"})
    refused(rig, "poll", says=("NTBCARE_STORE_URL", "sqlite:///"), env={"NTBCARE_STORE_URL": "nonsense"})


def test_another_page_under_a_known_key_is_refused_once_something_was_read(office: Rig) -> None:
    text = office.config.read_text("utf-8")
    was = office.world.pages["wagub"].id
    office.config.write_text(text.replace(f'id = "{was}"', 'id = "900000000000009"'), "utf-8")
    for verb in (["poll", "--full"], ["run", "--once"], ["report"]):
        refused(office, *verb, says=("accounts", "'wagub'", was, "900000000000009", "a key of its own"))
    assert "broken   reading wagub: accounts" in office.run("check", code=1).out
    office.config.write_text(text, "utf-8")
    office.run("poll", "--full")
    assert not [record for record in office.stored() if record["deleted"]]


def test_the_id_of_an_account_that_was_never_read_is_mended(rig: Rig) -> None:
    text = rig.config.read_text("utf-8")
    rig.config.write_text(text.replace(rig.world.pages["wagub"].id, "900000000000009"), "utf-8")
    rig.run("poll", "--account", "gubernur")
    rig.config.write_text(text, "utf-8")
    rig.run("poll")
