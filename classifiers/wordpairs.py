"""Two words side by side: "belum surut" says more than its words alone.

A pair is the last word of a whitespace token and the first of the next, so that it can be looked up by token.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

EDGE: Final = (1 << 20) - 1
"""The place of what stands before the first and after the last word."""
UNKNOWN: Final = (1 << 20) - 2
_BASE: Final = 1 << 20
TINY: Final = 1e-300
"""What stands for a sum of squares of 0: whatever is divided by its root is 0 too."""
COUNTS: Final = 0.7
"""How long the pairs of a text are beside its n-grams and its words, each of which have length 1."""


class WordPairs:
    """What each known pair of words adds to the scores; a word is given by its place among the known n-grams."""

    def __init__(
        self, pairs: npt.NDArray[np.int32], idf: npt.NDArray[np.float32], coef: npt.NDArray[np.float32]
    ) -> None:
        codes = pairs[:, 0].astype(np.intp) * _BASE + pairs[:, 1]
        order = np.argsort(codes)
        spread = idf[order, None].astype(np.float64)
        self._codes = np.append(codes[order], _BASE * _BASE)
        self._shares = np.hstack([COUNTS * spread * coef[order], spread**2])

    def scores(self, ends: Places, starts: Sequence[int]) -> Floats:
        """What the pairs add to the scores of texts, given first and last word of every token.

        Each text begins at a start with `EDGE`; a pair with an edge belongs to the text of its word.
        """
        found, at = self._found(ends)
        totals = np.zeros((len(starts), self._shares.shape[1]))
        if len(starts) == 1:
            totals[0] = self._shares[at].sum(axis=0)
        elif len(found):
            bounds = np.searchsorted(found, starts)
            full = np.flatnonzero(np.diff(bounds, append=len(found)))
            totals[full] = np.add.reduceat(self._shares[at], bounds[full], axis=0)
        return totals[:, :-1] / np.sqrt(np.maximum(totals[:, -1:], TINY))

    def shares(self, ends: Places) -> tuple[Places, Floats]:
        """Of one text: which tokens, the first being `EDGE`, begin a known pair, and what each pair adds."""
        found, at = self._found(ends)
        shares = self._shares[at]
        return found, shares[:, :-1] / (np.sqrt(shares[:, -1].sum()) or 1.0)

    def _found(self, ends: Places) -> tuple[Places, Places]:
        """Which tokens begin a known pair, and the place of each pair."""
        codes = ends[1] * _BASE
        codes[:-1] += ends[0, 1:]
        codes[-1:] += EDGE
        at = np.searchsorted(self._codes, codes)
        found = np.flatnonzero(self._codes[at] == codes)
        return found, at[found]


def ends_of(words: Sequence[str], wholes: dict[str, int]) -> tuple[int, int]:
    """The places of the first and the last word of a token among the known n-grams."""
    if not words:
        return UNKNOWN, UNKNOWN
    return wholes.get(words[0], UNKNOWN), wholes.get(words[-1], UNKNOWN)
