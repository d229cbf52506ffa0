"""Two words side by side: "belum surut" says more than its words alone."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

EDGE: Final = -1
"""The place of what stands before the first and after the last word."""
UNKNOWN: Final = -2
COUNTS: Final = 0.7
"""How long the pairs of a text are beside its n-grams and its words, each of which have length 1."""


class WordPairs:
    """What each known pair of words adds to the scores; a word is given by its place among the known n-grams."""

    def __init__(
        self, pairs: npt.NDArray[np.int32], idf: npt.NDArray[np.float32], coef: npt.NDArray[np.float32]
    ) -> None:
        self._base = int(pairs.max(initial=0)) + 3
        codes = self._coded(pairs[:, 0].astype(np.intp), pairs[:, 1].astype(np.intp))
        order = np.argsort(codes)
        spread = idf[order, None].astype(np.float64)
        self._codes = codes[order]
        self._shares = np.hstack([COUNTS * spread * coef[order], spread**2])

    def sums(self, words: Places) -> Floats:
        """The summed shares of texts, the last column their squared length; each text begins with `EDGE`.

        A pair with an edge belongs to the text of its word.
        """
        edges = words == EDGE
        totals = np.zeros((int(edges.sum()), self._shares.shape[1]))
        found, shares = self._found(np.append(words, EDGE))
        if len(found):
            of_text = (np.cumsum(edges) - 1)[found]
            starts = np.flatnonzero(np.diff(of_text, prepend=-1))
            totals[of_text[starts]] = np.add.reduceat(shares, starts, axis=0)
        return totals

    def scores(self, words: Places) -> Floats:
        """What the pairs add to the scores of texts."""
        return scored(self.sums(words))

    def shares(self, words: Places) -> tuple[Places, Floats]:
        """Of one text: where its known pairs begin among the words, the first being `EDGE`, and what each adds."""
        found, shares = self._found(np.append(words, EDGE))
        return found, shares[:, :-1] / (np.sqrt(shares[:, -1].sum()) or 1.0)

    def _found(self, words: Places) -> tuple[Places, Floats]:
        codes = self._coded(words[:-1], words[1:])
        at = np.searchsorted(self._codes, codes)
        at[at == len(self._codes)] = 0
        found = np.flatnonzero(self._codes[at] == codes) if len(self._codes) else np.zeros(0, dtype=np.intp)
        return found, self._shares[at[found]] if len(found) else self._shares[:0]

    def _coded(self, first: Places, second: Places) -> Places:
        """One number a pair; a pair with a word that no pair has gets one that is not known."""
        outside = (np.maximum(first, second) >= self._base - 2) | (np.minimum(first, second) == UNKNOWN)
        codes: Places = np.where(outside, -1, (first + 1) * self._base + second + 1)
        return codes


def scored(sums: Floats) -> Floats:
    """The scores that sums of shares come to."""
    lengths = np.sqrt(sums[:, -1:])
    lengths[lengths == 0] = 1.0
    return sums[:, :-1] / lengths


def places_of(words: Sequence[str], wholes: dict[str, int]) -> tuple[int, ...]:
    """The places of words among the known n-grams."""
    return tuple(wholes.get(word, UNKNOWN) for word in words)
