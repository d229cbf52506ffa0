"""When what is read next, and how much of the call budget it may use. Pure: time and chance are arguments.

Of one account the newest posts and conversations are looked at in every interval, all posts by a slower walk, hot posts are
re-read by themselves, and all that is recent is swept once a day: edits, hides and deletions move no post's time, and Meta's
terms want what was deleted on Facebook gone within 24 hours.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

DAY = timedelta(days=1)
LONGEST_WAIT = timedelta(minutes=15)
PATIENCE = 3  # failures in a row of one post or conversation, before it rests
LONGEST_REST = timedelta(hours=1)
BLOCKED_WAIT = timedelta(hours=1)
NEWEST = 100  # posts that one look at the account shows
WALK_EVERY = timedelta(minutes=30)
WALK_CALLS = 600  # a day at most, for walks over all posts
SWEEP_EVERY = timedelta(hours=20)
SWEEP_BACK = timedelta(days=90)
HOT = timedelta(days=7)  # what last moved before that is re-read by the sweep only
REREAD_CALLS = 900  # a day, about
BATCH = 100  # comments a call
SLOW, STOP = 75, 95  # percent of a call budget: https://developers.facebook.com/docs/graph-api/overview/rate-limiting
NO_MINUTES = timedelta(minutes=15)  # how long to stop at STOP percent while Graph names no time
BLIND_AFTER = 3  # intervals
SHORTEST_BLIND = timedelta(minutes=3)
_HEAT = (
    (timedelta(hours=2), timedelta(minutes=10)),
    (DAY, timedelta(hours=2)),
    (HOT, timedelta(hours=8)),
    (SWEEP_BACK, SWEEP_EVERY),
)


@dataclass(frozen=True, slots=True)
class Post:
    """What re-reading goes by: when the post last moved, when it was last read to its end, how many comments it has."""

    id: str
    moved_at: datetime
    read_at: datetime | None
    total: int


def sweep_due(now: datetime, swept_at: datetime | None) -> bool:
    """Whether all that is recent is to be re-read."""
    return swept_at is None or now - swept_at >= SWEEP_EVERY


def walk_due(now: datetime, walked_at: datetime | None, posts: int) -> bool:
    """Whether all posts are to be looked at, and not the newest only."""
    return walked_at is None or now - walked_at >= walk_every(posts)


def walk_every(posts: int) -> timedelta:
    """How often: the more calls it takes, the more seldom, but within a day."""
    return min(max(WALK_EVERY, DAY * (posts // NEWEST + 1) / WALK_CALLS), SWEEP_EVERY)


def reread_every(quiet: timedelta, total: int) -> timedelta | None:
    """How often a post is re-read that last moved `quiet` ago: minutes, hours, a day; dear ones less often. None: never."""
    wait = next((every for bound, every in _HEAT if quiet < bound), None)
    return wait and min(wait * (total // BATCH + 1), SWEEP_EVERY)


def worth_reading(now: datetime, moved_at: datetime | None, read_at: datetime | None, total: int) -> bool:
    """Whether a post or conversation whose count does not fit may be read to its end already."""
    every = reread_every(now - moved_at, total) if moved_at else SWEEP_EVERY
    return read_at is None or now - read_at >= (every or SWEEP_EVERY)


def rereads(now: datetime, posts: Iterable[Post], every_seconds: float) -> list[str]:
    """Which posts to re-read in this pass, the most overdue first; not more than the share of this interval."""
    late: list[tuple[float, str]] = []
    for post in posts:
        every = reread_every(now - post.moved_at, post.total)
        if every is not None:
            waited = (now - post.read_at) / every if post.read_at else float("inf")
            late.append((waited, post.id))
    share = int(REREAD_CALLS * every_seconds / DAY.total_seconds()) + 1
    return [key for waited, key in sorted(late, key=lambda one: (-one[0], one[1])) if waited >= 1][:share]


def next_due(
    now: datetime, every_seconds: float, fails: int, chance: float, blocked: bool = False, used: int = 0
) -> datetime:
    """The next due time after a pass that ended at `now`.

    After failures the wait doubles up to 15 minutes; a blocked account (dead token) is tried once an hour; with `used`
    percent of the call budget it grows. `chance` in [0, 1) spreads waits by up to a tenth, so that daemons and accounts
    do not march in step.
    """
    wait = BLOCKED_WAIT if blocked else wait_after(every_seconds, fails) * stretch(used)
    return now + wait * (1 + chance / 10 if fails or blocked or used >= SLOW else 1)


def wait_after(every_seconds: float, fails: int) -> timedelta:
    """One interval; doubled for each failure in a row, up to 15 minutes."""
    every = timedelta(seconds=every_seconds)
    doubled: timedelta = every * 2 ** min(fails, 10)
    return min(doubled, max(LONGEST_WAIT, every)) if fails else every


def rest_after(every_seconds: float, fails: int) -> timedelta:
    """How long one post or conversation is left alone that failed so many times in a row and does not move.

    Nothing for the first two, then a time that doubles up to an hour: the fault may be a passing one of Graph's.
    """
    if fails < PATIENCE:
        return timedelta(0)
    doubled: timedelta = timedelta(seconds=every_seconds) * 2 ** min(fails - PATIENCE + 1, 12)
    return min(doubled, LONGEST_REST)


def stretch(used: int) -> float:
    """How many times as long intervals are when so many percent of the budget are used: 1 up to 75, 10 at 95."""
    return 1.0 + 9.0 * min(max(used - SLOW, 0), STOP - SLOW) / (STOP - SLOW)


def has_turn(now: datetime, read_at: datetime | None, every_seconds: float, used: int) -> bool:
    """Whether a stream with a call budget of its own, of which so many percent are used, is read in this pass."""
    return used < SLOW or read_at is None or now - read_at >= timedelta(seconds=every_seconds) * stretch(used)


def pause_of(used: int, regain_seconds: float | None) -> timedelta | None:
    """How long to leave a budget alone that is nearly used up: as Graph names it; None while it is not."""
    if used < STOP:
        return None
    return max(timedelta(seconds=regain_seconds or 0), NO_MINUTES)


def spare(used: int) -> bool:
    """Whether there is budget for what can wait: re-reads, sweeps, backfills."""
    return used < SLOW


def is_blind(now: datetime, heard_at: datetime | None, every_seconds: float, fails: int = 0) -> bool:
    """Whether nothing usable has come from Graph for three intervals, or three passes in a row failed as a whole.

    People must be told: silence looks like peace.
    """
    patience = max(BLIND_AFTER * timedelta(seconds=every_seconds), SHORTEST_BLIND)
    return fails >= BLIND_AFTER or (heard_at is not None and now - heard_at > patience)


def is_retired(asked: str, served: str | None) -> bool:
    """Whether a newer Graph version answers than the one asked for: that one is no more, its fields may be none any more.

    An older one only answered when an older one was asked, before the configuration was changed.
    """
    return served is not None and _numbers(served) > _numbers(asked)


def _numbers(version: str) -> list[int]:
    return [int(n) for n in re.findall(r"\d+", version)]


def plan(
    every_seconds: float,
    posts: int,
    conversations: int,
    hot: Iterable[tuple[timedelta, int]],
    messages: bool,
    lost: int = 0,
) -> Mapping[str, int]:
    """Calls a day for an account on which nothing happens. One more call goes for each post or conversation that moves, and
    one for each further hundred comments.

    `hot` are its recent posts: quiet for how long, with how many comments; `lost` the conversations out of the inbox that one
    sweep asks for.
    """
    looks = DAY / timedelta(seconds=every_seconds)
    walks = (posts // NEWEST + 1) * (DAY / walk_every(posts))
    again = sum((total // BATCH + 1) * (DAY / wait) for quiet, total in hot if (wait := reread_every(quiet, total)))
    swept = (posts // 25 + 1 + (conversations // 25 + 1 + lost if messages else 0)) * (DAY / SWEEP_EVERY)
    share = (int(REREAD_CALLS * every_seconds / DAY.total_seconds()) + 1) * looks
    parts = {"newest": looks, "walks": walks, "rereads": min(again, share), "sweeps": swept}
    return {name: round(calls) for name, calls in parts.items()} | {"total": round(sum(parts.values()))}
