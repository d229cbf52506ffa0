"""What staff do to tickets from a shell or the review page: open, move, set, merge."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from classifiers.verdict import CATEGORIES, URGENCIES

from . import states
from .errors import Misuse, NotFound
from .pipeline import summary_of
from .store import alarms, items, tickets
from .store.engine import writing
from .store.waiting import REOPENED


def move(
    engine: Engine, number: str, status: str, *, who: str, reason: str, now: datetime, version: int | None = None
) -> None:
    """Moves a ticket to another state, at `version` if one is given.

    Raises Misuse for an unknown state, Conflict for a move that is not allowed or when somebody changed the ticket first.
    """
    with writing(engine) as connection:
        row = tickets.get(connection, number)
        after = states.check_move(number, row.status, status, reason)
        closing = after in states.CLOSED
        values: dict[str, Any] = {"status": after, "closed_at": now if closing else None}
        data = {"reason": reason} if reason else {}
        data |= {"ground": states.ground_of(reason)} if after == "ditolak" else {}
        what = "moved" if closing or row.status not in states.CLOSED else REOPENED
        tickets.change(connection, number, values, who=who, what=what, now=now, version=version, data=data)


def amend(
    engine: Engine,
    number: str,
    values: dict[str, Any],
    *,
    who: str,
    now: datetime,
    desk: Any,
    version: int | None = None,
) -> None:
    """Sets category, urgency, agency, place or summary of a ticket as a person says. Raises Misuse, NotFound, Conflict."""
    _check(values)
    with writing(engine) as connection:
        row = tickets.get(connection, number)
        if "urgency" in values:
            values = {**values, "answer_by": desk.deadline(row.opened_at, values["urgency"])}
        if "category" in values and "agency" not in values:
            values = {**values, "agency": desk.route(values["category"], tickets.place_of(row))}
        tickets.change(connection, number, values, who=who, what="amended", now=now, version=version)
        if values.get("urgency") == "mendesak":
            alarms.ring(connection, number, desk.roster, now)


def _check(values: dict[str, Any]) -> None:
    for name, allowed in (("category", CATEGORIES), ("urgency", URGENCIES)):
        if name in values and values[name] not in allowed:
            raise Misuse(f"{name}: expected one of {', '.join(allowed)}, found {values[name]!r}")


def open_new(
    engine: Engine, text: str, values: dict[str, str], *, who: str, desk: Any, clock: Callable[[], datetime]
) -> str:
    """Opens a ticket for a complaint that came by other ways; what is not said is the classifier's. Returns its number."""
    if not text.strip():
        raise Misuse("--text: expected the complaint in words")
    _check(values)
    verdict, place = desk.classify([text])[0], desk.find_place(text)
    category = values.get("category", verdict.category)
    draft = tickets.Draft(
        item=None,
        urgency=values.get("urgency", verdict.urgency),
        category=category,
        agency=desk.route(category, place, text),
        summary=summary_of(text),
        account=values.get("account", "manual"),
        reporter_id=values.get("reporter"),
        place=place,
        permalink=None,
        reason=f"dibuat petugas: {text}",
        route=desk.why(category, place, text),
        who=who,
    )
    with writing(engine) as connection:
        now = clock()
        number = tickets.open_tickets(connection, [draft], now, desk.deadline)[None]
        alarms.ring(connection, number, desk.roster, now)
        return number


def acknowledge(engine: Engine, number: str, *, who: str, now: datetime) -> tuple[bool, str | None, datetime | None]:
    """Notes who has an urgent ticket in hand: its alarm goes no further. See `alarms.acknowledge`; raises NotFound."""
    with writing(engine) as connection:
        return alarms.acknowledge(connection, number, who, "perintah", now)


def note(engine: Engine, number: str, text: str, *, who: str, now: datetime) -> None:
    """Adds a person's words to a ticket's history; whoever waited is seen to. Raises Misuse, NotFound."""
    if not text.strip():
        raise Misuse("--text: expected a note in words")
    with writing(engine) as connection:
        tickets.change(connection, number, {}, who=who, what="noted", now=now, data={"text": text})


def answered(engine: Engine, number: str, at: datetime, *, who: str, now: datetime) -> None:
    """Notes that the citizen was answered by other ways, by phone or letter. Raises Misuse, NotFound."""
    with writing(engine) as connection:
        if at > now or at < tickets.get(connection, number).opened_at:
            raise Misuse("--at: expected a time between the opening of the ticket and now")
        tickets.change(connection, number, {"first_response_at": at}, who=who, what="answered", now=now)


def ticket_of(connection: Connection, item_id: str) -> str | None:
    """The number of the ticket that an item belongs to. Raises NotFound for an unknown item."""
    row = items.find(connection, item_id)
    if row is None:
        raise NotFound(f"{item_id}: no such item in this store")
    number: str | None = row.ticket
    return number
