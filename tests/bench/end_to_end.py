"""(a) Fetch, classify, store durably: a first read by the product against the naive script."""

import time
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, text

from ..servers import mariadb, postgresql
from . import naive
from .figures import head, ratio, rounds, show
from .ours import opened, poll, read
from .standin import StandIn, standing_in

COMMENTS, NAIVE_COMMENTS, ROUNDS = 20_000, 500, 3


def run() -> None:
    """Items a second, from the first call to the last commit."""
    head("End to end: fetch → classify → commit, first read")
    naive.pipeline().predict_proba(["supaya sudah siap"])
    with standing_in(COMMENTS) as graph, standing_in(NAIVE_COMMENTS) as small:
        _ours(graph)
        slow = rounds(ROUNDS, lambda: _naively(small))
        show(f"naive script, SQLite, {NAIVE_COMMENTS} comments", f"{slow:,.0f} items/s", "baseline")
        fast = rounds(ROUNDS, lambda: _ours(graph))
        show(f"ours, SQLite (WAL, FULL), {COMMENTS:,} comments", f"{fast:,.0f} items/s", ratio(fast, slow))
        show("  of that, landing alone", f"{rounds(ROUNDS, lambda: _landing(graph)):,.0f} items/s")
        with postgresql() as address:
            other = rounds(ROUNDS, lambda: _ours(graph, _database(address)))
            show("ours, PostgreSQL", f"{other:,.0f} items/s", ratio(other, slow))
        with mariadb() as address:
            other = rounds(ROUNDS, lambda: _ours(graph, _database(address)))
            show("ours, MariaDB", f"{other:,.0f} items/s", ratio(other, slow))


def _naively(graph: StandIn) -> float:
    with TemporaryDirectory() as folder:
        began = time.perf_counter()
        return naive.run(graph, Path(folder)) / (time.perf_counter() - began)


def _ours(graph: StandIn, url: str | None = None) -> float:
    with opened(graph, url) as works:
        began = time.perf_counter()
        return poll(works) / (time.perf_counter() - began)


def _landing(graph: StandIn) -> float:
    with opened(graph) as works:
        began = time.perf_counter()
        return read(works).counts["new"] / (time.perf_counter() - began)


def _database(address: str) -> str:
    """An empty database on a server."""
    name = f"bench_{uuid.uuid4().hex[:8]}"
    engine = create_engine(address + ("postgres" if "postgresql" in address else ""), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return address + name
