"""The page by Flask: three routes, each a thin door to a verb."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any, TextIO

from flask import Flask, Response, g, request

from ..errors import Conflict, ConnectorError, Misuse, NotFound
from ..report import Live
from .door import Door
from .guard import WORDS, Refused, guard

MOST = 1_000_000
"""Bytes of one request: a few thousand corrections."""
Reply = tuple[dict[str, Any], int]


@dataclass(frozen=True, slots=True)
class Office:
    """What the page needs of the product.

    `write` puts the page into a stream; `correct` takes corrections as the report exports them and returns one line for
    each that could not be taken; `shown` tells how the tickets of these items stand by now; `move` takes a ticket's number,
    its new status, the one that the page showed if known, the reason and who says so, and raises a ConnectorError when that
    may not be. `moves` are the statuses
    offered: (status, name, the statuses it is offered in).
    """

    write: Callable[[TextIO, Live], None]
    correct: Callable[[Sequence[Mapping[str, Any]]], list[str]]
    shown: Callable[[Sequence[str]], list[Mapping[str, Any]]]
    move: Callable[[str, str, str | None, str, str], None]
    moves: Sequence[tuple[str, str, Sequence[str]]]
    clock: Callable[[], datetime]


def make_app(office: Office, door: Door, hosts: Sequence[str], tell: Callable[[str], None]) -> Flask:
    """The application; it answers only when asked by one of these host names, which a strange web site cannot do.

    `tell` is told the key that opens now, when somebody was refused.
    """
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.debug = False  # whatever FLASK_DEBUG says: a debugger runs what it is told
    app.url_map.merge_slashes = False
    app.config |= {"MAX_CONTENT_LENGTH": MOST, "PROVIDE_AUTOMATIC_OPTIONS": False}
    guard(app, door, hosts, office.clock, tell)
    app.add_url_rule("/", view_func=lambda: _page(office), endpoint="page")
    app.add_url_rule("/labels", view_func=lambda: _labels(office), endpoint="labels", methods=["POST"])
    app.add_url_rule(
        "/tickets/<number>/moves", view_func=lambda number: _moves(office, number), endpoint="moves", methods=["POST"]
    )
    return app


def _page(office: Office) -> Response:
    script = (resources.files("connector.review") / "review.js").read_text("utf-8")
    stream = io.StringIO()
    office.write(stream, Live(script, g.session.token, office.moves))
    page = Response(stream.getvalue().encode("utf-8", "backslashreplace"), mimetype="text/html")
    page.headers["Content-Security-Policy"] = "frame-ancestors 'none'"  # the rest stands in the page, with its hashes
    return page


def _labels(office: Office) -> Reply:
    given = _given()
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Refused(400, "diharapkan daftar koreksi")
    failures = office.correct(given)
    if failures:
        return {"failures": failures}, 422
    return {"failures": [], "tickets": office.shown([str(one.get("id")) for one in given])}, 200


def _moves(office: Office, number: str) -> Reply:
    given = _given()
    if not isinstance(given, dict):
        raise Refused(400, "diharapkan satu keputusan")
    status, seen, reason, by = (str(given.get(name) or "").strip() for name in ("status", "seen", "reason", "by"))
    try:
        office.move(number, status, seen or None, reason, by or "petugas")
    except ConnectorError as error:
        return {"failures": [told(error)]}, 422
    return {"failures": []}, 200


def _given() -> Any:
    try:
        return request.get_json()
    except RecursionError:  # brackets in brackets without end
        raise Refused(400, WORDS[400]) from None


def told(error: Exception) -> str:
    """An error in the words of the page: who reads it sits at no shell."""
    match error:
        case Conflict():
            return "tiket sudah diubah, atau tidak dapat dipindahkan ke sana; muat ulang halaman"
        case NotFound():
            return "tidak ada lagi di penyimpanan; muat ulang halaman"
        case Misuse():
            return "tulis alasannya dahulu: tiket yang ditolak memerlukan alasan"
    return "tidak dapat diterima; muat ulang halaman"
