"""Help: every verb has it, with an example; and it is quick, since it imports nothing heavy."""

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

PROGRAM = str(Path(sys.executable).with_name("ntbcare"))
HEAVY = (
    "sklearn",
    "scipy",
    "sqlalchemy",
    "numpy",
    "requests",
    "facebook",
    "jinja2",
    "apscheduler",
    "alembic",
)
CONTRACT = {
    "demo", "init", "migrate", "check", "run", "poll", "backfill", "replay", "import", "classify", "places", "train",
    "evaluate", "report", "review", "labels", "tickets", "export", "person", "sandbox",
}  # fmt: skip
ANSWER_DATA = {
    ("check",),
    ("poll",),
    ("backfill",),
    ("replay",),
    ("import",),
    ("evaluate",),
    ("tickets", "list"),
    ("tickets", "show"),
    ("tickets", "open"),
    ("tickets", "new"),
    ("labels", "export"),
    ("classify",),
    ("places",),
    ("export",),
}


@cache
def help_of(*verb: str) -> str:
    """What `--help` says."""
    done = subprocess.run([PROGRAM, *verb, "--help"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0 and done.stderr == "", f"ntbcare {' '.join(verb)} --help: {done.stderr}"
    return done.stdout


def verbs(*group: str) -> list[str]:
    """The verbs that a help lists."""
    _, _, listed = help_of(*group).partition("Commands:\n")
    return re.findall(r"^  ([a-z][a-z-]*)", listed, re.MULTILINE)


@cache
def commands() -> tuple[tuple[str, ...], ...]:
    """Every command there is."""

    def walk() -> Iterator[tuple[str, ...]]:
        for verb in verbs():
            below = verbs(verb)
            yield from ((verb, one) for one in below) if below else iter([(verb,)])

    return tuple(walk())


def test_the_verbs_of_the_contract_are_there() -> None:
    assert set(verbs()) >= CONTRACT
    assert set(verbs("labels")) >= {"import", "export"}
    assert set(verbs("tickets")) >= {"list", "show", "open", "new", "move", "merge"}


def test_every_verb_has_help_with_an_example_of_itself() -> None:
    with ThreadPoolExecutor(4) as pool:
        texts = dict(zip(commands(), pool.map(lambda verb: help_of(*verb), commands()), strict=True))
    without = [v for v, text in texts.items() if f"ntbcare {' '.join(v)}" not in _flat(text.partition("Example:")[2])]
    assert not without, f"no example: {without}"
    assert not [v for v in ANSWER_DATA if "--json" not in texts[v]]


def _flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["poll", "--help"], ["run", "--help"]])
def test_help_imports_nothing_heavy(args: list[str]) -> None:
    code = "import sys; from connector.cli import main; sys.argv[0] = 'ntbcare'; main()"
    command = [sys.executable, "-X", "importtime", "-c", code, *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert done.returncode == 0 and "typer" in imported
    assert not {name for name in imported if name.partition(".")[0] in HEAVY}


def test_wrong_use_says_where_help_is() -> None:
    done = subprocess.run([PROGRAM, "poll", "--nope"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2 and "--help" in done.stderr and "--nope" in done.stderr and done.stdout == ""
