"""Prediction with numpy alone: a text's scores are a sum over its tokens, and a token's share is worked out only once.

Trained on the same counts by scikit-learn (`fit.py`), which stays the oracle: the sums differ by rounding only.
With v(w) the idf-weighted counts of a word's n-grams, a text is  Σ v(w) / sqrt(Σ |v(w)|²)  over its words, and beside
it the same of whole words. So score(text) = Σ v(w)·coef / sqrt(Σ |v(w)|²) + the same of whole words + bias, and what is
kept in a table by token are v(w)·coef and |v(w)|², for both. Pairs of words side by side add the same once more
(`wordpairs.py`).
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Final

import numpy as np
import numpy.typing as npt

from classifiers import rules
from classifiers.text import MAX_CHARS, Reply, tokens_of, words_of
from classifiers.verdict import CATEGORIES, KINDS, Urgency, Verdict
from classifiers.wordpairs import TINY, WordPairs
from classifiers.wordtable import Grams, WordTable, words_in

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

COLUMNS: Final = (
    "complaint", "mendesak", "penting", *(f"kind:{k}" for k in KINDS), *(f"category:{c}" for c in CATEGORIES)
)  # fmt: skip
"""What each column of the coefficients decides."""
KIND: Final = slice(3, 3 + len(KINDS))
CATEGORY: Final = slice(3 + len(KINDS), len(COLUMNS))
EMERGENCY_SHARE: Final = 0.5
"""An emergency is told at this share of the chance that other complaints need: who calls for help may not complain."""
CRY: Final = 0.5
"""At this chance of an emergency nothing else is asked: "Kebakaran di Ampenan!!" complains of nobody."""
_SIZE: Final = len(COLUMNS)
_CHUNK: Final = 256
_CHUNK_CHARS: Final = 24_000
_OTHER: Final = KINDS.index("lainnya")


@dataclass(frozen=True, slots=True)
class Decisions:
    """Where a probability becomes a decision; chosen by cost when the model was trained."""

    complaint: float
    sure_no: float
    sure_yes: float
    urgent: float
    important: float
    net: float


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """What was learned: n-grams, how rare they are, coefficients by question, and the same for what is replied to.

    A pair of words is how many tokens they are apart, and two places among the n-grams, `wordpairs.EDGE` for the text's edge.
    """

    grams: tuple[str, ...]
    idf: npt.NDArray[np.float32]
    coef: npt.NDArray[np.float32]
    bias: Floats
    context: npt.NDArray[np.float32]
    pairs: npt.NDArray[np.int32]
    pair_idf: npt.NDArray[np.float32]
    pair_coef: npt.NDArray[np.float32]


class Linear:
    """A trained model as a `Classify`: texts in, verdicts out, in batches or one at a time; safe among threads."""

    def __init__(self, weights: Weights, decisions: Decisions, name: str, remembered: int = 28_000) -> None:
        grams = Grams(weights.grams)
        self.name, self.decisions, self.weights = name, decisions, weights
        self._pairs = WordPairs(weights.pairs, weights.pair_idf, weights.pair_coef)
        self._texts = WordTable(grams, weights.idf, weights.coef, remembered)
        self._parents = WordTable(grams, weights.idf, weights.context, remembered // 4)  # fewer texts are replies
        self._lock = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> list[Verdict]:
        """One verdict for each text; a `Reply` is read together with its parent."""
        return [verdict for chunk in _chunks(texts) for verdict in self._verdicts(chunk)]

    def scores(self, texts: Sequence[str]) -> Floats:
        """The raw score of every column of `COLUMNS` for each text, before it becomes a probability."""
        parts = [self._summed(chunk)[0] for chunk in _chunks(texts)]
        return np.concatenate(parts) if parts else np.zeros((0, _SIZE))

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """The scores as probabilities: the first three columns by themselves, kinds and categories among each other."""
        scores = self.scores(texts)
        return np.hstack([_yes(scores[:, : KIND.start]), _among(scores[:, KIND]), _among(scores[:, CATEGORY])])

    def shares(self, text: str, column: str, *, replied_to: bool = False) -> list[tuple[str, float]]:
        """What each word and pair of words of a text, or of one replied to, adds to a column; the strongest first."""
        words = words_in([text])
        if not words:
            return []
        place = COLUMNS.index(column)
        table = (self._parents if replied_to else self._texts).of_words(words)
        scores = _scored(table, np.broadcast_to(table.sum(axis=0), table.shape))[:, place]
        told = list(zip(words, scores.tolist(), strict=True))
        if not replied_to:
            tokens = [words_of(token) for token in tokens_of(text)]
            with self._lock:
                first, second, added = self._pairs.shares(self._texts.ends_of(text))
            said = [("",), *tokens, ("",)]
            both = zip(first.tolist(), second.tolist(), strict=True)
            pairs = (f"{said[i][-1]}{' … ' if j > i + 1 else ' '}{said[j][0]}".strip() for i, j in both)
            told += zip(pairs, added[:, place].tolist(), strict=True)
        totals: dict[str, float] = {}
        for word, score in told:
            totals[word] = totals.get(word, 0.0) + score
        return sorted(totals.items(), key=lambda pair: -abs(pair[1]))

    def _summed(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """The scores of a few texts, and what else was counted of them."""
        parents = [text.parent if isinstance(text, Reply) else "" for text in texts]
        different = {parent: n for n, parent in enumerate(dict.fromkeys(parents))}  # many answer the same post
        with self._lock:
            sums, ends, starts = self._texts.sums(texts)
            said = self._parents.sums(list(different))[0] if any(parents) else None
        scores = _scored(sums, sums) + self._pairs.scores(ends, starts) + self.weights.bias
        if said is not None:
            scores += _scored(said, said)[[different[parent] for parent in parents]]
        return scores, sums[:, 2 * _SIZE :]

    def _spelt(self, text: str) -> str:
        with self._lock:
            return self._texts.spelt(text)

    def _verdicts(self, texts: Sequence[str]) -> Iterator[Verdict]:
        """Scores of many texts at once; what is decided by them is decided text by text, which one alone gains from."""
        scores, counted = self._summed(texts)
        topics = scores[:, CATEGORY]
        rows = zip(
            texts,
            _yes(scores[:, : KIND.start]).tolist(),
            scores[:, KIND][:, 1:].argmax(axis=1).tolist(),
            topics.argmax(axis=1).tolist(),
            _among(topics).max(axis=1).tolist(),
            counted.tolist(),
            strict=True,
        )
        return starmap(self._verdict, rows)

    def _verdict(
        self, text: str, chances: list[float], kind: int, topic: int, topic_score: float, counted: list[float]
    ) -> Verdict:
        limits = self.decisions
        complaint, urgent, important = chances
        grams, wholes, letters, danger, now = counted
        unread = not (grams or wholes)
        if unread or not letters:
            complaint, kind = min(complaint, limits.sure_no / 2), _OTHER - 1
        likely = complaint >= limits.complaint * EMERGENCY_SHARE or urgent >= CRY
        if danger and now and rules.holds(self._spelt(text)):
            urgent, likely = max(urgent, limits.net), True
        pressing = urgent >= limits.urgent and likely and letters > 0
        yes = pressing or complaint >= limits.complaint
        doubtful = complaint < limits.sure_yes and (pressing or complaint > limits.sure_no)
        return Verdict(
            KINDS[0 if yes else kind + 1],
            yes,
            complaint,
            CATEGORIES[topic],
            topic_score,
            _urgency(pressing, yes and important >= limits.important),
            urgent,
            doubtful or (unread and letters > 0),
            self.name,
        )


def _urgency(pressing: bool, important: bool) -> Urgency:
    if pressing:
        return "mendesak"
    return "penting" if important else "biasa"


def _chunks(texts: Sequence[str]) -> Iterator[list[str]]:
    """A few texts at a time, so that neither a long list nor long texts need much memory."""
    chunk: list[str] = []
    size = 0
    for text in texts:
        chunk.append(text)
        size += min(len(text), MAX_CHARS)
        if len(chunk) == _CHUNK or size > _CHUNK_CHARS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _scored(shares: Floats, sums: Floats) -> Floats:
    """The scores that shares add up to in texts with these sums; where nothing was counted, nothing is shared out."""
    lengths = np.sqrt(np.maximum(sums[:, 2 * _SIZE : 2 * _SIZE + 2], TINY))
    return shares[:, :_SIZE] / lengths[:, :1] + shares[:, _SIZE : 2 * _SIZE] / lengths[:, 1:]


def _yes(scores: Floats) -> Floats:
    return 1 / (1 + np.exp(np.minimum(-scores, 500)))


def _among(scores: Floats) -> Floats:
    spread: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    spread /= spread.sum(axis=1, keepdims=True)
    return spread
