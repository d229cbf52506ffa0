"""Two words near each other: "belum surut", or "bulan … gajian" two words apart, say more than the words alone.

A pair is the last word of a whitespace token and the first of one of the next few, so that it can be looked up by token.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from classifiers.localwords import SHORT

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

EDGE: Final = (1 << 20) - 1
"""The place of what stands before the first and after the last word."""
UNKNOWN: Final = (1 << 20) - 2
_BASE: Final = 1 << 20
REACH: Final = 3
"""How many tokens apart two words may be a pair: 1 is side by side."""
_NONE: Final = np.iinfo(np.intp).max
_STEPS: Final = np.arange(1, REACH + 1)
_APART: Final = _STEPS * _BASE * _BASE
_AFTER: Final = np.array([EDGE, *[UNKNOWN] * (REACH - 1)], dtype=np.intp)
COUNTS: Final = 0.95
"""How long the pairs of a text are beside its n-grams and its words, each of which have length 1."""
TINY: Final = 1e-300
"""What stands for a sum of squares of 0: whatever is divided by its root is 0 too."""


class WordPairs:
    """What each known pair of words adds to the scores: how many tokens apart, and the places of both among the n-grams."""

    def __init__(
        self, pairs: npt.NDArray[np.int32], idf: npt.NDArray[np.float32], coef: npt.NDArray[np.float32]
    ) -> None:
        self._codes = np.append(coded(pairs), _NONE)
        self._idf, self._coef = idf.astype(np.float64), coef

    def scores(self, ends: Places, starts: Sequence[int]) -> Floats:
        """What the pairs add to the scores of texts, given first and last word of every token.

        Each text begins at a start with `EDGE`; a pair with an edge belongs to the text of its word.
        """
        found, _, at = self._found(ends, len(starts))
        totals = np.zeros((len(starts), self._coef.shape[1] + 1))
        if len(starts) == 1:
            totals[0] = self._shares(at).sum(axis=0)
        elif len(found):
            bounds = np.searchsorted(found, starts)
            full = np.flatnonzero(np.diff(bounds, append=len(found)))
            totals[full] = np.add.reduceat(self._shares(at), bounds[full], axis=0)
        return totals[:, :-1] / np.sqrt(np.maximum(totals[:, -1:], TINY))

    def shares(self, ends: Places) -> tuple[Places, Places, Floats]:
        """Of one text: between which tokens, the first being `EDGE`, stand known pairs, and what each pair adds."""
        first, second, at = self._found(ends)
        shares = self._shares(at)
        return first, second, shares[:, :-1] / (np.sqrt(shares[:, -1].sum()) or 1.0)

    def _shares(self, at: Places) -> Floats:
        """One row for each pair: what it adds, and last its square, by which the text's length is reckoned."""
        spread = self._idf.take(at)[:, None]
        shares = np.empty((len(at), self._coef.shape[1] + 1))
        np.multiply(self._coef.take(at, axis=0), COUNTS * spread, out=shares[:, :-1])
        shares[:, -1:] = spread**2
        return shares

    def _found(self, ends: Places, texts: int = 1) -> tuple[Places, Places, Places]:
        """Which tokens begin a known pair, in order, which end it, and the place of each pair."""
        begins = np.concatenate([ends[0], _AFTER])
        size = len(ends[1])
        near = np.arange(size)[:, None] + _STEPS
        codes = (ends[1][:, None] * _BASE + begins.take(near)) + _APART
        if texts > 1:  # beyond the edge that ends a text another begins
            edge = begins == EDGE
            text = edge.cumsum()
            codes[(text - edge).take(near) != text[:size, None]] = -1
        asked = codes.ravel()
        at = self._codes.searchsorted(asked)
        found = np.flatnonzero(self._codes.take(at) == asked)
        first, apart = np.divmod(found, REACH)
        return first, first + apart + 1, at.take(found)


def coded(pairs: npt.NDArray[np.int32]) -> Places:
    """Each pair as one number: in the order of the pairs, which is that of learning."""
    step, first, second = pairs.astype(np.intp).T
    codes: Places = (step * _BASE + first) * _BASE + second
    return codes


def ends_of(words: Sequence[str], wholes: dict[str, int]) -> tuple[int, int]:
    """The places of the first and the last word of a token among the known n-grams, careless spellings as the plain ones."""
    if not words:
        return UNKNOWN, UNKNOWN
    first, last = words[0], words[-1]
    return wholes.get(SHORT.get(first, first), UNKNOWN), wholes.get(SHORT.get(last, last), UNKNOWN)
