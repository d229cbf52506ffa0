"""A rig for journeys: the sandbox in this process, `ntbcare` in processes of their own, a store between them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connector.export import What, records
from connector.sandbox import Limits, Options, Sandbox, World, serve
from connector.store import migrate
from connector.store.engine import open_store, reading

PROGRAM = str(Path(sys.executable).with_name("ntbcare"))
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[Json]:
        """The lines of stdout as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def answer(self) -> Json:
        """The one JSON value on stdout."""
        (record,) = self.records
        return record


def now() -> datetime:
    """The present time, aware."""
    return datetime.now(UTC)


def ago(**span: float) -> datetime:
    """A time before now."""
    return now() - timedelta(**span)


def until(true: Callable[[], Any], seconds: float, what: str) -> Any:
    """Waits until something is so, and returns it; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return found


def clean(environment: dict[str, str]) -> dict[str, str]:
    """This process's environment without what would configure the product, and with more."""
    ours = (
        "NTBCARE_",
        "NOTIFY_SOCKET",
        "PYTHONUNBUFFERED",
    )  # unbuffered, a full stream would behave better than it does
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    return kept | environment


def call(*args: str, code: int | None = 0, stdin: bytes = b"", env: dict[str, str] | None = None, cwd: Path) -> Done:
    """Runs `ntbcare`; asserts its exit code and that no traceback was shown."""
    done = subprocess.run(
        [PROGRAM, *args], input=stdin, capture_output=True, env=clean(env or {}), cwd=cwd, timeout=120, check=False
    )
    found = Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))
    assert "Traceback" not in found.err, f"ntbcare {' '.join(args)}:\n{found.err}"
    assert code is None or found.code == code, f"ntbcare {' '.join(args)}: exit {found.code}\n{found.out}\n{found.err}"
    return found


class Process:
    """A long-lived `ntbcare`, its output kept in files."""

    def __init__(self, folder: Path, args: Sequence[str], env: dict[str, str]) -> None:
        mark = f"{len(list(folder.glob('*.err'))):03}"
        self.out, self.err = folder / f"{mark}.out", folder / f"{mark}.err"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.popen = subprocess.Popen([PROGRAM, *args], stdout=out, stderr=err, env=clean(env), cwd=folder)
        self.pid = self.popen.pid

    def log(self) -> list[Json]:
        """What it has logged so far: whole lines only, each must be JSON."""
        return [json.loads(line) for line in self.err.read_text("utf-8").split("\n")[:-1]]

    def said(self, action: str, **facts: Any) -> list[Json]:
        """The log lines of an action with these facts."""
        return [r for r in self.log() if r.get("action") == action and facts.items() <= r.items()]

    def ready(self) -> "Process":
        """Waits until the daemon says that it has started."""
        until(lambda: self.said("start") or self.popen.poll() is not None, 30, "the daemon starts")
        assert self.popen.poll() is None, self.err.read_text("utf-8")
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM, within: float = 10.0) -> float:
        """Sends a signal; asserts exit 0 in time; returns the seconds it took."""
        began = time.monotonic()
        self.popen.send_signal(how)
        try:
            code = self.popen.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still alive {within} s after {how.name}:\n{self.err.read_text('utf-8')}") from None
        assert code == 0, self.err.read_text("utf-8")
        assert "Traceback" not in self.err.read_text("utf-8")
        return time.monotonic() - began

    def kill(self) -> None:
        """Kills it without warning."""
        self.popen.kill()
        self.popen.wait()


