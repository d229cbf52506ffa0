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

from classifiers.verdict import CATEGORIES, KINDS, URGENCIES, Category, Kind, Urgency

from .errors import Conflict, NotFound
from .export import zulu
from .platforms.facebook.parse import when
from .records import Label
from .store import counters, items, raw, tickets
from .store.engine import writing

NOBODY = "petugas"


@dataclass(slots=True)
class Imported:
    """What an import of labels did."""

    new: int = 0
    known: int = 0
    failures: list[str] = field(default_factory=list)


def import_labels(engine: Engine, file: Path, clock: Callable[[], datetime], deadline: Any, route: Any) -> Imported:
    """Takes corrections from JSON (a list, or lines) or CSV. A bad one is named by its line and loses no other.

    Each has `id` (of the platform) and any of kind, is_complaint, category, urgency, by, at; what is missing stays as the
    ticket or the verdict has it. Items not in a ticket are processed again after this; tickets take the label as a person's word.
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
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    if "id" not in (rows.fieldnames or ()):
        yield f"{file}:1", ValueError("expected a line of column names, id among them")
        return
    try:
        for row in rows:
            yield f"{file}:{rows.line_num}", {k: v for k, v in row.items() if k and v not in (None, "")}
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
    label, at = _label(record, row, _standing(connection, row)), when(record.get("at"))
    if at is None or at > now:  # a clock ahead of ours must not outrank what is said later
        if items.latest_labels(connection, [row.id]).get(row.id) == label:
            return False
        at = now
    if not items.add_label(connection, row.id, label, at):
        return False
    if row.ticket:
        _tell_ticket(connection, row, label, now, deadline, route)
    raw.awaken(connection, [row.id])
    return True


def _standing(connection: Connection, row: Any) -> str | None:
    """The class of the ticket that an item opened: a rule or another item may have raised it above the item's own."""
    if not row.ticket or tickets.of_items(connection, [row.id])[row.id][1] != 0:
        return None
    urgency: str = tickets.get(connection, row.ticket).urgency
    return urgency


def _label(record: Mapping[str, Any], row: Any, standing: str | None) -> Label:
    verdict = items.verdict_of(row)
    kind = record.get("kind")
    if kind is None and "is_complaint" in record:
        yes = str(record["is_complaint"]).strip().lower() in ("1", "true", "ya", "yes")
        guessed = verdict.kind if verdict and verdict.kind != "pengaduan" else "lainnya"
        kind = "pengaduan" if yes else guessed
    kind = kind or (verdict.kind if verdict else "lainnya")
    category = record.get("category") or (verdict.category if verdict else "lainnya")
    stands = standing or (verdict.urgency if verdict else "biasa")
    urgency = record.get("urgency") or (stands if kind == "pengaduan" else "biasa")
    for name, value, allowed in (
        ("kind", kind, KINDS),
        ("category", category, CATEGORIES),
        ("urgency", urgency, URGENCIES),
    ):
        if value not in allowed:
            raise ValueError(f"{name}: expected one of {', '.join(allowed)}, found {value!r}")
    by = record.get("by")
    return Label(
        cast(Kind, kind), cast(Category, category), cast(Urgency, urgency), by if isinstance(by, str) and by else NOBODY
    )


def _tell_ticket(connection: Connection, row: Any, label: Label, now: datetime, deadline: Any, route: Any) -> None:
    """The label of a ticket's first item is what a person says of the ticket."""
    if tickets.of_items(connection, [row.id])[row.id][1] != 0:
        return
    ticket = tickets.get(connection, row.ticket)
    if label.is_complaint:
        values = {
            "category": label.category,
            "urgency": label.urgency,
            "answer_by": deadline(ticket.opened_at, label.urgency),
        }
        values["agency"] = route(label.category, tickets.place_of(ticket), row.text or "")
        tickets.change(connection, row.ticket, values, who=label.by, what="labelled", now=now)
    elif ticket.status in tickets.OPEN:
        values = {"status": "ditolak", "closed_at": now}
        data = {"reason": "bukan pengaduan", "ground": "bukan pengaduan"}
        tickets.change(connection, row.ticket, values, who=label.by, what="labelled", now=now, data=data)


def export_labels(connection: Connection) -> Iterator[dict[str, Any]]:
    """All labels with their texts, as `labels import` and `train --with` take them."""
    for row in items.every_label(connection):
        yield {
            "platform": row["platform"],
            "id": row["external_id"],
            "text": row["text"],
            "parent": row["parent"],
            "kind": row["kind"],
            "is_complaint": row["kind"] == "pengaduan",
            "category": row["category"],
            "urgency": row["urgency"],
            "urgent": row["urgency"] == "mendesak",
            "by": row["by"],
            "at": zulu(row["at"]),
        }


def taught(connection: Connection) -> Iterator[Any]:
    """What people said last of each item, as samples for training. What nobody reviewed never trains.

    An item without words teaches nothing: a photo, or what a citizen asked not to be processed.
    """
    from classifiers.samples import PEOPLE_WEIGH, Sample

    latest = {row["item_id"]: row for row in items.every_label(connection)}
    for row in (row for row in latest.values() if row["text"]):
        complaint = row["kind"] == "pengaduan"
        yield Sample(
            text=row["text"],
            complaint=complaint,
            kind=row["kind"],
            category=row["category"],
            urgent=row["urgency"] == "mendesak",
            parent=row["parent"],
            weight=PEOPLE_WEIGH,
        )
