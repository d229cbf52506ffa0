"""How much of Graph's call budget is used, read from the answer's headers (pure).

Rules: https://developers.facebook.com/docs/graph-api/overview/rate-limiting. The headers may be missing, and their
content is not ours: whatever cannot be read counts as nothing used.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_FLAT = {"x-app-usage": "app", "x-page-usage": "page"}
_BUSINESS = "x-business-use-case-usage"
_ELSEWHERE = {"ads_insights", "ads_management", "custom_audience", "instagram", "leadgen"}  # bind no call of ours
_MEASURES = ("call_count", "total_time", "total_cputime")
_LONGEST_MINUTES = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Usage:
    """The budget used so far, in whole percents rounded up; 100 means throttled.

    `percent` is the highest of all measures; `kinds` is the highest for each kind of budget ("app", "page", or the
    type Meta names: "pages", "messenger", …). `regain_seconds` is how long Graph says a throttled account has to wait.
    """

    percent: int = 0
    regain_seconds: float | None = None
    kinds: tuple[tuple[str, int], ...] = ()


def usage_of(headers: Mapping[str, str], account: str | None = None) -> Usage:
    """The usage that `headers` tell of. With `account`, other accounts' entries are left out if its own are there."""
    kinds: dict[str, int] = {}
    minutes = 0.0
    for kind, entry in _entries({name.lower(): value for name, value in headers.items()}, account):
        kinds[kind] = max(kinds.get(kind, 0), *(math.ceil(_number(entry.get(name))) for name in _MEASURES))
        minutes = max(minutes, _number(entry.get("estimated_time_to_regain_access")))
    regain = min(minutes, _LONGEST_MINUTES) * 60 if minutes else None
    return Usage(max(kinds.values(), default=0), regain, tuple(sorted(kinds.items())))


def _entries(headers: Mapping[str, str], account: str | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, kind in _FLAT.items():
        entry = _json(headers.get(name))
        if isinstance(entry, dict):
            yield kind, entry
    business = _json(headers.get(_BUSINESS))
    if not isinstance(business, dict):
        return
    own = business.get(account) if account else None
    for entries in [own] if isinstance(own, list) else business.values():
        for entry in entries if isinstance(entries, list) else ():
            kind = str(entry.get("type", "other")).lower()[:40] if isinstance(entry, dict) else ""
            if kind and kind not in _ELSEWHERE:
                yield kind, entry


def _json(text: str | None) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0.0
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return 0.0
    return min(max(number, 0.0), 1e6) if math.isfinite(number) else 0.0
