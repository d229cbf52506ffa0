"""Delivery: the daemon's own thread that hands the outbox over, so that telling never waits for reading.

One process delivers, by a lease; every mark is fenced by it. Lanes go side by side, each oldest first; one that fails rests
ever longer and loses nothing. Woken after each commit that may have rung, and twice a second in any case.
"""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from classifiers import ModelUnusable

from .alarms import digest_due, wait_after
from .contactbook import address_of
from .errors import LeaseLost, SettingsError
from .notify import Courier, compose, plan_digests, reference_of, target, tell_operator, telling_of
from .places import find_place
from .store import alarms, contacts, leases, outbox
from .store.engine import reading, writing
from .store.raw import ResultRow
from .telegram import Answers
from .watching import Watch
from .wita import WITA

if TYPE_CHECKING:
    from .wiring import Works

LEASE = "delivery"
ROUND, TENDED = 0.5, 60.0
GIVES_WAY = 0.0005
"""Seconds that a thread waits, at each of an alarm's statements, for one that computes; Python's own rule is ten times that."""
AT_ONCE, CALM_AT_ONCE, OF_LANE = 24, 2, 20
DEAD_AFTER = 3
DAYS = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu")


class Delivery:
    """One process's share of telling."""

    def __init__(self, works: "Works", log: Any, metrics: Any, courier: Courier | None = None) -> None:
        self.works, self.log, self.metrics = works, log, metrics
        self.courier = courier or Courier(works.stop, telegram=works.settings.alarms.telegram_url)
        self.telling = telling_of(works.contacts, works.routing, works.settings.alarms)
        self.answers = Answers(works, log, self._confirm)
        self.watch = Watch(works, log, self.tell)
        self.clock = works.clock
        self._woken, self._lost = threading.Event(), threading.Event()
        self._guard = threading.Lock()
        self._unmarked: dict[int, str] = {}
        self._tended: datetime | None = None
        self._looked: datetime | None = None
        self._busy, self._said = set[str](), set[str]()

    def wake(self) -> None:
        """Something may have been put into the outbox."""
        self._woken.set()

    def run(self) -> None:
        """Delivers until `works.stop` is set, whenever no other process does."""
        warm(self.works)
        while not self.works.stop.is_set():
            try:
                with leases.held(self.works.engine, LEASE, self.works.owner, stop=self.works.stop) as lease:
                    if lease is not None:
                        self._deliver(lease)
                    else:
                        self._look_aside()
                self.works.stop.wait(1.0)
            except LeaseLost as error:
                self.log.warning(str(error), action="lease_lost")
            except SQLAlchemyError as error:
                self.works.outage.fails(self.log, error)
                self.works.stop.wait(2.0)
            except Exception:  # telling must go on whatever went wrong in one round
                self.log.exception("delivery failed", action="delivery_failed")
                self.works.stop.wait(2.0)

    def _look_aside(self) -> None:
        """Once a minute, while another process delivers."""
        now = self.works.clock()
        if self._looked is None or abs(now - self._looked) >= timedelta(seconds=TENDED):
            self._looked = now
            with ThreadPoolExecutor(1, thread_name_prefix="look") as pool:
                self.watch.look_aside(pool, now)

    def once(self) -> list[str]:
        """Delivers what is due now; returns a line for each lane that failed."""
        with leases.held(self.works.engine, LEASE, self.works.owner, wait=2.0, stop=self.works.stop) as lease:
            if lease is None:
                return []  # another process delivers
            self._tend(lease)
            held, before = self._round(lease), None
            while held and held != before and not self.works.stop.is_set():
                held, before = self._round(lease), held  # a lane gives some at a time
        return [f"{self._called(lane)}: nothing gets through: {b.error}" for lane, b in held.items() if b.down_at]

    def _round(self, lease: leases.Lease) -> dict[str, outbox.Backlog]:
        """One round to its end; returns what still waits or is down."""
        with self._pools() as pools:
            self.go_round(lease, pools)
        with reading(self.works.engine) as connection:
            return outbox.backlog(connection)

    @contextmanager
    def _pools(self) -> Iterator[tuple[ThreadPoolExecutor, ThreadPoolExecutor]]:
        with (
            ThreadPoolExecutor(AT_ONCE, thread_name_prefix="tell") as urgent,
            ThreadPoolExecutor(CALM_AT_ONCE, thread_name_prefix="tell-calmly") as calm,
        ):
            yield urgent, calm

    def _deliver(self, lease: leases.Lease) -> None:
        self.clock = leases.store_clock(self.works.engine, self.works.clock)
        self._lost.clear()
        with self._pools() as pools:
            while not self.works.stop.is_set() and not self._lost.is_set():
                if self._tend(lease):
                    self.clock = leases.store_clock(self.works.engine, self.works.clock)
                    self.watch.look(pools[1], self.clock())
                self.go_round(lease, pools)
                self.answers.look(pools[1], self.clock())
                self._woken.wait(ROUND)
                self._woken.clear()

    def go_round(self, lease: leases.Lease, pools: tuple[Executor, Executor]) -> None:
        """Escalates what is late, then sets to work on each lane where something waits."""
        now = self.clock()
        with reading(self.works.engine) as connection:
            late, due = alarms.any_late(connection, now), outbox.lanes_due(connection, now)
        if late:
            self._escalate(lease, now)
            with reading(self.works.engine) as connection:
                due = outbox.lanes_due(connection, now)
        for lane, rank in due:
            with self._guard:
                if lane in self._busy:
                    continue
                self._busy.add(lane)
            pools[0 if rank == 0 else 1].submit(self._lane, lease, lane)

    def _lane(self, lease: leases.Lease, lane: str) -> None:
        """Hands over what waits on a lane. Never raises."""
        try:
            self._hand_over(lease, lane)
        except LeaseLost as error:
            self._lost.set()
            self.log.warning(str(error), action="lease_lost")
        except SQLAlchemyError as error:
            self.works.outage.fails(self.log, error)
            self.works.stop.wait(1.0)
        except Exception:  # a defect in one lane must not silence the others
            self.log.exception("delivery failed", action="delivery_failed", lane=lane)
            self.works.stop.wait(5.0)
        finally:
            with self._guard:
                self._busy.discard(lane)

    def _hand_over(self, lease: leases.Lease, lane: str) -> None:
        """Oldest first. When one fails, one more is tried: either that letter is the trouble, or the lane is."""
        with reading(self.works.engine) as connection:
            rows = outbox.of_lane(connection, lane, OF_LANE)
        stuck: ResultRow | None = None
        trouble = "the last message still hangs there" if self.courier.hangs(lane) else ""
        for row in rows:
            if self.works.stop.is_set():
                return
            error = trouble if self.courier.hangs(lane) else self._send(lease, lane, row)
            if error is None:
                if stuck is not None and trouble:  # the lane works (again?): what was stuck goes before what is younger
                    trouble = ""
                    stuck = stuck if self._send(lease, lane, stuck) else None
                continue
            trouble = error
            if stuck is not None or len(rows) == 1 or self.courier.hangs(lane):
                self._rest(lease, lane, row, error)
                return
            stuck = row
        if stuck is not None:
            self._pause(lease, lane, stuck)
        elif rows:
            self.wake()  # more may have come meanwhile

    def _send(self, lease: leases.Lease, lane: str, row: ResultRow) -> str | None:
        state = self._unmarked.get(row.id)
        if state is None:
            with reading(self.works.engine) as connection:
                message = compose(connection, row, self.telling, self.clock())
                reference = reference_of(connection, lane)
            error = None
            if message is not None:
                try:
                    address = address_of(self.works.contacts, reference).get_secret_value()
                    error = self.courier.send(lane, address, message)
                except SettingsError as unusable:
                    error = str(unusable)
                self.metrics.told(row.kind, error, (self.clock() - row.at).total_seconds())
            if error is not None:
                with writing(self.works.engine) as connection:
                    leases.extend(connection, lease, leases.SECONDS)
                    outbox.refused(connection, row.id)
                return error
            state = self._unmarked[row.id] = "sent" if message is not None else "void"
        with writing(self.works.engine) as connection:
            leases.extend(connection, lease, leases.SECONDS)
            outbox.sent(connection, row.id, lane, self.clock(), state)
        self._unmarked.pop(row.id, None)
        if state == "sent":
            self.log.info("told", action="told", kind=row.kind, lane=lane, key=row.key, tries=row.tries + 1)
        return None

    def _pause(self, lease: leases.Lease, lane: str, row: ResultRow) -> None:
        """One letter does not get through while others do: it is tried again a little later."""
        text = "one message does not get through while others do"
        self.log.warning(text, action="letter_failed", lane=lane, key=row.key)
        with writing(self.works.engine) as connection:
            leases.extend(connection, lease, leases.SECONDS)
            outbox.rest(connection, lane, 0, self.clock() + timedelta(seconds=30), None, text)

    def _rest(self, lease: leases.Lease, lane: str, row: ResultRow, error: str) -> None:
        now = self.clock()
        with writing(self.works.engine) as connection:
            leases.extend(connection, lease, leases.SECONDS)
            before = outbox.lane_state(connection, lane)
            fails = (before.fails if before else 0) + 1
            since = (before.down_at if before else None) or now
            outbox.rest(connection, lane, fails, now + wait_after(fails), since, error)
            if fails == DEAD_AFTER:
                self._lane_dead(connection, lane, error, since)
        level = self.log.error if fails == DEAD_AFTER else self.log.warning
        level(f"nothing gets through: {error}", action="lane_down", lane=lane, fails=fails, key=row.key)

    def _lane_dead(self, connection: Any, lane: str, error: str, since: datetime) -> None:
        day = f"{since.astimezone(WITA):%Y-%m-%d}"
        many = lane.startswith(contacts.LANE)
        called = "sebagian duta" if many else self._called(lane)
        lines = [f"Saluran alarm mati: {called}", error, "Semua pesan disimpan dan dikirim begitu saluran pulih."]
        if lane != self.works.settings.alarms.operator:
            self.operator(connection, f"lane/{'duta' if many else lane}/{day}", lines)

    def operator(self, connection: Any, key: str, lines: list[str]) -> None:
        """Tells the operator inside a transaction, once a key; nothing without [alarms] operator."""
        tell_operator(connection, self.works.settings.alarms.operator, key, lines, self.clock())

    def tell(self, key: str, *lines: str) -> None:
        """Tells the operator, once a key."""
        if key in self._said or not self.works.settings.alarms.operator:
            return
        with writing(self.works.engine) as connection:
            self.operator(connection, key, list(lines))
        self._said.add(key)
        self.wake()

    def _confirm(self, lane: str, key: str, text: str) -> None:
        with writing(self.works.engine) as connection:
            outbox.post(connection, [outbox.Letter(key, outbox.NOTE, lane, text=text)], self.clock())
        self.wake()

    def _tend(self, lease: leases.Lease) -> bool:
        """Once a minute plans digests, forgets what was told long ago, and says True."""
        now = self.clock()
        if self._tended is not None and abs((now - self._tended).total_seconds()) < TENDED:  # a clock may be set back
            return False
        self._tended = now
        rules, local = self.works.settings.alarms, now.astimezone(WITA)
        with writing(self.works.engine) as connection:
            leases.extend(connection, lease, leases.SECONDS)
            alarms.make_key(connection)
            outbox.tidy(connection, now - timedelta(days=rules.keep_days))
            if rules.digest_day and digest_due(DAYS.index(rules.digest_day), rules.digest_hour, local):
                plan_digests(connection, f"{local:%G-W%V}", now)
        return True

    def _escalate(self, lease: leases.Lease, now: datetime) -> None:
        with writing(self.works.engine) as connection:
            leases.extend(connection, lease, leases.SECONDS)
            rung = alarms.escalate(connection, self.works.roster, now)
            for number in (number for number, level in rung if not level):
                lines = [f"{number}: tidak ada yang menjawab alarm", "Semua tingkat sudah dihubungi. Mohon ditangani."]
                self.operator(connection, f"unanswered/{number}", lines)
        for number, level in rung:
            text = f"{number}: level {level} is rung" if level else f"{number}: nobody has acknowledged it"
            self.log.warning(text, action="alarm_escalated" if level else "alarm_unanswered", ticket=number)

    def _called(self, lane: str) -> str:
        return lane if lane.startswith(contacts.LANE) else self.works.contacts.name_of(lane)


def warm(works: "Works") -> None:
    """Loads what the first alarm would otherwise wait for: apprise, the places, the model. Lets threads take turns sooner."""
    sys.setswitchinterval(GIVES_WAY)
    target("json://127.0.0.1")
    find_place("")
    with suppress(ModelUnusable):  # processing tells of it
        works.classify()(["tolong"])
