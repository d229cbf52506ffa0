"""The daemon: does what is due, as often as it is due, until told to stop. Several may share one store.

For each account two things go on side by side: the live reading, which is never kept waiting, and beside it what can wait.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from classifiers import ModelUnusable

from .backwards import catch_up, set_right
from .beside import Beside, in_turn, used_by
from .errors import ConnectorError, LeaseLost, SettingsError
from .hurrying import Hurry
from .ingest.reader import Progress
from .process import process_pending
from .remarks import Remarks
from .renewal import noted, renewed
from .retention import erase_deleted
from .schedule import next_due, walk_due
from .settings import AccountSettings
from .store import accounts, leases, ledger
from .store.checkpoints import Shelf
from .store.engine import reading, writing
from .upgrades import Schema

if TYPE_CHECKING:
    from .ingest import Visit
    from .reply import Done
    from .wiring import Works

TICK = 1.0
ANSWER = 3.0
CLOCK_EVERY = 30.0
HOUR = 3600.0
Log = Callable[..., None]


@dataclass(slots=True)
class _Locks:
    """One work of each kind at a time."""

    live: threading.Lock = field(default_factory=threading.Lock)
    beside: threading.Lock = field(default_factory=threading.Lock)
    answers: threading.Lock = field(default_factory=threading.Lock)


class Daemon:
    """One process's share of the work. Due times stand in the store, so a restart or a second daemon just goes on."""

    def __init__(self, works: "Works", log: Any, metrics: Any, chance: Callable[[], float] = random.random) -> None:
        self.works, self.log, self.metrics, self.chance = works, log, metrics, chance
        keys = [a.key for a in works.settings.accounts]
        self.busy = {key: _Locks() for key in keys}
        self.remarks = Remarks(log, self._trouble, works.settings.graph.version)
        self.answering = [a for a in works.settings.accounts if a.answers != "off"]
        self.processing, self.wanted = threading.Lock(), threading.Event()
        works.on_landed = Hurry(works, self._process_at_once).landed
        self.failures: list[str] = []
        self.clock = works.clock
        self.started: datetime | None = None
        self.schema = Schema(works.engine, works.stop)

    def run(self, alive: Callable[[], None]) -> None:
        """Works until `works.stop` is set; `alive` is told each second that the daemon lives. Raises StoreMismatch."""
        scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(2 * len(self.busy) + len(self.answering) + 3)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        self.watch()
        now, jobs = self.works.clock(), [(self.watch, CLOCK_EVERY), (self.keep_house, HOUR)]
        for job, every in jobs:
            scheduler.add_job(job, "interval", seconds=every, next_run_time=now)
        for account in self.works.settings.accounts:
            scheduler.add_job(self.tend, "interval", seconds=TICK, args=[account], next_run_time=now)
            scheduler.add_job(self.beside, "interval", seconds=account.every_seconds, args=[account])
        for account in self.answering:
            scheduler.add_job(self.answer, "interval", seconds=ANSWER, args=[account], next_run_time=now)
        scheduler.start()
        try:
            while not self.works.stop.wait(TICK):
                alive()
                catch_up(scheduler, self.works.clock())
        finally:
            scheduler.shutdown(wait=True)
        self.schema.refuse()

    def once(self) -> list[str]:
        """Does what is due now, then returns what failed."""
        self.watch()
        for work in (self.tend, self.beside):
            threads = [threading.Thread(target=work, args=(a,)) for a in self.works.settings.accounts]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        with self.processing:  # what hurried may still be at it
            pass
        self._process()
        for account in self.answering:
            self.answer(account)
        self.keep_house()
        return self.failures

    def answer(self, account: AccountSettings) -> None:
        """Answers what is due for one account, if nobody else does. Never raises."""
        self._guarded(account, self.busy[account.key].answers, self._answer)

    def _answer(self, account: AccountSettings) -> None:
        try:
            done = self.works.answer(account, wait=0.0)
        except LeaseLost:
            raise
        except ConnectorError as error:
            self._trouble("answer_failed", str(error), account.key)
        else:
            self._answered(account, done)

    def _answered(self, account: AccountSettings, done: "Done | None") -> None:
        if done is None:
            return  # nothing to do, or another daemon answers for this account
        for line in done.failures:
            self._trouble("answer_failed", line, account.key)
        if any(done.counts.values()):
            self.log.info("answered", action="answer", account=account.key, mode=account.answers, **done.counts)
        self.metrics.answered(account.key, done)

    # -- the live reading ----------------------------------------------------------------------------------------------

    def tend(self, account: AccountSettings) -> None:
        """Reads one account if it is due and nobody else does, then processes what came. Never raises."""
        self._guarded(account, self.busy[account.key].live, self._tend)

    def beside(self, account: AccountSettings) -> None:
        """Beside the live reading: hot posts again, and the sweep; then processes what came. Never raises."""
        self._guarded(account, self.busy[account.key].beside, self._beside)

    def _guarded(self, account: AccountSettings, lock: threading.Lock, work: Callable[[AccountSettings], None]) -> None:
        if self.works.stop.is_set() or not lock.acquire(blocking=False):
            return
        try:
            work(account)
            self.works.outage.works(self.log)
        except LeaseLost as error:
            self.log.warning(str(error), action="lease_lost", account=account.key)
        except SQLAlchemyError as error:
            self._store_fails(error, account.key)
            self.works.stop.wait(5.0)
        except Exception:  # the outermost loop: the next pass must come whatever went wrong in this one
            self.log.exception("pass failed", action="pass_failed", account=account.key)
            self.failures.append(
                f"{account.key}: the pass failed by a defect of the program; its log has the traceback"
            )
            if work == self._tend:
                self._postpone(account)
        finally:
            lock.release()

    def _tend(self, account: AccountSettings) -> None:
        with reading(self.works.engine) as connection:
            state = accounts.account_states(connection)[account.key]
            if not self._due(account, state):
                return
            posts = Shelf(account.key, "posts").get(connection).complete_at
            walk = walk_due(self.clock(), posts, Shelf(account.key, "comments").count(connection))
            streams = in_turn(connection, account, state, self.clock())
        order = self.works.order(streams, newest=not walk, patient=not renewed(account, state))
        try:
            visit = self.works.read(account, order, lease=f"account:{account.key}", wait=0.0, progress=Progress())
        except LeaseLost:
            raise
        except ConnectorError as error:
            self._trouble("account_unusable", str(error), account.key)
            self._postpone(account)
            return
        if visit is None:
            return  # another daemon reads this account
        cut = self.works.stop.is_set() or visit.paused_until or visit.blocked or visit.waiting
        first = state.swept_at is None and not visit.failures and not cut  # it has seen all there is, as a sweep does
        self._plan(account, visit, swept=first)
        self._tell(account, visit)
        self._process()

    def _due(self, account: AccountSettings, state: accounts.AccountState) -> bool:
        now = self.clock()
        paused = state.paused_until is not None and state.paused_until > now
        due = state.due_at is None or state.due_at <= now
        return not paused and (due or (state.blocked is not None and renewed(account, state)))

    def _beside(self, account: AccountSettings) -> None:
        try:
            visits = Beside(self.works, account, self.clock).do()
        except SettingsError:
            return  # the live reading says so
        for visit in visits:
            for line in visit.failures:
                self._trouble("read_failed", line, account.key)
            self.log.info("read beside", action="beside", account=account.key, **visit.counts)
        if visits:
            self._process()

    def _plan(self, account: AccountSettings, visit: "Visit", swept: bool = False) -> None:
        with writing(self.works.engine) as connection:
            state = accounts.account_states(connection)[account.key]
            fails = state.fails + 1 if visit.failed else 0
            now, blocked = self.works.shared_clock()(), visit.blocked is not None
            used = used_by(account, state, now)
            due = next_due(now, account.every_seconds, fails, self.chance(), blocked=blocked, used=used)
            if visit.paused_until:
                due = max(due, visit.paused_until + timedelta(seconds=self.chance() * 10))
            done = {"swept_at": state.tried_at} if swept else {}
            if blocked or visit.refused or not visit.failed:
                done |= noted(account, state, now, blocked or bool(visit.refused))
            accounts.set_account(connection, account.key, fails=fails, due_at=due, **done)

    def _postpone(self, account: AccountSettings) -> None:
        """A pass that could not even begin is tried again later, at the pace of failures."""
        from .ingest import Visit

        try:
            self._plan(account, Visit(account.key, {}, ("not read",), failed=True))
        except SQLAlchemyError as error:
            self._store_fails(error, account.key)

    # -- what people are told ------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Sets the clock by the store's, which all daemons share; says how the accounts fare. Never raises."""
        try:
            self.schema.look()
            self.clock = leases.store_clock(self.works.engine, self.works.clock)
            set_right(self.works.engine, self.log, now := self.clock())
            self.started = min(self.started or now, now)
            self.remarks.of_store(self.works, self.metrics, now, self.started)
        except SQLAlchemyError as error:
            self._store_fails(error)

    def _tell(self, account: AccountSettings, visit: "Visit") -> None:
        self.remarks.of_visit(account, visit)
        self.log.info("pass done", action="pass", account=account.key, **visit.counts)
        self.metrics.passed(account.key, visit)

    def keep_house(self) -> None:
        """Once an hour: what was deleted on Facebook is erased; the completeness ledger for the metrics. Never raises."""
        try:
            erased = erase_deleted(self.works.engine, self.clock, self.works.stop.is_set)
            if erased:
                self.log.info("erased what was deleted on Facebook", action="retention", items=erased)
                self._process()
            with reading(self.works.engine) as connection:
                self.metrics.balanced(ledger.by_stream(connection))
        except SQLAlchemyError as error:
            self._store_fails(error)

    def _trouble(self, action: str, line: str, account: str = "") -> None:
        self.failures = [*self.failures, line][-100:]
        self.log.warning(line, action=action, account=account)

    def _store_fails(self, error: SQLAlchemyError, account: str = "") -> None:
        line = self.works.outage.fails(self.log, error, account=account)
        self.failures = [*self.failures, line][-100:]

    def _process(self) -> None:
        """Makes tickets of what has landed. One thread at a time: who comes meanwhile leaves his part to the one that runs."""
        self.wanted.set()
        while self.wanted.is_set() and not self.works.stop.is_set() and self.processing.acquire(blocking=False):
            self.wanted.clear()
            self._process_now()

    def _process_at_once(self) -> None:
        """The same in a thread of its own. Never raises: the pass's end will try again."""
        try:
            self._process()
        except SQLAlchemyError as error:
            self._store_fails(error)
        except Exception:  # nobody above this thread would log it
            self.log.exception("processing failed", action="process_failed")

    def _process_now(self) -> None:
        try:
            classify = self.works.classify()
            works = self.works
            result = process_pending(works.engine, works.desk(classify), works.stop.is_set, works.on_kept)
        except ModelUnusable as error:
            self._trouble("model_unusable", str(error))
            return
        finally:
            self.processing.release()
        if result.counts:
            self.log.info("processed", action="process", **result.counts)
        self.metrics.processed(result)
