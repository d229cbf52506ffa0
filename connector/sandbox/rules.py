"""Which calls are hit by a fault: a rule matches calls, and what happens to them is its act."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from .wire import Request, Response

Proceed = Callable[[], Response]
Act = Callable[[Request, Proceed], Response]


@dataclass(slots=True)
class Fault:
    """Hit the calls whose `path?query` (without token) contains `path`: let `skip` pass, then hit `times` (None: all).

    `method` narrows it further. `hits` tells how often it fired.
    """

    act: Act
    path: str = ""
    method: str = ""
    skip: int = 0
    times: int | None = 1
    hits: int = field(default=0, init=False)
    _seen: int = field(default=0, init=False)

    def takes(self, request: Request) -> bool:
        """Whether this call is hit; counts it."""
        wrong_method = self.method not in ("", request.method)
        if wrong_method or self.path not in f"{request.path}?{request.query()}":
            return False
        self._seen += 1
        if self._seen <= self.skip or (self.times is not None and self.hits >= self.times):
            return False
        self.hits += 1
        return True


class Faults:
    """The rules in force. Thread-safe."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Put a rule in force; gives it back, for its `hits`."""
        with self._lock:
            self._rules.append(fault)
        return fault

    def clear(self) -> None:
        """No more faults."""
        with self._lock:
            self._rules.clear()

    def around(self, request: Request, proceed: Proceed) -> Proceed:
        """The honest answer wrapped in every fault that hits this call, the first rule outermost."""
        with self._lock:
            hit = [fault for fault in self._rules if fault.takes(request)]
        for fault in reversed(hit):
            proceed = _wrapped(fault.act, request, proceed)
        return proceed


def _wrapped(act: Act, request: Request, proceed: Proceed) -> Proceed:
    return lambda: act(request, proceed)
