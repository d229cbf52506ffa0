"""Whether a new model takes the place of the one in use: only if it is not worse in anything that is guarded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from classifiers import load, metrics, shelf
from classifiers.artifact import ModelUnusable
from classifiers.evaluate import FIGURES, Answers, answers
from classifiers.samples import PEOPLE, Sample
from classifiers.train import Trained
from classifiers.verdict import CATEGORIES, Classify

GUARDED: Final = ("pr_auc", "urgent_recall")
SLIGHT: Final = 0.005
"""So small a fall refuses nothing, however sure it is: who learns how others write reads our own texts a little worse.

Measured: 691 right labels cost 0.004 of the PR-AUC on held-out texts of the corpus; as many, three in ten of them wrong, 0.009.
"""
ONE_OF_MANY: Final = 0.99
"""How sure it must be that a category got worse: at 95 of 100, one in six equally good models is refused by one of 17."""
FEWEST: Final = 30
_ROUNDS: Final = 300


@dataclass(frozen=True, slots=True)
class Promotion:
    """What became of a candidate, and why."""

    name: str
    promoted: bool
    reasons: tuple[str, ...]
    folder: Path


def promote(folder: Path, candidate: Trained) -> Promotion:
    """Puts a candidate onto the shelf in `folder`: on top if nothing guarded got worse, else among the refused."""
    name = str(candidate.manifest["name"])
    try:
        incumbent = load(folder)
    except ModelUnusable:
        incumbent = load()  # whatever is wrong with the one in use: none may be worse than what ships
    reasons = worse(candidate.model, incumbent, candidate.held_out)
    place = folder / shelf.REFUSED / name if reasons else folder / name
    candidate.write(place)
    if reasons:
        (place / shelf.REASON).write_text("\n".join(reasons) + "\n", encoding="utf-8")
    else:
        shelf.put_on_top(folder, name)
    return Promotion(name, not reasons, tuple(reasons), place)


def worse(candidate: Classify, incumbent: Classify, held_out: Sequence[Sample]) -> list[str]:
    """In what a candidate is worse than the model in use, on texts that neither learned from; empty: in nothing."""
    people = [s for s in held_out if s.voice == PEOPLE]
    own = [s for s in held_out if s.voice != PEOPLE]
    found = []
    for title, samples in (("corpus", own), ("people's labels", people)):
        if len(samples) >= FEWEST:
            said = [s.said for s in samples]
            new, old = answers(samples, list(candidate(said))), answers(samples, list(incumbent(said)))
            found += [f"{reason}, on held-out texts of {title}" for reason in _worse(new, old)]
    return found


def _worse(new: Answers, old: Answers) -> list[str]:
    found = []
    for name in GUARDED:
        before, after = FIGURES[name](old), FIGURES[name](new)
        if after < before - SLIGHT and _surely_below(FIGURES[name], new, old):
            found.append(f"{name} fell from {before:.3f} to {after:.3f}")
    for category in CATEGORIES:
        if (new.category == category).sum() >= FEWEST // 3:
            before, after = _category_f1(category, old), _category_f1(category, new)
            if after < before and _surely_below(partial(_category_f1, category), new, old, ONE_OF_MANY):
                found.append(f"F1 of {category} fell from {before:.3f} to {after:.3f}")
    return found


def _category_f1(category: str, a: Answers) -> float:
    return metrics.precision_recall(a.category == category, a.said_category == category)[2]


def _surely_below(figure: Callable[[Answers], float], new: Answers, old: Answers, share: float = 0.95) -> bool:
    """Whether the new figure lies below the old one in this share of redrawn samples."""
    draw = np.random.default_rng(11)
    size = len(new.said)
    falls = 0
    for _ in range(_ROUNDS):
        places = draw.integers(0, size, size)
        falls += figure(new.take(places)) < figure(old.take(places))
    return falls >= share * _ROUNDS
