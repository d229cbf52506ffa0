"""Closed tickets whose reporter writes again: they open, or wait for the person who closed them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select, update

from ..records import OPEN
from .history import MACHINE, Event, write
from .schema import tickets
from .statements import among

REOPENED, WROTE_AGAIN = "reopened", "wrote_again"
"""What happened when a closed ticket opened again; when its reporter wrote and it stays as a person left it."""


def wrote_again(
    connection: Connection, written: Mapping[str, int], status: str, now: datetime, *, by_itself: bool = False
) -> None:
    """The reporters of these closed tickets wrote again, each with the item of this row.

    A ticket whose status a person has set stays as it is and waits for him, unless the office wants it to open `by_itself`;
    any other opens again, with this status.
    """
    c, events = tickets.c, []
    for part in among(connection, sorted(written)):
        rows = connection.execute(select(tickets).where(c.number.in_(part), c.status.not_in(OPEN)).order_by(c.id))
        for row in list(rows):
            data = {"item": written[row.number]}
            if "status" in (row.touched or ()) and not by_itself:
                values = {"waiting_since": row.waiting_since or now}
                events.append(Event(row.id, now, MACHINE, WROTE_AGAIN, data))
            else:
                values = {"status": status, "closed_at": None}
                shown = {"status": [row.status, status], "closed_at": [row.closed_at.isoformat(), None]}
                events.append(Event(row.id, now, MACHINE, REOPENED, {**shown, **data}))
            connection.execute(update(tickets).where(c.id == row.id).values(**values, version=c.version + 1))
    write(connection, events)
