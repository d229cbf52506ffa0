"""The operator is told of what stands still."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy import Engine

from connector.delivery import LEASE, Delivery
from connector.sandbox import Sandbox, World, serve
from connector.settings import Settings, load_routing
from connector.store import accounts, leases, outbox, pauses
from connector.store.engine import reading, writing
from connector.telling import Metrics
from connector.watching import Watch
from connector.wiring import Works


def test_the_operator_is_told_of_blocked_and_silent_accounts_and_of_tokens(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = {"key": "gubernur", "id": "100000000000001", "token_env": "NO_SUCH_TOKEN", "every_seconds": 60}
    settings = Settings.model_validate({"accounts": [account]})
    works = Works(settings, load_routing(None), sqlite_engine, Path())
    works.register()
    told: dict[str, list[str]] = {}
    watch = Watch(works, structlog.get_logger(), lambda key, *lines: told.update({key: list(lines)}))
    morning = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    with ThreadPoolExecutor(1) as pool:
        watch.look(pool, morning - timedelta(hours=2))
        assert told == {}
        with writing(sqlite_engine) as connection:
            accounts.set_account(connection, "gubernur", heard_at=morning - timedelta(minutes=10))
        watch.look(pool, morning)
        watch.look(pool, morning)
    assert [key.split("/")[0] for key in told] == ["blind", "token"]
    assert "08.50 WITA" in told["blind/gubernur/2026-11-24"][1]
    assert "NO_SUCH_TOKEN" in told["token/gubernur/2026-11-24/None"][1]
    with writing(sqlite_engine) as connection:
        accounts.set_account(connection, "gubernur", blocked="190: expired")
    with ThreadPoolExecutor(1) as pool:
        watch.look(pool, morning + timedelta(minutes=1))
    assert told["blocked/gubernur/2026-11-24"][1] == "190: expired"


def test_a_new_token_that_is_not_the_pages_own_is_told_of_at_once(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At night, too: through it all lists are empty, and that looks calm. A good one is asked about once only."""
    night = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    world = World()
    pages = [world.add_page(key, f"10000000000000{n}", key) for n, key in enumerate(("gubernur", "wagub"), 1)]
    stand_in, told = Sandbox(world), dict[str, tuple[str, ...]]()
    with serve(stand_in) as address, ThreadPoolExecutor(1) as pool:
        account = {"key": "gubernur", "id": pages[0].id, "token_env": "TOKEN"}
        settings = Settings.model_validate({"accounts": [account], "graph": {"base_url": address}})
        works = Works(settings, load_routing(None), sqlite_engine, Path())
        works.register()
        watch = Watch(works, structlog.get_logger(), lambda key, *lines: told.update({key: lines}))

        def looked(at: datetime, token: str) -> int:
            monkeypatch.setenv("TOKEN", token)
            stand_in.calls.clear()
            watch.look(pool, at)
            pool.submit(int).result()
            return len(stand_in.calls)

        own, others = stand_in.token("gubernur"), stand_in.token("wagub")
        assert looked(night, own) and not looked(night + timedelta(hours=3), own)
        assert told == {}
        with writing(sqlite_engine) as connection:
            accounts.set_account(connection, "gubernur", paused_until=night + timedelta(hours=4))
        assert not looked(night + timedelta(hours=3), others), "a pause that Graph imposed is kept"
        assert looked(night + timedelta(hours=4), others)
        ((key, lines),) = told.items()
        assert key.startswith("token/gubernur/2026-11-24/") and pages[1].id in lines[1]


def test_the_operator_is_told_of_a_stream_without_permission(sqlite_engine: Engine) -> None:
    account = {"key": "gubernur", "id": "100000000000001", "token_env": "NO_SUCH_TOKEN"}
    works = Works(Settings.model_validate({"accounts": [account]}), load_routing(None), sqlite_engine, Path())
    works.register()
    told: dict[str, list[str]] = {}
    watch = Watch(works, structlog.get_logger(), lambda key, *lines: told.update({key: list(lines)}))
    night = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    with ThreadPoolExecutor(1) as pool:
        watch.look(pool, night)
        assert told == {}
        with writing(sqlite_engine) as connection:
            accounts.set_stream(connection, "gubernur", "messages", blocked="200: pages_messaging")
        watch.look(pool, night)
    (lines,) = told.values()
    assert "messages tidak terbaca" in lines[0] and lines[1] == "200: pages_messaging"


