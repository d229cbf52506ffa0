"""People who think twice, or at once: a correction taken back, an older one handed in late, one of what was only added."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from connector import casework, process
from connector.deadlines import FOLLOW_UPS, Calendar, lapor
from connector.labels import add
from connector.records import Roster
from connector.store import alarms, history, merging, raw, tickets
from connector.store.engine import reading, writing
from tests.edge.ringing import NTB, fresh, letters, now, rung
from tests.edge.test_store_process import desk

FIRST, SECOND, THIRD = (f"{NTB}-00000{n}" for n in (1, 2, 3))
ROSTER = Roster(((1, "piket"), (2, "kabid")))


def ticket(engine: Engine, number: str = FIRST) -> Any:
    with reading(engine) as connection:
        return tickets.get(connection, number)


def say(engine: Engine, key: str = "1_1", at: datetime | None = None, **record: Any) -> None:
    """Somebody says this of an item, at a time or now."""
    with writing(engine) as connection:
        told = {"id": key, **record} | ({"at": at.isoformat()} if at else {})
        add(connection, told, now(), desk().deadline, desk().route)
    process.process_pending(engine, desk(clock=now, roster=ROSTER))


def escalated(engine: Engine, hours: int) -> list[tuple[str, int]]:
    """What rings further when nobody has answered for so long."""
    with writing(engine) as connection:
        return alarms.escalate(connection, ROSTER, now() + timedelta(hours=hours))


@pytest.mark.parametrize("undo", [True, False])
@pytest.mark.parametrize("status", ["diterima", "ditindaklanjuti"])
def test_no_complaint_said_by_mistake_is_taken_back_whole(engine: Engine, status: str, undo: bool) -> None:
    rung(engine, fresh("1_1"))
    if status != "diterima":
        casework.move(engine, FIRST, status, who="Ani", reason="", now=now())
    say(engine, is_complaint=False)
    assert ticket(engine).status == "ditolak" and escalated(engine, hours=1) == []
    say(engine, kind="pengaduan", category=ticket(engine).category, urgency="mendesak", undo=undo)
    after = ticket(engine)
    assert (after.status, after.closed_at, after.urgency) == (status, None, "mendesak")
    assert escalated(engine, hours=2) == ([(FIRST, 2)] if status == "diterima" else [])


def test_what_a_person_closed_otherwise_stays_closed_whatever_its_label_says(engine: Engine) -> None:
    rung(engine, fresh("1_1"))
    casework.move(engine, FIRST, "ditolak", who="Ani", reason="bukan wewenang", now=now())
    say(engine, kind="pengaduan", category="listrik")
    assert (ticket(engine).status, ticket(engine).category) == ("ditolak", "listrik")


def test_who_says_only_how_urgent_it_is_leaves_the_agency_that_a_person_chose(engine: Engine) -> None:
    rung(engine, fresh("1_1", "jalan rusak di Praya"))
    casework.amend(engine, FIRST, {"agency": "opd-lain"}, who="Ani", now=now(), desk=desk(clock=now))
    say(engine, urgency="penting")
    assert (ticket(engine).agency, ticket(engine).urgency) == ("opd-lain", "penting")


def test_an_older_correction_handed_in_late_overrides_no_later_word(engine: Engine) -> None:
    rung(engine, fresh("1_1", "jalan rusak di Praya"), fresh("1_2", "lampu rusak di Sape", "7002"))
    early = now()
    casework.amend(engine, FIRST, {"urgency": "mendesak"}, who="Ani", now=now(), desk=desk(clock=now))
    say(engine, at=early, urgency="biasa", category="listrik")
    assert (ticket(engine).urgency, ticket(engine).category) == ("mendesak", "listrik")
    say(engine, "1_2", at=early + timedelta(microseconds=2), urgency="mendesak")
    say(engine, "1_2", at=early, urgency="biasa")
    assert ticket(engine, SECOND).urgency == "mendesak"


def test_who_takes_a_correction_back_takes_back_no_word_of_others(engine: Engine) -> None:
    rung(engine, fresh("1_1", "jalan rusak di Praya"))
    page = {"kind": "pengaduan", "category": ticket(engine).category, "urgency": "biasa", "undo": True}
    casework.amend(engine, FIRST, {"urgency": "mendesak"}, who="Budi", now=now(), desk=desk(clock=now))
    say(engine, category="listrik")
    say(engine, **page)
    assert (ticket(engine).category, ticket(engine).urgency) == (page["category"], "mendesak")
    say(engine, category="listrik")
    casework.amend(engine, FIRST, {"category": "kesehatan"}, who="Budi", now=now(), desk=desk(clock=now))
    say(engine, **page)
    assert ticket(engine).category == "kesehatan"
    say(engine, **page)
    assert ticket(engine).category == "kesehatan", "nothing stands that could be taken back"


def test_who_confirms_an_old_page_does_not_undo_what_was_set_since(engine: Engine) -> None:
    rung(engine, fresh("1_1", "jalan rusak di Praya"))
    seen = {"category": ticket(engine).category, "urgency": "biasa", "at": now().isoformat()}
    casework.amend(engine, FIRST, {"urgency": "mendesak"}, who="Budi", now=now(), desk=desk(clock=now))
    shown = {"kind": "pengaduan", "category": seen["category"], "urgency": "biasa"}
    say(engine, **shown, seen=seen)
    assert ticket(engine).urgency == "mendesak"
    say(engine, at=now(), **shown)
    assert ticket(engine).urgency == "biasa", "who picks it himself means it"


def test_an_addition_that_a_person_calls_an_emergency_rings(engine: Engine) -> None:
    rung(engine, fresh("1_1", "jalan rusak di Praya"), fresh("1_2", "rumah kami", parent={"id": "1_1"}))
    assert len(ticket_items(engine)) == 2 and letters(engine) == []
    say(engine, "1_2", kind="pengaduan", urgency="mendesak")
    assert ticket(engine).urgency == "mendesak" and [one.lane for one in letters(engine)] == ["piket"]


def ticket_items(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return tickets.source_ids(connection, [ticket(engine).id])[ticket(engine).id]


def test_what_was_calmed_and_is_urgent_again_rings_on(engine: Engine) -> None:
    rung(engine, fresh("1_1"))
    at = desk(clock=now, roster=ROSTER)
    casework.amend(engine, FIRST, {"urgency": "biasa"}, who="Ani", now=now(), desk=at)
    assert escalated(engine, hours=1) == []
    casework.amend(engine, FIRST, {"urgency": "mendesak"}, who="Ani", now=now(), desk=at)
    assert escalated(engine, hours=2) == [(FIRST, 2)]


def test_who_was_split_off_from_a_merge_is_not_subtracted_twice(engine: Engine) -> None:
    rung(
        engine,
        *(
            fresh(f"1_{n}", words, f"700{n}")
            for n, words in enumerate(("jalan rusak di Praya", "lampu rusak di Sape"), 1)
        ),
    )
    with writing(engine) as connection:
        merging.merge(connection, SECOND, FIRST, "Ani", now())
    assert ticket(engine).supporters == 2
    casework.split(engine, FIRST, ["1_2"], who="Ani", desk=desk(clock=now), clock=now)
    with writing(engine) as connection:
        merging.unmerge(connection, SECOND, "Ani", now())
    assert ticket(engine).supporters == 1


def test_a_ticket_made_by_hand_keeps_its_words_when_others_are_merged_into_it(engine: Engine) -> None:
    casework.open_new(engine, "pohon tumbang di Jalan Langko", {}, who="Ani", desk=desk(clock=now), clock=now)
    before = ticket(engine)
    rung(engine, fresh("1_1", "jalan rusak di Praya"))
    with writing(engine) as connection:
        merging.merge(connection, SECOND, FIRST, "Ani", now())
    rung(engine, fresh("1_1", "jalan rusak parah di Sape"))
    after = ticket(engine)
    assert (after.summary, after.place_text) == (before.summary, before.place_text)


def test_lapors_ten_days_begin_anew_for_a_ticket_that_is_taken_up_again(engine: Engine) -> None:
    rung(engine, fresh("1_1", "jalan rusak di Praya"))
    casework.answered(engine, FIRST, None, who="Ani", now=now())
    again = now() + timedelta(days=40)
    for status, at in (("tuntas", now()), ("ditindaklanjuti", again)):
        casework.move(engine, FIRST, status, who="Ani", reason="", now=at)
    with reading(engine) as connection:
        (one,) = tickets.every(connection)
        due = lapor(one, history.last(connection, FOLLOW_UPS), Calendar())
    assert due and due.step == "penyelesaian" and due.by > again


@pytest.mark.parametrize("before", ["jalan rusak di Praya", "terima kasih pak"])
@pytest.mark.parametrize("said", [{"kind": "pengaduan", "urgency": "biasa"}, {"is_complaint": False}])
def test_a_label_of_other_words_hushes_no_cry(engine: Engine, before: str, said: dict[str, Any]) -> None:
    rung(engine, fresh("1_1", before))
    say(engine, **said)
    rung(engine, fresh("1_1", f"{before}, mungkin besok"))
    assert letters(engine) == []
    closed = before.startswith("jalan") and "is_complaint" in said
    rung(engine, fresh("1_1"))
    assert [one.lane for one in letters(engine)] == ([] if closed else ["piket"])
    assert ticket(engine).urgency == ("mendesak" if before.startswith("terima") and "is_complaint" in said else "biasa")
    assert (ticket(engine).waiting_since is not None) == closed
    process.replay(engine, desk(clock=now, roster=ROSTER), raw.Selection())
    assert len(letters(engine)) == (not closed)
