"""Which texts a model learned from: its figures on them would say how well it remembers, not how good it is."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from classifiers import corpus
from classifiers.corpus import same_text
from classifiers.evaluate import Evaluation, evaluate
from classifiers.samples import Sample, is_held_out
from classifiers.verdict import Classify


def marks(samples: Iterable[Sample]) -> str:
    """What a manifest keeps of the texts of people: a short mark of each, in order, which does not give the text back."""
    return " ".join(sorted({_mark(sample) for sample in samples}))


def unlearned(samples: Sequence[Sample], manifest: dict[str, Any]) -> list[Sample]:
    """The samples that the model of a manifest did not learn from; of the corpus, those held out alone.

    Without a manifest nothing was learned. The corpus is the one that is there, also where the model knew an older one.
    """
    taught = set(manifest.get("learned", "").split())
    own = {same_text(line.text) for line in corpus.load()} if "corpus_sha256" in manifest else set()
    return [s for s in samples if _mark(s) not in taught and (same_text(s.text) not in own or is_held_out(s))]


def measured(classify: Classify, manifest: dict[str, Any], samples: Sequence[Sample]) -> Evaluation:
    """Measures the model of a manifest on those samples that it did not learn from."""
    fresh = unlearned(samples, manifest)
    return evaluate(classify, fresh, learned=len(samples) - len(fresh))


def _mark(sample: Sample) -> str:
    return sha256(same_text(sample.text).encode("utf-8", "surrogatepass")).hexdigest()[-8:]
