"""S-15: the lock: every requirement pinned with hashes, every dependency of the project in it."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
Pins = dict[str, tuple[str, int]]


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(file: str) -> Pins:
    """Version and count of hashes by name; a name may be pinned twice, for different Pythons."""
    text = (ROOT / file).read_text("utf-8").replace("\\\n", " ")
    found: Pins = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("#"):
            continue
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", line)
        assert match, f"{file}: not pinned: {line[:80]}"
        hashes = re.findall(r"--hash=sha256:[0-9a-f]{64}\b", line)
        found[plain(match[1])] = (match[2], len(hashes))
    return found


def names(requirements: list[str]) -> set[str]:
    return {plain(re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0]) for requirement in requirements}


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-dev.lock"])
def test_every_pin_has_hashes(file: str) -> None:
    found = pins(file)
    assert len(found) > 20
    assert not [name for name, (_, hashes) in found.items() if not hashes]


def test_every_dependency_is_locked() -> None:
    optional = PROJECT["optional-dependencies"]
    assert names(PROJECT["dependencies"]) | names(optional["build"]) <= pins("requirements.lock").keys()
    assert names(optional["dev"]) <= pins("requirements-dev.lock").keys()


def test_both_locks_agree() -> None:
    users, developers = pins("requirements.lock"), pins("requirements-dev.lock")
    assert users.keys() <= developers.keys()
    assert {name: users[name][0] for name in users} == {name: developers[name][0] for name in users}


def test_no_lock_names_an_index() -> None:
    for file in ("requirements.lock", "requirements-dev.lock"):
        assert not re.search(r"^-|https?://", (ROOT / file).read_text("utf-8"), re.MULTILINE)
