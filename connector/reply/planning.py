"""From events of tickets to answers in words, committed before anything is sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from ..answers.choosing import Channel, Send, choose, is_first
from ..answers.wording import Case, Kind, say
from ..errors import NotFound
from ..masking import mask
from ..store import addressees, counters, history, items, replies, tickets
from ..store.engine import reading, writing
from .facts import Answering, Matter, facts_of

BATCH = 200
LOOK_BACK = timedelta(hours=24)
"""When an account begins to answer, nothing that happened earlier is answered any more."""
FAR_BEHIND = 2000
"""Events of other accounts and of other kinds that are looked past again and again, before the mark is moved."""
_OLDEST = timedelta(days=10)
_PHOTOS = ("photo", "image", "video", "album")


def idle(engine: Engine, account: str, now: datetime) -> bool:
    """Whether nothing happened that could be answered and nothing is due: then no lease is worth taking."""
    with reading(engine) as connection:
        after = replies.mark(connection, account)
        if after is None or replies.due(connection, account, now) is not None:
            return False
        behind = replies.newest_event(connection) - after
        return behind < FAR_BEHIND and not replies.events(connection, account, after, now - _OLDEST, 1)


def plan(work: Answering) -> int:
    """Plans answers to what happened since; returns how many are new."""
    now, key, count = work.clock(), work.account.key, 0
    with reading(work.engine) as connection:
        after, newest = replies.mark(connection, key), replies.newest_event(connection)
    if after is None:
        with writing(work.engine) as connection:
            work.guard(connection)
            after = replies.begin(connection, key, now - LOOK_BACK)
    while True:
        with reading(work.engine) as connection:
            events = replies.events(connection, key, after, now - _OLDEST, BATCH)
        if events:
            count += _plan(work, events, now)
        if len(events) < BATCH:
            break
        after = events[-1].id
    with writing(work.engine) as connection:
        work.guard(connection)
        replies.move_mark(connection, key, newest, now)
    return count


def _plan(work: Answering, events: Sequence[Any], now: datetime) -> int:
    count = 0
    with writing(work.engine) as connection:
        work.guard(connection)
        counters.serialize(connection)  # nobody is being erased meanwhile
        rows = addressees.ticket_rows(connection, [event.ticket_id for event in events])
        for event in events:
            matters = _matters(connection, work, event, rows[event.ticket_id])
            count += sum(_planned(connection, work, event.id, matter, now) for matter in matters)
    return count


def _matters(connection: Connection, work: Answering, event: Any, ticket: Any) -> list[Matter]:
    """What an event means for citizens, one matter for each of them who wrote to this account."""
    data = {**(event.data or {}), **(event.words or {})}
    kind = _kind(event.what, data, ticket)
    if kind is None:
        return []
    if is_first(kind):
        return [Matter(kind, event.at, "", ticket, item) for item in _received(connection, work, kind, event, ticket)]
    told = addressees.complainants(connection, ticket.id, work.account.key)
    reason, said_at = _given(data)
    return [Matter(kind, event.at, reason, ticket, item, said_at) for item in told]


def _given(data: Mapping[str, Any]) -> tuple[str, datetime | None]:
    """The reason of a move, and when it happened by whoever said so, if that was told."""
    said_at = data.get("said_at")
    return str(data.get("reason") or ""), datetime.fromisoformat(said_at) if said_at else None


def _received(connection: Connection, work: Answering, kind: Kind, event: Any, ticket: Any) -> list[Any]:
    """The item whose receipt is acknowledged, if it is one of this account."""
    row = (event.data or {}).get("item") if event.what == "appended" else event.item_id
    item = addressees.item(connection, row) if isinstance(row, int) else None
    mine = item is not None and item.account == work.account.key
    return [item] if mine and (kind != "supported" or _supports(connection, item, ticket)) else []


def _kind(what: str, data: Any, ticket: Any) -> Kind | None:
    if what == "opened":
        return "received_urgent" if ticket.urgency == "mendesak" else "received"
    if what == "appended":
        return "supported"
    moved = data.get("status")
    after = moved[1] if isinstance(moved, list) and len(moved) == 2 and moved[0] != moved[1] else None
    return after if after in ("ditindaklanjuti", "tuntas", "ditolak") else None


def _supports(connection: Connection, item: Any, ticket: Any) -> bool:
    """Whether somebody else made the same complaint; whoever adds to his own is answered when something happens."""
    label = items.latest_labels(connection, [item.id]).get(item.id)
    complains = label.is_complaint if label else bool(item.is_complaint)
    return complains and item.author_id is not None and item.author_id != ticket.reporter_id


def _planned(connection: Connection, work: Answering, event: int, matter: Matter, now: datetime) -> bool:
    author = matter.item.author_id
    if author and not is_first(matter.kind):
        replies.overtake(connection, matter.ticket.id, author, event, "disusul keadaan yang lebih baru")
    decision = choose(facts_of(connection, work, matter, now, waiting=True))
    if not isinstance(decision, Send):
        return False
    item = matter.item
    values = {
        "account": work.account.key,
        "ticket_id": matter.ticket.id,
        "event_id": event,
        "channel": decision.channel,
        "kind": matter.kind,
        "item_id": item.id,
        "target": _target(item, decision.channel),
        "author_id": author,
        "thread_id": item.thread_id,
        "text": words(connection, work, matter),
        "state": "dry_run" if work.mode == "dry_run" else "due",
        "made_at": now,
        "due_at": decision.due_at,
    }
    return replies.add(connection, values)


def _target(item: Any, channel: Channel) -> str | None:
    """Whom or what an answer goes to. A reply is answered under its thread's top comment, where Facebook hangs it anyway."""
    if channel == "message":
        author: str | None = item.author_id
        return author
    top = item.thread_id if channel == "comment" and item.kind == "comment" else None
    return str(top or item.external_id)


