"""R-27, R-33: the daemon's plan: the newest each interval, all by a slower walk, hot posts again, a daily sweep, in budget."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, update

from connector.daemon import Daemon
from connector.sandbox import Fault, Limits, Options, Sandbox, World, faults, serve
from connector.settings import Settings, load_routing
from connector.store import accounts, items
from connector.store.engine import reading, writing
from connector.store.schema import accounts as account_table
from connector.store.schema import checkpoints
from connector.telling import Metrics
from connector.wiring import Works

NOW = datetime.now(UTC)
TOKEN = "NTBCARE_PACE_TOKEN"


class Log:
    """Keeps what the daemon says."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def _say(self, line: str, *, action: str, **_facts: Any) -> None:
        self.lines.append((action, line))

    def exception(self, line: str, **_facts: Any) -> None:
        """A defect: never in these tests."""
        raise

    info = warning = _say

    def said(self, action: str) -> list[str]:
        """What was said of one kind."""
        return [line for name, line in self.lines if name == action]


class Office:
    """A daemon, its store and its Page; time goes on by turning back the store's own times."""

    def __init__(self, works: Works, sandbox: Sandbox, world: World) -> None:
        self.works, self.sandbox, self.world = works, sandbox, world
        self.log, self.metrics = Log(), Metrics()
        self.daemon = Daemon(works, self.log, self.metrics, lambda: 0.0)
        self.account = works.settings.accounts[0]

    def tend(self) -> int:
        """One due pass; how many calls it took."""
        self.set(due_at=NOW - timedelta(hours=9))
        self.sandbox.calls.clear()
        self.daemon.tend(self.account)
        return len(self.sandbox.calls)

    def beside(self) -> int:
        """What is due beside it; how many calls it took."""
        self.sandbox.calls.clear()
        self.daemon.beside(self.account)
        return len(self.sandbox.calls)

    def set(self, **values: Any) -> None:
        """Changes the account's row."""
        with writing(self.works.engine) as connection:
            accounts.set_account(connection, self.account.key, **values)

    @property
    def state(self) -> accounts.AccountState:
        """The account's row."""
        with reading(self.works.engine) as connection:
            return accounts.account_states(connection)[self.account.key]

    def later(self, hours: float) -> None:
        """As if the last walks and readings had been so long ago."""
        c = checkpoints.c
        with writing(self.works.engine) as connection:
            for row in connection.execute(checkpoints.select().where(c.complete_at.is_not(None))).all():
                same = (
                    c.account == row.account,
                    c.scope == row.scope,
                    c.stream == row.stream,
                    c.object_id == row.object_id,
                )
                at = row.complete_at - timedelta(hours=hours)
                connection.execute(update(checkpoints).where(*same).values(complete_at=at))
            swept = self.state.swept_at
            if swept:
                connection.execute(update(account_table).values(swept_at=swept - timedelta(hours=hours)))

    def items(self) -> dict[str, Any]:
        """All items, by id."""
        with reading(self.works.engine) as connection:
            return {row.external_id: row for row in items.every(connection)}


