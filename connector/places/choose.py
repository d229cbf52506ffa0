"""From mentions to the one place that a text is about. Pure."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from ..records import Place
from . import names
from .gazetteer import OUTSIDE, SURE, Name
from .mentions import Mention, Words

KABUPATEN, KECAMATAN = 5, 8
"""Lengths of a code: 52.01, 52.01.03, 52.01.03.2001."""


class Resolved(NamedTuple):
    """A mention with the code that it means; without one when nothing tells several places of that name apart."""

    mention: Mention
    code: str
    ambiguous: bool

    @property
    def weight(self) -> float:
        """How likely this is the place that is meant; what is said vaguely weighs less."""
        return self.mention.weight - (1.5 if self.ambiguous else 0)


def choose(read: tuple[list[Mention], Words, bool], text: str, context: Place) -> Place:
    """The place meant; an empty one when nothing that was mentioned counts."""
    found, words, outside = read
    if outside:
        found = [m for m in found if _stands(m, words)]
    around = [code for code in (context.desa, context.kecamatan, context.kabupaten) if code and not context.ambiguous]
    if len(found) == 1 and not around:
        return _alone(found[0], text)
    found = _paired(found, words)
    firm = [m for m in found if m.firm]
    sure = [code for m in firm if (code := _only(m.name, m.level))]
    maybe = [code for m in firm if m.name.ambiguous for code in m.name.codes]
    counted = [m for m in found if m.firm or _held(m, found, (*sure, *maybe, *around), words)]
    sure += [code for m in counted if not m.firm and (code := _only(m.name, m.level))]
    resolved = [_resolve(m, sure, maybe, around) for m in counted]
    named = [r for r in resolved if r.code]
    if named:
        return _place(named, text)
    return Place(text=_said(resolved[0].mention, text), ambiguous=True) if resolved else Place()


def _alone(mention: Mention, text: str) -> Place:
    """The usual case, and so a short way: nothing else can tell what the one name means, which is known beforehand."""
    if not mention.firm:
        return Place()
    known = _by_itself(mention.name, mention.level)
    return Place(known.kabupaten, known.kecamatan, known.desa, _said(mention, text), known.ambiguous)


@cache
def _by_itself(name: Name, level: int) -> Place:
    """What a firm name means where no other one is named."""
    mention = Mention(name, 0, 0, 0, 0, level)
    sure = [code] if (code := _only(name, level)) else []
    resolved = _resolve(mention, sure, name.codes if name.ambiguous else ())
    return _place([resolved], "") if resolved.code else Place(ambiguous=True)


def _said(mention: Mention, text: str) -> str:
    return text[mention.start : mention.end]


def _paired(found: list[Mention], words: Words) -> list[Mention]:
    """A desa at once before its kecamatan: both count, whatever else each of the words means."""
    sure = set[int]()
    for i, (desa, kecamatan) in enumerate(pairwise(found)):
        if not desa.mere and _links(desa, kecamatan, words) is not None and _holds(kecamatan, desa):
            sure |= {i, i + 1}
    return [m._replace(firm=True) if i in sure else m for i, m in enumerate(found)] if sure else found


def _holds(kecamatan: Mention, desa: Mention) -> bool:
    inside = [code for code in _possible(desa.name, desa.level) if len(code) > KECAMATAN]
    return any(
        c.startswith(holder)
        for holder in _possible(kecamatan.name, kecamatan.level)
        if len(holder) == KECAMATAN
        for c in inside
    )


def _links(mention: Mention, after: Mention, words: Words) -> Sequence[str] | None:
    """The words such as *kec.* between two mentions; None when others stand there too."""
    between = words.low[mention.last + 1 : after.first]
    return between if names.LINKS.issuperset(between) else None


def _stands(mention: Mention, words: Words) -> bool:
    """Beside a place outside NTB only what is sure counts, and no street of that name."""
    before = words.before(mention.first)
    return bool(mention.level) or (mention.name.strength == SURE and before not in names.STREETS)


@cache
def _meanings(name: Name, level: int) -> tuple[str, ...]:
    """The codes that a name stands for by itself, as the cue before it has it."""
    if level:
        return tuple(code for code in name.units if code.count(".") == level - 1)
    return name.units if name.codes == OUTSIDE else name.codes


@cache
def _possible(name: Name, level: int) -> tuple[str, ...]:
    """The same, and what it may mean beside a place that holds it."""
    codes = _meanings(name, level)
    return codes if level or name.strength == SURE else tuple(dict.fromkeys(codes + name.units))


@cache
def _only(name: Name, level: int) -> str:
    """The one code that holds all meanings; empty when there is none."""
    codes = _possible(name, level)
    top = min(codes, key=len)
    return top if all(code.startswith(top) for code in codes) else ""


def _held(mention: Mention, found: Sequence[Mention], holders: Sequence[str], words: Words) -> bool:
    """Whether a place that holds this one is named too: anywhere for a name, at once behind it for a mere word."""
    codes = _possible(mention.name, mention.level)
    if mention.bound:
        return any(_inside(code, holder) for code in codes for holder in holders)
    after = next((m for m in found if m.first > mention.last), None)
    if after is None or not after.firm:
        return False
    between = _links(mention, after, words)
    if between is None:
        return False
    said = bool(between) or "," in words.text[mention.end : after.start]
    return any(
        _inside(c, holder)
        for c in codes
        if said or len(c) == KECAMATAN
        for holder in _meanings(after.name, after.level)
    )


def _inside(code: str, holder: str) -> bool:
    return code.startswith(holder) and len(code) > len(holder)


def _resolve(mention: Mention, *rings: Sequence[str]) -> Resolved:
    """The meaning that agrees with what else is named: with what is sure first, with the finer places first."""
    codes = _possible(mention.name, mention.level)
    narrowed = False
    for ring in filter(None, rings):
        for fine in (True, False):
            holders = [code for code in ring if (len(code) > KABUPATEN) is fine]
            agree = tuple(c for c in codes if any(c.startswith(h) or h.startswith(c) for h in holders))
            codes, narrowed = agree or codes, narrowed or bool(agree)
    return _settled(mention, codes if narrowed else _meanings(mention.name, mention.level))


def _settled(mention: Mention, codes: Sequence[str]) -> Resolved:
    if mention.level and mention.name.curated:
        codes = [code for code in codes if code.startswith(mention.name.codes)] or codes
    top = min(codes, key=len)
    if all(code.startswith(top) for code in codes):
        return Resolved(mention, _refined(mention, top), False)
    if mention.name.curated and not mention.level:
        return Resolved(mention, codes[0], True)
    kecamatan = [code for code in codes if len(code) == KECAMATAN]
    if len(kecamatan) == 1:
        return Resolved(mention, kecamatan[0], len({code[:KABUPATEN] for code in codes}) > 1)
    kabupaten = {code[:KABUPATEN] for code in codes}
    return Resolved(mention, kabupaten.pop() if len(kabupaten) == 1 else "", True)


def _refined(mention: Mention, code: str) -> str:
    """Our own tables name a kecamatan; where it has one desa so called, that is meant."""
    units = mention.name.units
    if not mention.name.curated or len(code) != KECAMATAN or code in units:
        return code
    inside = [unit for unit in units if _inside(unit, code)]
    return inside[0] if len(inside) == 1 else code


def _place(named: Sequence[Resolved], text: str) -> Place:
    best = max(named, key=lambda r: (r.weight, -r.mention.start))
    kabupaten = best.code[:KABUPATEN]
    mine = [r for r in named if r.code.startswith(kabupaten)]
    rivals = [r for r in named if r.weight >= best.weight and not r.code.startswith(kabupaten)]
    exact = max(mine, key=lambda r: (len(r.code) >= KECAMATAN, r.weight, -r.mention.start))
    kecamatan = exact.code[:KECAMATAN] if len(exact.code) >= KECAMATAN else None
    inside = [r for r in mine if kecamatan and r.code.startswith(kecamatan)] or [exact]
    finest = max(inside, key=lambda r: (len(r.code), r.weight, -r.mention.start))
    said = finest.mention
    return Place(
        kabupaten=kabupaten,
        kecamatan=kecamatan,
        desa=finest.code if len(finest.code) > KECAMATAN else None,
        text=_said(said, text),
        ambiguous=bool(rivals) or all(r.ambiguous for r in mine),
    )
