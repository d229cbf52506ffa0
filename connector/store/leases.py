"""`leases`: which process does what. One conditional statement each; the database's clock decides."""

import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, select, update
from sqlalchemy.exc import SQLAlchemyError

from ..errors import LeaseLost
from .engine import reading, writing
from .schema import leases
from .statements import insert_new, now_ms

SECONDS = 30.0
BOOT, SPACE = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
_c = leases.c
_named = _c.name == bindparam("called")
_mine = (_named, _c.owner == bindparam("holder"), _c.fence == bindparam("since"))
_run_out = (_c.until_ms < now_ms()) | (_c.until_ms > now_ms() + 2 * bindparam("span"))  # or the clock was set back
_TAKE = (
    update(leases)
    .where(_named, _run_out | (_c.owner == bindparam("holder")))
    .values(owner=bindparam("holder"), until_ms=now_ms() + bindparam("span"), fence=_c.fence + 1)
)
_FENCE = select(_c.fence).where(_named)
_EXTEND = update(leases).where(*_mine).values(until_ms=now_ms() + bindparam("span"))
_RELEASE = update(leases).where(*_mine).values(until_ms=0)
_CLOCK = select(now_ms())


@dataclass(frozen=True, slots=True)
class Lease:
    """A right to do one thing for a while. A larger `fence` always belongs to a later holder."""

    name: str
    owner: str
    fence: int


def acquire(engine: Engine, name: str, owner: str, seconds: float) -> Lease | None:
    """Takes the lease if it is free, run out, or our own; None when somebody else holds it."""
    with writing(engine) as connection:
        insert_new(connection, leases, [{"name": name, "owner": "", "until_ms": 0, "fence": 0}])
        taken = connection.execute(_TAKE, {"called": name, "holder": owner, "span": int(seconds * 1000)})
        if not taken.rowcount:
            return None
        return Lease(name, owner, int(connection.scalar(_FENCE, {"called": name}) or 0))


def extend(connection: Connection, lease: Lease, seconds: float) -> None:
    """Prolongs a lease inside the caller's transaction, so that a zombie's commit fails.

    Raises LeaseLost when another has taken it; one that ran out is still ours while nobody else came.
    """
    kept = connection.execute(_EXTEND, _held_as(lease) | {"span": int(seconds * 1000)})
    if not kept.rowcount:
        raise LeaseLost(f"{lease.name}: another process has taken over; nothing of this step was kept")


def release(engine: Engine, lease: Lease) -> None:
    """Gives a lease back at once; harmless when it is not ours any more."""
    with writing(engine) as connection:
        connection.execute(_RELEASE, _held_as(lease))


def _held_as(lease: Lease) -> dict[str, Any]:
    return {"called": lease.name, "holder": lease.owner, "since": lease.fence}


def store_clock(engine: Engine, local: Callable[[], datetime]) -> Callable[[], datetime]:
    """This host's clock set right by the database's, which all hosts share: what one wrote, another compares with."""
    with reading(engine) as connection:
        shared = datetime.fromtimestamp((connection.scalar(_CLOCK) or 0) / 1000, UTC)
    ahead = local() - shared
    return lambda: local() - ahead


def new_owner() -> str:
    """A name for this process that tells others on the same machine whether it still lives."""
    return f"{_here()}:{os.getpid()}:{uuid.uuid4().hex[:12]}"


def _here() -> str:
    """What all processes share that know each other by number: clones and containers may have one host name, but not one start of
    a machine and one space of processes. What the system does not tell stays empty.
    """
    try:
        boot = BOOT.read_text("ascii")
    except OSError:
        boot = os.environ.get(
            "NTBCARE_BOOT_ID", ""
        )  # a service is shown no more of /proc than processes: its unit says it
    try:
        space = str(SPACE.stat().st_ino)
    except OSError:
        space = ""
    return "/".join((socket.gethostname(), boot.strip().replace("-", "")[:32], space))


def free_dead(engine: Engine, name: str) -> None:
    """Frees a lease whose holder ran here and is dead, so that nobody waits for a killed process."""
    with reading(engine) as connection:
        owner = connection.scalar(select(leases.c.owner).where(leases.c.name == name)) or ""
    where, _, rest = owner.partition(":")
    pid = rest.partition(":")[0]
    if where != _here() or not pid.isdigit() or _alive(int(pid)):
        return
    with writing(engine) as connection:
        connection.execute(update(leases).where(leases.c.name == name, leases.c.owner == owner).values(until_ms=0))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def held(engine: Engine, name: str, owner: str, *, wait: float = 0.0, stop: threading.Event) -> Iterator[Lease | None]:
    """Holds a lease for the length of a block, prolonging it from a thread; None when others kept it for `wait` seconds."""
    free_dead(engine, name)
    lease, tries = acquire(engine, name, owner, SECONDS), int(wait)
    while lease is None and tries > 0 and not stop.wait(1.0):
        lease, tries = acquire(engine, name, owner, SECONDS), tries - 1
    if lease is None:
        yield None
        return
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(engine, lease, over), name=f"lease {name}", daemon=True)
    keeper.start()
    try:
        yield lease
    finally:
        over.set()
        keeper.join()
        release(engine, lease)


def _keep(engine: Engine, lease: Lease, over: threading.Event) -> None:
    """Prolongs until told that it is over. A store out of reach is no reason to give up: the fence decides in the end."""
    while not over.wait(SECONDS / 3):
        try:
            with writing(engine) as connection:
                extend(connection, lease, SECONDS)
        except SQLAlchemyError:
            continue
        except LeaseLost:
            return
