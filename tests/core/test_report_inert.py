"""S-05: the report's page is inert, whatever citizens write."""

import base64
import hashlib
import io
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine

from classifiers.explain import Deciding
from connector.records import Label
from connector.report import gather
from connector.report.entries import Around, item_entry, ticket_entry
from connector.report.html import render
from connector.report.summary import Facts, Names, ReasonCount, summarise
from connector.report.unreadable import broken
from tests.core.report_payloads import PAYLOADS
from tests.core.test_report_entries import item, ticket
from tests.core.test_report_html import NOW, fill, report


class Census(HTMLParser):
    """Counts elements with the names of their attributes, and keeps addresses."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: Counter[tuple[str, ...]] = Counter()
        self.first: list[tuple[str, dict[str, str | None]]] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen[(tag, *(name for name, _ in attrs))] += 1
        self.first.append((tag, dict(attrs)))
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action", "formaction")]


def test_pages_are_inert(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(sqlite_engine)
    monkeypatch.setattr(gather, "SLICE", 1)
    html = report(sqlite_engine)
    assert html.count("<template>") >= 2
    assert html.count("<template") == html.count("</template>")


def hand_made(text: str, count: int = 1) -> str:
    """A page whose every text is this one."""
    short = text[:190]
    names = Names({"listrik": short}, {"pln": short}, {"gub": short})
    facts = Facts(NOW, None, None, (), (), [ReasonCount("ignore", text or "-", 1)], (), (), 0, 0, 0, 0)
    row = item(text=text, author_name=text, external_id=short, reason=text, permalink=text)
    said, word = Label("spam", "listrik", "biasa", text), text[:64]
    around = Around(row, row, [row], [row], said, Deciding((word,) * 2, (word,), (word,), net=True))
    tall = ticket(summary="~" + text, place_text="~" + text, number="~" + short, permalink=text)
    entries = [
        ticket_entry(tall, row, around, 2, names, NOW),
        item_entry(row, around, names),
    ] * count
    bad = broken(
        SimpleNamespace(kind="x", fetched_at=NOW, account="gub", external_id=short, reason=text, payload=text), names
    )
    lists = gather.Lists(iter([entries]), count, iter([entries]), count, iter([entries]), count, [bad])
    stream = io.StringIO()
    render(stream, summarise(facts, names), lists, names)
    return stream.getvalue()


def test_the_words_that_decided_are_shown() -> None:
    html = hand_made("Jalan rusak")
    assert html.count("<dt>Kata penentu<") == 6
    said = "<bdi>Jalan rusak</bdi>"
    assert f'<dd>{said}, {said}; <span class="none">bukan pengaduan:</span> {said}</dd>' in html
    assert f"<dt>Mendesak karena</dt><dd>{said}; tanda bahaya jiwa yang sedang terjadi</dd>" in html


def test_the_elements_are_the_same_whatever_the_text() -> None:
    plain = Census(hand_made("Jalan rusak")).seen
    assert len(PAYLOADS) >= 200
    for payload in PAYLOADS:
        if payload.strip() and len(payload) < 500:  # shorter than what is cut, which is said in an element of its own
            html = hand_made(payload)
            html.encode("utf-8")
            assert Census(html).seen == plain, payload


def test_ten_megabytes_are_cut() -> None:
    html = hand_made("a" * 10_000_000)
    assert len(html) < 400_000
    assert "Teks ini sangat panjang" in html


def test_the_policy_fits_the_page() -> None:
    html = hand_made("<script>alert(1)</script>")
    census = Census(html)
    in_head = [one for one in census.first if one[0] not in ("html", "head")]
    policy = in_head[0][1]["content"] or ""
    assert in_head[0][1]["http-equiv"] == "Content-Security-Policy"
    for tag in ("style", "script"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.S)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    for part in ("default-src 'none'", "img-src data:", "base-uri 'none'", "form-action 'none'"):
        assert part in policy
    assert "unsafe" not in policy


def test_nothing_but_text_and_links_to_facebook(sqlite_engine: Engine) -> None:
    fill(sqlite_engine)
    html = report(sqlite_engine)
    census = Census(html)
    assert not [name for names in census.seen for name in names[1:] if name.startswith("on") or name == "style"]
    outside = [link for link in census.links if not link.startswith("#")]
    assert outside
    assert all(link.startswith("https://www.facebook.com/") for link in outside)
    for tag, attrs in census.first:
        if tag == "a" and not (attrs["href"] or "").startswith("#"):
            assert attrs["rel"] == "noopener noreferrer nofollow"
    assert not {"img", "iframe", "link", "object", "embed", "base"} & {names[0] for names in census.seen}
    own = Path(gather.__file__).parent
    assert len((own / "style.css").read_bytes()) < 14_000
    assert "innerHTML" not in (own / "script.js").read_text("utf-8")