@contextmanager
def opened(engine: Engine, beside: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An office with one Page and nothing on it."""
    world = World()
    page = world.add_page("gubernur", "100000000000001", "Gubernur NTB")
    sandbox = Sandbox(world, options=Options(conversations_per_second=None), limits=Limits(pages=None, messenger=None))
    monkeypatch.setenv(TOKEN, sandbox.token("gubernur"))
    with serve(sandbox) as address:
        settings = Settings.model_validate(
            {
                "graph": {"base_url": address},
                "accounts": [{"key": "gubernur", "id": page.id, "token_env": TOKEN, "every_seconds": 60.0}],
            }
        )
        works = Works(settings, load_routing(None), engine, beside)
        works.register()
        yield Office(works, sandbox, world)


@pytest.fixture
def office(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with opened(sqlite_engine, tmp_path, monkeypatch) as made:
        yield made


def posts(office: Office, count: int, comments: int = 1, hours: float = 3) -> list[Any]:
    page, made = office.world.pages["gubernur"], []
    for n in range(count):
        at = NOW - timedelta(hours=hours * (count - n))
        post = office.world.add_post(page, f"Kunjungan {n}", at=at)
        for m in range(comments):
            office.world.add_comment(post, f"jalan rusak {n} {m}", f"Warga {m}", at=at + timedelta(minutes=m + 1))
        made.append(post)
    return made


def message(office: Office, text: str, **more: Any) -> Any:
    talk = office.world.conversation(office.world.pages["gubernur"], "Siti")
    return office.world.add_message(talk, text, **more)


def test_a_quiet_interval_costs_one_call_for_posts_and_messages(office: Office) -> None:
    made = posts(office, 120)
    message(office, "halo", at=NOW - timedelta(days=1))
    office.tend()
    assert office.tend() == 1
    office.world.add_comment(made[-1], "air mati", "Warga Baru")
    late = message(office, "banjir di Sekotong")
    assert office.tend() == 3
    assert late.id in office.items()
    hidden = office.world.add_comment(made[0], "di kiriman lama", "Warga Baru")
    assert office.tend() == 1 and hidden.id not in office.items()
    office.later(0.6)
    assert office.tend() == 2 + 1 + 1, "all posts by a walk of two calls, conversations, and the one that moved"
    assert hidden.id in office.items()


def test_where_graph_refuses_both_lists_at_once_they_are_asked_for_one_by_one(office: Office) -> None:
    made = posts(office, 3)
    message(office, "halo", at=NOW - timedelta(days=1))
    office.tend()
    refusal = faults.error(100, "(#100) unsupported", http=400)
    office.sandbox.faults.add(Fault(refusal, path="conversations.platform", times=None))
    office.world.add_comment(made[0], "air mati", "Warga Baru")
    assert office.tend() == 1 + 2 + 1
    assert office.tend() == 2, "the refusal is remembered"
    assert not office.log.said("read_failed")


def test_a_page_without_conversations_costs_one_call_too(office: Office) -> None:
    posts(office, 3)
    office.tend()
    assert office.tend() == 1
    first = message(office, "halo")
    office.tend()
    assert first.id in office.items()


def test_hot_posts_are_re_read_and_edits_hides_and_deletions_found(office: Office) -> None:
    fresh, older = posts(
        office, 2, comments=4, hours=0.7
    )  # both far on the hot side of two hours, however slow the machine
    office.tend()
    assert office.beside() == 0, "all was read a moment ago"
    office.world.edit(fresh.stream[0], "sudah diperbaiki")
    office.world.hide(fresh.stream[1])
    office.world.delete(fresh.stream[2])
    for _ in range(2):  # one each time; which of the two is first is no matter
        office.later(0.3)
        assert office.beside() == 1
    stored = office.items()
    assert stored[fresh.stream[0].id].text == "sudah diperbaiki" and stored[fresh.stream[1].id].hidden
    assert sum(row.deleted for row in stored.values()) == 1
    assert older.id in stored


def test_a_hot_post_that_is_deleted_is_found_without_a_failure(office: Office) -> None:
    (post,) = posts(office, 1, comments=2, hours=1)
    office.tend()
    office.world.delete(post)
    for calls in (1, 1, 2):  # before it is believed: whether the token is the Page's own
        office.later(0.3)
        assert office.beside() == calls
    assert all(row.deleted for row in office.items().values())
    assert not office.log.said("read_failed")


def test_all_that_is_recent_is_swept_daily_and_a_cut_sweep_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = posts(office, 60, comments=2, hours=24)
    office.tend()
    office.world.delete(made[0].stream[0])
    office.world.delete(made[1])
    office.later(21)
    monkeypatch.setattr("connector.beside.SLICE", timedelta(0))
    office.beside()
    assert office.state.swept_at and office.state.swept_at < NOW, "cut before its end"
    monkeypatch.setattr("connector.beside.SLICE", timedelta(minutes=10))
    while office.state.swept_at < NOW:
        assert office.beside() < 40
    assert sum(row.deleted for row in office.items().values()) == 1 + 3
    assert office.beside() == 0
