"""S-04: the report in a real browser: calm, inert, usable by keys alone, and its corrections come back."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from classifiers.verdict import Kind, Urgency, Verdict
from connector.deadlines import answer_by
from connector.labels import import_labels
from connector.report import texts, write_report
from connector.sandbox import Sandbox, World
from connector.settings import load_routing
from connector.store.engine import reading
from tests.core.report_payloads import PAYLOADS
from tests.reading import Bench, bench

pytestmark = pytest.mark.browser
CHROMIUM = next((p for p in map(Path, ("/usr/bin/chromium", "/usr/bin/google-chrome")) if p.exists()), None)
NOW = datetime.now(UTC)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


def judge(found: Sequence[str]) -> list[Verdict]:
    """By turns a complaint of each urgency, something to review, and praise."""
    verdicts = []
    for text in found:
        turn = len(text) % 5
        urgency: Urgency = ("mendesak", "penting", "biasa", "biasa", "biasa")[turn]
        kind: Kind = "apresiasi" if turn == 4 else "pengaduan"
        verdicts.append(Verdict(kind, turn < 4, 0.5, "listrik", 0.5, urgency, 0.5, turn == 3, "test"))
    return verdicts


@contextmanager
def browsing() -> Iterator[Any]:
    """A headless Chromium."""
    if CHROMIUM is None:
        pytest.skip("no Chromium at /usr/bin/chromium or /usr/bin/google-chrome")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browsing() as browser:
        yield browser


class Watched:
    """A page with everything that it said, asked or tried."""

    def __init__(self, browser: Any, file: Path, script: str = "", **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.add_init_script(
            "window.broken = []; document.addEventListener('securitypolicyviolation',"
            " event => window.broken.push(event.violatedDirective + ' ' + event.blockedURI));" + script
        )
        self.page.goto(file.as_uri())

    def _dialog(self, dialog: Any) -> None:
        self.said.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def show_all(self) -> None:
        """As many rows a page as there can be."""
        for select in self.page.locator(".pager:not([hidden]) [name=size]").all():
            select.select_option("500")

    def quiet(self, file: Path) -> None:
        """Asserts that nothing happened but the opening of the file itself."""
        assert self.said == []
        assert self.page.evaluate("window.broken") == []
        assert set(self.asked) == {file.as_uri()}


def written(engine: Engine, file: Path) -> Path:
    """The report of a store, as a file."""
    with reading(engine) as connection, file.open("w", encoding="utf-8", newline="") as stream:
        write_report(connection, stream, load_routing(None), None, None, NOW)
    return file


def filled(engine: Engine, world: World) -> Bench:
    """A store that has read and processed a world's only Page."""
    with bench(engine, world, Sandbox(world), classify=judge) as made:
        made.poll()
        made.process()
    return made


def usual() -> World:
    """A Page with 140 comments and a conversation."""
    world = World()
    page = world.add_page("gubernur", "100000000000001", "Gubernur NTB")
    post = world.add_post(page, "Selamat pagi", at=NOW - timedelta(days=2))
    for n in range(140):
        world.add_comment(
            post,
            f"lampu jalan {n} mati" + "!" * (n % 5),
            f"Warga {n}" if n % 9 else "Nurhayati",
            at=NOW - timedelta(minutes=n),
        )
    world.add_message(world.conversation(page, "Suster"), "air mati", at=NOW)
    return world


def hostile() -> World:
    """The same payloads as comments, names, posts, replies and messages."""
    world = World()
    page = world.add_page("gubernur", "100000000000001", "Gubernur <b>NTB</b>")
    posts = [world.add_post(page, text, at=NOW - timedelta(days=2)) for text in PAYLOADS[::40]]
    for n, text in enumerate(PAYLOADS):
        at = NOW - timedelta(hours=5, seconds=-n)
        under = world.add_comment(posts[n % len(posts)], text, text[:400], at=at)
        if n % 5 == 0:
            world.add_comment(under, text, f"Warga {n}", at=at)
            world.add_message(world.conversation(page, text[:400]), text, at=at)
            world.add_visitor_post(page, text, text[:400], at=at)
    return world


def rows_of(page: Any) -> list[Any]:
    """Every row that is shown: id, text, author, context."""
    found: list[Any] = page.evaluate(
        """() => [...document.querySelectorAll('.row')].map(row => [row.dataset.id,
            row.querySelector('.text bdi')?.textContent ?? '', row.querySelector('.what > .by bdi')?.textContent ?? '',
            [...row.querySelectorAll('.said bdi')].map(b => b.textContent)])"""
    )
    return found


