"""Verbs that show tickets: the list with what is overdue, and one with its history."""

import json as jsonlib
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import typer

from ..errors import Misuse
from .opening import open_works
from .outcome import out, out_json
from .reading import AsJson
from .staff import Number, tickets_app


@tickets_app.command("list", epilog="Example: ntbcare tickets list --status diterima --urgency mendesak")
def tickets_list(
    context: typer.Context,
    status: Annotated[str | None, typer.Option("--status", help="Only of this status.")] = None,
    urgency: Annotated[str | None, typer.Option("--urgency", help="Only of this urgency.")] = None,
    category: Annotated[str | None, typer.Option("--category", help="Only of this category.")] = None,
    agency: Annotated[
        str | None, typer.Option("--agency", help="Only what this agency answers for: its key in categories.toml.")
    ] = None,
    overdue: Annotated[
        bool,
        typer.Option(
            "--overdue",
            help="Only those past their deadline, latest first; it counts from the opening, the rapor from the writing.",
        ),
    ] = False,
    lapor: Annotated[
        bool, typer.Option("--lapor", help="By LAPOR's 3, 5 and 10 working days instead of NTB Care's hours.")
    ] = False,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only closed ones whose reporter wrote again.")] = False,
    json: AsJson = False,
) -> None:
    """Tickets in the order of their numbers, one a line; with the time that is left for an answer, or for LAPOR's next step."""
    from classifiers.verdict import CATEGORIES, URGENCIES

    from .. import deadlines
    from ..export import ticket_record, zulu
    from ..report import words
    from ..states import MOVES
    from ..store import history, tickets
    from ..store.engine import reading

    equal: dict[str, Any] = {"status": status, "urgency": urgency, "category": category, "agency": agency}
    _known(equal, {"status": MOVES, "urgency": URGENCIES, "category": CATEGORIES})
    works = open_works(context)
    _known(equal, {"agency": works.routing.agencies})
    now, calendar = works.clock(), works.settings.calendar.calendar
    with reading(works.engine) as connection:
        followed_up = history.last(connection, deadlines.FOLLOW_UPS) if lapor else {}
        by_lapor = partial(deadlines.lapor, followed_up=followed_up, calendar=calendar)
        due_of = by_lapor if lapor else deadlines.own
        found = tickets.every(connection, waiting=waiting, **equal)
        for ticket in deadlines.latest(found, due_of, now) if overdue else found:
            due = due_of(ticket)
            if json:
                expected = {"lapor": due and {"step": due.step, "by": zulu(due.by)}} if lapor else {}
                out_json(ticket_record(ticket) | expected)
                continue
            left = f"{f'{due.step} ' if lapor else ''}{words.remaining(due.by, now)}" if due else ""
            facts = f"{ticket.status:14} {ticket.urgency:8} {left:24} {ticket.category:20}"
            out(f"{ticket.number}  {facts} {ticket.summary}")


def _known(given: Mapping[str, str | None], allowed: Mapping[str, Collection[str]]) -> None:
    """Raises Misuse for an option whose value is none of those that are allowed."""
    for option, values in allowed.items():
        value = given[option]
        if value is not None and value not in values:
            raise Misuse(f"--{option} {value}: expected one of {', '.join(values)}")


@tickets_app.command("show", epilog="Example: ntbcare tickets show NTB-2026-000017")
def tickets_show(context: typer.Context, number: Number, json: AsJson = False) -> None:
    """One ticket with its history, its times in WITA; with --json in UTC."""
    from ..deadlines import FOLLOW_UPS, lapor_clock
    from ..duplicates import COORDINATED, COPIED
    from ..export import ticket_record, zulu
    from ..report.words import short_time
    from ..store import history, likeness, tickets
    from ..store.engine import reading

    works = open_works(context)
    with reading(works.engine) as connection:
        row = tickets.get(connection, number)
        sources = tickets.source_ids(connection, [row.id]).get(row.id, [])
        record = ticket_record(tickets.as_ticket(row, sources))
        record["copied"] = likeness.copies(connection, [row.id], COPIED).get(row.id, 0) + 1
        told = history.events_of(connection, row.id, words=row.withheld is None)
        events = [{"at": zulu(e.at), "who": e.who, "what": e.what, "data": e.data} for e in told]
        followed_up = max((e.at for e in told if e.what in FOLLOW_UPS), default=None)
        clock = lapor_clock(row.opened_at, followed_up, works.settings.calendar.calendar)
        record["lapor"] = {name: zulu(at) for name, at in asdict(clock).items()}
    if json:
        out_json({**record, "history": events})
        return
    record |= {
        name: f"{short_time(at)} WITA" for name in record if isinstance(at := getattr(row, name, None), datetime)
    }
    record["lapor"] = {name: f"{short_time(at)} WITA" for name, at in asdict(clock).items()}
    for name, value in record.items():
        plain = "–" if value is None else value
        out(f"{name:18} {jsonlib.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else plain}")
    if record["copied"] >= COORDINATED:
        out(f"! {record['copied']} pengirim memakai kata-kata yang sama persis: mungkin terkoordinasi, periksa dulu")
    for event, at in zip(events, (e.at for e in told), strict=True):
        said = f"{event['who']}: {event['what']} {jsonlib.dumps(event['data'], ensure_ascii=False)}"
        out(f"  {short_time(at)} WITA  {said}")
