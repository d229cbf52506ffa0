"""What all walks of one pass over one account share: the store, the wire, the order, and how landing is done."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from ..errors import Gone, GraphError, LeaseLost, NotPermitted, TokenRejected, Transient, TryLater
from ..platforms.facebook.asks import Ask, exists
from ..platforms.facebook.parse import child, usable_id, when
from ..records import Account, RawItem, Stream
from ..store import accounts, landing, raw
from ..store.checkpoints import LIVE_SCOPE, Shelf
from ..store.engine import writing
from .asking import Asker

FEED: frozenset[Stream] = frozenset({"posts", "comments", "visitor_posts"})  # one walk brings them all
OVERLAP = timedelta(minutes=15)
TOLD = frozenset({"message", "from"})
"""What an item is about: its words, and who says them."""
SETTLED = timedelta(seconds=2)
NOTED = timedelta(seconds=30)
NOT_OWN = "the token is not the Page's own, Graph hides things from it: none is taken for deleted; use the Page's own"
STORM = 5  # as many objects in a row out of reach mean that the network or a permission is missing, not they


@dataclass(frozen=True, slots=True)
class Order:
    """What one pass is to read: the window is by creation, in [since, until).

    `full` re-reads every object in the window to its end, so that edits, hides and deletions are seen. `scope` keeps the
    positions of a backfill apart from the live ones. `newest`: only the newest posts are looked at, not all; `again`:
    nothing but hot posts is re-read. `patient`: what keeps failing has its rest. `exact`: of a conversation, which comes whole,
    nothing new is landed from outside the window.
    """

    streams: frozenset[Stream]
    since: datetime
    until: datetime | None = None
    full: bool = False
    scope: str = LIVE_SCOPE
    lane: int = raw.LIVE
    newest: bool = False
    again: bool = False
    patient: bool = False
    exact: bool = False

    def covers(self, at: datetime | None) -> bool:
        """True when something created at `at` lies in the window; a thing without time does."""
        return at is None or (at >= self.since and (self.until is None or at < self.until))

    def leaves_out(self, item: RawItem) -> bool:
        """True for a message that lies outside the window of an exact order."""
        return item.stream == "messages" and not self.whole(item.created_at)

    def whole(self, *times: datetime | None) -> bool:
        """Whether messages created from one of these times to the other are all landed."""
        return not self.exact or all(self.covers(at) for at in times)


@dataclass(slots=True)
class Progress:
    """Counts of one pass, shared by its threads."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str, by: int = 1) -> None:
        """Counts something."""
        with self.lock:
            self.counts[name] += by

    def fail(self, line: str) -> None:
        """Keeps a line for the operator: what, where, what to do."""
        with self.lock:
            self.failures.append(line)

    def wait(self, line: str) -> None:
        """Keeps a line about what a pause that Graph imposed leaves unread: no fault, but a person who asked is told."""
        with self.lock:
            self.waiting.append(line)

    def note(self, line: str) -> None:
        """Keeps a line about what was done whole, but bears on what comes next."""
        with self.lock:
            self.notes.append(line)


