"""Alarms on their way to people: the sink that takes them, and processes that hand the outbox over and may die at it."""

import os
import re
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from connector.alarm_texts import Message
from connector.contactbook import ContactBook
from connector.delivery import LEASE, Delivery
from connector.errors import LeaseLost
from connector.notify import Courier
from connector.settings import Settings, load_routing
from connector.store import leases
from connector.telling import Metrics
from connector.wiring import Works

from .hub import Stop
from .office import DUTY
from .seams import Crash

if TYPE_CHECKING:
    from .schedule import Schedule

os.environ["CHANNEL_SIMULATED"] = "json://127.0.0.1"
_REFERENCE = re.compile(r"^Ref (\S+)/\d+$", re.MULTILINE)


def _dropped(*_: Any) -> Any:
    raise structlog.DropEvent


_log = structlog.wrap_logger(None, processors=[_dropped])


@lru_cache(maxsize=1)
def _office() -> tuple[Settings, Any, ContactBook, Metrics]:
    """What all deliveries share: the same officers as the desk's roster."""
    duty = [{"name": f"Petugas {lane}", "channel": lane, "level": level} for level, lane in DUTY]
    channels = {lane: {"url_env": "CHANNEL_SIMULATED"} for _, lane in DUTY}
    book = ContactBook.model_validate({"channels": channels, "duty": duty})
    return Settings.model_validate({"alarms": {"telegram_url": ""}}), load_routing(None), book, Metrics()


class Sink:
    """What people were told: each alarm by ticket number and lane, how often, and which process knows that it arrived."""

    def __init__(self, schedule: "Schedule") -> None:
        self.at = schedule
        self.taken: dict[tuple[str, str], int] = {}
        self.knows: dict[tuple[str, str], str] = {}

    def take(self, number: str, lane: str, teller: str) -> None:
        """An alarm arrives."""
        key = (number, lane)
        self.taken[key] = self.taken.get(key, 0) + 1
        self.at.count("alarms told")
        self.at.tell(f"{teller} rings {number} on {lane}")
        if self.taken[key] > 1:
            self.at.count("alarms repeated")
        if self.knows.get(key) == teller:
            self.at.blame([f"{number} rang again on {lane}, and {teller} knew that it had arrived"], "alarm")
        self.at.check_ring(number)


class Teller:
    """One process that hands alarms over, with a fate of its own; it shares the outbox with others by a lease."""

    def __init__(self, schedule: "Schedule", name: str, skew: float) -> None:
        self.at, self.name, self.skew, self.lives = schedule, name, skew, 0
        self.dice = Random(f"{name} {schedule.plan.seed}")
        self.stop = Stop(self.sleep)
        self.delivery = self._born()

    @property
    def owner(self) -> str:
        """The name of this life."""
        return f"{self.name}.{self.lives}"

    def clock(self) -> Any:
        """What its own clock shows."""
        return self.at.clock.ahead(self.skew)

    def sleep(self, seconds: float) -> None:
        """Others run meanwhile, unless a transaction is open."""
        if self.at.store.seams.open:
            self.at.clock.now = self.at.clock.ahead(seconds)
        else:
            self.at.hub.sleep(seconds)

    def seam(self, seam: str, _statement: str = "") -> None:
        """A point where it may be paused, fail or die."""
        if seam == "committed":
            self.at.tell(f"{self.owner} commits")
        if seam in ("begin", "call") and not self.at.store.seams.open and self.dice.random() < self.at.plan.pauses:
            self.at.count("pauses")
            self.sleep(self.dice.choice((1, 12, 45, 200)))
        if seam != "undone":
            self.at.fate(seam, self.dice)

    def live(self) -> None:
        """As often as a daemon works."""
        for _ in range(self.at.plan.works):
            self.at.hub.sleep(self.dice.choice((60, 600, 1800, 7200)) * self.dice.uniform(0.5, 1.5))
            if self.at.anything_rang():
                self.tell()

    def tell(self) -> None:
        """Hands over what is due, to the end or to its death."""
        self.at.tell(f"{self.owner} tells")
        try:
            lease = leases.acquire(self.at.engine, LEASE, self.owner, leases.SECONDS)
            if lease is not None:
                self.delivery.clock = leases.store_clock(self.at.engine, self.clock)
                self.delivery.go_round(lease, (self.at.inline, self.at.inline))
                leases.release(self.at.engine, lease)
        except Crash:
            self.at.count("crashes")
            self.at.tell(f"{self.owner} dies")
            self.lives += 1
            self.delivery = self._born()
        except LeaseLost:
            self.at.count("leases lost")
        except SQLAlchemyError:
            self.at.count("store errors")

    def _born(self) -> Delivery:
        settings, routing, book, metrics = _office()
        works = Works(settings, routing, self.at.engine, Path(), self.stop, self.clock, self.owner, contacts=book)
        return Delivery(works, _log, metrics, Voice(self))


class Voice(Courier):
    """The way from a teller to the sink, which may refuse, take without a word, or outlive the one that calls."""

    def __init__(self, teller: Teller) -> None:
        super().__init__(teller.stop)
        self.teller = teller

    def hangs(self, lane: str) -> bool:
        """Nothing hangs here: who gets no answer has waited for it."""
        return False

    def send(self, lane: str, address: str, message: Message) -> str | None:
        """None when the sink is known to have it, else why not."""
        teller, found = self.teller, _REFERENCE.search(message.body)
        assert found, message.body
        teller.seam("call")
        drawn = teller.dice.random() / (teller.at.line.rate or 1e-9)
        if drawn < 0.5:
            teller.at.count("sink: refused")
            return "503"
        teller.at.sink.take(found[1], lane, teller.owner)
        if drawn < 1:
            teller.at.count("sink: taken without a word")
            return "no answer within 8 s"
        teller.seam("answered")
        teller.at.sink.knows[found[1], lane] = teller.owner
        return None
