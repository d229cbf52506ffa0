"""From scores to honest probabilities and to decisions: by texts of voices that a model had not learned from."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from classifiers import metrics, rules
from classifiers.fit import RECIPE, Recipe, fitted, lifelike
from classifiers.linear import CATEGORY, COLUMNS, CRY, EMERGENCY_SHARE, KIND, Decisions, Linear, Weights
from classifiers.samples import PEOPLE, Sample
from classifiers.verdict import CATEGORIES, KINDS

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

MISSED_EMERGENCY: Final = 50.0
"""What missing an emergency costs, in false alarms."""
MISSED_COMPLAINT: Final = 3.0
"""What missing a complaint costs, in needless reviews."""
SURE: Final = 0.983
"""How often the classifier must be right where it says it is sure, on voices of the corpus it does not know.

Real texts are harder: measured on them, this gives about 0.95.
"""
UNMET: Final = 0.72
"""How much of its confidence a model keeps that has met no real text: measured on real ones, which are stranger."""
ALARM_PRECISION: Final = 0.6
"""Of the alarms at least so many must be real, however dear a missed one is: false ones teach an office to look away."""
UNDECIDED: Final = Decisions(0.5, 0.1, 0.9, 0.5, 0.5, 0.6)


def unheard(samples: Sequence[Sample], recipe: Recipe = RECIPE) -> Floats:
    """The scores of each sample from a model that learned from all voices but the sample's own.

    Kinds and categories, which take most of the time and need only a temperature, are scored for the largest voice
    and are NaN elsewhere.
    """
    voices = [_voice(sample) for sample in samples]
    largest = max(sorted(set(voices)), key=voices.count)
    scores = np.zeros((len(samples), len(COLUMNS)))
    for voice in sorted(set(voices)):
        inside = [i for i, v in enumerate(voices) if v == voice]
        others = [s for s, v in zip(samples, voices, strict=True) if v != voice]
        weights = fitted(others, recipe, all_columns=voice == largest)
        scores[inside] = Linear(weights, UNDECIDED, "").scores([samples[i].said for i in inside])
        if voice != largest:
            scores[inside, KIND.start :] = np.nan
    return scores


def calibrated(weights: Weights, scores: Floats, samples: Sequence[Sample]) -> tuple[Weights, Floats]:
    """The weights stretched and shifted so that their scores are log-odds, and the given scores made so too.

    As in learning, complaints are as frequent as in life and what people labelled counts by its weight.
    """
    stretch, shift = np.ones(len(COLUMNS)), np.zeros(len(COLUMNS))
    answers: tuple[list[bool | None], ...] = (
        [s.complaint for s in samples],
        [s.urgent for s in samples],
        [s.important for s in samples],
    )
    plain = np.array([s.weight for s in samples])
    for column, (answer, count) in enumerate(zip(answers, (lifelike(samples), plain, plain), strict=True)):
        known = np.array([a is not None for a in answer])
        truth = np.array([bool(a) for a in answer])
        stretch[column], shift[column] = _platt(scores[known, column], truth[known], count[known])
    if not any(s.voice == PEOPLE for s in samples):
        stretch[0], shift[0] = UNMET * stretch[0], UNMET * shift[0]
    kinds = [KINDS.index(s.kind) if s.kind and not s.complaint else -1 for s in samples]
    stretch[KIND] = _temperature(scores[:, KIND], kinds)
    topics = [CATEGORIES.index(s.category) if s.complaint and s.category else -1 for s in samples]
    stretch[CATEGORY] = _temperature(scores[:, CATEGORY], topics)
    stretched = replace(
        weights,
        coef=(weights.coef * stretch).astype(np.float32),
        pair_coef=(weights.pair_coef * stretch).astype(np.float32),
        context=(weights.context * stretch).astype(np.float32),
        bias=weights.bias * stretch + shift,
    )
    return stretched, scores * stretch + shift


def decided(scores: Floats, samples: Sequence[Sample]) -> Decisions:
    """The thresholds that cost least on calibrated scores of unheard voices, each text by its weight."""
    chances = 1 / (1 + np.exp(-np.clip(scores[:, :3], -50, 50)))
    complaint = np.array([s.complaint for s in samples])
    urgent = np.array([bool(s.urgent) for s in samples])
    known = np.array([s.urgent is not None for s in samples])
    weights, lives = np.array([s.weight for s in samples]), lifelike(samples)
    sure_no, sure_yes = _band(chances[:, 0], complaint, lives)
    split = _split(chances[:, 0], complaint, lives, np.linspace(0.3, 0.7, 41))
    waits = np.array([s.complaint and s.important is not None for s in samples])
    pressing = np.array([bool(s.important) for s in samples])
    likely = known & ((chances[:, 0] >= split * EMERGENCY_SHARE) | (chances[:, 1] >= CRY))
    alarm = _alarm(chances[likely, 1], urgent[likely], weights[likely])
    return Decisions(
        complaint=split,
        sure_no=sure_no,
        sure_yes=sure_yes,
        urgent=alarm,
        important=_split(chances[waits, 2], pressing[waits], weights[waits], np.linspace(0.05, 0.7, 66)),
        net=max(alarm, _net_precision(samples, chances[:, 1], alarm)),
    )


def by_voice(scores: Floats, samples: Sequence[Sample], decisions: Decisions) -> dict[str, dict[str, float]]:
    """How good models are on voices that they had not learned from, from the calibrated scores of `unheard`.

    Each file of the corpus is a voice: `daerah` is the fixed set of NTB texts (Sasak, Samawa and Mbojo mixed in).
    """
    chances = 1 / (1 + np.exp(-np.clip(scores[:, :2], -50, 50)))
    voices = np.array([s.voice for s in samples])
    complaint = np.array([s.complaint for s in samples])
    urgent = np.array([bool(s.urgent) for s in samples])
    told = {}
    for voice in sorted(set(voices.tolist())):
        here = voices == voice
        said = (chances[here, 0] >= decisions.complaint).astype(str)
        figures = {
            "texts": float(here.sum()),
            "macro_f1": metrics.macro_f1(complaint[here].astype(str), said, ("True", "False")),
            "pr_auc": metrics.average_precision(complaint[here], chances[here, 0]),
            "urgent_recall_at_precision_0.7": metrics.recall_at(urgent[here], chances[here, 1], 0.7),
        }
        told[voice] = {name: round(value, 4) for name, value in figures.items() if not np.isnan(value)}
    return told


def _voice(sample: Sample) -> str:
    """People's labels come from many: they are left out by fifths."""
    if sample.voice != PEOPLE:
        return sample.voice
    return f"{PEOPLE}-{hashlib.sha256(sample.text.encode('utf-8', 'surrogatepass')).digest()[2] % 5}"


