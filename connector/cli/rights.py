"""Verbs for a citizen's rights: a copy, to be forgotten, not to be processed, and to be processed again."""

from typing import TYPE_CHECKING, Annotated

import typer

from .app import Verbs, app
from .opening import open_works, written
from .outcome import finish, out, out_json, say
from .reading import AsJson, process
from .records import Out
from .staff import By, _who

if TYPE_CHECKING:
    from ..person import Done, Request
    from ..wiring import Works

person_app = Verbs(help="A citizen's rights (UU PDP 27/2022): copy, erasure, restriction.", no_args_is_help=True)
app.add_typer(person_app, name="person")

Authors = Annotated[
    list[str],
    typer.Option("--author", metavar="ID", help="His id (author_id); repeat it: he has another on each Page."),
]


def _asked(works: "Works", author: list[str], by: str | None) -> "Request":
    from ..person import request

    return request(works.engine, author, _who(by), works.clock, works.stop.is_set)


@person_app.command("export", epilog="Example: ntbcare person export --author 7001 --out salinan.json")
def person_export(
    context: typer.Context, author: Authors, out: Out = None, by: By = None, json: AsJson = False
) -> None:
    """A copy of all that is stored of a person, as one JSON document."""
    from ..person import copy

    asked = _asked(open_works(context), author, by)
    pieces = copy(asked)
    first = next(pieces)
    with written(out) as stream:
        stream.write(first)
        for piece in pieces:
            stream.write(piece)


@person_app.command("erase", epilog="Example: ntbcare person erase --author 7001 --author 8123")
def person_erase(context: typer.Context, author: Authors, by: By = None, json: AsJson = False) -> None:
    """Forget a person and never read him in again. This cannot be undone."""
    from ..person import erase

    done = erase(_asked(open_works(context), author, by))
    c = done.counts
    line = (
        f"erased {c['items']} items with {c['revisions']} older revisions, {c['verdicts']} verdicts and {c['labels']} "
        f"labels, {c['tickets']} tickets emptied, {c['mentions']} other items no longer name him; "
        f"{c['persons']} of {len(author)} ids newly barred"
    )
    _show(done, line, [], json)


@person_app.command("restrict", epilog="Example: ntbcare person restrict --author 7001")
def person_restrict(context: typer.Context, author: Authors, by: By = None, json: AsJson = False) -> None:
    """Keep a person's items but do not process them, unless a life is in danger."""
    from ..person import restrict

    works = open_works(context)
    done = restrict(_asked(works, author, by))
    failures = process(works)[1]
    c = done.counts
    line = (
        f"{c['persons']} of {len(author)} ids newly restricted; {c['items']} items and {c['tickets']} tickets set aside"
    )
    _show(done, line, failures, json)


@person_app.command("release", epilog="Example: ntbcare person release --author 7001")
def person_release(context: typer.Context, author: Authors, by: By = None, json: AsJson = False) -> None:
    """Lift a restriction: his items are processed again."""
    from ..person import release

    works = open_works(context)
    done = release(_asked(works, author, by))
    failures = process(works)[1]
    c = done.counts
    line = f"{c['persons']} restrictions lifted; {c['items']} items processed again, {c['tickets']} tickets shown again"
    _show(done, line, failures, json)


def _show(done: "Done", line: str, more: list[str], as_json: bool) -> None:
    if as_json:
        out_json({"counts": dict(done.counts), "notes": list(done.notes), "failures": [*done.failures, *more]})
    else:
        out(line)
        for note in done.notes:
            say(note)
    finish([*done.failures, *more])