def words(connection: Connection, work: Answering, matter: Matter) -> str:
    """The answer in words. It may stand in public: of the complaint itself nothing is repeated, numbers of persons are masked."""
    ticket = matter.ticket
    hangs = addressees.evidence(connection, ticket.id)
    shown = any(str(one.get("type") or "").startswith(_PHOTOS) for one in hangs)
    first = is_first(matter.kind) and matter.kind != "supported"
    case = Case(
        number=ticket.number,
        agency=work.agencies.get(ticket.agency, ticket.agency),
        category=work.categories.get(ticket.category, ticket.category),
        account=work.account.name,
        answer_by=ticket.answer_by,
        at=matter.said_at or matter.event_at,
        reason=mask(matter.reason),
        outside=work.outside.get(ticket.agency, ""),
        wants_place=first and (ticket.kecamatan is None or ticket.place_ambiguous),
        wants_photo=first and not shown and matter.kind != "received_urgent",  # nobody is sent towards a danger
    )
    return say(matter.kind, case, work.wording.texts)


def preview(work: Answering, number: str, kind: Kind | None, reason: str) -> str:
    """What would be said of a ticket as it stands, whoever it was and however old; without a `reason`, with the office's own.

    Raises NotFound.
    """
    with reading(work.engine) as connection:
        row = tickets.get(connection, number)
        first = addressees.first_item(connection, row.id)
        if first is None:
            raise NotFound(f"{number}: was opened by hand: there is nobody to answer on Facebook")
        item = addressees.item(connection, first)
        status = {"ditindaklanjuti", "tuntas", "ditolak"} & {row.status}
        usual: Any = status.pop() if status else "received_urgent" if row.urgency == "mendesak" else "received"
        at, given, said_at = _last_said(connection, row, kind or usual) or (work.clock(), "", None)
        return words(connection, work, Matter(kind or usual, at, reason or given, row, item, said_at))


def _last_said(connection: Connection, ticket: Any, kind: Kind) -> tuple[datetime, str, datetime | None] | None:
    """When the ticket came into this state the last time, the reason, and when that was by whoever said it."""
    for event in reversed(history.events_of(connection, ticket.id)):
        data = event.data or {}
        if not is_first(kind) and _kind(event.what, data, ticket) == kind:
            return event.at, *_given(data)
    return None
