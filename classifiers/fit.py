"""Learning by scikit-learn: from samples to the weights that `linear.py` predicts with. Only training imports this."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression

from classifiers.features import grams_of, is_whole
from classifiers.linear import COLUMNS, Weights
from classifiers.samples import PEOPLE, Sample
from classifiers.text import tokens_of, words_of
from classifiers.verdict import CATEGORIES, KINDS
from classifiers.wordpairs import COUNTS, EDGE, REACH, UNKNOWN, ends_of

Matrix = Any
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Column = tuple[Floats, float]

COMPLAINTS: Final = {"pesan": 0.85, "laporan": 0.9, "komentar": 0.25, "cuitan": 0.2}
"""About how many of a channel's texts are complaints in life: people write to officials to complain, tweet to talk."""
SOCIAL: Final = frozenset({"komentar", "cuitan", "balasan"})
SOCIAL_WEIGHS: Final = 3.0
"""How much more a text from where people talk counts: there a complaint is hardest to tell, and there we read."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The numbers that training turns on; each was chosen by measuring."""

    seed: int = 20261124
    min_df: int = 2
    pair_min_df: int = 5
    complaint_c: tuple[float, float] = (2.0, 1.0)
    urgent_c: tuple[float, float] = (8.0, 2.0)
    kind_c: float = 8.0
    category_c: float = 20.0
    other_topic_weight: float = 0.05


RECIPE: Final = Recipe()
NEVER: Final = -20.0
"""The score of a kind or category that no sample has."""
_words_of = lru_cache(maxsize=65_536)(words_of)  # each model of those that calibrate reads nearly the same tokens


