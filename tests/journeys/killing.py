"""A Page on which things go on happening, commands that are killed over and over, and a look at the store after each kill."""

import os
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from connector.sandbox import World
from connector.store.engine import open_store, reading
from tests.journeys.rig import Rig, clean, rigged
from tests.journeys.zygote import Zygote, zygote
from tests.simulator import checker
from tests.simulator.life import Life
from tests.sinks import Sink, webhook

STEP = 7  # seconds that pass in the world from kill to kill
IDLE = 1.5  # a command that asks Graph nothing for so long has nothing to do
_BOOK = '[channels.piket]\nurl_env = "CHANNEL_PIKET"\n[[duty]]\nname = "Petugas piket"\nchannel = "piket"\n'
_TWICE = (
    "SELECT external_id FROM raw_items GROUP BY platform, kind, external_id HAVING COUNT(*) > 1",
    "SELECT item_id FROM ticket_items GROUP BY item_id HAVING COUNT(*) > 1",
    "SELECT number FROM tickets GROUP BY number HAVING COUNT(*) > 1",
)
_LETTERS = text("SELECT t.number FROM outbox o JOIN tickets t ON t.id = o.ticket_id WHERE o.kind = 'alarm'")
_ORPHANS = (
    "SELECT t.number FROM tickets t LEFT JOIN ticket_items x ON x.ticket_id = t.id WHERE x.item_id IS NULL",
    "SELECT i.id FROM items i LEFT JOIN raw_items r ON r.id = i.id WHERE r.id IS NULL",
)


@dataclass
class Slaughter:
    """What kills share: the rig, the life on its Page, the zygote, chance. `late` is how far the world lags behind."""

    rig: Rig
    life: Life
    zygote: Zygote
    engine: Engine
    chance: random.Random
    clock: "WorldClock"
    sink: Sink
    counts: Counter[str] = field(default_factory=Counter)

    def happen(self, things: int = 3) -> None:
        """Time passes in the world and some things happen."""
        for _ in range(things):
            self.clock.behind = max(self.clock.behind - timedelta(seconds=STEP / things), timedelta(0))
            self.life.act()
        self.counts["things"] += things

    def start(self, *args: str) -> int:
        """Starts `ntbcare` with these arguments."""
        return self.zygote.start("--config", str(self.rig.config), *args)

    def at_work(self, pid: int) -> None:
        """Waits until it has asked Graph some things, or has nothing to do, and a moment more."""
        calls, wanted = self.rig.sandbox.calls, self.chance.choice((0, 1, 2, 3, 5, 8, 13))
        seen, since = len(calls), time.monotonic()
        aim = seen + wanted
        while (now := len(calls)) < aim and time.monotonic() - since < IDLE and pid not in self.zygote.ended:
            if now != seen:
                seen, since = now, time.monotonic()
            time.sleep(0.002)
        time.sleep(self.chance.random() * self.chance.choice((0.005, 0.05, 0.3)))
        calls.clear()

    def overdue(self) -> None:
        """Nobody waits for the next interval: the account is due at once."""
        with self.engine.begin() as connection:
            connection.execute(text("UPDATE accounts SET due_at = NULL"))

    def look(self) -> None:
        """What must hold after each kill: rows = walk position, nothing twice, nothing foreign."""
        with reading(self.engine) as connection:
            wrong = [*checker.faults_at_rest(connection, self.life), *_faults(connection, self.life)]
        assert not wrong, "\n".join([f"after {dict(self.counts)}:", *wrong])

    def end(self) -> None:
        """Two full readings in peace; then the store holds the world exactly, its file is sound, and every alarm arrived."""
        self.clock.behind = timedelta(0)
        self.rig.sandbox.faults.clear()
        began = time.monotonic()
        self.rig.run("poll", "--full")
        self.counts["caught up after ms"] = round((time.monotonic() - began) * 1000)
        self.rig.run("poll", "--full")
        self.rig.run("run", "--once", env=_addresses(self.sink))
        self._tell_of_alarms()
        assert self.rig.run("poll", "--full", "--json").answer["accounts"][0]["counts"].get("new", 0) == 0
        self.rig.assert_whole()
        with reading(self.engine) as connection:
            assert not list(checker._of_items(list(connection.execute(checker._STORED)), self.life))
        assert sound(self.engine) == []
        self.counts["lost"] = self.counts["twice"] = 0  # or an assertion above would not hold
        log = "".join(p.read_text("utf-8", "replace") for p in self.rig.folder.glob("zygote-*.log"))
        assert "Traceback" not in log, log[log.index("Traceback") :][:6000]

    def _tell_of_alarms(self) -> None:
        """Each letter of the outbox arrived, under its key as often as it may; nothing else did."""
        with reading(self.engine) as connection:
            letters = Counter(connection.scalars(_LETTERS))
        taken = Counter(re.findall(r"^Ref (\S+)/1$", "\n".join(self.sink.texts), re.MULTILINE))
        assert taken.keys() <= letters.keys(), "an alarm of a ticket that is not there"
        assert letters, "nothing rang: an emergency of tests/simulator/life.py is to be one to the classifier"
        self.counts["alarms"] = len(letters)
        self.counts["alarms lost"] = len(letters.keys() - taken.keys())
        self.counts["alarms repeated"] = taken.total() - len(taken)
        assert not self.counts["alarms lost"]
        assert letters.total() == len(letters), "an alarm was written twice"


