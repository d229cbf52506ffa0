"""Which agency a complaint goes to, and why; and which class a rule of the office gives it. Pure.

The first rule that fits decides: a word or two of the complaint, the finest place known, the kabupaten's own government, else the
category's agency. A place that is not certain routes nothing. *Bukan wewenang* is a route too: to an agency outside the
government, with what to tell the citizen.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from classifiers.verdict import Urgency

from .records import Place

_WORD = re.compile(r"[^\W_]+")
NTB = "52"
"""All of the province: as the place of a rule, it holds wherever a complaint is from."""
LONGEST = 8_000
KABUPATEN = {
    "52.01": "Kab. Lombok Barat", "52.02": "Kab. Lombok Tengah", "52.03": "Kab. Lombok Timur",
    "52.04": "Kab. Sumbawa", "52.05": "Kab. Dompu", "52.06": "Kab. Bima", "52.07": "Kab. Sumbawa Barat",
    "52.08": "Kab. Lombok Utara", "52.71": "Kota Mataram", "52.72": "Kota Bima",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Routes:
    """The rules: agencies by category, by place for those that are `local`, and by a category's own places and words."""

    agencies: Mapping[str, str]
    local: frozenset[str]
    governments: Mapping[str, str]
    places: Mapping[str, Mapping[str, str]]
    words: Mapping[str, Mapping[str, str]]
    outside: Mapping[str, str]
    penting: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Route:
    """An agency, and the reason in Bahasa Indonesia as staff read it."""

    agency: str
    reason: str


def route(routes: Routes, category: str, place: Place | None = None, text: str = "") -> Route:
    """Where a complaint of this category, about this place and in these words goes. Raises KeyError for no such category."""
    agency, reason = _decided(routes, category, place or Place(), text)
    if agency in routes.outside:
        reason += f"; bukan wewenang pemerintah daerah: {routes.outside[agency]}"
    return Route(agency, reason)


def class_of(routes: Routes, category: str, place: Place, said: Urgency) -> Urgency:
    """The class of a complaint: what its words say, but at least penting where a rule names its category and place.

    No rule makes it mendesak: what rings at night, the words must say.
    """
    at = routes.penting.get(category, frozenset())
    there = {NTB, *_codes(place)}
    return "penting" if said == "biasa" and at & there else said


def _codes(place: Place) -> list[str]:
    """Of a place that is certain, the finest first."""
    return [] if place.ambiguous else [c for c in (place.desa, place.kecamatan, place.kabupaten) if c]


def _decided(routes: Routes, category: str, place: Place, text: str) -> tuple[str, str]:
    words = routes.words.get(category)
    if words:
        low = [*_WORD.findall(text[:LONGEST].lower()), ""]
        said = next((one for word, after in pairwise(low) for one in (f"{word} {after}", word) if one in words), None)
        if said:
            return words[said], f"kategori {category}, kata {said}"
    codes = _codes(place)
    for table in (routes.places.get(category, {}), routes.governments if category in routes.local else {}):
        code = next((code for code in codes if code in table), None)
        if code:
            return table[code], f"kategori {category}, tempat {KABUPATEN.get(code[:5], code)}"
    return routes.agencies[category], f"kategori {category}"
