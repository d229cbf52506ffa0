"""What could not be read, as a row of the report. Pure."""

from dataclasses import dataclass
from typing import Any

from . import words
from .entries import THINGS
from .summary import Names
from .texts import clean, line

_REASONS = (
    ("the object came without", "datang tanpa nomor yang dapat dipakai"),
    ("message is a ", "isinya bukan teks"),
)
"""What the parser says, in the words of those who read the report."""


@dataclass(frozen=True, slots=True)
class Broken:
    """What could not be read, and why."""

    id: str
    what: str
    account: str
    at: str
    reason: str
    payload: str


def broken(row: Any, names: Names) -> Broken:
    """The row of a raw item in quarantine."""
    what = THINGS.get(row.kind, row.kind)
    at, account = words.short_time(row.fetched_at), names.account(row.account)
    said = row.reason or ""
    reason = next((ours for theirs, ours in _REASONS if said.startswith(theirs)), line(said, 300))
    return Broken(clean(row.external_id), what, account, at, reason, line(row.payload, 300))