class WorldClock:
    """Real time, less what the world lags behind: so that things happen as fast as they can be killed."""

    def __init__(self, behind: timedelta) -> None:
        self.behind = behind

    def __call__(self) -> datetime:
        return datetime.now(UTC) - self.behind


def _faults(connection: Connection, life: Life) -> Iterator[str]:
    for query in (*_TWICE, *_ORPHANS):
        yield from (f"{query}: {row}" for row in connection.execute(text(query)))
    ids = connection.scalars(text("SELECT external_id FROM raw_items"))
    yield from (f"{one} never was" for one in ids if one not in life.things)


def sound(engine: Engine) -> list[str]:
    """What the database itself finds wrong with its files."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            return [row[0] for row in connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
        if engine.dialect.name == "postgresql":
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS amcheck"))
            indexes = "SELECT indexrelid::regclass FROM pg_index WHERE indexrelid::regclass::text !~ '^pg_'"
            names = list(connection.scalars(text(f"SELECT x::text FROM ({indexes}) AS i(x)")))
            for name in names:
                connection.execute(text("SELECT bt_index_check(CAST(:i AS regclass), true)"), {"i": name})
            return [] if names else ["no index was found"]
        tables = list(connection.scalars(text("SHOW TABLES")))
        found = [tuple(row) for t in tables for row in connection.execute(text(f"CHECK TABLE `{t}`"))]
        return [str(row) for row in found if row[-1] != "OK"]


@contextmanager
def slaughter(folder: Path, store_url: str | None, rounds: int) -> Iterator[Slaughter]:
    """A Page with some posts, read by nobody yet; `rounds` things will happen on it."""
    seed = size("NTBCARE_KILL_SEED", 2026, 2026)  # several series are to differ
    clock = WorldClock(timedelta(seconds=STEP * rounds, days=17))  # what is there at first came in 16 days at most
    world = World(clock)
    page = world.add_page("gubernur", "100000000000001", "Gubernur NTB")
    life = Life(world, page, random.Random(seed), lambda _: None)
    life.most, life.anchored = 1_000_000, True

    def passing(seconds: float) -> None:
        clock.behind -= timedelta(seconds=seconds)

    life.begin(8, 6, passing)
    clock.behind = timedelta(seconds=STEP * rounds + 60)
    with webhook() as sink, rigged(folder, world, store_url) as rig:
        rig.configure(more='[alarms]\ntelegram_url = ""\n')
        (folder / "contacts.toml").write_text(_BOOK, "utf-8")
        rig.migrated().run("migrate")
        environment = clean(rig.env | _addresses(sink)) | {"PYTHONDONTWRITEBYTECODE": "1"}
        engine = open_store(rig.store_url)
        with zygote(folder, environment) as forked:
            yield Slaughter(rig, life, forked, engine, random.Random(seed), clock, sink)
        engine.dispose()


def _addresses(sink: Sink) -> dict[str, str]:
    return {"CHANNEL_PIKET": sink.address}


def size(name: str, quick: int, soak: int) -> int:
    """How often: in `make test` few times, in `make soak` often, or as the environment says."""
    soaking = os.environ.get("NTBCARE_SOAK") == "1"
    return int(os.environ.get(name) or (soak if soaking else quick))
