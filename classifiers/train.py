"""A new model from the corpus and people's labels: `python -m classifiers.train` rebuilds the one that is shipped."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from classifiers import artifact, corpus
from classifiers.card import card
from classifiers.evaluate import evaluate
from classifiers.learned import marks, measured
from classifiers.linear import Decisions, Linear, Weights
from classifiers.samples import Sample, is_held_out, of_corpus, read_labelled, without_known

SHIPPED = Path(__file__).parent / "model"
LABELLED = "real texts with labels: CSV, or .jsonl as `ntbcare labels export` writes it"


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
    labelled: Iterable[Path] = (),
    *,
    samples: Sequence[Sample] = (),
    folder: Path = corpus.FOLDER,
    today: date,
    tell: Callable[[str], None] = lambda _: None,
) -> Trained:
    """Learns from the corpus in `folder`, labelled CSV files and samples that people labelled; `tell` is told each stage.

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
    tell(f"learning from {len(learned):,} texts, {len(people):,} of them labelled by people: some minutes")
    weights = fit.fitted(learned)
    tell("learning again without each voice, to know how sure it may be")
    weights, scores = calibrate.calibrated(weights, calibrate.unheard(learned), learned)
    weights, decisions = artifact.rounded(weights), calibrate.decided(scores, learned)
    name = named(weights, decisions, today)
    tell(f"measuring on {len(held_out):,} texts kept apart")
    evaluation = evaluate(Linear(weights, decisions, name), held_out, rounds=100)
    manifest = {
        "name": name,
        "sklearn": sklearn_version,
        "corpus_sha256": corpus.digest(folder),
        "learned": marks(s for s in people if not is_held_out(s)),
        "texts": {"corpus": len(known), "people": len(people), "held_out": len(held_out)},
        "metrics": {key: figure.value for key, figure in evaluation.figures.items()},
        "unheard_voices": calibrate.by_voice(scores, learned, decisions),
        "recipe": asdict(fit.RECIPE),
    }
    return Trained(weights, decisions, manifest, held_out)


def named(weights: Weights, decisions: Decisions, today: date) -> str:
    """Another name for whatever judges otherwise: by its weights or by its thresholds."""
    whole = artifact.packed(weights) + repr(decisions).encode()
    return f"linear-{today.isoformat()}-{sha256(whole).hexdigest()[:6]}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Rebuilds the shipped model, or with `--out` another."""
    parser = argparse.ArgumentParser(prog="python -m classifiers.train", description=__doc__)
    parser.add_argument(
        "--with",
        dest="labelled",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help=f"{LABELLED}; may be repeated",
    )
    parser.add_argument("--corpus", type=Path, default=corpus.FOLDER, metavar="DIR", help="another corpus")
    parser.add_argument("--out", type=Path, default=SHIPPED, metavar="DIR")
    parser.add_argument(
        "--measure", type=Path, metavar="FILE", help=f"{LABELLED}, for the learning curves; the model never sees them"
    )
    parser.add_argument("--card", type=Path, metavar="FILE.html", help="writes the model card")
    parser.add_argument("--date", type=date.fromisoformat, default=datetime.now(tz=UTC).date())
    chosen = parser.parse_args(arguments)
    try:
        real = read_labelled(chosen.measure) if chosen.measure else []
        trained = train(chosen.labelled, folder=chosen.corpus, today=chosen.date)
    except corpus.CorpusError as error:
        print(error, file=sys.stderr)
        return 1
    if real:
        trained.manifest["curves"] = _curves(real, chosen.corpus)
    trained.write(chosen.out)
    print(f"{trained.manifest['name']} written to {chosen.out}")
    if chosen.card:
        page = card(trained.manifest, measured(trained.model, trained.manifest, real or trained.held_out))
        chosen.card.write_text(page, encoding="utf-8")
    return 0


def _curves(real: Sequence[Sample], folder: Path) -> list[dict[str, Any]]:
    """The learning curves on real texts, as a manifest holds them."""
    from classifiers import curves

    own = [s for s in of_corpus(corpus.load(folder)) if not is_held_out(s)]
    return [asdict(curve) for curve in (*curves.own_texts(own, real), *curves.people_labels(own, real))]


if __name__ == "__main__":
    sys.exit(main())
