"""S-16: the house's manners: names that are forbidden, files that grew too long, words that have no place in the product."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = sorted(
    p for room in ("connector", "classifiers", "migrations", "config") for p in (ROOT / room).rglob("*.py")
)
FORBIDDEN_NAMES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "base",
    "models",
    "services",
    "managers",
    "misc",
    "lib",
}
BROAD_CATCH = {"connector/daemon.py", "connector/delivery.py", "connector/ingest/reader.py", "connector/cli/outcome.py"}
LONGEST = 300
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__", "pickle", "joblib", "cloudpickle", "marshal", "shelve"}
UNSAFE_ARGUMENTS = {("shell", True), ("verify", False), ("allow_pickle", True)}


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def trees() -> Iterator[tuple[str, ast.AST]]:
    """Each file of the product with its syntax tree."""
    for path in PRODUCT:
        yield named(path), ast.parse(path.read_text("utf-8"))


def test_there_is_something_to_look_at() -> None:
    assert len(PRODUCT) > 60


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    found = {named(p) for p in PRODUCT if {p.stem, *p.relative_to(ROOT).parent.parts} & FORBIDDEN_NAMES}
    tests = {named(p) for p in (ROOT / "tests").rglob("*.py") if p.stem in FORBIDDEN_NAMES}
    assert not found | tests


def test_everything_is_caught_only_where_it_must_be() -> None:
    found = {
        name
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or {"Exception", "BaseException"} & _names(node.type))
        if not _raises_again(node)
    }
    assert found <= BROAD_CATCH


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """A handler that tidies up and ends with a bare `raise` hides nothing."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


@pytest.mark.parametrize("room", ["connector", "classifiers"])
def test_no_file_is_too_long_to_read(room: str) -> None:
    lines = {named(p): len(p.read_text("utf-8").splitlines()) for p in PRODUCT if p.is_relative_to(ROOT / room)}
    assert not {name: count for name, count in lines.items() if count > LONGEST}


def test_nothing_unsafe_is_called_or_imported() -> None:
    found = {f"{name}:{node.lineno} {word}" for name, tree in trees() for node, word in _unsafe(tree)}
    assert not found


def _unsafe(tree: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            yield from ((node, m) for m in modules if m.split(".")[0] in UNSAFE_CALLS)
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in UNSAFE_CALLS:
                yield node, node.func.id
            given = {(str(k.arg), ast.unparse(k.value) == "True") for k in node.keywords if _is_flag(k.value)}
            yield from ((node, f"{name}={value}") for name, value in given & UNSAFE_ARGUMENTS)


def _is_flag(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)


def test_the_product_knows_nothing_outside_its_own_folder() -> None:
    found = [named(p) for p in PRODUCT if re.search(r"\.\./shared|/work/|/scratch/", p.read_text("utf-8"))]
    assert not found


def test_the_house_is_watched_by_tests_that_see() -> None:
    planted = ast.parse("try:\n    eval('1')\nexcept Exception:\n    pass\nrun(shell=True)\nimport pickle\n")
    assert {word for _, word in _unsafe(planted)} == {"eval", "shell=True", "pickle"}


@pytest.mark.skipif(not (ROOT / ".git").exists() or not which("git"), reason="what the repository holds cannot be told")
def test_the_repository_holds_no_link() -> None:
    """One to somebody's own environment would take the place of everybody else's."""
    listing = ["git", "-c", "safe.directory=*", "ls-files", "--stage"]  # whoever owns the folder
    held = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert held and not [line for line in held.splitlines() if line.startswith("120000")]
