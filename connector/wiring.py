"""Putting the rooms together: from settings to a store, a way to Graph, a reader, a desk. Only the doors use it."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import Connection, Engine

import classifiers
from classifiers.explain import UNTOLD, Deciding, deciding
from classifiers.verdict import Classify

from .answers.wording import Language, Wording
from .contactbook import ContactBook
from .deadlines import add_working_days, answer_by
from .errors import SettingsError
from .graph.client import CallRecord, Graph, Timing
from .ingest import Visit, visit
from .ingest.asking import Asker
from .ingest.reader import Order, Progress, Reader
from .outages import StoreOutage
from .places import find_place
from .platforms.facebook.parse import parse
from .process import Desk
from .records import Account, Item, Place, RawItem, Roster, Stream
from .reply import Answering, Done, answer, idle
from .routing import class_of
from .routing import route as decide
from .schedule import SLOW, STOP, SWEEP_BACK
from .settings import AccountSettings, Routing, Settings, app_of, token_of
from .states import REOPEN_DAYS
from .store import accounts, leases, migrate
from .store.checkpoints import LIVE_SCOPE
from .store.engine import open_store, reading, writing
from .store.failing import persistently

SWEEP, AGAIN = "sweep", "again"
# Meta allows two reads of conversations a second and Page: the live reading, and beside it a sweep, a backfill and answering.
LIVE_PACE, BESIDE_PACE = 0.8, 0.4
WORKERS = 16  # at 200 ms a round trip, enough to read some 8,000 comments a second


def utc_now() -> datetime:
    """The present time, aware."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Works:
    """Everything one process works with. `stop` ends all waiting at once."""

    settings: Settings
    routing: Routing
    engine: Engine
    beside: Path
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Callable[[], datetime] = utc_now
    owner: str = field(default_factory=leases.new_owner)
    on_call: Callable[[str, CallRecord], None] | None = None
    on_kept: Callable[[], None] = lambda: None
    on_landed: Callable[[Sequence[RawItem]], None] = lambda _: None
    contacts: ContactBook = field(default_factory=ContactBook)
    outage: StoreOutage = field(default_factory=StoreOutage)
    _model: tuple[object, classifiers.Model] | None = field(default=None, init=False)
    wordings: Mapping[Language, Wording] = field(default_factory=dict)

    def configured(self, keys: Iterable[str] = ()) -> list[AccountSettings]:
        """The configured accounts, or those of these keys. Raises SettingsError for a key that is not there."""
        known = {account.key: account for account in self.settings.accounts}
        wanted = list(dict.fromkeys(keys)) or list(known)
        for key in wanted:
            if key not in known:
                names = ", ".join(known) or "none"
                raise SettingsError(f"--account {key}: no such account is configured; expected one of: {names}")
        if not wanted:
            raise SettingsError("accounts: none is configured; add an [[accounts]] table to the configuration")
        return [known[key] for key in wanted]

    def graph(self, account: AccountSettings, token: SecretStr, per_second: float = LIVE_PACE) -> Graph:
        """The way to Graph with an account's token; `per_second` bounds reads of conversations."""
        secret = app_of(self.settings.graph)[1]
        told = self.on_call
        return Graph(
            self.settings.graph.base_url,
            self.settings.graph.version,
            token.get_secret_value(),
            secret.get_secret_value() if secret else None,
            timing=Timing(per_second=per_second),
            stop=self.stop,
            on_call=(lambda record: told(account.key, record)) if told else None,
            account=account.id,
        )

    def register(self) -> None:
        """Makes the configured accounts known to the store."""
        configured = [a.account for a in self.settings.accounts]
        with reading(self.engine) as connection:
            if accounts.registered(connection, configured):
                return
        now = self.shared_clock()()
        with writing(self.engine) as connection:
            accounts.register(connection, configured, now)

    def shared_clock(self) -> Callable[[], datetime]:
        """The store's time, by which hosts agree whose own clocks do not."""
        return leases.store_clock(self.engine, self.clock)

    def order(
        self, streams: Iterable[Stream], *, full: bool = False, newest: bool = False, patient: bool = False
    ) -> Order:
        """What a live pass reads."""
        since = self.clock() - timedelta(days=self.settings.graph.first_read_days)
        return Order(frozenset(streams), since, full=full, newest=newest, patient=patient)

    def sweep(self, streams: Iterable[Stream]) -> Order:
        """A full re-read of what is recent, beside the live reading and with positions of its own."""
        return Order(frozenset(streams), self.clock() - SWEEP_BACK, full=True, scope=SWEEP)

    def again(self, streams: Iterable[Stream]) -> Order:
        """A re-reading of the hot posts whose turn it is."""
        return Order(frozenset(streams), self.clock() - SWEEP_BACK, scope=AGAIN, again=True)

    def read(
        self,
        account: AccountSettings,
        order: Order,
        *,
        lease: str,
        wait: float,
        progress: Progress,
        stop: threading.Event | None = None,
    ) -> Visit | None:
        """One pass over one account while holding its lease; None when another process holds it.

        `stop` ends this pass alone, at the next object or batch. Raises SettingsError when the token is missing.
        """
        token, live = token_of(account), order.scope == LIVE_SCOPE
        with leases.held(self.engine, lease, self.owner, wait=wait, stop=self.stop) as held:
            if held is None:
                return None

            def guard(connection: Connection) -> None:
                leases.extend(connection, held, leases.SECONDS)

            with self.graph(account, token, LIVE_PACE if live else BESIDE_PACE) as graph, workers() as pool:

                def once() -> Visit:
                    reader = self._reader(account.account, graph, order, pool, guard, progress)
                    reader.stop = stop or self.stop
                    return visit(reader)

                return persistently(once)

    def _reader(
        self,
        account: Account,
        graph: Graph,
        order: Order,
        pool: Executor,
        guard: Callable[[Connection], None],
        progress: Progress,
    ) -> Reader:
        with reading(self.engine) as connection:
            state = accounts.account_states(connection).get(account.key)
        others = frozenset(a.id for a in self.settings.accounts if a.key != account.key and "comments" in a.streams)
        stop_at = STOP if order.scope == LIVE_SCOPE else SLOW
        asker = Asker(graph, state.quirks if state else None, self.clock, stop_at)
        return Reader(
            *(self.engine, account, asker, order, pool, self.clock, self.stop, guard, progress),
            landed=self.on_landed,
            others=others,
        )

    def desk(self, classify: Classify) -> Desk:
        """What processing needs. Its time is the store's: hosts that disagree by an hour open tickets and ring alike."""
        own = {account.key: account.id for account in self.settings.accounts}
        with reading(self.engine) as connection:
            own |= accounts.external_ids(connection)

        def parsed(raw: RawItem) -> Item:
            return parse(raw, own.get(raw.account, ""))

        routes = self.routing.routes

        def route(category: str, place: Place | None, text: str = "") -> str:
            return decide(routes, category, place, text).agency

        def why(category: str, place: Place | None, text: str = "") -> str:
            return decide(routes, category, place, text).reason

        official = frozenset(own.values())

        def reopens_until(closed_at: datetime) -> datetime:
            return add_working_days(closed_at, REOPEN_DAYS, self.settings.calendar.calendar)

        more = (reopens_until, self.roster, why, partial(class_of, routes), self.settings.tickets.reopen)
        return Desk(classify, parsed, find_place, route, answer_by, official, self.shared_clock(), *more)

    @property
    def roster(self) -> Roster:
        """Whom an alarm rings."""
        return self.contacts.roster(timedelta(minutes=self.settings.alarms.escalate_minutes))

    def answering(self, account: AccountSettings, guard: Callable[[Connection], None] = lambda _: None) -> Answering:
        """What answering needs for one account."""
        with reading(self.engine) as connection:
            official = {a.id for a in self.settings.accounts} | set(accounts.external_ids(connection).values())
        return Answering(
            engine=self.engine,
            account=account.account,
            mode=account.answers,
            prefers=account.answer_by,
            wording=self.wordings[account.answer_language],
            per_hour=account.answers_per_hour,
            agencies=self.routing.agencies,
            categories={key: category.label for key, category in self.routing.categories.items()},
            outside=self.routing.outside,
            official=frozenset(official),
            clock=self.shared_clock(),
            graph=lambda: self.graph(account, token_of(account), BESIDE_PACE),
            guard=guard,
        )

    def answer(self, account: AccountSettings, *, wait: float, rehearse: bool = False) -> Done | None:
        """One round of answers for an account while holding its lease; None when there is nothing to do, or another holds it.

        `rehearse`: only plan, whatever the account's setting. Raises LeaseLost when another has taken over meanwhile.
        """
        if not wait and idle(self.engine, account.key, self.shared_clock()()):
            return None
        with leases.held(self.engine, f"answer:{account.key}", self.owner, wait=wait, stop=self.stop) as held:
            if held is None:
                return None

            def guard(connection: Connection) -> None:
                leases.extend(connection, held, leases.SECONDS)

            work = self.answering(account, guard)
            return answer(replace(work, mode="dry_run") if rehearse else work, self.stop.is_set)

    @property
    def models(self) -> Path:
        """Where models that were trained here are kept."""
        return self.beside / "models"

    def classify(self, folder: Path | None = None) -> classifiers.Model:
        """The classifier in use: one promoted here, else the one that ships. Raises ModelUnusable."""
        if folder is not None:
            return classifiers.load(folder)
        stamp = _stamp(self.models)
        if self._model is None or self._model[0] != stamp:
            self._model = stamp, classifiers.load(self.models)
        return self._model[1]

    def why(self) -> Callable[[str, str, bool], Deciding]:
        """Tells which words of a text decided, and why it is urgent; of what another model than the one in use judged, none."""
        try:
            judge = self.classify()
        except classifiers.ModelUnusable:
            return lambda *_: UNTOLD
        return lambda model, text, urgent: deciding(judge, text, urgent=urgent) if model == judge.name else UNTOLD

    def ready(self) -> None:
        """Raises StoreMismatch unless the store stands at this program's schema; then registers the accounts."""
        migrate.check(self.engine)
        self.register()


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What tells whether any file of a shelf of models has changed."""
    found = [(str(p), p.stat()) for p in sorted(folder.rglob("*")) if p.is_file()]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)


def works(
    settings: Settings, routing: Routing, beside: Path, contacts: ContactBook | None = None, *, patient: bool = False
) -> Works:
    """A process's works from its settings; nothing is connected yet. `patient`: the store may take its time."""
    engine = open_store(settings.store.url, patient=patient)
    return Works(settings, routing, engine, beside, contacts=contacts or ContactBook())


@contextmanager
def workers() -> Iterator[Executor]:
    """Threads for reading many objects at once; at the end they have all come to rest."""
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="read") as pool:
        yield pool
