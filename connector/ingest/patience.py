"""Patience with what keeps failing: one object, or one stream, rests for longer and longer while all others are read on.

Only the daemon has it (`Order.patient`): what is asked for by hand is tried at once. A pause that Graph imposed everybody keeps.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from ..errors import Gone, GraphError
from ..platforms.facebook.parse import when
from ..records import Stream
from ..schedule import LONGEST_REST, STOP, rest_after, wait_after
from ..store import accounts
from ..store.checkpoints import Checkpoint
from ..wita import clock
from .asking import MESSENGER
from .kin import Kin
from .reader import Reader

GIVEN_UP = 3  # an object that Graph says is not there in so many passes in a row is left until it moves
REST = "rest"  # stands in the object's position, beside what an unfinished reading keeps there


def put_back(reader: Reader, kin: Kin, checkpoint: Checkpoint, error: GraphError | None = None) -> None:
    """Notes of an object that it was not read to its end; without an error Graph led round in circles.

    `checkpoint` is the one that the reading began with. One that is gone, or closed to us, several times is left until it moves;
    anything else is tried ever more seldom after several failures, but at once when it moves.
    """
    absent = isinstance(error, Gone) or reader.closed_to_us(checkpoint.object_id, error)
    gone = (checkpoint.gone + 1) % GIVEN_UP if absent else 0
    fails, shelf = checkpoint.fails + 1, reader.shelf(kin.stream)
    with reader.writing() as connection:
        stands = shelf.get(connection, checkpoint.object_id).position if error else None
        position = {name: value for name, value in (stands or {}).items() if name != REST}
        wait = rest_after(reader.account.every_seconds, fails)
        if wait and not absent:
            position[REST] = {"seen": checkpoint.seen, "until": (reader.clock() + wait).isoformat()}
        done = {"done": checkpoint.seen} if absent and not gone else {}
        shelf.put(connection, checkpoint.object_id, fails=fails, gone=gone, position=position or None, **done)


def rests(checkpoint: Checkpoint, now: datetime) -> bool:
    """Whether an object is left alone for now: it failed several times in a row, and has not moved since."""
    rest = (checkpoint.position or {}).get(REST)
    until = when(rest["until"]) if rest and rest["seen"] == checkpoint.seen else None
    left = until - now if until else timedelta(0)
    return timedelta(0) < left <= LONGEST_REST  # a longer one was set by a clock that was ahead


def left_alone(connection: Connection, reader: Reader, streams: frozenset[Stream]) -> str | None:
    """Why none of these streams is asked for in this pass, if so: one line for the operator."""
    known = [s for s in accounts.stream_states(connection) if s.account == reader.account.key and s.stream in streams]
    lines = [_left_alone(connection, reader, state) for state in known]
    return lines[0] if len(lines) == len(streams) and all(lines) else None


def _left_alone(connection: Connection, reader: Reader, state: accounts.StreamState) -> str | None:
    where, now = f"{state.account}: {state.stream}", reader.clock()
    if state.paused_until and state.paused_until > now:
        if not state.blocked:
            budgets = accounts.account_states(connection)[state.account].budgets(now)
            return kept(where, state.paused_until, budgets.get(MESSENGER, 0))
        again = (
            f"{where}: refused, asked again at {clock(state.paused_until)} WITA or with another token: {state.blocked}"
        )
        return again if reader.order.patient else None
    if not reader.order.patient or state.stream != "messages" or not state.troubled or state.error_at is None:
        return None  # the pace of the whole account is what the feed's failures slow
    fails = reader.shelf("messages").get(connection).fails
    until = state.error_at + wait_after(reader.account.every_seconds, fails)
    return f"{where}: fails again and again, tried again at {clock(until)} WITA: {state.error}" if until > now else None


def kept(what: str, until: datetime, used: int) -> str:
    """That a pause is kept, and whose: with so many percent of the budget used it is ours, before Graph throttles."""
    why = f"{used} % of the call budget is used, a pause until" if used >= STOP else "Graph asked for a pause until"
    return f"{what}: {why} {until:%Y-%m-%dT%H:%M:%SZ}; it is kept: try again after that"
