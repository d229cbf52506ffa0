"""Finding the complaints that one more may be the same as, without looking at all of them. Pure.

A complaint is filed under a handful of numbers: of its words (`saying.sketch`), of who complains about what, of what
happened where; each together with a span of time, so that old ones are never met again. The same numbers stand in the store.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..records import Like, OpenTicket
from .alike import REPEAT, STANDING, Told, why_same
from .saying import contained, named, sketch, within

MOST = 40
"""So many are filed under one number; what more come with the same ordinary words are found by their rarer ones."""
TRIED = 8
"""So many are compared with one complaint, those with most numbers in common."""
_SAME, _RELATED = 0.7, 0.3
"""How much of the shorter text's words two share at least, as far as gists tell, in which `why_same` sees the same words, or
what one person repeats."""
_DAY = 86_400.0
_WORDS = (64 * _DAY, STANDING.total_seconds())
_OWN = (16 * _DAY, REPEAT.total_seconds())
_EVENT = (2 * _DAY, _DAY)
"""How much time is filed together, and how far back and ahead to look, in seconds."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Numbers to file a complaint under, and to look for others under, each with how much of the words must be the same."""

    own: Sequence[int]
    wanted: Mapping[int, float]
    gist: int

    def rows(self, item: int) -> list[tuple[int, int, int]]:
        """What is filed of the item of this row: (number, item, gist)."""
        return [(key, item, self.gist) for key in self.own]


@dataclass(frozen=True, slots=True)
class Opened:
    """An open ticket with the complaint that opened it."""

    ticket: OpenTicket
    told: Told


def keys_of(told: Told) -> Keys:
    """The numbers of a complaint; none when its words are too few to mean one matter and tell of no event."""
    at = told.at.timestamp()
    said = sketch(told.all_words)
    own, wanted = _timed(said.filed, said.wanted, at, _WORDS)
    looked = dict.fromkeys(wanted, _SAME)
    if told.author is not None and len(told.all_words) > 2:
        mine = [named(told.author) + 3 * named(told.category)]
        filed, wanted = _timed(mine, mine, at, _OWN)
        own, looked = own + filed, looked | dict.fromkeys(wanted, _RELATED)
    if happened := _happened(told):
        filed, wanted = _timed(happened, happened, at, _EVENT)
        own, looked = own + filed, looked | dict.fromkeys(wanted, 0.0)
    return Keys(own, looked, said.gist)


def _timed(
    filed: Sequence[int], wanted: Sequence[int], at: float, times: tuple[float, float]
) -> tuple[list[int], list[int]]:
    """The numbers with the span of time in which they are filed, and with those in which to look."""
    width, reach = times
    now = int(at // width)
    spans = {int((at - reach) // width), now, int((at + reach) // width)}
    return within(filed, now), [key for span in spans for key in within(wanted, span)]


def _happened(told: Told) -> list[int]:
    """Numbers of what happened, or what is wrong, at a place."""
    if told.trouble is None:
        return []
    where = told.place.kecamatan or told.place.kabupaten
    places = [where] if where and not told.place.ambiguous else []
    if not places or not told.place.kecamatan:
        places += sorted(spot for spot in told.spots if not spot.isdigit())[:3]
    return [named(told.trouble) + 3 * named(place) for place in places]


def likeliest(keys: Keys, filed: Mapping[int, Sequence[tuple[int, int]]]) -> list[int]:
    """The items that share most numbers with a complaint, the newest of equals: only these are read and compared.

    `filed` holds what stands under each number, as (item row, gist).
    """
    met = Counter(
        item
        for key, least in keys.wanted.items()
        for item, gist in filed.get(key, ())
        if contained(keys.gist, gist) >= least
    )
    if len(met) <= TRIED:
        return list(met)
    return sorted(met, key=lambda item: (met[item], item), reverse=True)[:TRIED]


@dataclass(slots=True)
class Shelf:
    """Open tickets by the numbers of what opened them: those of the store that may matter, and those of this very batch."""

    _by_key: dict[int, list[tuple[Opened, int]]] = field(default_factory=dict)

    def file(self, opened: Opened, keys: Iterable[int], gist: int) -> list[int]:
        """Files a ticket; returns the numbers that were not full yet, which are those worth storing."""
        kept = []
        for key in keys:
            under = self._by_key.setdefault(key, [])
            if len(under) < MOST:
                under.append((opened, gist))
                kept.append(key)
        return kept

    def find(self, told: Told, keys: Keys) -> list[Like]:
        """Tickets that say the same, the surest first; of equally sure ones the newest."""
        met: Counter[int] = Counter()
        there: dict[int, Opened] = {}
        for key, least in keys.wanted.items():
            for opened, gist in self._by_key.get(key, ()):
                if contained(keys.gist, gist) >= least:
                    met[id(opened)] += 1
                    there[id(opened)] = opened
        if not met:
            return []
        likely = sorted(there, key=lambda i: (met[i], there[i].told.at), reverse=True)[:TRIED]
        found = []
        for opened in map(there.__getitem__, likely):
            if (said := why_same(told, opened.told)) is not None:
                found.append((said[0], opened.told.at, opened.ticket.number, Like(opened.ticket, said[1])))
        return [one[-1] for one in sorted(found, key=lambda one: one[:3], reverse=True)]
