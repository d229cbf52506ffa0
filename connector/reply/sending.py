"""Sending what is due, one answer at a time: noted, sent, noted again; and looking before anything is tried twice."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from ..answers.choosing import Send, choose, is_first
from ..answers.outcomes import MOST_TRIES, Outcome, judge, wait
from ..errors import GraphError, TryLater
from ..graph import writing as graph_writing
from ..graph.client import Graph, Stopped
from ..store import accounts, addressees, pauses, replies, responses, tickets
from ..store.engine import reading, writing
from .facts import Answering, Matter, facts_of

SOON = 10.0
"""Seconds between noting a try and the call itself; a process that stood still longer does not send any more."""
_WRITES_ONLY = (341, 613)


@dataclass(slots=True)
class Done:
    """What a round did, in numbers, and one line for each thing a person should know."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def send(work: Answering, done: Done, stop: Callable[[], bool]) -> None:
    """Sends what is due until nothing is, the account pauses, or it has answered often enough within an hour."""
    row = _next(work)
    if row is None:
        return
    with work.graph() as graph:
        while row is not None and not stop():
            try:
                _one(work, graph, row, done)
            except Stopped:
                return  # whether it was sent is found out by looking, next time
            row = _next(work)


def _next(work: Answering) -> Any:
    now, key = work.clock(), work.account.key
    with reading(work.engine) as connection:
        state = accounts.account_states(connection).get(key)
        ill = state is not None and (state.blocked or (state.paused_until is not None and state.paused_until > now))
        if ill or pauses.paused(connection, key, now) is not None:
            return None
        if replies.sent_since(connection, key, now - timedelta(hours=1)) >= work.per_hour:
            return None
        return replies.due(connection, key, now)


def _one(work: Answering, graph: Graph, row: Any, done: Done) -> None:
    """One answer as far as it goes now."""
    try:
        if row.state == "trying" and _settled_by_looking(work, graph, row, done):
            return
        if row.channel != "message" and not _takes_answers(work, graph, row, done):
            return
    except Stopped:
        raise
    except GraphError as error:
        _note(work, row, judge(error, writing=False), error, done)
        return
    began = time.clock_gettime(time.CLOCK_BOOTTIME)
    if not _claimed(work, row, done) or time.clock_gettime(time.CLOCK_BOOTTIME) - began > SOON:
        return
    try:
        sent_id = _call(work, graph, row)
    except Stopped:
        raise
    except GraphError as error:
        outcome = judge(error, writing=True)
        if outcome.final:
            _look_at_once(work, graph, row, outcome, done)
        else:
            _note(work, row, outcome, error, done, refused=True)
    else:
        _sent(work, row, sent_id, done)


def _takes_answers(work: Answering, graph: Graph, row: Any, done: Done) -> bool:
    """Looks at what is answered, and where, as it is at this moment: the store may be a minute behind."""
    for key in dict.fromkeys((row.item_key, row.target)):
        seen = graph_writing.see(graph, key, row.item_kind, private=row.channel == "private")
        if seen.hidden or not (seen.open or key != row.target):
            reason = "disembunyikan di Facebook" if seen.hidden else "Facebook tidak menerima jawaban di sini"
            _close(work, row, "skipped", reason, done)
            return False
    return True


def _claimed(work: Answering, row: Any, done: Done) -> bool:
    """Notes the try, if the answer is still right; the same rules as when it was planned, on what is known now."""
    now = work.clock()
    with writing(work.engine) as connection:
        work.guard(connection)
        fresh = replies.get(connection, row.id)
        if fresh.state not in replies.WAITING or fresh.tries != row.tries:
            return False
        decision = choose(_facts(connection, work, fresh, now))
        values: dict[str, Any]
        if not isinstance(decision, Send):
            values = {"state": "skipped", "reason": decision.reason}
            done.counts["skipped"] += 1
        elif decision.due_at > now:
            values = {"due_at": decision.due_at}
        else:
            tries = fresh.tries + 1
            tried = {"tried_at": fresh.tried_at or now, "due_at": now + wait(tries), "tries": tries}
            values = {"state": "trying", "reason": "hasilnya belum diketahui", **tried}
        replies.settle(connection, row.id, **values)
    return values.get("state") == "trying"


def _facts(connection: Connection, work: Answering, row: Any, now: datetime) -> Any:
    ticket = addressees.ticket_rows(connection, [row.ticket_id])[row.ticket_id]
    matter = Matter(row.kind, row.made_at, "", ticket, addressees.item(connection, row.item_id))
    return facts_of(connection, work, matter, now, reply=row.id, waiting=False)