def test_hostile_texts_are_only_texts(chromium: Any, sqlite_engine: Engine, tmp_path: Path) -> None:
    made = filled(sqlite_engine, hostile())
    items = made.items()
    file = written(sqlite_engine, tmp_path / "laporan.html")
    watched = Watched(chromium, file)
    watched.show_all()
    watched.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    shown = rows_of(watched.page)
    assert len(shown) >= 300
    known = {texts.shown(one["text"]).text for one in items.values()}
    for key, text, author, around in shown:
        assert text == texts.shown(items[key]["text"]).text, key
        assert author
        assert all(one in ("tanpa teks",) or one.rstrip("…") in known or len(one) >= 500 for one in around), around
    assert len({text for _, text, _, _ in shown}) >= 180
    elements = watched.page.evaluate(
        "[...new Set([...document.querySelectorAll('.row *')].map(one => one.localName))].sort()"
    )
    allowed = "a b bdi button dd details div dl dt h3 label li option p select span strong summary ul"
    assert set(elements) <= set(allowed.split())
    assert watched.page.title().startswith("Laporan NTB Care")
    watched.page.wait_for_timeout(200)
    watched.quiet(file)
    watched.context.close()


def test_corrections_by_keys_come_back(chromium: Any, sqlite_engine: Engine, tmp_path: Path) -> None:
    made = filled(sqlite_engine, usual())
    file = written(sqlite_engine, tmp_path / "laporan.html")
    watched = Watched(chromium, file, accept_downloads=True)
    page = watched.page
    assert page.locator(".tray").is_hidden()
    page.locator("#tiket .row").first.focus()
    ids = [page.evaluate("document.activeElement.dataset.id")]
    for key in ("b", "j", "3", "j", "v", "j", "a", "k"):
        page.keyboard.press(key)
        ids.append(page.evaluate("document.activeElement.dataset.id"))
    seen = list(dict.fromkeys(ids))
    assert len(seen) == 4
    page.keyboard.press("j")
    page.keyboard.press("u")
    assert page.locator("#count").inner_text() == "3"
    praised = page.locator("#abai .row").first
    praised.locator("[name=category]").select_option("air_bersih")
    praised.locator("[name=urgency]").select_option("mendesak")
    page.locator("#by").fill("Ani <Petugas>")
    page.locator("#tinjau .row button[data-set=right]").first.click()
    page.reload()
    assert page.locator("#count").inner_text() == "5"
    assert page.locator("#tiket .row.fixed").count() == 3
    told = page.locator("#tiket .row.fixed .done").all_text_contents()
    assert {"Koreksi: Bukan pengaduan", "Koreksi: Pengaduan · Biasa"} < set(told)
    with page.expect_download() as waiting:
        page.locator("#save").click()
    assert waiting.value.suggested_filename.startswith("koreksi-2")
    saved = tmp_path / "koreksi.json"
    waiting.value.save_as(saved)
    labels = json.loads(saved.read_text("utf-8"))
    by_id = {one.pop("id"): one for one in labels}
    assert len(by_id) == 5 and all(one.pop("at") and one.pop("revision") == 1 for one in labels)
    assert [one.pop("by") for one in labels][-1] == "Ani <Petugas>"
    right = by_id[seen[2]]
    assert [by_id[key] for key in seen[:2]] == [{"is_complaint": False}, {"kind": "pengaduan", "urgency": "biasa"}], (
        "only what was picked is said"
    )
    assert (
        set(right) == {"kind", "category", "urgency", "seen"}
        and right["urgency"] == "mendesak"
        and seen[3] not in by_id
    )
    assert right["seen"]["urgency"] == "mendesak" and right["seen"]["at"]
    assert {"kind": "pengaduan", "category": "air_bersih", "urgency": "mendesak"} in by_id.values()
    done = import_labels(sqlite_engine, saved, lambda: NOW, answer_by, lambda *_: "pln")
    assert (done.new, done.known, done.failures) == (5, 0, [])
    again = import_labels(sqlite_engine, saved, lambda: NOW, answer_by, lambda *_: "pln")
    assert (again.new, again.known) == (0, 5)
    made.process()
    assert "Ani &lt;Petugas&gt;" in written(sqlite_engine, tmp_path / "lagi.html").read_text("utf-8")
    watched.asked = [url for url in watched.asked if not url.startswith("blob:")]
    watched.quiet(file)
    watched.context.close()


def test_without_storage_corrections_last_as_long_as_the_page(
    chromium: Any, sqlite_engine: Engine, tmp_path: Path
) -> None:
    filled(sqlite_engine, usual())
    file = written(sqlite_engine, tmp_path / "laporan.html")
    denied = (
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }});"
    )
    watched = Watched(chromium, file, denied)
    watched.page.locator("#tiket .row button[data-set=not]").first.click()
    assert "hanya selama halaman ini terbuka" in watched.page.locator(".tray").inner_text()
    with watched.page.expect_download() as waiting:
        watched.page.locator("#save").click()
    assert len(json.loads(Path(waiting.value.path()).read_text("utf-8"))) == 1
    assert watched.said == []
    watched.context.close()
