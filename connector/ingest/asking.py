"""Asking Graph for one response: with less when it wants less, without a field that it knows no more. It remembers both.

What a list of the account taught is kept in the store and tried anew after a day, since Graph's moods pass. What one post or
conversation taught concerns that one alone, and only for the length of a pass: there are odd objects, without words or a list
of comments. What several of them needed before they were answered, a size or no field of some name, is what Graph bears for all
of their kind, and is kept too; of a field only while no other object of the kind was answered with it.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from ..errors import AskLess, FieldGone, Transient, TryLater
from ..platforms.facebook.asks import Ask
from ..platforms.facebook.parse import when
from ..schedule import NO_MINUTES, STOP, pause_of

REMEMBERED = timedelta(days=1)
SEVERAL = 2  # objects that want less, before all of their kind are asked for less
MANY = 5  # objects without a field, before none of their kind is asked for it: words are lost where that is wrong
MESSENGER = "messenger"  # a budget of its own: when it is used up, posts are read on


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
    """Sends asks over the wire. `quirks` is what earlier passes learned, by ask: size, dropped fields, and since when.

    `stop_at`: with so many percent of a call budget used, it asks no more. `used` is the percentage by kind of budget and
    `served` the Graph version that really answers, as far as answers have told. `messenger`: Messenger was asked, too.
    """

    def __init__(
        self,
        wire: Wire,
        quirks: Mapping[str, Any] | None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        stop_at: int = STOP,
    ) -> None:
        self._wire, self._clock, self._stop_at = wire, clock, stop_at
        self.used: dict[str, int] = {}
        self.served: str | None = None
        self.messenger = False
        self._regain: float | None = None
        self._known = still_true(quirks, clock())
        self._quirks = dict(self._known)
        self._own: dict[tuple[str, str], _Learned] = {}
        self._borne: defaultdict[str, dict[str, Ask]] = defaultdict(dict)
        self._granted: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
        self._lock = threading.Lock()

    @property
    def quirks(self) -> dict[str, Any]:
        """What has been learned of the account's lists, as plain JSON."""
        with self._lock:
            return dict(self._quirks)

    @property
    def learned(self) -> dict[str, Any]:
        """What of that was learned in this pass."""
        return {name: quirk for name, quirk in self.quirks.items() if quirk != self._known.get(name)}

    def ask(self, ask: Ask, after: str | None = None, *, about_account: bool = False) -> Any:
        """One answer. Raises GraphError other than AskLess and FieldGone; Transient when there is nothing left to cut."""
        ask, halved = self._learned(ask), False
        while True:
            self._allowed(ask)
            self.messenger = self.messenger or ask.messenger
            try:
                answer = self._heard(self._wire.get(ask.path, about_account=about_account, **ask.query(after)))
                if ask.of_one:
                    self._knows(ask)
                    if halved:
                        self._bears(ask)
                return answer
            except AskLess as error:
                less = ask.less()
                if less is None:
                    raise Transient(
                        f"{ask.path}: Graph cannot answer even the smallest request", code=error.code
                    ) from error
                self._learn(less)
                ask, halved = less, True
            except FieldGone as error:
                dropping = ask.dropping(error.field)
                if dropping is None:
                    raise
                self._learn(dropping, error.field)
                ask = dropping

    def _bears(self, ask: Ask) -> None:
        """One object was answered after it wanted less; the most that several bear is asked of all from now on."""
        with self._lock:
            borne = self._borne[ask.name]
            borne[ask.path] = ask
            if len(borne) >= SEVERAL:
                sizes = {
                    "limit": max((a.limit for a in borne.values() if a.limit is not None), default=None),
                    "inner": max((a.inner for a in borne.values() if a.inner is not None), default=None),
                }
                kept = {name: size for name, size in sizes.items() if size is not None}
                self._quirks[ask.name] = self._quirks.get(ask.name, {}) | kept | {"at": self._clock().isoformat()}

    def _knows(self, ask: Ask) -> None:
        """One object was answered: whatever others say, Graph knows the fields that were asked of it."""
        with self._lock:
            self._granted[ask.name] |= ask.names()
            quirk = self._quirks.get(ask.name, {})
            denied = {
                field for field, paths in quirk.get("told", {}).items() if paths and field in self._granted[ask.name]
            }
            if denied:
                told = {field: [] if field in denied else paths for field, paths in quirk["told"].items()}
                dropped = [field for field in quirk.get("dropped", ()) if field not in denied]
                self._quirks[ask.name] = quirk | {"told": told, "dropped": dropped, "at": self._clock().isoformat()}

    def refuse(self, ask: Ask) -> None:
        """Remembers for a day that Graph does not answer this kind of call."""
        with self._lock:
            self._quirks[ask.name] = {"refused": True, "at": self._clock().isoformat()}

    def apart(self, *asks: Ask) -> None:
        """Remembers for a day that what these nest does not come whole: it is asked for by itself."""
        with self._lock:
            for ask in asks:
                self._quirks[ask.name] = self._quirks.get(ask.name, {}) | {"inner": 0, "at": self._clock().isoformat()}

    def refused(self, ask: Ask) -> bool:
        """Whether Graph refused this kind of call lately."""
        return bool(self.quirks.get(ask.name, {}).get("refused"))

    def _allowed(self, ask: Ask) -> None:
        """Raises TryLater when the call's budget is used up but for what emergencies need."""
        if error := self.spent(ask.messenger, ask.path):
            raise error

    def spent(self, messenger: bool, path: str) -> TryLater | None:
        """Why nothing more may be asked there, if so; only Messenger's calls go by Messenger's own budget, too."""
        with self._lock:
            kinds = {kind: n for kind, n in self.used.items() if kind != MESSENGER or messenger}
            regain = self._regain
        worst = max(kinds, key=kinds.__getitem__, default="")
        if kinds.get(worst, 0) < self._stop_at:
            return None
        who = "messages pause" if worst == MESSENGER else "the account pauses"
        error = TryLater(f"{path}: {kinds[worst]} % of the call budget ({worst}) is used; {who}")
        error.retry_after = (pause_of(kinds[worst], regain) or NO_MINUTES).total_seconds()
        error.budget = worst
        return error

    def _heard(self, answer: Any) -> Any:
        with self._lock:
            if usage := getattr(answer, "usage", None):
                self.used |= dict(usage.kinds)
                self._regain = usage.regain_seconds
            self.served = getattr(answer, "served_version", None) or self.served
        return answer

    def nests(self, ask: Ask) -> bool:
        """Whether an ask still brings its nested edge along, after all that was learned."""
        learned = self._learned(ask)
        return bool(learned.inner) and not learned.dropped & {"comments", "messages"}

    def lacks(self, fields: frozenset[str], object_id: str = "") -> bool:
        """Whether any of these fields is not asked for, since Graph said that it knows it no more: of this object, or of all."""
        with self._lock:
            own = [o.dropped for (_, path), o in self._own.items() if path.partition("/")[0] == object_id]
            dropped = [*(q.get("dropped", ()) for q in self._quirks.values()), *own]
        return any(not fields.isdisjoint(names) for names in dropped)

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
        """Keeps what `ask` has come down to; `field` is what Graph said is gone."""
        with self._lock:
            if not ask.of_one:
                kept = {"limit": ask.limit, "inner": ask.inner, "dropped": sorted(ask.dropped)}
            else:
                self._own[ask.name, ask.path] = _Learned(ask.limit, ask.inner, ask.dropped)
                quirk, known = self._quirks.get(ask.name, {}), field in self._granted[ask.name]
                kept = _told(quirk, field, ask.path, known) if field else {}
            kept = {k: v for k, v in kept.items() if v is not None and v != []}
            if kept:
                self._quirks[ask.name] = kept | {"at": self._clock().isoformat()}


