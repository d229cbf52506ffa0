"""Answers of the accounts themselves, seen in what was read: the first one ends the deadline, a later one the waiting."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..states import Said, responds
from ..store import responses


def note_answers(connection: Connection, numbers: Sequence[str], official: Collection[str], now: datetime) -> None:
    """Notes for each of these tickets when it was first answered, and that a reporter who waited has his answer."""
    for row, asked, near, owners in responses.pairs(connection, numbers, official):
        said, own = [_said(one) for one in asked], [_said(one) for one in near]
        found = [(o.at, o.id) for o in own if any(responds(o, a, owners.get(a.thread or "")) for a in said)]
        if found:
            responses.record(connection, row, min(found), now)
        last = max(said, key=lambda one: one.at)
        after = [o.id for o in own if responds(o, last, owners.get(last.thread or ""))]
        if row.waiting_since is not None and after:
            responses.seen_to(connection, row, after[0], now)


def _said(row: Any) -> Said:
    return Said(
        kind=row.kind,
        id=row.external_id,
        thread=row.thread_id,
        post=row.post_id,
        parent=row.parent_id,
        author=row.author_id,
        name=row.author_name,
        text=getattr(row, "text", None),
        at=row.created_at,
    )
