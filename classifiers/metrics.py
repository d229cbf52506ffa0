"""The measures themselves, on arrays of truths and scores; numpy alone."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.str_]
Matrix = dict[str, dict[str, int]]
"""For each label that is true, how many texts were given which label."""
NONE: Final = float("nan")


def average_precision(truth: Bools, score: Floats) -> float:
    """Area under the precision-recall curve, equal scores taken together; NaN without a positive."""
    if not truth.any():
        return NONE
    precision, recall = curve(truth, score)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def curve(truth: Bools, score: Floats) -> tuple[Floats, Floats]:
    """Precision and recall at each distinct score, from the highest score down."""
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    hits = np.cumsum(truth[order])[last]
    return hits / (last + 1), hits / max(int(truth.sum()), 1)


def recall_at(truth: Bools, score: Floats, precision: float) -> float:
    """The best recall that some threshold reaches with at least this precision."""
    if not truth.any():
        return NONE
    precisions, recalls = curve(truth, score)
    return float(max(recalls[precisions >= precision], default=0.0))


def precision_recall(truth: Bools, said: Bools) -> tuple[float, float, float]:
    """Precision, recall and F1 of a yes-or-no decision; 0 where nothing was said or nothing was there."""
    hits = int((truth & said).sum())
    precision = hits / max(int(said.sum()), 1)
    recall = hits / max(int(truth.sum()), 1)
    return precision, recall, 2 * hits / max(int(said.sum()) + int(truth.sum()), 1)


def macro_f1(truth: Texts, said: Texts, labels: Sequence[str] | None = None) -> float:
    """Mean F1 over the labels: those given, or every label that occurs."""
    names = labels if labels is not None else sorted({*truth.tolist(), *said.tolist()})
    if not len(truth):
        return NONE
    place = {name: i for i, name in enumerate(names)}
    true, heard = (np.array([place.get(name, len(place)) for name in side.tolist()]) for side in (truth, said))
    hits, there, told = (np.bincount(at, minlength=len(place) + 1)[:-1] for at in (true[true == heard], true, heard))
    return float(np.mean(2 * hits / np.maximum(there + told, 1)))


def matrix(truth: Texts, said: Texts, labels: Sequence[str]) -> Matrix:
    """What was said of what, a row for each label that is true of something."""
    return {
        true: {label: int(((truth == true) & (said == label)).sum()) for label in labels}
        for true in labels
        if (truth == true).any()
    }


def reliability(truth: Bools, score: Floats, bins: int = 10) -> list[tuple[float, float, int]]:
    """By tenths of the score: what was said on average, what came true, and how many texts."""
    places = np.minimum((score * bins).astype(int), bins - 1)
    return [
        (float(score[inside].mean()), float(truth[inside].mean()), int(inside.sum()))
        for inside in (places == i for i in range(bins))
        if inside.any()
    ]


def calibration_error(truth: Bools, score: Floats) -> float:
    """Expected calibration error over ten bins."""
    if not len(truth):
        return NONE
    return float(sum(abs(said - came) * count for said, came, count in reliability(truth, score)) / len(truth))


def interval(
    figure: Callable[[npt.NDArray[np.intp]], float], size: int, rounds: int = 400, seed: int = 7
) -> tuple[float, float]:
    """Percentile bootstrap: where a figure of `size` texts lies in 95 of 100 redrawn samples."""
    if not size:
        return NONE, NONE
    draw = np.random.default_rng(seed)
    values = [figure(draw.integers(0, size, size)) for _ in range(rounds)]
    if np.isnan(values).all():
        return NONE, NONE
    return float(np.nanpercentile(values, 2.5)), float(np.nanpercentile(values, 97.5))