def _platt(scores: Floats, truth: Bools, weights: Floats) -> tuple[float, float]:
    """Slope and shift of a one-dimensional logistic regression; as it is where there is nothing to learn from."""
    spread = float(scores.std())
    if truth.all() or not truth.any() or not spread:
        return 1.0, 0.0
    model = LogisticRegression(C=10.0).fit(scores[:, None] / spread, truth, sample_weight=weights)
    return float(model.coef_[0, 0]) / spread, float(model.intercept_[0])


def _temperature(scores: Floats, labels: Sequence[int]) -> float:
    """How much to stretch margins so that the softmax says what comes true."""
    places = np.array(labels)
    known = np.flatnonzero((places >= 0) & np.isfinite(scores).all(axis=1))
    if not len(known):
        return 1.0

    def loss(stretch: float) -> float:
        spread = scores[known] * stretch
        spread = spread - spread.max(axis=1, keepdims=True)
        return float(np.mean(np.log(np.exp(spread).sum(axis=1)) - spread[np.arange(len(known)), places[known]]))

    return min((float(s) for s in np.geomspace(0.3, 12, 60)), key=loss)


def _split(chance: Floats, complaint: Bools, weights: Floats, limits: Floats) -> float:
    """Where among these limits yes and no are best told apart (macro-F1)."""

    def macro(limit: float) -> float:
        said = chance >= limit
        both = ((said == truth, complaint == truth) for truth in (True, False))
        return sum(float(2 * weights[s & t].sum() / max(weights[s].sum() + weights[t].sum(), 1)) for s, t in both)

    return max((round(float(t), 3) for t in limits), key=macro)


def _band(chance: Floats, complaint: Bools, weights: Floats) -> tuple[float, float]:
    """The band where a person has to look: the cheapest one outside which the classifier is right often enough."""
    best, cheapest = (0.05, 0.95), np.inf
    for low in np.linspace(0.02, 0.48, 24):
        no = chance <= low
        for high in np.linspace(0.52, 0.98, 24):
            yes = chance >= high
            sure = weights[no | yes].sum()
            missed, false = weights[no & complaint].sum(), weights[yes & ~complaint].sum()
            if sure and 1 - (missed + false) / sure < SURE:
                continue
            cost = MISSED_COMPLAINT * missed + false + (weights.sum() - sure)
            if cost < cheapest:
                best, cheapest = (round(float(low), 3), round(float(high), 3)), cost
    return best


def _alarm(chance: Floats, urgent: Bools, weights: Floats) -> float:
    """The cheapest threshold for urgency among those whose alarms are real often enough."""
    best, cheapest = 0.5, np.inf
    for limit in np.linspace(0.02, 0.9, 89):
        said = chance >= limit
        real, rung = weights[said & urgent].sum(), weights[said].sum()
        if real < ALARM_PRECISION * rung:
            continue
        cost = MISSED_EMERGENCY * weights[urgent & ~said].sum() + rung - real
        if cost < cheapest:
            best, cheapest = round(float(limit), 3), cost
    return best


def _net_precision(samples: Sequence[Sample], chance: Floats, alarm: float) -> float:
    """How often the net is right about texts that the model alone would let pass."""
    caught = [
        bool(s.urgent) for s, c in zip(samples, chance.tolist(), strict=True) if c < alarm and rules.in_danger(s.text)
    ]
    return (sum(caught) + 1) / (len(caught) + 2)
