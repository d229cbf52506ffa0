"""The independent checker: compares the store with the world's own objects, by plain SQL and nothing of the product's."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from connector.sandbox.things import Comment, Message, Post

from .life import Life, Thing
from .office import is_sure, is_urgent

_STORED = text("""SELECT r.kind, r.external_id, r.deleted_at, r.state, r.post_id, i.id AS item,
i.text, i.deleted, i.hidden, i.by_account FROM raw_items r LEFT JOIN items i ON i.id = r.id ORDER BY r.id""")
_POINTS = text(
    "SELECT stream, object_id, seen, done FROM checkpoints WHERE scope = 'live' AND object_id <> '' AND done = seen"
)
_TICKETS = text("""SELECT t.id, t.number, t.opened_at, i.external_id, i.by_account, x.position FROM tickets t
LEFT JOIN ticket_items x ON x.ticket_id = t.id LEFT JOIN items i ON i.id = x.item_id ORDER BY t.id, x.position""")

_RUNG = text("""SELECT i.external_id, a.ticket_id, o.id AS letter, t.status, t.merged_into FROM items i
JOIN ticket_items x ON x.item_id = i.id JOIN tickets t ON t.id = x.ticket_id
LEFT JOIN alarms a ON a.ticket_id = t.id LEFT JOIN outbox o ON o.ticket_id = t.id AND o.kind = 'alarm'""")
_LETTERS = text(
    "SELECT t.number, o.lane, o.state FROM outbox o JOIN tickets t ON t.id = o.ticket_id WHERE o.kind = 'alarm'"
)
_KEPT = text("SELECT id FROM tickets WHERE number = :number")
_ANY = text("SELECT id FROM outbox LIMIT 1")
_RUNG_TWICE = text("SELECT ticket_id FROM outbox WHERE kind = 'alarm' GROUP BY ticket_id, lane HAVING COUNT(*) > 1")
_STANDS = text("SELECT position FROM checkpoints WHERE scope = 'live' AND object_id = ''")
_SINCE = text("SELECT MIN(at) FROM counters WHERE name LIKE 'watched:%'")


def walks_on(connection: Connection) -> bool:
    """Whether the walk over posts or conversations stands somewhere in the middle."""
    return any(position not in (None, "null") for position in connection.scalars(_STANDS))


def visible(life: Life) -> dict[str, Thing]:
    """All that Graph shows of the Page now."""
    shown: dict[str, Thing] = {}
    for post in life.page.posts:
        shown[post.id] = post
        shown |= {comment.id: comment for comment in post.stream if not comment.held}
    for talk in life.page.conversations:
        shown |= {message.id: message for message in talk.messages if not message.unsent}
    return shown


def faults_at_rest(connection: Connection, life: Life) -> Iterator[str]:
    """What must hold whenever nobody is writing: nothing seen ever since is called gone, no checkpoint ahead of its rows."""
    stored = {row.external_id: row for row in connection.execute(_STORED)}
    shown = visible(life)
    for key, row in stored.items():
        if row.deleted_at is not None and key in shown and key not in life.vanished:
            yield f"{key} is marked deleted, and was in sight all the time"
    for point in connection.execute(_POINTS):
        for thing in _under(life, point.object_id):
            if thing.id in life.vanished or thing.id in stored or thing.id not in shown or _slips(thing, life):
                continue
            if _seconds(point.seen) is not None and thing.created <= (_seconds(point.seen) or 0):
                yield f"checkpoint of {point.object_id} at {point.seen} is ahead of {thing.id} of {stamp(thing.created)}"


def missing(connection: Connection, life: Life, before: datetime, then: set[str], *, full: bool) -> Iterator[str]:
    """What a complete pass that began at `before` must have stored: all in sight all along.

    Not what the store itself says is still to be read, since deletions came in between twice; nor messages of a
    conversation that moved to the top behind the walk's back; nor, where cursors are offsets, a post that slipped past
    when its neighbour was deleted, or what is new under one that a pass not full did not meet: the next pass meets these.
    """
    stored = {row.external_id for row in connection.execute(_STORED)}
    read, start = {point.object_id for point in connection.execute(_POINTS)}, int(before.timestamp())
    for key, thing in visible(life).items():
        if key in stored or key not in then or thing.created >= start:
            continue
        if isinstance(thing, Comment) and thing.post.id not in read:
            continue
        if isinstance(thing, Post) and not life.anchored and thing.id not in read:
            continue
        if isinstance(thing, Comment) and not (life.anchored or full) and life.post_lost >= start:
            continue
        if isinstance(thing, Message) and (_slips(thing, life) or thing.conversation.updated >= start):
            continue
        if key not in life.vanished or _must_be_met(thing, life, before):
            yield f"{key} of {stamp(thing.created)} is lost: a clean pass that began at {before} did not store it"


def _slips(thing: Thing, life: Life) -> bool:
    """A known limit: Graph counts no messages, so where cursors are offsets one may slip past until the next full reading."""
    return isinstance(thing, Message) and not life.anchored


def _must_be_met(thing: Thing, life: Life, before: datetime) -> bool:
    """Shown late, but its post moved after that: the overlap of the next reading reaches back to it."""
    shown = life.late.get(thing.id)
    if shown is None or not isinstance(thing, Comment):
        return False
    moved = [c for c in thing.post.stream if c.id not in life.vanished and shown < c.created < int(before.timestamp())]
    return bool(moved)


def faults_in_the_end(connection: Connection, life: Life, now: datetime) -> Iterator[str]:
    """What must hold after a quiet time, a clean full pass and processing."""
    yield from _of_alarms(connection, life, now)
    yield from _of_items(list(connection.execute(_STORED)), life)
    yield from _of_tickets(list(connection.execute(_TICKETS)), life)


def _of_items(rows: list[Any], life: Life) -> Iterator[str]:
    shown, stored = visible(life), {row.external_id: row for row in rows}
    if len({(row.kind, row.external_id) for row in rows}) != len(rows):
        yield "something is stored twice"
    for key, thing in shown.items():
        row = stored.get(key)
        if row is None:
            yield f"{key} is lost"
        elif row.deleted_at is not None or row.deleted:
            yield f"{key} is marked deleted and stands there"
        elif row.text != thing.text:
            yield f"{key} has the text {row.text!r}, on Facebook it is {thing.text!r}"
        elif isinstance(thing, Comment) and bool(row.hidden) != thing.hidden:
            yield f"{key} is hidden: {bool(row.hidden)}, on Facebook {thing.hidden}"
    for key, row in stored.items():
        if key.startswith("?"):
            if row.state != "quarantined":
                yield f"junk {key} is {row.state}"
        elif key not in life.things:
            yield f"{key} never was"
        elif key not in shown and (row.deleted_at is None or not row.deleted):
            yield f"{key} is gone and not marked deleted"
        elif row.state != "done":
            yield f"{key} is left {row.state}"


def _of_tickets(rows: list[Any], life: Life) -> Iterator[str]:
    shown = visible(life)
    held: dict[str, set[int]] = {}
    for row in rows:
        if row.external_id is None:
            yield f"ticket {row.number} has no source"
        elif row.by_account:
            yield f"ticket {row.number} holds {row.external_id}, which the account itself wrote"
        else:
            held.setdefault(row.external_id, set()).add(row.id)
    for key, tickets in held.items():
        if len(tickets) > 1:
            yield f"{key} is in {len(tickets)} tickets"
    for key, thing in shown.items():
        if is_sure(thing.text) and thing.author.id != life.page.id and key not in held:
            yield f"{key} {thing.text!r} is in no ticket"
    yield from _of_numbers(rows)


def _of_alarms(connection: Connection, life: Life, now: datetime) -> Iterator[str]:
    """Every emergency rang, unless it was old when it was first seen; none rang twice.

    With room for clocks that are an hour off: what was written two hours after the account was first watched, and not more
    than 18 hours ago.
    """
    since = connection.scalar(_SINCE)
    begins = datetime.fromisoformat(str(since)).replace(tzinfo=UTC) + timedelta(hours=2) if since else now
    from_on = max(begins, now - timedelta(hours=18)).timestamp()
    rung = {row.external_id: row for row in connection.execute(_RUNG)}
    for key, thing in visible(life).items():
        if not is_urgent(thing.text) or thing.author.id == life.page.id or thing.created < from_on:
            continue
        row = rung.get(key)
        if row and row.merged_into is None and (row.ticket_id is None or row.letter is None):
            yield f"{key} {thing.text!r} of {stamp(thing.created)} never rang"
    yield from (f"ticket {n} rang twice on one lane" for n in connection.scalars(_RUNG_TWICE))


def faults_of_a_ring(connection: Connection, number: str) -> Iterator[str]:
    """Nobody may be rung for a ticket that is not kept: it may yet be undone, and its number given to another."""
    if connection.scalar(_KEPT, {"number": number}) is None:
        yield f"{number} rang before it was kept"


def faults_of_telling(connection: Connection, taken: Collection[tuple[str, str]]) -> Iterator[str]:
    """What must hold when all is told: each alarm of the outbox arrived, and nothing else did."""
    letters = {(row.number, row.lane): row.state for row in connection.execute(_LETTERS)}
    for (number, lane), state in letters.items():
        if (number, lane) not in taken:
            yield f"the alarm of {number} on {lane} is lost: it is {state} and never arrived"
        elif state != "sent":
            yield f"the alarm of {number} on {lane} arrived and is still {state}"
    yield from (
        f"{number} rang on {lane}, and no letter says so" for number, lane in taken if (number, lane) not in letters
    )


def any_letter(connection: Connection) -> bool:
    """Whether anything was ever put into the outbox."""
    return connection.scalar(_ANY) is not None


def _of_numbers(rows: list[Any]) -> Iterator[str]:
    firsts = {row.id: row for row in rows}
    numbers = [row.number for row in firsts.values()]
    if len(set(numbers)) != len(numbers):
        yield "a ticket number was given twice"
    times = [str(row.opened_at) for row in sorted(firsts.values(), key=lambda row: str(row.number))]
    if times != sorted(times):
        yield "ticket numbers are not in the order of opening"


def _under(life: Life, object_id: str) -> list[Comment] | list[Message]:
    for post in life.page.posts:
        if post.id == object_id:
            return post.stream
    for talk in life.page.conversations:
        if talk.id == object_id:
            return talk.messages
    return []


def _seconds(graph_time: str) -> int | None:
    try:
        return int(datetime.fromisoformat(graph_time).timestamp())
    except ValueError:
        return None


def stamp(seconds: int) -> str:
    """Unix seconds for people."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
