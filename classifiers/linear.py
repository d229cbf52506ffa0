"""Prediction with numpy alone: a text's scores are a sum over its tokens, and a token's share is worked out only once.

Trained on the same counts by scikit-learn (`fit.py`), which stays the oracle: the sums differ by rounding only.
With v(w) the idf-weighted counts of a word's n-grams, a text is  Σ v(w) / sqrt(Σ |v(w)|²)  over its words, and beside
it the same of whole words. So score(text) = Σ v(w)·coef / sqrt(Σ |v(w)|²) + the same of whole words + bias, and what is
kept in a table by token are v(w)·coef and |v(w)|², for both.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from classifiers import rules
from classifiers.features import grams_of
from classifiers.text import MAX_CHARS, Reply, tokens_of, words_of
from classifiers.verdict import CATEGORIES, KINDS, Urgency, Verdict

Floats = npt.NDArray[np.float64]

COLUMNS: Final = (
    "complaint",
    "mendesak",
    "penting",
    *(f"kind:{k}" for k in KINDS),
    *(f"category:{c}" for c in CATEGORIES),
)
"""What each column of the coefficients decides."""
KIND: Final = slice(3, 3 + len(KINDS))
CATEGORY: Final = slice(3 + len(KINDS), len(COLUMNS))
_SIZE: Final = len(COLUMNS)
_GRAMS: Final = slice(0, _SIZE)
_WHOLE: Final = slice(_SIZE, 2 * _SIZE)
_GRAM_SQUARES: Final = 2 * _SIZE
_WHOLE_SQUARES: Final = 2 * _SIZE + 1
_LETTERS: Final = 2 * _SIZE + 2
_DANGER: Final = 2 * _SIZE + 3
_WIDTH: Final = 2 * _SIZE + 4
_CHUNK: Final = 256
_CHUNK_CHARS: Final = 65_536


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
    """What was learned: n-grams, how rare they are, coefficients by question, and the same for what is replied to."""

    grams: tuple[str, ...]
    idf: npt.NDArray[np.float32]
    coef: npt.NDArray[np.float32]
    bias: Floats
    context: npt.NDArray[np.float32]


class _Memo(dict[str, int]):
    """Token → row of the table; a new token is worked out on first use. Holds `limit` tokens, then starts anew."""

    def __init__(
        self, index: dict[str, int], idf: npt.NDArray[np.float32], coef: npt.NDArray[np.float32], limit: int
    ) -> None:
        super().__init__()
        self._index, self._idf, self._coef, self._limit = index, idf, coef, limit
        self.table: Floats = np.zeros((1024, _WIDTH))
        self.forget()

    def forget(self) -> None:
        """Empties the memo; row 0 stays the row of nothing, so that an empty text has one."""
        self.clear()
        self[""] = 0

    def make_room(self) -> None:
        """Called between chunks of texts: a row in use is never dropped."""
        if len(self) > self._limit:
            self.forget()

    def __missing__(self, token: str) -> int:
        row = len(self)
        if row == len(self.table):
            self.table = np.concatenate([self.table, np.zeros_like(self.table)])
        self.table[row] = sum((self.word(word) for word in words_of(token)), np.zeros(_WIDTH))
        self.table[row, _DANGER] = rules.smells_of_danger(token)
        self[token] = row
        return row

    def word(self, word: str) -> Floats:
        """The share of one word in every column, its squared lengths, and whether it has letters."""
        share = np.zeros(_WIDTH)
        whole, *grams = grams_of(word)
        place = self._index.get(whole)
        if place is not None:
            value = float(self._idf[place])
            share[_WHOLE] = value * self._coef[place].astype(np.float64)
            share[_WHOLE_SQUARES] = value * value
        found = Counter(i for gram in grams if (i := self._index.get(gram)) is not None)
        if found:
            places = np.fromiter(found, dtype=np.intp, count=len(found))
            values = np.fromiter(found.values(), dtype=np.float64, count=len(found)) * self._idf[places]
            share[_GRAMS] = values @ self._coef[places].astype(np.float64)
            share[_GRAM_SQUARES] = values @ values
        share[_LETTERS] = word[0].isalpha()
        return share


class Linear:
    """A trained model as a `Classify`: texts in, verdicts out, in batches or one at a time; safe among threads."""

    def __init__(self, weights: Weights, decisions: Decisions, name: str, remembered: int = 30_000) -> None:
        index = {gram: i for i, gram in enumerate(weights.grams)}
        self.name, self.decisions, self.weights = name, decisions, weights
        self._memo = _Memo(index, weights.idf, weights.coef, remembered)
        self._parents = _Memo(index, weights.idf, weights.context, remembered)
        self._lock = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> list[Verdict]:
        """One verdict for each text; a `Reply` is read together with its parent."""
        return [verdict for chunk in _chunks(texts) for verdict in self._verdicts(chunk)]

    def scores(self, texts: Sequence[str]) -> Floats:
        """The raw score of every column of `COLUMNS` for each text, before it becomes a probability."""
        parts = [self._sums(chunk)[0] for chunk in _chunks(texts)]
        return np.concatenate(parts) if parts else np.zeros((0, len(COLUMNS)))

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """The scores as probabilities: the first three columns by themselves, kinds and categories among each other."""
        return _probabilities(self.scores(texts))

    def shares(self, text: str, column: str, *, replied_to: bool = False) -> list[tuple[str, float]]:
        """What each word of a text, or of one replied to, adds to the score of a column; the strongest first."""
        place = COLUMNS.index(column)
        memo = self._parents if replied_to else self._memo
        found = [(word, memo.word(word)) for token in tokens_of(text) for word in words_of(token)]
        sums = sum((share for _, share in found), np.zeros(_WIDTH))
        totals: dict[str, float] = {}
        for word, share in found:
            scores = _scored(np.stack([share]), np.stack([sums]))
            totals[word] = totals.get(word, 0.0) + float(scores[0, place])
        return sorted(totals.items(), key=lambda pair: -abs(pair[1]))

    def _sums(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        with self._lock:
            sums = _summed(self._memo, texts)
            scores = _scored(sums, sums) + self.weights.bias
            parents = [text.parent if isinstance(text, Reply) else "" for text in texts]
            if any(parents):
                said = _summed(self._parents, parents)
                scores += _scored(said, said)
        return scores, sums

    def _verdicts(self, texts: Sequence[str]) -> Iterator[Verdict]:
        scores, sums = self._sums(texts)
        chances = _probabilities(scores)
        alarms = [bool(smell) and rules.in_danger(text) for smell, text in zip(sums[:, _DANGER], texts, strict=True)]
        kinds = _best_other(chances[:, KIND])
        categories = chances[:, CATEGORY].argmax(axis=1)
        for i, (row, seen) in enumerate(zip(chances.tolist(), sums.tolist(), strict=True)):
            yield self._decide(row, seen, alarms[i], kinds[i], int(categories[i]))

    def _decide(self, row: list[float], seen: list[float], alarm: bool, kind: int, category: int) -> Verdict:
        limits = self.decisions
        complaint, urgent, important = row[0], row[1], row[2]
        wordless, unread = not seen[_LETTERS], not (seen[_GRAM_SQUARES] or seen[_WHOLE_SQUARES])
        if wordless or unread:
            complaint = min(complaint, limits.sure_no / 2)
            kind = KINDS.index("lainnya")
        if alarm:
            urgent = max(urgent, limits.net)
        pressing = urgent >= limits.urgent and not wordless
        is_complaint = complaint >= limits.complaint or pressing
        unsure = limits.sure_no < complaint < limits.sure_yes or (pressing and complaint < limits.sure_yes)
        return Verdict(
            kind="pengaduan" if is_complaint else KINDS[kind],
            is_complaint=is_complaint,
            complaint_score=complaint,
            category=CATEGORIES[category],
            category_score=row[CATEGORY.start + category],
            urgency=_urgency(pressing, is_complaint and important >= limits.important),
            urgent_score=urgent,
            needs_review=unsure or (unread and not wordless),
            model=self.name,
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


def _summed(memo: _Memo, texts: Sequence[str]) -> Floats:
    memo.make_room()
    tokens: list[str] = []
    starts = []
    for text in texts:
        starts.append(len(tokens))
        tokens.append("")
        tokens += tokens_of(text)
    rows = np.fromiter(map(memo.__getitem__, tokens), dtype=np.intp, count=len(tokens))
    return np.add.reduceat(memo.table[rows], starts, axis=0)


def _scored(shares: Floats, sums: Floats) -> Floats:
    """The scores that shares add up to in texts with these sums."""
    lengths = np.sqrt(sums[:, [_GRAM_SQUARES, _WHOLE_SQUARES]])
    lengths[lengths == 0] = 1.0
    return shares[:, _GRAMS] / lengths[:, [0]] + shares[:, _WHOLE] / lengths[:, [1]]


def _probabilities(scores: Floats) -> Floats:
    chances = np.empty_like(scores)
    chances[:, : KIND.start] = 1 / (1 + np.exp(-np.clip(scores[:, : KIND.start], -500, 500)))
    for part in (KIND, CATEGORY):
        spread = np.exp(scores[:, part] - scores[:, part].max(axis=1, keepdims=True))
        chances[:, part] = spread / spread.sum(axis=1, keepdims=True)
    return chances


def _best_other(kinds: Floats) -> list[int]:
    """The likeliest kind beside a complaint: whether it is one is another question."""
    return [int(i) + 1 for i in kinds[:, 1:].argmax(axis=1)]
