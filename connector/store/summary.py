"""What a report asks of the store: counts by the databases, and slices of rows with what stands around them.

Every list is bounded by its caller, every text is cut by the database, so that memory never grows with a citizen's text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, and_, case, exists, func, literal_column, or_, select, true
from sqlalchemy.orm import aliased
from sqlalchemy.sql import ColumnElement

from ..records import FORGOTTEN, OPEN, RESTRICTED
from .raw import ResultRow
from .schema import items, raw_items, ticket_items, tickets, verdicts
from .statements import chunks, named
from .tickets import URGENT_FIRST


@dataclass(frozen=True, slots=True)
class Window:
    """The report's window by creation, [since, until), and the time that "now" means."""

    now: datetime
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, when: ColumnElement[Any]) -> ColumnElement[bool]:
        """The condition that a time lies inside."""
        parts = [when >= self.since] if self.since else []
        parts += [when < self.until] if self.until else []
        return and_(true(), *parts)


_created = func.coalesce(items.c.created_at, raw_items.c.fetched_at)
_flow = items.join(raw_items, raw_items.c.id == items.c.id)


def flow(connection: Connection, window: Window) -> list[ResultRow]:
    """How many items by day in WITA, account, decision and whether the account wrote them itself."""
    c = items.c
    day = _day(connection, _created).label("day")
    query = select(day, c.account, c.decision, c.by_account, func.count().label("n")).select_from(_flow)
    return list(
        connection.execute(query.where(window.holds(_created)).group_by("day", c.account, c.decision, c.by_account))
    )


def _day(connection: Connection, when: ColumnElement[Any]) -> ColumnElement[str]:
    match connection.dialect.name:
        case "sqlite":
            return func.date(when, literal_column("'+8 hours'"), type_=String)
        case "postgresql":
            shifted = when.op("+")(literal_column("interval '8 hours'"))
            return func.to_char(shifted, literal_column("'YYYY-MM-DD'"), type_=String)
        case _:
            local = func.addtime(when, literal_column("'08:00:00'"))
            return func.date_format(local, literal_column("'%Y-%m-%d'"), type_=String)


def reasons(connection: Connection, window: Window) -> list[ResultRow]:
    """How many items were ignored or set aside, and why."""
    c = items.c
    query = select(c.decision, c.reason, func.count().label("n")).select_from(_flow)
    query = query.where(window.holds(_created), c.decision.in_(("ignore", "review"))).group_by(c.decision, c.reason)
    return list(connection.execute(query))


def _ticket_inside(window: Window) -> ColumnElement[bool]:
    """One of its items lies in the window; one without items counts by when it was opened."""
    if window.since is None and window.until is None:
        return true()
    mine = select(ticket_items.c.item_id).where(ticket_items.c.ticket_id == tickets.c.id)
    inside = (
        select(ticket_items.c.item_id)
        .select_from(_flow.join(ticket_items, ticket_items.c.item_id == items.c.id))
        .where(ticket_items.c.ticket_id == tickets.c.id, window.holds(_created))
        .correlate(tickets)
    )
    return or_(exists(inside), and_(~exists(mine), window.holds(tickets.c.opened_at)))


def _unanswered() -> ColumnElement[bool]:
    return and_(tickets.c.status.in_(OPEN), tickets.c.first_response_at.is_(None))


def _late(now: datetime) -> ColumnElement[int]:
    return case((and_(_unanswered(), tickets.c.answer_by < now), 1), else_=0)


def ticket_counts(connection: Connection, window: Window) -> list[ResultRow]:
    """How many tickets by urgency, category, account, status and agency; how many of them are overdue, and unanswered."""
    c = tickets.c
    keys = (c.urgency, c.category, c.account, c.status, c.agency)
    late, unanswered = func.sum(_late(window.now)), func.sum(case((_unanswered(), 1), else_=0))
    query = select(*keys, func.count().label("n"), late.label("late"), unanswered.label("unanswered"))
    return list(connection.execute(query.where(_ticket_inside(window)).group_by(*keys)))


