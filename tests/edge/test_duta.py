"""The duta of a place: rung for what is theirs, told of it weekly, gone when they are removed."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from connector import casework, network, notify
from connector.contactbook import ContactBook
from connector.delivery import DAYS
from connector.places import find_place
from connector.platforms.facebook.parse import raw_post
from connector.records import Roster
from connector.store import alarms, contacts, outbox
from connector.store.engine import reading, writing
from connector.store.tickets import place_values
from connector.wita import WITA
from tests.edge.citizens import everything, files
from tests.edge.ringing import NTB, delivering, fresh, letters, now, put, rung, until
from tests.edge.test_store_process import ACCOUNT, PAGE, desk, tickets_of
from tests.sinks import webhook


def test_duta_of_the_place_are_rung(engine: Engine) -> None:
    with writing(engine) as connection:
        for n, area in enumerate(["52.01.01.2001", "52.01.01", "52.01.02", "52.01"]):
            row = {
                "name": f"Duta {n}",
                "group": "posyandu",
                "area": area,
                "channel": f"telegram:{n}",
                "consent_at": now(),
            }
            assert contacts.put(connection, row, now()) and not contacts.put(connection, row, now())
        assert contacts.near(connection, "52.01", "52.01.01", None) == [1, 2, 4]
        assert contacts.near(connection, "52.01", "52.01.01", "52.01.01.2002") == [2, 4]
        assert contacts.near(connection, None, None, None) == []
    made = rung(engine, fresh("1_1", "TOLONG di Gerung Lombok Barat"))
    assert "contact:4" in [m.lane for m in made]
    with writing(engine) as connection:
        assert contacts.remove(connection, [4]) == 1
    assert "contact:4" not in [m.lane for m in letters(engine)]


def test_what_is_near_is_listed_with_the_most_urgent_first(engine: Engine) -> None:
    rung(engine, fresh("1_1", "jalan rusak di Gerung"), fresh("1_2", "TOLONG di Gerung ada kebakaran", "7002"))
    with reading(engine) as connection:
        rows, total = alarms.open_near(connection, "52.01.01", 1)
    assert ([row.urgency for row in rows], total) == (["mendesak"], 2)


def test_a_place_only_supposed_from_the_post_above_rings_no_duta_and_stands_in_no_digest(engine: Engine) -> None:
    here = put(engine, "52.01.01", "telegram:1")
    post = raw_post(ACCOUNT, {"id": f"{PAGE}_1", "message": "Kunjungan kerja di Gerung", "from": {"id": PAGE}})
    rung(engine, post, fresh("1_1", "TOLONG ada yang tenggelam"))
    assert [ticket["place"]["kecamatan"] for ticket in tickets_of(engine)] == ["52.01.01"]
    assert [m.lane for m in letters(engine)] == ["piket"]
    with reading(engine) as connection:
        assert alarms.open_near(connection, "52.01.01", 10) == ([], 0)
    assert f"contact:{here}" in [
        m.lane for m in rung(engine, fresh("1_2", "TOLONG, di Gerung ada rumah roboh", "7002"))
    ]


def test_a_corrected_place_rings_the_duta_and_the_agency_there_once_until_somebody_has_it(engine: Engine) -> None:
    gerung, praya = put(engine, "52.01.01", "telegram:1"), put(engine, "52.02.01", "telegram:2")
    roster = Roster(((1, "piket"),), {"damkar-loteng": ("damkar",)})
    at = desk(
        clock=now, roster=roster, route=lambda _, place, *__: "damkar-loteng" if place.kabupaten == "52.02" else "x"
    )
    for key, author in (("1_1", "7001"), ("1_2", "7002"), ("1_3", "7003")):
        rung(engine, fresh(key, f"TOLONG kebakaran {author} di Gerung Lombok Barat", author), roster=roster)
    assert {m.lane for m in letters(engine)} == {"piket", f"contact:{gerung}"}
    casework.acknowledge(engine, f"{NTB}-000002", who="Ani", now=now())
    casework.move(engine, f"{NTB}-000003", "ditindaklanjuti", who="Ani", reason="", now=now())
    moved = place_values(casework.place_said("52.02.01", find_place))
    for _ in range(2):
        for number in (1, 2, 3):
            casework.amend(engine, f"{NTB}-{number:06d}", moved, who="Ani", now=now(), desk=at)
    added = [(m.key, m.lane) for m in letters(engine)[6:]]
    assert added == [(f"{NTB}-000001/1/{lane}", lane) for lane in ("damkar", f"contact:{praya}")]


def test_a_place_added_to_a_cry_for_help_rings_the_duta_there(engine: Engine) -> None:
    here = put(engine, "52.01.01", "telegram:1")
    rung(engine, fresh("1_1", "TOLONG kebakaran"))
    assert f"contact:{here}" in [m.lane for m in rung(engine, fresh("1_1", "TOLONG kebakaran di Gerung Lombok Barat"))]


def test_the_weekly_digest_goes_to_each_duta_once_without_names_or_words(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for area, number in (("52.01", 1), ("52.71", 2)):
        put(engine, area, f"wa:{number}")
    rung(engine, fresh("1_1", "jalan rusak di Lombok Barat kata Siti"), fresh("1_2", "lampu rusak", "7002"))
    day = DAYS[now().astimezone(WITA).weekday()]
    with webhook() as sink:
        address = {"wa": sink.address + "{address}"}
        for _ in range(2):
            with delivering(engine, monkeypatch, address, digest_day=day, digest_hour=0):
                until(lambda: {m.state for m in letters(engine)} == {"sent"})
    assert [m.key.split("/")[2] for m in letters(engine)] == ["1", "2"]
    none, text = sorted(sink.texts)
    assert "Mataram: tidak ada pengaduan yang terbuka" in none and "foto" in none, "the lesson goes along all the same"
    assert "Lombok Barat: 1 pengaduan" in text and "Siti" not in text and "rusak" not in text and "foto" in text


def test_a_contact_that_is_removed_leaves_nothing_behind(engine: Engine) -> None:
    first = put(engine, "52.01", "wa:KENARI")
    rung(engine, fresh("1_1", "TOLONG di Gerung Lombok Barat"))
    with writing(engine) as connection:
        outbox.rest(connection, f"contact:{first}", 1, now(), now(), "x")
    assert network.remove(engine, [first], "Ani", now()) == (1, None)
    assert "KENARI" not in everything(engine) and f"contact:{first}" not in everything(engine)
    if engine.dialect.name == "sqlite":
        assert b"KENARI" not in files(engine)


def test_contacts_come_as_people_write_them_and_a_broken_line_loses_no_other(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANNEL_TG", "tgram://123456789:AAabcdefghijklmnopqrstuvwxyz123456789/{address}")
    book = ContactBook.model_validate({"channels": {"tg": {"url_env": "CHANNEL_TG"}}})
    (tmp_path / "duta.csv").write_text(
        "Nama;Kelompok;Saluran;Persetujuan;Kabupaten;Kecamatan;Desa\n"
        "Ayu;Posyandu;tg:1;24-11-2025;Kab. Lombok Barat;Kec. Gerung;\n"
        '"Budi;pkh;tg:2;24/11/2025;;Gerung;\n'
        "Cici;sma-smk;tg:3;2025-11-24;;Kecamatan Sape;Desa Naru\n",
        "utf-8",
    )
    done = network.import_contacts(sqlite_engine, tmp_path / "duta.csv", book, now)
    assert done.new == 2 and len(done.failures) == 1 and "duta.csv:3: not CSV" in done.failures[0]
    assert done.alike == []
    with reading(sqlite_engine) as connection:
        assert [person.area[:8] for person in contacts.every(connection)] == ["52.01.01", "52.06.06"]


def test_who_comes_with_a_new_channel_is_told_to_be_there_with_the_old_one(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANNEL_WA", "json://127.0.0.1/{address}")
    book = ContactBook.model_validate({"channels": {"wa": {"url_env": "CHANNEL_WA"}}})
    told = []
    for channel, area in (("wa:1", "52.01.01"), ("wa:2", "52.71.01"), ("wa:3", "52.01.01"), ("wa:3", "52.01.01")):
        (tmp_path / "duta.csv").write_text(
            f"nama,kelompok,saluran,persetujuan,kode\nAyu,pkh,{channel},2025-11-24,{area}\n", "utf-8"
        )
        told += network.import_contacts(engine, tmp_path / "duta.csv", book, now).alike
    with reading(engine) as connection:
        first = next(person.id for person in contacts.every(connection) if person.channel == "wa:1")
    assert told == [f"Ayu, 52.01.01: is there with another channel too, as number {first}"]


def test_a_day_of_consent_that_no_clock_shows_loses_no_other_line(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANNEL_WA", "json://127.0.0.1/{address}")
    book = ContactBook.model_validate({"channels": {"wa": {"url_env": "CHANNEL_WA"}}})
    days = ("0001-01-01", "30/12/1899", "9999-12-31", "2025-11-24")
    lines = [f"Ayu,pkh,wa:{n},{day},52.01.01\n" for n, day in enumerate(days)]
    (tmp_path / "duta.csv").write_text("nama,kelompok,saluran,persetujuan,kode\n" + "".join(lines), "utf-8")
    done = network.import_contacts(sqlite_engine, tmp_path / "duta.csv", book, now)
    assert done.new == 1 and [line.split(":")[1] for line in done.failures] == ["2", "3", "4"]


def test_an_address_that_a_store_cannot_hold_loses_no_other_line(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANNEL_WA", "json://127.0.0.1/{address}")
    book = ContactBook.model_validate({"channels": {"wa": {"url_env": "CHANNEL_WA"}}})
    lines = [f"Ayu,pkh,wa:{address},2025-11-24,52.01.01\n" for address in ("1\0", "2\x1b", "3")]
    (tmp_path / "duta.csv").write_text("nama,kelompok,saluran,persetujuan,kode\n" + "".join(lines), "utf-8")
    done = network.import_contacts(engine, tmp_path / "duta.csv", book, now)
    assert done.new == 1 and [line.split(":")[1] for line in done.failures] == ["2", "3"]


@pytest.mark.parametrize(
    ("lane", "heard"), [("tg:-100123", True), ("tg:@piket", False), ("wa:1", False), ("nix", False)]
)
def test_only_a_chat_that_telegram_calls_by_its_number_is_told_to_answer(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch, lane: str, heard: bool
) -> None:
    monkeypatch.setenv("CHANNEL_TG", "tgram://123456789:AAabcdefghijklmnopqrstuvwxyz123456789/{address}")
    monkeypatch.setenv("CHANNEL_WA", "json://127.0.0.1/{address}")
    channels = {name: {"url_env": f"CHANNEL_{name.upper()}"} for name in ("tg", "wa")}
    with reading(sqlite_engine) as connection:
        assert notify.is_heard(connection, lane, ContactBook.model_validate({"channels": channels})) is heard
