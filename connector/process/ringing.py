"""Alarms for what has become urgent in a batch, in the same transaction as its tickets."""

from collections.abc import Container, Iterable, Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection

from ..alarms import rings
from ..records import Classified
from ..store import alarms
from .facts import Desk
from .known import Known

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def ring(
    connection: Connection,
    urgent: Iterable[tuple[int, str]],
    classified: Mapping[int, Classified],
    known: Known,
    desk: Desk,
    now: datetime,
    reworded: Container[int],
) -> None:
    """Rings for (item row, ticket number) as far as the item is news; each ticket once, and an edited one where it is by now.

    For what was `reworded` into an emergency also if a person called its ticket less urgent: he has not read these words.
    """
    since = alarms.watched_since(connection, sorted({one.item.account for one in classified.values()}), now)
    for row, number in urgent:
        if _news(row, classified[row], known, since[classified[row].item.account], now):
            rung = alarms.ring(connection, number, desk.roster, now, whatever=row in reworded)
            if not rung and row in known.edited:
                alarms.ring_on(connection, number, desk.roster, now)


def _news(row: int, one: Classified, known: Known, since: datetime, now: datetime) -> bool:
    """An edit is as new as when it was read; what a person calls urgent rings up to a day after it was written."""
    at = known.raws[row].fetched_at if row in known.edited else one.item.created_at
    return rings(at, LONG_AGO if one.label else since, now)