def outside(connection: Connection, window: Window) -> tuple[int, int]:
    """How many open tickets the window does not hold, and how many of them are overdue."""
    if window.since is None and window.until is None:
        return 0, 0
    query = select(func.count(), func.coalesce(func.sum(_late(window.now)), 0))
    row = connection.execute(query.where(~_ticket_inside(window), tickets.c.status.in_(OPEN))).one()
    return int(row[0]), int(row[1])


def ticket_order(connection: Connection, window: Window, limit: int) -> list[int]:
    """Rows of tickets as staff work through them: open ones, and those whose reporter wrote again, before closed ones.

    Of equal urgency, those that nobody has answered come first: yesterday's answered emergencies stand below today's.
    """
    c = tickets.c
    closed = case((or_(c.status.in_(OPEN), c.waiting_since.is_not(None)), 0), else_=1)
    no_deadline = case((c.answer_by.is_(None), 1), else_=0)
    answered = case((and_(c.first_response_at.is_not(None), c.waiting_since.is_(None)), 1), else_=0)
    shown = or_(c.withheld.is_(None), _others_in_it())
    order = (closed, URGENT_FIRST, answered, no_deadline, c.answer_by, c.id)
    return list(connection.scalars(select(c.id).where(_ticket_inside(window), shown).order_by(*order).limit(limit)))


def set_apart(connection: Connection, window: Window) -> tuple[int, int]:
    """How many tickets are not shown at their reporters' wish; how many are closed and their reporters wrote again."""
    c = tickets.c
    hidden = (_ticket_inside(window), c.withheld.is_not(None), ~_others_in_it())
    waiting = (_ticket_inside(window), c.waiting_since.is_not(None))
    counts = [connection.scalar(select(func.count()).select_from(tickets).where(*where)) for where in (hidden, waiting)]
    return counts[0] or 0, counts[1] or 0


def _others_in_it() -> ColumnElement[bool]:
    """A restricted reporter's ticket is not shown (UU PDP 27/2022 art. 41), unless others' complaints hang on it."""
    theirs = and_(items.c.id == ticket_items.c.item_id, func.coalesce(items.c.author_id, "") != tickets.c.reporter_id)
    return exists(select(items.c.id).where(ticket_items.c.ticket_id == tickets.c.id, theirs).correlate(tickets))


def item_order(connection: Connection, window: Window, decision: str, limit: int) -> list[int]:
    """Rows of items with this decision, the likeliest urgent first among those to review, else the newest first."""
    score = case((verdicts.c.urgent_score.is_(None), 0.0), else_=verdicts.c.urgent_score)
    query = select(items.c.id).select_from(_flow.outerjoin(verdicts, _counts))
    shown = func.coalesce(items.c.reason, "").not_in((FORGOTTEN, RESTRICTED))
    query = query.where(items.c.decision == decision, items.c.by_account.is_(False), shown, window.holds(_created))
    order = (score.desc(), _created.desc(), items.c.id) if decision == "review" else (_created.desc(), items.c.id)
    return list(connection.scalars(query.order_by(*order).limit(limit)))


_counts = (
    (verdicts.c.item_id == items.c.id) & (verdicts.c.revision == items.c.revision) & (verdicts.c.model == items.c.model)
)


def by_ids(connection: Connection, table: Any, ids: Sequence[int]) -> list[ResultRow]:
    """Rows of a table in the order of the ids given."""
    found = {
        row.id: row for part in chunks(ids) for row in connection.execute(select(table).where(table.c.id.in_(part)))
    }
    return [found[key] for key in ids if key in found]


def _shown(cut: int) -> list[Any]:
    c = items.c
    names = ("id", "external_id", "kind", "account", "post_id", "parent_id", "conversation_id", "author_name")
    more = ("by_account", "permalink", "hidden", "edited", "deleted", "attachments", "decision", "reason", "revision")
    # Stored, an escaped character takes five; one more tells that there is more.
    text = func.substr(c.text, 1, 5 * (cut + 1), type_=c.text.type).label("text")
    return [*(c[name] for name in names + more), text, _created.label("created_at")]


