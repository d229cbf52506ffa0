"""Raw items become tickets: read what is known in bulk, run the pure pipeline, write in bulk, all in one transaction.

Never touches the network. The same code serves what a poll landed, a replay and an import.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from classifiers.verdict import Classify, Verdict

from .pipeline import Parse, Understood, by_time, judge, summary_of, understand, withhold
from .records import RESTRICTED, Append, Classified, Decision, Item, Open, OpenTicket, Place, Situation
from .store import accounts, counters, items, persons, raw, tickets, traces
from .store.engine import reading, writing
from .store.raw import ResultRow
from .triage import triage

BATCH = 500


@dataclass(frozen=True, slots=True)
class Desk:
    """What processing needs beside the store: all of it pure functions and plain facts.

    `route` gives the agency of a category and place.
    """

    classify: Classify
    parse: Parse
    find_place: Callable[[str], Place]
    route: Callable[[str, Place], str]
    deadline: Callable[[datetime, Any], datetime]
    official: frozenset[str]
    clock: Callable[[], datetime]


@dataclass(slots=True)
class Change:
    """What processing makes of one item, beside what stood there before."""

    id: str
    before: tuple[str, Verdict | None] | None
    after: tuple[str, Verdict | None]

    @property
    def real(self) -> bool:
        """True when decision or verdict differ."""
        return self.before != self.after


@dataclass(slots=True)
class Result:
    """What a run did."""

    counts: dict[str, int] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def add(self, name: str, by: int = 1) -> None:
        """Counts something."""
        self.counts[name] = self.counts.get(name, 0) + by


def process_pending(engine: Engine, desk: Desk, stop: Callable[[], bool] = lambda: False) -> Result:
    """Processes all that was landed and not yet processed, batch by batch, each in its own transaction."""
    result = Result()
    while not stop():
        with writing(engine) as connection:
            counters.serialize(connection)
            rows = raw.pending(connection, BATCH)
            if not rows:
                return result
            _batch(connection, rows, desk, result, keep=True)
    return result


def replay(
    engine: Engine,
    desk: Desk,
    selection: raw.Selection,
    *,
    dry_run: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Result:
    """Processes stored items again. `result.changes` lists what differs; a dry run only lists."""
    result, after = Result(), 0
    while not stop():
        with reading(engine) if dry_run else writing(engine) as connection:
            if not dry_run:
                counters.serialize(connection)
            rows = raw.selected(connection, selection, after, BATCH)
            if not rows:
                break
            changes = _batch(connection, rows, desk, result, keep=not dry_run)
            result.changes += [change for change in changes if change.real]
            after = rows[-1].id
    return result


@dataclass(slots=True)
class _Known:
    """What the store knows around a batch, fetched before anything is decided."""

    before: Mapping[int, ResultRow]
    of_ticket: Mapping[int, tuple[str, int]]
    thread: Mapping[int, str | None]
    open: dict[str, list[OpenTicket]]
    shown: Mapping[str, bool]
    raws: Mapping[int, ResultRow]
    edited: frozenset[int]
    restricted: frozenset[int]


def _batch(
    connection: Connection, rows: Sequence[ResultRow], desk: Desk, result: Result, *, keep: bool
) -> list[Change]:
    understood, states = _allowed(connection, rows, desk, keep=keep)
    read = {row.id: row for row in rows}
    labels = items.latest_labels(connection, list(read))
    classified = judge(understood, desk.classify, labels)
    known = _know(connection, read, classified, desk, states)
    decisions = _decide(classified, known, desk)
    classified = withhold(classified, decisions)
    _count(result, understood, classified, decisions)
    if keep:
        now = desk.clock()
        _write_items(connection, classified, decisions, known, now)
        _write_tickets(connection, classified, decisions, known, desk, now)
        _settle(connection, understood, read)
    return [_change(row, classified[row], decisions[row], known) for row in classified]


def _allowed(
    connection: Connection, rows: Sequence[ResultRow], desk: Desk, *, keep: bool
) -> tuple[list[Understood], Mapping[str, persons.State]]:
    """What may be processed, and which authors are restricted; of erased persons whatever slipped in is wiped out."""
    alive = [(row.id, raw.as_raw(row)) for row in rows if row.fingerprint != persons.ERASED]
    understood = understand(alive, desk.parse)
    states = persons.states(connection, (u.item.author_id for u in understood if u.item))
    kept = [u for u in understood if not u.item or states.get(u.item.author_id or "") != persons.ERASED]
    mine = {u.row for u in kept}
    wiped = (persons.ERASED, "done")
    gone = [row.id for row in rows if row.id not in mine and (row.fingerprint, row.state) != wiped]
    if keep and gone:
        traces.forget(connection, gone)
    return kept, states


def _know(
    connection: Connection,
    read: Mapping[int, ResultRow],
    classified: Mapping[int, Classified],
    desk: Desk,
    states: Mapping[str, persons.State],
) -> _Known:
    rows = list(classified)
    found = {row: classified[row].item for row in rows}
    parents = sorted({item.parent_id for item in found.values() if item.parent_id})
    roots = items.threads(connection, "facebook", parents)
    roots |= {i.id: _thread(i, roots) or i.id for i in found.values() if i.kind == "comment"}
    thread = {row: _thread(item, roots) for row, item in found.items()}
    keys = {t for t in thread.values() if t} | {i.post_id for i in found.values() if i.post_id}
    shown = {key: state.authors_shown for key, state in accounts.account_states(connection).items()}
    shown |= {item.account: True for item in found.values() if item.by_account}
    return _Known(
        before=items.by_row(connection, rows),
        of_ticket=tickets.of_items(connection, rows),
        thread=thread,
        open=tickets.open_in_threads(connection, sorted(keys)),
        shown=shown,
        raws=read,
        edited=_edited(connection, read, found, desk),
        restricted=frozenset(row for row, item in found.items() if states.get(item.author_id or "") == "restricted"),
    )


def _thread(item: Item, roots: Mapping[str, str]) -> str | None:
    """The conversation, or the top comment that a reply hangs under, or the post or comment itself."""
    if item.kind == "message":
        return item.conversation_id
    return roots.get(item.parent_id, item.parent_id) if item.parent_id else item.id


def _edited(
    connection: Connection, read: Mapping[int, ResultRow], found: Mapping[int, Item], desk: Desk
) -> frozenset[int]:
    """Items whose text differs from that of an older revision."""
    revised = [row for row in found if read[row].revision > 1]
    edited = set()
    for row, payload in raw.revisions(connection, revised):
        if json.loads(payload).get("message") != found[row].text:
            edited.add(row)
    return frozenset(edited)


def _decide(classified: Mapping[int, Classified], known: _Known, desk: Desk) -> dict[int, Decision]:
    """Oldest first; a ticket opened for one item is there for the next, under its item's row until it has a number."""
    decisions: dict[int, Decision] = {}
    for row in by_time(classified):
        item = classified[row].item
        keys = dict.fromkeys(key for key in (known.thread[row], item.post_id) if key)
        around = Situation(
            ticket=known.of_ticket[row][0] if row in known.of_ticket else None,
            thread=[ticket for key in keys for ticket in known.open.get(key, ())],
            deleted=known.raws[row].deleted_at is not None,
            authors_shown=known.shown.get(item.account, False),
            official=desk.official,
            restricted=row in known.restricted,
            settled=_settled(classified[row], known.before.get(row), known.raws[row]),
        )
        decision = decisions[row] = triage(classified[row], around)
        if isinstance(decision, Open) and (thread := known.thread[row]):
            provisional = OpenTicket(f"@{row}", item.author_id, decision.category, decision.urgency)
            known.open.setdefault(thread, []).append(provisional)
    return decisions


