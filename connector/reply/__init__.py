"""Answering citizens: events of tickets become answers, each committed before it is sent, and none is sent twice.

    [ticket_events] ─plan─▶ choose ─▶ say ─▶ [replies: due | dry_run] ─send─▶ see ─▶ [trying] ─▶ POST ─▶ [sent]
                                                                        └─ unknown outcome: look, then again

Opt-in for each account: `off` does nothing at all, `dry_run` plans and never calls Graph.
"""

from collections.abc import Callable

from .facts import Answering
from .planning import idle, plan, preview
from .sending import Done, send

__all__ = ["Answering", "Done", "answer", "idle", "plan", "preview", "send"]


def answer(work: Answering, stop: Callable[[], bool]) -> Done:
    """One round for an account: what is new is planned, what is due is sent. The caller holds the account's lease."""
    done = Done()
    done.counts["planned"] = plan(work)
    if work.mode == "on" and not stop():
        send(work, done, stop)
    return done
