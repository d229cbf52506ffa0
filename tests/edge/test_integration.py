"""Tickets handed over as Open311 and LAPOR know them, and states that come back: checked, each once, allowed moves only."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connector import casework, central, checkup, handing, wiring
from connector.errors import Misuse, SettingsError
from connector.export import as_csv
from connector.settings import Settings, load_routing
from connector.store import history, persons, tickets
from connector.store.engine import reading, writing
from tests.edge.test_casework import later, work
from tests.edge.test_store_process import T0, comment

NAMES = load_routing(None).agencies
ONE, TWO = "NTB-2026-000001", "NTB-2026-000002"
LINES = [
    {"number": ONE, "status": "ditindaklanjuti", "at": "2026-11-24T02:00:00Z", "tracking_id": 7461234, "by": "PUPR"},
    {"number": ONE, "status": "tuntas", "at": "2026-11-24T03:00:00Z", "reason": "sudah ditambal"},
    {"number": TWO, "status": "ditolak", "at": "2026-11-24T03:00:00Z", "reason": "Bukan wewenang: milik PLN"},
]


def filled(engine: Engine) -> None:
    work(engine, comment("1_1", "jalan rusak di Gerung, hubungi 081234567890"), comment("1_2", "lampu rusak", None))


def take(engine: Engine, folder: Path, lines: list[Any], name: str = "a.jsonl") -> central.Taken:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    (folder / name).write_text(text, "utf-8")
    return central.take_states(engine, folder / name, later(60 * 24))


def shown(engine: Engine) -> dict[str, Any]:
    with reading(engine) as connection:
        assert list(history.faults(connection)) == []
        return {t.number: t for t in tickets.every(connection)}


def test_states_come_back_once_with_reason_time_and_who(engine: Engine, tmp_path: Path) -> None:
    filled(engine)
    done = take(engine, tmp_path, LINES)
    assert (done.moved, done.known, done.overtaken, done.referenced, done.failures) == (3, 0, 0, 1, [])
    one, two = (shown(engine)[number] for number in (ONE, TWO))
    assert (one.status, one.closed_at, two.status) == ("tuntas", T0 + timedelta(hours=2), "ditolak")
    before = shown(engine)
    again = take(engine, tmp_path, LINES)
    assert (again.moved, again.known, again.referenced, again.failures) == (0, 3, 0, [])
    casework.move(engine, TWO, "ditindaklanjuti", who="Ani", reason="ternyata milik kami", now=later(60 * 25))
    older = take(engine, tmp_path, [{"number": TWO, "status": "tuntas", "at": "2026-11-24T04:00:00Z"}])
    assert older.overtaken == 1 and shown(engine)[TWO].status == "ditindaklanjuti"
    assert take(engine, tmp_path, LINES).moved == 0 and shown(engine)[ONE] == before[ONE]
    with reading(engine) as connection:
        events = history.events_of(connection, tickets.get(connection, ONE).id)
    assert [(e.what, e.who) for e in events][1:] == [
        ("referenced", "PUPR"), ("moved", "PUPR"), ("moved", "aplikasi pusat"),
    ]  # fmt: skip
    assert events[3].data and events[3].data["reason"] == "sudah ditambal"


def test_a_bad_line_is_named_and_loses_no_other(sqlite_engine: Engine, tmp_path: Path) -> None:
    filled(sqlite_engine)
    bad: list[Any] = [
        "not json", "[1]", {"number": ONE}, {"status": "tuntas"}, {"number": "NTB-1999-000001", "status": "tuntas"},
        {"number": ONE, "status": "selesai"}, {"number": ONE, "status": "ditolak"},
        {"number": ONE, "status": "tuntas", "at": "kemarin"}, {"number": ONE, "status": "tuntas", "at": "2027-01-01T00:00Z"},
        {"number": ONE, "status": "tuntas", "version": "satu"}, {"number": ONE, "status": "tuntas", "version": 7},
        {"number": ONE, "status": "tuntas", "kolom": 1}, {"number": ONE, "tracking_id": "9" * 65},
        {"number": ["x"], "status": {"a": 1}}, "[" * 100_000, {"number": ONE, "status": "tuntas", "at": "2026-11-24"},
    ]  # fmt: skip
    done = take(sqlite_engine, tmp_path, [*bad, "", LINES[0], {"number": TWO, "status": "tuntas"}])
    assert done.moved == 2 and len(done.failures) == len(bad)
    for n, line in enumerate(done.failures, 1):
        assert f"a.jsonl:{n}: " in line and len(line) < 400 and "--" not in line
    refused = take(sqlite_engine, tmp_path, [{"number": TWO, "status": "diterima"}])
    assert refused.moved == 0 and "only become ditindaklanjuti" in refused.failures[0]


def test_a_time_without_a_zone_is_by_the_offices_clock(sqlite_engine: Engine, tmp_path: Path) -> None:
    filled(sqlite_engine)
    take(sqlite_engine, tmp_path, [{"number": ONE, "status": "ditindaklanjuti", "at": "2026-11-24 10:00"}])
    done = take(sqlite_engine, tmp_path, [{"number": ONE, "status": "tuntas", "at": "2026-11-24T03:00:00Z"}])
    assert (done.moved, done.overtaken) == (1, 0)
    assert shown(sqlite_engine)[ONE].closed_at == T0 + timedelta(hours=2)


def test_states_come_as_csv_too(sqlite_engine: Engine, tmp_path: Path) -> None:
    filled(sqlite_engine)
    text = f'number,status,reason,at,version\n{ONE},tuntas,,,\n{TWO},ditolak,"kurang\n data",,1\n{TWO},oops,,,\n'
    done = take(sqlite_engine, tmp_path, [text], "a.csv")
    assert done.moved == 2 and len(done.failures) == 1 and "a.csv:5: oops" in done.failures[0]
    (tmp_path / "b.csv").write_bytes(b'number,status\n"' + b"x" * 200_000)
    assert "not CSV" in central.take_states(sqlite_engine, tmp_path / "b.csv", T0).failures[0]
    (tmp_path / "c.csv").write_text(f'number,status\n"{TWO},tuntas\n{ONE},ditindaklanjuti\n', "utf-8")
    done = central.take_states(sqlite_engine, tmp_path / "c.csv", T0)
    assert done.moved == 1 and "c.csv:2: not CSV" in done.failures[0]


def test_a_csv_of_a_spreadsheet_and_one_without_numbers(sqlite_engine: Engine, tmp_path: Path) -> None:
    filled(sqlite_engine)
    done = take(sqlite_engine, tmp_path, [f"number;status;reason\n{ONE};tuntas;ditambal, lalu diaspal"], "a.csv")
    assert (done.moved, done.failures) == (1, [])
    with pytest.raises(Misuse, match=r"b.csv:1: expected .* number"):
        take(sqlite_engine, tmp_path, [f"nomor,status\n{TWO},tuntas"], "b.csv")
    assert shown(sqlite_engine)[TWO].status == "diterima"


def test_open311_knows_requests_and_services(engine: Engine) -> None:
    routing = load_routing(None)
    with reading(engine) as connection:
        assert json.loads("".join(handing.as_open311(connection, routing))) == []
    filled(engine)
    casework.move(engine, TWO, "ditolak", who="Ani", reason="kurang data: kata Siti", now=later(9))
    with reading(engine) as connection:
        text = "".join(handing.as_open311(connection, routing))
    one, two = json.loads(text)
    assert (one["service_request_id"], one["status"], one["service_code"]) == (ONE, "open", "jalan_jembatan")
    assert one["requested_datetime"] == "2026-11-24T01:00:00Z" and one["expected_datetime"] == "2026-11-26T01:00:00Z"
    assert "081234567890" not in text and "7001" not in text and "Siti" not in text
    assert "Kab. Lombok Barat" in one["address"] and one["address_id"].startswith("52.01")
    assert (two["status"], two["status_notes"]) == ("closed", "Ditolak: kurang data")
    services = json.loads(handing.services(routing))
    assert {one["service_code"], two["service_code"]} <= {s["service_code"] for s in services}
    assert all(s["metadata"] is False and s["type"] == "realtime" and s["group"] for s in services)


def test_a_report_for_lapor_has_the_citizens_whole_words_and_the_agencys_name(sqlite_engine: Engine) -> None:
    words = "lampu rusak di Gerung, " + "sudah lama sekali " * 20 + "hubungi 081234567890"
    work(sqlite_engine, comment("1_1", words))
    named = {"opd-listrik": "Dinas Cahaya"}
    with reading(sqlite_engine) as connection:
        (one,) = handing.as_lapor(connection, handing.load_mapping(None, named))
    assert one["instansi"] == "Dinas Cahaya" and one["isi"] == words.replace("081234567890", "[telepon]")
    assert len(one["judul"]) <= 100


def test_lapor_knows_reports_by_its_own_words(engine: Engine, tmp_path: Path) -> None:
    filled(engine)
    take(engine, tmp_path, LINES)
    with reading(engine) as connection:
        mapped = handing.load_mapping(None, NAMES)
        one, two = handing.as_lapor(connection, mapped)
        table = "".join(as_csv(handing.as_lapor(connection, mapped)))
    assert (one["nomor_asal"], one["tracking_id"], one["status"]) == (ONE, "7461234", "selesai")
    assert (one["jenis"], one["topik"]) == ("pengaduan", "Pekerjaan Umum dan Penataan Ruang")
    assert one["anonim"] is True and one["pelapor"] is None and one["rahasia"] is False
    assert (two["status"], two["alasan"], two["tracking_id"]) == ("bukan wewenang", "bukan wewenang", None)
    assert one["tanggal"] == "2026-11-24T09:00:00+08:00" and "081234567890" not in table
    assert [row["nomor_asal"] for row in csv.DictReader(io.StringIO(table.removeprefix("\ufeff")))] == [ONE, TWO]


def test_an_operators_own_mapping_is_checked(sqlite_engine: Engine, tmp_path: Path) -> None:
    filled(sqlite_engine)
    default = (Path(__file__).parents[2] / "config" / "lapor.toml").read_text("utf-8")
    own = default.replace("anonymous = true", "anonymous = false").replace('["pungli_korupsi"]', '["jalan_jembatan"]')
    (tmp_path / "lapor.toml").write_text(own, "utf-8")
    with reading(sqlite_engine) as connection:
        one, two = handing.as_lapor(connection, handing.load_mapping(tmp_path, NAMES))
    assert (one["anonim"], one["pelapor"], one["rahasia"], one["tautan"]) == (False, "7001", True, None)
    assert (two["anonim"], two["pelapor"]) == (True, None)
    with writing(sqlite_engine) as connection:
        persons.register(connection, ["7001"], "restricted", T0)
        restricted, _ = handing.as_lapor(connection, handing.load_mapping(tmp_path, NAMES))
    assert (restricted["anonim"], restricted["pelapor"]) == (True, None)
    wrong_ones = (("jalan_jembatan", "jalan"), ("anonymous = true", "anonymous = 7"), ("dinas-pupr", "dinas-nirwana"))
    for wrong, named in wrong_ones:
        broken = default.replace(wrong, named)
        (tmp_path / "lapor.toml").write_text(broken, "utf-8")
        with pytest.raises(SettingsError, match=named.partition(" ")[0]):
            handing.load_mapping(tmp_path, NAMES)


def test_check_names_a_mapping_that_cannot_be_used(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = wiring.Works(Settings(), load_routing(None), sqlite_engine, tmp_path)
    assert [f.state for f in checkup.examine(made) if f.what == "lapor.toml"] == ["ok"]
    (tmp_path / "lapor.toml").write_text("topics = {}", "utf-8")
    found = [f for f in checkup.examine(made) if f.what == "lapor.toml"]
    assert [f.state for f in found] == ["broken"] and "jalan_jembatan" in found[0].text
