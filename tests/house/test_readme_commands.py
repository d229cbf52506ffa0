"""The README and the docs tell the truth: their commands and options exist, and so do the files on the map."""

import re
import shlex
from pathlib import Path

import pytest

from tests.house.test_help import commands, help_of

ROOT = Path(__file__).resolve().parents[2]
READMES = ["README.md", "README.id.md", "docs/operating.md", "docs/privacy.md", "docs/integration.md"]
VALUED = re.compile(r"--(config)\b")


def shown(readme: str) -> list[list[str]]:
    """Every command in the fenced sh blocks, split into words, and every `ntbcare …` between backquotes."""
    text = (ROOT / readme).read_text("utf-8")
    blocks = re.findall(r"^\s*```(?:sh|bash|shell|console)\n(.*?)^\s*```", text, re.DOTALL | re.MULTILINE)
    lines = [line.removeprefix("$ ").strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    prose = re.sub(r"^\s*```.*?^\s*```", "", text, flags=re.DOTALL | re.MULTILINE)
    lines += re.findall(r"`(ntbcare [a-z][^`]*)`", prose)
    words = [shlex.split(line, comments=True) for line in lines]
    return [part for line in words for part in _parts(line) if part]


def _parts(words: list[str]) -> list[list[str]]:
    """A line's commands, parted at pipes and the like."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word in ("|", "&&", ";", "||"):
            parts.append([])
        else:
            parts[-1].append(word)
    return [_bare(part) for part in parts]


def _bare(words: list[str]) -> list[str]:
    """Without `sudo`, variables in front, and what an output is sent to."""
    while words and (words[0] == "sudo" or re.match(r"^[A-Z_]+=", words[0])):
        words = words[1:]
    ends = [n for n, word in enumerate(words) if re.match(r"^\d?[<>]", word)]
    return words[: ends[0]] if ends else words


def options(words: list[str]) -> list[str]:
    return [word.partition("=")[0] for word in words if word.startswith("--")]


@pytest.mark.parametrize("readme", READMES)
def test_every_command_shown_exists(readme: str) -> None:
    seen = shown(readme)
    assert seen, f"{readme} shows no command"
    for words in seen:
        if Path(words[0]).name == "ntbcare":
            _check(readme, words[1:])
        elif words[0] == "make":
            rules = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
            assert set(words[1:]) <= set(rules), f"{readme}: {' '.join(words)}"


def _check(readme: str, words: list[str]) -> None:
    said = f"{readme}: ntbcare {' '.join(words)}"
    while words and words[0].startswith("--"):
        assert words[0].partition("=")[0] in help_of(), said
        words = words[2:] if VALUED.match(words[0]) and "=" not in words[0] else words[1:]
    if not words:
        return
    groups = {command[0] for command in commands() if len(command) == 2}
    verb = tuple(words[: 2 if words[0] in groups else 1])
    assert verb in commands() or (verb[0] in groups and len(verb) == 1), said
    known = set(re.findall(r"--[a-z-]+", help_of(*verb)))
    assert set(options(words)) <= known, f"{said}: {set(options(words)) - known} is no option"


def test_the_map_names_rooms_and_files_that_exist() -> None:
    rows = re.findall(r"^\| (`[^|]+) \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert len(rows) > 8
    for row in rows:
        room = ROOT
        for n, name in enumerate(re.findall(r"`([^`]+)`", row)):
            place = ROOT / name if n == 0 else room / name
            assert place.exists(), f"README.md's map names {name}, which is not there"
            room = place.parent if n == 0 and place.is_file() else room if n else place.parent


def test_the_map_leaves_no_room_out() -> None:
    text = (ROOT / "README.md").read_text("utf-8").partition("## The map")[2]
    rooms = {p.name for p in (ROOT / "connector").iterdir() if p.is_dir() and (p / "__init__.py").exists()}
    files = {p.name for p in (ROOT / "connector").glob("*.py")} - {"__init__.py", "settings.py"}
    missing = {name for name in rooms if f"{name}/" not in text} | {f for f in files if f not in text}
    assert not missing, f"README.md's map leaves out {sorted(missing)}"


@pytest.mark.parametrize("readme", READMES)
def test_every_link_to_a_file_leads_to_one(readme: str) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", (ROOT / readme).read_text("utf-8"))
    missing = [link for link in links if not (ROOT / readme).parent.joinpath(link).exists()]
    assert not missing, f"{readme} links to {missing}"