class Additive(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Texts → idf-weighted counts: of n-grams over the root of the words' summed squares, of words and pairs likewise."""

    def __init__(self, min_df: int = 2, pair_min_df: int = 5) -> None:
        self.min_df = min_df
        self.pair_min_df = pair_min_df

    def fit(self, texts: Sequence[str], y: object = None) -> "Additive":
        """Learns the n-grams and the pairs of words, and how rare each is among the texts."""
        words, counts = _by_word(texts)
        grams = sorted({gram for word in words for gram in grams_of(word)})
        by_gram = _by_gram(words, {gram: i for i, gram in enumerate(grams)})
        seen = (counts > 0).astype(np.float64) @ (by_gram > 0).astype(np.float64)
        spread = np.asarray((seen > 0).sum(axis=0)).ravel()
        kept = np.flatnonzero(spread >= self.min_df)
        self.grams_ = tuple(grams[i] for i in kept)
        self.idf_ = (np.log((1 + len(texts)) / (1 + spread[kept])) + 1).astype(np.float32)
        places = {gram[1:]: i for i, gram in enumerate(self.grams_) if is_whole(gram)}
        often = Counter(pair for text in texts for pair in set(_pairs_of(text, places)))
        pairs = sorted(pair for pair, times in often.items() if times >= self.pair_min_df)
        self.pairs_ = np.array(pairs, dtype=np.int32).reshape(-1, 3)
        times = np.array([often[pair] for pair in pairs])
        self.pair_idf_ = (np.log((1 + len(texts)) / (1 + times)) + 1).astype(np.float32)
        return self

    def transform(self, texts: Sequence[str]) -> Matrix:
        """One row a text: n-grams and words, then pairs."""
        alone = self._part(texts, whole=False) + self._part(texts, whole=True)
        return sp.hstack([alone, self._paired(texts)]).tocsr()

    def whole_words(self, texts: Sequence[str]) -> Matrix:
        """One row a text, of its whole words alone."""
        return self._part(texts, whole=True).tocsr()

    def _part(self, texts: Sequence[str], whole: bool) -> Matrix:
        words, counts = _by_word(texts)
        chosen = np.array([is_whole(gram) == whole for gram in self.grams_]) * self.idf_.astype(np.float64)
        by_gram = _by_gram(words, {gram: i for i, gram in enumerate(self.grams_)}) @ sp.diags(chosen)
        return _of_length_1(counts @ by_gram, counts @ np.asarray(by_gram.multiply(by_gram).sum(axis=1)).ravel())

    def _paired(self, texts: Sequence[str]) -> Matrix:
        places = {gram[1:]: i for i, gram in enumerate(self.grams_) if is_whole(gram)}
        known = {tuple(pair): i for i, pair in enumerate(self.pairs_.tolist())}
        found = [[i for pair in _pairs_of(text, places) if (i := known.get(pair)) is not None] for text in texts]
        spread = self.pair_idf_.astype(np.float64)
        counts = _counted(found, len(known))
        return COUNTS * _of_length_1(counts @ sp.diags(spread), counts @ spread**2)


def fitted(samples: Sequence[Sample], recipe: Recipe = RECIPE, *, all_columns: bool = True) -> Weights:
    """The weights learned from samples; the same samples in the same order give the same weights.

    Without `all_columns` kinds and categories stay unlearned, which is quicker.
    """
    form = Additive(recipe.min_df, recipe.pair_min_df).fit([s.text for s in samples])
    rows = form.transform([s.text for s in samples])
    columns = _yes_no(rows, samples, recipe)
    if all_columns:
        columns += [*_kinds(rows, samples, recipe), *_categories(rows, form, samples, recipe)]
    size, known = len(form.grams_), rows.shape[1]
    columns += [(np.zeros(known), NEVER)] * (len(COLUMNS) - len(columns))
    padded = [np.pad(column, (0, known + size - len(column))) for column, _ in columns]
    coef = np.stack(padded, axis=1).astype(np.float32)
    alone, pairs, context = np.split(coef, [size, known])
    return Weights(
        form.grams_, form.idf_, alone, np.array([bias for _, bias in columns]), context,
        form.pairs_, form.pair_idf_, pairs,
    )  # fmt: skip


def lifelike(samples: Sequence[Sample]) -> Floats:
    """What weight each sample has so that a channel has as many complaints as in life.

    A corpus that teaches the look-alikes has too few complaints among its letters and too many among its tweets.
    """
    yes = Counter(s.style for s in samples if s.complaint)
    all_of = Counter(s.style for s in samples)
    weights = np.array([s.weight for s in samples])
    for i, sample in enumerate(samples):
        share = COMPLAINTS.get(sample.style)
        if share is not None and sample.voice != PEOPLE and 0 < yes[sample.style] < all_of[sample.style]:
            now = yes[sample.style] / all_of[sample.style]
            weights[i] *= share / now if sample.complaint else (1 - share) / (1 - now)
    return weights


def _as_we_read(samples: Sequence[Sample]) -> Floats:
    """Weights as in life, and more for what stands where we read: social texts, and what people labelled."""
    ours = np.array([s.voice == PEOPLE or s.style in SOCIAL for s in samples])
    return lifelike(samples) * np.where(ours, SOCIAL_WEIGHS, 1.0)


def _yes_no(rows: Matrix, samples: Sequence[Sample], recipe: Recipe) -> list[Column]:
    """The columns of the three questions that are answered yes or no."""
    plain = np.array([s.weight for s in samples])
    questions: tuple[tuple[Callable[[Sample], bool | None], Floats, tuple[float, float]], ...] = (
        (lambda s: s.complaint, _as_we_read(samples), recipe.complaint_c),
        (lambda s: s.urgent, plain, recipe.urgent_c),
        (lambda s: s.important, plain, recipe.urgent_c),
    )
    answered = []
    for question, weights, strength in questions:
        known = np.array([i for i, s in enumerate(samples) if question(s) is not None], dtype=np.int64)
        truth = np.array([bool(question(samples[i])) for i in known])
        answered.append(blended(rows[known], truth, weights[known], strength, recipe.seed))
    return answered


def blended(rows: Matrix, truth: Bools, weights: Floats, strength: tuple[float, float], seed: int) -> Column:
    """Two linear models in one: logistic regression, and the same on features stretched by their log-count ratio."""
    counted = abs(sp.diags(weights) @ rows)
    there, elsewhere = (1 + np.asarray(counted[side].sum(axis=0)).ravel() for side in (truth, ~truth))
    ratio = np.log((there / there.sum()) / (elsewhere / elsewhere.sum()))
    plain, bias = logistic(rows, truth, weights, strength[0], seed)
    stretched, shift = logistic(rows @ sp.diags(ratio), truth, weights, strength[1], seed)
    parts = ((plain, bias), (stretched * ratio, shift))
    spreads = [float((rows @ coef + intercept).std()) or 1.0 for coef, intercept in parts]
    mixed = sum((coef / spread for (coef, _), spread in zip(parts, spreads, strict=True)), np.zeros(rows.shape[1]))
    return mixed, sum(intercept / spread for (_, intercept), spread in zip(parts, spreads, strict=True))


def logistic(rows: Matrix, truth: Bools, weights: Floats, c: float, seed: int) -> Column:
    """Logistic regression as coefficients and intercept."""
    # The dual is solved in a third of the time, and nearer to the optimum: there are more features than texts.
    model = LogisticRegression(C=c, solver="liblinear", dual=True, tol=1e-3, random_state=seed, max_iter=1_000)
    model.fit(rows, truth, sample_weight=weights)
    return model.coef_[0], float(model.intercept_[0])


def _kinds(rows: Matrix, samples: Sequence[Sample], recipe: Recipe) -> list[Column]:
    """The columns of kinds, told apart among what is no complaint: whether it is one is another question."""
    kinds = [KINDS.index(s.kind) if s.kind and not s.complaint else -1 for s in samples]
    weights = np.array([s.weight for s in samples])
    return _against_rest(rows, np.array(kinds), weights, len(KINDS), recipe.kind_c, recipe.seed)


def _categories(rows: Matrix, form: Additive, samples: Sequence[Sample], recipe: Recipe) -> list[Column]:
    """The columns of categories, learned mostly among complaints, where they matter.

    Here the words of what is replied to count too: they say what "here too" is about, and measuring showed that they
    help. Whether a reply is a complaint they do not tell.
    """
    both = sp.hstack([rows, form.whole_words([s.parent for s in samples])]).tocsr()
    topics = [CATEGORIES.index(s.category) if s.category else -1 for s in samples]
    weights = np.array([s.weight * (1.0 if s.complaint else recipe.other_topic_weight) for s in samples])
    return _against_rest(both, np.array(topics), weights, len(CATEGORIES), recipe.category_c, recipe.seed)


def _against_rest(rows: Matrix, labels: Ints, weights: Floats, size: int, c: float, seed: int) -> list[Column]:
    known = np.flatnonzero(labels >= 0)
    columns: list[Column] = [(np.zeros(rows.shape[1]), NEVER)] * size
    present = sorted({int(label) for label in labels[known]})
    for label in present if len(present) > 1 else []:
        columns[label] = logistic(rows[known], labels[known] == label, weights[known], c, seed)
    return columns


def _by_word(texts: Sequence[str]) -> tuple[list[str], Matrix]:
    """The different words of the texts, and how often each text has each."""
    places: dict[str, int] = {}
    found = [
        [places.setdefault(word, len(places)) for token in tokens_of(text) for word in _words_of(token)]
        for text in texts
    ]
    return list(places), _counted(found, len(places))


def _by_gram(words: Sequence[str], index: dict[str, int]) -> Matrix:
    """How often each word has each known n-gram."""
    return _counted(
        [[i for gram in grams_of(word) if (i := index.get(gram)) is not None] for word in words], len(index)
    )


def _pairs_of(text: str, places: dict[str, int]) -> list[tuple[int, int, int]]:
    """How far apart, and the pair: of known words that end a token and begin one of the next few, with the text's edges."""
    ends = [(EDGE, EDGE), *(ends_of(_words_of(token), places) for token in tokens_of(text)), (EDGE, EDGE)]
    return [
        (step, last, first)
        for step in range(1, REACH + 1)
        for (_, last), (first, _) in zip(ends, ends[step:], strict=False)
        if UNKNOWN not in (last, first)
    ]


def _counted(found: Sequence[Sequence[int]], size: int) -> Matrix:
    """A row for each list, of how often each number below `size` stands in it."""
    ends = np.cumsum([0, *map(len, found)])
    flat = np.fromiter(chain.from_iterable(found), dtype=np.intp, count=ends[-1])
    counts = sp.csr_matrix((np.ones(len(flat)), flat, ends), shape=(len(found), size))
    counts.sum_duplicates()
    return counts


def _of_length_1(rows: Matrix, squares: Floats) -> Matrix:
    lengths = np.sqrt(squares)
    return sp.diags(1 / np.where(lengths > 0, lengths, 1.0)) @ rows
