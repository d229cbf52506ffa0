"""Graph versions: which one answers a call, by date."""

from __future__ import annotations

import re
from datetime import date

from .errors import GraphError

# Last day of each version as the changelog gives it; the newest has no end yet.
ENDS: dict[str, date] = {
    "v18.0": date(2026, 1, 23),
    "v19.0": date(2026, 5, 21),
    "v20.0": date(2026, 9, 24),
    "v21.0": date(2027, 1, 21),
    "v22.0": date(2027, 5, 20),
    "v23.0": date(2027, 10, 8),
    "v24.0": date(2028, 2, 18),
    "v25.0": date(2028, 7, 29),
    "v26.0": date.max,
}
NEWEST = "v26.0"
_VERSION = re.compile(r"v(\d+)\.(\d+)")


def split(path: str) -> tuple[str, list[str]]:
    """A path → (version asked or "", the other segments)."""
    segments = [part for part in path.split("/") if part]
    if segments and _VERSION.fullmatch(segments[0]):
        return segments[0], segments[1:]
    return "", segments


def served(asked: str, today: date) -> str:
    """The version that answers: the one asked, or the oldest usable if that has expired or none was asked."""
    if asked and _number(asked) > _number(NEWEST):
        raise GraphError(2500, f"Unknown path components: /{asked}")
    if asked in ENDS and today < ENDS[asked]:
        return asked
    return next(version for version, end in ENDS.items() if today < end)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version[1:].split("."))
