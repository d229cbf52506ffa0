"""The daemon: does what is due, as often as it is due, until told to stop. Several may share one store."""

import random
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from classifiers import ModelUnusable

from .errors import ConnectorError, LeaseLost
from .ingest.reader import Progress
from .process import process_pending
from .records import Stream
from .schedule import next_due, sweep_due
from .settings import AccountSettings
from .store import accounts
from .store.engine import reading, writing

if TYPE_CHECKING:
    from .ingest import Visit
    from .reply import Done
    from .wiring import Works

TICK = 1.0
ANSWER = 3.0
Log = Callable[..., None]


class Daemon:
    """One process's share of the work. Due times stand in the store, so a restart or a second daemon just goes on."""

    def __init__(self, works: "Works", log: Any, metrics: Any, chance: Callable[[], float] = random.random) -> None:
        self.works, self.log, self.metrics, self.chance = works, log, metrics, chance
        self.busy: dict[str, threading.Lock] = {a.key: threading.Lock() for a in works.settings.accounts}
        self.answering = [a for a in works.settings.accounts if a.answers != "off"]
        self.processing = threading.Lock()
        self.failures: list[str] = []

    def run(self, alive: Callable[[], None]) -> None:
        """Works until `works.stop` is set; `alive` is told each second that the daemon lives."""
        scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(len(self.busy) + len(self.answering) + 2)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        for account in self.works.settings.accounts:
            scheduler.add_job(self.tend, "interval", seconds=TICK, args=[account], next_run_time=self.works.clock())
        for account in self.answering:
            scheduler.add_job(self.answer, "interval", seconds=ANSWER, args=[account], next_run_time=self.works.clock())
        scheduler.start()
        try:
            while not self.works.stop.wait(TICK):
                alive()
        finally:
            scheduler.shutdown(wait=True)

    def once(self) -> list[str]:
        """Does what is due now, then returns what failed."""
        threads = [threading.Thread(target=self.tend, args=(a,)) for a in self.works.settings.accounts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for account in self.answering:
            self.answer(account)
        return self.failures

    def answer(self, account: AccountSettings) -> None:
        """Answers what is due for one account, if nobody else does. Never raises."""
        if self.works.stop.is_set():
            return
        try:
            done = self.works.answer(account, wait=0.0)
        except LeaseLost as error:
            self.log.warning(str(error), action="lease_lost", account=account.key)
        except ConnectorError as error:
            self._trouble("answer_failed", str(error), account.key)
        except SQLAlchemyError as error:
            self._trouble("store_failed", f"store out of reach: {_brief(error)}", account.key)
            self.works.stop.wait(5.0)
        except Exception:  # an outermost loop too: one answer that cannot be made must not end answering
            self.log.exception("answering failed", action="answer_failed", account=account.key)
            self.failures.append(
                f"{account.key}: answering failed by a defect of the program; its log has the traceback"
            )
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

    def tend(self, account: AccountSettings) -> None:
        """Reads one account if it is due and nobody else does, then processes what came. Never raises."""
        if self.works.stop.is_set() or not self.busy[account.key].acquire(blocking=False):
            return
        try:
            with reading(self.works.engine) as connection:
                state = accounts.account_states(connection)[account.key]
            if self._due(state):
                self._pass(account, state)
        except SQLAlchemyError as error:
            self._trouble("store_failed", f"store out of reach: {_brief(error)}", account.key)
            self.works.stop.wait(5.0)
        except Exception:  # the outermost loop: the next pass must come whatever went wrong in this one
            self.log.exception("pass failed", action="pass_failed", account=account.key)
            self.failures.append(
                f"{account.key}: the pass failed by a defect of the program; its log has the traceback"
            )
            self._postpone(account)
        finally:
            self.busy[account.key].release()

    def _due(self, state: accounts.AccountState) -> bool:
        now = self.works.clock()
        paused = state.paused_until is not None and state.paused_until > now
        return not paused and (state.due_at is None or state.due_at <= now)

    def _pass(self, account: AccountSettings, state: accounts.AccountState) -> None:
        works = self.works
        due = sweep_due(works.clock(), state.swept_at)
        healthy = self._healthy(account) if due else ()
        order = works.sweep(healthy) if healthy else works.order(account.account.streams)
        try:
            visit = works.read(account, order, lease=f"account:{account.key}", wait=0.0, progress=Progress())
        except LeaseLost as error:
            self.log.warning(str(error), action="lease_lost", account=account.key)
            return
        except ConnectorError as error:
            self._trouble("account_unusable", str(error), account.key)
            self._postpone(account)
            return
        if visit is None:
            return  # another daemon reads this account
        cut = works.stop.is_set() or visit.paused_until or visit.blocked
        whole = bool(healthy) or not visit.failures  # a clean first read has seen all there is, as a sweep does
        self._plan(account, visit, swept=due and whole and not cut)
        self._tell(account, visit)
        self._process()

    def _healthy(self, account: AccountSettings) -> tuple[Stream, ...]:
        """The streams that were read to their end once and are not in trouble: only these can be swept."""
        with reading(self.works.engine) as connection:
            states = {s.stream: s for s in accounts.stream_states(connection) if s.account == account.key}
        return tuple(s for s in account.account.streams if s in states and states[s].ok_at and not states[s].error)

    def _plan(self, account: AccountSettings, visit: "Visit", swept: bool = False) -> None:
        with writing(self.works.engine) as connection:
            fails = accounts.account_states(connection)[account.key].fails
            fails = fails + 1 if visit.failures else 0
            now = self.works.clock()
            due = next_due(now, account.every_seconds, fails, self.chance(), blocked=visit.blocked is not None)
            if visit.paused_until:
                due = max(due, visit.paused_until + timedelta(seconds=self.chance() * 10))
            done = {"swept_at": now} if swept else {}
            accounts.set_account(connection, account.key, fails=fails, due_at=due, **done)

    def _postpone(self, account: AccountSettings) -> None:
        """A pass that could not even begin is tried again later, at the pace of failures."""
        from .ingest import Visit

        try:
            self._plan(account, Visit(account.key, {}, ("not read",)))
        except SQLAlchemyError as error:
            self._trouble("store_failed", f"store out of reach: {_brief(error)}", account.key)

    def _tell(self, account: AccountSettings, visit: "Visit") -> None:
        for line in visit.failures:
            self._trouble("read_failed", line, account.key)
        self.log.info("pass done", action="pass", account=account.key, **visit.counts)
        self.metrics.passed(account.key, visit, self.works.clock())

    def _trouble(self, action: str, line: str, account: str = "") -> None:
        self.failures = [*self.failures, line][-100:]
        self.log.warning(line, action=action, account=account)

    def _process(self) -> None:
        if not self.processing.acquire(blocking=False):
            return  # the one that runs takes what just landed along
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


def _brief(error: SQLAlchemyError) -> str:
    return " ".join(str(getattr(error, "orig", error)).split())[:300]
