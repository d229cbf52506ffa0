"""Which texts are nearly the same: cosine of the sets of their character 5-grams. Imports scikit-learn."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

SAME: Final = 0.8
"""From here two texts of the corpus count as near-duplicates."""
TOO_NEAR: Final = 0.6
"""From here a text of the corpus counts as leaning on one that measures."""
_AT_ONCE: Final = 500


def near_duplicates(texts: Sequence[str], limit: float = SAME) -> Iterator[tuple[int, int, float]]:
    """The pairs of texts that are nearer than `limit`: their places, the lower first, and the cosine."""
    return ((i, j, cosine) for i, j, cosine in near(texts, texts, limit) if i < j)


def near(texts: Sequence[str], others: Sequence[str], limit: float = TOO_NEAR) -> Iterator[tuple[int, int, float]]:
    """The pairs of a text and another that are nearer than `limit`: place of either, and the cosine.

    A set can be that near only to one at most 1 / limit² as large, so only such are compared.
    """
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.preprocessing import normalize

    count = CountVectorizer(analyzer="char_wb", ngram_range=(5, 5), binary=True, dtype=np.float64)
    count.fit([*texts, *others])
    ours, theirs = count.transform(texts), count.transform(others)
    our_sizes, their_sizes = ours.getnnz(axis=1), theirs.getnnz(axis=1)
    order, other_order = np.argsort(our_sizes, kind="stable"), np.argsort(their_sizes, kind="stable")
    ours, theirs = normalize(ours)[order], normalize(theirs)[other_order]
    for start in range(0, len(texts), _AT_ONCE):
        sizes = our_sizes[order[start : start + _AT_ONCE]]
        low, high = np.searchsorted(their_sizes[other_order], [sizes[0] * limit**2, sizes[-1] / limit**2 + 1])
        found = (ours[start : start + _AT_ONCE] @ theirs[low:high].T).tocoo()
        rows = zip(order[found.row + start].tolist(), other_order[found.col + low].tolist(), found.data, strict=True)
        yield from ((i, j, float(cosine)) for i, j, cosine in rows if cosine > limit)
