"""One pass over one account: its posts and what hangs on them, then its conversations; and how the account fares after."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..errors import Gone, GraphError, LeaseLost, NotPermitted, TokenRejected, TryLater
from ..platforms.facebook import asks
from ..records import Stream
from ..store import accounts, leases, raw
from ..store.checkpoints import Shelf
from ..store.engine import reading, writing
from .children import COMMENTS, MESSAGES, Kin, read_children
from .conversations import walk_conversations
from .feed import walk_feed
from .reader import Reader

FEED: frozenset[Stream] = frozenset({"posts", "comments", "visitor_posts"})
MESSENGER: frozenset[Stream] = frozenset({"messages"})
ROUNDS = 3  # an object that moves while it is read is read again, but not for ever


@dataclass(frozen=True, slots=True)
class Visit:
    """What a pass did: counts by name, and one line for each thing that failed."""

    account: str
    counts: dict[str, int]
    failures: tuple[str, ...]
    paused_until: datetime | None = None
    blocked: str | None = None


def visit(reader: Reader) -> Visit:
    """Reads one account as ordered. Nothing Graph does makes it raise; LeaseLost and errors of the store pass through."""
    key = reader.account.key
    reader.clock = leases.store_clock(reader.engine, reader.clock)
    paused = _pause(reader)
    if paused:
        line = f"{key}: Graph asked for a pause until {paused:%Y-%m-%dT%H:%M:%SZ}; it is kept: try again after that"
        return Visit(key, {}, (line,), paused_until=paused)
    with writing(reader.engine) as connection:
        accounts.set_account(connection, key, tried_at=reader.clock())
    blocked: str | None = None
    try:
        _part(reader, reader.order.streams & FEED, _feed)
        _part(reader, reader.order.streams & MESSENGER, _messages)
    except TryLater as error:
        paused = reader.clock() + timedelta(seconds=error.retry_after)
        reader.progress.fail(f"{key}: {error}")
    except TokenRejected as error:
        blocked = str(error)
        reader.progress.fail(f"{key}: {error}")
    except GraphError as error:
        reader.progress.fail(f"{key}: {error}")
    _remember(reader, paused, blocked)
    return Visit(key, dict(reader.progress.counts), tuple(reader.progress.failures), paused, blocked)


def _pause(reader: Reader) -> datetime | None:
    with reading(reader.engine) as connection:
        state = accounts.account_states(connection).get(reader.account.key)
    until = state.paused_until if state else None
    return until if until and until > reader.clock() else None


def _part(reader: Reader, streams: frozenset[Stream], read: Callable[[Reader], None]) -> None:
    """One part of a pass; a missing permission or a fault of this part never keeps the other back."""
    if not streams or reader.stop.is_set():
        return
    before, values = len(reader.progress.failures), {}
    try:
        read(reader)
    except (TryLater, TokenRejected, LeaseLost):
        raise
    except NotPermitted as error:
        values = {"blocked": str(error)}
        reader.progress.fail(f"{reader.account.key}: {'/'.join(sorted(streams))}: {error}")
    except GraphError as error:
        if reader.stop.is_set():
            return  # told to stop: no fault of Graph's
        reader.progress.fail(f"{reader.account.key}: {'/'.join(sorted(streams))}: {error}")
    finally:
        reader.halted = None
    if reader.stop.is_set():
        return
    now, failed = reader.clock(), reader.progress.failures[before:]
    with writing(reader.engine) as connection:
        for stream in sorted(streams):
            health = {"error": failed[-1], "error_at": now} if failed else {"ok_at": now, "error": None}
            accounts.set_stream(connection, reader.account.key, stream, **{"blocked": None} | health | values)


def _feed(reader: Reader) -> None:
    server_time = walk_feed(reader)
    _read_all(reader, COMMENTS, server_time)
    if reader.order.full and not reader.stop.is_set():
        _look_for_lost_posts(reader)


def _messages(reader: Reader) -> None:
    server_time = walk_conversations(reader)
    _read_all(reader, MESSAGES, server_time)


def _read_all(reader: Reader, kin: Kin, server_time: datetime | None) -> None:
    """Reads every object that moved; those that moved again meanwhile once more."""
    tried: set[str] = set()
    for _ in range(ROUNDS):
        with reading(reader.engine) as connection:
            before = {c.object_id: c.done for c in reader.shelf(kin.stream).unread(connection)}
        unread = [object_id for object_id in before if object_id not in tried]
        if not unread or reader.stop.is_set():
            return
        reader.each(lambda object_id: read_children(reader, kin, object_id, server_time), unread)
        with reading(reader.engine) as connection:
            moved = reader.shelf(kin.stream).seen(connection, unread)
        # One that got nowhere failed: it has its turn on the next pass.
        tried |= {object_id for object_id, (seen, done) in moved.items() if done in (seen, before[object_id])}


def _look_for_lost_posts(reader: Reader) -> None:
    """A stored post that the whole feed did not show is gone only if Graph says so: the feed shows no more than some."""
    with reading(reader.engine) as connection:
        started = reader.shelf("posts").get(connection).newest
        if started is None:
            return
        order = reader.order
        lost = raw.unseen_posts(connection, reader.account.key, started, order.since, order.until)
    reader.each(lambda post_id: _bury_if_gone(reader, post_id), lost)


def _bury_if_gone(reader: Reader, post_id: str) -> None:
    try:
        reader.asker.ask(asks.exists(post_id))
    except Gone:
        with reader.writing() as connection:
            reader.progress.add("deleted", raw.bury_post(connection, post_id, reader.clock()))
            nothing = {"object_id": post_id, "total": None, "unshown": None, "complete_at": None}
            Shelf(reader.account.key, "comments").tell(connection, [nothing])  # Graph counts nothing there any more


def _remember(reader: Reader, paused: datetime | None, blocked: str | None) -> None:
    now = reader.clock()
    values: dict[str, object] = {"paused_until": paused, "blocked": blocked, "quirks": reader.asker.quirks or None}
    if not reader.progress.failures:
        values["ok_at"] = now
    with writing(reader.engine) as connection:
        accounts.set_account(connection, reader.account.key, **values)
