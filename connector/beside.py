"""What is read beside the live reading of an account: hot posts again, and once a day all that is recent.

It has a lease, a share of calls and positions of its own; it leaves the budget to what is urgent and can be cut at any time.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from .ingest.asking import MESSENGER
from .ingest.reader import Order, Progress
from .records import Stream
from .schedule import has_turn, spare, sweep_due
from .settings import AccountSettings
from .store import accounts
from .store.checkpoints import Shelf
from .store.engine import reading, writing

if TYPE_CHECKING:
    from .ingest import Visit
    from .wiring import Works

SLICE = timedelta(minutes=10)  # of a long sweep: then hot posts have their turn again


class Slice(threading.Event):
    """A stop that comes by itself at the end of a slice of time, or when the process is stopped."""

    def __init__(self, stop: threading.Event, clock: Callable[[], datetime], length: timedelta) -> None:
        super().__init__()
        self._stop, self._clock, self._end = stop, clock, clock() + length

    def is_set(self) -> bool:
        """Whether to come to an end."""
        return self._stop.is_set() or self._clock() >= self._end

    def wait(self, timeout: float | None = None) -> bool:
        """Waits, at most `timeout` seconds, unless the process is stopped."""
        self._stop.wait(timeout)
        return self.is_set()


def used_by(account: AccountSettings, state: accounts.AccountState, now: datetime) -> int:
    """How many percent of its call budgets set the account's pace: Messenger's slows messages alone."""
    return state.used_percent(now, but=MESSENGER if set(account.streams) != {"messages"} else "")


def in_turn(
    connection: Connection, account: AccountSettings, state: accounts.AccountState, now: datetime
) -> tuple[Stream, ...]:
    """The streams that a live pass reads: messages more seldom than posts while their own budget runs low."""
    used = state.budgets(now).get(MESSENGER, 0)
    read = {s.stream: s.ok_at for s in accounts.streams_of(connection, account.account)}
    rests = not has_turn(now, read.get("messages"), account.every_seconds, used)
    others = tuple(s for s in account.account.streams if s != "messages")
    return others if others and rests else account.account.streams


@dataclass(slots=True)
class Beside:
    """One account's reading beside the live one. All of it under one lease: one process at a time."""

    works: "Works"
    account: AccountSettings
    clock: Callable[[], datetime]

    def do(self) -> list["Visit"]:
        """What is due. Raises LeaseLost, ConnectorError and errors of the store."""
        now = self.clock()
        with reading(self.works.engine) as connection:
            state = accounts.account_states(connection)[self.account.key]
            streams = self._healthy(accounts.streams_of(connection, self.account.account), state, now)
        alone = state.blocked or state.due_at is None or (state.paused_until is not None and state.paused_until > now)
        if alone or not streams or not spare(used_by(self.account, state, now)):
            return []
        done = []
        again = self.works.again(streams)
        if "comments" in streams and self._hot(again.scope):
            done += self._read(again)
        if sweep_due(now, state.swept_at):
            done += self._sweep(streams)
        return done

    def _healthy(
        self, states: list[accounts.StreamState], account: accounts.AccountState, now: datetime
    ) -> tuple[Stream, ...]:
        """The streams that were read to their end once, are not in trouble and do not pause.

        Messenger has a budget of its own: when it runs low, what hangs on posts is read again without it.
        """
        low = not spare(account.budgets(now).get(MESSENGER, 0))
        paused = {
            s.stream for s in states if (s.paused_until and s.paused_until > now) or (low and s.stream == "messages")
        }
        well = {s.stream for s in states if s.ok_at and not s.troubled} - paused
        return tuple(s for s in self.account.account.streams if s in well)

    def _hot(self, scope: str) -> bool:
        """Whether the turn of any hot post has come."""
        from .ingest.again import due

        with reading(self.works.engine) as connection:
            return bool(due(connection, self.account.account, self.clock(), scope))

    def _sweep(self, streams: tuple[Stream, ...]) -> list["Visit"]:
        """All that is recent, slice by slice; when it is through, the next one begins anew.

        It counts from its beginning: what it read first is to be read again within a day, however long it took.
        """
        order, stop = self.works.sweep(streams), Slice(self.works.stop, self.clock, SLICE)
        visits = self._read(order, stop)
        cut = stop.is_set() or any(v.paused_until or v.blocked or v.waiting for v in visits)
        if visits and not cut:
            with writing(self.works.engine) as connection:
                began = Shelf(self.account.key, "posts", order.scope).get(connection).newest or self.clock()
                for stream in ("posts", "comments", "visitor_posts", "messages"):
                    Shelf(self.account.key, stream, order.scope).clear(connection)
                accounts.set_account(connection, self.account.key, swept_at=began)
        return visits

    def _read(self, order: Order, stop: threading.Event | None = None) -> list["Visit"]:
        lease = f"beside:{self.account.key}"
        visit = self.works.read(self.account, order, lease=lease, wait=0.0, progress=Progress(), stop=stop)
        return [visit] if visit else []
