"""(a) Fetch, classify, store durably: a first read by the product against the naive script."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, text

from ..servers import mariadb, postgresql
from . import naive
from .figures import head, show
from .ours import opened, poll, read
from .standin import StandIn, standing_in

COMMENTS, SERVED_COMMENTS, NAIVE_COMMENTS, ROUNDS = 20_000, 5_000, 500, 3


def run() -> None:
    """Items a second, from the first call to the last commit; and processor time, which a busy machine distorts less."""
    head("End to end: fetch → classify → commit, first read")
    for question in naive.QUESTIONS:
        naive.pipeline(question).predict_proba(["supaya sudah siap"])
    with standing_in(COMMENTS) as graph, standing_in(NAIVE_COMMENTS) as small:
        _ours(graph)
        slow = [_median(partial(_naively, small, asked)) for asked in (("category",), naive.QUESTIONS)]
        for what, speed in zip(("one question", "our three"), slow, strict=True):
            name = f"naive script, {what}, SQLite, {NAIVE_COMMENTS} comments"
            show(name, f"{speed.rate:,.0f} items/s", f"baseline; {speed}")
        _told(f"ours, SQLite (WAL, FULL), {COMMENTS:,} comments", _median(lambda: _ours(graph)), slow)
        _told("  of that, landing alone", _median(lambda: _landing(graph)), slow)
    with standing_in(SERVED_COMMENTS) as graph:
        for name, server in (("PostgreSQL", postgresql), ("MariaDB", mariadb)):
            with server() as address:
                served = _median(lambda address=address: _ours(graph, _database(address)))  # type: ignore[misc]
                _told(f"ours, {name}, {SERVED_COMMENTS:,} comments", served, slow)


@dataclass(frozen=True, slots=True)
class Speed:
    """Items a second, and the processor seconds of our process for 10,000 items."""

    rate: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.cpu:.2f} CPU s/10,000"


def _told(what: str, ours: Speed, slow: Sequence[Speed]) -> None:
    """Beside the script that asks one question of each text, and the one that asks the three which ours answers."""
    times = " and ".join(f"{ours.rate / one.rate:.1f}" for one in slow)
    by_cpu = " and ".join(f"{one.cpu / ours.cpu:.1f}" for one in slow)
    show(what, f"{ours.rate:,.0f} items/s", f"{times} × the baselines; {ours}, {by_cpu} × by CPU")


def _median(work: Callable[[], Speed]) -> Speed:
    """The median of several rounds, of each figure by itself."""
    done = [work() for _ in range(ROUNDS)]
    return Speed(median(s.rate for s in done), median(s.cpu for s in done))


def _speed(work: Callable[[], int]) -> Speed:
    began, cpu = time.perf_counter(), time.process_time()
    items = work()
    return Speed(items / (time.perf_counter() - began), (time.process_time() - cpu) / items * 10_000)


def _naively(graph: StandIn, questions: Sequence[str]) -> Speed:
    with TemporaryDirectory() as folder:
        return _speed(lambda: naive.run(graph, Path(folder), questions))


def _ours(graph: StandIn, url: str | None = None) -> Speed:
    with opened(graph, url) as works:
        return _speed(lambda: poll(works))


def _landing(graph: StandIn) -> Speed:
    with opened(graph) as works:
        return _speed(lambda: read(works).counts["new"])


def _database(address: str) -> str:
    """An empty database on a server."""
    name = f"bench_{uuid.uuid4().hex[:8]}"
    engine = create_engine(address + ("postgres" if "postgresql" in address else ""), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return address + name
