"""R-36: every failure in docs/when-things-go-wrong.md names a test that is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "when-things-go-wrong.md"
HEAD = ("Failure", "What you see", "What the product does", "What to do", "Proven by")
_NAMED = re.compile(r"`(tests/(?:edge|journeys|simulator|core|house)/\w+\.py)::(test_\w+)`")


def rows() -> list[tuple[str, ...]]:
    """The cells of each row of each table, without heads and rules."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|")]
    cells = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    return [row for row in cells if row != HEAD and not set("".join(row)) <= set("-: ")]


@cache
def named_in(file: str) -> frozenset[str]:
    """The names of all test functions of a file."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def untested(row: tuple[str, ...]) -> list[str]:
    """What is wrong with a row."""
    if len(row) != len(HEAD) or not all(row):
        return [f"{row[0]}: expected {len(HEAD)} cells, none empty"]
    named = _NAMED.findall(row[-1])
    if not named:
        return [f"{row[0]}: names no test"]
    return [f"{row[0]}: {file} has no {test}" for file, test in named if test not in named_in(file)]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_every_row_names_a_test_that_is_there(row: tuple[str, ...]) -> None:
    assert untested(row) == []


def test_there_are_rows() -> None:
    assert len(rows()) > 25


def test_a_row_without_a_test_is_found() -> None:
    good = rows()[0]
    assert untested((*good[:-1], "nothing"))
    assert untested((*good[:-1], "`tests/edge/test_graph_wire.py::test_that_nobody_wrote`"))
    assert untested(good[:-1])
