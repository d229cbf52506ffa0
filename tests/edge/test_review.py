"""S-11: the review page over real HTTP: only with its key, only from this machine, and what is pressed takes effect at once."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue
from typing import Any, Self

import pytest
import requests
from sqlalchemy import Engine, text

from connector.casework import amend
from connector.cli.reviewing import office
from connector.review import Door, make_app, serve
from connector.settings import Settings, load_routing
from connector.store import items, tickets
from connector.store.engine import reading
from connector.wiring import Works
from tests.edge.test_store_process import comment, desk, land

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)


class Served:
    """A running page: what it printed, and its clock."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.now = NOW
        self.told: list[str] = []
        self.again: Queue[str] = Queue()
        self._ready = threading.Event()
        self.works = Works(Settings(), load_routing(None), engine, folder, clock=lambda: self.now)
        made = office(self.works, None, None)
        self._thread = threading.Thread(target=serve, args=(made, 0, self.works.stop, self._say, self.again.put))

    def _say(self, address: str) -> None:
        self.told.append(address)
        self._ready.set()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(20)
        self.address, self.key = self.told[0].split("/?kunci=")
        return self

    def __exit__(self, *_: object) -> None:
        self.works.stop.set()
        self._thread.join(10)

    def enter(self, session: requests.Session, address: str) -> requests.Response:
        """Opens an address as a browser does; from then on the session asks as the page would."""
        page = session.get(address)
        if token := re.search('data-live="([^"]+)"', page.text):
            session.headers.update({"X-NTBCare": token[1], "Origin": self.address})
        return page


@contextmanager
def served(engine: Engine, folder: Path) -> Iterator[tuple[requests.Session, str, Served]]:
    """A session that has opened the printed address; the address; what serves it."""
    with Served(engine, folder) as page, requests.Session() as session:
        assert page.enter(session, page.told[0]).status_code == 200
        yield session, page.address, page


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
        assert (answer.status_code, answer.json()["failures"]) == (200, [])
        (now,) = answer.json()["tickets"]
        assert (now["id"], now["urgency_name"], now["status"]) == ("1_2", "Mendesak", "diterima")
        assert now["due"] == ticket_of(filled, "1_2").answer_by.isoformat()
        assert ticket_of(filled, "1_2").urgency == "mendesak"
        bad = [{"id": "nowhere", "kind": "spam"}, {"id": "1_2", "kind": "x"}, {**said, "urgency": "biasa"}]
        answer = session.post(f"{address}/labels", json=bad)
        assert answer.status_code == 422 and len(answer.json()["failures"]) == 2
        assert all("muat ulang halaman" in line for line in answer.json()["failures"])
        assert ticket_of(filled, "1_2").urgency == "biasa"


def test_a_correction_counts_by_our_clock_and_tells_how_the_ticket_stands(filled: Engine, tmp_path: Path) -> None:
    number = ticket_of(filled, "1_1").number
    amend(filled, number, {"urgency": "penting"}, who="Ani", now=NOW, desk=desk())
    with served(filled, tmp_path) as (session, address, page):
        page.now += timedelta(minutes=1)
        slow = {"id": "1_1", "kind": "", "is_complaint": False, "at": (NOW - timedelta(days=1)).isoformat()}
        (now,) = session.post(f"{address}/labels", json=[slow]).json()["tickets"]
        assert (now["number"], now["status"], now["status_name"], now["due"]) == (number, "ditolak", "Ditolak", None)


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
        assert session.post(moves, json={"status": "tuntas", "seen": "ditindaklanjuti"}).status_code == 200
        stale = session.post(moves, json={"status": "ditindaklanjuti", "seen": "diterima", "by": "Baiq"})
        assert stale.status_code == 422 and ticket_of(filled, "1_1").status == "tuntas"


REFUSED: list[tuple[str, str, dict[str, str | None], int]] = [
    ("GET", "/", {"Host": "evil.example"}, 421),
    ("GET", "/", {"Host": "127.0.0.1"}, 421),
    ("GET", "/", {"Host": "127.0.0.1:1"}, 421),
    ("POST", "/labels", {"Host": "evil.example"}, 421),
    ("GET", "/", {"Sec-Fetch-Site": "cross-site"}, 403),
    ("GET", "/", {"Sec-Fetch-Site": "same-site"}, 403),
    ("GET", "/", {"Origin": "http://evil.example"}, 403),
    ("GET", "/", {"Cookie": "ntbcare=x"}, 403),
    ("POST", "/labels", {"Origin": None}, 403),
    ("POST", "/labels", {"Origin": "null"}, 403),
    ("POST", "/labels", {"Origin": "http://127.0.0.1:1"}, 403),
    ("POST", "/labels", {"Sec-Fetch-Site": "same-site"}, 403),
    ("POST", "/labels", {"X-NTBCare": None}, 403),
    ("POST", "/labels", {"X-NTBCare": "x"}, 403),
    ("POST", "/labels", {"Cookie": "ntbcare=x"}, 403),
    ("POST", "/tickets/NTB-2026-000001/moves", {"X-NTBCare": None}, 403),
    ("GET", "/labels", {}, 405),
    ("GET", "/labels", {"Cookie": ""}, 405),
    ("PUT", "/labels", {}, 405),
    ("DELETE", "/tickets/NTB-2026-000001/moves", {}, 405),
    ("GET", "/tickets/NTB-2026-000001/moves", {}, 405),
    ("POST", "/", {}, 405),
    ("OPTIONS", "/labels", {}, 405),
    ("TRACE", "/", {}, 405),
    ("TRACE", "/", {"Cookie": ""}, 405),
    ("GET", "/tickets/", {}, 404),
    ("GET", "/static/", {}, 404),
    ("GET", "/console", {}, 404),
    ("GET", "//evil.example/x", {}, 404),
    ("GET", "/%2e%2e%2fetc/passwd", {}, 404),
]


