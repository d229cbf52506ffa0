"""Asking Graph for one response: with less when it wants less, without a field that it knows no more. It remembers both."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from ..errors import AskLess, FieldGone, Transient
from ..platforms.facebook.asks import Ask


class Wire(Protocol):
    """The way to Graph for one token."""

    def get(self, path: str, *, about_account: bool = False, **params: str) -> Any:
        """One call; raises GraphError."""


class Asker:
    """Sends asks over the wire. `quirks` is what earlier passes learned, by ask: size and dropped fields."""

    def __init__(self, wire: Wire, quirks: Mapping[str, Any] | None) -> None:
        self._wire = wire
        self._quirks: dict[str, Any] = dict(quirks or {})
        self._lock = threading.Lock()

    @property
    def quirks(self) -> dict[str, Any]:
        """What has been learned, as plain JSON."""
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
                ask = less
            except FieldGone as error:
                dropping = ask.dropping(error.field)
                if dropping is None:
                    raise
                ask = dropping
            self._learn(ask)

    def nests(self, ask: Ask) -> bool:
        """Whether an ask still brings its nested edge along, after all that was learned."""
        learned = self._learned(ask)
        return bool(learned.inner) and not learned.dropped & {"comments", "messages"}

    def _learned(self, ask: Ask) -> Ask:
        quirk = self.quirks.get(ask.name, {})
        return replace(
            ask,
            limit=min(ask.limit, quirk.get("limit", ask.limit)) if ask.limit is not None else None,
            inner=min(ask.inner, quirk.get("inner", ask.inner)) if ask.inner is not None else None,
            dropped=frozenset(quirk.get("dropped", ())),
        )

    def _learn(self, ask: Ask) -> None:
        with self._lock:
            self._quirks[ask.name] = {
                k: v
                for k, v in (("limit", ask.limit), ("inner", ask.inner), ("dropped", sorted(ask.dropped)))
                if v is not None and v != []
            }
