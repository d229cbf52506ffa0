"""What a model learns from: the lines of the corpus and the labels that people gave, in one form."""

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from classifiers.corpus import CorpusError, Line, numbered, same_text
from classifiers.text import Reply
from classifiers.verdict import CATEGORIES, KINDS, URGENCIES

PEOPLE: Final = "orang"
"""The voice of texts that people labelled."""
PEOPLE_WEIGH: Final = 12.0
_YES: Final = {"1", "true", "ya", "y", "yes"}
_NO: Final = {"0", "false", "tidak", "t", "no"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One text with what is known of it; None where nobody said."""

    text: str
    complaint: bool
    kind: str | None = None
    category: str | None = None
    urgent: bool | None = None
    important: bool | None = None
    parent: str = ""
    weight: float = 1.0
    voice: str = PEOPLE
    style: str = ""
    hard: bool = False

    @property
    def said(self) -> str:
        """The text as a classifier is given it."""
        return Reply(self.text, self.parent) if self.parent else self.text


def of_corpus(lines: Iterable[Line]) -> list[Sample]:
    """Samples of the corpus: everything is known of them."""
    return [
        Sample(
            text=line.text, complaint=line.kind == "pengaduan", kind=line.kind, category=line.category,
            urgent=line.urgency == "mendesak", important=_important(line.urgency),
            parent=line.context, voice=line.voice, style=line.style,
        )
        for line in lines
    ]  # fmt: skip


def read_labelled(file: Path) -> list[Sample]:
    """A labelled CSV: `text` and `is_complaint`; `kind`, `category`, `urgent`, `parent`, `style`, `hard` if known."""
    content = "\n".join(row for _, row in numbered(file))
    reader = csv.DictReader(io.StringIO(content, newline=""), strict=True)
    samples = []
    try:
        missing = " or ".join(sorted({"text", "is_complaint"} - set(reader.fieldnames or ())))
        if missing:
            raise CorpusError(f"{file}:1: no column {missing}; expected text,is_complaint[,kind,category,urgent]")
        for row in reader:
            samples.append(_labelled(row, f"{file}:{reader.line_num}"))
    except csv.Error as error:
        raise CorpusError(f"{file}:{reader.line_num}: not readable as CSV ({error})") from None
    return samples


def without_known(samples: Sequence[Sample], known: Iterable[Sample]) -> list[Sample]:
    """Samples whose text is not among the known ones and not given twice; of two, the later label counts."""
    taken = {same_text(sample.text) for sample in known}
    latest = {same_text(sample.text): sample for sample in samples}
    return [sample for key, sample in latest.items() if key not in taken]


def is_held_out(sample: Sample, percent: int = 8) -> bool:
    """Whether a text is kept for measuring: decided by its own bytes, so that no model ever trains on it."""
    mark = hashlib.sha256(same_text(sample.text).encode("utf-8", "surrogatepass")).digest()
    return mark[0] * 256 + mark[1] < percent * 65_536 // 100


def _labelled(row: dict[str, str | None], where: str) -> Sample:
    cells = {
        key: (value or "").strip() for key, value in row.items() if key is not None and isinstance(value, str | None)
    }
    complaint = _truth(cells["is_complaint"], "is_complaint", where)
    kind = _known(cells.get("kind", ""), KINDS, "kind", where) or ("pengaduan" if complaint else None)
    if (kind == "pengaduan") != complaint and kind is not None:
        raise CorpusError(f"{where}: kind {kind!r} does not go with is_complaint {cells['is_complaint']!r}")
    if not cells["text"]:
        raise CorpusError(f"{where}: no text")
    urgency = _known(cells.get("urgency", ""), URGENCIES, "urgency", where)
    urgent = _truth(cells["urgent"], "urgent", where) if cells.get("urgent") else None
    return Sample(
        text=cells["text"],
        complaint=complaint,
        kind=kind,
        category=_known(cells.get("category", ""), CATEGORIES, "category", where),
        urgent=urgency == "mendesak" if urgency else urgent if complaint else False,
        important=_important(urgency) if urgency else None if complaint else False,
        parent=cells.get("parent", ""),
        weight=PEOPLE_WEIGH,
        style=cells.get("style", ""),
        hard=cells.get("hard", "") in _YES,
    )


def _important(urgency: str | None) -> bool | None:
    return None if urgency == "mendesak" else urgency == "penting"


def _truth(value: str, column: str, where: str) -> bool:
    lowered = value.lower()
    if lowered in _YES | _NO:
        return lowered in _YES
    raise CorpusError(f"{where}: {column} is {value!r}, expected 1 or 0")


def _known(value: str, allowed: Sequence[str], column: str, where: str) -> str | None:
    if value and value not in allowed:
        raise CorpusError(f"{where}: unknown {column} {value!r}, expected one of {', '.join(allowed)}")
    return value or None
