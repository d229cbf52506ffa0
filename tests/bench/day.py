"""(h) Calls a day per Page: the daemon itself over a virtual day, the sandbox in-process; and what others would need.

Counted by the sandbox over virtual hours, so nothing here depends on the machine. The naive script pages through every
post in every interval; Zammad's documented channel asks for the newest 25 posts with 25 comments each, and once more for
each of these comments, for its replies. Both are reckoned at the same interval, from what stands on the Page at the end.
"""

import json
import os
import random
import tempfile
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from pydantic import SecretStr
from sqlalchemy import func, select

from connector import wiring
from connector.daemon import Daemon
from connector.graph.answers import Asked, failure
from connector.graph.client import Answer
from connector.graph.usage import usage_of
from connector.sandbox import Limits, Options, Sandbox, World
from connector.settings import AccountSettings, Settings, load_routing
from connector.store.engine import reading
from connector.store.schema import raw_items
from connector.telling import Metrics
from connector.wiring import Works

from ..simulator.daemon import Inline
from ..simulator.hub import Clock, Stop
from ..simulator.store import Store, fast_folder
from .figures import head, show

EVERY = 60
POSTS, TALKS = 1000, 200
TOKEN = "NTBCARE_BENCH_TOKEN"
START = datetime(2026, 11, 24, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens on the Page in a day; counted over `hours` of it."""

    name: str
    comments: int
    messages: int
    posts: int
    hours: int


SCENARIOS = (
    Scenario("quiet", 0, 0, 0, 24),
    Scenario("2,000 comments a day", 2_000, 100, 6, 24),
    Scenario("50,000 comments a day", 50_000, 500, 12, 3),
)


class Wire:
    """The way to a sandbox in this process."""

    def __init__(self, sandbox: Sandbox, token: str, account: str) -> None:
        self._sandbox, self._token, self._account = sandbox, token, account

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def get(self, path: str, *, about_account: bool = False, **params: str) -> Answer:
        """One call. Raises GraphError."""
        asked = Asked("GET", path, about_account, "after" in params, params.get("fields", ""), self._account)
        headers = {"Authorization": f"Bearer {self._token}"}
        response = self._sandbox.handle("GET", f"/v26.0/{path}", urlencode(params), headers)
        data = json.loads(response.body)
        if not isinstance(data, dict) or data.get("error"):
            raise failure(response.status, response.headers, data, asked)
        at = parsedate_to_datetime(response.headers["Date"])
        return Answer(data, response.status, usage_of(response.headers), "v26.0", at)


class Inside(Works):
    """Works whose Graph is the sandbox."""

    sandbox: Sandbox

    def graph(self, account: AccountSettings, token: SecretStr, per_second: float = 2.0) -> Any:
        """The way to it."""
        return Wire(self.sandbox, token.get_secret_value(), account.id)


class Reading(Daemon):
    """A daemon that reads only: what processing costs is measured elsewhere, and it asks nothing of Graph."""

    def _process(self) -> None:
        return


class _Silent:
    def __getattr__(self, _name: str) -> Any:
        return lambda *_args, **_facts: None


def run() -> None:
    """Three scenarios, each beside what others would need."""
    head(f"Calls a day for one Page with {POSTS:,} posts and {TALKS} conversations, looked at every {EVERY} s")
    for scenario in SCENARIOS:
        calls, stored, stood, naive, zammad = _day(scenario)
        whole = 24 / scenario.hours
        over = "" if whole == 1 else f", counted over {scenario.hours} h"
        show(f"{scenario.name}{over}", f"{round(calls * whole):,} calls", f"{stored:,} of {stood:,} things stored")
        show("  a naive script, reckoned", f"{naive:,} calls", f"{naive / (calls * whole):,.0f} × ours")
        show(
            "  Zammad's channel as documented, reckoned", f"{zammad:,} calls", f"{zammad / (calls * whole):,.0f} × ours"
        )


def _day(scenario: Scenario) -> tuple[int, int, int, int, int]:
    chance, clock = random.Random(scenario.name), Clock(START)
    world = World(clock)
    page = world.add_page("page1", "100000000000001", "Halaman")
    _before(world, chance, clock.now)
    with _office(world, clock) as (works, daemon):
        account = works.settings.accounts[0]
        daemon.watch()
        daemon.tend(account)  # the first reading is not part of a day
        works.sandbox.calls.clear()
        calls, end = 0, clock.now + timedelta(hours=scenario.hours)
        while clock.now < end:
            clock.now = clock.ahead(EVERY)
            _minute(world, scenario, chance, clock.now)
            daemon.tend(account)
            daemon.beside(account)
            calls += len(works.sandbox.calls)
            works.sandbox.calls.clear()
        clock.now = clock.ahead(3600)
        daemon.tend(account)
        with reading(works.engine) as connection:
            stored = connection.scalar(select(func.count()).select_from(raw_items)) or 0
    counts = [len(post.stream) for post in page.posts]
    stood = len(counts) + sum(counts) + sum(len(talk.messages) for talk in page.conversations)
    looks = 86_400 // EVERY
    naive = looks * (len(counts) // 100 + 1 + sum(n // 100 + 1 for n in counts) + len(page.conversations))
    newest = sorted(page.posts, key=lambda post: post.created)[-25:]
    zammad = looks * (1 + sum(min(len(post.stream), 25) for post in newest))
    return calls, stored, stood, naive, zammad


@contextmanager
def _office(world: World, clock: Clock) -> Iterator[tuple[Inside, Daemon]]:
    page = next(iter(world.pages.values()))
    options = Options(conversations_per_second=None, old_messages="readable")
    sandbox = Sandbox(world, options=options, limits=Limits(pages=None, messenger=None))
    os.environ[TOKEN] = sandbox.token(page)
    account = {"key": "page1", "id": page.id, "token_env": TOKEN, "every_seconds": float(EVERY)}
    settings = Settings.model_validate({"accounts": [account]})
    usual, wiring.workers = wiring.workers, _inline
    try:
        with tempfile.TemporaryDirectory(prefix="ntbcare-bench-", dir=fast_folder()) as folder:
            store = Store(f"sqlite:///{Path(folder) / 'day.db'}")
            store.clock = clock
            works = Inside(settings, load_routing(None), store.engine, Path(folder), Stop(_passing(clock)), clock)
            works.sandbox = sandbox
            works.register()
            yield works, Reading(works, _Silent(), Metrics(), lambda: 0.0)
            store.engine.dispose()
    finally:
        wiring.workers = usual


def _passing(clock: Clock) -> Any:
    def sleep(seconds: float) -> None:
        clock.now = clock.ahead(seconds)

    return sleep


@contextmanager
def _inline() -> Iterator[Executor]:
    yield Inline()


def _before(world: World, chance: random.Random, now: datetime) -> None:
    """What stands there already: posts over 80 days with some comments, conversations over 60."""
    page = next(iter(world.pages.values()))
    for n in range(POSTS):
        at = now - timedelta(days=80) * ((POSTS - n) / POSTS)
        post = world.add_post(page, f"Kunjungan kerja {n}", at=at)
        for k in range(chance.choice((0, 3, 8, 20, 40))):
            world.add_comment(post, f"komentar {n} {k}", f"Warga {k}", at=at + timedelta(minutes=k / 2))
    for n in range(TALKS):
        talk = world.conversation(page, f"Warga {n}")
        world.add_message(talk, f"pesan {n}", at=now - timedelta(days=60) * ((TALKS - n) / TALKS))


def _minute(world: World, scenario: Scenario, chance: random.Random, now: datetime) -> None:
    """What comes in one interval: most comments under the newest posts, some under old ones."""
    page = next(iter(world.pages.values()))
    for _ in range(_drawn(chance, scenario.posts)):
        world.add_post(page, f"Kiriman {now:%H:%M}")
    for _ in range(_drawn(chance, scenario.comments)):
        near = page.posts[-20:] if chance.random() < 0.95 else page.posts
        world.add_comment(chance.choice(near), f"komentar {chance.random()}", f"Warga {chance.randrange(5000)}")
    for _ in range(_drawn(chance, scenario.messages)):
        world.add_message(world.conversation(page, f"Warga {chance.randrange(TALKS)}"), f"pesan {chance.random()}")


def _drawn(chance: random.Random, a_day: int) -> int:
    expected = a_day * EVERY / 86_400
    return int(expected) + (chance.random() < expected % 1)
