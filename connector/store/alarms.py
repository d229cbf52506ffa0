"""`alarms`: which tickets rang, how far up, and who has it. Written in the ticket's own transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from secrets import token_hex
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, or_, select, update

from ..records import OPEN, Roster
from . import contacts, history, outbox, tickets
from .raw import ResultRow
from .schema import alarms, counters, keys, ticket_items
from .schema import items as item_table
from .schema import outbox as outbox_table
from .schema import tickets as ticket_table
from .statements import chunks, insert_new
from .types import Faithful

_KEY = "alarms"


class Acknowledged(NamedTuple):
    """Whether an acknowledgement is the first one; by whom and when the first was; whether the ticket had rung."""

    fresh: bool
    by: str | None
    at: datetime | None
    rang: bool


def watched_since(connection: Connection, accounts: Iterable[str], now: datetime) -> dict[str, datetime]:
    """When each account was first processed here; `now` for those that never were."""
    names = {f"watched:{account}": account for account in accounts}
    c = counters.c
    known = connection.execute(select(c.name, c.at).where(c.name.in_(list(names)))).all()
    found = {names[row.name]: row.at for row in known}
    fresh = [account for account in names.values() if account not in found]
    insert_new(connection, counters, [{"name": f"watched:{account}", "value": 0, "at": now} for account in fresh])
    return {**dict.fromkeys(fresh, now), **found}


def ring(connection: Connection, number: str, roster: Roster, now: datetime, *, whatever: bool = False) -> bool:
    """Rings for an open urgent ticket, or one of `whatever` urgency, once; True when it had not rung before.

    Nothing is sent before the commit.
    """
    ticket = tickets.get(connection, number)
    if not (whatever or ticket.urgency == "mendesak") or ticket.status not in OPEN or ticket.merged_into:
        return False
    if connection.scalar(select(alarms.c.ticket_id).where(alarms.c.ticket_id == ticket.id)) is not None:
        return False
    insert_new(connection, alarms, [{"ticket_id": ticket.id, "at": now, "level": 1, "next_at": now + roster.patience}])
    lanes, near = _responsible(connection, ticket, roster)
    _post(connection, ticket, 1, [channel for level, channel in roster.duty if level == 1] + lanes, near, now)
    return True


def ring_on(connection: Connection, number: str, roster: Roster, now: datetime) -> bool:
    """Rings whom a new place or agency of a ticket makes responsible, if it rang and nobody has it yet; each once."""
    ticket, a, o = tickets.get(connection, number), alarms.c, outbox_table.c
    handled = ticket.status != "diterima" or ticket.merged_into or ticket.urgency != "mendesak"
    rang = select(a.ticket_id).where(a.ticket_id == ticket.id, a.acked_at.is_(None))
    if handled or connection.scalar(rang) is None:
        return False
    there = set(connection.scalars(select(o.lane).where(o.ticket_id == ticket.id)))
    lanes, near = _responsible(connection, ticket, roster)
    lanes, near = [lane for lane in lanes if lane not in there], [n for n in near if f"{contacts.LANE}{n}" not in there]
    if lanes or near:
        _post(connection, ticket, 1, lanes, near, now)
    return bool(lanes or near)


def tell_again(connection: Connection, number: str, mark: str, now: datetime) -> None:
    """The alarm once more, as the ticket is known by now, to those whom it has reached, once a mark, even if somebody has it."""
    ticket, o = tickets.get(connection, number), outbox_table.c
    if ticket.urgency != "mendesak" or ticket.status not in OPEN or ticket.merged_into:
        return
    reached = select(o.lane, o.contact_id, func.min(o.key).label("key")).group_by(o.lane, o.contact_id)
    reached = reached.where(o.ticket_id == ticket.id, o.kind == outbox.ALARM, o.state == "sent")
    letters = [
        outbox.Letter(f"{row.key}/{mark}", outbox.AGAIN, row.lane, ticket_id=ticket.id, contact_id=row.contact_id)
        for row in connection.execute(reached)
    ]
    outbox.post(connection, letters, now)


def _responsible(connection: Connection, ticket: ResultRow, roster: Roster) -> tuple[list[str], list[int]]:
    """The channels of the ticket's agency, and the duta of its place unless that is only supposed from the post above."""
    supposed = ticket.place_ambiguous and ticket.place_text is None  # the duta there may be strangers to it
    near = [] if supposed else contacts.near(connection, ticket.kabupaten, ticket.kecamatan, ticket.desa)
    return list(roster.agencies.get(ticket.agency, ())), near


def _post(
    connection: Connection, ticket: ResultRow, level: int, lanes: Sequence[str], near: Sequence[int], now: datetime
) -> None:
    outbox.post(
        connection,
        [
            outbox.Letter(f"{ticket.number}/{level}/{lane}", outbox.ALARM, lane, ticket_id=ticket.id)
            for lane in dict.fromkeys(lanes)
        ]
        + [
            outbox.Letter(
                f"{ticket.number}/{level}/{contacts.LANE}{n}", outbox.ALARM, f"{contacts.LANE}{n}",
                ticket_id=ticket.id, contact_id=n,
            )
            for n in near
        ],
        now,
    )  # fmt: skip
    data = {"level": level, "rung": len(set(lanes)) + len(near)}
    history.write(connection, [history.Event(ticket.id, now, history.MACHINE, "alarmed", data)])


