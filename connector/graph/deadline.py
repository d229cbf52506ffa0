"""A time limit for one whole call, and sockets that keep it.

requests knows only a limit for each read, so one byte a second would hold a call for ever. Here every read of a
socket, in headers and body alike, waits in short slices and looks at the clock and at `stop` between them: no
watchdog thread, and nothing is shut down under another thread's feet.
"""

import io
import socket
import threading
import time
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_SLICE = 0.1


class DeadlineError(Exception):
    """The limit was reached. Not an OSError, so that no layer between takes it for a reset and asks again."""


class StopError(Exception):
    """`stop` was set."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Until when a call may last (`until`, time.monotonic) and how long the other side may be silent (seconds)."""

    until: float
    silence: float
    stop: threading.Event

    def wait(self, since: float) -> float:
        """Seconds that may be waited now, when nothing was heard since `since`. Raises DeadlineError, StopError."""
        if self.stop.is_set():
            raise StopError
        now = time.monotonic()
        left = min(self.until, since + self.silence) - now
        if left <= 0:
            raise DeadlineError("the whole call took too long" if now >= self.until else "no byte came for too long")
        return min(left, _SLICE)


LIMIT: ContextVar[Limit] = ContextVar("limit")


class _Raw(io.RawIOBase):
    """A socket's bytes within the limit that was in force when the response began."""

    def __init__(self, sock: socket.socket, limit: Limit) -> None:
        self._sock, self._limit = sock, limit
        # The socket stays open until this is closed, even after the connection let go of it.
        self._hold = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        since = time.monotonic()
        while True:
            self._sock.settimeout(self._limit.wait(since))
            try:
                return self._sock.recv_into(buffer)
            except TimeoutError:
                continue

    def close(self) -> None:
        self._hold.close()
        super().close()


class _Source:
    """What http.client needs of a socket to read a response."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Raw(self._sock, LIMIT.get()))


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(_Source(sock), *args, **kwargs)  # type: ignore[arg-type]


class _Plain(HTTPConnection):
    response_class = _Response


class _Tls(HTTPSConnection):
    response_class = _Response


class PlainPool(HTTPConnectionPool):
    """Connections that keep LIMIT."""

    ConnectionCls = _Plain


class TlsPool(HTTPSConnectionPool):
    """Connections that keep LIMIT."""

    ConnectionCls = _Tls


POOLS = {"http": PlainPool, "https": TlsPool}