def test_the_operator_is_told_of_answers_that_wait_for_a_person(sqlite_engine: Engine) -> None:
    account = {"key": "gubernur", "id": "100000000000001", "token_env": "NO_SUCH_TOKEN", "answers": "on"}
    works = Works(Settings.model_validate({"accounts": [account]}), load_routing(None), sqlite_engine, Path())
    works.register()
    told: dict[str, list[str]] = {}
    watch = Watch(works, structlog.get_logger(), lambda key, *lines: told.update({key: list(lines)}))
    night = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    for until in (night + timedelta(hours=1), None):
        assert not told, "a pause that ends by itself is nobody's business"
        with writing(sqlite_engine) as connection:
            pauses.pause(connection, "gubernur", until, "368: blocked", night)
        with ThreadPoolExecutor(1) as pool:
            watch.look(pool, night)
    (lines,) = told.values()
    assert lines[1] == "368: blocked" and "replies resume --account gubernur" in lines[2]


def test_the_operator_is_told_once_that_the_graph_version_is_retired(sqlite_engine: Engine) -> None:
    """Through the real outbox, where the key stands: once for all accounts, days and daemons."""
    pages = [{"key": key, "id": f"10000000000000{n}", "token_env": "NO_SUCH_TOKEN"} for n, key in enumerate("ab")]
    operator = {"operator": "telegram:1"}
    settings = Settings.model_validate({"accounts": pages, "alarms": operator, "graph": {"version": "v26.0"}})
    works = Works(settings, load_routing(None), sqlite_engine, Path())
    works.register()
    night = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)

    def told(served: str, now: datetime) -> list[str]:
        with writing(sqlite_engine) as connection:
            for page in pages:
                accounts.set_account(connection, page["key"], served_version=served, heard_at=now)
        with ThreadPoolExecutor(1) as pool:
            delivery = Delivery(works, structlog.get_logger(), Metrics())
            delivery.watch.look(pool, now)
        with reading(sqlite_engine) as connection:
            return [str(row.text) for row in outbox.of_lane(connection, "telegram:1", 20)]

    assert told("v26.0", night) == [] and told("v25.0", night) == []
    (text,) = told("v27.0", night)
    assert "v26.0" in text and "v27.0" in text and "graph.version" in text
    assert len(told("v27.0", night + timedelta(days=1))) == 1
    assert len(told("v28.0", night + timedelta(days=2))) == 2


def test_a_daemon_that_leaves_telling_to_another_looks_at_its_own_token(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each host has its own; it is told of through the outbox, which is one for all."""
    world = World()
    page = world.add_page("gubernur", "100000000000001", "gubernur")
    world.add_page("wagub", "100000000000002", "wagub")
    stand_in = Sandbox(world)
    with serve(stand_in) as address:
        account = {"key": "gubernur", "id": page.id, "token_env": "TOKEN"}
        given = {"accounts": [account], "graph": {"base_url": address}, "alarms": {"operator": "telegram:1"}}
        works = Works(Settings.model_validate(given), load_routing(None), sqlite_engine, Path())
        works.register()
        monkeypatch.setenv("TOKEN", stand_in.token("wagub"))
        stop = threading.Event()
        with leases.held(sqlite_engine, LEASE, "another process", stop=stop) as lease:
            assert lease is not None
            delivery = Delivery(works, structlog.get_logger(), Metrics())
            thread = threading.Thread(target=delivery.run)
            thread.start()
            deadline = time.monotonic() + 20
            told: list[str] = []
            while not told and time.monotonic() < deadline:
                time.sleep(0.05)
                with reading(sqlite_engine) as connection:
                    told = [str(row.text) for row in outbox.of_lane(connection, "telegram:1", 20)]
            works.stop.set()
            thread.join()
    assert len(told) == 1 and "Token akun gubernur perlu perhatian" in told[0]
