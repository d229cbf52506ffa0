"""Alarms: which complaint rings, how patient a retry is, what a link proves, what an answer means. Pure."""

import base64
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

QUIET = timedelta(hours=1)
STALE = timedelta(hours=24)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=2)

_TOKEN = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{1,16})-([0-9a-f]{1,12})-([A-Za-z0-9_-]{32})")
_NUMBER = re.compile(r"\bNTB-\d{4}-\d{6,}\b", re.IGNORECASE)
_WORDS = re.compile(r"[a-z0-9]+")
_YES = {
    *("ok", "oke", "okey", "siap", "ya", "iya", "terima", "diterima", "tangani", "menangani", "ditangani", "ambil"),
    *("meluncur", "merapat", "otw", "laksanakan", "86"),
}
_NO = {
    *("tidak", "bukan", "belum", "jangan", "gak", "ga", "nggak", "enggak", "ndak", "tdk", "bkn", "blm", "batal"),
    *("siapa", "apa", "apakah", "kenapa", "mengapa", "kapan", "mana", "dimana", "bagaimana", "gimana", "berapa"),
}


def rings(created_at: datetime | None, watched_since: datetime, now: datetime) -> bool:
    """Whether an urgent item is news: the first reading of an account rings for nothing older than an hour.

    What was written since the account is watched rings however late it is read, up to a day: an outage swallows no alarm.
    Without a time it rings.
    """
    return created_at is None or created_at >= min(now, max(watched_since, now - STALE + QUIET)) - QUIET


def wait_after(fails: int) -> timedelta:
    """How long a lane rests after so many failures in a row: 5 s, doubling, at most 2 min."""
    doubled: int = 2 ** min(max(fails - 1, 0), 10)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)


def digest_due(day: int, hour: int, local: datetime) -> bool:
    """Whether this week's digest is to be out by `local`: from its day (0 is Monday) and hour on; a missed day is made up for."""
    return local.weekday() >= day and local.hour >= hour


def sign(key: bytes, row: int, ticket: int, until: datetime) -> str:
    """The last part of a link that acknowledges one message of the outbox about a ticket, good until then."""
    said = f"{row:x}-{ticket:x}-{int(until.timestamp()):x}"
    return f"{said}-{_seal(key, said)}"


def signed(key: bytes, token: str, now: datetime) -> tuple[int, int, bool] | None:
    """Outbox row and ticket that a link stands for, and whether it is still good; None when not signed with this key.

    A row that is wiped out may give its number to another one: only together with the ticket do they mean one message.
    """
    parts = _TOKEN.fullmatch(token)
    if parts is None or not hmac.compare_digest(parts[4], _seal(key, "-".join(parts.groups()[:3]))):
        return None
    return int(parts[1], 16), int(parts[2], 16), now.timestamp() <= int(parts[3], 16)


def _seal(key: bytes, said: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, f"acknowledge {said}".encode(), "sha256")[:24]).decode()


def answered(text: str, quoted: str, waiting: Mapping[str, str]) -> tuple[str | None, bool]:
    """Which ticket an answer from a phone acknowledges, and whether it must be asked which one is meant.

    `quoted` is the message answered to, `waiting` the numbers that rang in this chat and wait, each with the one that stands
    for it now. A number in the answer counts before one in what it quotes; without any, a yes means the only one that waits.
    Questions and noes mean nothing.
    """
    words = set(_WORDS.findall(_NUMBER.sub(" ", text[:500]).lower()))
    named = _NUMBER.findall(text[:500]) or _NUMBER.findall(quoted[:5000])
    bare = not words and bool(_NUMBER.search(text[:500]))
    if words & _NO or "?" in text or not (words & _YES or bare):
        return None, False
    numbers = {waiting.get(number.upper(), number.upper()) for number in named} or set(waiting.values())
    if len(numbers) == 1:
        return numbers.pop(), False
    return None, True
