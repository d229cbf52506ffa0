"""What a model learns from: the lines of the corpus and the labels that people gave, in one form."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from classifiers.corpus import CorpusError, Line, numbered, same_text
from classifiers.text import Reply
from classifiers.verdict import CATEGORIES, KINDS, URGENCIES

PEOPLE: Final = "orang"
"""The voice of texts that people labelled."""
PEOPLE_WEIGH: Final = 12.0
_YES: Final = {"1", "1.0", "true", "ya", "iya", "yes", "benar"}
_NO: Final = {"0", "0.0", "false", "tidak", "bukan", "no", "salah"}
_SAID: Final = ("is_complaint", "kind", "category", "urgency", "urgent")
Row = tuple[str, Mapping[str, str]]
"""Where a labelled text stands, and its cells."""


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
    """A labelled CSV, or the JSON lines that `labels export` writes. Raises CorpusError, which names the line.

    Columns: `text`, `is_complaint`; if known `kind`, `category`, `urgency` or only `urgent`, `parent` (what it answers),
    `style`, `hard`; others are passed over. Of an export, what people said last of each item: see `of_labels`.
    """
    if file.suffix.lower() == ".jsonl":
        read = list(_exported(file))
        for where, record in read:
            if not _silent(record):
                _labelled(_cells(record), where)
        labelled = [(where, _labelled(_cells(record), where)) for where, record in _last_of_each(read)]
    else:
        labelled = [(where, _labelled(cells, where)) for where, cells in _rows(file)]
    _agreeing(labelled)
    return [sample for _, sample in labelled]


def of_labels(records: Iterable[Mapping[str, Any]]) -> list[Sample]:
    """What people said last of each item, of records as `labels export` writes them, oldest first; null is what nobody said.

    What is said later of the same words adds to what was said before. It takes its place where the words are others, where one
    calls a complaint what another called none, and where it says nothing at all: then somebody took back what he had said.
    A label without words teaches nothing, nor does one that does not tell whether it is of a complaint.
    """
    there = ((f"label of {record['id']}", record) for record in records)
    return [_labelled(_cells(record), where) for where, record in _last_of_each(there)]


def delimiter_of(text: str) -> str:
    """The comma, or the semicolon that spreadsheets set to Indonesian write: what the first line has more of."""
    head = text.partition("\n")[0]
    return ";" if head.count(";") > head.count(",") else ","


def yes_or_no(value: object) -> bool | None:
    """A yes or no as people and programs write it; None for anything else."""
    said = str(value).strip().lower()
    return said in _YES if said in _YES | _NO else None


def without_known(samples: Sequence[Sample], known: Iterable[Sample]) -> list[Sample]:
    """Samples that are not among the known ones and not given twice, by text and what it answers; the later label counts."""
    taken = {_key(sample) for sample in known}
    latest = {_key(sample): sample for sample in samples}
    return [sample for key, sample in latest.items() if key not in taken]


def is_held_out(sample: Sample, percent: int = 8) -> bool:
    """Whether a text is kept for measuring: decided by its own bytes, so that no model ever trains on it."""
    mark = hashlib.sha256(same_text(sample.text).encode("utf-8", "surrogatepass")).digest()
    return mark[0] * 256 + mark[1] < percent * 65_536 // 100


def _key(sample: Sample) -> tuple[str, str]:
    return same_text(sample.text), same_text(sample.parent)


def _rows(file: Path) -> Iterator[Row]:
    content = "\n".join(row for _, row in numbered(file))
    reader = csv.DictReader(io.StringIO(content, newline=""), delimiter=delimiter_of(content), strict=True)
    try:
        names = reader.fieldnames or ()
        if missing := " or ".join(sorted({"text", "is_complaint"} - set(names))):
            raise CorpusError(f"{file}:1: no column {missing}; expected text,is_complaint[,kind,category,urgency]")
        for row in reader:
            where = f"{file}:{reader.line_num}"
            if None in row:
                found = len(names) + len(row[None])
                raise CorpusError(f"{where}: {found} cells, expected {len(names)}; is a comma outside of quotes?")
            yield where, {key: value or "" for key, value in row.items()}
    except csv.Error as error:
        raise CorpusError(f"{file}:{reader.line_num}: not readable as CSV ({error})") from None


def _exported(file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in numbered(file):
        where = f"{file}:{number}"
        try:
            record = json.loads(line) if line.strip() else None
        except (ValueError, RecursionError):
            raise CorpusError(f"{where}: not JSON") from None
        if record is None:
            continue
        if not isinstance(record, dict) or not {"text", "is_complaint"} <= record.keys():
            raise CorpusError(f"{where}: expected an object with text and is_complaint, as `labels export` writes it")
        yield where, record


def _last_of_each(records: Iterable[tuple[str, Mapping[str, Any]]]) -> list[tuple[str, Mapping[str, Any]]]:
    last: dict[object, tuple[str, Mapping[str, Any]]] = {}
    for where, record in records:
        key = (record.get("platform"), record["id"]) if record.get("id") is not None else where
        last[key] = where, _after(last[key][1] if key in last else {}, record)
    return [(where, record) for where, record in last.values() if not _silent(record)]


def _after(before: Mapping[str, Any], record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A label with what was said before of the same words and still holds."""
    said = {name for name in _SAID if record.get(name) is not None}
    gainsaid = "is_complaint" in said and before.get("is_complaint") not in (None, record["is_complaint"])
    if not said or before.get("text") != record["text"] or gainsaid:
        return record
    return {**before, **{name: value for name, value in record.items() if name in said or name not in _SAID}}


