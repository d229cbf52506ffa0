"""The page by Flask, on this machine only and behind a key; three routes, each a thin door to a verb."""

import hmac
import io
import secrets
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, TextIO

from flask import Flask, Response, abort, redirect, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server

from ..errors import Conflict, ConnectorError, Misuse, NotFound
from ..report import Live

HOST = "127.0.0.1"
COOKIE = "ntbcare"
MOST = 1_000_000
"""Bytes of one request: a few thousand corrections."""
_FOREIGN = "alamat ini hanya untuk komputer ini"
_STRANGER = "Buka alamat yang dicetak oleh `ntbcare review`, lengkap dengan kuncinya."


@dataclass(frozen=True, slots=True)
class Office:
    """What the page needs of the product.

    `write` puts the page into a stream; `correct` takes corrections as the report exports them and returns one line for
    each that could not be taken; `move` takes a ticket's number, its new status, the reason and who says so, and raises
    a ConnectorError when that may not be. `moves` are the statuses offered: (status, name, the statuses it is offered in).
    """

    write: Callable[[TextIO, Live], None]
    correct: Callable[[Sequence[Mapping[str, Any]]], list[str]]
    move: Callable[[str, str, str, str], None]
    moves: Sequence[tuple[str, str, Sequence[str]]]
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))


def make_app(office: Office, hosts: Sequence[str]) -> Flask:
    """The application; it answers only when asked by one of these host names, which a strange web site cannot do."""
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST
    live = Live(_script(), office.key, office.moves)

    @app.before_request
    def admit() -> Any:
        if request.host not in hosts:
            abort(403, _FOREIGN)
        given = request.args.get("kunci")
        if given is not None and request.method == "GET":
            if not _same(given, office.key):
                abort(403, _STRANGER)
            home = redirect("/")
            home.set_cookie(COOKIE, office.key, httponly=True, samesite="Strict")
            return home
        if not _same(request.cookies.get(COOKIE, ""), office.key):
            abort(403, _STRANGER)
        if request.method == "POST" and not _same(request.headers.get("X-NTBCare", ""), office.key):
            abort(403, "permintaan ini tidak datang dari halaman petugas")
        return None

    @app.get("/")
    def page() -> Response:
        stream = io.StringIO()
        office.write(stream, live)
        return Response(stream.getvalue().encode("utf-8", "backslashreplace"), mimetype="text/html")

    @app.post("/labels")
    def labels() -> Any:
        given = request.get_json()
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            abort(400, "diharapkan daftar koreksi")
        failures = office.correct(given)
        return {"failures": failures}, 200 if not failures else 422

    @app.post("/tickets/<number>/moves")
    def moves(number: str) -> Any:
        given = request.get_json()
        if not isinstance(given, dict):
            abort(400, "diharapkan satu keputusan")
        status, reason, by = (str(given.get(name) or "").strip() for name in ("status", "reason", "by"))
        try:
            office.move(number, status, reason, by or "petugas")
        except ConnectorError as error:
            return {"failures": [told(error)]}, 422
        return {"failures": []}

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Any:
        return {"failures": [error.description]}, error.code

    @app.after_request
    def sealed(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    return app


def serve(office: Office, port: int, stop: threading.Event, ready: Callable[[str], None]) -> None:
    """Serves until `stop`; `ready` is told the address with its key. Raises OSError when the port is taken."""
    with socket.create_server((HOST, port)) as listening:
        port = listening.getsockname()[1]
        app = make_app(office, [f"{name}:{port}" for name in (HOST, "localhost")])
        server = make_server(HOST, port, app, threaded=True, request_handler=_Silent, fd=listening.fileno())
    thread = threading.Thread(target=server.serve_forever, name="review")
    thread.start()
    try:
        ready(f"http://{HOST}:{port}/?kunci={office.key}")
        stop.wait()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Silent(WSGIRequestHandler):
    """Tells nothing of requests: the first one holds the key."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


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


def _same(given: str, key: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), key.encode())


def _script() -> str:
    return (resources.files("connector.review") / "review.js").read_text("utf-8")
