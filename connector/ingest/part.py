"""One part of a pass - posts and what hangs on them, or messages - and how its streams fare after it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ..errors import GraphError, LeaseLost, NotPermitted, TokenRejected, TryLater
from ..records import Stream
from ..schedule import BLOCKED_WAIT
from ..store import accounts
from ..store.checkpoints import LIVE_SCOPE
from ..store.engine import reading, writing
from ..wita import clock
from .newest import of_messenger
from .patience import left_alone
from .reader import Reader

MESSENGER: frozenset[Stream] = frozenset({"messages"})


def part(reader: Reader, streams: frozenset[Stream], read: Callable[[Reader], None]) -> None:
    """Reads one part; a missing permission or a fault of this part never keeps the other back.

    Leaves in `reader.lame` whether the part itself failed, and not only single objects. Raises what concerns the whole
    account: TokenRejected, TryLater; and LeaseLost.
    """
    if not streams or reader.stop.is_set():
        return
    with reading(reader.engine) as connection:
        alone = left_alone(connection, reader, streams)
        mine = [s for s in accounts.stream_states(connection) if s.account == reader.account.key]
    refused = frozenset(s.stream for s in mine if s.stream in streams and s.blocked)
    if alone:
        reader.progress.wait(alone)
        reader.forbidden |= refused
        return
    before = len(reader.progress.failures)
    reader.lame = reader.storm = reader.resting = False
    try:
        values = _tried(reader, streams, read)
    finally:
        reader.halted = None
    if reader.stop.is_set():
        return
    if reader.order.scope != LIVE_SCOPE:
        values = {name: value for name, value in values.items() if name == "paused_until" and "blocked" not in values}
    else:
        lifted: dict[str, Any] = {"paused_until": None} if refused else {}
        values = {"blocked": None} | lifted | _health(reader, reader.progress.failures[before:]) | values
    if values:
        _note(reader, streams, values)


def _tried(reader: Reader, streams: frozenset[Stream], read: Callable[[Reader], None]) -> dict[str, Any]:
    """Columns of the streams' rows that tell of a pause or a refusal."""
    key, what = reader.account.key, "/".join(sorted(streams))
    try:
        read(reader)
        if streams == MESSENGER and (spent := reader.asker.spent(True, "messages")) and of_messenger(spent):
            until = reader.clock() + timedelta(seconds=spent.retry_after)
            reader.progress.note(f"{key}: {spent} until {clock(until)} WITA")
            return {"paused_until": until}
    except (TokenRejected, LeaseLost):
        raise
    except TryLater as error:
        beside = reader.order.scope != LIVE_SCOPE and error.budget
        if streams != MESSENGER or beside or not of_messenger(error):
            raise
        reader.lame = True
        reader.progress.fail(f"{key}: {what}: {error}")
        return {"paused_until": reader.clock() + timedelta(seconds=error.retry_after)}
    except NotPermitted as error:
        reader.lame, reader.forbidden = True, reader.forbidden | streams
        reader.progress.fail(f"{key}: {what}: {error}")
        # Refused with its list, it waits for a person; where only what hangs on it is refused, the list is read on.
        wait = {} if reader.storm else {"paused_until": reader.clock() + BLOCKED_WAIT}
        return {"blocked": str(error)} | wait
    except GraphError as error:
        if not reader.stop.is_set():  # told to stop: no fault of Graph's
            reader.lame = True
            reader.progress.fail(f"{key}: {what}: {error}")
    return {}


def _health(reader: Reader, failed: list[str]) -> dict[str, Any]:
    """Whether the part was read, and the last fault. While objects rest, the fault that sent them there stays."""
    now = reader.clock()
    health: dict[str, Any] = {} if reader.lame else {"ok_at": now}
    if failed:
        return health | {"error": failed[-1], "error_at": now}
    return health if reader.resting else health | {"error": None}


def _note(reader: Reader, streams: frozenset[Stream], values: dict[str, Any]) -> None:
    with writing(reader.engine) as connection:
        for stream in sorted(streams):
            accounts.set_stream(connection, reader.account.key, stream, **values)
    if streams != MESSENGER or reader.order.scope != LIVE_SCOPE:
        return
    with reading(reader.engine) as connection:
        before = reader.shelf("messages").get(connection).fails
    fails = before + 1 if reader.lame and not values.get("paused_until") else 0
    if fails != before:
        with reader.writing() as connection:
            reader.shelf("messages").put(connection, fails=fails)
