"""When an account is next due. Pure: time and chance are arguments."""

from datetime import datetime, timedelta

LONGEST_WAIT = timedelta(minutes=15)
BLOCKED_WAIT = timedelta(hours=1)


SWEEP_EVERY = timedelta(hours=20)
SWEEP_BACK = timedelta(days=30)


def sweep_due(now: datetime, swept_at: datetime | None) -> bool:
    """Whether all that is recent is to be re-read: edits, hides and deletions do not move a post's time.

    Meta's terms want what was deleted on Facebook gone within 24 hours.
    """
    return swept_at is None or now - swept_at >= SWEEP_EVERY


def next_due(now: datetime, every_seconds: float, fails: int, chance: float, blocked: bool = False) -> datetime:
    """The next due time after a pass that ended at `now`.

    After failures the wait doubles up to 15 minutes; a blocked account (dead token) is tried once an hour. `chance`
    in [0, 1) spreads waits by up to a tenth, so that daemons and accounts do not march in step.
    """
    if blocked:
        wait = BLOCKED_WAIT
    else:
        wait = timedelta(seconds=every_seconds) * 2 ** min(fails, 10)
        if fails:
            wait = min(wait, max(LONGEST_WAIT, timedelta(seconds=every_seconds)))
    return now + wait * (1 + chance / 10 if fails or blocked else 1)
