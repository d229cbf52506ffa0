"""(e) Texts a second of the shipped classifier, against a scikit-learn pipeline of the same family."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import classifiers
from classifiers import corpus

from . import naive
from .figures import head, ratio, rounds, show, timed
from .worlds import texts

ROUNDS = 3
FASTTEXT = "NTBCARE_FASTTEXT"
"""Names a Python that has fasttext 0.9.3: it has no wheel and wants numpy below 2, so it is none of our packages."""


def run() -> None:
    """One at a time and a hundred at a time, each beside its like; cold is the first reading of 10,000 texts, warm the second."""
    head("Classifier: kind, category, urgency (the baseline answers category alone)")
    said = list(islice(texts(2), 10_000))
    pipeline = naive.pipeline()
    one = _rate(lambda part: (pipeline.predict(part), pipeline.predict_proba(part)), said[:300], 1)
    many = _rate(lambda part: (pipeline.predict(part), pipeline.predict_proba(part)), said[:3000], 100)
    show("scikit-learn, one text a call", f"{one:,.0f} texts/s", "baseline")
    show("scikit-learn, 100 texts a call", f"{many:,.0f} texts/s", "baseline")
    for size, name, base in ((1, "one text a call", one), (100, "100 texts a call", many)):
        cold = rounds(ROUNDS, lambda size=size: _rate(_forgetful(), said, size, 1))  # type: ignore[misc]
        show(f"ours, {name}, cold", f"{cold:,.0f} texts/s", ratio(cold, base))
        model = _forgetful()
        model(said)
        warm = _rate(model, said, size)
        show(f"ours, {name}, warm", f"{warm:,.0f} texts/s", ratio(warm, base))
    rival = _fasttext(said)
    if rival:
        show("fastText predict(list), categories alone", f"{rival:,.0f} texts/s", f"ours {ratio(warm, rival)}")
    else:
        show("fastText", "–", f"not measured: {FASTTEXT} names no Python that has it")


def _fasttext(said: Sequence[str]) -> float:
    """Texts a second of fastText with character n-grams of 2 to 5, the best of three; 0 where there is none."""
    python = os.environ.get(FASTTEXT)
    if not python:
        return 0.0
    with tempfile.TemporaryDirectory() as folder:
        labelled, asked = Path(folder, "labelled.txt"), Path(folder, "asked.txt")
        labelled.write_text(
            "".join(f"__label__{line.category} {' '.join(line.text.split())}\n" for line in corpus.load()), "utf-8"
        )
        asked.write_text("".join(" ".join(text.split()) + "\n" for text in said), "utf-8")
        ran = subprocess.run([python, "-c", _RIVAL, labelled, asked], capture_output=True, text=True, check=True)
    return len(said) / float(ran.stdout)


_RIVAL = """
import sys, time, fasttext
model = fasttext.train_supervised(sys.argv[1], minn=2, maxn=5, dim=50, epoch=3, thread=1, verbose=0, bucket=200000)
texts = open(sys.argv[2], encoding="utf-8").read().splitlines()
took = []
for _ in range(3):
    began = time.perf_counter()
    model.predict(texts)
    took.append(time.perf_counter() - began)
print(min(took))
"""


def _forgetful() -> Callable[[Sequence[str]], Any]:
    """The shipped classifier, remembering nothing yet."""
    from classifiers.features import grams_of

    grams_of.cache_clear()
    return classifiers.load()


def _rate(classify: Callable[[Sequence[str]], Any], said: Sequence[str], size: int, count: int = 3) -> float:
    parts = [said[i : i + size] for i in range(0, len(said), size)]
    return len(said) / rounds(count, lambda: timed(lambda: [classify(part) for part in parts]))
