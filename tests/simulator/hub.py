"""Virtual time and the tasks that live in it: a task runs until it sleeps, and nothing ever waits for real."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from greenlet import getcurrent, greenlet


@dataclass(slots=True)
class Clock:
    """The one true time; what each daemon's own clock shows is its affair."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def ahead(self, seconds: float) -> datetime:
        """The time so many seconds from now."""
        return self.now + timedelta(seconds=seconds)


@dataclass(slots=True)
class Task:
    """Something that goes on by itself from `wake` on."""

    name: str
    run: Callable[[], None]
    wake: datetime
    thread: greenlet | None = None
    over: bool = False


@dataclass(slots=True)
class Hub:
    """Runs tasks in the order of their waking; of several at once, the one that was added first."""

    clock: Clock
    tasks: list[Task] = field(default_factory=list)
    current: Task | None = None
    home: greenlet | None = None

    def add(self, name: str, run: Callable[[], None], wait: float = 0.0) -> None:
        """One more task, beginning after `wait` seconds."""
        task = Task(name, run, self.clock.ahead(wait))

        def whole() -> None:
            run()
            task.over = True

        task.thread = greenlet(whole)
        self.tasks.append(task)

    def sleep(self, seconds: float) -> None:
        """The running task lets others run until so much time has passed; outside of tasks time just passes."""
        if self.current is None or self.home is None:
            self.clock.now = self.clock.ahead(seconds)
            return
        self.current.wake = self.clock.ahead(seconds)
        self.home.switch()

    def run(self) -> None:
        """Until all tasks are over."""
        self.home = getcurrent()
        while waiting := [task for task in self.tasks if not task.over]:
            task = min(waiting, key=lambda task: task.wake)
            self.clock.now = max(self.clock.now, task.wake)
            self.current = task
            assert task.thread is not None
            task.thread.switch()
        self.current = self.home = None


class Stop(threading.Event):
    """A stop that is set by the schedule and whose waiting takes virtual time only."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        super().__init__()
        self._sleep = sleep

    def wait(self, timeout: float | None = None) -> bool:
        """Lets `timeout` seconds of virtual time pass."""
        self._sleep(timeout or 0.0)
        return self.is_set()
