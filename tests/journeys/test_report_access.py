"""The report for everyone: found by search and filter, read in any light and width, without scripts too."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.journeys.test_report_browser import Watched, browsing, filled, usual, written

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browsing() as browser:
        yield browser


def test_search_filters_and_pages(chromium: Any, sqlite_engine: Engine, tmp_path: Path) -> None:
    filled(sqlite_engine, usual())
    file = written(sqlite_engine, tmp_path / "laporan.html")
    watched = Watched(chromium, file)
    page = watched.page
    count, rows = page.locator("#tiket .count"), page.locator("#tiket .row")
    total = int(page.locator(".head").nth(1).locator(".value").inner_text())
    assert count.inner_text() == f"Menampilkan 1–50 dari {total}"
    assert rows.count() == 50
    rows.first.focus()
    page.keyboard.press("]")
    assert count.inner_text().startswith("Menampilkan 51–")
    page.keyboard.press("[")
    page.keyboard.press("/")
    page.keyboard.type("LAMPU nurhayati")
    page.wait_for_timeout(300)
    found = page.locator("#tiket .text").all_text_contents()
    assert 0 < len(found) < total
    assert "tersaring dari" in count.inner_text()
    page.locator("#tiket .filter [name=q]").fill("")
    page.locator("#tiket .filter [name=urgency]").select_option("mendesak")
    page.wait_for_timeout(300)
    assert set(page.locator("#tiket .row .u").all_text_contents()) == {"Mendesak"}
    page.locator("#tiket .filter [name=urgency]").select_option("")
    page.locator("#tiket .filter [name=fixed]").check()
    page.wait_for_timeout(300)
    assert rows.count() == 0
    page.locator("#tiket .filter [name=fixed]").uncheck()
    page.locator("#tiket .pager [name=size]").select_option("500")
    assert rows.count() == total
    page.locator("#keys").uncheck()
    rows.first.focus()
    page.keyboard.press("b")
    assert page.locator(".row.fixed").count() == 0
    watched.quiet(file)
    watched.context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_each_tab_leads_to_its_part(chromium: Any, sqlite_engine: Engine, tmp_path: Path, width: int) -> None:
    filled(sqlite_engine, usual())
    file = written(sqlite_engine, tmp_path / "laporan.html")
    watched = Watched(chromium, file, viewport={"width": width, "height": 800})
    for tab in watched.page.locator(".tabs a").all():
        tab.click()
        watched.page.wait_for_timeout(300)
        part = watched.page.locator(str(tab.get_attribute("href")))
        top = part.evaluate("e => e.getBoundingClientRect().top")
        end = watched.page.evaluate("scrollY + innerHeight >= document.documentElement.scrollHeight - 1")
        assert 0 < top < 80 or (end and 0 < top < 800), tab.inner_text()
    watched.context.close()


CONTRAST = """() => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  const low = new Set();
  for (const e of document.querySelectorAll('body *')) {
    if (!e.checkVisibility() || e.disabled || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) low.add(e.localName + '.' + e.className);
  }
  return [...low];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1366])
def test_everyone_can_read_it(chromium: Any, sqlite_engine: Engine, tmp_path: Path, scheme: str, width: int) -> None:
    filled(sqlite_engine, usual())
    file = written(sqlite_engine, tmp_path / "laporan.html")
    watched = Watched(chromium, file, color_scheme=scheme, viewport={"width": width, "height": 800})
    parts = watched.page.locator("main > section[id]").evaluate_all("all => all.map(one => one.id)")
    assert parts[:3] == ["tiket", "tinjau", "masuk"], "what to do comes before what to know"
    broken = """() => [...document.querySelectorAll('.bars thead th.n')].filter(e =>
        e.scrollWidth > e.clientWidth || getComputedStyle(e).overflowWrap !== 'normal').map(e => e.textContent)"""
    assert watched.page.evaluate(broken) == [], "words are broken or cut"
    longest = "all => all.map(e => e.scrollWidth > e.clientWidth || e.clientWidth < 8 * 16)"
    assert not any(watched.page.locator(".health tbody th").evaluate_all(longest)), "names are broken"
    page = watched.page
    page.locator("#tiket .row button[data-set=not]").first.click()
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    nameless = """() => [...document.querySelectorAll('input, select, button, a, svg[role=img]')].filter(e =>
        !(e.labels?.length || e.textContent.trim() || e.ariaLabel)).length"""
    assert page.evaluate(nameless) == 0
    assert page.evaluate(
        "[...document.querySelectorAll('[id]')].length === new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size"
    )
    page.emulate_media(media="print")
    assert page.locator(".tools").first.is_hidden()
    watched.quiet(file)
    watched.context.close()


def test_without_scripts_the_first_page_is_there(chromium: Any, sqlite_engine: Engine, tmp_path: Path) -> None:
    filled(sqlite_engine, usual())
    file = written(sqlite_engine, tmp_path / "laporan.html")
    watched = Watched(chromium, file, java_script_enabled=False)
    assert watched.page.locator("#tiket .row").count() == 50
    assert "Tanpa JavaScript" in watched.page.locator("#tiket noscript").first.inner_text()
    watched.context.close()
