"""Verbs of the office: labels, tickets, person."""

import getpass
import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import Misuse
from .app import Verbs, app
from .opening import open_works, records_in, written
from .outcome import finish, out, out_json
from .reading import AsJson, process
from .records import AlwaysJson, Out

if TYPE_CHECKING:
    from ..wiring import Works

labels_app = Verbs(help="Corrections by people: in and out.", no_args_is_help=True)
tickets_app = Verbs(help="The tickets from a shell.", no_args_is_help=True)
app.add_typer(labels_app, name="labels")
app.add_typer(tickets_app, name="tickets")


def number_of(said: str) -> str:
    """A ticket's number as one types it: in small letters, with blanks around."""
    return said.strip().upper()


By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who says so; else the user of this shell.")]
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="Such as NTB-2026-000017.", parser=number_of)]
Version = Annotated[
    int | None,
    typer.Option("--version", metavar="N", help="Only if it is still as `tickets show` told: at this version."),
]


def _who(by: str | None) -> str:
    if by:
        return by
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "petugas"


@labels_app.command("import", epilog="Example: ntbcare labels import koreksi-2026-11-24.json")
def labels_import(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="From the report's button, or JSON lines or CSV.")],
    json: AsJson = False,
) -> None:
    """Take in corrections; what they change is triaged again at once."""
    from ..labels import import_labels

    records_in(file)
    works = open_works(context)
    desk = works.desk(works.classify())
    try:
        done = import_labels(works.engine, file, works.clock, desk.deadline, desk.route)
    except UnicodeDecodeError:
        raise Misuse(f"{file}: expected UTF-8 text") from None
    result, failures = process(works)
    if json:
        out_json({"new": done.new, "known": done.known, "failures": done.failures, "processed": result.counts})
    else:
        out(f"{done.new} new labels, {done.known} known; {result.counts.get('open', 0)} tickets opened")
    finish([*done.failures, *failures])


@labels_app.command("export", epilog="Example: ntbcare labels export --out labels.jsonl")
def labels_export(context: typer.Context, out: Out = None, json: AlwaysJson = False) -> None:
    """All labels with the words they were given to, as JSON lines; null is what nobody said. `train --with` takes them too."""
    from ..labels import export_labels
    from ..store.engine import reading

    works = open_works(context)
    with reading(works.engine) as connection, written(out) as stream:
        for record in export_labels(connection):
            stream.write(jsonlib.dumps(record, separators=(",", ":")) + "\n")


@tickets_app.command("open", epilog="Example: ntbcare tickets open 123_456 --category jalan_jembatan")
def tickets_open(
    context: typer.Context,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="The id of a post, comment or message.")],
    category: Annotated[str | None, typer.Option("--category", help="If the classifier has it wrong.")] = None,
    urgency: Annotated[str | None, typer.Option("--urgency", help="If the classifier has it wrong.")] = None,
    by: By = None,
    json: AsJson = False,
) -> None:
    """Make a ticket of an item that the classifier missed or was unsure of."""
    from ..casework import openable, ticket_of
    from ..labels import add
    from ..store.engine import reading, writing

    works = open_works(context)
    desk = works.desk(works.classify())
    record: dict[str, Any] = {"id": item, "kind": "pengaduan", "by": _who(by), "category": category, "urgency": urgency}
    with reading(works.engine) as connection:
        already, _ = ticket_of(connection, item)
        openable(connection, item, desk.official)
    if already:
        _opened(already, json)
        finish([f"{item}: belongs to {already} already; use `ntbcare tickets move` or `amend`"])
    try:
        with writing(works.engine) as connection:
            add(connection, record, works.clock(), desk.deadline, desk.route)
    except ValueError as error:
        raise Misuse(str(error)) from None
    failures = process(works)[1]
    with reading(works.engine) as connection:
        number, why = ticket_of(connection, item)
    if number:
        _opened(number, json)
    finish(failures if number else [*failures, f"{item}: no ticket was made: {why}"])


