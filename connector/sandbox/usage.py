"""Call budgets: the usage headers that grow with every call, and the throttle at 100 %."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from .errors import GraphError

Bucket = Literal["app", "pages", "messenger"]
_WINDOW = {"app": 3600, "pages": 86_400, "messenger": 86_400}
_DOCS = "https://developers.facebook.com/docs/graph-api/overview/rate-limiting"


@dataclass(slots=True)
class Limits:
    """Calls per window (app: an hour; a Page's reads or its Messenger: a day); None switches a budget off.

    At 100 % a call fails and the gate stays shut for `wait_minutes`; every call made meanwhile adds
    `prolong_minutes`. Below `silent_below` percent no header is sent. What a Page may write within an hour: comments (341) and
    private replies (613/2534040).
    """

    app: int | None = None
    pages: int | None = 48_000
    messenger: int | None = 20_000
    wait_minutes: int = 19
    prolong_minutes: int = 1
    silent_below: int = 0
    comments_an_hour: int | None = None
    private_replies_an_hour: int | None = 750


@dataclass(slots=True)
class _Count:
    start: int
    calls: int = 0
    shut_until: int = 0


@dataclass(slots=True)
class Usage:
    """What was used so far, by budget and object."""

    limits: Limits = field(default_factory=Limits)
    counts: dict[tuple[Bucket, str], _Count] = field(default_factory=dict)
    recent: dict[str, deque[float]] = field(default_factory=dict)

    def spend(self, bucket: Bucket, owner: str, now: int) -> None:
        """Count one call; error 4, 80001 or 80006 when the budget is used up, and the wait grows."""
        count = self._count(bucket, owner, now)
        if now < count.shut_until:
            count.calls += 1
            count.shut_until += self.limits.prolong_minutes * 60
            raise _throttled(bucket)
        if count.shut_until:
            count.start, count.calls, count.shut_until = now, 0, 0
        count.calls += 1
        limit: int | None = getattr(self.limits, bucket)
        if limit is not None and count.calls > limit:
            count.shut_until = now + self.limits.wait_minutes * 60
            raise _throttled(bucket)

    def pace(self, page_id: str, now: float, per_second: int | None, code: int) -> None:
        """Refuse the call that is one too many within a second (conversations of a Page)."""
        if per_second is None:
            return
        times = self.recent.setdefault(page_id, deque())
        while times and times[0] <= now - 1:
            times.popleft()
        if len(times) >= per_second:
            raise _throttled("messenger") if code == 80006 else _too_fast()
        times.append(now)

    def write(self, kind: Literal["comments", "private_replies"], page_id: str, now: int) -> None:
        """Count one write; error 341 or 613/2534040 when there were too many within the hour."""
        most: int | None = getattr(self.limits, f"{kind}_an_hour")
        times = self.recent.setdefault(f"{kind}:{page_id}", deque())
        while times and times[0] <= now - 3600:
            times.popleft()
        if most is not None and len(times) >= most:
            if kind == "comments":
                raise GraphError(341, "(#341) Feed action request limit reached")
            raise GraphError(613, "(#613) Calls to this api have exceeded the rate limit.", subcode=2534040)
        times.append(now)

    def headers(self, bucket: Bucket, owner: str, now: int) -> dict[str, str]:
        """X-App-Usage for the app's own budget, X-Business-Use-Case-Usage for a Page's."""
        count = self._count(bucket, owner, now)
        limit: int | None = getattr(self.limits, bucket)
        percent = min(100, -(-100 * count.calls // limit)) if limit else 1
        if now < count.shut_until:
            percent = 100
        elif percent < self.limits.silent_below:
            return {}
        figures = {"call_count": percent, "total_cputime": -(-percent // 4), "total_time": -(-percent // 4)}
        if bucket == "app":
            return {"X-App-Usage": json.dumps(figures, separators=(",", ":"))}
        minutes = -(-max(0, count.shut_until - now) // 60)
        entry = {"type": bucket} | figures | {"estimated_time_to_regain_access": minutes}
        return {"X-Business-Use-Case-Usage": json.dumps({owner: [entry]}, separators=(",", ":"))}

    def _count(self, bucket: Bucket, owner: str, now: int) -> _Count:
        count = self.counts.setdefault((bucket, owner), _Count(now))
        if now >= count.start + _WINDOW[bucket] and now >= count.shut_until:
            count.start, count.calls, count.shut_until = now, 0, 0
        return count


def _throttled(bucket: Bucket) -> GraphError:
    if bucket == "app":
        return GraphError(4, "(#4) Application request limit reached", http=403, transient=True)
    code, what = (80001, "Page") if bucket == "pages" else (80006, "Messenger")
    text = f"There have been too many calls to this {what} account. Wait a bit and try again."
    return GraphError(code, f"(#{code}) {text} For more info, please refer to {_DOCS}.")


def _too_fast() -> GraphError:
    return GraphError(613, "(#613) Calls to this api have exceeded the rate limit.")
