"""(e) Texts a second of the shipped classifier, against the scikit-learn pipelines that one would use in its place."""

import multiprocessing
import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import classifiers
from classifiers import corpus

from . import naive
from .figures import head, ratio, show, worked
from .worlds import long_texts

ROUNDS = 3
FASTTEXT = "NTBCARE_FASTTEXT"
"""Names a Python that has fasttext 0.9.3: it has no wheel and wants numpy below 2, so it is none of our packages."""
Answer = Callable[[Sequence[str]], Any]


class Case(NamedTuple):
    """Texts that ours has read before, texts it is then timed with, and how many times as fast it is to be."""

    name: str
    before: Sequence[str]
    asked: Sequence[str]
    aims: dict[int, int]


def run() -> None:
    """By processor time, the rounds of all in turn; one text a call and a hundred, each beside its like."""
    head("Classifier: kind, category, urgency")
    said = list(islice(long_texts(2), 10_000))
    lengths = [len(text) for text in said]
    show("characters of a text, on average; at the median", f"{np.mean(lengths):.0f}; {median(lengths):.0f}")
    cases = (
        Case("cold: words it has not seen", (), said, {1: 10, 100: 3}),
        Case("warm: the same 10,000 again", said, said, {1: 10, 100: 4}),
        Case("warm: 3,000 again, all words remembered", said[:3_000], said[:3_000], {1: 10, 100: 4}),
    )
    baselines = {"our three questions": _three_questions(), "whether it is a complaint, alone": _one_question()}
    for size, name, few in ((1, "one text a call", said[:300]), (100, "100 a call", said[:3_000])):
        took = [
            ([_rate(answer, few, size) for answer in baselines.values()], [_ours(case, size) for case in cases])
            for _ in range(ROUNDS)
        ]
        for place, question in enumerate(baselines):
            rate = median(slow[place] for slow, _ in took)
            show(f"scikit-learn, {name}, {question}", f"{rate:,.0f} texts/s", "baseline")
        for place, case in enumerate(cases):
            times = [median(ours[place] / slow[which] for slow, ours in took) for which in range(len(baselines))]
            rate = median(ours[place] for _, ours in took)
            told = f"{times[0]:.1f} × the baseline, aim {case.aims[size]} ×; {times[1]:.1f} × the one with one question"
            show(f"ours, {name}, {case.name}", f"{rate:,.0f} texts/s", told)
    _show_rival(said, cases)
    _show_loading(said)


def _three_questions() -> Answer:
    """What ours counts, letters, words and pairs of words, counted by scikit-learn once, and what ours answers."""
    lines = corpus.load()
    form = naive.counted(pairs=True)
    rows = form.fit_transform([line.text for line in lines])
    heads = [
        LogisticRegression(max_iter=20, tol=1e-2).fit(rows, [getattr(line, question) for line in lines])
        for question in naive.QUESTIONS
    ]

    def answer(texts: Sequence[str]) -> list[Any]:
        counted = form.transform(texts)
        return [head.predict_proba(counted) for head in heads]

    return answer


def _one_question() -> Answer:
    """The same without pairs of words, for one question; the answer comes from the chance."""
    lines = corpus.load()
    pipeline = make_pipeline(naive.counted(), LogisticRegression(solver="liblinear"))
    pipeline.fit([line.text for line in lines], [line.kind == "pengaduan" for line in lines])
    return lambda texts: pipeline.predict_proba(texts)[:, 1] >= 0.5


def _ours(case: Case, size: int) -> float:
    model = classifiers.load()
    model(case.before)
    return _rate(model, case.asked, size)


def _rate(classify: Answer, said: Sequence[str], size: int) -> float:
    parts = [said[i : i + size] for i in range(0, len(said), size)]
    return len(said) / worked(lambda: [classify(part) for part in parts])


class Loading(NamedTuple):
    """What a fresh process needs to load the model, to fill its memory of words, and for one comment of 10 MB."""

    seconds: float
    megabytes: float
    full_megabytes: float
    comment_seconds: float
    comment_megabytes: float


def _show_loading(said: Sequence[str]) -> None:
    took = []
    for _ in range(ROUNDS):
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
            took.append(fresh.submit(_loading, said).result())
    middle = Loading(*map(median, zip(*took, strict=True)))
    show("loading the model", f"{middle.seconds:.3f} s", "aim 0.15 s")
    show(
        "memory of it, loaded; with its memory of words full",
        f"{middle.megabytes:.0f}; {middle.full_megabytes:.0f} MB",
        "aim 60 MB",
    )
    show("a comment of 10 MB, one text a call", f"{1000 * middle.comment_seconds:.1f} ms", "aim 50 ms")
    show("a comment of 10 MB, memory on top at most", f"{middle.comment_megabytes:.1f} MB", "aim 20 MB")


def _loading(said: Sequence[str]) -> Loading:
    comment = "jalan rusak " * 900_000
    empty = _memory("VmRSS")
    loaded: list[Answer] = []
    seconds = worked(lambda: loaded.append(classifiers.load()))
    (model,) = loaded
    model(said[:1])
    with_model = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the highest mark begins anew
    comment_seconds = worked(lambda: model([comment]))
    with_comment = _memory("VmHWM")
    model(said)
    return Loading(seconds, with_model - empty, _memory("VmRSS") - empty, comment_seconds, with_comment - with_model)


def _memory(field: str) -> float:
    """Megabytes of this process by the kernel's own count."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith(field))) * 1024 / 1e6


def _show_rival(said: Sequence[str], cases: Sequence[Case]) -> None:
    rival = _fasttext(said)
    if rival:
        show("fastText predict(list), categories alone", f"{rival:,.0f} texts/s", "baseline")
        for case in cases:
            ours = median(_ours(case, 100) for _ in range(ROUNDS))
            show(f"ours, 100 a call, {case.name}", f"{ours:,.0f} texts/s", f"{ratio(ours, rival)}, aim 1 ×")
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
    began = time.process_time()
    model.predict(texts)
    took.append(time.process_time() - began)
print(min(took))
"""