def item_rows(connection: Connection, ids: Sequence[int], cut: int) -> dict[int, ResultRow]:
    """Items with the verdict that counts, their texts cut, by row."""
    v = verdicts.c
    said = [v[n] for n in ("is_complaint", "complaint_score", "category", "category_score", "urgency", "urgent_score")]
    columns = [*_shown(cut), v.kind.label("v_kind"), *said, items.c.model]
    query = select(*columns).select_from(_flow.outerjoin(verdicts, _counts))
    rows = (row for part in chunks(ids) for row in connection.execute(query.where(items.c.id.in_(part))))
    return {row.id: row for row in rows}


def items_of(connection: Connection, ticket_ids: Sequence[int], most: int) -> dict[int, list[int]]:
    """The rows of each ticket's first items, at most so many of each."""
    c = ticket_items.c
    found: dict[int, list[int]] = {}
    for part in chunks(ticket_ids):
        ranked = (
            select(
                c.ticket_id,
                c.item_id,
                func.row_number().over(partition_by=c.ticket_id, order_by=c.position).label("rank"),
            )
            .where(c.ticket_id.in_(part))
            .subquery()
        )
        query = select(ranked).where(ranked.c.rank <= most).order_by(ranked.c.ticket_id, ranked.c.rank)
        for row in connection.execute(query):
            found.setdefault(row.ticket_id, []).append(row.item_id)
    return found


def items_in(connection: Connection, ticket_ids: Sequence[int]) -> dict[int, int]:
    """How many items each ticket holds."""
    c = ticket_items.c
    query = select(c.ticket_id, func.count().label("n")).group_by(c.ticket_id)
    return {
        row.ticket_id: row.n
        for part in chunks(ticket_ids)
        for row in connection.execute(query.where(c.ticket_id.in_(part)))
    }


def by_external(connection: Connection, kind: str, ids: Sequence[str], cut: int) -> dict[str, ResultRow]:
    """Posts or comments by the platform's id, their texts cut."""
    query = select(*_shown(cut)).select_from(_flow)
    rows = (row for part in chunks(ids) for row in connection.execute(query.where(named(items, part, (kind,)))))
    return {row.external_id: row for row in rows}


def neighbours(
    connection: Connection, ids: Sequence[int], before: int, after: int, cut: int
) -> dict[int, list[ResultRow]]:
    """The messages around each message of a conversation, in their order, by that message's row."""
    found: dict[int, list[ResultRow]] = {}
    for part in chunks(ids):
        talks = select(items.c.conversation_id).where(items.c.id.in_(part), items.c.conversation_id.is_not(None))
        place = func.row_number().over(partition_by=items.c.conversation_id, order_by=(items.c.created_at, items.c.id))
        ranked = select(items.c.id, items.c.conversation_id.label("talk"), place.label("place"))
        line = ranked.where(items.c.kind == "message", items.c.conversation_id.in_(talks)).subquery()
        mine, near = aliased(line), aliased(line)
        close = near.c.place.between(mine.c.place - before, mine.c.place + after)
        pairs = mine.join(near, and_(mine.c.talk == near.c.talk, close, near.c.id != mine.c.id))
        query = select(mine.c.id.label("around"), near.c.place, *_shown(cut)).select_from(
            pairs.join(items, items.c.id == near.c.id).join(raw_items, raw_items.c.id == items.c.id)
        )
        for row in connection.execute(query.where(mine.c.id.in_(part)).order_by(mine.c.id, near.c.place)):
            found.setdefault(row.around, []).append(row)
    return found


def unreadable(connection: Connection, window: Window, limit: int, cut: int) -> tuple[int, list[ResultRow]]:
    """How many raw items could not be read, and the newest of them, their payloads cut."""
    c = raw_items.c
    bad = (c.state == "quarantined", window.holds(func.coalesce(c.created_at, c.fetched_at)))
    count = connection.scalar(select(func.count()).select_from(raw_items).where(*bad)) or 0
    payload = func.substr(c.payload, 1, cut).label("payload")
    query = select(c.external_id, c.account, c.stream, c.kind, c.fetched_at, c.reason, payload)
    return count, list(connection.execute(query.where(*bad).order_by(c.id.desc()).limit(limit)))
