"""How each stream of each account fares, in words. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..records import Balance
from . import words
from .faults import told

STREAMS = {
    "posts": "Kiriman akun",
    "comments": "Komentar",
    "visitor_posts": "Kiriman pengunjung",
    "messages": "Pesan Messenger",
}
STALE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class AccountFact:
    """What the store knows of an account."""

    key: str
    ok_at: datetime | None
    tried_at: datetime | None
    blocked: str | None
    paused_until: datetime | None


@dataclass(frozen=True, slots=True)
class StreamFact:
    """What the store knows of a stream; `books` where there are posts or conversations under it."""

    account: str
    stream: str
    landed: int
    ok_at: datetime | None
    blocked: str | None = None
    error: str | None = None
    error_at: datetime | None = None
    paused_until: datetime | None = None
    books: Balance | None = None


@dataclass(frozen=True, slots=True)
class StreamHealth:
    """One row of the table; `tone` is good, warn or bad."""

    account: str
    stream: str
    tone: str
    state: str
    detail: str
    ok: str
    ok_at: str
    landed: str
    known: str
    completeness: str


def judge(fact: StreamFact, accounts: Sequence[AccountFact], account: str, now: datetime) -> StreamHealth:
    """The row of one stream."""
    owner = next((a for a in accounts if a.key == fact.account), None)
    tone, state, detail = _state(fact, owner, now)
    return StreamHealth(
        account=account,
        stream=STREAMS.get(fact.stream, fact.stream),
        tone=tone,
        state=state,
        detail=detail,
        ok=words.ago(fact.ok_at, now),
        ok_at=words.short_time(fact.ok_at),
        landed=words.number(fact.landed),
        known=_known(fact.books),
        completeness=_completeness(fact.books),
    )


def _state(fact: StreamFact, owner: AccountFact | None, now: datetime) -> tuple[str, str, str]:
    blocked = fact.blocked or (owner.blocked if owner else None)
    if blocked:
        return "bad", "terhenti", told(blocked)
    fault = f"{told(fact.error)} ({words.short_time(fact.error_at)})" if fact.error else ""
    if fault and (fact.ok_at is None or (fact.error_at is not None and fact.error_at > fact.ok_at)):
        return "bad", "galat", fault
    paused = max((t for t in (fact.paused_until, owner and owner.paused_until) if t), default=None)
    if paused and paused > now:
        return "warn", "dijeda Facebook", f"sampai {words.short_time(paused)}"
    if fact.ok_at is None:
        return "warn", "belum pernah dibaca", ""
    if now - fact.ok_at > STALE:
        return "warn", "lama tidak dibaca", "periksa apakah layanan berjalan"
    return ("warn", "sebagian gagal", fault) if fault else ("good", "baik", "")


def _known(books: Balance | None) -> str:
    if books is None or not books.known:
        return "–"
    rest = [f"{words.number(n)} {word}" for n, word in ((books.waiting, "menunggu"), (books.failing, "gagal")) if n]
    what = "percakapan" if books.stream == "messages" else "kiriman"
    return f"{words.number(books.known)} {what}" + (f" ({', '.join(rest)})" if rest else "")


def _completeness(books: Balance | None) -> str:
    if books is None or not books.objects:
        return "–"
    reasons = (
        (books.hidden, "disembunyikan Facebook"),
        (books.older, "lebih lama dari yang dibaca"),
        (books.gone, "sudah dihapus"),
        (books.unexplained, "belum terjelaskan"),
    )
    said = "".join(f"; {words.number(n)} {why}" for n, why in reasons if n)
    return f"{words.number(books.stored)} dari {words.number(books.counted)}{said}"