def escalate(connection: Connection, roster: Roster, now: datetime) -> list[tuple[str, int]]:
    """Rings the next level for what nobody acknowledged in time; returns (number, level), level 0 when there is none left.

    What somebody works on, closed, merged or made less urgent rings no further.
    """
    a, t = alarms.c, ticket_table.c
    query = select(ticket_table, a.level).join(alarms, a.ticket_id == t.id)
    late = connection.execute(query.where(a.acked_at.is_(None), a.next_at <= now).order_by(a.at).limit(200)).all()
    told = []
    for row in late:
        same = (a.ticket_id == row.id, a.level == row.level, a.acked_at.is_(None))
        handled = row.status != "diterima" or row.merged_into or row.urgency != "mendesak"
        above = sorted({level for level, _ in roster.duty if level > row.level})
        values = {"next_at": now + roster.patience, "level": above[0]} if above and not handled else {"next_at": None}
        if not connection.execute(update(alarms).where(*same).values(**values)).rowcount or handled:
            continue
        if above:
            _post(connection, row, above[0], [lane for level, lane in roster.duty if level == above[0]], [], now)
        told.append((row.number, above[0] if above else 0))
    return told


def resume(connection: Connection, number: str, now: datetime) -> None:
    """An alarm that nobody has and that stopped, because its ticket was calm or closed for a while, goes on if it is to again."""
    ticket, c = tickets.get(connection, number), alarms.c
    if ticket.urgency == "mendesak" and ticket.status == "diterima" and not ticket.merged_into:
        stopped = (c.ticket_id == ticket.id, c.acked_at.is_(None), c.next_at.is_(None))
        connection.execute(update(alarms).where(*stopped).values(next_at=now))


def any_late(connection: Connection, now: datetime) -> bool:
    """Whether `escalate` would find anything."""
    c = alarms.c
    return connection.scalar(select(c.ticket_id).where(c.acked_at.is_(None), c.next_at <= now).limit(1)) is not None


def acknowledge(connection: Connection, number: str, who: str, how: str, now: datetime) -> Acknowledged:
    """Notes who has it.

    A ticket that never rang is acknowledged too, so that it never will; for one that was merged, the one it went into.
    Raises NotFound.
    """
    ticket = _stands_for(connection, number)
    c = alarms.c
    insert_new(connection, alarms, [{"ticket_id": ticket.id, "at": now, "level": 0, "next_at": None}])
    free = (c.ticket_id == ticket.id, c.acked_at.is_(None))
    done = connection.execute(update(alarms).where(*free).values(acked_at=now, acked_by=who, next_at=None))
    if done.rowcount:
        tickets.note(connection, ticket.number, "acknowledged", {"how": how}, now, who)
    row = connection.execute(select(c.acked_by, c.acked_at, c.level).where(c.ticket_id == ticket.id)).one()
    return Acknowledged(bool(done.rowcount), row.acked_by, row.acked_at, row.level > 0)


def _stands_for(connection: Connection, number: str) -> ResultRow:
    """The ticket, or the one that it went into by merges. Raises NotFound."""
    ticket = tickets.get(connection, number)
    while ticket.merged_into:
        ticket = tickets.get(connection, ticket.merged_into)
    return ticket


def pass_on(connection: Connection, source: int, target: int) -> bool:
    """The alarm of one ticket goes on as another's, as far up and as acknowledged as it is, unless that one has its own."""
    c = alarms.c
    if connection.scalar(select(c.ticket_id).where(c.ticket_id == target)) is not None:
        return False
    moved = connection.execute(update(alarms).where(c.ticket_id == source).values(ticket_id=target))
    return bool(moved.rowcount)


def part(
    connection: Connection, source: int, target: int, since: datetime, now: datetime, *, passed: bool, keep: bool
) -> None:
    """The alarm of a ticket that was merged into another `since` then goes on by itself, as acknowledged as it is there.

    `passed`: it rang on as that one's; `keep`: that one stays urgent, or has an alarm of its own.
    """
    c = alarms.c
    there = connection.execute(select(alarms).where(c.ticket_id == target)).first()
    mine = c.ticket_id == source
    if there is not None and passed:
        insert_new(connection, alarms, [{**there._asdict(), "ticket_id": source}])
    if not keep:
        connection.execute(delete(alarms).where(c.ticket_id == target))
    if there is not None and there.acked_at is not None and there.acked_at >= since:
        taken = {"acked_at": there.acked_at, "acked_by": there.acked_by, "next_at": None}
        connection.execute(update(alarms).where(mine, c.acked_at.is_(None)).values(taken))
    connection.execute(update(alarms).where(mine, c.acked_at.is_(None), c.next_at.is_(None)).values(next_at=now))


