"""What citizens were answered, or would be: the newest answers in words, and how many of each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from ..records import RESTRICTED
from ..store import pauses, persons, replies
from ..store.summary import Window
from . import words
from .summary import Names
from .texts import clean, line

MOST = 200
STATES = {
    "sent": "terkirim",
    "dry_run": "hanya uji coba",
    "due": "menunggu",
    "trying": "belum pasti terkirim",
    "unsure": "tidak dapat dipastikan",
    "failed": "gagal",
    "skipped": "tidak dikirim",
}
_TONES = {"sent": "good", "failed": "bad", "unsure": "bad", "trying": "warn"}
_KINDS = {
    "received": "tanda terima",
    "received_urgent": "tanda terima, mendesak",
    "supported": "digabung",
    "ditindaklanjuti": "ditindaklanjuti",
    "tuntas": "tuntas",
    "ditolak": "ditolak",
}
_WAYS = {"comment": "di bawah komentar", "private": "balasan pribadi", "message": "pesan"}


@dataclass(frozen=True, slots=True)
class Given:
    """One answer as the report shows it."""

    ticket: str
    account: str
    kind: str
    way: str
    tone: str
    state: str
    reason: str
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The newest answers, how many there are in all, their counts by state in words, and which accounts pause."""

    rows: Sequence[Given] = ()
    total: int = 0
    counts: str = ""
    paused: Sequence[str] = ()


NONE = Answered()


def answered(connection: Connection, window: Window, names: Names) -> Answered:
    """The answers planned inside the window."""
    counts = Counter[str]()
    for row in replies.count(connection, window.since, window.until):
        counts[row.state] += row.n
    newest = list(replies.newest(connection, window.since, window.until, MOST)) if counts else []
    barred = persons.states(connection, [row.author_id for row in newest])
    rest = [p for p in pauses.pauses(connection).values() if p.lasts_until is None or p.lasts_until > window.now]
    return Answered(
        [_given(row, names, shown=row.author_id not in barred) for row in newest],
        sum(counts.values()),
        ", ".join(f"{words.number(counts[key])} {name}" for key, name in STATES.items() if counts[key]),
        [f"{names.account(p.account)}: {line(p.reason, 300)}" for p in rest],
    )


def _given(row: Any, names: Names, *, shown: bool) -> Given:
    return Given(
        row.number,
        names.account(row.account),
        _KINDS.get(row.kind, row.kind),
        _WAYS.get(row.channel, row.channel),
        _TONES.get(row.state, "plain"),
        STATES.get(row.state, row.state),
        line(row.reason or "", 200) if shown else "",
        words.short_time(row.sent_at or row.due_at),
        clean(row.text or "") if shown else f"[{RESTRICTED}]",
    )
