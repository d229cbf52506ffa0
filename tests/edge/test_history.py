"""A ticket's history on three databases: append-only, chained, tampering found, words forgotten without breaking it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, select, text, update

from connector import casework
from connector.errors import Conflict
from connector.records import Place
from connector.store import history, merging, migrate, tickets
from connector.store.engine import open_store, reading, writing
from connector.store.schema import ticket_events, ticket_items
from connector.store.schema import tickets as ticket_table

T0 = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
CANARY = "Inaq Sumiati, NIK 5201 \ud800 \0"
E = ticket_events.c


def opened(engine: Engine, count: int = 1) -> list[str]:
    """Fresh tickets, each by another reporter."""
    drafts = [
        tickets.Draft(
            None, "biasa", "listrik", "pln", f"lampu {n}", "manual", f"700{n}", Place(), None, f"kata {CANARY}", "Ani"
        )
        for n in range(count)
    ]
    with writing(engine) as connection:
        return [
            tickets.open_tickets(connection, [draft], T0, lambda at, _: at + timedelta(days=2))[None]
            for draft in drafts
        ]


def move(engine: Engine, number: str, status: str, reason: str = "", **more: Any) -> None:
    casework.move(engine, number, status, who="Ani", reason=reason, now=T0, **more)


def faults(engine: Engine, numbers: Sequence[str] = ()) -> list[str]:
    with reading(engine) as connection:
        return list(history.faults(connection, numbers))


def lived(engine: Engine) -> str:
    """A ticket with a history of six events."""
    number = opened(engine)[0]
    move(engine, number, "ditindaklanjuti")
    move(engine, number, "tuntas", f"sudah diperbaiki, kata {CANARY}")
    move(engine, number, "ditindaklanjuti", "belum")
    move(engine, number, "ditolak", f"bukan wewenang: {CANARY}")
    with writing(engine) as connection:
        tickets.note(connection, number, "noted", {"text": CANARY}, T0, "Ani")
    return number


def test_a_history_says_who_did_what_when_and_why_and_holds(engine: Engine) -> None:
    number = lived(engine)
    with reading(engine) as connection:
        row = tickets.get(connection, number)
        told = history.events_of(connection, row.id)
        bare = history.events_of(connection, row.id, words=False)
    assert [e.what for e in told] == ["opened", "moved", "moved", "reopened", "moved", "noted"]
    assert told[4].who == "Ani" and told[4].at == T0 and told[4].data is not None
    assert told[4].data["reason"] == f"bukan wewenang: {CANARY}" and told[4].data["ground"] == "bukan wewenang"
    assert told[4].data["status"] == ["ditindaklanjuti", "ditolak"]
    assert CANARY not in str(bare) and bare[4].data and bare[4].data["ground"] == "bukan wewenang"
    assert row.events == 6 and faults(engine) == []


TAMPERED: dict[str, Any] = {
    "a word": update(ticket_events).where(E.n == 5).values(words={"reason": "kurang data"}),
    "words put in": update(ticket_events).where(E.n == 2).values(words={"reason": "kurang data"}),
    "a word taken away": update(ticket_events).where(E.n == 3).values(words=None),
    "words and salt taken away": update(ticket_events).where(E.n == 3).values(words=None, salt=None),
    "a fact": update(ticket_events).where(E.n == 2).values(data={"status": ["diterima", "tuntas"]}),
    "who": update(ticket_events).where(E.n == 4).values(who="Budi"),
    "when": update(ticket_events).where(E.n == 1).values(at=T0 + timedelta(microseconds=1)),
    "what": update(ticket_events).where(E.n == 6).values(what="answered"),
    "the first": delete(ticket_events).where(E.n == 1),
    "the middle": delete(ticket_events).where(E.n == 3),
    "the newest": delete(ticket_events).where(E.n == 6),
    "all": delete(ticket_events),
    "the hash": update(ticket_events).where(E.n == 6).values(hash="0" * 64),
    "the seal": update(ticket_events).where(E.n == 1).values(hash=None),
    "the order": update(ticket_events).where(E.n == 4).values(n=5),
    "the state": update(ticket_table).values(status="tuntas"),
    "the head": update(ticket_table).values(head=None),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_tampered_with_or_missing_is_found(sqlite_engine: Engine, what: str) -> None:
    number, other = lived(sqlite_engine), opened(sqlite_engine)[0]
    mine = select(ticket_table.c.id).where(ticket_table.c.number == number).scalar_subquery()
    change = TAMPERED[what]
    key = ticket_table.c.id if change.table is ticket_table else E.ticket_id
    with writing(sqlite_engine) as connection:
        connection.execute(change.where(key == mine))
    found = faults(sqlite_engine)
    assert len(found) == 1 and found[0].startswith(f"{number}: ")
    assert faults(sqlite_engine, [number]) == found and faults(sqlite_engine, [other]) == []


def test_a_whole_ticket_that_is_missing_is_found(engine: Engine) -> None:
    first, second, third, fourth = opened(engine, 4)
    with writing(engine) as connection:
        for number in (second, fourth):
            row = tickets.get(connection, number).id
            connection.execute(delete(ticket_events).where(E.ticket_id == row))
            connection.execute(delete(ticket_items).where(ticket_items.c.ticket_id == row))
            connection.execute(delete(ticket_table).where(ticket_table.c.id == row))
    assert faults(engine) == [f"{number}: the whole ticket is missing" for number in (second, fourth)]
    assert faults(engine, [first, third]) == []


def test_an_event_that_was_put_in_or_taken_from_another_ticket_is_found(engine: Engine) -> None:
    first, second = opened(engine, 2)
    move(engine, first, "ditindaklanjuti")
    with writing(engine) as connection:
        row = dict(connection.execute(select(ticket_events).where(E.n == 2)).one()._mapping)
        other = tickets.get(connection, second).id
        connection.execute(insert(ticket_events).values(**{**row, "id": row["id"] + 100, "ticket_id": other}))
        connection.execute(update(ticket_table).where(ticket_table.c.id == other).values(events=2, head=row["hash"]))
    assert [f.split(":")[0] for f in faults(engine)] == [second]


def test_erasing_takes_the_words_and_the_chain_holds(engine: Engine) -> None:
    number, other = lived(engine), lived(engine)
    with writing(engine) as connection:
        row = tickets.get(connection, number)
        history.redact(connection, [row.id], T0)
        history.redact(connection, [row.id], T0)  # once more changes nothing
    with reading(engine) as connection:
        stored = str(list(connection.execute(select(ticket_events).where(E.ticket_id == row.id))))
        told = history.events_of(connection, row.id)
    assert "Sumiati" not in stored and "bukan wewenang" in stored
    assert [e.what for e in told].count("redacted") == 1 and len(told) == 7
    assert faults(engine) == []
    move(engine, number, "ditindaklanjuti")
    assert faults(engine) == []
    with writing(engine) as connection:  # what is erased cannot be filled in again, nor another's be taken for erased
        connection.execute(update(ticket_events).where(E.ticket_id == row.id, E.n == 3).values(words={"a": 1}))
        taken = tickets.get(connection, other).id
        connection.execute(update(ticket_events).where(E.ticket_id == taken, E.n == 3).values(words=None, salt=None))
    assert len(faults(engine)) == 2


OLD = """INSERT INTO tickets (number, status, urgency, category, agency, summary, account, opened_at)
VALUES ('NTB-2026-000001', 'diterima', 'biasa', 'listrik', 'pln', 'lampu', 'manual', :at)"""


def test_events_from_before_the_chain_are_counted_and_carried_on(engine: Engine) -> None:
    migrate.migrate(engine, "0003")
    with writing(engine) as connection:
        connection.execute(text(OLD), {"at": "2026-11-24 01:00:00.000000"})
        key = connection.scalars(select(ticket_table.c.id)).one()
        for data in ({"reason": "pengaduan"}, {"reason": CANARY}):
            who = "mesin" if data["reason"] == "pengaduan" else "Ani"
            connection.execute(insert(ticket_events).values(ticket_id=key, at=T0, who=who, what="opened", data=data))
    migrate.migrate(engine)
    assert faults(engine) == []
    move(engine, "NTB-2026-000001", "ditindaklanjuti")
    assert faults(engine) == []
    with reading(engine) as connection:
        assert CANARY not in str(history.events_of(connection, key, words=False))
    with writing(engine) as connection:
        history.redact(connection, [key], T0)
    with reading(engine) as connection:
        assert "Sumiati" not in str(history.events_of(connection, key))
    assert faults(engine) == []
    with writing(engine) as connection:
        connection.execute(delete(ticket_events).where(E.n.is_(None), E.who == "Ani"))
    assert len(faults(engine)) == 1


def test_a_move_from_outside_names_the_version_it_saw(engine: Engine) -> None:
    number = opened(engine)[0]
    move(engine, number, "ditindaklanjuti", version=1)
    with pytest.raises(Conflict, match=f"{number}: is at version 2, not 1"):
        move(engine, number, "tuntas", version=1)
    move(engine, number, "tuntas", version=2)
    assert faults(engine) == []


def test_many_at_once_one_wins_and_no_event_is_lost(engine: Engine, store_url: str) -> None:
    number = opened(engine)[0]
    engines = [open_store(store_url) for _ in range(4)]

    def one(own: Engine) -> int:
        with writing(own) as connection:
            for _ in range(5):
                tickets.note(connection, number, "noted", {"text": "a"}, T0, "Ani")
        try:
            move(own, number, "ditindaklanjuti", version=1)
        except Conflict:
            return 0
        return 1

    with ThreadPoolExecutor(4) as pool:
        won = sum(pool.map(one, engines))
    for own in engines:
        own.dispose()
    with reading(engine) as connection:
        row = tickets.get(connection, number)
        kinds = [e.what for e in history.events_of(connection, row.id)]
    assert won == 1 and kinds.count("noted") == 20 and kinds.count("moved") == 1 and faults(engine) == []


def test_a_merge_is_taken_back_whole(engine: Engine) -> None:
    first, second, third = opened(engine, 3)
    move(engine, second, "ditindaklanjuti")
    with writing(engine) as connection:
        merging.merge(connection, second, first, "Ani", T0)
        with pytest.raises(Conflict, match="merged already"):
            merging.merge(connection, second, first, "Ani", T0)
        merging.merge(connection, first, third, "Ani", T0)
        assert tickets.get(connection, third).supporters == 3
        with pytest.raises(Conflict, match="first take"):
            merging.unmerge(connection, second, "Ani", T0)
        assert merging.unmerge(connection, first, "Ani", T0) == third
        assert merging.unmerge(connection, second, "Ani", T0) == first
        with pytest.raises(Conflict, match="not merged"):
            merging.unmerge(connection, second, "Ani", T0)
        rows = [tickets.get(connection, number) for number in (first, second, third)]
    assert [(r.status, r.merged_into, r.closed_at, r.supporters) for r in rows] == [
        ("diterima", None, None, 1),
        ("ditindaklanjuti", None, None, 1),
        ("diterima", None, None, 1),
    ]
    assert faults(engine) == []
