"""S-05: the report's file: what it may hold, whatever citizens write, on each of the three databases."""

import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from jinja2 import UndefinedError
from sqlalchemy import Engine, insert, update

from classifiers.verdict import Kind, Urgency, Verdict
from connector.records import Label, Place
from connector.report import gather, write_report
from connector.report.html import render
from connector.report.summary import Names
from connector.sandbox import Sandbox, World
from connector.settings import load_routing
from connector.store import accounts, items, tickets
from connector.store.engine import reading, writing
from connector.store.schema import checkpoints, raw_items
from connector.store.schema import tickets as ticket_table
from tests.reading import Bench, bench

ROUTING = load_routing(None)
NOW = datetime.now(UTC)


def report(engine: Engine, since: datetime | None = None, until: datetime | None = None, at: datetime = NOW) -> str:
    """The file as written from a store."""
    stream = io.StringIO()
    with reading(engine) as connection:
        write_report(connection, stream, ROUTING, since, until, at)
    return stream.getvalue()


def head(html: str, label: str) -> str:
    """A headline number."""
    found = re.search(rf'class="label">{label}</span><span class="value">([^<]*)<', html)
    assert found
    return found[1]


def world() -> World:
    """A Page with a post, a complaint that its author goes on with, a reply, a conversation, praise and a photo."""
    made = World()
    page = made.add_page("gubernur", "100000000000001", "Gubernur NTB")
    post = made.add_post(page, "Selamat pagi warga NTB", at=NOW - timedelta(days=3))
    road = made.add_comment(post, "jalan rusak parah di Gerung", "Baiq Rohani", at=NOW - timedelta(days=2))
    made.add_comment(road, "masih rusak jalannya, berlubang", "Baiq Rohani", at=NOW - timedelta(days=1))
    made.add_comment(post, "terima kasih pak, mantap", "Lalu", at=NOW - timedelta(hours=5))
    made.add_visitor_post(page, "KEBAKARAN di pasar Bertais, tolong!", "Inaq", at=NOW - timedelta(hours=2))
    talk = made.conversation(page, "Suster")
    for n, text in enumerate(("halo", "air mati di Ampenan 3 hari, tolong", "kapan hidup lagi?")):
        made.add_message(talk, text, at=NOW - timedelta(minutes=90 - n))
    return made


def judge(texts: Sequence[str]) -> list[Verdict]:
    """Urgent where it burns, a complaint where something is broken; thanks are no complaint; the rest is unclear."""
    found = []
    for text in texts:
        fire, bad, thanks = "KEBAKARAN" in text, "rusak" in text or "mati" in text, "terima kasih" in text
        kind: Kind = "pengaduan" if fire or bad else "apresiasi"
        urgency: Urgency = "mendesak" if fire else "biasa"
        unsure = not (fire or bad or thanks)
        found.append(Verdict(kind, fire or bad, 0.9, "listrik", 0.8, urgency, 0.999 if fire else 0.001, unsure, "test"))
    return found


def fill(engine: Engine) -> Bench:
    """Reads and processes that Page."""
    made = world()
    with bench(engine, made, Sandbox(made), classify=judge) as filled:
        filled.poll()
        filled.process()
    return filled


def test_a_store_that_knows_nothing(sqlite_engine: Engine) -> None:
    html = report(sqlite_engine)
    assert html.startswith("<!doctype html>")
    assert html.count("Tidak ada.") >= 4
    assert "Belum ada akun yang dibaca." in html
    assert head(html, "Tiket") == "0"


def test_what_it_says_on_each_database(engine: Engine) -> None:
    fill(engine)
    html = report(engine)
    assert "Selamat pagi warga NTB" in html
    assert head(html, "Tiket") == str(html.count('data-due="'))
    assert html.index("KEBAKARAN") < html.index("jalan rusak parah")
    assert "Komentar yang dibalas" in html or "Tambahan dalam tiket ini" in html
    assert "Pesan sebelum atau sesudahnya" in html
    assert "3 dari 3" in html
    text = re.sub(r"<style>.*?</style>|<script>.*?</script>", "", html, flags=re.S)
    assert "Traceback" not in text
    assert "None" not in text
    assert "undefined" not in text