def waiting(connection: Connection, lanes: Sequence[str], before: datetime) -> dict[str, str]:
    """Numbers that rang on these lanes before a time and that nobody has acknowledged, oldest first.

    Each with the number that stands for it now: its own, or that of the ticket it was merged into.
    """
    a, o, t = alarms.c, outbox_table.c, ticket_table.c
    rang = select(t.number, t.merged_into).join(outbox_table, o.ticket_id == t.id)
    rang = rang.where(o.lane.in_(lanes), o.kind == outbox.ALARM).distinct()
    free = select(t.number, a.at).join(alarms, a.ticket_id == t.id)
    free = free.where(a.acked_at.is_(None), a.at <= before, t.status == "diterima").order_by(a.at)
    merged = connection.execute(rang.where(t.merged_into.is_not(None))).all()
    stands = {row.number: _stands_for(connection, row.merged_into).number for row in merged}
    wanted = or_(t.number.in_(rang.with_only_columns(t.number)), t.number.in_(sorted(set(stands.values()))))
    found = {row.number: row.number for row in connection.execute(free.where(wanted))}
    return found | {number: into for number, into in stands.items() if into in found}


def any_waiting(connection: Connection, since: datetime) -> bool:
    """Whether any alarm since then waits for somebody."""
    c = alarms.c
    return connection.scalar(select(c.ticket_id).where(c.acked_at.is_(None), c.at >= since).limit(1)) is not None


def of_tickets(connection: Connection, ticket_ids: Sequence[int]) -> dict[int, ResultRow]:
    """The alarms of these tickets that have rung or were acknowledged."""
    found: dict[int, ResultRow] = {}
    for part in chunks(ticket_ids):
        rows = connection.execute(select(alarms).where(alarms.c.ticket_id.in_(part)))
        found |= {row.ticket_id: row for row in rows}
    return found


def facts(connection: Connection, ticket_ids: Sequence[int]) -> dict[int, tuple[ResultRow, str | None]]:
    """Tickets with who acknowledged them (`acked_by`), and the words of each one's first item as far as they are shown.

    The words are those a person set as summary, if one did.
    """
    t, a, i, ti = ticket_table.c, alarms.c, item_table.c, ticket_items.c
    words = func.substr(i.text, 1, 4000, type_=Faithful).label("words")
    query = (
        select(ticket_table, a.acked_by, words)
        .outerjoin(alarms, a.ticket_id == t.id)
        .outerjoin(ticket_items, (ti.ticket_id == t.id) & (ti.position == 0))
        .outerjoin(item_table, i.id == ti.item_id)
    )
    found: dict[int, tuple[ResultRow, str | None]] = {}
    for part in chunks(ticket_ids):
        for row in connection.execute(query.where(t.id.in_(part))):
            own = "summary" in (row.touched or ()) or row.withheld
            found[row.id] = (row, row.summary if own or not row.words else row.words)
    return found


def told_of(connection: Connection, ticket_id: int) -> tuple[ResultRow, str | None] | None:
    """`facts` of a ticket, or of the one that it went into by merges; None when there is no such ticket."""
    found = facts(connection, [ticket_id]).get(ticket_id)
    while found and found[0].merged_into:
        into = tickets.get(connection, found[0].merged_into).id
        found = facts(connection, [into])[into]
    return found


def open_near(connection: Connection, area: str, limit: int) -> tuple[list[ResultRow], int]:
    """The open tickets of an area (a code of any level), the most urgent and of these the oldest first; and how many there are.

    Nothing of restricted citizens, and nothing of which the place is only supposed from the post above.
    """
    c = ticket_table.c
    column = {5: c.kabupaten, 8: c.kecamatan}.get(len(area), c.desa)
    named = or_(c.place_text.is_not(None), c.place_ambiguous.is_(False))
    mine = (c.status.in_(OPEN), c.merged_into.is_(None), c.withheld.is_(None), column == area, named)
    rows = connection.execute(select(ticket_table).where(*mine).order_by(tickets.URGENT_FIRST, c.id).limit(limit)).all()
    total = connection.scalar(select(func.count()).select_from(ticket_table).where(*mine)) or 0
    return list(rows), total


def forget(connection: Connection, ticket_ids: Sequence[int]) -> None:
    """Nothing rings any more for tickets whose reporter is forgotten."""
    for part in chunks(ticket_ids):
        connection.execute(delete(outbox_table).where(outbox_table.c.ticket_id.in_(part)))
        connection.execute(delete(alarms).where(alarms.c.ticket_id.in_(part)))


def link_key(connection: Connection) -> bytes | None:
    """The key that signs links; None before `make_key`."""
    value = connection.scalar(select(keys.c.value).where(keys.c.name == _KEY))
    return bytes.fromhex(value) if value else None


def make_key(connection: Connection) -> None:
    """Makes the key if there is none."""
    insert_new(connection, keys, [{"name": _KEY, "value": token_hex(32)}])
