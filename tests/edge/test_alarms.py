"""R-31: what rings, when, once, and how far it goes on while nobody answers; on all three databases."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select

from connector import casework, person, process
from connector.records import Label, Roster
from connector.store import alarms, history, items, outbox, raw, tickets
from connector.store.engine import reading, writing
from connector.store.schema import alarms as alarm_table
from connector.store.schema import outbox as outbox_table
from connector.wiring import Works
from tests.edge.ringing import CRY, NTB, delivering, fresh, letters, now, rung, until
from tests.edge.test_store_process import comment, desk, tickets_of
from tests.sinks import webhook


def test_an_urgent_ticket_rings_in_its_own_transaction_and_once(engine: Engine) -> None:
    made = rung(
        engine, fresh("1_1"), fresh("1_2", "jalan rusak", "7002"), fresh("1_3", "TOLONG lagi", parent={"id": "1_1"})
    )
    assert [(m.key, m.lane, m.state, m.text) for m in made] == [(f"{NTB}-000001/1/piket", "piket", "waiting", None)]
    process.replay(engine, desk(clock=now, roster=Roster(((1, "piket"),))), raw.Selection())
    assert letters(engine) == made


def test_what_is_old_at_the_first_reading_rings_for_nobody_but_later_news_do(engine: Engine) -> None:
    old = (now() - timedelta(hours=2)).isoformat()
    assert rung(engine, comment("1_1", CRY, created_time=old)) == []
    with writing(engine) as connection:
        alarms.watched_since(connection, ["gubernur"], now())
    late = (now() - timedelta(minutes=50)).isoformat()
    assert len(rung(engine, comment("1_2", "TOLONG banjir bandang", "7002", created_time=late))) == 1
    assert len(rung(engine, fresh("1_9", "TOLONG masih terbakar", parent={"id": "1_1"}))) == 2


def test_a_person_rings_by_opening_or_raising_or_labelling(engine: Engine) -> None:
    at = desk(clock=now, roster=Roster(((1, "piket"),), {"opd-jalan_jembatan": ("pupr",)}))
    casework.open_new(engine, "pohon tumbang", {"urgency": "mendesak"}, who="Ani", desk=at, clock=now)
    assert [m.lane for m in letters(engine)] == ["piket", "pupr"]
    casework.open_new(engine, "jalan rusak", {}, who="Ani", desk=at, clock=now)
    assert len(letters(engine)) == 2
    for _ in range(2):
        casework.amend(engine, f"{NTB}-000002", {"urgency": "mendesak"}, who="Ani", now=now(), desk=at)
    assert len(letters(engine)) == 4
    rung(engine, fresh("1_1", "mungkin jalan rusak"))
    with writing(engine) as connection:
        row = items.find(connection, "1_1")
        assert row is not None
        items.add_label(connection, row.id, Label("pengaduan", "listrik", "mendesak", "Ani"), now())
        raw.awaken(connection, [row.id])
    process.process_pending(engine, at)
    assert len(letters(engine)) == 5


def test_nobody_answers_the_next_level_rings_then_the_operator(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    roster = Roster(((1, "piket"), (2, "kabid")), patience=timedelta(seconds=0.5))
    with webhook() as sink, webhook() as above, webhook() as opr:
        sinks = {"piket": sink.address, "kabid": above.address, "opr": opr.address}
        with delivering(engine, monkeypatch, sinks, operator="opr") as made:
            monkeypatch.setattr(Works, "roster", property(lambda _: roster))
            rung(engine, fresh("1_1"), fresh("1_2", "TOLONG dua", "7002"), roster=roster)
            with writing(engine) as connection:
                assert alarms.acknowledge(connection, f"{NTB}-000002", "Ani", "uji", now())[0]
                assert alarms.acknowledge(connection, f"{NTB}-000002", "Budi", "uji", now())[:2] == (False, "Ani")
            until(lambda: above.taken and opr.taken)
            until(lambda: len(sink.taken) == 2)
            assert len(above.taken) == 1 and f"Ref {NTB}-000001/2" in above.texts[0]
            assert f"{NTB}-000001: tidak ada yang menjawab" in opr.texts[0]
            assert "Sudah diterima oleh Ani" in sink.texts[1]
            assert made is not None
    with reading(engine) as connection:
        events = [e.what for e in history.events_of(connection, tickets.get(connection, f"{NTB}-000001").id)]
    assert events.count("alarmed") == 2


def test_what_somebody_works_on_rings_no_further(engine: Engine) -> None:
    roster = Roster(((1, "piket"), (2, "kabid")), patience=timedelta(0))
    rung(engine, fresh("1_1"), fresh("1_2", "TOLONG dua", "7002"), fresh("1_3", "TOLONG tiga", "7003"), roster=roster)
    casework.move(engine, f"{NTB}-000001", "ditindaklanjuti", who="Ani", reason="", now=now())
    casework.amend(engine, f"{NTB}-000002", {"urgency": "biasa"}, who="Ani", now=now(), desk=desk())
    with writing(engine) as connection:
        assert alarms.escalate(connection, roster, now()) == [(f"{NTB}-000003", 2)]
        assert alarms.escalate(connection, roster, now()) == [(f"{NTB}-000003", 0)]
        assert alarms.escalate(connection, roster, now()) == []


def test_what_was_told_is_forgotten_after_its_time_and_erasure_leaves_nothing_to_tell(engine: Engine) -> None:
    rung(engine, fresh("1_1"), fresh("1_2", "TOLONG dua", "7002"))
    with writing(engine) as connection:
        first = letters(engine)[0] if engine.dialect.name != "sqlite" else None
        row = connection.execute(select(outbox_table).order_by(outbox_table.c.id)).first()
        assert row is not None and (first is None or first.id == row.id)
        outbox.sent(connection, row.id, "piket", now() - timedelta(days=8))
        assert outbox.tidy(connection, now() - timedelta(days=7)) == 1
    assert not person.erase(person.request(engine, ["7002"], "Ani", now)).failures
    assert letters(engine) == []
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(alarm_table)) == 1
    assert tickets_of(engine)[1]["reporter_id"] is None


def test_who_is_forgotten_silences_no_alarm_of_others_in_his_ticket(engine: Engine) -> None:
    words = "TOLONG kebakaran besar di Pasar Gerung Lombok Barat sekarang juga"
    rung(engine, fresh("1_1", words), fresh("1_2", words, "7002"), fresh("1_3", "TOLONG banjir di Sape", "7003"))
    for author in ("7001", "7003"):
        assert not person.erase(person.request(engine, [author], "Ani", now)).failures
    assert [(one.key, one.state) for one in letters(engine)] == [(f"{NTB}-000001/1/piket", "waiting")]
    with writing(engine) as connection:
        roster = Roster(((1, "piket"), (2, "kabid")))
        assert alarms.escalate(connection, roster, now() + timedelta(hours=1)) == [(f"{NTB}-000001", 2)]
    assert "7001" not in repr(tickets_of(engine)) and "Gerung" not in repr(tickets_of(engine))


def test_restricted_a_life_in_danger_rings_all_the_same_and_nothing_of_his_is_kept_in_the_outbox(
    engine: Engine,
) -> None:
    rung(engine, fresh("1_1"))
    person.restrict(person.request(engine, ["7001"], "Ani", now))
    process.process_pending(engine, desk(clock=now))
    made = letters(engine)
    assert len(made) == 1 and "Gerung" not in repr(made) and "7001" not in repr(made)
