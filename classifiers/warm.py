"""How good a model gets that people taught: `python -m classifiers.warm FILE.csv`, each text judged by one without it."""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from classifiers import corpus
from classifiers.curves import PARTS, apart
from classifiers.evaluate import Evaluation, evaluate, table
from classifiers.samples import Sample, read_labelled
from classifiers.train import LABELLED, train
from classifiers.verdict import Verdict


def warm(
    real: Sequence[Sample],
    parts: int = PARTS,
    *,
    folder: Path = corpus.FOLDER,
    today: date,
    tell: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Measures what `train` makes of the corpus and of all labelled texts but one part, on that part; all parts together."""
    asked: list[Sample] = []
    said: list[Verdict] = []
    for number, (others, part) in enumerate(apart(real, parts), 1):
        tell(f"part {number} of {parts}: judged by a model of the corpus and {len(others)} other labelled texts")
        model = train(samples=others, folder=folder, today=today).model
        asked += part
        said += model([sample.said for sample in part])
    return evaluate(lambda _: said, asked)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints all figures; each part takes as long as `train` does."""
    parser = argparse.ArgumentParser(prog="python -m classifiers.warm", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help=LABELLED)
    parser.add_argument(
        "--folds", type=int, default=PARTS, metavar="N", help="how many parts they are taken apart into"
    )
    parser.add_argument("--corpus", type=Path, default=corpus.FOLDER, metavar="DIR", help="another corpus")
    chosen = parser.parse_args(arguments)
    try:
        real = read_labelled(chosen.file)
        if not 2 <= chosen.folds <= len(real):
            parser.error(f"--folds: expected 2 to {len(real)}, as many as there are texts, found {chosen.folds}")
        found = warm(
            real,
            chosen.folds,
            folder=chosen.corpus,
            today=datetime.now(tz=UTC).date(),
            tell=lambda said: print(said, file=sys.stderr, flush=True),
        )
    except corpus.CorpusError as error:
        print(error, file=sys.stderr)
        return 1
    print(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
