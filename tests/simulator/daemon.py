"""One process of the product: reads, backfills, processes and replays under leases, with a clock and a fate of its own."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from connector.errors import LeaseLost
from connector.ingest import Visit, visit
from connector.ingest.asking import Asker
from connector.ingest.reader import Order, Reader
from connector.process import process_pending, replay
from connector.records import Stream
from connector.schedule import SWEEP_BACK
from connector.store import accounts, leases, raw
from connector.store.checkpoints import LIVE_SCOPE, Shelf
from connector.store.engine import reading, writing
from connector.wiring import AGAIN, SWEEP

from . import checker, office
from .hub import Stop
from .seams import Crash
from .wire import SimWire

if TYPE_CHECKING:
    from .schedule import Schedule

ALL: tuple[Stream, ...] = ("posts", "comments", "visitor_posts", "messages")
ALL_STREAMS = frozenset(ALL)
BULK: dict[str, Any] = {"full": True, "scope": "backfill:x", "lane": raw.BULK}
BY_HAND = {"poll": 50, "full": 14, "backfill": 14, "process": 14, "replay": 4}
SPREAD = {"poll": 12, "newest": 36, "again": 12, "sweep": 10, "full": 6, "backfill": 6, "process": 12, "replay": 4}
_READING_WRITES = re.compile(r"(INSERT INTO|UPDATE) (raw_items|checkpoints)\b")


class Inline(Executor):
    """Does each thing at once: the order is the order of asking."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The result, there already."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Daemon:
    """`skew` is what its clock is off. `life_of` counts its lives: each crash ends one."""

    def __init__(self, schedule: "Schedule", name: str, skew: float) -> None:
        self.at, self.name, self.skew, self.lives = schedule, name, skew, 0
        self.stop = Stop(self.sleep)
        self.touched = False
        self.lease: str | None = None

    @property
    def owner(self) -> str:
        """The name of this life."""
        return f"{self.name}.{self.lives}"

    def clock(self) -> datetime:
        """What its own clock shows."""
        return self.at.clock.ahead(self.skew)

    @property
    def inside(self) -> bool:
        """Whether a transaction is open: then nobody else may run."""
        return bool(self.at.store.seams.open)

    def sleep(self, seconds: float) -> None:
        """Others run meanwhile, unless a transaction is open: then they would have to wait."""
        if self.inside:
            self.at.clock.now = self.at.clock.ahead(seconds)
        else:
            self.at.hub.sleep(seconds)

    # -- its fate ----------------------------------------------------------------------------------------------

    def seam(self, seam: str, statement: str = "") -> None:
        """A point where it may be paused, fail or die."""
        if seam in ("committed", "undone"):
            if seam == "committed":
                self.at.committed(self)
            self.touched = False
        if seam == "statement" and self.lease and _READING_WRITES.match(statement):
            self.touched = True
        if seam in ("begin", "call") and not self.inside:
            self._pause()
        if seam != "undone":
            self.at.fate(seam, self.at.dice)

    def _pause(self) -> None:
        """Now and then the process stands still, at times for longer than its lease."""
        if self.at.dice.random() < self.at.plan.pauses:
            self.at.count("pauses")
            self.at.hub.sleep(self.at.dice.choice((1, 12, 45, 200, 4000)))

    # -- its work ----------------------------------------------------------------------------------------------

    def live(self) -> None:
        """As many pieces of work as are planned, whatever happens."""
        for _ in range(self.at.plan.works):
            self.at.hub.sleep(self.at.dice.choice((5, 60, 300, 1800, 7200)) * self.at.dice.uniform(0.5, 1.5))
            self.one()

    def one(self, work: str | None = None) -> None:
        """One piece of work, to its end or its death."""
        kinds = SPREAD if self.at.plan.seed % 4 == 2 else BY_HAND
        (drawn,) = self.at.dice.choices(list(kinds), list(kinds.values()))
        work = work or drawn
        self.at.tell(f"{self.owner} {work}")
        self.attempt(lambda: self.do(work))

    def attempt(self, work: Callable[[], Any]) -> None:
        """Does something, to its end or its death; either way the store is then looked at."""
        try:
            work()
        except Crash:
            self.at.count("crashes")
            self.at.tell(f"{self.owner} dies")
            self.lives += 1
        except LeaseLost:
            self.at.count("leases lost")
            self.at.tell(f"{self.owner} lost its lease")
        except SQLAlchemyError:
            self.at.count("store errors")
        finally:
            self.lease = None
            self.touched = False
        self.at.check_at_rest(self.owner)

    def do(self, work: str) -> None:
        """One piece of work."""
        if work == "process":
            process_pending(self.at.engine, self.desk(), oldest_first=True)
        elif work == "replay":
            replay(self.at.engine, self.desk(), raw.Selection())
        elif work == "backfill":
            self.beside("backfill:page", Order(ALL_STREAMS, self.at.began - timedelta(days=30), **BULK))
        elif work == "sweep":
            self.beside("beside:page", Order(ALL_STREAMS, self.clock() - SWEEP_BACK, full=True, scope=SWEEP))
        elif work == "again":
            order = Order(ALL_STREAMS, self.clock() - SWEEP_BACK, scope=AGAIN, again=True)
            self.read("beside:page", order)
        else:  # the daemon's own passes have patience, those by hand have none
            patient = work == "newest" or (work == "poll" and self.at.plan.seed % 2 == 0 and not self.at.calm)
            self.read("account:page", self.order(full=work == "full", newest=work == "newest", patient=patient))
            if self.at.dice.random() < 0.7:
                process_pending(self.at.engine, self.desk())

    def desk(self) -> Any:
        """What processing needs."""
        return office.desk(self.at.account.id, self.clock)

    def order(self, **more: Any) -> Order:
        """What a pass reads: all that is not very old."""
        return Order(ALL_STREAMS, self.clock() - timedelta(days=60), **more)

    def beside(self, lease: str, order: Order) -> None:
        """A window with positions of its own, which are cleared when it is through."""
        done = self.read(lease, order)
        if done and not done.failures:
            with writing(self.at.engine) as connection:
                for stream in ("posts", "comments", "messages"):
                    Shelf(self.at.account.key, stream, order.scope).clear(connection)

    def read(self, lease: str, order: Order) -> Visit | None:
        """One pass under a lease, checked when it is clean."""
        with self._held(lease) as held:
            if held is None:
                return None
            began, then = self.at.clock.now, set(checker.visible(self.at.life))
            resumed = self.at.resumes()
            self.lease = lease
            done = visit(self._reader(order, held))
            self.lease = None
            unread = (
                done.failures or done.waiting or done.counts.get("unavailable") or done.paused_until or done.blocked
            )
            clean = not (unread or self.stop.is_set())
            self.at.count("passes")
            self.at.tell(f"{self.owner} read {done.counts} {list(done.failures)}")
            if clean and order.scope == LIVE_SCOPE and not order.newest and not resumed:
                self.at.count("clean passes")
                self.at.check_pass(self.owner, began, then, full=order.full)
            return done

    @contextmanager
    def _held(self, name: str) -> Iterator[leases.Lease | None]:
        lease = leases.acquire(self.at.engine, name, self.owner, leases.SECONDS)
        if lease is None:
            yield None
            return
        self.at.holder[name] = self.owner
        yield lease
        leases.release(self.at.engine, lease)

    def _reader(self, order: Order, lease: leases.Lease) -> Reader:
        at = self.at
        wire = SimWire(at.line, at.token, at.account.id, self.seam, self.sleep)
        with reading(at.engine) as connection:
            state = accounts.account_states(connection).get(at.account.key)

        def guard(connection: Connection) -> None:
            leases.extend(connection, lease, leases.SECONDS)

        asker = Asker(wire, state.quirks if state else None, self.clock)
        return Reader(at.engine, at.account, asker, order, Inline(), self.clock, self.stop, guard)
