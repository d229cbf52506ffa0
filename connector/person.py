"""A citizen's rights under UU PDP 27/2022: a copy of what is stored of him, to be forgotten, not to be processed.

The controller answers within 3×24 hours (art. 32, 41; erasure art. 43, 44). Each verb works in batches, each in its own
transaction: after any stop, the same command finishes what is left, and once finished changes nothing.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from .errors import Misuse, NotFound
from .export import item_record, raw_record, reply_record, ticket_record, verdict_record, zulu
from .platforms.facebook.parse import author_of, usable_id
from .store import accounts, counters, history, items, likeness, persons, raw, replies, tickets, traces
from .store.engine import reading, writing
from .store.history import MACHINE
from .store.traces import Trace

BATCH = 100
STAFF = "petugas"
NOTES = (
    "reports, exports and backups made before are out of reach: destroy or mend them; train anew if he was labelled",
    "alarms that went out about his tickets are on the phones that rang: have them deleted there",
    "what others wrote about him, and the account to him, stays with his name in it: look for it in `ntbcare export items`",
    "what he left on Facebook stays there; another machine that imported from this one must erase him too",
)
SERVER_NOTE = (
    "the rows are overwritten; what the database server keeps of older ones (dead rows, logs, replicas, backups) "
    "is yours to clear"
)


@dataclass(slots=True)
class Done:
    """What a verb did, in numbers, and one line for each thing that it could not do."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """Whose request is carried out on which store, by whom of the staff; `stop` ends it between two batches."""

    engine: Engine
    authors: Sequence[str]
    who: str
    clock: Callable[[], datetime]
    stop: Callable[[], bool] = lambda: False


def request(engine: Engine, authors: Sequence[str], who: str, clock: Any, stop: Any = lambda: False) -> Request:
    """A request with its ids checked. Raises Misuse for one that is no id, or belongs to an account: that is no citizen."""
    with reading(engine) as connection:
        ours = {official: key for key, official in accounts.external_ids(connection).items()}
    for author in authors:
        if usable_id(author) is None:
            raise Misuse(f"--author {author}: expected an id, as in author_id of `ntbcare export items`")
        if author in ours:
            raise Misuse(f"--author {author}: that is the account {ours[author]} itself, not a citizen")
    return Request(engine, tuple(dict.fromkeys(authors)), who, clock, stop)


def erase(asked: Request) -> Done:
    """Forgets persons and never reads them in again (art. 8, 43, 44). What stays tells of nobody: see `traces`."""
    done, many = Done(), {"authors": len(asked.authors)}
    with writing(asked.engine) as connection:
        counters.serialize(connection)
        done.counts["persons"] = persons.register(connection, asked.authors, persons.ERASED, asked.clock())
        replies.forget(connection, authors=asked.authors)
        persons.record(connection, asked.who, "erase begun", many, asked.clock())
    _erase_tickets(asked, done)
    for source in traces.SOURCES:
        _erase_items(asked, source, done)
    if asked.stop():
        done.failures.append("stopped before the end: run the same command again; until then he is not forgotten")
        return done
    with writing(asked.engine) as connection:
        persons.record(connection, asked.who, "erase", many | done.counts, asked.clock())
    if hindered := traces.compact(asked.engine):
        done.failures.append(
            f"the file still holds old bytes ({hindered}): stop the daemon, run the same command again"
        )
    done.notes = NOTES if asked.engine.dialect.name == "sqlite" else (SERVER_NOTE, *NOTES)
    return done


def _erase_tickets(asked: Request, done: Done) -> None:
    while not asked.stop():
        with writing(asked.engine) as connection:
            counters.serialize(connection)
            rows = traces.tickets_of(connection, asked.authors, 0, BATCH)
            traces.forget_tickets(connection, [row.id for row in rows], asked.clock())
        done.counts["tickets"] += len(rows)
        if not rows:
            return


def _erase_items(asked: Request, source: traces.Source, done: Done) -> None:
    """Looks for the next batch while others may write, then wipes it out while they may not."""
    after = 0
    while not asked.stop():
        with reading(asked.engine) as connection:
            ids = source(connection, asked.authors, after, BATCH)
        if not ids:
            return
        after = ids[-1]
        with writing(asked.engine) as connection:
            counters.serialize(connection)
            found = traces.read(connection, ids)
            mine = [trace.row.id for trace in found if _his(trace, asked.authors)]
            others = [trace for trace in found if trace.row.id not in mine]
            counts = {"mentions": traces.unname(connection, others, asked.authors)}
            counts |= traces.forget(connection, mine, asked.clock())
        done.counts.update(counts)


def _his(trace: Trace, authors: Sequence[str]) -> bool:
    payloads = [trace.row.payload, *(r.payload for r in trace.revisions)]
    return trace.author_id in authors or any(author_of(json.loads(p)) in authors for p in payloads)


def restrict(asked: Request) -> Done:
    """Stops all processing but storage (art. 11, 41), save where a life is in danger (art. 20(2)d).

    The caller processes what is pending afterwards: that takes verdicts and words out of the items.
    """
    done = Done()
    with writing(asked.engine) as connection:
        counters.serialize(connection)
        states = persons.states(connection, asked.authors)
        done.counts["persons"] = persons.register(connection, asked.authors, "restricted", asked.clock())
    done.failures = [f"{a}: is erased already; nothing of him is left to restrict" for a in states if _gone(states, a)]
    _each_ticket(asked, done, persons.withhold, "restricted")
    _awaken(asked, done)
    _record(asked, done, "restrict")
    return done


def release(asked: Request) -> Done:
    """Lifts a restriction; the caller then processes what is pending, and the items are as any other."""
    done = Done()
    with writing(asked.engine) as connection:
        counters.serialize(connection)
        states = persons.states(connection, asked.authors)
        done.counts["persons"] = persons.release(connection, asked.authors)
    done.failures = [f"{a}: is erased, which cannot be taken back" for a in states if _gone(states, a)]
    _each_ticket(asked, done, persons.restore, "released")
    _awaken(asked, done)
    _record(asked, done, "release")
    return done


def _gone(states: Mapping[str, persons.State], author: str) -> bool:
    return states[author] == persons.ERASED


def _each_ticket(asked: Request, done: Done, change: Callable[..., list[str]], what: str) -> None:
    while not asked.stop():
        with writing(asked.engine) as connection:
            counters.serialize(connection)
            numbers = change(connection, asked.authors, BATCH)
            for number in numbers:
                tickets.note(connection, number, what, {}, asked.clock(), asked.who)
        done.counts["tickets"] += len(numbers)
        if not numbers:
            return


def _awaken(asked: Request, done: Done) -> None:
    after = 0
    while not asked.stop():
        with writing(asked.engine) as connection:
            ids = traces.in_items(connection, asked.authors, after, BATCH)
            raw.awaken(connection, ids)
        done.counts["items"] += len(ids)
        if not ids:
            return
        after = ids[-1]


def _record(asked: Request, done: Done, what: str) -> None:
    if asked.stop():
        done.failures.append("stopped before the end: run the same command again")
        return
    with writing(asked.engine) as connection:
        counts = {"authors": len(asked.authors)} | done.counts
        persons.record(connection, asked.who, what, counts, asked.clock())


def copy(asked: Request) -> Iterator[str]:
    """All that is stored of persons as one JSON document, piece by piece (art. 7, 32).

    Raises NotFound, before the first piece, when there is nothing. What others wrote or reported is not his to have: of
    tickets that he only supports he gets number and state; staff are not named.
    """
    counts: Counter[str] = Counter()
    with reading(asked.engine) as connection:
        states = persons.states(connection, asked.authors)
        known = bool(states) or persons.known(connection, asked.authors)
        if not known and next(_found(connection, asked.authors), None) is None:
            raise NotFound(f"{', '.join(asked.authors)}: nothing is stored of this person")
        told = {a: {"state": s, "since": zulu(persons.since(connection, a))} for a, s in states.items()}
        head = {"authors": list(asked.authors), "exported_at": zulu(asked.clock()), "requests": told}
        yield json.dumps(head)[:-1] + ', "items": ['
        held: dict[str, bool] = {}
        yield from _listed(_item_records(connection, asked.authors, held), counts, "items")
        yield '\n], "tickets": ['
        yield from _listed(_ticket_records(connection, asked.authors, held), counts, "tickets")
        yield "\n]}\n"
    with writing(asked.engine) as connection:
        persons.record(connection, asked.who, "export", {"authors": len(asked.authors)} | counts, asked.clock())


def _listed(records: Iterator[Mapping[str, Any]], counts: Counter[str], name: str) -> Iterator[str]:
    for record in records:
        yield (",\n" if counts[name] else "\n") + json.dumps(record, separators=(",", ":"))
        counts[name] += 1


def _found(connection: Connection, authors: Sequence[str]) -> Iterator[list[Trace]]:
    """His items, batch by batch, each under the first source that leads to it."""
    for n, source in enumerate(traces.SOURCES):
        after = 0
        while ids := source(connection, authors, after, BATCH):
            after = ids[-1]
            mine = [t for t in traces.read(connection, ids) if _his(t, authors) and _first(t, authors) == n]
            if mine:
                yield mine


def _first(trace: Trace, authors: Sequence[str]) -> int:
    if any(json.dumps(author)[1:-1] in trace.row.payload for author in authors):
        return 0
    return 1 if trace.author_id in authors else 2


def _item_records(connection: Connection, authors: Sequence[str], held: dict[str, bool]) -> Iterator[dict[str, Any]]:
    """Each item with all its revisions, verdicts and labels; notes in `held` which tickets it is in, and which began with it."""
    for found in _found(connection, authors):
        ids = [trace.row.id for trace in found]
        for number, position in tickets.of_items(connection, ids).values():
            held[number] = held.get(number, False) or position == 0
        understood, (verdicts, labels) = items.by_row(connection, ids), traces.said_of(connection, ids)
        answers = replies.of_items(connection, ids)
        numbers = likeness.numbers_of(connection, ids)
        for row, older in ((t.row, t.revisions) for t in found):
            yield raw_record(row, older) | {
                "item": item_record(understood[row.id]) if row.id in understood else None,
                "likeness": numbers.get(row.id, []),
                "verdicts": [verdict_record(v) | {"at": zulu(v.at)} for v in verdicts if v.item_id == row.id],
                "labels": [_label_record(s) for s in labels if s.item_id == row.id],
                "answers": [reply_record(a) for a in answers if a.item_id == row.id],
            }


def _label_record(row: Any) -> dict[str, Any]:
    """What was noted of an item as a person's word: its values, which of them he `said`, and of which revision's words."""
    values = {"kind": row.kind, "category": row.category, "urgency": row.urgency}
    said = list(values) if row.said is None else row.said
    return values | {"said": said, "revision": row.revision, "at": zulu(row.at)}


def _ticket_records(connection: Connection, authors: Sequence[str], held: dict[str, bool]) -> Iterator[dict[str, Any]]:
    after = 0
    while rows := traces.tickets_of(connection, authors, after, BATCH):
        after = rows[-1].id
        for row in rows:
            held.pop(row.number, None)
            yield _whole(connection, row)
    for number, first in held.items():
        row = tickets.get(connection, number)
        brief = {k: getattr(row, k) for k in ("number", "status", "category", "urgency")}
        mine = first and row.reporter_id is None
        yield _whole(connection, row) if mine else {**brief, "opened_at": zulu(row.opened_at), "supported": True}


def _whole(connection: Connection, row: Any) -> dict[str, Any]:
    return ticket_record(tickets.as_ticket(row, tickets.source_ids(connection, [row.id]).get(row.id, ()))) | {
        "withheld": row.withheld,
        "history": [
            {"at": zulu(e.at), "who": e.who if e.who == MACHINE else STAFF, "what": e.what, "data": e.data}
            for e in history.events_of(connection, row.id)
        ],
    }
