"""Who may come in: a key that is good once, sessions that end, a brake on guessing. Knows no HTTP; time is an argument."""

import hmac
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

IDLE, LONGEST = timedelta(minutes=15), timedelta(hours=8)
"""A session ends when nothing was asked for so long, and at the latest after so long (QUALITY S-11)."""
GUESSES, WITHIN = 5, timedelta(minutes=1)
"""After so many wrong keys within this time every key is refused until it is over."""
QUIET = timedelta(seconds=10)
"""An address that was told already is told again at most this often: a terminal must stay readable."""


def _random() -> str:
    return secrets.token_urlsafe(24)


@dataclass(slots=True)
class Session:
    """One browser that came in. `token` is what its page sends along with each change."""

    began: datetime
    seen: datetime
    token: str = field(default_factory=_random)

    def alive(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return now - self.seen < IDLE and now - self.began < LONGEST


class Door:
    """Keys and sessions of one running command; safe to use from several threads."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._key = _random()
        self._told: tuple[str, datetime] | None = None
        self._sessions: dict[str, Session] = {}
        self._wrong: list[datetime] = []

    def enter(self, key: str, now: datetime) -> str | None:
        """The name of a new session, for the key that is good now; there is another key from then on. None for any other."""
        with self._turn:
            if self._wait(now):
                return None
            if not same(key, self._key):
                self._wrong.append(now)
                return None
            self._key, name = _random(), _random()
            self._sessions[name] = Session(now, now)
            return name

    def wait(self, now: datetime) -> int:
        """For how many seconds every key is refused; 0 if none is."""
        with self._turn:
            return self._wait(now)

    def session(self, name: str, now: datetime) -> Session | None:
        """The living session of this name, which lives on by being used."""
        with self._turn:
            self._sessions = {known: one for known, one in self._sessions.items() if one.alive(now)}
            if found := self._sessions.get(name):
                found.seen = now
            return found

    def knock(self, now: datetime) -> str | None:
        """The key to tell on the terminal when somebody stands outside: at once if it was not told yet, else seldom.

        A key that was told and not used stays good, so that a stranger who knocks cannot make the printed one worthless.
        """
        with self._turn:
            if self._told and self._told[0] == self._key and now - self._told[1] < QUIET:
                return None
            self._told = self._key, now
            return self._key

    def _wait(self, now: datetime) -> int:
        self._wrong = [at for at in self._wrong if now - at < WITHIN]
        if len(self._wrong) < GUESSES:
            return 0
        return ceil((self._wrong[0] + WITHIN - now).total_seconds())


def same(given: str, right: str) -> bool:
    """Whether both are equal, in a time that tells nothing of how far they are."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())
