"""One piece of work that dies, or meets a failing disk, at its n-th seam, is done again, and is then checked."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from sqlalchemy import select, text

from connector import person
from connector.errors import Transient
from connector.export import records
from connector.land import land_records
from connector.retention import erase_deleted
from connector.store.engine import reading
from connector.store.schema import metadata

from . import checker
from .plan import Plan
from .schedule import Outcome, Schedule
from .seams import Crash, disk_error
from .store import Store

Fault = Literal["crash", "disk"]
WORKS = ("poll", "full", "backfill", "process", "replay", "import", "erase", "retention")
_CALM = Plan(
    seed=4, skews=(0.0,), works=0, cursors="anchored", next_after_last=False, stale_cursors=True, most=3, faults=0.0,
    crashes=0.0, disk=0.0, pauses=0.0, busy=0.0, gap=600.0, latency=0.6,
)  # fmt: skip


@dataclass(slots=True)
class Fall:
    """The n-th seam, counted from 1, and what happens there."""

    at: int
    fault: Fault
    met: int = 0
    seam: str = ""

    def step(self, seam: str) -> None:
        """One more seam."""
        self.met += 1
        if self.met != self.at:
            return
        self.seam = seam
        if self.fault == "crash":
            raise Crash(seam)
        raise Transient(seam) if seam in ("call", "answered") else disk_error(seam)


class Rehearsal(Schedule):
    """A small world in which one piece of work falls."""

    def __init__(self, store: Store, fall: Fall) -> None:
        super().__init__(store, _CALM)
        self.fall = fall
        self.armed = False
        self.lines_to_import: list[tuple[str, str]] = []
        self.victim = ""
        self.deleted: set[str] = set()

    def fate(self, seam: str, dice: Random) -> None:
        """Falls where it is told to, and nowhere else."""
        if self.armed:
            self.fall.step(seam)

    def rehearse(self, work: str) -> Outcome:
        """What was there before, the work with its fall, the same work once more, and the checks."""
        self.start()
        try:
            self._before(work)
            erasing = self._victim() if work == "erase" else None
            self.armed = True
            self._one(work)
            self.armed = False
            self.clock.now = self.clock.ahead(60)  # the lease of a dead one runs out
            self._one(work)
            self.acting.one("process")
            before = self._rows()
            if work != "import":
                self._one(work)
                self.acting.one("process")
            if work in ("process", "replay", "erase", "retention") and before != self._rows():
                self.blame(["doing it once more changed rows"], work)
            self._quiet()
            if erasing:
                self.blame(self._left(*erasing), work)
            else:
                self._in_the_end()
            if work == "retention":
                self.blame(self._told([self.life.things[key].text for key in self.deleted]), work)
        finally:
            self.store.seams.told = None
        return self.outcome()

    def _before(self, work: str) -> None:
        self.life.begin(2, 5, self.hub.sleep)
        self.clock.now = self.clock.ahead(600)
        if work != "poll":
            self.acting.attempt(lambda: self.acting.read("account:page", self.acting.order()))
        if work == "import":
            self._export()
            self.start()
        elif work in ("full", "backfill", "replay", "erase", "retention"):
            self.acting.one("process")
        if work == "retention":
            self._delete()
        for _ in range(6 if work in ("poll", "full", "backfill") else 0):
            self.life.act()
            self.clock.now = self.clock.ahead(60)

    def _export(self) -> None:
        with reading(self.engine) as connection:
            found: Iterator[dict[str, Any]] = records(connection, "raw")
            self.lines_to_import = [(f"line {n}", json.dumps(record)) for n, record in enumerate(found)]
        assert len(self.lines_to_import) > 5

    def _one(self, work: str) -> None:
        if work == "import":
            self.acting.attempt(
                lambda: land_records(self.engine, self.lines_to_import, lambda _: self.account, self.acting.clock)
            )
        elif work == "erase":
            self.acting.attempt(self._erase)
        elif work == "retention":
            self.acting.attempt(lambda: erase_deleted(self.engine, self.acting.clock))
        else:
            self.acting.one(work)

    def _erase(self) -> None:
        person.erase(person.request(self.engine, [self.victim], "petugas", self.acting.clock))

    def _delete(self) -> None:
        """Three comments go, which a full reading finds out; a day passes."""
        before = set(checker.visible(self.life))
        for _ in range(3):
            self.life._delete()
        self.deleted = before - set(checker.visible(self.life))
        for work in ("full", "process"):
            self.acting.one(work)
        self.clock.now = self.clock.ahead(21 * 3600)

    def _victim(self) -> tuple[list[str], list[Any]]:
        """Who is erased: a citizen who said most. Gives his words, and the items of all others as they are before."""
        citizens = [thing.author.id for thing in self.life.things.values() if thing.author.id != self.account.id]
        ((self.victim, _),) = Counter(citizens).most_common(1)
        with self._aside() as connection:
            his = text("SELECT text FROM items WHERE author_id = :who")
            return list(connection.scalars(his, {"who": self.victim})), self._of_others(connection)

    def _of_others(self, connection: Any) -> list[Any]:
        his = {key for key, thing in self.life.things.items() if thing.author.id == self.victim}
        query = text(
            "SELECT r.external_id, i.text, i.author_id, i.deleted FROM items i JOIN raw_items r ON r.id = i.id"
        )
        return sorted(tuple(row) for row in connection.execute(query) if row.external_id not in his)

    def _left(self, words: list[str], others: list[Any]) -> Iterator[str]:
        """What still tells of him after the erasure and one more full reading, and what became of his neighbours."""
        yield from self._told([self.victim, *words])
        with self._aside() as connection:
            if others != self._of_others(connection):
                yield "an item of somebody else changed"

    def _told(self, words: list[str]) -> Iterator[str]:
        """Rows of any table in which one of these words still stands."""
        his = re.compile("|".join(re.escape(said) + r"(?!\d)" for said in words))
        with self._aside() as connection:
            for table in metadata.sorted_tables:
                found = [row for row in map(str, connection.execute(select(table))) if his.search(row)]
                yield from (f"{table.name} still tells of it: {row[:200]}" for row in found)
