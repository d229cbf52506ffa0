"""Raw items become tickets: read what is known in bulk, run the pure pipeline, write in bulk, all in one transaction.

Never touches the network. The same code serves what a poll landed, a replay and an import.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from ..pipeline import Understood, judge, remembered, silent, understand, withhold
from ..records import Classified, Decision
from ..store import counters, items, persons, raw, traces
from ..store.engine import reading, writing
from ..store.raw import ResultRow
from .facts import Change, Desk, Result, name_of
from .keeping import Decided, write
from .known import Known, decide, heard, know, revisions, steady, words_above

__all__ = ["BATCH", "Change", "Desk", "Result", "process_pending", "replay"]

BATCH, LEAST, MOST = 250, 50, 1_000
HELD, UNHURRIED = timedelta(seconds=0.15), timedelta(seconds=0.4)
"""What is urgent waits for the batch before it: so long may that last on any machine and database. Small ones cost more: a
verb, which only keeps others waiting, takes longer ones."""


def process_pending(
    engine: Engine,
    desk: Desk,
    stop: Callable[[], bool] = lambda: False,
    kept: Callable[[], None] = lambda: None,
    *,
    oldest_first: bool = False,
) -> Result:
    """Processes all that was landed and not yet processed, batch by batch, each in its own transaction; `kept` after each.

    `oldest_first`, once all is landed: what becomes of an item then does not hang on where a batch happened to end.
    """
    result, size, more = Result(), BATCH, True
    ahead: Sequence[int] = ()
    while more and not stop():
        with writing(engine) as connection:
            counters.serialize(connection)
            began = desk.clock()
            if oldest_first:
                rows, ahead = raw.oldest(connection, size, ahead)
            else:
                rows = raw.pending(connection, size)
            if rows:
                _batch(connection, rows, desk, result, keep=True)
            more = bool(rows) and (len(rows) == size or raw.any_pending(connection))
        if len(rows) == size:
            size = fitting(size, desk.clock() - began, UNHURRIED if oldest_first else HELD)
        if rows:
            kept()
    return result


def fitting(count: int, took: timedelta, wanted: timedelta = HELD) -> int:
    """How many items a batch may have where `count` of them took so long, if one is to last as `wanted`."""
    return max(LEAST, min(MOST, int(count * wanted / took))) if took else MOST


def replay(
    engine: Engine,
    desk: Desk,
    selection: raw.Selection,
    *,
    dry_run: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Result:
    """Processes stored items again. `result.changes` lists what differs; a dry run only lists."""
    result, after, size = Result(), 0, BATCH
    while not stop():
        with reading(engine) if dry_run else writing(engine) as connection:
            if not dry_run:
                counters.serialize(connection)
            began = desk.clock()
            rows = raw.selected(connection, selection, after, size)
            if not rows:
                break
            done = _batch(connection, rows, desk, result, keep=not dry_run)
            result.changes += [change for change in done() if change.real]
            after = rows[-1].id
        size = fitting(len(rows), desk.clock() - began, UNHURRIED)
    return result


def _batch(
    connection: Connection, rows: Sequence[ResultRow], desk: Desk, result: Result, *, keep: bool
) -> Callable[[], list[Change]]:
    """Processes one batch; what it returns tells, if asked, what differs from before."""
    read = {row.id: row for row in rows}
    before = items.by_row(connection, list(read))
    understood, states = _allowed(connection, rows, before, desk, keep=keep)
    labels = items.latest_labels(connection, list(read))
    judged = steady(judge(understood, desk.classify, labels, words_above(connection, understood)), before, read)
    classified = heard(connection, judged, read, desk)
    known = know(connection, read, classified, before, desk, states)
    decisions = decide(classified, known, desk)
    classified = withhold(classified, decisions)
    _count(result, understood, classified, decisions)
    if keep:
        write(Decided(connection, classified, decisions, known, desk, desk.clock()))
        _settle(connection, understood, read)
    return lambda: [_change(row, classified[row], decisions[row], known) for row in classified]


def _allowed(
    connection: Connection, rows: Sequence[ResultRow], before: Mapping[int, ResultRow], desk: Desk, *, keep: bool
) -> tuple[list[Understood], Mapping[str, persons.State]]:
    """What may be processed, and which authors are restricted; of erased persons whatever slipped in is wiped out."""
    alive = [(row.id, raw.as_raw(row)) for row in rows if row.fingerprint != persons.ERASED]
    understood = understand(alive, desk.parse)
    earlier = _earlier(connection, understood, {row.id: row for row in rows}, before, desk)
    understood = [remembered(u, earlier.get(u.row, ())) for u in understood]
    states = persons.states(connection, (u.item.author_id for u in understood if u.item))
    kept = [u for u in understood if not u.item or states.get(u.item.author_id or "") != persons.ERASED]
    mine = {u.row for u in kept}
    wiped = (persons.ERASED, "done")
    gone = [row.id for row in rows if row.id not in mine and (row.fingerprint, row.state) != wiped]
    if keep and gone:
        traces.forget(connection, gone, desk.clock())
    return kept, states


def _earlier(
    connection: Connection,
    understood: Sequence[Understood],
    read: Mapping[int, ResultRow],
    before: Mapping[int, ResultRow],
    desk: Desk,
) -> dict[int, list[Any]]:
    """Of items that show no author or say nothing: the same as it is stored, then its earlier revisions, latest first."""
    mute = [u.row for u in understood if u.item and (u.item.author_id is None or silent(u.item))]
    found: dict[int, list[Any]] = {row: [before[row]] if row in before else [] for row in mute}
    for row, sent in revisions(connection, [row for row in mute if read[row].revision > 1], read, desk).items():
        found[row] += reversed(sent)
    return found


def _settle(connection: Connection, understood: Sequence[Understood], read: Mapping[int, ResultRow]) -> None:
    rows = [(read[u.row], _state(u), u.reason) for u in understood]
    raw.settle(connection, [(row.id, row.revision, row.deleted_at is not None, into, why) for row, into, why in rows])


def _state(one: Understood) -> str:
    return "done" if one.item else raw.BARE if one.out_of_sight else "quarantined"


def _change(row: int, one: Classified, decision: Decision, known: Known) -> Change:
    before = known.before.get(row)
    old = (before.decision, items.verdict_of(before)) if before is not None else None
    name = name_of(decision)
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
    result.add("quarantined", sum(_state(u) == "quarantined" for u in understood))
    result.add(raw.BARE, sum(u.out_of_sight for u in understood))
    for row, decision in decisions.items():
        result.add(name_of(decision))
        verdict = classified[row].verdict
        if verdict and verdict.is_complaint:
            result.add("complaints")
        if verdict and verdict.urgency == "mendesak":
            result.add("urgent")
