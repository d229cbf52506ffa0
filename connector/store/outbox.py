"""`outbox` and `lanes`: what is to be told on which channel, and how each lane fares. At least once, oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, or_, select, update

from .raw import ResultRow
from .schema import lanes, outbox
from .statements import insert_new, upsert

ALARM, AGAIN, OPERATOR, NOTE, DIGEST = "alarm", "again", "operator", "note", "digest"
URGENT = (ALARM, AGAIN, OPERATOR, NOTE)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one lane. `text` is never of a citizen: what tells of one is composed from the ticket when sent."""

    key: str
    kind: str
    lane: str
    text: str | None = None
    ticket_id: int | None = None
    contact_id: int | None = None


def post(connection: Connection, letters: Sequence[Letter], now: datetime) -> None:
    """Puts letters into the outbox; one with a key that is there already is not there twice."""
    rows = [
        {
            "key": one.key,
            "kind": one.kind,
            "rank": 0 if one.kind in URGENT else 1,
            "lane": one.lane,
            "ticket_id": one.ticket_id,
            "contact_id": one.contact_id,
            "text": one.text,
            "state": "waiting",
            "at": now,
        }
        for one in letters
    ]
    insert_new(connection, outbox, rows)


def lanes_due(connection: Connection, now: datetime) -> list[tuple[str, int]]:
    """Lanes on which something waits and that do not rest, with the best rank that waits there."""
    o = outbox.c
    query = (
        select(o.lane, func.min(o.rank).label("rank"))
        .outerjoin(lanes, lanes.c.lane == o.lane)
        .where(o.state == "waiting", or_(lanes.c.due_at.is_(None), lanes.c.due_at <= now))
        .group_by(o.lane)
        .order_by(func.min(o.rank), func.min(o.id))
    )
    return [(row.lane, row.rank) for row in connection.execute(query)]


def of_lane(connection: Connection, lane: str, limit: int) -> list[ResultRow]:
    """What waits on a lane: what is urgent first, then the oldest first."""
    o = outbox.c
    query = select(outbox).where(o.state == "waiting", o.lane == lane).order_by(o.rank, o.id).limit(limit)
    return list(connection.execute(query))


def get(connection: Connection, row_id: int) -> ResultRow | None:
    """One letter."""
    return connection.execute(select(outbox).where(outbox.c.id == row_id)).first()


def sent(connection: Connection, row_id: int, lane: str, now: datetime, state: str = "sent") -> None:
    """A letter was handed over (or has nothing to say any more: void): the lane works."""
    done = {"state": state, "tries": outbox.c.tries + 1, "done_at": now, "text": None}
    connection.execute(update(outbox).where(outbox.c.id == row_id).values(**done))
    if state == "sent":
        fresh = {"lane": lane, "fails": 0, "ok_at": now, "due_at": None, "down_at": None, "error": None}
        upsert(connection, lanes, [fresh], ("fails", "ok_at", "due_at", "down_at", "error"))


def refused(connection: Connection, row_id: int) -> None:
    """A letter was tried once more in vain."""
    connection.execute(update(outbox).where(outbox.c.id == row_id).values(tries=outbox.c.tries + 1))


def rest(connection: Connection, lane: str, fails: int, due_at: datetime, down_at: datetime | None, error: str) -> None:
    """Lets a lane rest after a failure."""
    row = {"lane": lane, "fails": fails, "due_at": due_at, "down_at": down_at, "error": error}
    upsert(connection, lanes, [row], ("fails", "due_at", "down_at", "error"))


def lane_state(connection: Connection, lane: str) -> ResultRow | None:
    """How a lane fares; None when nothing was ever tried on it."""
    return connection.execute(select(lanes).where(lanes.c.lane == lane)).first()


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits on a lane, since when, and since when nothing gets through."""

    waiting: int
    oldest: datetime | None
    down_at: datetime | None
    error: str | None


def backlog(connection: Connection) -> dict[str, Backlog]:
    """Every lane that something waits on or that is down."""
    o = outbox.c
    query = select(o.lane, func.count().label("n"), func.min(o.at).label("oldest"))
    held = {row.lane: row for row in connection.execute(query.where(o.state == "waiting").group_by(o.lane))}
    down = {row.lane: row for row in connection.execute(select(lanes).where(lanes.c.down_at.is_not(None)))}
    return {
        lane: Backlog(
            held[lane].n if lane in held else 0,
            held[lane].oldest if lane in held else None,
            down[lane].down_at if lane in down else None,
            down[lane].error if lane in down else None,
        )
        for lane in sorted({*held, *down})
    }


def tidy(connection: Connection, before: datetime) -> int:
    """Deletes what was told before then; returns how many letters that were."""
    o = outbox.c
    return connection.execute(delete(outbox).where(o.state != "waiting", o.done_at < before)).rowcount
