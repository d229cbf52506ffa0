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
from classifiers.verdict import CATEGORIES, KINDS, URGENCIES, Classify, Verdict

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
    """All that was measured; `as_dict` for JSON, `table` for reading.

    `learned` texts were left out of all figures. `urgencies` are those of complaints; they and `kinds` are empty where
    the labels do not tell them apart.
    """

    model: str
    texts: int
    learned: int
    complaints: int
    urgent: int
    figures: dict[str, Figure]
    styles: dict[str, dict[str, Figure]]
    categories: list[Row]
    kinds: list[Row]
    urgencies: list[Row]
    confusion: list[tuple[str, str, int]]
    matrices: dict[str, metrics.Matrix]
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
    urgency: metrics.Texts
    said_urgency: metrics.Texts
    hard: metrics.Bools

    def take(self, places: npt.NDArray[np.intp] | metrics.Bools) -> "Answers":
        return Answers(*(getattr(self, name)[places] for name in self.__slots__))


def evaluate(classify: Classify, samples: Sequence[Sample], rounds: int = _ROUNDS, *, learned: int = 0) -> Evaluation:
    """Measures a classifier on labelled texts, from which so many that it had learned were left out."""
    verdicts = list(classify([sample.said for sample in samples]))
    found = answers(samples, verdicts)
    styles = np.array([sample.style for sample in samples])
    with_style = {name: np.flatnonzero(styles == name) for name in sorted(set(styles.tolist()) - {""})}
    return Evaluation(
        model=verdicts[0].model if verdicts else "",
        texts=len(samples),
        learned=learned,
        complaints=int(found.complaint.sum()),
        urgent=int(found.urgent.sum()),
        figures={name: _figure(measure, found, rounds) for name, measure in FIGURES.items()},
        styles={
            style: {name: _figure(measure, found.take(places), rounds) for name, measure in FIGURES.items()}
            for style, places in with_style.items()
        },
        categories=_rows(found.category, found.said_category, CATEGORIES),
        kinds=_rows(found.kind, found.said_kind, KINDS),
        urgencies=_rows(found.urgency, found.said_urgency, URGENCIES),
        confusion=_confusion(found),
        matrices=_matrices(found),
        reliability=metrics.reliability(found.complaint, found.score) if samples else [],
    )


def answers(samples: Sequence[Sample], verdicts: Sequence[Verdict]) -> Answers:
    """Category and urgency count on complaints alone: elsewhere they stay empty, and so does what is not known."""
    topics = [s.category if s.complaint and s.category else "" for s in samples]
    kinds, urgencies = _kinds_of(samples), _urgencies_of(samples)
    return Answers(
        complaint=np.array([s.complaint for s in samples], dtype=bool),
        said=np.array([v.is_complaint for v in verdicts], dtype=bool),
        score=np.array([v.complaint_score for v in verdicts], dtype=float),
        sure=np.array([not v.needs_review for v in verdicts], dtype=bool),
        category=np.array(topics, dtype=str),
        said_category=_where(topics, [v.category for v in verdicts]),
        urgent=np.array([bool(s.urgent) for s in samples], dtype=bool),
        said_urgent=np.array([v.urgency == "mendesak" for v in verdicts], dtype=bool),
        urgent_score=np.array([v.urgent_score for v in verdicts], dtype=float),
        kind=np.array(kinds, dtype=str),
        said_kind=_where(kinds, [v.kind for v in verdicts]),
        urgency=np.array(urgencies, dtype=str),
        said_urgency=_where(urgencies, [v.urgency for v in verdicts]),
        hard=np.array([s.hard for s in samples], dtype=bool),
    )


def _kinds_of(samples: Sequence[Sample]) -> list[str]:
    """The kinds that are known. That of a complaint always is, so it counts only if no other text's kind is missing.

    Else whatever is wrongly called a complaint would be missing beside it, and its precision be 1 whatever was said.
    """
    others = [s.kind for s in samples if not s.complaint]
    whole = bool(others) and all(others)
    return [s.kind if s.kind and (whole or not s.complaint) else "" for s in samples]


