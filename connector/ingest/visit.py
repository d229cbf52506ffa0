"""One pass over one account: its posts and what hangs on them, then its conversations; and how the account fares after."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ..errors import TokenRejected, TryLater
from ..platforms.facebook.parse import when
from ..records import Stream
from ..store import accounts, leases, lost, raw
from ..store.checkpoints import LIVE_SCOPE, Shelf
from ..store.engine import reading, writing
from ..wita import clock
from .again import read_again
from .asking import MESSENGER as BUDGET
from .asking import still_true
from .children import read_children
from .conversations import walk_conversations
from .feed import walk_feed
from .kin import COMMENTS, MESSAGES, Kin
from .newest import look
from .part import MESSENGER, part
from .patience import kept, rests
from .reader import FEED, Reader

MOST_LOST = 300  # conversations out of sight that one walk asks for; at two calls a second
ROUNDS = 3  # an object that moves while it is read is read again, but not for ever


@dataclass(frozen=True, slots=True)
class Visit:
    """What a pass did: counts by name, and one line for each thing that failed.

    `failed`: the pass itself failed, not only single objects or a stream: the account is read less often.
    `waiting` has a line for each part left unread: Graph imposed a pause before, or what keeps failing rests; `refused` has
    the streams for which a permission is missing. `notes` tell why the next pass waits though this one is whole.
    `used` is the percentage of each call budget that Graph's headers told of, `served` the version that answered.
    """

    account: str
    counts: dict[str, int]
    failures: tuple[str, ...]
    paused_until: datetime | None = None
    blocked: str | None = None
    used: Mapping[str, int] = field(default_factory=dict)
    served: str | None = None
    waiting: tuple[str, ...] = ()
    failed: bool = False
    refused: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def visit(reader: Reader) -> Visit:
    """Reads one account as ordered. Nothing Graph does makes it raise; LeaseLost and errors of the store pass through."""
    key = reader.account.key
    reader.clock = leases.store_clock(reader.engine, reader.clock)
    paused, line = _pause(reader)
    if paused:
        return Visit(key, {}, (line,), paused_until=paused)
    if reader.order.scope == LIVE_SCOPE:
        with writing(reader.engine) as connection:
            accounts.set_account(connection, key, tried_at=reader.clock())
    blocked: str | None = None
    failed, throttled = True, None
    try:
        part(reader, reader.order.streams & FEED, read_again if reader.order.again else _feed)
        failed = reader.lame and not reader.forbidden
        if not reader.order.again:
            part(reader, reader.order.streams & MESSENGER, _messages)
    except TryLater as error:
        failed, throttled = True, error
        paused = reader.clock() + timedelta(seconds=error.retry_after)
        reader.spared = bool(error.budget) and reader.order.scope != LIVE_SCOPE
        reader.progress.fail(f"{key}: {error}")
    except TokenRejected as error:
        failed, blocked = True, str(error)
        reader.progress.fail(f"{key}: {error}")
    if reader.order.scope == LIVE_SCOPE and not paused and (spent := reader.asker.spent(False, key)):
        throttled = spent  # the last answer told of it: not one call more
        paused = reader.clock() + timedelta(seconds=spent.retry_after)
        reader.progress.note(f"{spent} until {clock(paused)} WITA")
    _remember(reader, paused, blocked, throttled is not None and throttled.of_app)
    asker, progress = reader.asker, reader.progress
    return Visit(
        key,
        dict(progress.counts),
        tuple(progress.failures),
        paused,
        blocked,
        dict(asker.used),
        asker.served,
        tuple(progress.waiting),
        failed,
        reader.forbidden,
        tuple(progress.notes),
    )


def _pause(reader: Reader) -> tuple[datetime | None, str]:
    """Until when the whole account is left alone, and that in words."""
    with reading(reader.engine) as connection:
        state = accounts.account_states(connection).get(reader.account.key)
    now = reader.clock()
    if state is None or state.paused_until is None or state.paused_until <= now:
        return None, ""
    return state.paused_until, kept(reader.account.key, state.paused_until, state.used_percent(now, but=BUDGET))


def _feed(reader: Reader) -> None:
    look(reader)
    server_time = walk_feed(reader)
    _hears(reader)
    _read_all(reader, COMMENTS, server_time)
    if reader.order.full and not reader.stop.is_set() and _look_for_lost_posts(reader):
        _read_all(reader, COMMENTS, server_time)


def _messages(reader: Reader) -> None:
    if reader.refused:
        raise reader.refused
    server_time = walk_conversations(reader)
    _hears(reader)
    _read_all(reader, MESSAGES, server_time)
    if reader.order.full and not reader.stop.is_set():
        _look_for_lost_conversations(reader)


def _hears(reader: Reader) -> None:
    if not reader.stop.is_set():
        with writing(reader.engine) as connection:
            reader.hears(connection)


def _read_all(reader: Reader, kin: Kin, server_time: datetime | None) -> None:
    """Reads every object that moved; those that moved again meanwhile once more."""
    tried: set[str] = set()
    for _ in range(ROUNDS):
        with reading(reader.engine) as connection:
            known = reader.shelf(kin.stream).unread(connection)
        resting = {c.object_id for c in known if reader.order.patient and rests(c, reader.clock())}
        before = {c.object_id: c.done for c in known if c.object_id not in resting}
        if resting and not tried:
            _rest(reader, kin, len(resting))
        unread = [object_id for object_id in before if object_id not in tried]
        if not unread or reader.stop.is_set():
            return
        reader.each(lambda object_id: read_children(reader, kin, object_id, server_time), unread)
        with reading(reader.engine) as connection:
            moved = reader.shelf(kin.stream).seen(connection, unread)
        # One that got nowhere failed: it has its turn on the next pass.
        tried |= {object_id for object_id, (seen, done) in moved.items() if done in (seen, before[object_id])}


def _rest(reader: Reader, kin: Kin, count: int) -> None:
    """Some were left alone, which is said to a person who asks."""
    reader.resting = True
    what = "posts" if kin is COMMENTS else "conversations"
    reader.progress.wait(f"{reader.account.key}: {count} {what} keep failing and rest; to try them now: ntbcare poll")


def _look_for_lost_posts(reader: Reader) -> bool:
    """A stored post that the whole feed did not show is gone only if Graph says so; else it is to be read by itself.

    The feed shows no more than some, and one slips past where another is deleted while we page by offsets. Returns
    whether there was any.
    """
    with reading(reader.engine) as connection:
        started = reader.shelf("posts").get(connection).newest
        if started is None:
            return False
        order = reader.order
        missing = lost.unseen_posts(connection, reader.account.key, order.streams, started, order.since, order.until)
    missing = [post_id for post_id in missing if not reader.of_another(post_id)]
    reader.each(lambda post_id: _bury_or_read(reader, post_id), missing)
    return bool(missing)


def _bury_or_read(reader: Reader, post_id: str) -> None:
    gone = reader.is_gone(post_id)
    with reader.writing() as connection:
        if gone:
            reader.progress.add("deleted", lost.bury_post(connection, post_id, reader.clock()))
            _count_nothing(reader, connection, "comments", post_id)
        else:
            reader.shelf("comments").put(connection, post_id, done=None, newest=None, position=None)


def _look_for_lost_conversations(reader: Reader) -> None:
    """The same for conversations: one that is not in the inbox any more may only lie in another folder."""
    with reading(reader.engine) as connection:
        started = when(reader.shelf("messages").get(connection).seen)
        if started is None:
            return
        missing = lost.unseen_conversations(connection, reader.account.key, started, reader.order.since, MOST_LOST)
    reader.each(lambda conversation_id: _bury_talk_if_gone(reader, conversation_id, started), missing)


def _bury_talk_if_gone(reader: Reader, conversation_id: str, started: datetime) -> None:
    with reader.writing() as connection:  # noted first: one that always fails is not to stand in the way of all others
        lost.ask_for_conversation(connection, reader.account.key, conversation_id, reader.clock())
    if reader.is_gone(conversation_id):
        with reader.writing() as connection:
            gone = raw.bury(connection, MESSAGES.under(conversation_id), started, reader.clock())
            reader.progress.add("deleted", gone)
            _count_nothing(reader, connection, "messages", conversation_id)


def _count_nothing(reader: Reader, connection: Connection, stream: Stream, object_id: str) -> None:
    """Graph counts nothing there any more."""
    nothing = {"object_id": object_id, "total": None, "unshown": None, "complete_at": None}
    Shelf(reader.account.key, stream).tell(connection, [nothing])


def _remember(reader: Reader, paused: datetime | None, blocked: str | None, of_app: bool) -> None:
    """How the account fares, for all who read it. A pause runs out by itself: nobody takes back what another one noted.

    `of_app`: the pause is that of the app, through which all accounts are read. A reading beside the live one that stopped to
    leave budget for what is urgent pauses nobody else.
    """
    asker, now = reader.asker, reader.clock()
    values: dict[str, object] = {}
    if asker.served:
        values["served_version"] = asker.served[:16]
    if paused and (reader.order.scope == LIVE_SCOPE or not reader.spared):
        values["paused_until"] = paused
    if reader.order.scope == LIVE_SCOPE:
        values["blocked"] = blocked
        if not reader.progress.failures and not reader.progress.waiting:
            values["ok_at"] = now
    with writing(reader.engine) as connection:
        state = accounts.account_states(connection)[reader.account.key]
        if asker.learned:  # only that: what another reading learned meanwhile, or noted of the token, stays
            values["quirks"] = still_true(state.quirks, now) | asker.learned
        if asker.used:
            unasked = {} if asker.messenger else {k: n for k, n in state.budgets(now).items() if k == BUDGET}
            values |= {"used": unasked | asker.used, "used_at": now}
        if paused and of_app and "paused_until" in values:
            accounts.pause_all(connection, paused)
        if values:
            accounts.set_account(connection, reader.account.key, **values)