def test_windows_by_creation(engine: Engine) -> None:
    fill(engine)
    recent = report(engine, since=NOW - timedelta(hours=6))
    assert "KEBAKARAN" in recent
    assert 'data-status="diterima"' in recent
    assert ">jalan rusak parah di Gerung<" not in recent
    assert "Di luar rentang waktu ini masih ada" in recent
    old = report(engine, until=NOW - timedelta(hours=6))
    assert "jalan rusak parah" in old
    assert "KEBAKARAN" not in old
    future = report(engine, since=NOW + timedelta(days=1))
    assert head(future, "Tiket") == "0"
    assert head(future, "Masuk dari warga") == "0"


def test_overdue_answered_and_closed(engine: Engine) -> None:
    fill(engine)
    late = report(engine, at=NOW + timedelta(hours=5))
    assert int(head(late, "Terlambat dijawab")) >= 1
    assert "terlambat 3 jam" in late or "terlambat 4 jam" in late
    with writing(engine) as connection:
        connection.execute(update(ticket_table).values(first_response_at=NOW))
    assert head(report(engine, at=NOW + timedelta(hours=5)), "Terlambat dijawab") == "0"
    with writing(engine) as connection:
        first = next(iter(tickets.every(connection, urgency="mendesak")))
        done = {"status": "tuntas", "closed_at": NOW}
        tickets.change(connection, first.number, done, who="Ani", what="closed", now=NOW)
    html = report(engine)
    assert html.index(first.number) > html.index("jalan rusak parah")
    assert "Tuntas" in html


def test_a_ticket_without_items_and_a_label(engine: Engine) -> None:
    filled = fill(engine)
    draft = tickets.Draft(
        None, "penting", "listrik", "pln", "Lewat telepon", "gubernur", None, Place(), None, "x", "Ani"
    )
    with writing(engine) as connection:
        tickets.open_tickets(connection, [draft], NOW, lambda at, _: at)
        praised = next(key for key, one in filled.items().items() if one["text"] == "terima kasih pak, mantap")
        found = items.find(connection, praised)
        assert found
        label = Label("apresiasi", "lainnya", "biasa", "Ani")
        items.add_label(connection, found.id, label, NOW)
    html = report(engine, since=NOW - timedelta(days=9))
    assert "Lewat telepon" in html
    assert "Dibuat oleh petugas" in html
    assert "Apresiasi · Lainnya · Biasa (oleh Ani)" in html


def test_what_could_not_be_read_and_streams_that_ail(engine: Engine) -> None:
    fill(engine)
    with writing(engine) as connection:
        rows = [
            {
                "platform": "facebook", "kind": "comment", "external_id": f"bad_{n}", "account": "gubernur",
                "stream": "comments", "fetched_at": NOW, "seen_at": NOW, "fingerprint": "x",
                "payload": '{"message":"081234567890 <b>"}', "state": "quarantined", "reason": "no <id>",
            }
            for n in range(gather.UNREADABLE + 3)
        ]  # fmt: skip
        connection.execute(insert(raw_items), rows)
        accounts.set_stream(connection, "gubernur", "comments", blocked="token <mati>")
        accounts.set_stream(connection, "gubernur", "posts", error="Graph 500", error_at=NOW + timedelta(days=1))
        connection.execute(update(checkpoints).values(total=7, fails=1, done="x"))
    html = report(engine)
    assert "Ditampilkan 200 yang terbaru dari 203" in html
    assert "no &lt;id&gt;" in html
    assert "token &lt;mati&gt;" in html
    assert "081234567890" not in html
    assert head(html, "Tidak terbaca") == "203"
    assert head(html, "Aliran bermasalah") == "2"
    assert "gagal)" in html


def test_bounded_lists_say_so(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(sqlite_engine)
    monkeypatch.setattr(gather, "TICKETS", 1)
    html = report(sqlite_engine)
    assert "Ditampilkan 1 dari" in html
    assert html.count('data-due="') == 1
    assert head(html, "Tiket") != "1"


def test_an_unknown_name_in_a_template_is_an_error() -> None:
    lists = gather.Lists(iter(()), 0, iter(()), 0, iter(()), 0, [])
    with pytest.raises(UndefinedError):
        render(io.StringIO(), SimpleNamespace(id="1"), lists, Names({}, {}, {}))  # type: ignore[arg-type]
