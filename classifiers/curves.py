"""Learning curves: how much better a model gets with more own texts, and with more labels that people give."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from classifiers import metrics
from classifiers.calibrate import UNDECIDED
from classifiers.card import Curve
from classifiers.fit import RECIPE, fitted
from classifiers.linear import Linear
from classifiers.samples import Sample

STEPS: Final = (1_000, 2_000, 4_000, 8_000, 16_000)
LABELS: Final = (0, 50, 100, 200, 400, 800, 1_600)
PARTS: Final = 5


def own_texts(samples: Sequence[Sample], real: Sequence[Sample]) -> list[Curve]:
    """PR-AUC on real texts after so many texts of the corpus, drawn evenly from all voices."""
    mixed = _shuffled(samples)
    sizes = [*(size for size in STEPS if size < len(mixed)), len(mixed)]
    scores = {size: _scored(mixed[:size], real) for size in sizes}
    return _drawn("own texts", scores, real)


def people_labels(samples: Sequence[Sample], real: Sequence[Sample]) -> list[Curve]:
    """PR-AUC on real texts after so many labels of such texts beside the whole corpus, each scored by a model without it."""
    most = len(real) - len(real) // PARTS
    sizes = [*(size for size in LABELS if size < most), most]
    order = [sample for _, part in apart(real) for sample in part]
    scores = {
        size: np.concatenate([_scored([*samples, *others[:size]], part) for others, part in apart(real)])
        for size in sizes
        if size
    }
    scores[0] = _scored(samples, order)
    return _drawn("labels", scores, order)


def apart(real: Sequence[Sample], parts: int = PARTS) -> Iterator[tuple[list[Sample], list[Sample]]]:
    """Each of so many parts of these texts, drawn evenly, behind all the others."""
    mixed = _shuffled(real)
    for part in range(parts):
        yield [sample for i, sample in enumerate(mixed) if i % parts != part], mixed[part::parts]


def _scored(samples: Sequence[Sample], real: Sequence[Sample]) -> metrics.Floats:
    weights = fitted(samples, RECIPE, all_columns=False)
    return Linear(weights, UNDECIDED, "").scores([sample.said for sample in real])[:, 0]


def _drawn(what: str, scores: dict[int, metrics.Floats], real: Sequence[Sample]) -> list[Curve]:
    return [
        Curve(
            f"PR-AUC after so many {what}, {title}",
            [(size, round(figure(scores[size]), 4)) for size in sorted(scores)],
        )
        for title, figure in _figures(real)
    ]


def _figures(real: Sequence[Sample]) -> list[tuple[str, Callable[[metrics.Floats], float]]]:
    truth = np.array([sample.complaint for sample in real])
    hard = np.array([sample.hard for sample in real])
    figures: list[tuple[str, Callable[[metrics.Floats], float]]] = []
    if truth.any():
        figures.append(("all", lambda scores: metrics.average_precision(truth, scores)))
    if truth[hard].any():
        figures.append(("hard", lambda scores: metrics.average_precision(truth[hard], scores[hard])))
    return figures


def _shuffled(samples: Sequence[Sample]) -> list[Sample]:
    order = np.random.default_rng(RECIPE.seed).permutation(len(samples))
    return [samples[i] for i in order.tolist()]
