"""Between the store and the pure part: counted facts, and lists of entries in slices."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from classifiers.explain import UNTOLD, Deciding

from ..duplicates import COORDINATED, COPIED
from ..records import OPEN
from ..settings import Routing
from ..store import accounts, alarms, items, ledger, likeness, raw, summary, tickets
from ..store.schema import tickets as ticket_table
from ..store.summary import Window
from . import words
from .answered import NONE, Answered, answered
from .entries import CONTEXT, STATUS, Around, Entry, item_entry, ticket_entry
from .health import AccountFact, StreamFact
from .summary import URGENCY_NAMES, Facts, Flow, Names, ReasonCount, TicketCount
from .texts import MOST
from .unreadable import Broken, broken

Why = Callable[[str, str, bool], Deciding]
"""Which words of a text decided, given the name of the model that judged it, the text, and whether it is urgent."""
SLICE = 100
TICKETS, REVIEW, SAMPLE, UNREADABLE = 10_000, 5_000, 200, 200
_BEFORE, _AFTER, _MORE = 3, 2, 6


@dataclass(frozen=True, slots=True)
class Lists:
    """The rows of each list, slice by slice, and how many each holds."""

    tickets: Iterator[list[Entry]]
    ticket_count: int
    review: Iterator[list[Entry]]
    review_count: int
    ignored: Iterator[list[Entry]]
    ignored_count: int
    unreadable: list[Broken]
    answers: Answered = NONE


def names_of(connection: Connection, routing: Routing) -> Names:
    """What categories, agencies and accounts are called."""
    return Names(
        {key: category.label for key, category in routing.categories.items()},
        routing.agencies,
        {key: state.name for key, state in accounts.account_states(connection).items()},
    )


def facts_of(connection: Connection, window: Window) -> Facts:
    """All counts of a report."""
    outside, outside_late = summary.outside(connection, window)
    withheld, waiting = summary.set_apart(connection, window)
    return Facts(
        now=window.now,
        since=window.since,
        until=window.until,
        flow=[_flow(row) for row in summary.flow(connection, window)],
        tickets=[
            TicketCount(r.urgency, r.category, r.account, r.status, r.n, int(r.late), r.agency, int(r.unanswered))
            for r in summary.ticket_counts(connection, window)
        ],
        reasons=[ReasonCount(r.decision, r.reason or "", r.n) for r in summary.reasons(connection, window)],
        streams=_streams(connection),
        accounts=[
            AccountFact(a.key, a.ok_at, a.tried_at, a.blocked, a.paused_until)
            for a in accounts.account_states(connection).values()
        ],
        unreadable=summary.unreadable(connection, window, 0, 1)[0],
        pending=raw.count_by_state(connection).get("pending", 0),
        outside=outside,
        outside_late=outside_late,
        withheld=withheld,
        waiting=waiting,
    )


def _flow(row: Any) -> Flow:
    return Flow(
        date.fromisoformat(row.day) if row.day else None, row.account, row.decision, bool(row.by_account), row.n
    )


def _streams(connection: Connection) -> list[StreamFact]:
    books = {(b.account, b.stream): b for b in ledger.by_stream(connection)}
    return [
        StreamFact(
            *(s.account, s.stream, s.landed, s.ok_at, s.blocked, s.error, s.error_at, s.paused_until),
            books=books.get((s.account, s.stream)),
        )
        for s in accounts.stream_states(connection)
    ]


def unexplained(_model: str, _text: str, _urgent: bool) -> Deciding:
    """No words."""
    return UNTOLD


def ticket_now(connection: Connection, item: str) -> dict[str, str | None] | None:
    """How the ticket of an item stands, in the words of its row; None where there is none."""
    row = items.find(connection, item)
    if row is None or not row.ticket:
        return None
    ticket = tickets.get(connection, row.ticket)
    due = ticket.answer_by if ticket.status in OPEN and ticket.first_response_at is None else None
    return {
        "id": item,
        "number": ticket.number,
        "urgency": ticket.urgency,
        "urgency_name": URGENCY_NAMES.get(ticket.urgency, ticket.urgency),
        "status": ticket.status,
        "status_name": STATUS.get(ticket.status, ticket.status),
        "due": due.isoformat() if due else None,
        "due_text": words.short_time(due),
    }


def lists_of(connection: Connection, window: Window, names: Names, why: Why = unexplained) -> Lists:
    """Every list; rows are read only when the iterators are."""
    ids = summary.ticket_order(connection, window, TICKETS)
    review = summary.item_order(connection, window, "review", REVIEW)
    sample = summary.item_order(connection, window, "ignore", SAMPLE)
    _, bad = summary.unreadable(connection, window, UNREADABLE, 1500)
    return Lists(
        tickets=_slices(ids, lambda part: _tickets(connection, part, window, names, why)),
        ticket_count=len(ids),
        review=_slices(review, lambda part: _items(connection, part, names, why)),
        review_count=len(review),
        ignored=_slices(sample, lambda part: _items(connection, part, names, why)),
        ignored_count=len(sample),
        unreadable=[broken(row, names) for row in bad],
        answers=answered(connection, window, names),
    )


def _slices(ids: Sequence[int], read: Callable[[Sequence[int]], list[Entry]]) -> Iterator[list[Entry]]:
    return (read(ids[start : start + SLICE]) for start in range(0, len(ids), SLICE))


def _tickets(connection: Connection, ids: Sequence[int], window: Window, names: Names, why: Why) -> list[Entry]:
    rows = summary.by_ids(connection, ticket_table, ids)
    held = summary.items_of(connection, ids, _MORE)
    first = {ticket: mine[0] for ticket, mine in held.items()}
    rest = [item for mine in held.values() for item in mine[1:]]
    counts = summary.items_in(connection, ids)
    said = summary.item_rows(connection, list(first.values()), MOST)
    more = summary.item_rows(connection, rest, CONTEXT)
    around = _around(connection, said, why)
    copied, rang = likeness.copies(connection, ids, COPIED), alarms.of_tickets(connection, ids)
    found = []
    for row in rows:
        item = said.get(first.get(row.id, 0))
        near = around.get(item.id, Around()) if item is not None else Around()
        extra = [more[i] for i in held.get(row.id, [])[1:] if i in more]
        there = {one.id for one in extra}
        near = replace(near, talk=[n for n in near.talk if n.id not in there], more=extra)
        senders = copied.get(row.id, 0) + 1
        flagged = senders if senders >= COORDINATED else 0
        count, alarm = counts.get(row.id, 0), rang.get(row.id)
        found.append(ticket_entry(row, item, near, count, names, window.now, flagged, alarm))
    return found


def _items(connection: Connection, ids: Sequence[int], names: Names, why: Why) -> list[Entry]:
    said = summary.item_rows(connection, ids, MOST)
    around = _around(connection, said, why)
    return [item_entry(said[i], around[i], names) for i in ids if i in said]


def _around(connection: Connection, said: dict[int, Any], why: Why) -> dict[int, Around]:
    posts = sorted({row.post_id for row in said.values() if row.kind == "comment" and row.post_id})
    parents = sorted({row.parent_id for row in said.values() if row.parent_id})
    post = summary.by_external(connection, "post", posts, CONTEXT)
    parent = summary.by_external(connection, "comment", parents, CONTEXT)
    talk = summary.neighbours(connection, [i for i, r in said.items() if r.kind == "message"], _BEFORE, _AFTER, CONTEXT)
    labels = items.latest_labels(connection, list(said))
    return {
        i: Around(
            post.get(row.post_id) if row.kind == "comment" else None,
            parent.get(row.parent_id),
            talk.get(i, ()),
            (),
            labels.get(i),
            why(row.model or "", row.text or "", row.urgency == "mendesak"),
        )
        for i, row in said.items()
    }
