"""The import contracts bite: an import planted in a copy of the house makes the linter fail."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).with_name("lint-imports")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the product's code."""
    folder = tmp_path_factory.mktemp("house")
    for room in ("connector", "classifiers"):
        shutil.copytree(
            ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__", "corpus/*.tsv", "model")
        )
    shutil.copy(ROOT / "setup.cfg", folder)
    return folder


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(LINT), "--no-cache", "--config", "setup.cfg"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_house_as_it_is_keeps_them(house: Path) -> None:
    done = lint(house)
    assert done.returncode == 0, done.stdout


PLANTED = {
    "a room imports a verb": ("connector/store/leases.py", "from connector import process"),
    "a room imports another": ("connector/schedule.py", "from connector.store import raw"),
    "a verb imports the command line": ("connector/export.py", "from connector.cli import app"),
    "the sandbox imports the product": ("connector/sandbox/ids.py", "from connector import records"),
    "a classifier imports the product": ("classifiers/text.py", "from connector import records"),
    "a pure room asks the time": ("connector/deadlines.py", "import time"),
    "SQL in a pure room": ("connector/triage.py", "import sqlalchemy"),
    "requests in the store": ("connector/store/raw.py", "import requests"),
}


@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_import_is_found(house: Path, case: str) -> None:
    name, line = PLANTED[case]
    file = house / name
    before = file.read_text("utf-8")
    file.write_text(before + f"\n{line}\n", "utf-8")
    try:
        done = lint(house)
    finally:
        file.write_text(before, "utf-8")
    assert done.returncode == 1 and "BROKEN" in done.stdout, f"{case}: not found"
