"""Where a ticket's trouble is, as its reporter tells it later: the first answer asks him for it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from ..records import Classified, Place
from ..store import alarms, tickets
from .facts import Desk


def is_finer(said: Place, stood: Place) -> bool:
    """Whether a place is certain and says more than another: inside of it, or that one has no words."""
    if said.text is None or said.ambiguous:
        return False
    inside, around = _codes(said), _codes(stood)
    return stood.text is None or (inside[: len(around)] == around and len(inside) > len(around))


def _codes(place: Place) -> list[str]:
    return [code for code in (place.kabupaten, place.kecamatan, place.desa) if code]


def locate(
    connection: Connection,
    added: Iterable[tuple[str, int]],
    classified: Mapping[int, Classified],
    desk: Desk,
    now: datetime,
) -> None:
    """Gives tickets (number, row of an added item) the finer place that their reporter names, with its agency and class.

    Whom that makes responsible is rung, where the ticket rang and nobody has it yet; whom it reached before is told where it
    is. What a person set stays.
    """
    for number, row in added:
        item = classified[row].item
        if item.author_id is None or desk.find_place(item.text or "").text is None:
            continue
        ticket = tickets.get(connection, number)
        if ticket.reporter_id != item.author_id or not {*tickets.PLACE}.isdisjoint(ticket.touched or ()):
            continue
        stood = Place() if ticket.place_ambiguous else tickets.place_of(ticket)
        place = desk.find_place(item.text or "", stood)
        if not is_finer(place, stood):
            continue
        _, words = alarms.facts(connection, [ticket.id])[ticket.id]
        values = {**tickets.place_values(place), "agency": desk.route(ticket.category, place, words or "")}
        values["urgency"] = desk.class_of(ticket.category, place, ticket.urgency)
        if tickets.refresh(connection, number, values, now, desk.deadline):
            alarms.tell_again(connection, number, _codes(place)[-1], now)
            alarms.ring_on(connection, number, desk.roster, now)
