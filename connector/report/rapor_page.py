"""The rapor as a page to read and to print, and as a table for the office."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TextIO

from sqlalchemy import Connection

from ..export import as_csv
from ..routing import KABUPATEN
from ..settings import Routing
from ..store import rapor as store
from . import words
from .html import environment, sealed
from .rapor import NOT_COUNTED, Line, Month, Rapor, TicketFact, rapor_of, records


def read_rapor(connection: Connection, month: Month, routing: Routing, now: datetime) -> Rapor:
    """The rapor of a month as the store stands at `now`."""
    return rapor_of(month, _facts(connection, month), now, lambda key: routing.agencies.get(key, key), KABUPATEN)


def _facts(connection: Connection, month: Month) -> Iterator[TicketFact]:
    grounds = store.grounds(connection, month.before)
    for row in store.asked_between(connection, month.before, month.end):
        if row.status == "ditolak" and grounds.get(row.id) in NOT_COUNTED:
            continue
        asked = min(row.asked_at, row.opened_at)
        due = asked + (row.answer_by - row.opened_at) if row.answer_by else None
        kabupaten = row.kabupaten[:5] if row.kabupaten else None
        yield TicketFact(row.agency, kabupaten, row.urgency, asked, due, row.first_response_at, bool(row.again))


def write_page(rapor: Rapor, stream: TextIO) -> None:
    """The page, complete in one file, sealed like the report."""
    own = environment().overlay()
    own.filters = own.filters | {"length_of": _length, "share": _share, "more": _more, "better": _better}
    page = own.get_template("rapor.html.j2")
    stream.write(page.render(rapor=rapor, **sealed(styles=("style.css", "rapor.css"))))


def write_csv(rapor: Rapor, stream: TextIO) -> None:
    """The same numbers for a spreadsheet; no cell can be a formula."""
    stream.writelines(as_csv(records(rapor)))


def _length(length: timedelta | None) -> str:
    return "–" if length is None else words.span(length)


def _share(share: float | None) -> str:
    return "–" if share is None else words.percent(share)


def _more(line: Line) -> str:
    return _arrow(line.more, words.number(abs(line.more)))


def _better(line: Line) -> str:
    points = 0 if line.better is None else round(line.better)
    return "" if line.better is None else _arrow(points, f"{abs(points)} poin")


def _arrow(change: float, text: str) -> str:
    return f"▲ {text}" if change > 0 else f"▼ {text}" if change < 0 else "="
