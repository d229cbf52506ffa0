"""What the store knows as records for others: JSON lines or CSV, in constant memory."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, Literal

from sqlalchemy import Connection

from .anonymity import Veil, veiled_item, veiled_raw, veiled_ticket
from .platforms.facebook.parse import author_of
from .records import RESTRICTED, Ticket
from .store import authors, items, persons, raw, tickets

What = Literal["raw", "items", "tickets"]
SIZE = 500
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def records(connection: Connection, what: What, *, masked: bool = False) -> Iterator[dict[str, Any]]:
    """One record a row, as CONTRACT's tables have them; `masked` hides authors, their names and personal numbers."""
    match what:
        case "raw":
            return (_veiled_raws if masked else _raw_records)(connection)
        case "items":
            return _veiled_items(connection) if masked else map(item_record, items.every(connection))
        case "tickets":
            return map(ticket_record, (_veiled_tickets if masked else tickets.every)(connection))


def _raws(connection: Connection) -> Iterator[Sequence[Any]]:
    after = 0
    while rows := raw.selected(connection, raw.Selection(), after, SIZE):
        yield [row for row in rows if row.fingerprint != persons.ERASED]
        after = rows[-1].id


def _raw_records(connection: Connection) -> Iterator[dict[str, Any]]:
    return (record for rows in _raws(connection) for record in _shown(connection, rows))


