"""What a person says of an item, as far as it is said of the ticket that holds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from .platforms.facebook.parse import when
from .records import OPEN, Label
from .store import alarms, history, persons, tickets, traces

LABELLED, NO_COMPLAINT = "labelled", "bukan pengaduan"
FIELDS = frozenset({"kind", "category", "urgency"})


@dataclass(frozen=True, slots=True)
class Standing:
    """What people say of an item, as far as nobody has taken it back: since when, and which fields."""

    at: datetime
    said: frozenset[str]


@dataclass(frozen=True, slots=True)
class Correction:
    """A label: what of it was `told` by a person, and `at` what time; `undone` is what it takes back.

    `seen`: category, urgency and time (`at`) of a page of which it only confirms what stood there.
    """

    label: Label
    told: frozenset[str]
    at: datetime
    undone: Standing | None = None
    seen: Any = None


def standing(connection: Connection, item: int, now: datetime) -> Standing:
    """What stands of the labels of an item."""
    found = nothing = Standing(now, frozenset())
    for row in traces.said_of(connection, [item])[1]:
        said = FIELDS if row.said is None else frozenset(row.said)
        found = Standing(row.at, found.said | said) if said else nothing
    return found


def tell_ticket(connection: Connection, row: Any, said: Correction, now: datetime, deadline: Any, route: Any) -> None:
    """What a person says of a ticket's first item he says of the ticket; of a later one, that it is an emergency.

    What somebody has set since he said it stays; who takes something back takes back no more than was said.
    """
    ticket = tickets.get(connection, row.ticket)
    first = tickets.of_items(connection, [row.id])[row.id][1] == 0
    values = _meant(connection, ticket, row, said.label, route) if first else _cried(ticket, said)
    stays = _set_since(connection, ticket.id, said.undone.at if said.undone else said.at)
    stays |= _unseen(connection, ticket.id, said)
    if said.undone:
        stays |= {"category", "urgency"} - said.undone.said
    values = {name: value for name, value in values.items() if name not in stays}
    if "category" not in values:
        values.pop("agency", None)
    if "urgency" in values:
        values["answer_by"] = deadline(ticket.opened_at, said.label.urgency)
    data = {}
    if "status" in values:
        closing = values["status"] == "ditolak"
        values["closed_at"] = now if closing else None
        data = {"reason": NO_COMPLAINT, "ground": NO_COMPLAINT} if closing else {}
    if values:
        tickets.change(connection, row.ticket, values, who=said.label.by, what=LABELLED, now=now, data=data)
        alarms.resume(connection, row.ticket, now)
        persons.calmed(connection, ticket.reporter_id)


def _meant(connection: Connection, ticket: Any, row: Any, label: Label, route: Any) -> dict[str, Any]:
    if not label.is_complaint:
        return {"status": "ditolak"} if ticket.status in OPEN else {}
    values: dict[str, Any] = {"category": label.category, "urgency": label.urgency}
    if label.category != ticket.category:
        values["agency"] = route(label.category, tickets.place_of(ticket), row.text or "")
    moves = [e for e in history.events_of(connection, ticket.id, words=False) if "status" in (e.data or {})]
    if ticket.status == "ditolak" and moves and moves[-1].what == LABELLED:  # it is a complaint after all
        values["status"] = (moves[-1].data or {})["status"][0]
    return values


def _cried(ticket: Any, said: Correction) -> dict[str, Any]:
    urgent = said.label.is_complaint and "urgency" in said.told and said.label.urgency == "mendesak"
    return {"urgency": "mendesak"} if urgent and ticket.status in OPEN and ticket.urgency != "mendesak" else {}


def _unseen(connection: Connection, ticket: int, said: Correction) -> set[str]:
    """What was set after the page was made of which a correction only repeats what it showed."""
    seen = said.seen if isinstance(said.seen, Mapping) else {}
    at = when(seen.get("at"))
    same = {name for name in ("category", "urgency") if seen.get(name) == getattr(said.label, name)}
    return same & _set_since(connection, ticket, at) if at else set()


def _set_since(connection: Connection, ticket: int, at: datetime) -> set[str]:
    """What people have set of a ticket since then otherwise than by labels."""
    events = history.events_of(connection, ticket, words=False)
    by_hand = [e for e in events if e.at > at and e.who != history.MACHINE and e.what != LABELLED]
    return {name for event in by_hand for name in event.data or {}}
