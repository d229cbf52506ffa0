"""Finding the complaints that one more may be the same as, without looking at all of them. Pure.

A complaint is filed under a handful of numbers: of its words (`saying.sketch`), of who complains about what, of what
happened where; each together with a span of time, so that old ones are never met again. The same numbers stand in the store.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..records import Like, OpenTicket
from .alike import REPEAT, STANDING, Told, why_same
from .saying import SKETCH, named, sketch, within

MOST = 40
"""So many are filed under one number; what more come with the same ordinary words are found by their rarer ones."""
_TRIED = 24
_WORDS, _OWN, _EVENT = 1, 2, 3
_DAY = 86_400.0
_SPANS = {
    _WORDS: (64 * _DAY, STANDING.total_seconds()),
    _OWN: (16 * _DAY, REPEAT.total_seconds()),
    _EVENT: (2 * _DAY, 0.5 * _DAY),
}
"""How much time is filed together, and how far back and ahead to look, in seconds."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Numbers to file a complaint under, and to look for others under."""

    own: tuple[int, ...]
    wanted: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """An open ticket with the complaint that opened it."""

    ticket: OpenTicket
    told: Told


def keys_of(told: Told) -> Keys:
    """The numbers of a complaint; none when its words are too few to mean one matter and its author is not shown."""
    at, words, other = told.at.timestamp(), told.all_words, []
    own = sketch(words)
    if told.author is not None and own:
        other.append((_OWN, named(told.author) + 3 * named(told.category)))
    other += [(_EVENT, number) for number in _happened(told)]
    filed = [(_WORDS, number) for number in own] + other
    wanted = [(_WORDS, number) for number in sketch(words, SKETCH + 1)] + other
    spans = {kind: _spans(kind, at) for kind in _SPANS}
    return Keys(
        tuple([within(number, kind, int(at // _SPANS[kind][0])) for kind, number in filed]),
        tuple([within(number, kind, span) for kind, number in wanted for span in spans[kind]]),
    )


def _spans(kind: int, at: float) -> set[int]:
    """The spans of time in which what may be the same was filed."""
    width, reach = _SPANS[kind]
    return {int((at - reach) // width), int(at // width), int((at + reach) // width)}


def _happened(told: Told) -> list[int]:
    if told.event is None or told.place.ambiguous:
        return []
    places = [told.place.kecamatan] if told.place.kecamatan else sorted(told.spots)[:3]
    return [named(told.event.name) + 3 * named(place) for place in places]


@dataclass(slots=True)
class Shelf:
    """Open tickets by the numbers of what opened them: those of the store that may matter, and those of this very batch."""

    _by_key: dict[int, list[Opened]] = field(default_factory=dict)

    def file(self, opened: Opened, keys: Sequence[int]) -> list[int]:
        """Files a ticket; returns the numbers that were not full yet, which are those worth storing."""
        kept = []
        for key in keys:
            under = self._by_key.setdefault(key, [])
            if len(under) < MOST:
                under.append(opened)
                kept.append(key)
        return kept

    def find(self, told: Told, wanted: Sequence[int]) -> list[Like]:
        """Tickets that say the same, the surest first; of equally sure ones the newest."""
        met: Counter[int] = Counter()
        there: dict[int, Opened] = {}
        for key in wanted:
            for opened in self._by_key.get(key, ()):
                met[id(opened)] += 1
                there[id(opened)] = opened
        if not met:
            return []
        likely = sorted(there, key=lambda i: (met[i], there[i].told.at), reverse=True)[:_TRIED]
        found = []
        for opened in map(there.__getitem__, likely):
            if (said := why_same(told, opened.told)) is not None:
                found.append((said[0], opened.told.at, opened.ticket.number, Like(opened.ticket, said[1])))
        return [one[-1] for one in sorted(found, key=lambda one: one[:3], reverse=True)]
