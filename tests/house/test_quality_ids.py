"""Every requirement of reliability (R-) and security (S-) is cited by the test that proves it."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
KNOWN = {f"R-{n:02}" for n in range(1, 37)} | {f"S-{n:02}" for n in range(1, 19)}
WITHOUT = {
    "S-09",  # no archive is ever unpacked: `import` reads plain lines
}


def cited(text: str) -> set[str]:
    """The ids named in a text; `R-24 … R-28` names those between too."""
    spans = re.findall(r"\b([RS])-(\d\d)(?: … [RS]-(\d\d))?", text)
    return {f"{kind}-{n:02}" for kind, first, last in spans for n in range(int(first), int(last or first) + 1)}


def test_each_is_cited_by_a_test() -> None:
    files = (p for p in TESTS.rglob("test_*.py") if p != Path(__file__))
    found = set().union(*(cited(p.read_text("utf-8")) for p in files))
    assert found == KNOWN - WITHOUT


def test_a_span_names_what_lies_between() -> None:
    assert cited("R-01, S-02 … S-04: x") == {"R-01", "S-02", "S-03", "S-04"}
