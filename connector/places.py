"""Which kabupaten or kota of NTB a text names. Pure.

Only the ten kabupaten/kota by their own names; a name that two of them share is marked as ambiguous.
"""

import re

from .records import Place

_CODES = {
    "52.01": ("lombok barat", "lobar", "gerung"),
    "52.02": ("lombok tengah", "loteng", "praya"),
    "52.03": ("lombok timur", "lotim", "selong"),
    "52.04": ("kabupaten sumbawa", "kab sumbawa", "sumbawa besar"),
    "52.05": ("dompu",),
    "52.06": ("kabupaten bima", "kab bima", "woha"),
    "52.07": ("sumbawa barat", "ksb", "taliwang"),
    "52.08": ("lombok utara", "klu", "lotara"),
    "52.71": ("mataram", "ampenan", "cakranegara"),
    "52.72": ("kota bima",),
}
_AMBIGUOUS = {"bima": "52.06", "sumbawa": "52.04"}
_NAMES = {name: code for code, names in _CODES.items() for name in names}
_ANY = re.compile(
    r"\b(" + "|".join(sorted([*map(re.escape, _NAMES), *_AMBIGUOUS], key=len, reverse=True)) + r")\b", re.IGNORECASE
)


def find_place(text: str) -> Place:
    """The first place named in the first 8,000 characters; an empty Place when none is."""
    named = list(_ANY.finditer(text[:8000]))
    sure = next((m for m in named if m[0].lower() in _NAMES), None)
    if sure:
        return Place(kabupaten=_NAMES[sure[0].lower()], text=sure[0])
    if named:
        return Place(kabupaten=_AMBIGUOUS[named[0][0].lower()], text=named[0][0], ambiguous=True)
    return Place()
