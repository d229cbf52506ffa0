"""Alarms as tests ring them: urgent comments landed and processed, and a delivery to sinks of their own."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Engine, select

from connector import process
from connector.contactbook import ContactBook
from connector.delivery import Delivery
from connector.notify import Courier
from connector.records import Roster
from connector.settings import Settings, load_routing
from connector.store import contacts, outbox
from connector.store.engine import reading, writing
from connector.store.schema import outbox as outbox_table
from connector.telling import Metrics
from connector.wiring import Works
from connector.wita import WITA
from tests.edge.test_store_process import comment, desk, land

NTB = f"NTB-{datetime.now(WITA).year}"
"""How the numbers of this year's tickets begin."""
CRY = "TOLONG kebakaran di Gerung, hub 081234567890"


def fresh(key: str, words: Any = CRY, author: str | None = "7001", **more: Any) -> Any:
    return comment(key, words, author, created_time=datetime.now(UTC).isoformat(), **more)


def now() -> datetime:
    return datetime.now(UTC)


def rung(engine: Engine, *batch: Any, roster: Roster | None = None, **changes: Any) -> list[Any]:
    """Lands and processes; returns the outbox."""
    land(engine, *batch, now=now())
    process.process_pending(engine, desk(clock=now, roster=roster or Roster(((1, "piket"), (2, "kabid"))), **changes))
    return letters(engine)


def letters(engine: Engine) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(select(outbox_table).order_by(outbox_table.c.id)))


def outbox_of(engine: Engine) -> dict[str, outbox.Backlog]:
    with reading(engine) as connection:
        return outbox.backlog(connection)


def put(engine: Engine, area: str, channel: str) -> int:
    with writing(engine) as connection:
        row = {"name": "KENARI Duta", "group": "pkh", "area": area, "channel": channel, "consent_at": now()}
        contacts.put(connection, row, now())
        return int(contacts.every(connection)[-1].id)


@contextmanager
def delivering(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, sinks: dict[str, str], *, deadline: float = 2.0, **rules: Any
) -> Iterator[Delivery]:
    """A delivery that runs, on channels with these addresses."""
    made = delivery(engine, monkeypatch, sinks, deadline=deadline, **rules)
    thread = threading.Thread(target=made.run)
    thread.start()
    try:
        yield made
    finally:
        made.works.stop.set()
        made.wake()
        thread.join(15)
        assert not thread.is_alive()


def delivery(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, sinks: dict[str, str], *, deadline: float = 2.0, **rules: Any
) -> Delivery:
    for name, address in sinks.items():
        monkeypatch.setenv(f"CHANNEL_{name.upper()}", address)
    duty = [
        {"name": f"Petugas {name}", "channel": name, "level": level}
        for level, name in enumerate([n for n in ("piket", "kabid") if n in sinks], 1)
    ]
    book = ContactBook.model_validate(
        {"channels": {name: {"url_env": f"CHANNEL_{name.upper()}"} for name in sinks}, "duty": duty}
    )
    settings = Settings.model_validate({"alarms": {"telegram_url": "", **rules}})
    works = Works(settings, load_routing(None), engine, Path(), contacts=book)
    return Delivery(works, structlog.get_logger(), Metrics(), Courier(works.stop, deadline))


def until(true: Callable[[], Any], seconds: float = 20.0) -> Any:
    limit = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < limit, "not in time"
        time.sleep(0.02)
    return found
