"""The states of a ticket, who may move it where, and when it opens again. Pure.

NTB Care's states since 2018: diterima → ditindaklanjuti → tuntas | ditolak. SP4N-LAPOR! closes a report ten working days
after the last follow-up; until then the reporter may take it up again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from .errors import Conflict, Misuse
from .records import Status

MOVES: Mapping[Status, tuple[Status, ...]] = {
    "diterima": ("ditindaklanjuti", "tuntas", "ditolak"),
    "ditindaklanjuti": ("tuntas", "ditolak"),
    "tuntas": ("ditindaklanjuti",),
    "ditolak": ("ditindaklanjuti",),
}
REOPENED: Status = "ditindaklanjuti"
REOPEN_DAYS = 10
"""Working days after closing in which the reporter's next word takes the ticket up again."""

Ground = Literal["bukan wewenang", "kurang data", "bukan pengaduan", "duplikat", "lainnya"]
GROUNDS: tuple[Ground, ...] = ("bukan wewenang", "kurang data", "bukan pengaduan", "duplikat", "lainnya")
"""Why a ticket is turned down, as LAPOR's admins say it; a reason given in words begins with one, or is `lainnya`."""


def check_move(number: str, before: str, after: str, reason: str, where: str) -> Status:
    """The state that a ticket is to move to, checked. `where` people give a reason: the name of an option or of a column.

    Raises Misuse for an unknown state or a rejection without reason, Conflict for a move that is not allowed.
    """
    known = next((status for status in MOVES if status == after), None)
    if known is None:
        raise Misuse(f"{after}: expected one of {', '.join(MOVES)}")
    if known == "ditolak" and not reason.strip():
        raise Misuse(f"ditolak: say why in {where}, such as {', '.join(GROUNDS[:-1])}")
    allowed = next((moves for status, moves in MOVES.items() if status == before), ())
    if known not in allowed:
        raise Conflict(f"{number} is {before}: from there it can only become {' or '.join(allowed)}")
    return known


def ground_of(reason: str) -> Ground:
    """The ground that a reason in words names at its beginning."""
    said = " ".join(reason.lower().replace("_", " ").split())
    return next((ground for ground in GROUNDS if said.startswith(ground)), "lainnya")


def takes_up(written_at: datetime | None, opened_at: datetime, until: datetime) -> bool:
    """Whether what the reporter wrote belongs to his closed ticket: since it was opened, and until its time is over."""
    return written_at is not None and opened_at <= written_at <= until


def ten_days(closed_at: datetime) -> datetime:
    """Ten working days where no calendar is known: two weeks."""
    return closed_at + timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Said:
    """A post, comment or message in a conversation or comment thread (`thread`), as far as it may ask or answer."""

    kind: str
    id: str
    thread: str | None
    post: str | None
    parent: str | None
    author: str | None
    name: str | None
    text: str | None
    at: datetime


def responds(own: Said, asked: Said, top_author: str | None) -> bool:
    """Whether what the account wrote answers what a citizen wrote.

    In a conversation each later message does. A comment is answered by a reply to it; one that is itself a reply also by a
    reply to the thread's top comment that names its author, or if the thread is his own (`top_author`). A visitor's post is
    answered by a comment under it.
    """
    if own.at < asked.at:
        return False
    if asked.kind == "post":
        return own.kind == "comment" and own.post == asked.id and (own.parent is None or _names(own.text, asked.name))
    if own.kind != asked.kind or own.thread != asked.thread:
        return False
    if asked.kind == "message" or own.parent == asked.id:
        return True
    his = top_author is not None and top_author == asked.author
    return own.parent == own.thread and (his or _names(own.text, asked.name))


def _names(text: str | None, name: str | None) -> bool:
    whole = r"\s+".join(map(re.escape, (name or "").split()))
    return whole != "" and re.search(rf"(?<!\w){whole}(?!\w)", text or "", re.IGNORECASE) is not None