def _shown(connection: Connection, rows: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Handing on is processing: of restricted persons only the ids of their items go out (UU PDP art. 16, 41)."""
    older = raw.revisions(connection, [row.id for row in rows if row.revision > 1])
    found = [raw_record(row, older.get(row.id, ())) for row in rows]
    told = [[author_of(one["payload"]) for one in (record, *record["revisions"])] for record in found]
    states = persons.states(connection, chain.from_iterable(told))
    for record, whose in zip(found, told, strict=True):
        restricted = any(author in states for author in whose)
        yield record | ({"payload": {"id": record["id"]}, "revisions": []} if restricted else {})


def _veiled_raws(connection: Connection) -> Iterator[dict[str, Any]]:
    pages = authors.pages(connection)
    for rows in _raws(connection):
        names = authors.around_items(connection, [row.id for row in rows])
        for row, record in zip(rows, _shown(connection, rows), strict=True):
            yield veiled_raw(record, Veil(pages.get(row.account, ""), names.get(row.id, frozenset())))


def _veiled_items(connection: Connection) -> Iterator[dict[str, Any]]:
    pages, every = authors.pages(connection), items.every(connection)
    while rows := list(islice(every, SIZE)):
        names = authors.around_items(connection, [row.id for row in rows])
        yield from (
            veiled_item(item_record(row), Veil(pages.get(row.account, ""), names.get(row.id, frozenset())))
            for row in rows
        )


def _veiled_tickets(connection: Connection) -> Iterator[Ticket]:
    every = iter(tickets.every(connection))
    while part := list(islice(every, SIZE)):
        hidden = veils(connection, part)
        yield from (veiled_ticket(ticket, hidden[ticket.number]) for ticket in part)


def veils(connection: Connection, part: Sequence[Ticket]) -> dict[str, Veil]:
    """What hides people in each of these tickets, by its number."""
    pages, names = authors.pages(connection), authors.around_tickets(connection, [ticket.number for ticket in part])
    return {ticket.number: Veil(pages.get(ticket.account, ""), names[ticket.number]) for ticket in part}


def raw_record(row: Any, older: Iterable[Any] = ()) -> dict[str, Any]:
    """A stored object as the platform sent it, less its paging, with its `older` revisions; `import` takes the same."""
    return {
        "platform": row.platform,
        "account": row.account,
        "stream": row.stream,
        "kind": row.kind,
        "id": row.external_id,
        "post_id": row.post_id,
        "parent_id": row.parent_id,
        "conversation_id": row.conversation_id,
        "created_at": zulu(row.created_at),
        "fetched_at": zulu(row.fetched_at),
        "deleted_at": zulu(row.deleted_at),
        "payload": json.loads(row.payload),
        "revisions": [{"fetched_at": zulu(one.fetched_at), "payload": json.loads(one.payload)} for one in older],
    }


def item_record(row: Any) -> dict[str, Any]:
    """A post, comment or message in its newest revision, with the verdict that counts and its ticket."""
    verdict = items.verdict_of(row)
    return {
        "platform": row.platform,
        "account": row.account,
        "kind": row.kind,
        "id": row.external_id,
        "post_id": row.post_id,
        "parent_id": row.parent_id,
        "conversation_id": row.conversation_id,
        "author_id": row.author_id,
        "by_account": row.by_account,
        "text": row.text,
        "created_at": zulu(row.created_at),
        "edited": row.edited,
        "deleted": row.deleted,
        "hidden": row.hidden,
        "attachments": row.attachments or [],
        "permalink": row.permalink,
        "ticket": row.ticket,
        "decision": row.decision,
        "reason": row.reason,
        "verdict": verdict_record(verdict) if verdict else None,
    }


def verdict_record(verdict: Any) -> dict[str, Any]:
    """A verdict as `classify` prints it."""
    return {
        "kind": verdict.kind,
        "is_complaint": verdict.is_complaint,
        "complaint_score": round(verdict.complaint_score, 6),
        "category": verdict.category,
        "category_score": round(verdict.category_score, 6),
        "urgency": verdict.urgency,
        "urgent_score": round(verdict.urgent_score, 6),
        "needs_review": verdict.needs_review,
        "model": verdict.model,
    }


def reply_record(row: Any, *, shown: bool = True) -> dict[str, Any]:
    """An answer to a citizen; without its words when they are not to be `shown`."""
    return {
        "ticket": row.number,
        "account": row.account,
        "kind": row.kind,
        "channel": row.channel,
        "state": row.state,
        "reason": row.reason if shown else RESTRICTED,
        "text": row.text if shown else None,
        "made_at": zulu(row.made_at),
        "due_at": zulu(row.due_at),
        "sent_at": zulu(row.sent_at),
        "sent_id": row.sent_id,
        "tries": row.tries,
    }


def ticket_record(ticket: Ticket) -> dict[str, Any]:
    """A ticket with its place and the ids of all its items."""
    place = ticket.place
    return {
        "number": ticket.number,
        "status": ticket.status,
        "urgency": ticket.urgency,
        "category": ticket.category,
        "agency": ticket.agency,
        "summary": ticket.summary,
        "account": ticket.account,
        "source_ids": list(ticket.source_ids),
        "supporters": ticket.supporters,
        "reporter_id": ticket.reporter_id,
        "place": {
            "kabupaten": place.kabupaten,
            "kecamatan": place.kecamatan,
            "desa": place.desa,
            "text": place.text,
            "ambiguous": place.ambiguous,
        },
        "permalink": ticket.permalink,
        "opened_at": zulu(ticket.opened_at),
        "answer_by": zulu(ticket.answer_by),
        "first_response_at": zulu(ticket.first_response_at),
        "closed_at": zulu(ticket.closed_at),
        "merged_into": ticket.merged_into,
        "waiting_since": zulu(ticket.waiting_since),
        "version": ticket.version,
    }


def zulu(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with Z, whole seconds unless there are parts of one."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def as_jsonl(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One JSON object a line, in ASCII, so that every text survives every pipe."""
    return (json.dumps(row, separators=(",", ":")) + "\n" for row in rows)


def as_csv(rows: Iterable[Mapping[str, Any]], names: Iterable[str] = ()) -> Iterator[str]:
    """RFC 4180 with a BOM for spreadsheets; nested facts become columns such as verdict.kind; no cell can be a formula.

    Of no rows at all it is a line of `names`: a file without heads looks broken.
    """
    heads: list[str] | None = None
    for row in rows:
        flat = _flat(row)
        if heads is None:
            heads = list(flat)
            yield "\ufeff" + _line(heads)
        yield _line([_cell(flat.get(name)) for name in heads])
    if heads is None:
        yield "\ufeff" + _line(_flat(dict.fromkeys(names)))


FIELDS: Mapping[What, Sequence[str]] = {
    "raw": [
        "platform", "account", "stream", "kind", "id", "post_id", "parent_id", "conversation_id", "created_at",
        "fetched_at", "deleted_at", "payload", "revisions",
    ],
    "items": [
        "platform", "account", "kind", "id", "post_id", "parent_id", "conversation_id", "author_id", "by_account", "text",
        "created_at", "edited", "deleted", "hidden", "attachments", "permalink", "ticket", "decision", "reason", "verdict",
    ],
    "tickets": [
        "number", "status", "urgency", "category", "agency", "summary", "account", "source_ids", "supporters",
        "reporter_id", "place", "permalink", "opened_at", "answer_by", "first_response_at", "closed_at", "merged_into",
        "waiting_since", "version",
    ],
}  # fmt: skip
"""What each record tells; a masked one of `raw` also that it is masked."""


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if name in ("verdict", "place"):
            empty = dict.fromkeys(_NESTED[name])
            flat |= {f"{name}.{k}": v for k, v in (value or empty).items()}
        else:
            flat[name] = value
    return flat


_NESTED = {
    "verdict": [
        "kind",
        "is_complaint",
        "complaint_score",
        "category",
        "category_score",
        "urgency",
        "urgent_score",
        "needs_review",
        "model",
    ],
    "place": ["kabupaten", "kecamatan", "desa", "text", "ambiguous"],
}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        value = json.dumps(value, separators=(",", ":"))
    text = str(value)
    # A cell may not hold what a file cannot: NUL, and surrogates without their other half.
    text = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return f"'{text}" if isinstance(value, str) and text.startswith(_DANGEROUS) else text


def _line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
