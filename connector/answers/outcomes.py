"""What becomes of an answer that Graph did not simply take. Pure.

Sources: the Messenger platform's and the Graph API's error codes. There is no idempotency key: what may have been done is
never asked for again before somebody has looked.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from ..errors import (
    AlreadyDone,
    BadRequest,
    Gone,
    GraphError,
    NotPermitted,
    NotSent,
    SendingBlocked,
    TokenRejected,
    TryLater,
)

State = Literal["skipped", "failed", "due", "look"]
"""`due`: surely not done, later again; `look`: done or not, somebody has to look first."""
MOST_TRIES = 6
HOUR = timedelta(hours=1)
_RESTRICTED = 1893063
_DUPLICATE = 506
_WHY = {
    2018278: "jendela 24 jam Messenger sudah lewat",
    2018065: "jendela 24 jam Messenger sudah lewat",
    2534022: "jendela 24 jam Messenger sudah lewat",
    2018108: "orang ini tidak menerima pesan",
    1545041: "orang ini tidak dapat dihubungi",
    2018001: "orang ini tidak dikenal Facebook",
    2534025: "komentar ini tidak dapat dibalas secara pribadi",
    2534037: "percakapan dipegang aplikasi lain",
    2018300: "percakapan dipegang aplikasi lain",
    2018321: "percakapan dipegang aplikasi lain",
    551: "orang ini tidak dapat dihubungi",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to note of the answer, and whether the account pauses: for a while, or, with `stop`, until a person resumes it.

    `final`: when looking finds nothing of ours, it is over all the same.
    """

    state: State
    reason: str
    pause: timedelta | None = None
    stop: bool = False
    final: bool = False


def judge(error: GraphError, *, writing: bool) -> Outcome:
    """What an error means for an answer; `writing` when it came from the call that sends, not from one that looks."""
    if isinstance(error, TryLater):
        return Outcome("due", "Facebook meminta jeda", pause=timedelta(seconds=error.retry_after))
    if isinstance(error, SendingBlocked) or error.subcode == _RESTRICTED:
        return Outcome("due", "Facebook memblokir akun ini untuk menulis", stop=True)
    if isinstance(error, TokenRejected | NotPermitted):
        return Outcome("due", "izin atau token tidak cukup untuk menjawab", pause=HOUR)
    if isinstance(error, Gone):
        return Outcome("skipped", "sudah dihapus di Facebook")
    if isinstance(error, AlreadyDone):
        return Outcome("look", "sudah pernah dibalas secara pribadi", final=True)
    if isinstance(error, NotSent):
        if error.code == _DUPLICATE:
            return Outcome("look", "kalimat yang sama sudah ada di sana", final=True)
        return Outcome("skipped", _WHY.get(error.subcode or 0) or _WHY.get(error.code or 0, "tidak dapat dikirim"))
    if isinstance(error, BadRequest):
        return Outcome("failed", "permintaan ditolak Facebook")
    return Outcome("look" if writing else "due", "hasilnya belum diketahui" if writing else "gangguan sesaat")


def wait(tries: int) -> timedelta:
    """How long after the n-th try somebody looks, and then tries again.

    Never less than a minute: a call ends within 30 seconds and begins within 10 of being noted, so that after a minute the one
    that was lost, even by a process that stood still meanwhile, cannot be still on its way.
    """
    return timedelta(minutes=min(60, 5 ** max(0, tries - 1)))
