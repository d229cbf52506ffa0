"""Hiding in free text what tells who somebody is: NIK and KK, phones, accounts, e-mail addresses, known names. Pure."""

import re
from functools import lru_cache

_MASKS = (
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"), "[email]"),
    (re.compile(r"(?<!\d)\d(?:[ .-]?\d){15}(?!\d)"), "[NIK]"),
    (re.compile(r"(?<![\d+])(?:\+?62|0)[ .-]?8\d(?:[ .-]?\d){6,10}(?!\d)"), "[telepon]"),
    (re.compile(r"(?<!\d)\d(?:[ -]?\d){8,18}(?!\d)"), "[nomor]"),
)


def mask(text: str, names: frozenset[str] = frozenset()) -> str:
    """The text with personal numbers, and these names of persons, replaced by what they are."""
    if names and (named := _any_of(names)):
        text = named.sub("[nama]", text)
    for pattern, name in _MASKS:
        text = pattern.sub(name, text)
    return text


@lru_cache(maxsize=1024)
def _any_of(names: frozenset[str]) -> re.Pattern[str] | None:
    """Any of these, however it is spaced and in small letters or large; a single letter is no name."""
    words = sorted({tuple(name.split()) for name in names if sum(c.isalnum() for c in name) > 1}, key=_longest_first)
    spaced = "|".join(r"\s+".join(map(re.escape, parts)) for parts in words)
    return re.compile(rf"(?<!\w)(?:{spaced})(?!\w)", re.IGNORECASE) if words else None


def _longest_first(words: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    return -sum(map(len, words)), words
