"""The wheel: built from the project alone, it brings everything along and works from any folder."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("connector", "classifiers", "config", "migrations", "pyproject.toml", "setup.cfg", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that nothing is left behind in the project."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, source)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)]
    done = subprocess.run(build, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's content alone; what it depends on is this environment's."""
    folder = tmp_path_factory.mktemp("site")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
    quiet = ["--disable-pip-version-check", "--root-user-action=ignore", "--target", str(folder), str(wheel)]
    subprocess.run([*install, *quiet], check=True, capture_output=True, timeout=120)
    return folder


def test_it_holds_all_that_is_needed_and_nothing_generic(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"connector", "classifiers"}
    expected = {f"connector/migrations/versions/{p.name}" for p in (ROOT / "migrations/versions").glob("*.py")}
    expected |= {f"connector/defaults/{p.name}" for p in (ROOT / "config").glob("*.toml")}
    expected |= {
        "connector/migrations/env.py",
        "connector/py.typed",
        "connector/cli/app.py",
        "connector/ingest/visit.py",
    }
    for room in ("connector", "classifiers"):
        expected |= {p.relative_to(ROOT).as_posix() for p in (ROOT / room).rglob("*") if _belongs(p)}
    assert not expected - names
    assert not [name for name in names if "__pycache__" in name or name.endswith((".db", ".html~"))]


def _belongs(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


@pytest.fixture
def program(installed: Path, tmp_path: Path) -> list[str]:
    """The installed command, with the dependencies of this environment but not the project's own folder."""
    here = sysconfig.get_paths()["purelib"]
    start = tmp_path / "start.py"
    start.write_text(
        f"import sys\nsys.path[:0] = [{str(installed)!r}, {here!r}]\nfrom connector.cli import main\nmain()\n", "utf-8"
    )
    return [sys.executable, "-I", "-S", str(start)]


def test_demo_works_from_another_folder(program: list[str], installed: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("NTBCARE_", "PYTHON"))}
    done = subprocess.run(
        [*program, "demo"], cwd=elsewhere, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert (elsewhere / "ntbcare-demo" / "laporan.html").is_file() and len(done.stdout.splitlines()) <= 15
    where = subprocess.run(
        [*program[:-1], "-c", f"import sys; sys.path[:0] = [{str(installed)!r}]; import connector; print(connector.__file__)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(where.stdout.strip()).is_relative_to(installed)


def test_it_brings_the_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (entry,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        assert "ntbcare = connector.cli:main" in archive.read(entry).decode("utf-8")
