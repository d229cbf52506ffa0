"""How good a classifier is on labelled texts: every figure with its interval, as data and as a table."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifiers import metrics
from classifiers.samples import Sample
from classifiers.verdict import CATEGORIES, KINDS, Classify, Verdict

_ROUNDS: Final = 300


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value and where it lies in 95 of 100 redrawn samples; None when it cannot be measured here."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """Precision, recall and F1 of one label."""

    label: str
    precision: float
    recall: float
    f1: float
    texts: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that was measured; `as_dict` for JSON, `table` for reading."""

    model: str
    texts: int
    complaints: int
    urgent: int
    figures: dict[str, Figure]
    styles: dict[str, dict[str, Figure]]
    categories: list[Row]
    kinds: list[Row]
    confusion: list[tuple[str, str, int]]
    reliability: list[tuple[float, float, int]]

    def as_dict(self) -> dict[str, Any]:
        """The whole as plain dicts and lists."""
        return asdict(self)

    def value(self, name: str) -> float:
        """One figure's value, NaN when it could not be measured."""
        figure = self.figures[name].value
        return math.nan if figure is None else figure


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Truths and verdicts of the same texts as arrays."""

    complaint: metrics.Bools
    said: metrics.Bools
    score: metrics.Floats
    sure: metrics.Bools
    category: metrics.Texts
    said_category: metrics.Texts
    urgent: metrics.Bools
    said_urgent: metrics.Bools
    urgent_score: metrics.Floats
    kind: metrics.Texts
    said_kind: metrics.Texts
    hard: metrics.Bools

    def take(self, places: npt.NDArray[np.intp] | metrics.Bools) -> "Answers":
        return Answers(*(getattr(self, name)[places] for name in self.__slots__))


def evaluate(classify: Classify, samples: Sequence[Sample], rounds: int = _ROUNDS) -> Evaluation:
    """Measures a classifier on labelled texts."""
    verdicts = list(classify([sample.said for sample in samples]))
    found = answers(samples, verdicts)
    styles = np.array([sample.style for sample in samples])
    with_style = {name: np.flatnonzero(styles == name) for name in sorted(set(styles.tolist()) - {""})}
    return Evaluation(
        model=verdicts[0].model if verdicts else "",
        texts=len(samples),
        complaints=int(found.complaint.sum()),
        urgent=int(found.urgent.sum()),
        figures={name: _figure(measure, found, rounds) for name, measure in FIGURES.items()},
        styles={
            style: {name: _figure(measure, found.take(places), rounds) for name, measure in FIGURES.items()}
            for style, places in with_style.items()
        },
        categories=_rows(found.category, found.said_category, CATEGORIES),
        kinds=_rows(found.kind, found.said_kind, KINDS),
        confusion=_confusion(found),
        reliability=metrics.reliability(found.complaint, found.score) if samples else [],
    )


def answers(samples: Sequence[Sample], verdicts: Sequence[Verdict]) -> Answers:
    """The category counts on complaints alone: elsewhere it stays empty, and so does an unknown kind."""
    topics = [s.category if s.complaint and s.category else "" for s in samples]
    return Answers(
        complaint=np.array([s.complaint for s in samples], dtype=bool),
        said=np.array([v.is_complaint for v in verdicts], dtype=bool),
        score=np.array([v.complaint_score for v in verdicts], dtype=float),
        sure=np.array([not v.needs_review for v in verdicts], dtype=bool),
        category=np.array(topics, dtype=str),
        said_category=np.array(
            [v.category if topic else "" for v, topic in zip(verdicts, topics, strict=True)], dtype=str
        ),
        urgent=np.array([bool(s.urgent) for s in samples], dtype=bool),
        said_urgent=np.array([v.urgency == "mendesak" for v in verdicts], dtype=bool),
        urgent_score=np.array([v.urgent_score for v in verdicts], dtype=float),
        kind=np.array([s.kind or "" for s in samples], dtype=str),
        said_kind=np.array([v.kind if s.kind else "" for v, s in zip(verdicts, samples, strict=True)], dtype=str),
        hard=np.array([s.hard for s in samples], dtype=bool),
    )


def _macro(a: Answers) -> float:
    return metrics.macro_f1(a.complaint.astype(str), a.said.astype(str), ("True", "False"))


def _category(a: Answers) -> float:
    known = a.category != ""
    return metrics.macro_f1(a.category[known], a.said_category[known], sorted(set(a.category[known].tolist())))


def _kind(a: Answers) -> float:
    """Only where all kinds are known: people's labels often say no more than complaint or not."""
    if len(set(a.kind[a.kind != ""].tolist())) < 3:
        return metrics.NONE
    known = a.kind != ""
    return metrics.macro_f1(a.kind[known], a.said_kind[known], sorted(set(a.kind[known].tolist())))


