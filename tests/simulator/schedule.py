"""One seed is one schedule: the world, the daemons and all that goes wrong, played in virtual time and then checked."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import text

from connector.process import replay
from connector.records import Account
from connector.sandbox import Limits, Options, Sandbox, World
from connector.store import accounts, raw
from connector.store.engine import writing

from . import checker
from .daemon import ALL, Daemon, Inline
from .hub import Clock, Hub
from .life import Life
from .plan import Plan
from .seams import Crash, disk_error
from .store import Store
from .telling import Sink, Teller
from .wire import Line

START = datetime(2026, 12, 26, tzinfo=UTC)
CHANCE = frozenset({"salt", "digest", "hash", "head"})
"""What real chance decides, not the seed: salts, and all that hangs on them."""
TABLES = ("raw_items", "raw_revisions", "items", "verdicts", "tickets", "ticket_items", "ticket_events", "checkpoints")


@dataclass(slots=True)
class Outcome:
    """What became of a schedule: nothing wrong when `wrong` is empty. `trace` is the same for the same seed."""

    seed: int
    wrong: list[str]
    counts: Counter[str]
    trace: str
    lines: list[str] = field(default_factory=list)


class Schedule:
    """A schedule being played on a store."""

    def __init__(self, store: Store, plan: Plan, *, keep: bool = False) -> None:
        self.store, self.plan, self.keep = store, plan, keep
        self.engine = store.engine
        self.clock = Clock(START + timedelta(seconds=Random(f"start {plan.seed}").random() * 86400))
        self.began = self.clock.now
        self.hub = Hub(self.clock)
        self.dice = Random(f"dice {plan.seed}")
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.lines: list[str] = []
        self.stamp, self.told_at = "", datetime.min.replace(tzinfo=UTC)
        self.digest = hashlib.blake2b(digest_size=16)
        self.holder: dict[str, str] = {}
        self.over = self.calm = False
        world = World(self.clock)
        page = world.add_page("page", "100000000000001", "Halaman")
        self.account = Account("page", "facebook", page.id, page.name, ALL, 60)
        options = Options(
            cursors=plan.cursors,
            next_after_last=plan.next_after_last,
            stale_cursors=plan.stale_cursors,
            conversations_per_second=None,
            old_messages="readable",
        )
        sandbox = Sandbox(world, options=options, limits=Limits(pages=None, messenger=None))
        self.token = sandbox.token(page)
        self.life = Life(world, page, Random(f"life {plan.seed}"), self.tell)
        self.life.anchored = plan.cursors == "anchored"
        self.line = Line(
            sandbox, Random(f"line {plan.seed}"), plan.faults, plan.most, plan.latency, self._around, self.tell
        )
        self.inline, self.sink = Inline(), Sink(self)
        self.daemons = {f"d{n}": Daemon(self, f"d{n}", skew) for n, skew in enumerate(plan.skews)}
        self.tellers = {f"t{n}": Teller(self, f"t{n}", skew) for n, skew in enumerate(plan.skews[:2])}
        self.acting = self.daemons["d0"]
        self.telling: Teller | None = None  # outside of tasks, when all is told in the end

    # -- what others report ------------------------------------------------------------------------------------

    def tell(self, line: str) -> None:
        """One line of the trace."""
        if self.clock.now is not self.told_at:  # many lines are told at one time
            self.told_at, self.stamp = self.clock.now, f"{self.clock.now:%d %H:%M:%S.%f}"
        whole = f"{self.stamp} {line}"
        self.digest.update(whole.encode())
        if self.keep:
            self.lines.append(whole)

    def count(self, name: str) -> None:
        """Counts something."""
        self.counts[name] += 1

    def blame(self, found: Iterator[str] | list[str], when: str) -> None:
        """Keeps what is wrong."""
        for line in found:
            self.wrong.append(f"{when} at {self.clock.now:%d %H:%M:%S}: {line}")
            self.tell(f"WRONG {line}")

    def fate(self, seam: str, dice: Random) -> None:
        """Death and failing disks come at any seam."""
        if self.calm:
            return
        if dice.random() < self.plan.crashes:
            self.count(f"crash at {seam}")
            raise Crash(seam)
        if seam not in ("call", "answered") and dice.random() < self.plan.disk:
            self.count(f"disk error at {seam}")
            raise disk_error(seam)

    def committed(self, daemon: Daemon) -> None:
        """A transaction is kept: it must not be that of a reader whose lease another one has taken."""
        self.tell(f"{daemon.owner} commits")
        if daemon.touched and daemon.lease and self.holder[daemon.lease] != daemon.owner:
            self.blame([f"{daemon.owner} committed after {self.holder[daemon.lease]} took its lease"], "zombie")

    def _seam(self, seam: str, statement: str) -> None:
        name = self.hub.current.name if self.hub.current else ""
        if teller := self.tellers.get(name, self.telling):
            teller.seam(seam)
        else:
            self.daemons.get(name, self.acting).seam(seam, statement)

    def _around(self) -> None:
        if not self.over:
            self.life.meanwhile(self.plan.busy)

    # -- the play ----------------------------------------------------------------------------------------------

    def play(self) -> Outcome:
        """All of it."""
        self.start()
        try:
            self._troubled()
            self._quiet()
            self._in_the_end()
        except Exception as error:  # a defect that ends the play is a finding like any other
            self.blame([f"{type(error).__name__}: {error}"], "raised")
            if self.keep:
                raise
        finally:
            self.store.seams.told = None
        return self.outcome()

    def start(self) -> None:
        """An empty store that knows the account."""
        self.store.empty()
        self.store.clock = self.clock
        self.register()

    def register(self) -> None:
        """Makes the account known; from now on the seams are told."""
        self.store.seams.told = None
        with writing(self.engine) as connection:
            accounts.register(connection, [self.account])
        self.store.seams.told = self._seam

    def outcome(self) -> Outcome:
        """What came of it."""
        for name, hits in self.line.hits.items():
            self.counts[f"graph: {name}"] += hits
        self.counts["calls"] += self.line.answers
        self.counts["things"] += len(self.life.things)
        return Outcome(self.plan.seed, self.wrong, self.counts, self._hash(), self.lines)

    def _troubled(self) -> None:
        self.life.begin(self.life.rng.randint(1, 3), 4, self.hub.sleep)

        def lives() -> None:
            while not all(task.over for task in self.hub.tasks if task.name in self.daemons):
                self.hub.sleep(self.life.rng.expovariate(1 / self.plan.gap))
                self.life.act()

        for name, daemon in self.daemons.items():
            self.hub.add(name, daemon.live, self.dice.random() * 60)
        self.hub.add("life", lives)
        for name, teller in self.tellers.items():
            self.hub.add(name, teller.live, teller.dice.random() * 60)
        self.hub.run()

    def _quiet(self) -> None:
        """No faults any more; one daemon reads all and processes it."""
        self.calm, self.line.rate, self.over = True, 0.0, True
        self.clock.now = self.clock.ahead(2 * 3600 + 900)
        self.acting = Daemon(self, "last", 0.0)
        if self.plan.seed % 2:
            self.acting.one("poll")
        if self.resumes():  # a full walk that was cut short goes on where it stood: only the next one is whole
            self.acting.one("full")
        self.acting.one("full")
        self.acting.one("process")
        self.telling = Teller(self, "tells", 0.0)
        for _ in range(4 if self.anything_rang() else 0):  # what failed before rests; what nobody answers rings higher
            self.clock.now = self.clock.ahead(900)
            self.telling.tell()
        self.telling = None

    def _in_the_end(self) -> None:
        with self._aside() as connection:
            self.blame(checker.faults_in_the_end(connection, self.life, self.clock.now), "in the end")
            self.blame(checker.faults_of_telling(connection, self.sink.taken), "in the end")
        before = self._rows()
        changes = replay(self.engine, self.acting.desk(), raw.Selection()).changes
        if changes or before != self._rows():
            self.blame([f"a replay changed {[c.id for c in changes] or 'rows'}"], "in the end")

    # -- checks ------------------------------------------------------------------------------------------------

    def check_at_rest(self, who: str) -> None:
        """What must hold whenever a piece of work is over, however it ended."""
        with self._aside() as connection:
            self.blame(checker.faults_at_rest(connection, self.life), who)

    def resumes(self) -> bool:
        """Whether a walk was left unfinished: the next pass goes on there and need not see what came before that place."""
        with self._aside() as connection:
            return checker.walks_on(connection)

    def check_pass(self, who: str, began: datetime, then: set[str], *, full: bool) -> None:
        """What must hold after a clean pass."""
        with self._aside() as connection:
            self.blame(checker.missing(connection, self.life, began, then, full=full), who)

    def check_ring(self, number: str) -> None:
        """What must hold when an alarm arrives."""
        with self._aside() as connection:
            self.blame(checker.faults_of_a_ring(connection, number), "alarm")

    def anything_rang(self) -> bool:
        """Whether there is anything to tell."""
        with self._aside() as connection:
            return checker.any_letter(connection)

    @contextmanager
    def _aside(self) -> Iterator[Any]:
        """A connection without fate."""
        told, self.store.seams.told = self.store.seams.told, None
        try:
            with self.engine.connect().execution_options(reading=True) as connection:
                yield connection
        finally:
            self.store.seams.told = told

    def _rows(self, less: frozenset[str] = frozenset()) -> list[Any]:
        with self._aside() as connection:
            return [
                sorted(
                    str([value for name, value in row.items() if name not in less])
                    for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()
                )
                for table in TABLES
                if table != "raw_revisions"
            ]

    def _hash(self) -> str:
        self.digest.update(str(self._rows(CHANCE)).encode())
        return self.digest.hexdigest()


def run_seed(store: Store, seed: int, *, keep: bool = False) -> Outcome:
    """Plays the schedule of a seed."""
    return Schedule(store, Plan.of(seed), keep=keep).play()
