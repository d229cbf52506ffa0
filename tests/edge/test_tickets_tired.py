"""What tired hands do to tickets: to merged ones, twice, in small letters, at great length; nothing of it does harm."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from connector import casework
from connector.errors import Conflict, Misuse
from connector.records import Roster
from connector.store import alarms, history, merging, tickets
from connector.store.engine import reading, writing
from tests.edge.ringing import NTB, fresh, now, rung
from tests.edge.test_store_process import desk

ROSTER = Roster(((1, "piket"), (2, "kabid")))
FIRST, SECOND = f"{NTB}-000001", f"{NTB}-000002"


def merged(engine: Engine) -> None:
    """The second ticket is merged into the first; both rang."""
    rung(engine, fresh("1_1"), fresh("1_2", "TOLONG banjir bandang", "7002"))
    with writing(engine) as connection:
        merging.merge(connection, SECOND, FIRST, "Ani", now())


def test_what_is_merged_neither_moves_nor_changes_until_it_is_taken_out(engine: Engine) -> None:
    merged(engine)
    acts: list[Callable[[], object]] = [
        lambda: casework.move(engine, SECOND, "ditindaklanjuti", who="Budi", reason="", now=now()),
        lambda: casework.amend(engine, SECOND, {"urgency": "biasa"}, who="Budi", now=now(), desk=desk(clock=now)),
        lambda: casework.answered(engine, SECOND, None, who="Budi", now=now()),
    ]
    for act in acts:
        with pytest.raises(Conflict, match=f"{SECOND}: is merged into {FIRST}"):
            act()
    with writing(engine) as connection:
        merging.unmerge(connection, SECOND, "Budi", now())
    casework.move(engine, SECOND, "ditindaklanjuti", who="Budi", reason="", now=now())


def test_whoever_acknowledges_a_merged_ticket_has_the_one_it_went_into(engine: Engine) -> None:
    merged(engine)
    assert casework.acknowledge(engine, SECOND, who="Ani", now=now())[0]
    assert casework.acknowledge(engine, FIRST, who="Budi", now=now())[:2] == (False, "Ani")
    with reading(engine) as connection:
        assert not alarms.waiting(connection, ["piket"], now() + timedelta(hours=1))
        assert "acknowledged" in [e.what for e in history.events_of(connection, tickets.get(connection, FIRST).id)]


def ticket(engine: Engine, number: str) -> Any:
    with reading(engine) as connection:
        return tickets.get(connection, number)


def test_an_emergency_merged_into_what_may_wait_goes_on_waiting_for_nobody(engine: Engine) -> None:
    rung(engine, fresh("1_1", "jalan rusak di Praya", "7002"))
    rung(engine, fresh("1_2"))
    before = ticket(engine, FIRST)
    with writing(engine) as connection:
        merging.merge(connection, SECOND, FIRST, "Ani", now())
    after = ticket(engine, FIRST)
    assert (before.urgency, after.urgency) == ("biasa", "mendesak")
    assert after.answer_by == ticket(engine, SECOND).answer_by
    with writing(engine) as connection:
        assert alarms.escalate(connection, ROSTER, now() + timedelta(hours=1)) == [(FIRST, 2)]
        merging.unmerge(connection, SECOND, "Ani", now())
        assert alarms.acknowledge(connection, SECOND, "Ani", "cli", now())[0]
    again = ticket(engine, FIRST)
    assert (again.urgency, again.answer_by) == ("biasa", before.answer_by)


def test_what_a_person_set_is_not_hastened_by_a_merge(engine: Engine) -> None:
    rung(engine, fresh("1_1", "jalan rusak di Praya", "7002"))
    rung(engine, fresh("1_2"))
    casework.amend(engine, FIRST, {"urgency": "penting"}, who="Ani", now=now(), desk=desk(clock=now))
    with writing(engine) as connection:
        merging.merge(connection, SECOND, FIRST, "Ani", now())
        merging.unmerge(connection, SECOND, "Ani", now())
    assert (ticket(engine, FIRST).urgency, ticket(engine, SECOND).urgency) == ("penting", "mendesak")


@pytest.mark.parametrize("another", [True, False])
def test_words_taken_back_calm_no_ticket_that_holds_another_emergency(engine: Engine, another: bool) -> None:
    rung(engine, fresh("1_1"))
    further = [fresh("1_2", "TOLONG api makin besar", parent={"id": "1_1"})] if another else []
    rung(engine, fresh("1_1", "lampu jalan rusak"), *further)
    assert ticket(engine, FIRST).urgency == ("mendesak" if another else "biasa")


def test_the_first_answer_stays_the_first_unless_its_time_is_corrected(engine: Engine) -> None:
    rung(engine, fresh("1_1"))
    later = now() + timedelta(hours=2)

    def first() -> object:
        with reading(engine) as connection:
            return tickets.get(connection, FIRST).first_response_at

    casework.answered(engine, FIRST, None, who="Ani", now=later)
    casework.answered(engine, FIRST, None, who="Ani", now=later + timedelta(hours=1))
    assert first() == later
    casework.answered(engine, FIRST, later - timedelta(hours=1), who="Ani", now=later)
    assert first() == later - timedelta(hours=1)
    with pytest.raises(Misuse):
        casework.answered(engine, FIRST, later + timedelta(days=1), who="Ani", now=later)


def test_a_summary_has_an_end(engine: Engine) -> None:
    rung(engine, fresh("1_1"))
    casework.amend(engine, FIRST, {"summary": "x" * 500}, who="Ani", now=now(), desk=desk(clock=now))
    with pytest.raises(Misuse, match="500"):
        casework.amend(engine, FIRST, {"summary": "x" * 501}, who="Ani", now=now(), desk=desk(clock=now))