def _silent(record: Mapping[str, Any]) -> bool:
    """Whether a label teaches nothing."""
    return record["is_complaint"] is None or not str(record["text"] or "").strip()


def _cells(record: Mapping[str, Any]) -> Mapping[str, str]:
    return {name: "" if value is None else str(value) for name, value in record.items()}


def _agreeing(labelled: Iterable[tuple[str, Sample]]) -> None:
    seen: dict[tuple[str, str], tuple[str, Sample]] = {}
    for where, sample in labelled:
        at, other = seen.setdefault(_key(sample), (where, sample))
        if other.complaint != sample.complaint:
            raise CorpusError(f"{where}: the same text stands at {at} with another is_complaint; keep the right one")


def _labelled(row: Mapping[str, str], where: str) -> Sample:
    cells = {name: value.strip() for name, value in row.items()}
    complaint = _truth(cells["is_complaint"], "is_complaint", where)
    kind = _known(cells.get("kind", ""), KINDS, "kind", where) or ("pengaduan" if complaint else None)
    if (kind == "pengaduan") != complaint and kind is not None:
        raise CorpusError(f"{where}: kind {kind!r} does not go with is_complaint {cells['is_complaint']!r}")
    if not cells["text"]:
        raise CorpusError(f"{where}: no text")
    urgent, important = _urgency(cells, complaint, where)
    return Sample(
        text=cells["text"],
        complaint=complaint,
        kind=kind,
        category=_known(cells.get("category", ""), CATEGORIES, "category", where),
        urgent=urgent,
        important=important,
        parent=cells.get("parent", ""),
        weight=PEOPLE_WEIGH,
        style=cells.get("style", ""),
        hard=bool(cells.get("hard")) and _truth(cells["hard"], "hard", where),
    )


def _urgency(cells: Mapping[str, str], complaint: bool, where: str) -> tuple[bool | None, bool | None]:
    """Whether it is urgent, and whether important: as far as the row tells; what is no complaint is neither."""
    urgency = _known(cells.get("urgency", ""), URGENCIES, "urgency", where)
    urgent = _truth(cells["urgent"], "urgent", where) if cells.get("urgent") else None
    if urgency and urgent is not None and urgent != (urgency == "mendesak"):
        raise CorpusError(f"{where}: urgency {urgency!r} does not go with urgent {cells['urgent']!r}")
    if not complaint:
        if urgent or urgency not in (None, "biasa"):
            raise CorpusError(f"{where}: only a complaint can be {urgency or 'urgent'}, is_complaint says it is none")
        return False, False
    return (urgency == "mendesak", _important(urgency)) if urgency else (urgent, None)


def _important(urgency: str | None) -> bool | None:
    return None if urgency == "mendesak" else urgency == "penting"


def _truth(value: str, column: str, where: str) -> bool:
    said = yes_or_no(value)
    if said is None:
        raise CorpusError(f"{where}: {column} is {value!r}, expected 1 or 0")
    return said


def _known(value: str, allowed: Sequence[str], column: str, where: str) -> str | None:
    if value and value not in allowed:
        raise CorpusError(f"{where}: unknown {column} {value!r}, expected one of {', '.join(allowed)}")
    return value or None
