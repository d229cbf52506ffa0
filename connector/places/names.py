"""The tables of names.toml: what people call places, and the words that decide whether a name is one. Pure."""

import tomllib
from collections.abc import Iterator
from importlib import resources

_TABLES = tomllib.loads((resources.files(__package__) / "names.toml").read_text("utf-8"))
_PHRASES, _WORDS = _TABLES["phrases"], _TABLES["words"]


def _listed(names: str) -> Iterator[tuple[str, ...]]:
    return (tuple(name.split()) for name in names.split(","))


def named() -> Iterator[tuple[tuple[str, ...], tuple[str, ...], bool]]:
    """Each name of our own with the codes it may mean, and whether it counts by itself."""
    for codes, names in _TABLES["named"].items():
        for first, *rest in _listed(names):
            yield tuple(codes.split("/")), (first.removeprefix("?"), *rest), not first.startswith("?")


OUTSIDE, NOTHING = frozenset(_listed(_PHRASES["outside"])), frozenset(_listed(_PHRASES["nothing"]))
NEAR, ODD = frozenset(_WORDS["near"].split()), frozenset(_WORDS["odd"].split())
ORDINARY = frozenset((word,) for word in _WORDS["ordinary"].split()) | frozenset(_listed(_PHRASES["ordinary"]))
COMMON, PEOPLE = frozenset(_WORDS["common"].split()), frozenset(_WORDS["people"].split())
TITLES, SURNAMES = frozenset(_WORDS["titles"].split()), frozenset(_WORDS["surnames"].split())
BRANDS, LINKS = frozenset(_WORDS["brands"].split()), frozenset(_WORDS["links"].split())
AT, AWAY, BESIDE = (frozenset(_WORDS[key].split()) for key in ("at", "away", "beside"))
STREETS = frozenset(_WORDS["streets"].split())
GENERIC = AT | AWAY | BESIDE | STREETS | frozenset(_WORDS["generic"].split())
CUES = dict.fromkeys(_WORDS["kecamatan"].split(), 3) | dict.fromkeys(_WORDS["desa"].split(), 4)
"""What a cue says of the name behind it: 3 a kecamatan, 4 a desa or kelurahan."""
