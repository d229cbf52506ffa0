"""(e) Texts a second of the shipped classifier, against a scikit-learn pipeline of the same family."""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import classifiers

from . import naive
from .figures import head, ratio, rounds, show, timed
from .worlds import texts

ROUNDS = 3


def run() -> None:
    """One at a time and a hundred at a time; cold is the first reading of 10,000 texts, warm the second."""
    head("Classifier: kind, category, urgency (the baseline answers category alone)")
    said = list(islice(texts(2), 10_000))
    pipeline = naive.pipeline()
    one = _rate(lambda part: (pipeline.predict(part), pipeline.predict_proba(part)), said[:300], 1)
    many = _rate(lambda part: (pipeline.predict(part), pipeline.predict_proba(part)), said[:3000], 100)
    show("scikit-learn, one text a call", f"{one:,.0f} texts/s", "baseline")
    show("scikit-learn, 100 texts a call", f"{many:,.0f} texts/s", ratio(many, one))
    for size, name in ((1, "one text a call"), (100, "100 texts a call")):
        cold = rounds(ROUNDS, lambda size=size: _rate(_forgetful(), said, size, 1))  # type: ignore[misc]
        show(f"ours, {name}, cold", f"{cold:,.0f} texts/s", ratio(cold, one))
        model = _forgetful()
        model(said)
        warm = _rate(model, said, size)
        show(f"ours, {name}, warm", f"{warm:,.0f} texts/s", ratio(warm, one))


def _forgetful() -> Callable[[Sequence[str]], Any]:
    """The shipped classifier, remembering nothing yet."""
    from classifiers.features import grams_of

    grams_of.cache_clear()
    return classifiers.load()


def _rate(classify: Callable[[Sequence[str]], Any], said: Sequence[str], size: int, count: int = 3) -> float:
    parts = [said[i : i + size] for i in range(0, len(said), size)]
    return len(said) / rounds(count, lambda: timed(lambda: [classify(part) for part in parts]))
