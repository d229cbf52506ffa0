"""What tired hands do to tickets: to merged ones, twice, in small letters, at great length; nothing of it does harm."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from connector import casework
from connector.contactbook import ContactBook
from connector.errors import Conflict, Misuse
from connector.notify import Telling, compose
from connector.records import Roster
from connector.store import alarms, history, merging, tickets
from connector.store.engine import reading, writing
from connector.store.schema import alarms as alarm_table
from tests.edge.ringing import CRY, NTB, fresh, now, rung
from tests.edge.test_store_process import comment, desk

ROSTER = Roster(((1, "piket"), (2, "kabid")))
FIRST, SECOND, THIRD = (f"{NTB}-00000{n}" for n in (1, 2, 3))


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


def test_an_open_emergency_does_not_vanish_into_a_closed_ticket(engine: Engine) -> None:
    rung(engine, fresh("1_1"), fresh("1_2", "TOLONG banjir bandang", "7002"))
    for state in ("ditindaklanjuti", "tuntas"):
        casework.move(engine, FIRST, state, who="Ani", reason="sudah", now=now())
    with (
        pytest.raises(Conflict, match=f"{SECOND}: is an open emergency, {FIRST} is tuntas"),
        writing(engine) as connection,
    ):
        merging.merge(connection, SECOND, FIRST, "Ani", now())
    casework.move(engine, FIRST, "ditindaklanjuti", who="Ani", reason="lagi", now=now())
    with writing(engine) as connection:
        merging.merge(connection, SECOND, FIRST, "Ani", now())


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


def test_an_edit_into_an_emergency_is_seen_in_a_closed_ticket_too(engine: Engine) -> None:
    rung(engine, fresh("1_1", "jalan rusak di Praya"))
    for status in ("ditindaklanjuti", "tuntas"):
        casework.move(engine, FIRST, status, who="Ani", reason="", now=now())
    rung(engine, fresh("1_1", "jalan rusak di Praya, masih"))
    assert ticket(engine, FIRST).waiting_since is None
    rung(engine, fresh("1_1"))
    assert ticket(engine, FIRST).waiting_since is not None


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


def test_an_answer_by_phone_may_be_older_than_the_ticket_but_not_than_the_complaint(engine: Engine) -> None:
    wrote = now() - timedelta(hours=5)
    rung(engine, comment("1_1", "jalan rusak di Praya", created_time=wrote.isoformat()))
    casework.answered(engine, FIRST, wrote + timedelta(hours=1), who="Ani", now=now())
    assert ticket(engine, FIRST).first_response_at < ticket(engine, FIRST).opened_at
    with pytest.raises(Misuse, match="citizen wrote"):
        casework.answered(engine, FIRST, wrote - timedelta(hours=1), who="Ani", now=now())


def test_a_summary_has_an_end(engine: Engine) -> None:
    rung(engine, fresh("1_1"))
    casework.amend(engine, FIRST, {"summary": "x" * 500}, who="Ani", now=now(), desk=desk(clock=now))
    with pytest.raises(Misuse, match="500"):
        casework.amend(engine, FIRST, {"summary": "x" * 501}, who="Ani", now=now(), desk=desk(clock=now))


def alarm_of(engine: Engine, number: str) -> Any:
    with reading(engine) as connection:
        mine = alarm_table.c.ticket_id == tickets.get(connection, number).id
        return connection.execute(select(alarm_table).where(mine)).first()


def join(engine: Engine, number: str, into: str = FIRST) -> None:
    with writing(engine) as connection:
        merging.merge(connection, number, into, "Ani", now())


def leave(engine: Engine, number: str) -> None:
    with writing(engine) as connection:
        merging.unmerge(connection, number, "Ani", now())


def three(engine: Engine) -> None:
    """One that may wait, and two emergencies that rang; both are merged into the first."""
    rung(engine, fresh("1_1", "jalan rusak di Praya", "7002"))
    rung(engine, fresh("1_2"), fresh("1_3", "TOLONG banjir bandang di Sape", "7003"))
    join(engine, SECOND)
    join(engine, THIRD)


@pytest.mark.parametrize("order", [(SECOND, THIRD), (THIRD, SECOND)])
def test_of_two_emergencies_taken_out_again_the_last_one_calms_the_ticket(engine: Engine, order: Any) -> None:
    three(engine)
    due = ticket(engine, FIRST).opened_at + timedelta(hours=48)
    leave(engine, order[0])
    assert ticket(engine, FIRST).urgency == "mendesak" and alarm_of(engine, FIRST) and alarm_of(engine, order[0])
    leave(engine, order[1])
    assert (ticket(engine, FIRST).urgency, ticket(engine, FIRST).answer_by) == ("biasa", due)
    assert alarm_of(engine, FIRST) is None and alarm_of(engine, SECOND) and alarm_of(engine, THIRD)


def test_what_became_urgent_after_a_merge_stays_so_when_it_is_taken_back(engine: Engine) -> None:
    rung(engine, fresh("1_1", "jalan rusak di Praya", "7002"))
    rung(engine, fresh("1_2"))
    join(engine, SECOND)
    rung(engine, fresh("1_3", "TOLONG ada korban terjebak api", "7002", parent={"id": "1_1"}))
    leave(engine, SECOND)
    assert ticket(engine, FIRST).urgency == "mendesak" and alarm_of(engine, FIRST)
    assert ticket(engine, SECOND).urgency == "mendesak" and alarm_of(engine, SECOND)


def test_an_alarm_merged_into_an_emergency_that_never_rang_goes_on(engine: Engine) -> None:
    old = comment("1_1", CRY, "7001", created_time="2026-01-02T00:00:00+0000")
    rung(engine, old, fresh("1_2", "TOLONG banjir bandang", "7002"))
    assert alarm_of(engine, FIRST) is None
    join(engine, SECOND)
    with writing(engine) as connection:
        assert alarms.escalate(connection, ROSTER, now() + timedelta(hours=1)) == [(FIRST, 2)]


def test_whoever_had_it_before_the_merge_has_it_after(engine: Engine) -> None:
    rung(engine, fresh("1_1", "jalan rusak di Praya", "7002"))
    casework.acknowledge(engine, FIRST, who="Budi", now=now())
    rung(engine, fresh("1_2"))
    join(engine, SECOND)
    leave(engine, SECOND)
    assert (alarm_of(engine, FIRST).acked_by, alarm_of(engine, SECOND).acked_by) == ("Budi", None)


def test_what_is_taken_out_unacknowledged_rings_on(engine: Engine) -> None:
    merged(engine)
    with writing(engine) as connection:
        alarms.escalate(connection, ROSTER, now() + timedelta(hours=1))
        merging.unmerge(connection, SECOND, "Ani", now())
        assert alarms.escalate(connection, ROSTER, now() + timedelta(hours=1)) == [(SECOND, 2)]


def test_who_acknowledged_while_it_was_merged_has_both(engine: Engine) -> None:
    merged(engine)
    casework.acknowledge(engine, FIRST, who="Budi", now=now())
    leave(engine, SECOND)
    assert alarm_of(engine, SECOND).acked_by == "Budi"


@pytest.mark.parametrize("words", [CRY, "jalan rusak di Praya"])
def test_an_answer_from_the_phone_that_rang_counts_after_a_merge(engine: Engine, words: str) -> None:
    rung(engine, fresh("1_1", words, "7002"))
    rung(engine, fresh("1_2", "TOLONG banjir bandang"))
    join(engine, SECOND)
    with writing(engine) as connection:
        waiting = alarms.waiting(connection, ["piket"], now() + timedelta(hours=1))
        assert waiting[SECOND] == FIRST and set(waiting.values()) == {FIRST}
        alarms.acknowledge(connection, SECOND, "Ani", "telegram", now())
        assert not alarms.waiting(connection, ["piket"], now() + timedelta(hours=1))


def test_what_the_words_calmed_and_made_urgent_again_rings_on(engine: Engine) -> None:
    rung(engine, fresh("1_1"))
    for words, hours, further in (("lampu jalan rusak", 1, []), (CRY, 2, [(FIRST, 2)])):
        rung(engine, fresh("1_1", words))
        with writing(engine) as connection:
            assert alarms.escalate(connection, ROSTER, now() + timedelta(hours=hours)) == further


def test_an_alarm_told_after_a_merge_tells_of_the_ticket_where_it_goes_on(engine: Engine) -> None:
    rung(engine, fresh("1_1", "TOLONG banjir bandang di Sape", "7002"))
    (*_, letter) = rung(engine, fresh("1_2"))
    join(engine, SECOND)
    telling = Telling(ContactBook(), lambda category: category, None, timedelta(hours=1), answers=False)
    with reading(engine) as connection:
        message = compose(connection, letter, telling, now())
    assert message and f"Tiket {FIRST}" in message.body and "ditolak" not in message.body
    assert f"Ref {SECOND}/1" in message.body


def test_a_new_emergency_of_someone_whose_ticket_is_closed_rings(engine: Engine) -> None:
    rung(engine, fresh("1_1"))
    casework.move(engine, FIRST, "tuntas", who="Ani", reason="padam", now=now())
    letters = rung(engine, fresh("1_2", "TOLONG api menyala lagi, ada anak terjebak", parent={"id": "1_1"}))
    assert [letter.key for letter in letters] == [f"{FIRST}/1/piket", f"{SECOND}/1/piket"]
    assert ticket(engine, FIRST).status == "tuntas"
