"""From a word to what is counted of it: the word itself and its character n-grams."""

from functools import lru_cache
from typing import Final

SHORTEST: Final = 3
LONGEST: Final = 5


@lru_cache(maxsize=65_536)
def grams_of(word: str) -> tuple[str, ...]:
    """The n-grams of one word between spaces, with repeats, and the whole word as `=word`; a mark has no n-grams.

    >>> grams_of("ada")
    ('=ada', ' ad', 'ada', 'da ', ' ada', 'ada ', ' ada ')
    """
    whole = f"={word}"
    if not word[:1].isalpha():
        return (whole,)
    padded = f" {word} "
    sizes = range(SHORTEST, min(LONGEST, len(padded)) + 1)
    return (whole, *(padded[i : i + n] for n in sizes for i in range(len(padded) - n + 1)))


def is_whole(gram: str) -> bool:
    """Whether a feature is a whole word and not an n-gram of one."""
    return gram[0] == "="
