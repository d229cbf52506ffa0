"""Events that many tell in their own words: what happened, how wide it reaches and how long it is one and the same. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter

from .ordinary import words_in
from .saying import Word


@dataclass(frozen=True, slots=True)
class Event:
    """What happened. `hours` is how far apart two tellings may lie; a `wide` one reaches beyond a village."""

    name: str
    hours: float
    wide: bool = False


_FLOOD, _FIRE, _SLIDE = Event("banjir", 6), Event("kebakaran", 3), Event("longsor", 6)
_QUAKE, _WIND, _TREE = Event("gempa", 3, wide=True), Event("angin kencang", 4), Event("pohon tumbang", 6)
_OUTAGE, _WATER = Event("listrik padam", 4, wide=True), Event("air tidak mengalir", 12)
_SIGNAL, _CRASH, _BRAWL = Event("jaringan hilang", 6, wide=True), Event("kecelakaan", 2), Event("bentrok", 3)
_BRIDGE = Event("jembatan putus", 12)

_SINGLE = {
    **dict.fromkeys(("banjir", "kebanjiran", "bandang", "meluap", "terendam", "rob", "kelelep", "banjirnya"), _FLOOD),
    **dict.fromkeys(("kebakaran", "terbakar", "kebakar"), _FIRE),
    **dict.fromkeys(("longsor", "longsoran", "tertimbun"), _SLIDE),
    **dict.fromkeys(("gempa", "lindur"), _QUAKE),
    **dict.fromkeys(("beliung", "badai"), _WIND),
    **dict.fromkeys(("tumbang",), _TREE),
    **dict.fromkeys(("kecelakaan", "tabrakan", "laka"), _CRASH),
    **dict.fromkeys(("tawuran", "bentrok", "kerusuhan", "rusuh"), _BRAWL),
    **dict.fromkeys(("byarpet", "blackout"), _OUTAGE),
}
_DEAD = frozenset({"mati", "padam", "pemadaman", "mate", "mele", "padem"})
_POWER = frozenset({"listrik", "lampu", "pln"})
_DRY = frozenset({"mati", "macet", "ngalir", "mengalir", "keluar", "kering", "mate", "ngocor"})
_WATERS = frozenset({"air", "airnya", "pdam", "aiq", "ai"})
_SIGNALS = frozenset({"sinyal", "jaringan", "internet", "telkomsel", "indihome"})
_GONE = frozenset({"hilang", "ilang", "mati", "gangguan", "lenyap"})
_CUT = frozenset({"putus", "ambruk", "roboh", "runtuh", "hanyut"})
_FELL = frozenset({"roboh", "rubuh", "ambruk"})
_NOT_NOW = words_in(
    """lalu sering selalu setiap tiap kerap langganan rawan musim takut khawatir kawatir bantuan drainase normalisasi
    cegah mencegah antisipasi pencegahan simulasi sosialisasi kapan semoga jangan anggaran proyek trauma pasca hoax
    seandainya andai peringatan potensi waspada tahun dulu kemarin tahunan gorong selokan got pelatihan huntara rtg
    besok rencana jadwal pemeliharaan"""
)
_AFTER = frozenset({"sejak", "setelah", "sesudah", "bekas"})
_STREET_LIGHT = frozenset({"pju", "penerangan", "jalan", "tiang", "trafik", "traffic", "merah", "bohlam", "sorot"})
_TRIGGERS = frozenset((*_SINGLE, *_POWER, *_WATERS, *_SIGNALS, "jembatan", "pohon"))


def event_of(words: Sequence[Word]) -> Event | None:
    """The one event that a text tells as going on now; None when it tells of none, of several or of another time."""
    said = set(map(itemgetter(0), words))
    if (
        said.isdisjoint(_TRIGGERS)
        or said & _NOT_NOW
        or any(w.number and len(w.text) == 4 and w.text.startswith(("19", "20")) for w in words)
    ):
        return None
    if any(b.text in _SINGLE and a.text in _AFTER for a, b in pairwise(words)):
        return None
    found = {event for word, event in _SINGLE.items() if word in said} | set(_pairs(said, words))
    if len(found) > 1:
        found -= {_TREE, _CRASH} if found & {_WIND, _FLOOD, _SLIDE} else set()
    return found.pop() if len(found) == 1 else None


def _pairs(said: set[str], words: Sequence[Word]) -> list[Event]:
    found = []
    if said & _DEAD and said & _POWER and ({"listrik", "pln"} & said or not said & _STREET_LIGHT):
        found.append(_OUTAGE)
    if said & _WATERS and not said & {"mata", *_POWER} and _beside(words, _WATERS, _DRY):
        found.append(_WATER)
    if said & _SIGNALS and said & _GONE and not said & _POWER:
        found.append(_SIGNAL)
    if "jembatan" in said and said & _CUT:
        found.append(_BRIDGE)
    if "pohon" in said and said & _FELL:
        found.append(_TREE)
    return found


def _beside(words: Sequence[Word], these: frozenset[str], those: frozenset[str]) -> bool:
    """Whether one of these words stands within three words of one of those."""
    at = [n for n, word in enumerate(words) if word.text in these]
    return any(w.text in those for n in at for w in words[max(0, n - 3) : n + 4])
