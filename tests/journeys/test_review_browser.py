"""`ntbcare review` in a real browser: a key makes a ticket, a button moves it, and nothing else happens."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.rig import Rig, until

pytestmark = pytest.mark.browser
CHROMIUM = next((p for p in map(Path, ("/usr/bin/chromium", "/usr/bin/google-chrome")) if p.exists()), None)


@pytest.fixture
def page() -> Iterator[Any]:
    """A page of a headless Chromium that keeps what it said."""
    if CHROMIUM is None:
        pytest.skip("no Chromium at /usr/bin/chromium or /usr/bin/google-chrome")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        made = browser.new_page()
        yield made
        browser.close()


def test_keys_and_buttons_take_effect_at_once(polled: Rig, page: Any) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    process = polled.start("review", "--port", "0")
    address = until(lambda: process.out.read_text("utf-8").strip(), 30, "the address")
    page.goto(address)
    assert "kunci" not in page.url and page.locator("#save").is_hidden()

    row = page.locator("#tinjau .row").first
    item = row.get_attribute("data-id")
    row.focus()
    page.keyboard.press("1")
    until(lambda: _of(polled, "items", "id", item)["ticket"], 20, "the correction becomes a ticket")
    number = _of(polled, "items", "id", item)["ticket"]
    assert _of(polled, "tickets", "number", number)["urgency"] == "mendesak"

    page.locator("#tinjau .row").nth(1).focus()
    page.keyboard.press("b")
    until(lambda: len(_labels(polled)) == 2, 20, "no complaint")
    page.keyboard.press("u")
    until(lambda: len(_labels(polled)) == 3, 20, "what is taken back nobody said")
    told = [(record["is_complaint"], record["kind"]) for record in _labels(polled)]
    assert told == [(True, "pengaduan"), (False, None), (None, None)]

    shown = page.locator("#tiket .row:not(.closed)").first
    there = page.locator(f'#tiket .row[data-number="{shown.get_attribute("data-number")}"]')
    before = _pills(there)
    for key, after in (("3", ["Biasa", "Diterima"]), ("b", ["Biasa", "Ditolak"]), ("u", before)):
        there.focus()
        page.keyboard.press(key)
        until(partial(lambda wanted: _pills(there) == wanted, after), 20, f"{after}, without a reload")
        assert there.locator("[data-due]").is_visible() == ("Ditolak" not in after)

    page.reload()
    mine = page.locator(f'.row[data-number="{number}"]').first
    mine.locator('[data-move="ditindaklanjuti"]').click()
    until(lambda: _of(polled, "tickets", "number", number)["status"] == "ditindaklanjuti", 20, "the move")
    until(lambda: mine.locator('[data-move="ditindaklanjuti"]').is_hidden(), 5, "the button goes")
    mine.locator('[data-move="ditolak"]').click()
    until(lambda: "Tidak tersimpan: tulis alasannya" in page.locator("#kept").inner_text(), 10, "what fails is said")
    colour = "e => getComputedStyle(e).color"
    assert page.locator("#kept").evaluate(colour) == page.locator("#tiket .mendesak .u").first.evaluate(colour)
    assert mine.locator("[data-due]").is_visible()
    labels = len(_labels(polled))
    mine.locator("[name=reason]").fill("bukan pengaduan")
    mine.locator('[data-move="ditolak"]').click()
    until(lambda: _of(polled, "tickets", "number", number)["status"] == "ditolak", 20, "the refusal")
    assert len(_labels(polled)) == labels, "a reason is no correction: it would take back what others said of the item"
    until(lambda: mine.locator("[data-due]").is_hidden(), 5, "nobody waits for what is refused")
    assert [line for line in said if "422" not in line] == []

    page.context.clear_cookies()  # as a browser that was closed
    page.goto(address)
    assert "Sesi berakhir" in page.locator("body").inner_text()
    fresh = until(lambda: re.search(r"http\S+", process.err.read_text("utf-8")), 10, "another address on the terminal")
    page.goto(fresh[0])
    assert "kunci" not in page.url and page.locator("#save").is_hidden()
    process.stop()


def _pills(row: Any) -> list[str]:
    """Urgency and state as a row shows them."""
    return [str(text) for text in row.locator(".pill").all_text_contents()]


def _labels(rig: Rig) -> Any:
    return rig.run("labels", "export").records


def _of(rig: Rig, what: Any, name: str, value: Any) -> Any:
    return next(record for record in rig.stored(what) if record[name] == value)
