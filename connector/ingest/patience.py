"""Patience with what keeps failing: one object, or one stream, rests for longer and longer while all others are read on.

Only the daemon has it (`Order.patient`): what is asked for by hand is tried at once. A pause that Graph imposed everybody keeps.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..platforms.facebook.parse import when
from ..records import Stream
from ..schedule import rest_after, wait_after
from ..store import accounts
from ..store.checkpoints import Checkpoint
from .reader import Reader

REST = "rest"  # stands in the object's position, beside what an unfinished reading keeps there


def put_off(reader: Reader, failed: Checkpoint, now: Checkpoint) -> Mapping[str, Any]:
    """Columns of an object's checkpoint after one more failure: how many in a row, and until when it rests.

    `failed` is the checkpoint that the reading began with, `now` how it stands.
    """
    fails, position = failed.fails + 1, {k: v for k, v in (now.position or {}).items() if k != REST}
    if rest := rest_after(reader.account.every_seconds, fails):
        position[REST] = {"seen": failed.seen, "until": (reader.clock() + rest).isoformat()}
    return {"fails": fails, "position": position or None}


def rests(checkpoint: Checkpoint, now: datetime) -> bool:
    """Whether an object is left alone for now: it failed several times in a row, and has not moved since."""
    rest = (checkpoint.position or {}).get(REST)
    until = when(rest["until"]) if rest and rest["seen"] == checkpoint.seen else None
    return until is not None and now < until


def left_alone(connection: Connection, reader: Reader, streams: frozenset[Stream]) -> str | None:
    """Why none of these streams is asked for in this pass, if so: one line for the operator."""
    known = [s for s in accounts.stream_states(connection) if s.account == reader.account.key and s.stream in streams]
    lines = [_left_alone(connection, reader, state) for state in known]
    return lines[0] if len(lines) == len(streams) and all(lines) else None


def _left_alone(connection: Connection, reader: Reader, state: accounts.StreamState) -> str | None:
    where, now = f"{state.account}: {state.stream}", reader.clock()
    if state.paused_until and state.paused_until > now:
        if not state.blocked:
            return kept(where, state.paused_until)
        again = f"{where}: refused, asked again at {state.paused_until:%H:%M}Z or with another token: {state.blocked}"
        return again if reader.order.patient else None
    if not reader.order.patient or state.stream != "messages" or not state.troubled or state.error_at is None:
        return None  # the pace of the whole account is what the feed's failures slow
    fails = reader.shelf("messages").get(connection).fails
    until = state.error_at + wait_after(reader.account.every_seconds, fails)
    return f"{where}: fails again and again, tried again at {until:%H:%M}Z: {state.error}" if until > now else None


def kept(what: str, until: datetime) -> str:
    """That a pause of Graph's is honoured."""
    return f"{what}: Graph asked for a pause until {until:%Y-%m-%dT%H:%M:%SZ}; it is kept: try again after that"
