"""CSV as offices hand it in: record by record, so that a broken line is named and loses no other. Pure."""

import csv
from collections.abc import Iterator, Mapping
from io import StringIO

from classifiers.samples import delimiter_of


def records(text: str) -> Iterator[tuple[int, Mapping[str, str] | str]]:
    """Each record by the names of the first one, with the line that it begins on; in its place what is wrong with a line.

    After a quote that is never closed, reading goes on with the next line.
    """
    names: list[str] | None = None
    for number, found in _rows(text):
        if isinstance(found, str):
            yield number, found
        elif names is None:
            names = found
        elif any(found[len(names) :]):
            yield number, "more cells than column names; is a comma outside of quotes?"
        elif found:
            yield number, dict(zip(names, found, strict=False))


def heads(text: str) -> list[str]:
    """The names in the first record; none where there is none."""
    found = next((row for _, row in _rows(text)), [])
    return found if isinstance(found, list) else []


def _rows(text: str) -> Iterator[tuple[int, list[str] | str]]:
    lines, delimiter, at = list(StringIO(text, newline="")), delimiter_of(text), 0
    while at < len(lines):
        reader, began = csv.reader((lines[n] for n in range(at, len(lines))), delimiter=delimiter, strict=True), at
        try:
            for row in reader:
                yield at + 1, row
                at = began + reader.line_num
        except csv.Error as error:
            yield at + 1, f"not CSV: {error}"
            at += 1
