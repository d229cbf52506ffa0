"""R-29, S-06, S-07: every text of the corpus from Graph to store, report, table and log, and its neighbours with it."""

import csv
import io
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

import classifiers
import connector.report
from classifiers.verdict import Verdict
from connector.export import as_csv, as_jsonl, records
from connector.report import write_report
from connector.report.texts import shown
from connector.sandbox import Fault, Limits, Options, Sandbox, World, faults
from connector.settings import load_routing
from connector.store.engine import reading
from connector.telling import start_logging
from tests.edge.hostile_texts import NO_TEXTS, TEXTS
from tests.reading import Bench, bench

DANGEROUS = tuple("=+-@\t\r\n\0＝＋－＠")


def all_complaints(texts: Sequence[str]) -> list[Verdict]:
    """The shipped classifier's word on each, then all made complaints, so that all are shown."""
    sure = {"is_complaint": True, "needs_review": False, "kind": "pengaduan", "urgency": "biasa"}
    return [verdict._replace(**sure) for verdict in classifiers.load()(texts)]  # type: ignore[arg-type]


def as_sent(text: str) -> str:
    """The one thing that JSON itself changes: two halves that stand together are one character."""
    read: str = json.loads(json.dumps(text))
    return read


@pytest.fixture(scope="module")
def world() -> World:
    """Each text a comment of a citizen of his own, each with an honest neighbour; some comments whose text is none."""
    made = World()
    page = made.add_page("gubernur", "100000000000001", "Gubernur NTB")
    for n, (name, text) in enumerate(TEXTS.items()):
        if n % 40 == 0:
            post = made.add_post(page, f"Kunjungan {n}")
        made.add_comment(post, text, f"Warga {name}")
        made.add_comment(post, f"Lampu jalan mati di depan rumah nomor {n}", f"Tetangga {n}")
    return made


def read_all(bench: Bench) -> None:
    """A whole reading, all of it processed."""
    assert not bench.poll().failures
    bench.process()


@pytest.fixture
def landed(engine: Engine, world: World) -> Any:
    """A store into which the corpus was read."""
    sandbox = Sandbox(world, options=Options(), limits=Limits(pages=None, messenger=None))
    with bench(engine, world, sandbox, classify=all_complaints) as reader:
        read_all(reader)
        yield reader


def truth(world: World) -> dict[str, str]:
    """The text of every comment."""
    return {c.id: as_sent(c.text) for post in world.pages["gubernur"].posts for c in post.stream}


def test_there_are_enough() -> None:
    assert len(TEXTS) >= 300
    assert len(set(TEXTS.values())) >= 300


def test_every_text_comes_through_as_it_was_sent(landed: Bench, world: World) -> None:
    sent = truth(world)
    stored = {key: item["text"] or "" for key, item in landed.items().items() if key in sent}
    assert stored.keys() == sent.keys(), "a text or its neighbour is missing"
    assert [key for key in sent if stored[key] != sent[key]] == []
    ticketed = {source for ticket in landed.tickets() for source in ticket["source_ids"]}
    assert {c for c, text in sent.items() if text.strip()} - ticketed == set()
    with reading(landed.engine) as connection:
        lines = list(as_jsonl(records(connection, "items")))
        table = "".join(as_csv(records(connection, "items")))
    assert all(line.isascii() and line.count("\n") == 1 for line in lines)
    assert {record["id"]: record["text"] or "" for record in map(json.loads, lines) if record["id"] in sent} == sent
    the_table_holds(table, sent)
    the_report_holds(landed, sent)


def the_table_holds(table: str, sent: dict[str, str]) -> None:
    """Every text in its cell; none begins as a formula; what no file can hold has a sign."""
    csv.field_size_limit(10_000_000)
    whole = io.StringIO(table.encode("utf-8").decode("utf-8-sig"), newline="")
    rows = {row["id"]: row for row in csv.DictReader(whole)}
    for key, text in sent.items():
        kept = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
        assert rows[key]["text"] == (f"'{kept}" if kept.startswith(DANGEROUS) else kept)
    assert not [v for row in rows.values() for v in row.values() if v and v.startswith(DANGEROUS)]


class Census(HTMLParser):
    """Which elements a page has, and all of its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.handlers: set[str] = set()
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.handlers |= {name for name, _ in attrs if name.startswith("on")}

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def the_report_holds(landed: Bench, sent: dict[str, str]) -> None:
    """Every text is shown, cleaned and cut as documented; none of them became an element."""
    page = report_of(landed)
    page.encode("utf-8")
    census, said = Census(), ""
    census.feed(page)
    said = " ".join("".join(census.said).split())
    assert not census.handlers
    templates = "".join(file.read_text("utf-8") for file in Path(connector.report.__path__[0]).glob("*.j2"))
    assert census.elements <= set(re.findall(r"<([a-z0-9]+)", templates)), "a text became an element"
    assert page.count("<script") <= 2
    hidden = [key for key, text in sent.items() if " ".join(shown(text).text.split())[:500] not in said]
    assert hidden == []


def report_of(landed: Bench) -> str:
    """The report as it stands."""
    out = io.StringIO()
    with reading(landed.engine) as connection:
        write_report(connection, out, load_routing(None), None, None, datetime.now(UTC))
    return out.getvalue()


def test_what_is_no_text_is_kept_apart_and_seen_and_its_neighbours_land(engine: Engine) -> None:
    world = World()
    page = world.add_page("gubernur", "100000000000001", "Gubernur NTB")
    post = world.add_post(page, "Kunjungan")
    bad = [world.add_comment(post, f"rusak {name}", f"Warga {name}") for name in NO_TEXTS]
    good = [world.add_comment(post, f"Jalan rusak di {n}", f"Tetangga {n}") for n in range(len(bad))]
    wrong = dict(zip((c.id for c in bad), NO_TEXTS.values(), strict=True))

    def spoil(value: Any) -> Any:
        if isinstance(value, list):
            return [spoil(v) for v in value]
        if not isinstance(value, dict):
            return value
        value = {k: spoil(v) for k, v in value.items()}
        return value | {"message": wrong[value["id"]]} if value.get("id") in wrong else value

    sandbox = Sandbox(world, options=Options(), limits=Limits(pages=None, messenger=None))
    sandbox.faults.add(Fault(faults.spoilt(spoil), times=None))
    with bench(engine, world, sandbox) as reader:
        read_all(reader)
        assert {c.id for c in good} <= reader.items().keys()
        with reading(engine) as connection:
            raws = {r["id"]: r for r in records(connection, "raw")}
        assert {key: raws[key]["payload"]["message"] for key in wrong} == wrong, "nothing is dropped"
        shown_page = report_of(reader)
        assert [key for key in wrong if key not in shown_page] == [], "each bad one is visible"


def test_no_text_makes_two_lines_of_a_log() -> None:
    out = io.StringIO()
    log = start_logging("json", ["EAACANARY"], out)
    small = [text for text in TEXTS.values() if len(text) < 10_000]
    for text in small:
        log.warning(text, action="read_failed", account=text)
    lines = out.getvalue().split("\n")[:-1]
    assert len(lines) == len(small)
    assert all(line.isascii() and line.isprintable() for line in lines)
    assert {json.loads(line)["action"] for line in lines} == {"read_failed"}
