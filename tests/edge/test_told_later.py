"""What a reporter tells later, on three databases: where it is, for which he was asked, and in Messenger."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from connector import casework, person, process
from connector.casework import place_said
from connector.places import find_place
from connector.process.locating import is_finer
from connector.records import REHEARD, RESTRICTED, Label, Place, Roster
from connector.store import items, raw
from connector.store.engine import reading, writing
from connector.store.tickets import place_values
from tests.answering import answering
from tests.edge.ringing import delivering, fresh, letters, now, put, rung, until
from tests.edge.test_casework import SITI, later, ticket, told, under, work
from tests.edge.test_store_process import comment, desk, dump
from tests.sinks import webhook

BY_PLACE: Any = {"route": lambda category, place, *_: place.kecamatan or place.kabupaten or f"opd-{category}"}


def place(engine: Engine) -> tuple[Any, ...]:
    row = ticket(engine)
    return row.kabupaten, row.kecamatan, row.place_text, row.place_ambiguous, row.agency


def test_the_place_that_the_reporter_tells_later_is_the_tickets_and_routes_it(engine: Engine) -> None:
    work(engine, comment("1_1", "jalan rusak pak"), **BY_PLACE)
    assert place(engine) == (None, None, None, False, "opd-jalan_jembatan")
    work(engine, under("1_2", "di Gerung", "1_1", 3, {"id": "7002", "name": "Budi"}), at=later(4), **BY_PLACE)
    assert ticket(engine).kabupaten is None, "somebody else said it"
    work(engine, under("1_3", "di Lombok Barat", "1_1", 4, SITI), at=later(5), **BY_PLACE)
    assert place(engine) == ("52.01", None, "Lombok Barat", False, "52.01")
    work(engine, under("1_4", "tepatnya kecamatan Gerung", "1_1", 6, SITI), at=later(7), **BY_PLACE)
    assert place(engine) == ("52.01", "52.01.01", "Gerung", False, "52.01.01")
    work(engine, under("1_5", "saudara saya di Praya juga", "1_1", 8, SITI), at=later(9), **BY_PLACE)
    assert place(engine)[1] == "52.01.01", "another place is another matter"
    assert told(engine) == ["opened", "appended", "reclassified", "appended", "reclassified", "appended"]
    before = dump(engine)
    assert process.replay(engine, desk(**BY_PLACE), raw.Selection()).changes == [] and dump(engine) == before


def test_it_stays_when_what_was_said_first_is_judged_anew_or_edited(engine: Engine) -> None:
    work(engine, comment("1_1", "jalan rusak di Lombok Barat"), **BY_PLACE)
    work(engine, under("1_2", "di mana ya", "1_1", 3, SITI), at=later(4), **BY_PLACE)
    work(engine, under("1_2", "di kecamatan Gerung", "1_1", 3, SITI), at=later(5), **BY_PLACE)
    assert place(engine)[1:3] == ("52.01.01", "Gerung"), "an edit tells it too"
    work(engine, comment("1_1", "lampu rusak di Lombok Barat"), at=later(6), **BY_PLACE)
    assert place(engine)[1] == "52.01.01"
    work(engine, comment("1_1", "lampu rusak di Praya"), at=later(7), **BY_PLACE)
    assert place(engine)[1:3] == ("52.02.01", "Praya")


def test_a_place_that_a_person_set_stays(engine: Engine) -> None:
    work(engine, comment("1_1", "jalan rusak"), **BY_PLACE)
    where = place_values(place_said("Ampenan", find_place))
    casework.amend(engine, "NTB-2026-000001", where, who="Ani", now=later(1), desk=desk(**BY_PLACE))
    work(engine, under("1_2", "di kecamatan Gerung", "1_1", 3, SITI), at=later(4), **BY_PLACE)
    assert place(engine)[1] == "52.71.01"


def test_who_lives_there_is_rung_as_soon_as_the_place_is_told(engine: Engine) -> None:
    duta = put(engine, "52.01.01", "piket")
    roster = Roster(((1, "piket"),))
    assert [one.lane for one in rung(engine, fresh("1_1", "TOLONG kebakaran"), roster=roster)] == ["piket"]
    rung(engine, fresh("1_2", "di kecamatan Gerung", parent={"id": "1_1"}), roster=roster)
    assert [one.lane for one in letters(engine)] == ["piket", f"contact:{duta}"]


def test_whom_the_alarm_reached_is_told_the_place_when_it_is_known(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster = Roster(((1, "piket"), (1, "mati")))
    with webhook() as sink, delivering(engine, monkeypatch, {"piket": sink.address, "mati": "json://127.0.0.1:9"}):
        (number,) = {one.key.split("/")[0] for one in rung(engine, fresh("1_1", "TOLONG kebakaran"), roster=roster)}
        until(lambda: len(sink.taken) == 1)
        casework.acknowledge(engine, number, who="Ani", now=now())
        rung(engine, fresh("1_2", "di kecamatan Gerung", parent={"id": "1_1"}), roster=roster)
        until(lambda: len(sink.taken) == 2)
        where = place_values(place_said("52.01.01.1004", find_place))
        for _ in range(2):
            casework.amend(engine, number, where, who="Ani", now=now(), desk=desk(roster=roster))
        until(lambda: len(sink.taken) == 3)
    first, then, last = sink.texts
    assert first.startswith("Tempat belum diketahui") and then.startswith("Gerung, Lombok Barat: MENDESAK")
    assert last.startswith("Dasan Geres, Gerung") and all(f"Ref {number}/1" in text for text in sink.texts)
    assert "Sudah diterima oleh Ani" in then and [one.lane for one in letters(engine)].count("mati") == 1


def test_finer_is_what_is_sure_and_inside() -> None:
    gerung = Place("52.01", "52.01.01", None, "Gerung")
    assert is_finer(gerung, Place()) and is_finer(gerung, Place("52.01", text="lobar"))
    assert is_finer(gerung, Place("52.02", ambiguous=True)), "the other is only supposed from the post above"
    assert not is_finer(gerung, gerung) and not is_finer(gerung, Place("52.02", text="loteng"))
    assert not is_finer(replace(gerung, ambiguous=True), Place()) and not is_finer(Place(), Place())


def test_what_is_answered_to_a_private_reply_belongs_to_the_ticket(engine: Engine) -> None:
    with answering(engine, prefers="message") as d:
        comment = d.comes("Jalan rusak parah pak", "Siti")
        d.answer()
        assert d.said_to("Siti") and not d.under(comment)
        d.writes("di kecamatan Gerung", "Siti")
        d.writes("di kecamatan Praya", "Budi")
        (made,) = d.bench.tickets()
        assert len(made["source_ids"]) == 2 and made["place"]["kecamatan"] == "52.01.01"
        d.writes("Jalan rusak itu belum diperbaiki", "Siti")
        assert len(d.bench.tickets()) == 1, "the same complaint is no second ticket"


def said_complaint(engine: Engine, key: str, minute: float, urgency: Any = "biasa") -> None:
    """A person makes a ticket of an item."""
    with writing(engine) as connection:
        row = items.find(connection, key)
        assert row is not None
        items.add_label(connection, row.id, Label("pengaduan", "listrik", urgency, "Ani"), later(minute))
        raw.awaken(connection, [row.id])
    process.process_pending(engine, desk(clock=lambda: later(minute)))


def decisions(engine: Engine) -> dict[str, tuple[str, str]]:
    with reading(engine) as connection:
        return {row.external_id: (row.decision, row.reason) for row in items.every(connection)}


def test_what_he_added_before_a_person_made_it_a_ticket_joins_it(engine: Engine) -> None:
    budi = {"id": "7002", "name": "Budi"}
    work(engine, under("1_0", "lampu lagi", "1_1", -1, SITI), comment("1_1", "gelap pak"))
    work(engine, under("1_2", "di Gerung", "1_1", 2, SITI), under("1_3", "betul", "1_1", 3, budi))
    work(engine, under("1_4", "lain lagi", None, 4, SITI), under("1_5", "sama-sama", "1_1", 5))
    assert {d for d, _ in decisions(engine).values()} <= {"ignore", "review"}
    said_complaint(engine, "1_1", 10)
    after = decisions(engine)
    assert {key for key, (d, _) in after.items() if d in ("open", "append")} == {"1_1", "1_2"}
    assert REHEARD not in {reason for _, reason in after.values()}
    assert told(engine) == ["opened", "answered", "appended", "reclassified"] and ticket(engine).kabupaten == "52.01"
    before = dump(engine)
    assert process.replay(engine, desk(), raw.Selection()).changes == [] and dump(engine) == before


def test_what_was_read_before_the_complaint_that_it_adds_to_joins_it(engine: Engine) -> None:
    work(engine, under("1_2", "di Gerung", "1_1", 2, SITI), under("1_3", "dekat masjid", "1_1", 3, SITI))
    assert {d for d, _ in decisions(engine).values()} == {"ignore"}
    work(engine, comment("1_1", "jalan rusak"), at=later(5))
    assert [d for d, _ in decisions(engine).values()] == ["append", "append", "open"]
    assert ticket(engine).kabupaten == "52.01"
    before = dump(engine)
    assert process.replay(engine, desk(), raw.Selection()).changes == [] and dump(engine) == before


def test_what_staff_called_no_complaint_is_not_drawn_in(engine: Engine) -> None:
    work(engine, comment("1_1", "gelap pak"), under("1_2", "di Gerung", "1_1", 2, SITI))
    with writing(engine) as connection:
        row = items.find(connection, "1_2")
        assert row is not None
        items.add_label(connection, row.id, Label("lainnya", "lainnya", "biasa", "Ani"), later(3))
    said_complaint(engine, "1_1", 10)
    assert decisions(engine)["1_2"] == ("ignore", "dinilai petugas: bukan pengaduan")


def test_nor_is_what_a_citizen_wants_left_alone_though_his_emergency_is_a_ticket(engine: Engine) -> None:
    work(engine, comment("1_1", "gelap pak"), under("1_2", "di Gerung", "1_1", 2, SITI))
    person.restrict(person.request(engine, [SITI["id"]], "Ani", lambda: later(3)))
    said_complaint(engine, "1_1", 10, "mendesak")
    assert decisions(engine)["1_1"][0] == "open" and decisions(engine)["1_2"] == ("ignore", RESTRICTED)