@dataclass(slots=True)
class Reader:
    """One pass over one account. `guard` runs inside every transaction and raises LeaseLost when our lease is gone.

    `landed` is told, after the commit, of what a batch brought. `refused`: how Graph refused Messenger in the first look.
    Of the part in hand: `lame`, its list was not read; `storm`, many objects in a row were out of reach; `resting`, some were
    left alone. `forbidden`: the streams that a permission is missing for. `others`: our other Pages, each read by itself.
    """

    engine: Engine
    account: Account
    asker: Asker
    order: Order
    pool: Executor
    clock: Callable[[], datetime]
    stop: threading.Event
    guard: Callable[[Connection], None] = lambda _: None
    progress: Progress = field(default_factory=Progress)
    halted: Exception | None = None
    seen: dict[str, Any] = field(default_factory=dict)
    spared: bool = False
    refused: TryLater | None = None
    lame: bool = False
    storm: bool = False
    resting: bool = False
    forbidden: frozenset[Stream] = frozenset()
    others: frozenset[str] = frozenset()
    _heard: datetime | None = None
    landed: Callable[[Sequence[RawItem]], None] = lambda _: None
    _fresh: threading.local = field(default_factory=threading.local)
    _unreached: int = 0
    _own: bool | None = None

    def shelf(self, stream: Stream) -> Shelf:
        """Where this pass keeps how far a stream has been read.

        A live pass over some of the feed's streams only keeps books of its own: what it leaves out is still to be read.
        """
        asked, all_ = self.order.streams & FEED, FEED.intersection(self.account.streams)
        narrow = self.order.scope == LIVE_SCOPE and stream in FEED and asked != all_
        return Shelf(
            self.account.key, stream, f"{LIVE_SCOPE}:{','.join(sorted(asked))}" if narrow else self.order.scope
        )

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that only commits while the lease is ours."""
        with writing(self.engine) as connection:
            self.guard(connection)
            yield connection
        if fresh := getattr(self._fresh, "items", None):
            self._fresh.items = []
            self.landed(fresh)

    def land(
        self, connection: Connection, items: Sequence[RawItem], started: datetime, under: str = ""
    ) -> landing.Landed:
        """Stores those items whose streams are wanted; `known` tells of all of them.

        `started` is when the walk that shows them began, perhaps by another host's clock, which may be ahead of ours:
        what a walk has shown is never older than the walk, or it would be taken for gone. Without words or author, since
        Graph knows such a field no more, nothing that is stored is rewritten. `under`: the one object that was asked for them.
        """
        wanted = [item for item in items if item.stream in self.order.streams]
        if self.asker.lacks(TOLD, under):
            wanted = [item._replace(thin=True) for item in wanted]
        if outside := [item.id for item in wanted if self.order.leaves_out(item)]:
            left = set(outside) - raw.stored(connection, outside)
            wanted = [item for item in wanted if item.id not in left]
        landed = landing.land(connection, wanted, max(self.clock(), started), self.order.lane, started)
        self.progress.add("read", len(wanted))
        self.progress.add("new", landed.new)
        self.progress.add("changed", landed.changed)
        self.hears(connection)
        if self.order.lane == raw.LIVE and (landed.new or landed.changed):
            self._fresh.items = [*getattr(self._fresh, "items", ()), *wanted]
        if landed.new:
            fresh: Counter[str] = Counter(item.stream for item in wanted if item.id not in landed.known)
            accounts.count_items(connection, self.account.key, fresh)
        return landed

    def hears(self, connection: Connection) -> None:
        """Notes that something usable came from Graph: without it for long, the account is blind."""
        now = self.clock()
        if self._heard is None or now - self._heard >= NOTED:
            self._heard = now
            accounts.set_account(connection, self.account.key, heard_at=now)

    def books(self, connection: Connection, stream: Stream, rows: Sequence[Mapping[str, Any]]) -> None:
        """What a reading of a window found out about the ledger's objects, told to the live books too."""
        if self.order.scope != LIVE_SCOPE:
            Shelf(self.account.key, stream).tell(connection, rows)

    def each(self, work: Callable[[str], None], object_ids: Sequence[str]) -> None:
        """Does the same for many objects at once in threads; one that fails never stops the others.

        What concerns the whole token or store is raised when all threads have come to rest.
        """
        for future in [self.pool.submit(self._guarded, work, object_id) for object_id in object_ids]:
            future.result()
        if self.halted:
            raise self.halted

    def _guarded(self, work: Callable[[str], None], object_id: str) -> None:
        if self.halted or self.stop.is_set():
            return
        try:
            work(object_id)
            self._unreached = 0
        except (TryLater, TokenRejected, LeaseLost) as error:
            self.halted = error
        except Gone:  # people delete what they wrote: no fault, unless it is the token's, which is said then
            self.progress.add("unavailable")
            self.own_token()
        except GraphError as error:
            if self.stop.is_set():
                return
            if self.closed_to_us(object_id, error):
                self.progress.add("unavailable")
                return
            self.progress.fail(f"{self.account.key}: {error}")
            self._unreached = self._unreached + 1 if isinstance(error, Transient | NotPermitted) else 0
            if self._unreached >= STORM:
                self.storm, self.halted = True, error
        except Exception as error:  # a thread must hand its error over, not lose it
            self.halted = error

    def of_another(self, post_id: str) -> bool:
        """Whether a post stands on another Page of ours, and only names this one: its own token sees more of it than ours."""
        return post_id.partition("_")[0] in self.others

    def closed_to_us(self, object_id: str, error: GraphError | None) -> bool:
        """Whether a stranger's post, in our feed since it names the Page, is refused: no permission of ours is missing then."""
        page, _, post = object_id.partition("_")
        return isinstance(error, NotPermitted) and page.isdecimal() and bool(post) and page != self.account.id

    def own_token(self) -> bool:
        """Whether the token is the account's own: to others Graph shows empty lists where there is plenty."""
        with self.progress.lock:
            if self._own is None:
                me = Ask("me", "me", ("id",))
                try:
                    self._own = usable_id(child(self.asker.ask(me).data, "id")) == self.account.id
                except GraphError:
                    self._own = False
                else:
                    if not self._own:
                        self.lame = True
                        self.progress.failures.append(f"{self.account.key}: {NOT_OWN}")
            return self._own

    def is_gone(self, object_id: str) -> bool:
        """Whether Graph says that an object is not there, and says so to the account's own token: others may not see it."""
        try:
            self.asker.ask(exists(object_id))
        except Gone:
            return self.own_token()
        return False

    def settle(self, seen: str | None, server_time: datetime | None) -> None:
        """Waits until the second in which an object last moved is over on Graph's clock, which may still be to come.

        Graph counts in whole seconds: a comment that comes in the rest of that second would not move the time again.
        """
        moved = when(seen)
        left = SETTLED - (server_time - moved) if moved and server_time else timedelta(0)
        if timedelta(0) < left <= 2 * SETTLED:
            self.stop.wait(left.total_seconds())