def _accuracy_when_sure(a: Answers) -> float:
    return float((a.complaint == a.said)[a.sure].mean()) if a.sure.any() else metrics.NONE


FIGURES: Final[dict[str, Callable[[Answers], float]]] = {
    "macro_f1": _macro,
    "pr_auc": lambda a: metrics.average_precision(a.complaint, a.score),
    "macro_f1_hard": lambda a: _macro(a.take(a.hard)) if a.hard.any() else metrics.NONE,
    "pr_auc_hard": lambda a: metrics.average_precision(a.complaint[a.hard], a.score[a.hard]),
    "category_macro_f1": _category,
    "kind_macro_f1": _kind,
    "urgent_pr_auc": lambda a: metrics.average_precision(a.urgent, a.urgent_score),
    "urgent_recall_at_precision_0.4": lambda a: metrics.recall_at(a.urgent, a.urgent_score, 0.4),
    "urgent_recall_at_precision_0.7": lambda a: metrics.recall_at(a.urgent, a.urgent_score, 0.7),
    "urgent_recall": lambda a: metrics.precision_recall(a.urgent, a.said_urgent)[1] if a.urgent.any() else metrics.NONE,
    "urgent_precision": lambda a: (
        metrics.precision_recall(a.urgent, a.said_urgent)[0] if a.urgent.any() else metrics.NONE
    ),
    "ece": lambda a: metrics.calibration_error(a.complaint, a.score),
    "sure_share": lambda a: float(a.sure.mean()) if len(a.sure) else metrics.NONE,
    "sure_accuracy": _accuracy_when_sure,
}


def _figure(measure: Callable[[Answers], float], found: Answers, rounds: int) -> Figure:
    value = measure(found)
    if math.isnan(value):
        return Figure(None, None, None)
    low, high = metrics.interval(lambda places: measure(found.take(places)), len(found.said), rounds)
    return Figure(value, low, high)


def _rows(truth: metrics.Texts, said: metrics.Texts, labels: Sequence[str]) -> list[Row]:
    there = set(truth.tolist()) | set(said.tolist())
    return [
        Row(label, *metrics.precision_recall(truth == label, said == label), int((truth == label).sum()))
        for label in labels
        if label in there
    ]


def _confusion(a: Answers) -> list[tuple[str, str, int]]:
    """The categories taken for each other, the most frequent first."""
    pairs = Counter((t, s) for t, s in zip(a.category.tolist(), a.said_category.tolist(), strict=True) if t and t != s)
    return [(true, said, count) for (true, said), count in sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))]


def table(evaluation: Evaluation) -> str:
    """The evaluation as text for a terminal."""
    lines = [
        f"{evaluation.model}: {evaluation.texts} texts, {evaluation.complaints} complaints, {evaluation.urgent} urgent",
        "",
    ]
    lines += [f"{name:32} {_shown(figure)}" for name, figure in evaluation.figures.items()]
    for style, figures in evaluation.styles.items():
        lines += ["", f"style {style}"]
        lines += [f"  {name:30} {_shown(figure)}" for name, figure in figures.items() if figure.value is not None]
    for title, rows in (("category", evaluation.categories), ("kind", evaluation.kinds)):
        if rows:
            lines += ["", f"{title:24} precision recall    f1 texts"]
            lines += [f"{r.label:24} {r.precision:9.2f} {r.recall:6.2f} {r.f1:5.2f} {r.texts:5}" for r in rows]
    if evaluation.confusion:
        lines += ["", "taken for each other (true > said)"]
        lines += [f"  {true} > {said}: {count}" for true, said, count in evaluation.confusion[:12]]
    lines += ["", "reliability (said > came true, texts)"]
    lines += [f"  {said:.2f} > {came:.2f}  {count}" for said, came, count in evaluation.reliability]
    return "\n".join(lines)


def _shown(figure: Figure) -> str:
    if figure.value is None:
        return "    –"
    return f"{figure.value:.3f}  [{figure.low:.3f}, {figure.high:.3f}]"
