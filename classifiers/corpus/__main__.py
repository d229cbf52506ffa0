"""`python -m classifiers.corpus [--apart-from REAL.csv]`: checks the corpus and counts it."""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from classifiers.corpus import FOLDER, CorpusError, Line, load, nearness

MOST_DOUBLE = 0.01
"""Of the texts at most so many may have a near-duplicate."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints how many texts there are of everything and which are too near each other or, if given, real ones.

    Returns 1 when a line is wrong, when more than 1 of 100 texts have a near-duplicate, or one is near a real text.
    """
    parser = argparse.ArgumentParser(prog="python -m classifiers.corpus", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, metavar="DIR")
    parser.add_argument("--apart-from", type=Path, metavar="FILE.csv", help="real texts that none may lean on")
    chosen = parser.parse_args(arguments)
    try:
        lines = load(chosen.folder)
        real = _texts_of(chosen.apart_from) if chosen.apart_from else []
    except CorpusError as error:
        print(error, file=sys.stderr)
        return 1
    _count(lines)
    double, leaning = _doubles(lines), _leaning(lines, real)
    print(f"near-duplicates: {double} of {len(lines)} texts")
    if chosen.apart_from:
        print(f"near one of {len(real)} real texts: {leaning}")
    return int(double > MOST_DOUBLE * len(lines) or leaning > 0)


def _texts_of(file: Path) -> list[str]:
    from classifiers.samples import read_labelled

    return [sample.text for sample in read_labelled(file)]


def _count(lines: Sequence[Line]) -> None:
    print(f"{len(lines)} texts")
    for column in ("voice", "kind", "category", "urgency", "style", "lang"):
        counts = Counter(str(getattr(line, column)) for line in lines).most_common()
        print(f"{column}: " + ", ".join(f"{name} {count}" for name, count in counts))


def _doubles(lines: Sequence[Line]) -> int:
    """How many texts are nearly an earlier one; a reply with another parent is another text."""
    double = set()
    for i, j, cosine in nearness.near_duplicates([line.text for line in lines]):
        print(f"{lines[j].where}: {cosine:.2f} near {lines[i].where}")
        double.add(j)
    return len(double)


def _leaning(lines: Sequence[Line], real: Sequence[str]) -> int:
    """How many texts lean on a real one; the real text is not shown."""
    leaning = set()
    for i, j, cosine in nearness.near([line.text for line in lines], real) if real else ():
        print(f"{lines[i].where}: {cosine:.2f} near real text {j + 1}")
        leaning.add(i)
    return len(leaning)


if __name__ == "__main__":
    sys.exit(main())
