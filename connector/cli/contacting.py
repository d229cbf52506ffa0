"""Verbs for whom we tell: the network of duta, and saying that an alarm is in hand."""

from pathlib import Path
from typing import Annotated

import typer

from .app import Verbs, app
from .opening import open_works, records_in
from .outcome import finish, out, out_json, say
from .reading import AsJson
from .staff import By, Number, _who, tickets_app

contacts_app = Verbs(help="The duta: people in the villages who agreed to be told.", no_args_is_help=True)
app.add_typer(contacts_app, name="contacts")


@tickets_app.command("ack", epilog="Example: ntbcare tickets ack NTB-2026-000017 --by Ani")
def tickets_ack(context: typer.Context, number: Number, by: By = None) -> None:
    """Say that an urgent ticket is in hand: its alarm goes no further."""
    from ..casework import acknowledge

    works = open_works(context)
    done = acknowledge(works.engine, number, who=_who(by), now=works.clock())
    out(f"{number}: acknowledged by {done.by}" if done.fresh else f"{number}: was acknowledged before by {done.by}")
    if not done.rang:
        say(f"{number}: it has not rung, and will not now; if another ticket was meant, acknowledge that one too")


@contacts_app.command("import", epilog="Example: ntbcare contacts import duta.csv")
def contacts_import(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="CSV", help="Columns nama, kelompok, kode (or kabupaten, kecamatan, desa), saluran, persetujuan."
        ),
    ],
    json: AsJson = False,
) -> None:
    """Take contacts in; a line that is known already, by channel and area, is brought up to date."""
    from ..network import import_contacts

    records_in(file)
    works = open_works(context)
    done = import_contacts(works.engine, file, works.contacts, works.clock)
    if json:
        out_json({"new": done.new, "known": done.known, "alike": done.alike, "failures": done.failures})
    else:
        out(f"{done.new} new contacts, {done.known} known")
        for line in done.alike:
            out(f"{line}: if it is the same person, `ntbcare contacts remove` the old one")
    finish(done.failures)


@contacts_app.command("list", epilog="Example: ntbcare contacts list --json")
def contacts_list(context: typer.Context, json: AsJson = False) -> None:
    """All contacts by area, one a line, each with the number that `remove` takes."""
    from ..export import zulu
    from ..store import contacts
    from ..store.engine import reading
    from ..wita import WITA

    works = open_works(context)
    with reading(works.engine) as connection:
        people = contacts.every(connection)
    for p in people:
        if json:
            row = {"id": p.id, "name": p.name, "group": p.group, "area": p.area, "channel": p.channel}
            out_json({**row, "consent_at": zulu(p.consent_at)})
        else:
            out(
                f"{p.id:6}  {p.area:13}  {p.group:12} {p.name}  {p.channel}  consent {p.consent_at.astimezone(WITA):%Y-%m-%d}"
            )


@contacts_app.command("remove", epilog="Example: ntbcare contacts remove 17 18")
def contacts_remove(
    context: typer.Context,
    numbers: Annotated[
        list[int], typer.Argument(metavar="ID…", min=1, max=2**31 - 1, help="As `contacts list` shows them.")
    ],
    by: By = None,
) -> None:
    """Erase contacts, with all that waits for them."""
    from ..network import remove

    works = open_works(context)
    count, hindered = remove(works.engine, numbers, _who(by), works.clock())
    out(f"{count} contacts erased")
    missing = [f"{len(numbers) - count} of these numbers: no such contact"] if count < len(numbers) else []
    stale = [f"the file still holds old bytes ({hindered}): run the same command again later"] if hindered else []
    finish([*missing, *stale])


@contacts_app.command("coverage", epilog="Example: ntbcare contacts coverage --missing")
def contacts_coverage(
    context: typer.Context,
    missing: Annotated[bool, typer.Option("--missing", help="Only kecamatan where nobody is.")] = False,
    json: AsJson = False,
) -> None:
    """How many contacts each kecamatan of NTB has, and which have nobody."""
    from ..network import coverage
    from ..store.engine import reading

    works = open_works(context)
    with reading(works.engine) as connection:
        rows = coverage(connection)
    shown = [row for row in rows if not (missing and row[2])]
    if json:
        out_json([{"kecamatan": code, "name": name, "contacts": count} for code, name, count in shown])
        return
    for code, name, count in shown:
        out(f"{code}  {count:4}  {name}")
    out(f"{sum(not count for _, _, count in rows)} of {len(rows)} kecamatan have nobody")


@contacts_app.command("lesson", epilog="Example: ntbcare contacts lesson")
def contacts_lesson() -> None:
    """The standard text for duta: what makes a report useful. It goes along with each weekly digest."""
    from ..alarm_texts import LESSON

    out(LESSON)
