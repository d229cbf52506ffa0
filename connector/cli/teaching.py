"""Verbs about the model: train, evaluate."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import Misuse, SettingsError
from .app import app
from .outcome import finish, out, out_json, say
from .reading import AsJson

if TYPE_CHECKING:
    from classifiers.samples import Sample

COLUMNS = (
    "CSV with the columns text and is_complaint, and if known kind, category, urgency (or urgent), parent (what it "
    "answers), style, hard; or .jsonl as `ntbcare labels export` writes it"
)


@app.command(epilog="Example: ntbcare train --with corrected.csv")
def train(
    context: typer.Context,
    with_: Annotated[
        list[Path] | None,
        typer.Option("--with", metavar="FILE", help=f"Own labelled texts: {COLUMNS}. May be repeated."),
    ] = None,
    out_dir: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Only write the model there.")] = None,
    rollback: Annotated[bool, typer.Option("--rollback", help="Go back to the model before.")] = False,
) -> None:
    """Train a model from the corpus, people's labels and own texts; it is promoted only if it is not worse."""
    from .opening import named, readable

    if rollback and (with_ or out_dir is not None):
        raise Misuse("--rollback: goes alone; it only takes the model in use off the top")
    for file in with_ or ():
        readable(file)
    named(out_dir, "--out")
    if out_dir is not None:
        _may_take(out_dir)
    if rollback:
        _roll_back(context)
    else:
        _teach(context, with_ or (), out_dir)


def _roll_back(context: typer.Context) -> None:
    from classifiers import shelf

    from ..settings import found

    back = shelf.roll_back(found(context.obj).parent / "models")
    out(f"now in use: {back.name if back else 'the model that ships'}")


def _teach(context: typer.Context, files: Sequence[Path], out_dir: Path | None) -> None:
    """Trains; the model is written to a folder, or promoted if it is not worse than the one in use."""
    from classifiers.promote import promote
    from classifiers.train import train as fit

    from ..labels import taught
    from ..store.engine import reading
    from ..wiring import utc_now
    from .opening import open_works

    samples: list[Sample] = []
    if out_dir is None or _configured(context):
        works = open_works(context, stops=False)
        with reading(works.engine) as connection:
            samples = list(taught(connection))
    with _own_texts():
        trained = fit(list(files), samples=samples, today=utc_now().date(), tell=say)
    if out_dir is not None:
        trained.write(out_dir)
        out(f"written to {out_dir}")
        return
    outcome = promote(works.models, trained)
    if outcome.promoted:
        out(f"{outcome.name} is in use; `ntbcare replay --dry-run` shows what it would change")
        return
    out(f"{outcome.name} was not promoted, the one in use stays; it is kept in {outcome.folder}")
    out("Look for wrong labels among those given (`ntbcare labels export`), or label more, and train again.")
    finish([f"worse: {reason}" for reason in outcome.reasons])


@contextmanager
def _own_texts() -> Iterator[None]:
    """A file of texts that cannot be taken as it is was given by whoever runs the verb. Raises Misuse."""
    from classifiers.corpus import CorpusError

    try:
        yield
    except CorpusError as error:
        raise Misuse(" ".join(str(error).split())[:500]) from None


def _may_take(folder: Path) -> None:
    """Before minutes of training: whether a model can be written there at all. Raises Misuse."""
    from classifiers.artifact import takes

    above = next(place for place in folder.absolute().parents if place.exists())
    if not takes(folder):
        raise Misuse(f"--out {folder}: holds other things than a model; name a new folder")
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise Misuse(f"--out {folder}: cannot be written; choose another place")


def _configured(context: typer.Context) -> bool:
    """Whether there is a store with people's labels to learn from; `--out` works without one."""
    from ..settings import found

    try:
        return found(context.obj).is_file()
    except SettingsError:
        return False


@app.command(epilog="Example: ntbcare evaluate labelled.csv")
def evaluate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=f"Labelled texts: {COLUMNS}.")],
    model: Annotated[Path | None, typer.Option("--model", metavar="DIR", help="Another model.")] = None,
    card: Annotated[
        Path | None, typer.Option("--card", metavar="FILE.html", help="Also write the model card there.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Metrics of the model on labelled texts."""
    import classifiers
    from classifiers.artifact import manifest_of
    from classifiers.card import card as card_of
    from classifiers.evaluate import table
    from classifiers.learned import measured
    from classifiers.samples import read_labelled

    from .opening import chosen_model, named, readable, written

    named(card, "--card")
    readable(file)
    with ExitStack() as beside:
        page = beside.enter_context(written(card)) if card is not None else None
        classify = classifiers.load(chosen := chosen_model(context, model))
        with _own_texts():
            samples = read_labelled(file)
        if not samples:
            raise Misuse(f"{file}: there are no labelled texts in it")
        place = classifiers.place_of(chosen)
        manifest = manifest_of(place) if place.exists() else {}
        evaluation = measured(classify, manifest, samples)
        if page is not None:
            page.write(card_of(manifest, evaluation))
    if json:
        out_json(evaluation.as_dict())
    else:
        out(table(evaluation))
