"""One ticket for what many say, on three databases: joined, counted, flagged, split off, merged, forgotten."""

from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from connector import casework, person, process
from connector.duplicates import COPIED
from connector.errors import Conflict, NotFound
from connector.platforms.facebook.parse import raw_message
from connector.records import RawItem
from connector.report.gather import lists_of, names_of
from connector.settings import load_routing
from connector.store import likeness, merging, raw, tickets
from connector.store.engine import reading, writing
from connector.store.schema import likeness as likeness_table
from connector.store.summary import Window
from tests.edge.test_store_process import ACCOUNT, T0, clock, comment, desk, dump, items_of, land, tickets_of

ROAD = "Jalan di Dusun Tojong Ojong Batukliang rusak, anak sekolah jatuh terus, mohon dinas segera memperbaiki"
OTHER_ROAD = ROAD.replace("Tojong Ojong", "Gunung Paok")


def work(engine: Engine, *batch: RawItem, **changes: Any) -> None:
    land(engine, *batch)
    process.process_pending(engine, desk(**changes))


def held(engine: Engine) -> list[tuple[list[str], int]]:
    """What each ticket holds, and how many stand behind it."""
    return [(t["source_ids"], t["supporters"]) for t in tickets_of(engine) if not t["merged_into"]]


def test_the_same_words_by_many_are_one_ticket_whoever_comes_first_and_however_they_come(engine: Engine) -> None:
    pasted = raw_message(
        ACCOUNT, "t_9", {"id": "m_1", "message": ROAD, "created_time": T0.isoformat(), "from": {"id": "9", "name": "x"}}
    )
    work(engine, comment("1_1", ROAD, "71"), comment("1_2", OTHER_ROAD, "72", 1), comment("2_1", ROAD, "73", 2))
    work(engine, comment("3_1", f"Assalamualaikum pak gub. {ROAD}!!", "74", 3), pasted, comment("4_1", ROAD, None, 4))
    assert held(engine) == [(["1_1", "2_1", "m_1", "3_1", "4_1"], 4), (["1_2"], 1)]
    stored = items_of(engine)
    assert (stored["2_1"]["decision"], stored["2_1"]["reason"]) == ("append", COPIED)
    assert stored["3_1"]["reason"] == COPIED  # a greeting says nothing


def test_one_person_everywhere_is_one_supporter(engine: Engine) -> None:
    work(engine, *(comment(f"{n}_1", ROAD, "71", n) for n in range(1, 5)), comment("9_1", ROAD, "72", 9))
    work(engine, comment("9_2", ROAD, "72", 10), comment("9_3", ROAD, "73", 11))
    assert held(engine) == [([*(f"{n}_1" for n in range(1, 5)), "9_1", "9_2", "9_3"], 3)]


def test_an_emergency_opens_its_own_ticket_beside_one_that_may_wait(engine: Engine) -> None:
    work(engine, comment("1_1", ROAD, "71"), comment("2_1", f"TOLONG {ROAD}", "72", 1))
    work(engine, comment("3_1", f"TOLONG {ROAD}", "73", 2), comment("4_1", ROAD, "74", 3))
    assert [(t["urgency"], t["supporters"]) for t in tickets_of(engine)] == [("biasa", 1), ("mendesak", 3)] or [
        (t["urgency"], t["supporters"]) for t in tickets_of(engine)
    ] == [("biasa", 2), ("mendesak", 2)]


def test_a_supporter_who_makes_it_urgent_raises_the_ticket(engine: Engine) -> None:
    work(engine, comment("1_1", ROAD, "71"), comment("2_1", ROAD, "72", 1))
    work(engine, comment("2_1", f"TOLONG {ROAD}", "72", 1))
    assert [t["urgency"] for t in tickets_of(engine)] == ["mendesak"]
    before = dump(engine)
    assert process.replay(engine, desk(), raw.Selection()).changes == [] and dump(engine) == before


def test_a_replay_changes_nothing_and_an_edit_is_found_by_its_new_words(engine: Engine) -> None:
    work(engine, comment("1_1", ROAD, "71"), comment("2_1", ROAD, "72", 1), comment("3_1", OTHER_ROAD, "73", 2))
    before = dump(engine)
    assert process.replay(engine, desk(), raw.Selection(), dry_run=True).changes == []
    assert process.replay(engine, desk(), raw.Selection()).changes == [] and dump(engine) == before
    moved = ROAD.replace("Tojong Ojong", "Lendang Beso")
    work(engine, comment("1_1", moved, "71"))
    work(engine, comment("4_1", moved, "74", 4), comment("5_1", ROAD, "75", 5))
    assert [source for source, _ in held(engine)] == [["1_1", "2_1", "4_1"], ["3_1"], ["5_1"]]


