"""Asking Graph for one response: with less when it wants less, without a field that it knows no more. It remembers both.

What a list of the account taught is kept in the store and tried anew after a day, since Graph's moods pass. What one post or
conversation taught concerns that one alone, and only for the length of a pass; of it only a field that Graph names is kept.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from ..errors import AskLess, FieldGone, Transient
from ..platforms.facebook.asks import Ask
from ..platforms.facebook.parse import when

REMEMBERED = timedelta(days=1)


class Wire(Protocol):
    """The way to Graph for one token."""

    def get(self, path: str, *, about_account: bool = False, **params: str) -> Any:
        """One call; raises GraphError."""


@dataclass(frozen=True, slots=True)
class _Learned:
    """How much is borne, and what is not asked for."""

    limit: int | None = None
    inner: int | None = None
    dropped: frozenset[str] = frozenset()


class Asker:
    """Sends asks over the wire. `quirks` is what earlier passes learned, by ask: size, dropped fields, and since when."""

    def __init__(
        self,
        wire: Wire,
        quirks: Mapping[str, Any] | None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._wire, self._clock = wire, clock
        self._quirks: dict[str, Any] = {k: v for k, v in (quirks or {}).items() if self._fresh(v)}
        self._own: dict[tuple[str, str], _Learned] = {}
        self._lock = threading.Lock()

    @property
    def quirks(self) -> dict[str, Any]:
        """What has been learned of the account's lists, as plain JSON."""
        with self._lock:
            return dict(self._quirks)

    def ask(self, ask: Ask, after: str | None = None, *, about_account: bool = False) -> Any:
        """One answer. Raises GraphError other than AskLess and FieldGone; Transient when there is nothing left to cut."""
        ask = self._learned(ask)
        while True:
            try:
                return self._wire.get(ask.path, about_account=about_account, **ask.query(after))
            except AskLess as error:
                less = ask.less()
                if less is None:
                    raise Transient(
                        f"{ask.path}: Graph cannot answer even the smallest request", code=error.code
                    ) from error
                self._learn(less)
                ask = less
            except FieldGone as error:
                dropping = ask.dropping(error.field)
                if dropping is None:
                    raise
                self._learn(dropping, error.field)
                ask = dropping

    def nests(self, ask: Ask) -> bool:
        """Whether an ask still brings its nested edge along, after all that was learned."""
        learned = self._learned(ask)
        return bool(learned.inner) and not learned.dropped & {"comments", "messages"}

    def _fresh(self, quirk: Any) -> bool:
        at = when(quirk.get("at")) if isinstance(quirk, dict) else None
        return at is not None and abs(self._clock() - at) < REMEMBERED

    def _learned(self, ask: Ask) -> Ask:
        quirk = self.quirks.get(ask.name, {})
        own = self._own.get((ask.name, ask.path), _Learned())
        return replace(
            ask,
            limit=_least(ask.limit, quirk.get("limit"), own.limit),
            inner=_least(ask.inner, quirk.get("inner"), own.inner),
            dropped=frozenset(quirk.get("dropped", ())) | own.dropped,
        )

    def _learn(self, ask: Ask, field: str = "") -> None:
        """Keeps what `ask` has come down to; `field` is what Graph said is gone, for every object of that kind."""
        with self._lock:
            if not ask.of_one:
                kept = {"limit": ask.limit, "inner": ask.inner, "dropped": sorted(ask.dropped)}
            else:
                self._own[ask.name, ask.path] = _Learned(ask.limit, ask.inner, ask.dropped)
                known = set(self._quirks.get(ask.name, {}).get("dropped", ()))
                kept = {"dropped": sorted(known | {field})} if field else {}
            kept = {k: v for k, v in kept.items() if v is not None and v != []}
            if kept:
                self._quirks[ask.name] = kept | {"at": self._clock().isoformat()}


def _least(asked: int | None, *borne: int | None) -> int | None:
    return None if asked is None else min([asked, *(n for n in borne if n is not None)])