def _settled(one: Classified, before: ResultRow | None, read: ResultRow) -> bool:
    """Whether the very same reading was decided before and stayed outside of tickets."""
    if before is None or before.decision not in ("ignore", "review"):
        return False
    return bool(before.revision == read.revision) and items.verdict_of(before) == one.verdict


def _name(decision: Decision) -> str:
    return type(decision).__name__.lower()


def _write_items(
    connection: Connection,
    classified: Mapping[int, Classified],
    decisions: Mapping[int, Decision],
    known: _Known,
    now: datetime,
) -> None:
    written, verdicts = [], []
    for row, one in classified.items():
        read, before = known.raws[row], known.before.get(row)
        stands = row in known.of_ticket and before is not None  # what put it into its ticket remains the reason
        said = RESTRICTED in (decisions[row].reason, before.reason if before else "")
        kept = items.Kept(
            thread_id=known.thread[row],
            edited=row in known.edited or bool(before and before.edited),
            deleted=read.deleted_at is not None,
            revision=read.revision,
            model=one.verdict.model if one.verdict else None,
            decision=before.decision if stands and before else _name(decisions[row]),
            reason=before.reason if stands and before and not said else decisions[row].reason,
        )
        written.append((row, one.item, kept))
        if one.verdict:
            verdicts.append((row, read.revision, one.verdict))
    items.write(connection, written)
    items.write_verdicts(connection, verdicts, now)
    for account in {one.item.account for one in classified.values() if one.item.by_account}:
        accounts.set_account(connection, account, authors_shown=True)


