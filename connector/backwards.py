"""A clock that was ahead is set back, this machine's or the store's: the daemon goes on and does not wait for that time."""

from datetime import datetime, timedelta
from typing import Any

from apscheduler.schedulers.base import BaseScheduler
from sqlalchemy import Engine

from .outages import span
from .store import setback
from .store.engine import reading, writing

LATE = timedelta(seconds=1)


def catch_up(scheduler: BaseScheduler, now: datetime) -> None:
    """Runs now what this machine's scheduler would else start only when the clock is back where it was."""
    for job in scheduler.get_jobs():
        if job.next_run_time - now > job.trigger.interval + LATE:
            job.modify(next_run_time=now)


def set_right(engine: Engine, log: Any, now: datetime) -> None:
    """Makes due from `now`, the store's time, what was noted when the store's clock was ahead, and says so."""
    with reading(engine) as connection:
        ahead = setback.ahead(connection, now)
    if ahead is None:
        return
    with writing(engine) as connection:
        setback.set_back(connection, now)
    told = f"the store's clock was {span(ahead.total_seconds())} ahead: what was put off till then is due now"
    log.warning(told, action="clock_set_back")
