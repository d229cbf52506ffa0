"""(i) Finding duplicates: complaints a second against a million open tickets in an SQLite file, and the memory it takes."""

import random
import resource
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, text

from classifiers.verdict import Category, Verdict
from connector.cli.opening import collect_seldom
from connector.duplicates import keys_of
from connector.duplicates.shelf import MOST
from connector.process import BATCH
from connector.process.facts import Desk
from connector.process.twins import gather, told_of
from connector.records import Classified, Item, OpenTicket, Place
from connector.store import likeness, migrate
from connector.store.engine import open_store, reading, writing
from connector.store.schema import items, raw_items, ticket_items, tickets
from connector.store.statements import insert_all

from .figures import head, show
from .worlds import texts

OPEN, NEW, CHUNK = 1_000_000, 20_000, 10_000
SURE = 0.18
"""How many of the items that people write are complaints sure enough to be compared."""
NOW = datetime(2026, 11, 24, tzinfo=UTC)
CATEGORIES: tuple[Category, ...] = (
    "jalan_jembatan",
    "listrik",
    "air_bersih",
    "kesehatan",
    "lingkungan_sampah",
    "bantuan_sosial",
)


def run(count: int = OPEN) -> None:
    """Complaints that each name a spot, and the worst case: halves of texts that thousands share."""
    for named in (True, False):
        _run(count, named)


def _run(count: int, named: bool) -> None:
    """Each tenth new text repeats an open one. Places are not looked for: that is another part."""
    head(f"Duplicates: {NEW:,} items against {count:,} open tickets, SQLite, {'named' if named else 'halves shared'}")
    with TemporaryDirectory(prefix="ntbcare-bench-") as folder:
        engine = open_store(f"sqlite:///{folder}/bench.db")
        migrate.migrate(engine)
        _fill(engine, count, named)
        show("on disk", f"{Path(folder, 'bench.db').stat().st_size / 1e9:.2f} GB")
        collect_seldom()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for sure in (1.0, SURE):
            _measure(engine, list(_complaints(NEW, 2, 10, named, sure)), sure)
        more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        show("memory on top", f"{more / 1024:.0f} MiB")
        engine.dispose()


def _measure(engine: Engine, fresh: Sequence[Classified], sure: float) -> None:
    """All of these items, in batches as processing takes them."""
    began, cpu = time.perf_counter(), time.process_time()
    parts = [(at, fresh[at : at + BATCH]) for at in range(0, NEW, BATCH)]
    joined, filing = map(sum, zip(*(_look(engine, part, at) for at, part in parts), strict=True))
    took, worked = time.perf_counter() - began, time.process_time() - cpu
    show(
        f"look, compare, file; {sure:.0%} are complaints",
        f"{NEW / took:,.0f} items/s",
        f"{worked / NEW * 1e6:.0f} µs CPU each, of which filing {filing / NEW * 1e6:.0f}; {joined} joined",
    )


def _look(engine: Engine, batch: Sequence[Classified], at: int) -> tuple[int, float]:
    """One batch as processing does it; returns how many would join a ticket, and the CPU seconds of filing the rest."""
    with writing(engine) as connection:
        twins, joined = gather(connection, dict(enumerate(batch, OPEN + at + 1)), (), DESK), 0
        for row in twins.told:
            if twins.like(row):
                joined += 1
            else:
                twins.opened(row, OpenTicket(f"@{row}", twins.told[row].author, "lainnya", "biasa"))
        cpu = time.process_time()
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        likeness.file(connection, twins.filed)
        filing = time.process_time() - cpu
        connection.rollback()
    return joined, filing


DESK: Any = Desk(None, None, lambda *_: Place(), None, None, frozenset(), lambda: NOW)  # type: ignore[arg-type]


def _complaints(count: int, seed: int, repeat: int = 0, named: bool = True, sure: float = 1.0) -> Iterator[Classified]:
    """Items of which so many are complaints; unless `named`, thousands share halves of their words, as in no real town."""
    chance, names = random.Random(seed), random.Random(1)
    old = [f"{words} {_name(names) if named else ''}" for words in islice(texts(1), 2_000)]
    names = random.Random(seed)
    for n, words in enumerate(islice(texts(seed), count)):
        said = f"{words} {_name(names) if named else ''}"
        said = old[n % len(old)] if repeat and n % repeat == 0 else said
        at = NOW - timedelta(seconds=chance.randrange(30 * 86_400 if not repeat else 3_600))
        author, category = str(chance.randrange(300_000)), chance.choice(CATEGORIES)
        item = Item(
            *("facebook", "p", "comments", "comment", f"{seed}_{n}", None, None, None, author, None, False, said, at),
            permalink=None,
        )
        verdict = Verdict("pengaduan", chance.random() < sure, 0.9, category, 0.9, "biasa", 0.0, False, "m")
        yield Classified(item, verdict)


def _name(chance: random.Random) -> str:
    """A street, a hamlet, a person: three made-up words."""
    parts = [chance.choice("bcdgjklmnprst") + chance.choice("aeiou") for _ in range(9)]
    return f"di {''.join(parts[:3])} {''.join(parts[3:6])} {''.join(parts[6:])}"


def _fill(engine: Engine, count: int, named: bool) -> None:
    """Open tickets, each with one item, filed as processing files them."""
    began, rows, under = time.perf_counter(), enumerate(_complaints(count, 1, 0, named), 1), Counter[int]()
    while part := list(islice(rows, CHUNK)):
        with writing(engine) as connection:
            insert_all(connection, raw_items, [_raw(row, one.item) for row, one in part])
            insert_all(connection, items, [_item(row, one.item) for row, one in part])
            insert_all(connection, tickets, [_ticket(row, one) for row, one in part])
            insert_all(connection, ticket_items, [{"item_id": row, "ticket_id": row, "position": 0} for row, _ in part])
            told = [(row, told_of(one, DESK)) for row, one in part]
            keys = [one for row, t in told if t is not None for one in keys_of(t).rows(row)]
            under.update(key for key, *_ in keys)
            likeness.file(connection, [one for one in keys if under[one[0]] <= MOST])
    with reading(engine) as connection:
        stood = connection.scalar(text("SELECT COUNT(*) FROM likeness"))
    show("filed", f"{stood:,} numbers", f"{time.perf_counter() - began:.0f} s to make the store")


def _raw(row: int, item: Item) -> dict[str, Any]:
    facts = {"id": row, "platform": "facebook", "kind": "comment", "external_id": item.id, "account": "p"}
    return {
        **facts,
        "stream": "comments",
        "fetched_at": NOW,
        "seen_at": NOW,
        "fingerprint": "x",
        "payload": "{}",
        "state": "done",
    }


def _item(row: int, item: Item) -> dict[str, Any]:
    facts = {"id": row, "platform": "facebook", "kind": "comment", "external_id": item.id, "account": "p"}
    facts |= {"stream": "comments", "author_id": item.author_id, "by_account": False, "text": item.text}
    facts |= {"created_at": item.created_at, "hidden": False, "edited": False, "deleted": False, "revision": 1}
    return {**facts, "decision": "open"}


def _ticket(row: int, one: Classified) -> dict[str, Any]:
    said = one.verdict
    assert said is not None
    facts = {
        "id": row,
        "number": f"NTB-2026-{row:07d}",
        "status": "diterima",
        "urgency": "biasa",
        "category": said.category,
    }
    return {
        **facts,
        "agency": "opd",
        "summary": "",
        "account": "p",
        "reporter_id": one.item.author_id,
        "opened_at": NOW,
    }