def _opened(number: str, json: bool) -> None:
    if json:
        out_json({"number": number})
    else:
        out(number)


@tickets_app.command(
    "new", epilog='Example: ntbcare tickets new --text "Pohon tumbang di Jalan Langko" --urgency penting'
)
def tickets_new(
    context: typer.Context,
    text: Annotated[str, typer.Option("--text", help="The complaint in words.")],
    category: Annotated[str | None, typer.Option("--category", help="Else the classifier's.")] = None,
    urgency: Annotated[str | None, typer.Option("--urgency", help="Else the classifier's.")] = None,
    by: By = None,
    json: AsJson = False,
) -> None:
    """Open a ticket for a complaint that came by other ways: by phone, at the counter."""
    from ..casework import open_new

    works = open_works(context)
    desk = works.desk(works.classify())
    values = {k: v for k, v in (("category", category), ("urgency", urgency)) if v}
    _opened(open_new(works.engine, text, values, who=_who(by), desk=desk, clock=works.clock), json)


@tickets_app.command("move", epilog='Example: ntbcare tickets move NTB-2026-000017 ditolak --reason "bukan wewenang"')
def tickets_move(
    context: typer.Context,
    number: Number,
    status: Annotated[str, typer.Argument(metavar="STATUS", help="diterima, ditindaklanjuti, tuntas or ditolak.")],
    reason: Annotated[
        str, typer.Option("--reason", help="Why; needed for ditolak: bukan wewenang, kurang data …")
    ] = "",
    version: Version = None,
    by: By = None,
) -> None:
    """Move a ticket to another state."""
    from ..casework import move

    works = open_works(context)
    move(works.engine, number, status, who=_who(by), reason=reason, now=works.clock(), version=version)
    out(f"{number}: {status}")


@tickets_app.command("amend", epilog="Example: ntbcare tickets amend NTB-2026-000017 --urgency mendesak")
def tickets_amend(
    context: typer.Context,
    number: Number,
    category: Annotated[str | None, typer.Option("--category", help="The right category.")] = None,
    urgency: Annotated[str | None, typer.Option("--urgency", help="The right urgency.")] = None,
    agency: Annotated[str | None, typer.Option("--agency", help="Who is to answer.")] = None,
    place: Annotated[
        str | None, typer.Option("--place", help='Where: a code such as 52.01.01, or words: "Gerung, Lombok Barat".')
    ] = None,
    summary: Annotated[str | None, typer.Option("--summary", help="In a few words.")] = None,
    version: Version = None,
    by: By = None,
) -> None:
    """Set what the machine has wrong; from then on it is yours and no machine changes it."""
    from ..casework import amend, place_said
    from ..store.tickets import place_values

    works = open_works(context)
    given = (("category", category), ("urgency", urgency), ("agency", agency), ("summary", summary))
    values: dict[str, Any] = {k: v for k, v in given if v}
    if not values and not place:
        raise Misuse("say what to amend: --category, --urgency, --agency, --place or --summary")
    if agency and agency not in works.routing.agencies:
        raise Misuse(f"--agency {agency}: expected one of {', '.join(works.routing.agencies)}")
    desk = works.desk(works.classify())
    if place:
        values |= place_values(place_said(place, desk.find_place))
    amend(works.engine, number, values, who=_who(by), now=works.clock(), desk=desk, version=version)
    out(f"{number}: amended")


@tickets_app.command("merge", epilog="Example: ntbcare tickets merge NTB-2026-000018 NTB-2026-000017")
def tickets_merge(
    context: typer.Context,
    number: Number,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The ticket that stays.", parser=number_of)],
    version: Version = None,
    by: By = None,
) -> None:
    """Close one ticket into another, which takes over its items and supporters."""
    from ..store import merging
    from ..store.engine import writing

    works: Works = open_works(context)
    with writing(works.engine) as connection:
        merging.merge(connection, number, into, _who(by), works.clock(), version)
    out(f"{number}: merged into {into}")