@dataclass
class Rig:
    """A sandbox, a store, a configuration that joins them, and the command."""

    folder: Path
    world: World
    sandbox: Sandbox
    address: str
    store_url: str
    every: float = 1.0
    processes: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.configure()

    @property
    def config(self) -> Path:
        """The configuration's file."""
        return self.folder / "connector.toml"

    @property
    def env(self) -> dict[str, str]:
        """The environment that holds the tokens."""
        return {f"TOKEN_{key.upper()}": self.sandbox.token(key) for key in self.world.pages}

    def configure(self, *, metrics_port: int = 0, more: str = "") -> None:
        """Writes the configuration anew."""
        parts = [
            f'[store]\nurl = "{self.store_url}"\n[graph]\nbase_url = "{self.address}"\n',
            f"[daemon]\nmetrics_port = {metrics_port}\n{more}",
        ]
        parts += [
            f'[[accounts]]\nkey = "{page.key}"\nid = "{page.id}"\nname = "{page.name}"\n'
            f'token_env = "TOKEN_{page.key.upper()}"\nevery_seconds = {self.every}\n'
            for page in self.world.pages.values()
        ]
        self.config.write_text("\n".join(parts), "utf-8")

    def run(self, *args: str, code: int | None = 0, stdin: bytes = b"", env: dict[str, str] | None = None) -> Done:
        """Runs a verb on this configuration. Whatever it is, no token may be seen."""
        done = call(
            "--config", str(self.config), *args, code=code, stdin=stdin, env=self.env | (env or {}), cwd=self.folder
        )
        self.assert_no_secret(done.out, done.err)
        return done

    def start(self, *args: str, env: dict[str, str] | None = None) -> Process:
        """Starts a verb and leaves it running; `down` ends it."""
        process = Process(self.folder, ["--config", str(self.config), *args], self.env | (env or {}))
        self.processes.append(process)
        return process

    def daemon(self, **env: str) -> Process:
        """Starts `run` and waits until it says so."""
        return self.start("run", env=env).ready()

    def down(self) -> None:
        """Ends what still runs."""
        for process in self.processes:
            if process.popen.poll() is None:
                process.kill()

    def migrated(self) -> "Rig":
        """Brings the store to the newest schema, in this process."""
        engine = open_store(self.store_url)
        migrate.migrate(engine)
        engine.dispose()
        return self

    def stored(self, what: What = "items") -> list[Json]:
        """What the store holds now, read in this process."""
        engine = open_store(self.store_url)
        try:
            with reading(engine) as connection:
                return list(records(connection, what))
        finally:
            engine.dispose()

    def ids(self) -> list[str]:
        """The ids of all items in the store."""
        return [item["id"] for item in self.stored()]

    def ticket_of(self, thing: Any) -> str | None:
        """The ticket's number of a thing of the world, once there is one."""
        return next((item["ticket"] for item in self.stored() if item["id"] == thing.id), None)

    def assert_no_secret(self, *texts: str) -> None:
        """No token stands in any of the texts."""
        secrets = [*self.env.values(), self.sandbox.tokens.app_secret]
        assert not [text for text in texts for secret in secrets if secret in text]

    def assert_whole(self) -> None:
        """The store holds the world exactly: nothing lost, nothing twice, each ticket's items its own."""
        shown = truth(self.world)
        items = self.stored()
        ids = [item["id"] for item in items]
        assert len(ids) == len(set(ids)), "an item is there twice"
        kept = {item["id"]: item["text"] or "" for item in items if not item["deleted"]}
        assert kept.keys() == shown.keys(), (
            f"missing {shown.keys() - kept.keys()}, not shown {kept.keys() - shown.keys()}"
        )
        assert kept == shown
        tickets = self.stored("tickets")
        numbers = [ticket["number"] for ticket in tickets]
        assert numbers == sorted(set(numbers))
        sources = [source for ticket in tickets for source in ticket["source_ids"]]
        assert len(sources) == len(set(sources)), "an item belongs to two tickets"
        assert set(sources) == {item["id"] for item in items if item["ticket"]}
        for item in items:
            if item["by_account"]:
                assert item["ticket"] is None
            elif item["deleted"]:
                continue  # what was deleted before it was judged opens none
            elif (v := item["verdict"]) and (
                v["urgency"] == "mendesak" or (v["is_complaint"] and not v["needs_review"])
            ):
                assert item["ticket"], f"a sure or urgent complaint without a ticket: {item}"


def truth(world: World) -> dict[str, str]:
    """Id and text of all that the Pages' own tokens can see."""
    shown = {}
    for page in world.pages.values():
        for post in page.posts:
            shown[post.id] = post.text
            shown |= {comment.id: comment.text for comment in post.stream if not comment.held}
        for conversation in page.conversations:
            shown |= {message.id: message.text for message in conversation.messages if not message.unsent}
    return shown


def small_world(*, comments: int = 4) -> World:
    """Two Pages: posts, comments with replies, a visitor's post and a conversation on each."""
    world = World()
    for number, (key, name) in enumerate((("gubernur", "Gubernur NTB"), ("wagub", "Wakil Gubernur NTB")), 1):
        page = world.add_page(key, f"10000000000000{number}", name)
        for n in range(3):
            at = ago(days=9 - 3 * n, hours=number)
            post = world.add_post(page, f"Kunjungan kerja {n} di Mataram", at=at)
            for m in range(comments):
                said = f"Jalan raya di depan SDN {m} Gerung rusak parah, sudah banyak yang jatuh, tolong diperbaiki"
                comment = world.add_comment(post, said, f"Warga {m}", at=at + timedelta(minutes=m + 1))
            world.add_comment(comment, "betul sekali, sudah lama", "Siti", at=at + timedelta(minutes=20))
            world.reply(comment, "Terima kasih, kami teruskan.", at=at + timedelta(minutes=30))
        world.add_visitor_post(page, "Air PDAM di Ampenan mati sudah lima hari", "Budi", at=ago(days=2))
        talk = world.conversation(page, "Amaq Sahrip")
        world.add_message(
            talk, "Selamat siang pak, lampu jalan di Kediri mati sudah seminggu, mohon diperbaiki", at=ago(hours=5)
        )
        world.add_message(talk, "Terima kasih laporannya", by_page=True, at=ago(hours=4))
    return world


@contextmanager
def rigged(folder: Path, world: World, store_url: str | None = None, *, every: float = 1.0) -> Iterator[Rig]:
    """Serves a world to commands that keep what they read in `store_url`, or in an SQLite file in `folder`."""
    options = Options(conversations_per_second=None, old_messages="readable")
    sandbox = Sandbox(world, options=options, limits=Limits(pages=None, messenger=None))
    with serve(sandbox) as address:
        rig = Rig(folder, world, sandbox, address, store_url or f"sqlite:///{folder / 'store.db'}", every)
        try:
            yield rig
        finally:
            rig.down()
