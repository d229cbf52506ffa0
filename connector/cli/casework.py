"""More verbs on tickets: what happened otherwise than on Facebook, merges taken back, items split off, histories verified."""

from pathlib import Path
from typing import Annotated

import typer

from .opening import moment, open_works, records_in
from .outcome import finish, out, out_json
from .reading import AsJson
from .staff import By, Number, Version, _who, number_of, tickets_app


@tickets_app.command("unmerge", epilog="Example: ntbcare tickets unmerge NTB-2026-000018")
def tickets_unmerge(context: typer.Context, number: Number, version: Version = None, by: By = None) -> None:
    """Take back a merge: the ticket has its items, supporters and state again."""
    from ..store import merging
    from ..store.engine import writing

    works = open_works(context)
    with writing(works.engine) as connection:
        had = merging.unmerge(connection, number, _who(by), works.clock(), version)
    out(f"{number}: taken out of {had}")


@tickets_app.command("split", epilog="Example: ntbcare tickets split NTB-2026-000017 123_456")
def tickets_split(
    context: typer.Context,
    number: Number,
    item: Annotated[list[str], typer.Argument(metavar="ITEM…", help="Ids of posts, comments or messages in it.")],
    by: By = None,
) -> None:
    """Make a ticket of its own of what the machine joined wrongly; it stays apart from then on."""
    from ..casework import split

    works = open_works(context)
    desk = works.desk(works.classify())
    out(split(works.engine, number, item, who=_who(by), desk=desk, clock=works.clock))


@tickets_app.command("note", epilog='Example: ntbcare tickets note NTB-2026-000017 --text "PLN sudah ditelepon"')
def tickets_note(
    context: typer.Context,
    number: Number,
    text: Annotated[str, typer.Option("--text", help="What to remember.")],
    by: By = None,
) -> None:
    """Add a note to a ticket's history; it waits for nobody any more."""
    from ..casework import note

    works = open_works(context)
    note(works.engine, number, text, who=_who(by), now=works.clock())
    out(f"{number}: noted")


@tickets_app.command("answered", epilog="Example: ntbcare tickets answered NTB-2026-000017 --at 2026-11-24T09:30")
def tickets_answered(
    context: typer.Context,
    number: Number,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="When (WITA); else now.")] = None,
    by: By = None,
) -> None:
    """The citizen was answered by other ways than Facebook: by phone, by letter."""
    from ..casework import answered

    works = open_works(context)
    answered(works.engine, number, moment(at, "--at"), who=_who(by), now=works.clock())
    out(f"{number}: answered")


@tickets_app.command("import", epilog="Example: ntbcare tickets import status-2026-11.csv")
def tickets_import(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines, or CSV; see docs/integration.md.")],
    json: AsJson = False,
) -> None:
    """Take states back from the central application: allowed moves only, each once."""
    from dataclasses import asdict

    from ..central import take_states

    records_in(file)
    works = open_works(context)
    done = take_states(works.engine, file, works.clock())
    if json:
        out_json(asdict(done))
    else:
        out(
            f"{done.moved} tickets moved, {done.known} known already, {done.overtaken} overtaken by later states, "
            f"{done.referenced} tracking ids noted"
        )
    finish(done.failures)


@tickets_app.command("verify", epilog="Example: ntbcare tickets verify")
def tickets_verify(
    context: typer.Context,
    number: Annotated[
        list[str] | None, typer.Argument(metavar="[NUMBER]…", help="Only these; else all.", parser=number_of)
    ] = None,
    json: AsJson = False,
) -> None:
    """Whether the histories are whole: events changed, put in or missing are named. Exit 1 if any are."""
    from ..store import history, tickets
    from ..store.engine import reading

    works = open_works(context)
    with reading(works.engine) as connection:
        for one in number or ():
            tickets.get(connection, one)
        wrong = list(history.faults(connection, number or ()))
        seen = history.count(connection, number or ())
    if json:
        out_json({**seen, "faults": wrong})
    else:
        out(f"{seen['tickets']} tickets with {seen['events']} events: {len(wrong) or 'none'} tampered with")
        out(f"seal {seen['seal']}")
    finish([f"{line}; compare with a backup" for line in wrong])