def _call(work: Answering, graph: Graph, row: Any) -> str:
    match row.channel:
        case "comment":
            return graph_writing.comment(graph, row.target, row.text)
        case "private":
            return graph_writing.reply_privately(graph, work.account.id, row.target, row.item_kind, row.text)
    return graph_writing.message(graph, work.account.id, row.target, row.text)


def _settled_by_looking(work: Answering, graph: Graph, row: Any, done: Done) -> bool:
    """An answer of unknown outcome: found where it belongs, it was sent; not found, it may be tried again, but not for ever."""
    found, whole = _look(work, graph, row)
    if found:
        _sent(work, row, found, done)
    elif not whole:
        _close(work, row, "unsure", "tidak dapat dipastikan apakah jawaban sudah terkirim", done)
    elif row.tries >= MOST_TRIES:
        _close(work, row, "failed", f"{row.tries} kali dicoba tanpa hasil", done)
    else:
        return False
    return True


def _look_at_once(work: Answering, graph: Graph, row: Any, outcome: Outcome, done: Done) -> None:
    """Graph says that it stands there already: ours, from a try that was lost, or somebody else's."""
    try:
        found, _ = _look(work, graph, row)
    except Stopped:
        raise
    except GraphError as error:
        _note(work, row, Outcome("look", outcome.reason), error, done)
        return
    if found:
        _sent(work, row, found, done)
    else:
        _close(work, row, "skipped", outcome.reason, done)


def _look(work: Answering, graph: Graph, row: Any) -> tuple[str | None, bool]:
    """The id of this very answer if it stands there, and whether all could be read. Never one that is another answer's."""
    with reading(work.engine) as connection:
        now = replies.get(connection, row.id)
    if row.channel == "comment":
        found = graph_writing.said_under(graph, work.account.id, row.target)
    else:
        since = (now.tried_at or work.clock()) - timedelta(minutes=5)
        found = graph_writing.said_to(graph, work.account.id, row.author_id, since)
    same = [one.id for one in found.said if replies.digest(one.text) == row.digest]
    with reading(work.engine) as connection:
        others = replies.claimed(connection, work.account.key, same)
    return next((one for one in same if one not in others), None), found.whole


def _sent(work: Answering, row: Any, sent_id: str, done: Done) -> None:
    now = work.clock()
    with writing(work.engine) as connection:
        work.guard(connection)
        replies.settle(connection, row.id, state="sent", reason=None, sent_at=now, sent_id=sent_id)
        told = {"kind": row.kind, "channel": row.channel, "answer": sent_id}
        tickets.note(connection, row.number, "replied", told, now)
        if not is_first(row.kind):  # the office's word, not a receipt
            responses.record(connection, tickets.get(connection, row.number), (now, sent_id), now)
    done.counts["sent"] += 1


def _close(work: Answering, row: Any, state: str, reason: str, done: Done) -> None:
    with writing(work.engine) as connection:
        work.guard(connection)
        replies.settle(connection, row.id, state=state, reason=reason)
    done.counts[state] += 1
    if state != "skipped":
        done.failures.append(f"{work.account.key}: answer to {row.number} ({row.kind}): {reason}")


def _note(work: Answering, row: Any, outcome: Outcome, error: GraphError, done: Done, *, refused: bool = False) -> None:
    """What Graph said instead of taking the answer; with it, whether the account rests from answering.

    `refused` when the call that sends was: then it was surely not done, unless the outcome says that somebody has to look.
    """
    now, key = work.clock(), work.account.key
    if outcome.state in ("skipped", "failed"):
        _close(work, row, outcome.state, outcome.reason, done)
        return
    with writing(work.engine) as connection:
        work.guard(connection)
        # An account that pauses holds its answers back by itself: each is due as soon as the account may write again.
        again = now if outcome.pause or outcome.stop else now + wait(replies.get(connection, row.id).tries)
        back = {"state": "due"} if refused and outcome.state == "due" else {}
        replies.settle(connection, row.id, reason=outcome.reason, due_at=again, **back)
        if outcome.pause or outcome.stop:
            until = now + outcome.pause if outcome.pause else None
            pauses.pause(connection, key, until, f"{outcome.reason}: {error}", now)
            if isinstance(error, TryLater) and error.code not in _WRITES_ONLY:
                accounts.set_account(connection, key, paused_until=until)
                if error.of_app and until:
                    accounts.pause_all(connection, until)
    done.counts["later"] += 1
    if outcome.pause or outcome.stop:
        how = "until a person runs `ntbcare replies resume`" if outcome.stop else "for a while"
        done.failures.append(f"{key}: answering pauses {how}: {error}")
