"""S-11: the review page over real HTTP: only with its key, only from this machine, and what is pressed takes effect at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine

from connector.cli.reviewing import office
from connector.review import serve
from connector.settings import Settings, load_routing
from connector.store import items, tickets
from connector.store.engine import reading
from connector.wiring import Works
from tests.edge.test_store_process import comment, desk, land

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)


@contextmanager
def served(engine: Engine, folder: Path) -> Iterator[tuple[requests.Session, str, str]]:
    """A session that has opened the printed address; the address; the key."""
    works = Works(Settings(), load_routing(None), engine, folder)
    told, ready = [], threading.Event()

    def say(address: str) -> None:
        told.append(address)
        ready.set()

    thread = threading.Thread(target=serve, args=(office(works, None, None), 0, works.stop, say))
    thread.start()
    try:
        assert ready.wait(20)
        address, key = told[0].split("/?kunci=")
        with requests.Session() as session:
            assert session.get(told[0]).status_code == 200
            session.headers["X-NTBCare"] = key
            yield session, address, key
    finally:
        works.stop.set()
        thread.join(10)


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """A complaint with its ticket, and praise."""
    land(engine, comment("1_1", "jalan rusak parah"), comment("1_2", "terima kasih", minute=1))
    from connector.process import process_pending

    process_pending(engine, desk())
    return engine


def ticket_of(engine: Engine, item: str) -> Any:
    with reading(engine) as connection:
        row = items.find(connection, item)
        return tickets.get(connection, row.ticket) if row is not None and row.ticket else None


def test_a_correction_makes_a_ticket_at_once(filled: Engine, tmp_path: Path) -> None:
    with served(filled, tmp_path) as (session, address, _):
        said = {"id": "1_2", "kind": "pengaduan", "category": "listrik", "urgency": "mendesak", "by": "Baiq"}
        answer = session.post(f"{address}/labels", json=[said])
        assert (answer.status_code, answer.json()) == (200, {"failures": []})
        assert ticket_of(filled, "1_2").urgency == "mendesak"
        bad = [{"id": "nowhere", "kind": "spam"}, {"id": "1_2", "kind": "x"}, {**said, "urgency": "biasa"}]
        answer = session.post(f"{address}/labels", json=bad)
        assert answer.status_code == 422 and len(answer.json()["failures"]) == 2
        assert all("muat ulang halaman" in line for line in answer.json()["failures"])
        assert ticket_of(filled, "1_2").urgency == "biasa"


def test_a_ticket_is_moved_by_the_rules(filled: Engine, tmp_path: Path) -> None:
    number = ticket_of(filled, "1_1").number
    with served(filled, tmp_path) as (session, address, _):
        moves = f"{address}/tickets/{number}/moves"
        refused = session.post(moves, json={"status": "ditolak", "by": "Baiq"})
        assert refused.status_code == 422 and "alasan" in refused.json()["failures"][0]
        assert session.post(moves, json={"status": "ditindaklanjuti", "by": "Baiq"}).status_code == 200
        assert session.post(f"{address}/tickets/NTB-1999-000001/moves", json={"status": "tuntas"}).status_code == 422
        assert ticket_of(filled, "1_1").status == "ditindaklanjuti"
        again = session.post(moves, json={"status": "ditindaklanjuti", "by": "Baiq"})
        assert again.status_code == 422 and "muat ulang" in again.json()["failures"][0]


def test_strangers_and_other_web_sites_get_nothing(sqlite_engine: Engine, tmp_path: Path) -> None:
    with served(sqlite_engine, tmp_path) as (session, address, key):
        assert requests.get(f"{address}/").status_code == 403
        assert requests.get(f"{address}/?kunci=x").status_code == 403
        assert session.get(f"{address}/", headers={"Host": "evil.example"}).status_code == 403
        assert session.post(f"{address}/labels", json=[], headers={"X-NTBCare": ""}).status_code == 403
        assert requests.post(f"{address}/labels", json=[], headers={"X-NTBCare": key}).status_code == 403
        assert session.post(f"{address}/labels", data="x").status_code == 415
        assert session.post(f"{address}/labels", json={}).status_code == 400
        assert session.post(f"{address}/labels", data=b"x" * 1_000_001).status_code in (413, 415)
        page = session.get(f"{address}/")
        assert page.headers["Cache-Control"] == "no-store" and "connect-src &#39;self&#39;" in page.text
        assert "HttpOnly" in requests.get(f"{address}/?kunci={key}", allow_redirects=False).headers["Set-Cookie"]


def test_a_taken_port_is_said(sqlite_engine: Engine, tmp_path: Path) -> None:
    with served(sqlite_engine, tmp_path) as (_, address, _key), pytest.raises(OSError, match="in use"):
        works = Works(Settings(), load_routing(None), sqlite_engine, tmp_path)
        serve(office(works, None, None), int(address.rsplit(":", 1)[1]), works.stop, print)
