"""What people say of items: corrections from the report, the review page or elsewhere come in here, and go out again."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine

from classifiers.corpus import same_text
from classifiers.samples import Sample, delimiter_of, of_labels, yes_or_no
from classifiers.verdict import CATEGORIES, KINDS, URGENCIES, Category, Kind, Urgency

from .corrections import Correction, standing, tell_ticket
from .errors import Conflict, Misuse, NotFound
from .export import zulu
from .platforms.facebook.parse import words_of
from .records import Label
from .store import counters, items, raw, tickets
from .store.engine import writing
from .wita import handed_in

NOBODY = "petugas"
_ALLOWED = {"kind": KINDS, "category": CATEGORIES, "urgency": URGENCIES}


@dataclass(slots=True)
class Imported:
    """What an import of labels did."""

    new: int = 0
    known: int = 0
    failures: list[str] = field(default_factory=list)


def import_labels(engine: Engine, file: Path, clock: Callable[[], datetime], deadline: Any, route: Any) -> Imported:
    """Takes corrections from JSON (a list, or lines) or CSV. A bad one is named by its line and loses no other.

    Each has `id` (of the platform) and any of kind, is_complaint, category, urgency, by, at; what is missing stays as the
    ticket, an earlier label or the verdict has it, and teaches nothing. It is of the words that `text`, or `revision` of the
    item, names; else of those that stand. Items not in a ticket are processed again after this; tickets take the label as a
    person's word.
    """
    done = Imported()
    for where, record in read_records(file):
        try:
            if isinstance(record, ValueError):
                raise record
            with writing(engine) as connection:
                fresh = add(connection, record, clock(), deadline, route)
        except (ValueError, Conflict, NotFound) as error:
            done.failures.append(f"{where}: {error}")
            continue
        done.new += fresh
        done.known += not fresh
    return done


def read_records(file: Path) -> Iterator[tuple[str, Any]]:
    """Records with where each stands; in its place an error that says what is wrong with a line that holds none."""
    text = file.read_text("utf-8-sig")
    if file.suffix.lower() == ".csv":
        yield from _rows(file, text)
        return
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        yield from _lines(file, text)
        return
    found = whole.get("labels", [whole]) if isinstance(whole, dict) else whole
    for n, record in enumerate(found if isinstance(found, list) else [found], 1):
        yield f"{file}: label {n}", record


def _rows(file: Path, text: str) -> Iterator[tuple[str, Any]]:
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True)
    if "id" not in (rows.fieldnames or ()):
        raise Misuse(f"{file}:1: expected a line of column names, id among them")
    try:
        for row in rows:
            where = f"{file}:{rows.line_num}"
            if None in row:
                yield where, ValueError("more cells than column names; is a comma outside of quotes?")
            else:
                yield where, {k: v for k, v in row.items() if k and v not in (None, "")}
    except csv.Error as error:
        yield f"{file}:{rows.line_num}", ValueError(f"not CSV from here on: {error}")


def _lines(file: Path, text: str) -> Iterator[tuple[str, Any]]:
    for n, line in enumerate(text.split("\n"), 1):  # other ends of lines may stand in a JSON text
        if line.strip():
            try:
                yield f"{file}:{n}", json.loads(line)
            except (ValueError, RecursionError):
                yield f"{file}:{n}", ValueError("not JSON")


def add(connection: Connection, record: Any, now: datetime, deadline: Any, route: Any) -> bool:
    """Adds one label; False when it is there already. Raises ValueError or NotFound, saying what was expected."""
    if not isinstance(record, Mapping) or not isinstance(record.get("id"), str):
        raise ValueError("expected an object or row with the item's id")
    counters.serialize(connection)  # who judges the item now would not see the label, and settle the item without it
    row = items.find(connection, record["id"])
    if row is None:
        raise NotFound(f"{record['id']}: no such item in this store")
    if row.by_account:
        raise ValueError(f"{record['id']}: the account's own words are no citizen's: nothing is learned of them")
    said = _said(record)
    before = items.last_label(connection, row.id)
    label = _filled(record, said, row, before, _standing(connection, row))
    told = _told(record, said, label)
    revision, at = _revision(connection, record, row), handed_in(record.get("at"))
    if at is None or at > now:  # a clock ahead of ours must not outrank what is said later
        if before is not None and _known(before, label, told, revision):
            return False
        at = now
    undone = standing(connection, row.id, at) if record.get("undo") is True else None
    if not items.add_label(connection, row.id, label, at, None if told >= set(_ALLOWED) else sorted(told), revision):
        return False
    if row.ticket and (before is None or before.at <= at):
        tell_ticket(connection, row, Correction(label, told, at, undone, record.get("seen")), now, deadline, route)
    raw.awaken(connection, [row.id])
    return True


def _standing(connection: Connection, row: Any) -> Any:
    """The ticket that an item opened: a person, a rule or another item may have set it apart from the item's verdict."""
    if not row.ticket or tickets.of_items(connection, [row.id])[row.id][1] != 0:
        return None
    return tickets.get(connection, row.ticket)