def test_closed_tickets_take_nobody_in(engine: Engine) -> None:
    work(engine, comment("1_1", ROAD, "71"))
    casework.move(engine, "NTB-2026-000001", "ditolak", who="Ani", reason="bukan wewenang", now=T0)
    work(engine, comment("2_1", ROAD, "72", 1))
    assert [source for source, _ in held(engine)] == [["1_1"], ["2_1"]]


def test_what_staff_split_off_stays_apart_and_draws_its_own_kind(engine: Engine) -> None:
    work(engine, comment("1_1", ROAD, "71"), *(comment(f"{n}_1", ROAD, f"7{n}", n) for n in (2, 3, 4)))
    made = casework.split(engine, "NTB-2026-000001", ["3_1", "4_1", "3_1"], who="Ani", desk=desk(), clock=clock)
    assert held(engine) == [(["1_1", "2_1"], 2), (["3_1", "4_1"], 2)]
    process.replay(engine, desk(), raw.Selection())
    assert held(engine) == [(["1_1", "2_1"], 2), (["3_1", "4_1"], 2)]
    with reading(engine) as connection:
        assert tickets.get(connection, made).touched == ["category", "urgency"]
    work(engine, comment("5_1", ROAD, "75", 5))
    assert held(engine)[1] == (["3_1", "4_1", "5_1"], 3)
    with writing(engine) as connection:
        merging.merge(connection, made, "NTB-2026-000001", "Ani", T0)
    assert held(engine) == [(["1_1", "2_1", "3_1", "4_1", "5_1"], 5)]
    work(engine, comment("6_1", ROAD, "72", 6))
    assert held(engine) == [(["1_1", "2_1", "3_1", "4_1", "5_1", "6_1"], 5)]
    with writing(engine) as connection:
        merging.unmerge(connection, made, "Ani", T0)
    assert held(engine) == [(["1_1", "2_1", "6_1"], 2), (["3_1", "4_1", "5_1"], 3)]


def test_what_cannot_be_split_off_is_said(engine: Engine) -> None:
    work(engine, comment("1_1", ROAD, "71"), comment("2_1", ROAD, "72", 1), comment("3_1", "mantap", "73", 2))
    for item, error, words in (
        ("1_1", Conflict, "opened NTB-2026-000001"),
        ("3_1", Conflict, "no ticket"),
        ("x", NotFound, "no such item"),
    ):
        with pytest.raises(error, match=words):
            casework.split(engine, "NTB-2026-000001", [item], who="Ani", desk=desk(), clock=clock)
    assert held(engine) == [(["1_1", "2_1"], 2)]


def test_many_senders_of_the_same_words_are_flagged_and_none_is_lost(engine: Engine) -> None:
    work(engine, *(comment(f"{n}_1", ROAD, f"7{n}", n) for n in range(1, 7)), comment("8_1", OTHER_ROAD, "78", 8))
    with reading(engine) as connection:
        ids = [tickets.get(connection, t["number"]).id for t in tickets_of(engine)]
        assert likeness.copies(connection, ids, COPIED) == {ids[0]: 5}
        shown = lists_of(connection, Window(T0, None, None), names_of(connection, load_routing(None))).tickets
        copied = {e.ticket.number: e.ticket.copied for part in shown for e in part if e.ticket}
    assert copied == {"NTB-2026-000001": 6, "NTB-2026-000002": 0}
    assert sum(len(source) for source, _ in held(engine)) == 7


def numbers(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.scalar(select(func.count()).select_from(likeness_table)) or 0)


def test_of_who_is_erased_or_restricted_no_number_is_left(engine: Engine) -> None:
    work(engine, comment("1_1", ROAD, "71"), comment("2_1", OTHER_ROAD, "72", 1))
    both = numbers(engine)
    person.restrict(person.request(engine, ["71"], "Ani", clock))
    process.process_pending(engine, desk())
    assert 0 < numbers(engine) < both
    person.release(person.request(engine, ["71"], "Ani", clock))
    process.process_pending(engine, desk())
    assert numbers(engine) == both
    copy = "".join(person.copy(person.request(engine, ["72"], "Ani", clock)))
    assert '"likeness":[' in copy
    person.erase(person.request(engine, ["71"], "Ani", clock))
    person.erase(person.request(engine, ["72"], "Ani", clock))
    assert numbers(engine) == 0
    work(engine, comment("3_1", ROAD, "73", 3))
    assert held(engine)[-1][0] == ["3_1"]