def test_what_is_refused_and_how_each_answer_is_sealed(sqlite_engine: Engine, tmp_path: Path) -> None:
    with served(sqlite_engine, tmp_path) as (session, address, page):
        for method, path, headers, code in REFUSED:
            answer = session.request(method, address + path, headers=headers, allow_redirects=False)
            assert (answer.status_code, method, path, headers) == (code, method, path, headers)
            assert page.key not in answer.text and str(session.headers["X-NTBCare"]) not in answer.text
            assert_sealed(answer)
        bodies: list[tuple[dict[str, Any], int]] = [
            ({"data": "x"}, 415),
            ({"data": "{", "headers": {"Content-Type": "application/json"}}, 400),
            ({"data": "[" * 100_000, "headers": {"Content-Type": "application/json"}}, 400),
            ({"json": {}}, 400),
            ({"json": [1]}, 400),
            ({"data": b" " * 1_000_001, "headers": {"Content-Type": "application/json"}}, 413),
        ]
        for body, code in bodies:
            answer = session.post(f"{address}/labels", **body)
            assert answer.status_code == code and len(answer.json()["failures"]) == 1
        home = session.get(f"{address}/", headers={"Sec-Fetch-Site": "none"})
        assert home.status_code == 200 and "connect-src &#39;self&#39;" in home.text
        assert_sealed(home)


def assert_sealed(answer: requests.Response) -> None:
    headers = answer.headers
    assert headers["Cache-Control"] == "no-store" and headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"] and headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer" and headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Werkzeug" not in headers["Server"] and "Access-Control-Allow-Origin" not in headers


def test_the_key_is_exchanged_once_for_a_cookie_and_a_used_one_prints_another(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    with Served(sqlite_engine, tmp_path) as page, requests.Session() as session:
        assert requests.head(page.told[0]).status_code == 403, "a look at the head uses no key"
        answer = requests.get(page.told[0], headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403, "nor does a link on another web site"
        answer = session.get(page.told[0], allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")
        value, *marks = answer.headers["Set-Cookie"].split("; ")
        assert sorted(marks) == ["HttpOnly", "Path=/", "SameSite=Strict"] and page.key not in value
        assert session.get(page.told[0]).status_code == 200, "who is in stays in"

        answer = requests.get(page.told[0])
        assert answer.status_code == 403 and "Buka alamat terbaru" in answer.text
        fresh = page.again.get(timeout=5)
        assert fresh.startswith(f"{page.address}/?kunci=") and fresh != page.told[0]
        assert requests.get(page.address).status_code == 403 and page.again.empty(), "not at every knock"
        assert requests.get(fresh).status_code == 200


def test_a_session_ends_and_the_terminal_shows_the_way_back(sqlite_engine: Engine, tmp_path: Path) -> None:
    with served(sqlite_engine, tmp_path) as (session, address, page):
        page.now += timedelta(minutes=14)
        assert session.post(f"{address}/labels", json=[]).status_code == 200
        page.now += timedelta(minutes=15)
        answer = session.post(f"{address}/labels", json=[])
        assert answer.status_code == 403 and "Sesi berakhir" in answer.json()["failures"][0]
        old = session.headers["X-NTBCare"]
        assert page.enter(session, page.again.get(timeout=5)).status_code == 200
        assert session.headers["X-NTBCare"] != old
        assert session.post(f"{address}/labels", json=[], headers={"X-NTBCare": old}).status_code == 403
        assert session.post(f"{address}/labels", json=[]).status_code == 200


def test_wrong_keys_are_slowed_and_end_no_session(sqlite_engine: Engine, tmp_path: Path) -> None:
    with served(sqlite_engine, tmp_path) as (session, address, page):
        codes = [requests.get(f"{address}/?kunci={at}").status_code for at in range(5)]
        assert codes == [403, 403, 403, 403, 429]
        fresh = page.again.get(timeout=5)
        answer = requests.get(fresh)
        assert answer.status_code == 429 and int(answer.headers["Retry-After"]) == 60
        assert session.get(address).status_code == 200
        page.now += timedelta(minutes=1)
        assert requests.get(fresh).status_code == 200


def test_a_store_that_fails_is_said_without_a_traceback(
    sqlite_engine: Engine, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with served(sqlite_engine, tmp_path) as (session, address, _):
        with sqlite_engine.begin() as connection:
            connection.execute(text("DROP TABLE items"))
        page = session.get(address)
        assert page.status_code == 503 and "Penyimpanan terganggu" in page.text
        answer = session.post(f"{address}/labels", json=[{"id": "1_1", "kind": "spam"}])
        assert answer.status_code == 503 and "Penyimpanan terganggu" in answer.json()["failures"][0]
        assert_sealed(answer)
    assert capfd.readouterr().err == ""


def test_no_debugger_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, sqlite_engine: Engine, tmp_path: Path
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    works = Works(Settings(), load_routing(None), sqlite_engine, tmp_path)
    assert make_app(office(works, None, None), Door(), [], print).debug is False


def test_a_taken_port_is_said(sqlite_engine: Engine, tmp_path: Path) -> None:
    with served(sqlite_engine, tmp_path) as (_, address, _page), pytest.raises(OSError, match="in use"):
        works = Works(Settings(), load_routing(None), sqlite_engine, tmp_path)
        serve(office(works, None, None), int(address.rsplit(":", 1)[1]), works.stop, print, print)
