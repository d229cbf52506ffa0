"""Tickets handed over to other applications: Open311 GeoReport v2 and SP4N-LAPOR!, streamed in constant memory."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from sqlalchemy import Connection

from classifiers.verdict import CATEGORIES

from .anonymity import veiled_ticket
from .configfiles import beside_or_default
from .errors import SettingsError
from .export import veils
from .handover import lapor, open311
from .records import Ticket
from .routing import KABUPATEN
from .settings import Routing
from .store import alarms, history, items, persons, tickets

SIZE = 500


class LaporTexts(BaseModel):
    """All of lapor.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    anonymous: bool = True
    secret: tuple[str, ...] = ()
    topics: dict[str, str]
    agencies: dict[str, str] = {}

    @model_validator(mode="after")
    def _whole(self) -> "LaporTexts":
        unknown = sorted({*self.topics, *self.secret} - set(CATEGORIES))
        missing = [category for category in CATEGORIES if category not in self.topics]
        if unknown or missing:
            raise ValueError(
                f"expected a topic for each category; missing: {missing or 'none'}, unknown: {unknown or 'none'}"
            )
        return self


def load_mapping(beside: Path | None, agencies: Mapping[str, str]) -> lapor.Mapped:
    """How LAPOR calls things, from lapor.toml beside the configuration or from the defaults; `agencies` by their names here.

    Raises SettingsError, also for an agency that is not one of these.
    """
    texts = beside_or_default(LaporTexts, "lapor.toml", beside)
    unknown = sorted(set(texts.agencies) - set(agencies))
    if (
        unknown and beside and (beside / "lapor.toml").is_file()
    ):  # the defaults name agencies that an office may not have
        raise SettingsError(
            f"{beside / 'lapor.toml'}: agencies.{unknown[0]}: expected one of the agencies of categories.toml"
        )
    return lapor.Mapped(texts.topics, {**agencies, **texts.agencies}, texts.secret, texts.anonymous)


def as_open311(connection: Connection, routing: Routing) -> Iterator[str]:
    """All tickets as one JSON list of service requests, piece by piece."""
    return _listed(_requests(connection, routing))


def services(routing: Routing) -> str:
    """The service list as JSON."""
    found = [
        open311.service(key, category.label, routing.agencies[category.agency])
        for key, category in routing.categories.items()
    ]
    return "".join(_listed(iter(found)))


def _listed(records: Iterator[Mapping[str, Any]]) -> Iterator[str]:
    start = "["
    for record in records:
        yield f"{start}\n{json.dumps(record, separators=(',', ':'))}"
        start = ","
    yield "[]\n" if start == "[" else "\n]\n"


def _requests(connection: Connection, routing: Routing) -> Iterator[Mapping[str, Any]]:
    for part, grounds in _parts(connection):
        hidden = veils(connection, part)
        for ticket in (veiled_ticket(t, hidden[t.number]) for t in part):
            category = routing.categories.get(ticket.category)
            yield open311.request(
                ticket,
                category.label if category else ticket.category,
                routing.agencies.get(ticket.agency, ticket.agency),
                grounds.get(ticket.number),
                open311.area_of(ticket, KABUPATEN),
            )


def _parts(connection: Connection) -> Iterator[tuple[list[Ticket], dict[str, str]]]:
    """Tickets in batches, each with the grounds on which some were turned down."""
    every = iter(tickets.every(connection))
    while part := list(islice(every, SIZE)):
        rows = tickets.rows_of(connection, [ticket.number for ticket in part])
        grounds = history.latest(connection, list(rows.values()), "ground")
        yield part, {number: grounds[row] for number, row in rows.items() if row in grounds}


def as_lapor(connection: Connection, mapped: lapor.Mapped) -> Iterator[Mapping[str, Any]]:
    """All tickets as LAPOR knows reports."""
    for part, grounds in _parts(connection):
        rows = tickets.rows_of(connection, [ticket.number for ticket in part])
        known = history.latest(connection, list(rows.values()), "reference")
        kinds = items.kinds_of(connection, list(rows.values()))
        said = alarms.facts(connection, list(rows.values()))
        silent = persons.states(connection, (ticket.reporter_id for ticket in part))
        hidden = veils(connection, part)
        for ticket in part:
            row = rows[ticket.number]
            kind = kinds.get(row, "pengaduan")
            words = said[row][1] or ticket.summary
            if mapped.anonymous or ticket.reporter_id is None or ticket.reporter_id in silent:
                veil = hidden[ticket.number]
                ticket, words = veiled_ticket(ticket, veil), veil.words(words)
            yield lapor.report(ticket, words, kind, grounds.get(ticket.number), known.get(row), mapped)
