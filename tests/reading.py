"""Reading a sandbox into a store the way the product does, for tests."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

import classifiers
from classifiers.verdict import Classify
from connector.deadlines import answer_by
from connector.export import item_record, ticket_record
from connector.graph.client import Graph
from connector.graph.session import Timing
from connector.ingest import Visit, visit
from connector.ingest.asking import Asker
from connector.ingest.reader import Order, Reader
from connector.places import find_place
from connector.platforms.facebook.parse import parse
from connector.process import Desk, Result, process_pending
from connector.records import Account, Item, Place, RawItem, Stream
from connector.sandbox import Limits, Options, Sandbox, World, serve
from connector.store import accounts, items, tickets
from connector.store.checkpoints import LIVE_SCOPE
from connector.store.engine import reading, writing

ALL: tuple[Stream, ...] = ("posts", "comments", "visitor_posts", "messages")
QUICK = Timing(connect=2, read=5, total=10, tries=3, first_wait=0.01, longest_wait=0.02, per_second=1000)


@dataclass
class Bench:
    """A sandbox, a store, and one account of the first between them."""

    sandbox: Sandbox
    address: str
    engine: Engine
    account: Account
    token: str
    clock: Any = field(default=lambda: datetime.now(UTC))
    classify: Classify = field(default_factory=classifiers.KeywordRules)
    stop: threading.Event = field(default_factory=threading.Event)
    others: frozenset[str] = frozenset()

    def graph(self) -> Graph:
        """A client with short waits."""
        return Graph(self.address, "v26.0", self.token, timing=QUICK, stop=self.stop, account=self.account.id)

    def poll(self, *, full: bool = False, streams: tuple[Stream, ...] = ALL, guard: Any = None, **window: Any) -> Visit:
        """One pass, without processing."""
        since = window.pop("since", self.clock() - timedelta(days=90))
        order = Order(frozenset(streams), since, full=full, scope=window.pop("scope", LIVE_SCOPE), **window)
        with self.graph() as graph, ThreadPoolExecutor(4) as pool:
            with reading(self.engine) as connection:
                quirks = accounts.account_states(connection)[self.account.key].quirks
            reader = Reader(
                self.engine, self.account, Asker(graph, quirks, self.clock), order, pool, self.clock, self.stop
            )
            reader.others = self.others
            if guard:
                reader.guard = guard
            return visit(reader)

    def desk(self, official: frozenset[str] = frozenset()) -> Desk:
        """What processing needs."""

        def parsed(raw: RawItem) -> Item:
            return parse(raw, self.account.id)

        def route(category: str, place: Place, _text: str = "") -> str:
            return f"opd-{category}"

        return Desk(self.classify, parsed, find_place, route, answer_by, official | {self.account.id}, self.clock)

    def process(self) -> Result:
        """Makes tickets of what was landed."""
        return process_pending(self.engine, self.desk())

    def items(self) -> dict[str, dict[str, Any]]:
        """All items as exported, by id."""
        with reading(self.engine) as connection:
            return {row.external_id: item_record(row) for row in items.every(connection)}

    def tickets(self) -> list[dict[str, Any]]:
        """All tickets as exported."""
        with reading(self.engine) as connection:
            return [ticket_record(ticket) for ticket in tickets.every(connection)]

    def calls(self) -> int:
        """How many calls the sandbox saw since this was last asked."""
        count = len(self.sandbox.calls)
        self.sandbox.calls.clear()
        return count


def register(engine: Engine, account: Account) -> None:
    """Makes an account known to a store."""
    with writing(engine) as connection:
        accounts.register(connection, [account])


@contextmanager
def bench(engine: Engine, world: World, sandbox: Sandbox, key: str | None = None, **more: Any) -> Iterator[Bench]:
    """Serves a sandbox and registers the account of one of its Pages."""
    page = world.pages[key] if key else next(iter(world.pages.values()))
    account = Account(page.key, "facebook", page.id, page.name, ALL, 60)
    register(engine, account)
    with serve(sandbox) as address:
        yield Bench(sandbox, address, engine, account, sandbox.token(page.key), **more)


def one_page() -> World:
    """A world with the Governor's Page and nothing on it."""
    made = World()
    made.add_page("gubernur", "100000000000001", "Gubernur NTB")
    return made


def calm_bench(engine: Engine, world: World, **options: Any) -> AbstractContextManager[Bench]:
    """A bench whose sandbox never throttles and shows old messages, unless `options` say otherwise."""
    calm: dict[str, Any] = {"conversations_per_second": None, "old_messages": "readable"}
    sandbox = Sandbox(world, options=Options(**calm | options), limits=Limits(pages=None, messenger=None))
    return bench(engine, world, sandbox)
