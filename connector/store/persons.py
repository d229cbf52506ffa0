"""`persons`, `keys` and `audit`: who asked to be erased or not to be processed, known only by a keyed hash, and what was done.

UU PDP 27/2022 art. 8, 43, 44 (erasure) and 11, 41 (restriction). The hash is HMAC-SHA256 under a random key of this store:
it lets the next poll, backfill or import know the person again and tells nobody who he is without the store itself.
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from secrets import token_hex
from typing import Any, Literal

from sqlalchemy import Connection, delete, exists, insert, or_, select, update

from ..records import RESTRICTED
from .schema import audit, items, keys, persons, tickets
from .statements import among, insert_new, upsert

State = Literal["erased", "restricted"]
ERASED: State = "erased"
_KEY = "persons"
_KEPT = select(keys.c.value).where(keys.c.name == _KEY)
_WITHHELD: Mapping[str, Any] = {
    "summary": f"[{RESTRICTED}]",
    "kabupaten": None,
    "kecamatan": None,
    "desa": None,
    "place_text": None,
    "place_ambiguous": False,
    "permalink": None,
}


def states(connection: Connection, authors: Iterable[str | None]) -> dict[str, State]:
    """Which of these authors asked for what; most stores have nobody, and then this is one small query."""
    wanted = sorted({author for author in authors if author})
    key = _key(connection) if wanted else None
    if key is None:
        return {}
    hashes = {_hash(key, author): author for author in wanted}
    found: dict[str, State] = {}
    for part in among(connection, list(hashes)):
        query = select(persons.c.author_hash, persons.c.state).where(persons.c.author_hash.in_(part))
        found |= {hashes[row.author_hash]: row.state for row in connection.execute(query)}
    return found


def since(connection: Connection, author: str) -> datetime | None:
    """When an author's present state began."""
    key = _key(connection)
    query = select(persons.c.at).where(persons.c.author_hash == _hash(key or "", author))
    at: datetime | None = connection.scalar(query)
    return at


def _key(connection: Connection) -> str | None:
    key: str | None = connection.scalar(_KEPT)
    return key


def _hash(key: str, author: str) -> str:
    return hmac.digest(bytes.fromhex(key), author.encode(), "sha256").hex()


def register(connection: Connection, authors: Sequence[str], state: State, now: datetime) -> int:
    """Notes that these authors are erased or restricted from now on; returns for how many that is new.

    Nothing makes an erased person less than erased.
    """
    insert_new(connection, keys, [{"name": _KEY, "value": token_hex(32)}])
    key = _key(connection)
    assert key is not None  # noqa: S101  (it has just been made)
    before = states(connection, authors)
    fresh = [author for author in authors if before.get(author) not in (state, ERASED)]
    rows = [{"author_hash": _hash(key, author), "state": state, "at": now} for author in fresh]
    upsert(connection, persons, rows, ("state", "at"))
    return len(rows)


def release(connection: Connection, authors: Sequence[str]) -> int:
    """Lifts restrictions; returns how many there were."""
    key = _key(connection)
    if key is None:
        return 0
    hashes = [_hash(key, author) for author in authors]
    mine = (persons.c.author_hash.in_(hashes), persons.c.state == "restricted")
    return connection.execute(delete(persons).where(*mine)).rowcount


def carry(old: Connection, new: Connection) -> None:
    """Makes a scratch store know the same persons, so that a rehearsal keeps nothing of an erased one either."""
    for table in (keys, persons):
        insert_new(new, table, [dict(row._mapping) for row in old.execute(select(table))])


def known(connection: Connection, authors: Sequence[str]) -> bool:
    """Whether items or tickets are by these authors, as far as an index tells."""
    mine = or_(
        exists(select(items.c.id).where(items.c.author_id.in_(authors))),
        exists(select(tickets.c.id).where(tickets.c.reporter_id.in_(authors))),
    )
    return bool(connection.scalar(select(mine)))


def withhold(connection: Connection, authors: Sequence[str], limit: int) -> list[str]:
    """Hides what tickets that these authors reported tell of them, a batch at a time; returns the numbers.

    A ticket about a life in danger stays as it is. What is hidden is kept aside for `restore`.
    """
    c = tickets.c
    mine = (c.reporter_id.in_(authors), c.withheld.is_(None), c.urgency != "mendesak")
    rows = list(connection.execute(select(tickets).where(*mine).order_by(c.id).limit(limit)))
    for row in rows:
        shown = {name: getattr(row, name) for name in _WITHHELD}
        values = {**_WITHHELD, "withheld": shown, "version": c.version + 1}
        connection.execute(update(tickets).where(c.id == row.id).values(**values))
    return [row.number for row in rows]


def calmed(connection: Connection, author: str | None) -> None:
    """A ticket of this person, if he is restricted, may have become one that is about no life in danger: that is hidden, too."""
    if author is not None and states(connection, [author]):
        withhold(connection, [author], 100)


def restore(connection: Connection, authors: Sequence[str], limit: int) -> list[str]:
    """Shows again what was withheld, but for what somebody has set meanwhile; returns the numbers of a batch."""
    c = tickets.c
    mine = (c.reporter_id.in_(authors), c.withheld.is_not(None))
    rows = list(connection.execute(select(tickets).where(*mine).order_by(c.id).limit(limit)))
    for row in rows:
        back = {k: v for k, v in row.withheld.items() if getattr(row, k) == _WITHHELD[k]}
        values = {**back, "withheld": None, "version": c.version + 1}
        connection.execute(update(tickets).where(c.id == row.id).values(**values))
    return [row.number for row in rows]


def record(connection: Connection, who: str, what: str, counts: Mapping[str, int], now: datetime) -> None:
    """Appends to the audit what was done for a citizen, in numbers (art. 31: a record of processing)."""
    connection.execute(insert(audit).values(at=now, who=who, what=what, counts=dict(counts)))


def recorded(connection: Connection) -> Iterator[Any]:
    """The audit, oldest first."""
    yield from connection.execute(select(audit).order_by(audit.c.id))
