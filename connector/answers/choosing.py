"""Whether, when and by which way a citizen is answered. Pure: facts in, one decision out; reasons are shown to staff.

Nobody is answered who asked not to be processed, nor under what is hidden or gone, nor about what was old when it was first
read; nobody more than once an hour in one thread; and only inside Meta's windows: a private reply within 7 days of the
comment, a message within 24 hours of the person's last one (Messenger platform, standard messaging).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ..records import CLOSED
from .wording import Kind

Channel = Literal["comment", "private", "message"]
HOUR = timedelta(hours=1)
FRESH = timedelta(hours=24)
LATEST = {"received": timedelta(hours=24), "received_urgent": timedelta(hours=24), "supported": timedelta(hours=24)}
LATEST_CHANGE = timedelta(hours=72)
LATEST_ASKED = timedelta(days=7)
PRIVATE_WINDOW = timedelta(days=7)
MESSAGE_WINDOW = timedelta(hours=24)
_MARGIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class About:
    """The item that is answered, as the store knows it; `landed_at` is when it was first read, `bulk` that this was by an
    import or a backfill."""

    kind: str
    created_at: datetime | None
    landed_at: datetime
    author_id: str | None
    by_account: bool
    hidden: bool
    deleted: bool
    bulk: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when an answer is considered.

    `status` is the ticket's now; `official` when the author is one of our accounts; `barred` when he asked to be erased or
    restricted; `prefers` is what the account wants for comments and posts; `wrote_at` is his last message; `told_at` the
    last answer to him in this thread, sent or waiting; `waits` when one about another ticket waits there still; `protested`
    when the reporter has written again since the ticket was closed.
    """

    kind: Kind
    now: datetime
    event_at: datetime
    status: str
    merged: bool
    item: About
    official: bool
    barred: bool
    prefers: Literal["comment", "message"]
    wrote_at: datetime | None = None
    told_at: datetime | None = None
    waits: bool = False
    protested: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """An answer by this way, not before `due_at`."""

    channel: Channel
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Skip:
    """No answer, and why."""

    reason: str


def choose(facts: Facts) -> Send | Skip:
    """Decides about one answer; the same rules hold when it is planned and just before it is sent."""
    if reason := _never(facts) or _too_late(facts):
        return Skip(reason)
    channel = _channel(facts)
    if isinstance(channel, Skip):
        return channel
    due = facts.now
    if facts.told_at is not None and facts.told_at + HOUR > facts.now:
        if facts.waits and is_first(facts.kind):
            return Skip("satu jawaban per orang per utas per jam")
        due = facts.told_at + HOUR
    return Send(channel, due)


def is_first(kind: Kind) -> bool:
    """Whether it acknowledges that something was received, rather than telling how it goes on."""
    return kind in LATEST


def _never(facts: Facts) -> str | None:
    item = facts.item
    if item.by_account or facts.official:
        return "ditulis oleh akun resmi"
    if item.author_id is None:
        return "penulis tidak terlihat"
    if facts.barred:
        return "atas permintaan warga"
    if item.deleted:
        return "sudah dihapus di Facebook"
    if item.hidden:
        return "disembunyikan di Facebook"
    return "digabung dengan tiket lain" if facts.merged else None


def _too_late(facts: Facts) -> str | None:
    item = facts.item
    if item.created_at is None:
        return "waktu kiriman tidak diketahui"
    if item.bulk or item.landed_at - item.created_at > FRESH:
        return "kiriman lama: sudah lewat 24 jam ketika pertama dibaca"
    asked_long_ago = is_first(facts.kind) and facts.now - item.created_at > LATEST_ASKED
    if asked_long_ago or facts.now - facts.event_at > LATEST.get(facts.kind, LATEST_CHANGE):
        return "terlambat: jawabannya tidak lagi berguna"
    if facts.protested and facts.kind in CLOSED:
        return "pelapor sudah menulis lagi: petugas melihatnya dulu"
    closed = facts.status in CLOSED
    stands = (
        not closed
        if facts.kind == "supported"
        else facts.status == ("diterima" if is_first(facts.kind) else facts.kind)
    )
    return None if stands else "disusul keadaan yang lebih baru"


def _channel(facts: Facts) -> Channel | Skip:
    if facts.item.kind != "message" and facts.prefers == "comment":
        return "comment"
    if facts.wrote_at is not None and facts.now - facts.wrote_at < MESSAGE_WINDOW - _MARGIN:
        return "message"
    if facts.item.kind == "message":
        return Skip("jendela 24 jam Messenger sudah lewat")
    created = facts.item.created_at
    if is_first(facts.kind) and created is not None and facts.now - created < PRIVATE_WINDOW - _MARGIN:
        return "private"
    return Skip("jendela balasan pribadi sudah lewat")
