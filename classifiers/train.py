"""A new model from the corpus and people's labels: `python -m classifiers.train` rebuilds the one that is shipped."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from classifiers import artifact, corpus
from classifiers.card import card
from classifiers.evaluate import Evaluation, evaluate
from classifiers.linear import Decisions, Linear, Weights
from classifiers.samples import Sample, is_held_out, of_corpus, read_labelled, without_known

SHIPPED = Path(__file__).parent / "model"


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A model in memory: what `write` puts on disk."""

    weights: Weights
    decisions: Decisions
    manifest: dict[str, Any]
    held_out: tuple[Sample, ...]

    @property
    def model(self) -> Linear:
        """Ready to classify."""
        return Linear(self.weights, self.decisions, str(self.manifest["name"]))

    def write(self, folder: Path) -> None:
        """Puts the model into a folder, whole or not at all."""
        artifact.write(folder, self.weights, self.decisions, self.manifest)


def train(
    labelled: Iterable[Path] = (), *, samples: Sequence[Sample] = (), folder: Path = corpus.FOLDER, today: date
) -> Trained:
    """Learns from the corpus in `folder`, labelled CSV files and samples that people labelled.

    `CorpusError` names file and line of what cannot be trusted. The same input and day give the same bytes.
    """
    from sklearn import __version__ as sklearn_version

    from classifiers import calibrate, fit

    own = of_corpus(corpus.load(folder))
    people = without_known([*(s for file in labelled for s in read_labelled(file)), *samples], ())
    known = without_known(own, people)
    everything = [*known, *people]
    learned = [s for s in everything if not is_held_out(s)]
    held_out = tuple(s for s in everything if is_held_out(s))
    weights, scores = calibrate.calibrated(fit.fitted(learned), calibrate.unheard(learned), learned)
    weights, decisions = artifact.rounded(weights), calibrate.decided(scores, learned)
    name = f"linear-{today.isoformat()}-{sha256(artifact.packed(weights)).hexdigest()[:6]}"
    measured = evaluate(Linear(weights, decisions, name), held_out, rounds=100)
    manifest = {
        "name": name,
        "sklearn": sklearn_version,
        "corpus_sha256": corpus.digest(folder),
        "texts": {"corpus": len(known), "people": len(people), "held_out": len(held_out)},
        "metrics": {key: figure.value for key, figure in measured.figures.items()},
        "unheard_voices": calibrate.by_voice(scores, learned, decisions),
        "recipe": asdict(fit.RECIPE),
    }
    return Trained(weights, decisions, manifest, held_out)


def measured(trained: Trained) -> Evaluation:
    """The figures of a trained model on the texts it never saw."""
    return evaluate(trained.model, trained.held_out)


def main(arguments: Sequence[str] | None = None) -> int:
    """Rebuilds the shipped model, or with `--out` another."""
    parser = argparse.ArgumentParser(prog="python -m classifiers.train", description=__doc__)
    parser.add_argument("--with", dest="labelled", type=Path, action="append", default=[], metavar="FILE.csv")
    parser.add_argument("--corpus", type=Path, default=corpus.FOLDER, metavar="DIR", help="another corpus")
    parser.add_argument("--out", type=Path, default=SHIPPED, metavar="DIR")
    parser.add_argument("--measure", type=Path, metavar="FILE.csv", help="real texts to measure with; never trained on")
    parser.add_argument("--card", type=Path, metavar="FILE.html", help="writes the model card, with learning curves")
    parser.add_argument("--date", type=date.fromisoformat, default=datetime.now(tz=UTC).date())
    chosen = parser.parse_args(arguments)
    try:
        real = read_labelled(chosen.measure) if chosen.measure else []
        trained = train(chosen.labelled, folder=chosen.corpus, today=chosen.date)
    except corpus.CorpusError as error:
        print(error, file=sys.stderr)
        return 1
    trained.write(chosen.out)
    print(f"{trained.manifest['name']} written to {chosen.out}")
    if chosen.card:
        chosen.card.write_text(_card(trained, real, chosen.corpus), encoding="utf-8")
    return 0


def _card(trained: Trained, real: Sequence[Sample], folder: Path) -> str:
    """The card of a model, measured on real texts if there are any, else on those held out."""
    if not real:
        return card(trained.manifest, measured(trained))
    from classifiers import curves

    own = [s for s in of_corpus(corpus.load(folder)) if not is_held_out(s)]
    drawn = [*curves.own_texts(own, real), *curves.people_labels(own, real)]
    return card(trained.manifest, evaluate(trained.model, real), drawn)


if __name__ == "__main__":
    sys.exit(main())
