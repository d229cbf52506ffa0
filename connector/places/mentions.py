"""Where names of places stand in a text, and what the words around say of them. Pure, linear in the text's length."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from . import names
from .gazetteer import NOTHING, OUTSIDE, SURE, WORD, Gazetteer, Name

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_INVISIBLE = re.compile(r"[\u0300-\u036f\u200b-\u200f\u2060\ufeff]+")
MOST = 40
"""So many mentions are weighed, the first ones; more stand in lists of names and in attacks only."""


class Mention(NamedTuple):
    """A name as it stands in a text. `level`: what a cue before it says it is (3 kecamatan, 4 desa), else 0.

    `weight` says how much the words before it make it the place that is meant. `firm`: it counts without looking at others.
    `bound`: it counts if a place that holds it is named anywhere, else only if that follows at once. `mere`: a common word in
    lower case, as likely no name at all.
    """

    name: Name
    start: int
    end: int
    first: int
    last: int
    level: int = 0
    weight: int = 1
    firm: bool = False
    bound: bool = False
    mere: bool = False


class Words(NamedTuple):
    """A text's words, in lower case and as they stand; `spans` reaches as far as names do."""

    text: str
    low: Sequence[str]
    spans: Sequence[tuple[int, int]]

    def before(self, i: int, back: int = 1) -> str:
        """The word so many places before; empty where there is none."""
        return self.low[i - back] if i >= back else ""

    def gap(self, i: int) -> str:
        """What stands between a word and the one before it."""
        return self.text[self.spans[i - 1][1] : self.spans[i][0]] if i else ""

    def capital(self, i: int) -> bool:
        """Whether a word begins with a capital in a text that is not written in capitals throughout."""
        start, end = self.spans[i]
        return self.text[start].isupper() and not (self.text[start:end].isupper() and end - start > 1)


def plain(text: str) -> str:
    """The text without decoration: styled letters as plain ones, no combining marks, no invisible characters."""
    if text.isascii():
        return text
    return _INVISIBLE.sub("", unicodedata.normalize("NFKD", text)).replace("’", "'")


def tokens(text: str) -> list[str]:
    """The words of a text in lower case."""
    return _TOKEN.findall(text.lower())


def mentioned(text: str, low: Sequence[str], known: Gazetteer) -> tuple[list[Mention], Words, bool]:
    """All names that may be places in a plain text of these words, its words, and whether a place outside NTB is named."""
    named = list(_names(low, known))
    reach = named[-1][0] + len(named[-1][1].words) if named else 0
    words = Words(text, low, list(map(re.Match.span, islice(_TOKEN.finditer(text), reach))))
    found: list[Mention] = []
    outside = False
    for i, name in named:
        if name.codes == OUTSIDE:
            outside = outside or words.before(i) not in names.CUES
        if name.codes != NOTHING and (name.codes != OUTSIDE or name.units) and not _something_else(words, i, name):
            found.append(_mention(words, i, name))
            if len(found) == MOST:
                break
    return found, words, outside


def _names(low: Sequence[str], known: Gazetteer) -> Iterator[tuple[int, Name]]:
    after = 0
    for i, word in enumerate(low):
        if word in known.by_first and i >= after and (name := _longest(low, i, known)):
            yield i, name
            after = i + len(name.words)


def _longest(low: Sequence[str], i: int, known: Gazetteer) -> Name | None:
    for name in known.by_first[low[i]]:
        if len(name.words) == 1 or tuple(low[i : i + len(name.words)]) == name.words:
            return name
    return None


def _something_else(words: Words, i: int, name: Name) -> bool:
    """A person, a company, a dish: *Pak Bima*, *Bima Arya*, *PT Mandalika*, *ayam Taliwang*, *100 mtr*."""
    before, second = words.before(i), words.before(i, 2)
    if before in names.BRANDS or second in ("ayam", "pt", "cv"):
        return True
    after = words.low[i + len(name.words)] if i + len(name.words) < len(words.low) else ""
    addressed = before in names.TITLES and "," not in words.gap(i)
    if name.words[0] in names.PEOPLE and (addressed or after in names.SURNAMES):
        return True
    return before.isdigit() and name.words == ("mtr",)


def _mention(words: Words, i: int, name: Name) -> Mention:
    before = words.before(i)
    level = names.CUES.get(before, 0)
    if level and not any(code.count(".") == level - 1 for code in name.units):
        level = 0
    last = i + len(name.words) - 1
    capital = words.capital(i)
    near = before in names.AT or before in names.AWAY or before in names.BESIDE or _numbered(words, i)
    common = name.words[0] in names.COMMON and len(name.words) == 1
    if name.codes == OUTSIDE:
        firm = bool(level)
    elif name.strength == WORD:
        firm = bool(level) and (capital or not common)
        firm = firm or (near and capital and (len(name.words) > 1 or any(len(code) == 8 for code in name.units)))
    else:
        firm = name.strength == SURE or near or level > 0 or before in names.CUES
    return Mention(
        name=name,
        start=words.spans[i][0],
        end=words.spans[last][1],
        first=i,
        last=last,
        level=level,
        weight=_weight(before, level),
        firm=firm,
        bound=level > 0 or (name.codes != OUTSIDE and (name.strength > WORD or (near and capital))),
        mere=common and not capital,
    )


def _numbered(words: Words, i: int) -> bool:
    """*SDN 3 Sakra*, *SMAN 1 Bolo*."""
    return words.before(i).isdigit() and words.before(i, 2) in names.BESIDE


def _weight(before: str, level: int) -> int:
    if level:
        return 4
    if before in names.AT:
        return 3
    return 1 if before in names.AWAY else 2
