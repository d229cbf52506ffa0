"""What one store has beside another: for rehearsals that must change nothing."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from .persons import ERASED
from .schema import raw_items
from .statements import chunks, named


def compare(
    new: Connection,
    old: Connection,
    account: str,
    streams: Collection[str],
    since: datetime,
    until: datetime | None,
) -> dict[str, int]:
    """Counts what `new` has that `old` has not, has otherwise, and what `old` alone has inside the window."""
    c = raw_items.c
    counts = {"new": 0, "changed": 0, "same": 0, "missing": 0}
    keys = new.execute(select(c.kind, c.external_id, c.fingerprint).where(c.account == account)).all()
    shown = {(row.kind, row.external_id) for row in keys}
    for part in chunks(keys):
        query = select(c.kind, c.external_id, c.fingerprint).where(named(raw_items, [row.external_id for row in part]))
        known = {(row.kind, row.external_id): row.fingerprint for row in old.execute(query)}
        for row in part:
            stored = known.get((row.kind, row.external_id), row.fingerprint if row.fingerprint == ERASED else None)
            same = stored in (row.fingerprint, ERASED)
            counts["new" if stored is None else "same" if same else "changed"] += 1
    inside = select(c.kind, c.external_id).where(
        c.account == account, c.stream.in_(list(streams)), c.deleted_at.is_(None), c.created_at >= since
    )
    if until:
        inside = inside.where(c.created_at < until)
    counts["missing"] = sum((row.kind, row.external_id) not in shown for row in old.execute(inside))
    return counts
