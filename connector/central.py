"""States come back from the central application: line by line, each checked, each once, allowed transitions only."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from . import states
from .errors import Conflict, Misuse, NotFound
from .records import CLOSED
from .sheets import heads, records
from .store import history, merging, tickets
from .store.engine import writing
from .wita import handed_in

FIELDS = ("number", "status", "reason", "at", "version", "tracking_id", "by")
CENTRAL = "aplikasi pusat"
_SKEW = timedelta(minutes=10)


@dataclass(slots=True)
class Taken:
    """What an import did; `overtaken` lines tell of something older than what the ticket shows already."""

    moved: int = 0
    known: int = 0
    overtaken: int = 0
    referenced: int = 0
    failures: list[str] = field(default_factory=list)


def take_states(engine: Engine, file: Path, now: datetime) -> Taken:
    """Takes states from JSON lines or CSV. A bad line is named and loses no other; the same twice changes nothing.

    Raises Misuse for a CSV without the column of numbers.
    """
    done = Taken()
    for where, record in _records(file):
        try:
            if isinstance(record, str):
                raise Misuse(record)
            with writing(engine) as connection:
                _take(connection, _checked(record, now), now, done)
        except (Misuse, Conflict, NotFound) as error:
            done.failures.append(f"{where}: {error}")
    return done


def _records(file: Path) -> Iterator[tuple[str, Mapping[str, Any] | str]]:
    """Each record with where it stands; in its place what is wrong with a line that is none."""
    if file.suffix.lower() == ".csv":
        text = file.read_text("utf-8-sig", "replace")
        if "number" not in heads(text):
            raise Misuse(f"{file}:1: expected a line of column names, number among them, of {', '.join(FIELDS)}")
        for n, row in records(text):
            yield f"{file}:{n}", row if isinstance(row, str) else {k: v for k, v in row.items() if k and v}
        return
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        for n, line in enumerate(lines, 1):
            if line.strip():
                try:
                    record = json.loads(line)
                except (ValueError, RecursionError):
                    record = None
                yield f"{file}:{n}", record if isinstance(record, Mapping) else "expected a JSON object"


@dataclass(frozen=True, slots=True)
class _Line:
    number: str
    status: str | None
    reason: str
    at: datetime | None
    version: int | None
    tracking_id: str | None
    by: str
    key: str


def _checked(record: Mapping[str, Any], now: datetime) -> _Line:
    if unknown := sorted(str(name) for name in record if name not in FIELDS):
        raise Misuse(f"{', '.join(unknown)}: unknown; expected {', '.join(FIELDS)}")
    said = {name: str(value).strip() for name in FIELDS if (value := record.get(name)) not in (None, "")}
    if "number" not in said or not ("status" in said or "tracking_id" in said):
        raise Misuse("expected number, and status or tracking_id")
    at = _at(said["at"], now) if "at" in said else None
    version = said.get("version")
    if version is not None and not (version.isascii() and version.isdigit() and len(version) < 10):
        raise Misuse(f"version: expected a number, found {version}")
    if len(said.get("tracking_id", "")) > 64:
        raise Misuse("tracking_id: expected at most 64 characters")
    key = json.dumps([said.get(name) for name in ("number", "status", "reason", "at")])
    return _Line(
        number=said["number"].strip().upper(),
        status=said.get("status"),
        reason=said.get("reason", ""),
        at=at,
        version=int(version) if version is not None else None,
        tracking_id=said.get("tracking_id"),
        by=said.get("by", CENTRAL)[:190],
        key=hashlib.sha256(key.encode()).hexdigest()[:32],
    )


def _at(text: str, now: datetime) -> datetime:
    """When a state was given. A day alone does not tell whether that was before or after the ticket's own last move."""
    at = handed_in(text) if len(text) > len("2026-11-24") else None
    if at is None or at > now + _SKEW:
        raise Misuse(f"at: expected a time such as 2026-11-24T08:00:00+08:00, not in the future; found {text}")
    return at


def _take(connection: Connection, line: _Line, now: datetime, done: Taken) -> None:
    row = tickets.get(connection, line.number)
    before = history.events_of(connection, row.id, words=False)
    facts = [event.data or {} for event in before]
    if line.tracking_id and line.tracking_id not in [fact.get("reference") for fact in facts]:
        tickets.note(connection, line.number, "referenced", {"reference": line.tracking_id}, now, line.by)
        done.referenced += 1
    if line.status is None:
        return
    if row.status == line.status or line.key in [fact.get("imported") for fact in facts]:
        done.known += 1
        return
    if line.at and line.at < _last_move(before):
        done.overtaken += 1
        return
    _move(connection, row, line, now)
    done.moved += 1


def _last_move(events: list[history.Event]) -> datetime:
    """When the ticket got its present state, by the one who said so."""
    last = next((event for event in reversed(events) if "status" in (event.data or {})), events[0])
    said = (last.data or {}).get("said_at")
    return datetime.fromisoformat(said) if said else last.at


def _move(connection: Connection, row: Any, line: _Line, now: datetime) -> None:
    merging.standing(connection, row.number)
    after = states.check_move(row.number, row.status, line.status or "", line.reason, "its reason")
    closing = after in CLOSED
    values = {"status": after, "closed_at": (line.at or now) if closing else None}
    data: dict[str, Any] = {"imported": line.key, "said_at": line.at.isoformat() if line.at else None}
    data |= {"reason": line.reason} if line.reason else {}
    data |= {"ground": states.ground_of(line.reason)} if after == "ditolak" else {}
    what = "reopened" if row.status in CLOSED else "moved"
    tickets.change(connection, row.number, values, who=line.by, what=what, now=now, version=line.version, data=data)