def _urgencies_of(samples: Sequence[Sample]) -> list[str]:
    """The urgencies of complaints that are known; that of an emergency counts only if none of the others is missing."""
    calm = [s.important for s in samples if s.complaint and s.urgent is False]
    whole = bool(calm) and None not in calm
    return [_urgency_of(s) if s.complaint and (whole or not s.urgent) else "" for s in samples]


def _urgency_of(sample: Sample) -> str:
    if sample.urgent or sample.urgent is None:
        return "mendesak" if sample.urgent else ""
    return {True: "penting", False: "biasa", None: ""}[sample.important]


def _where(known: Sequence[str], said: Sequence[str]) -> metrics.Texts:
    return np.array([label if true else "" for true, label in zip(known, said, strict=True)], dtype=str)


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


def _important(a: Answers) -> tuple[float, float]:
    """Precision and recall of what need not ring but cannot wait long, among complaints."""
    there = a.urgency == "penting"
    return (
        metrics.precision_recall(there, a.said_urgency == "penting")[:2]
        if there.any()
        else (metrics.NONE, metrics.NONE)
    )


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
    "important_recall": lambda a: _important(a)[1],
    "important_precision": lambda a: _important(a)[0],
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


def _matrices(a: Answers) -> dict[str, metrics.Matrix]:
    """What was said of what, for each question whose true answers are known."""
    yes_no = ("yes", "no")
    found = {
        "complaint": metrics.matrix(np.where(a.complaint, *yes_no), np.where(a.said, *yes_no), yes_no),
        "urgency": metrics.matrix(a.urgency, a.said_urgency, URGENCIES),
        "kind": metrics.matrix(a.kind, a.said_kind, KINDS),
    }
    return {question: matrix for question, matrix in found.items() if matrix}


def table(evaluation: Evaluation) -> str:
    """The evaluation as text for a terminal."""
    lines = [
        f"{evaluation.model}: {evaluation.texts} texts, {evaluation.complaints} complaints, {evaluation.urgent} urgent",
    ]
    if evaluation.learned:
        lines.append(f"left out, since the model learned from them: {evaluation.learned} texts")
    lines += ["", *(f"{name:32} {_shown(figure)}" for name, figure in evaluation.figures.items())]
    for style, figures in evaluation.styles.items():
        lines += ["", f"style {style}"]
        lines += [f"  {name:30} {_shown(figure)}" for name, figure in figures.items() if figure.value is not None]
    for title, rows in (
        ("category", evaluation.categories),
        ("urgency of complaints", evaluation.urgencies),
        ("kind", evaluation.kinds),
    ):
        if rows:
            lines += ["", f"{title:24} precision recall    f1 texts"]
            lines += [f"{r.label:24} {r.precision:9.2f} {r.recall:6.2f} {r.f1:5.2f} {r.texts:5}" for r in rows]
    for name, matrix in evaluation.matrices.items():
        labels = list(next(iter(matrix.values())))
        lines += ["", f"{name + ', true > said':24}" + "".join(f" {label:>10}" for label in labels)]
        lines += [f"{true:24}" + "".join(f" {row[label]:10}" for label in labels) for true, row in matrix.items()]
    if evaluation.confusion:
        lines += ["", "categories taken for each other (true > said)"]
        lines += [f"  {true} > {said}: {count}" for true, said, count in evaluation.confusion[:12]]
    lines += ["", "reliability (said > came true, texts)"]
    lines += [f"  {said:.2f} > {came:.2f}  {count}" for said, came, count in evaluation.reliability]
    return "\n".join(lines)


def _shown(figure: Figure) -> str:
    if figure.value is None:
        return "    –"
    return f"{figure.value:.3f}  [{figure.low:.3f}, {figure.high:.3f}]"