def _said(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a record says of kind, category and urgency, and `is_complaint` where it says that it is none, but not what else."""
    said = {name: record[name] for name in _ALLOWED if record.get(name) not in (None, "")}
    for name, value in said.items():
        if value not in _ALLOWED[name]:
            raise ValueError(f"{name}: expected one of {', '.join(_ALLOWED[name])}, found {value!r}")
    answer = record.get("is_complaint")
    if answer in (None, ""):
        return said
    yes = yes_or_no(answer)
    if yes is None:
        raise ValueError(f"is_complaint: expected 1 or 0, found {answer!r}")
    if "kind" in said and (said["kind"] == "pengaduan") != yes:
        raise ValueError(f"is_complaint: {answer!r} does not go with kind {said['kind']!r}")
    if "kind" in said:
        return said
    return {**said, "kind": "pengaduan"} if yes else {**said, "is_complaint": False}


def _filled(record: Mapping[str, Any], said: Mapping[str, Any], row: Any, before: Any, ticket: Any) -> Label:
    """What was said, completed: by the ticket, by what a person said before, by the verdict. Nothing said: by the machine's."""
    verdict = items.verdict_of(row)
    kinds = [known.kind for known in (before if said else None, verdict) if known is not None]
    if "is_complaint" in said:
        kinds = [kind for kind in kinds if kind != "pengaduan"]
    kind = said.get("kind") or next(iter(kinds), "lainnya")
    heard = before if said and before is not None and before.kind == "pengaduan" else None
    there = ticket or heard or verdict
    category = said.get("category") or (there.category if there else "lainnya")
    urgency = said.get("urgency") or (there.urgency if there and kind == "pengaduan" else "biasa")
    by = record.get("by")
    return Label(
        cast(Kind, kind), cast(Category, category), cast(Urgency, urgency), by if isinstance(by, str) and by else NOBODY
    )


def _told(record: Mapping[str, Any], said: Mapping[str, Any], label: Label) -> frozenset[str]:
    """What counts as said by a person. Who names category or urgency of what stands as a complaint says that it is one.

    Of what stands as something else he leaves open what it is. `undo`: the values stand again, and nobody said them.
    """
    if record.get("undo") is True:
        return frozenset()
    return frozenset({*said, "kind"} if said and label.is_complaint else said)


def _known(before: Any, label: Label, told: frozenset[str], revision: int) -> bool:
    """Whether a label says no more than the one before it."""
    heard = frozenset(_ALLOWED if before.said is None else before.said)
    same = Label(before.kind, before.category, before.urgency, before.by) == label
    return same and before.revision in (None, revision) and (told <= heard if told else not heard)


def _revision(connection: Connection, record: Mapping[str, Any], row: Any) -> int:
    """The revision of the item whose words a record is of: the newest that it names or that has its text; 0 for none kept."""
    number, text = record.get("revision"), record.get("text")
    if number is not None:
        return number if isinstance(number, int) and 0 < number <= row.revision else 0
    if not isinstance(text, str):
        return int(row.revision)
    kept = {n: words_of(json.loads(payload)) or "" for n, payload in raw.payloads(connection, row.id).items()}
    return max((n for n, words in kept.items() if same_text(words) == same_text(text)), default=0)


def export_labels(connection: Connection) -> Iterator[dict[str, Any]]:
    """All labels with the words they were given to, as `labels import` and `train --with` take them, oldest first.

    What nobody said is null. So are words that are not kept, or of which nothing is shown any more.
    """
    for row in items.every_label(connection):
        said = frozenset(_ALLOWED if row["said"] is None else row["said"])
        complaint = row["kind"] == "pengaduan" if said & {"kind", "is_complaint"} else None
        urgency = ("biasa" if complaint is False else row["urgency"]) if "urgency" in said else None
        yield {
            "platform": row["platform"],
            "id": row["external_id"],
            "text": _words(row),
            "parent": row["parent"],
            "kind": row["kind"] if "kind" in said else None,
            "is_complaint": complaint,
            "category": row["category"] if "category" in said else None,
            "urgency": urgency,
            "urgent": None if urgency is None else urgency == "mendesak",
            "by": row["by"],
            "at": zulu(row["at"]),
        }


def _words(row: Mapping[str, Any]) -> str | None:
    """The words that a label was given to. Where the item has none now, they were erased, are withheld, or never were."""
    text: str | None = row["text"]
    if not text or row["revision"] in (None, row["stands"]):
        return text
    return words_of(json.loads(row["payload"])) if row["payload"] else None


def taught(connection: Connection) -> list[Sample]:
    """What people said last of each item, as samples for training. What nobody reviewed never trains.

    An item without words teaches nothing: a photo, or what a citizen asked not to be processed.
    """
    return of_labels(export_labels(connection))
