"""Wrong use of any verb: one line that says where, what and what tells more; exit 2."""

import sys
from collections.abc import Iterator

import pytest
from typer.main import get_command

from connector.cli.outcome import run
from connector.cli.verbs import app


def verbs() -> Iterator[tuple[str, ...]]:
    """Every verb, with those under it."""
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", {})
        yield from ((name, one) for one in below) if below else [(name,)]


def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *args: str) -> str:
    """What wrong arguments are answered, which must be one line on stderr and exit 2."""
    monkeypatch.setattr(sys, "argv", ["ntbcare", *args])
    assert run(app) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and len(shown.err.splitlines()) == 1, shown.err
    return shown.err


@pytest.mark.parametrize("verb", sorted(verbs()), ids=" ".join)
def test_every_verb_names_itself_the_option_and_its_help(
    verb: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = said(capsys, monkeypatch, *verb, "--no-such-option")
    name = " ".join(("ntbcare", *verb))
    assert line.startswith(f"{name}: ") and "--no-such-option" in line and f"see: {name} --help" in line
    monkeypatch.setattr(sys, "argv", ["ntbcare", *verb, "--help"])
    assert run(app) == 0 and "Example" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["pol"], ("pol", "poll")),
        (["tickets", "pindah"], ("ntbcare tickets", "pindah")),
        (["backfill"], ("ntbcare backfill", "--account")),
        (["tickets", "show"], ("ntbcare tickets show", "NUMBER")),
        (["tickets", "show", "a", "b"], ("ntbcare tickets show", "b")),
        (["poll", "--account"], ("--account",)),
        (["--config"], ("--config",)),
        (["export", "semua"], ("ntbcare export", "semua", "items")),
        (["export", "items", "--format", "xml"], ("--format", "xml", "jsonl")),
        (["sandbox", "--port", "99999"], ("ntbcare sandbox", "--port", "65535")),
        (["review", "--port", "-1"], ("ntbcare review", "--port", "0")),
    ],
    ids=" ".join,
)
def test_what_is_wrong_is_named(
    args: list[str], says: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = said(capsys, monkeypatch, *args)
    assert all(word in line for word in (*says, "--help")), line


@pytest.mark.parametrize("args", [[], ["tickets"]], ids=" ".join)
def test_nothing_asked_is_answered_with_the_help(
    args: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["ntbcare", *args])
    assert run(app) == 2 and "Usage: ntbcare" in capsys.readouterr().err
