"""What processing needs, and what it says it did."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from classifiers.verdict import Category, Classify, Urgency, Verdict, same

from ..pipeline import Parse
from ..records import NOBODY, Decision, Place, Roster
from ..states import ten_days


@dataclass(frozen=True, slots=True)
class Desk:
    """What processing needs beside the store: all of it pure functions and plain facts.

    `find_place` takes a text and, where it is known, the place of the post that it stands under; `route` gives the agency
    of a category, a place and, where they are known, the words, and `why` the reason; `class_of` the class of a complaint that
    a machine judged, which the office's rules may raise; `reopens_until` the time until which
    the reporter's next word takes up a ticket closed at some time, and `reopens` whether it then opens by itself though a
    person closed it; `roster` says whom an alarm rings.
    """

    classify: Classify
    parse: Parse
    find_place: Callable[..., Place]
    route: Callable[..., str]
    deadline: Callable[[datetime, Any], datetime]
    official: frozenset[str]
    clock: Callable[[], datetime]
    reopens_until: Callable[[datetime], datetime] = ten_days
    roster: Roster = NOBODY
    why: Callable[..., str] = lambda *_: ""
    class_of: Callable[[Category, Place, Urgency], Urgency] = lambda _category, _place, said: said
    reopens: bool = False


@dataclass(slots=True)
class Change:
    """What processing makes of one item, beside what stood there before."""

    id: str
    before: tuple[str, Verdict | None] | None
    after: tuple[str, Verdict | None]

    @property
    def real(self) -> bool:
        """True when decision or verdict differ."""
        return self.before is None or self.before[0] != self.after[0] or not same(self.before[1], self.after[1])


@dataclass(slots=True)
class Result:
    """What a run did."""

    counts: dict[str, int] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def add(self, name: str, by: int = 1) -> None:
        """Counts something."""
        self.counts[name] = self.counts.get(name, 0) + by


def name_of(decision: Decision) -> str:
    """open, append, review or ignore."""
    return type(decision).__name__.lower()