def _told(quirk: Mapping[str, Any], field: str, path: str, known: bool) -> dict[str, Any]:
    """What is known of a kind of object after one more of them said that it has no such field.

    `known`: others were answered with it; then nobody's word counts any more.
    """
    told = {field: [path], **quirk.get("told", {})}
    if told[field]:
        told[field] = [] if known else sorted({*told[field], path})[:MANY]
    gone = {field} if len(told[field]) >= MANY else set()
    return {**quirk, "told": told, "dropped": sorted({*quirk.get("dropped", ()), *gone})}


def still_true(quirks: Mapping[str, Any] | None, now: datetime) -> dict[str, Any]:
    """What was learned of Graph within a day, by ask."""

    def fresh(quirk: Any) -> bool:
        at = when(quirk.get("at")) if isinstance(quirk, dict) else None
        return at is not None and abs(now - at) < REMEMBERED

    return {name: quirk for name, quirk in (quirks or {}).items() if fresh(quirk)}


def left_out(quirks: Mapping[str, Any] | None, now: datetime) -> list[str]:
    """The fields that Graph said within a day that it knows no more: nothing asks for them."""
    return sorted({field for quirk in still_true(quirks, now).values() for field in quirk.get("dropped", ())})


def _least(asked: int | None, *borne: int | None) -> int | None:
    return None if asked is None else min([asked, *(n for n in borne if n is not None)])