def _write_tickets(
    connection: Connection,
    classified: Mapping[int, Classified],
    decisions: Mapping[int, Decision],
    known: _Known,
    desk: Desk,
    now: datetime,
) -> None:
    drafts = [_draft(row, classified[row].item, d, desk) for row, d in decisions.items() if isinstance(d, Open)]
    numbers = tickets.open_tickets(connection, drafts, now, desk.deadline)
    facts = []
    for row, decision in decisions.items():
        if isinstance(decision, Append) and row not in known.of_ticket:
            number = numbers[int(decision.number[1:])] if decision.number.startswith("@") else decision.number
            facts.append((number, row, decision.reason))
    tickets.append(connection, facts, now)
    for row, (number, position) in known.of_ticket.items():
        _update(connection, number, position, row, classified[row], known, desk, now)


def _draft(row: int, item: Item, decision: Open, desk: Desk) -> tickets.Draft:
    place = desk.find_place(item.text or "")
    return tickets.Draft(
        item=row,
        urgency=decision.urgency,
        category=decision.category,
        agency=desk.route(decision.category, place),
        summary=summary_of(item.text or ""),
        account=item.account,
        reporter_id=item.author_id,
        place=place,
        permalink=item.permalink,
        reason=decision.reason,
    )


def _update(
    connection: Connection,
    number: str,
    position: int,
    row: int,
    one: Classified,
    known: _Known,
    desk: Desk,
    now: datetime,
) -> None:
    """An item that is part of a ticket was read or judged anew: its deletion and new meaning are facts of the ticket."""
    before, read = known.before.get(row), known.raws[row]
    if before is None:
        return
    if read.deleted_at is not None and not before.deleted:
        tickets.note(connection, number, "source_deleted", {"item": one.item.id}, now)
    if position == 0 and one.verdict and one.label is None and not read.deleted_at:
        values: dict[str, Any] = {"summary": summary_of(one.item.text or "")}
        if one.verdict.is_complaint:
            place = desk.find_place(one.item.text or "")
            values |= {"category": one.verdict.category, "urgency": one.verdict.urgency}
            values |= {"agency": desk.route(one.verdict.category, place)}
        tickets.refresh(connection, number, values, now, desk.deadline)


def _settle(connection: Connection, understood: Sequence[Understood], read: Mapping[int, ResultRow]) -> None:
    outcomes = [(u.row, read[u.row].revision, "done" if u.item else "quarantined", u.reason) for u in understood]
    raw.settle(connection, outcomes)


def _change(row: int, one: Classified, decision: Decision, known: _Known) -> Change:
    before = known.before.get(row)
    old = (before.decision, items.verdict_of(before)) if before is not None else None
    name = _name(decision)
    if old and row in known.of_ticket:
        name = old[0]
    return Change(one.item.id, old, (name, one.verdict))


def _count(
    result: Result,
    understood: Sequence[Understood],
    classified: Mapping[int, Classified],
    decisions: Mapping[int, Decision],
) -> None:
    result.add("items", len(understood))
    result.add("quarantined", sum(u.item is None for u in understood))
    for row, decision in decisions.items():
        result.add(_name(decision))
        verdict = classified[row].verdict
        if verdict and verdict.is_complaint:
            result.add("complaints")
        if verdict and verdict.urgency == "mendesak":
            result.add("urgent")
