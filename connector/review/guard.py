"""What stands before every route: who asks from where, and what goes out with each answer."""

import html
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NoReturn

from flask import Flask, Response, g, json, redirect, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as Answer

from .door import Door, same

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
FOREIGN = "Alamat ini hanya untuk komputer ini. Salin alamat yang tercetak di terminal ke bilah alamat peramban."
STRANGER = "Sesi berakhir atau belum dimulai. Buka alamat terbaru yang tercetak di terminal `ntbcare review`."
GUESSED = "Terlalu banyak kunci yang salah. Tunggu satu menit, lalu buka alamat terbaru yang tercetak di terminal."
BROKEN = "Penyimpanan terganggu. Coba lagi sebentar; kalau tetap begitu, jalankan `ntbcare check`."
ELSEWHERE = "Permintaan ini tidak datang dari halaman petugas; muat ulang halaman."
WORDS = {
    400: "Permintaan ini tidak dapat dibaca.",
    404: "Tidak ada apa-apa di alamat ini.",
    405: "Alamat ini tidak dapat dipakai dengan cara itu.",
    413: "Terlalu besar untuk satu kali kirim.",
    415: "Diharapkan data JSON.",
    500: "Halaman terganggu. Lihat terminal `ntbcare review`, lalu coba lagi.",
}
PAGE = '<!doctype html><html lang="id"><meta charset="utf-8"><title>NTB Care</title><body><p>{}</p></body></html>'


class Refused(HTTPException):
    """An answer of ours: its words are for the reader."""

    def __init__(self, code: int, words: str, wait: int = 0) -> None:
        super().__init__(words)
        self.code, self.words, self.wait = code, words, wait


def guard(
    app: Flask, door: Door, hosts: Sequence[str], clock: Callable[[], datetime], tell: Callable[[str], None]
) -> None:
    """Puts the checks before and the headers behind every route. A session that passed is `g.session`.

    `tell` is told the key that opens now, when somebody was refused who may be the one at the terminal.
    """

    @app.before_request
    def admit() -> Answer | None:
        _at_home(hosts)
        if request.routing_exception is not None:
            raise request.routing_exception
        now = clock()
        session = g.session = door.session(request.cookies.get(_cookie(), ""), now)
        key = request.args.get("kunci") if request.method == "GET" else None
        if session and key is not None:
            return redirect("/")
        if session is None:
            entered = key is not None and door.enter(key, now)
            return _welcome(entered) if entered else _outside(door, now, tell)
        if request.method == "POST" and not same(request.headers.get("X-NTBCare", ""), session.token):
            raise Refused(403, ELSEWHERE)
        return None

    app.register_error_handler(HTTPException, _worded)
    app.register_error_handler(SQLAlchemyError, lambda _: _worded(Refused(503, BROKEN)))
    app.after_request(_sealed)


def _cookie() -> str:
    """One for each port, since browsers share cookies between ports: two running commands must not end each other's session."""
    return f"ntbcare-{request.host.rpartition(':')[2]}"


def _at_home(hosts: Sequence[str]) -> None:
    """Refuses what another web site makes a browser ask, also one whose name was bound to this machine.

    A link on another site is refused too: the browser would keep the strict cookie back on the way to the page.
    """
    if request.headers.get("Host", "") not in hosts:
        raise Refused(421, FOREIGN)
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Refused(403, FOREIGN)
    origin = request.headers.get("Origin", "" if request.method == "POST" else None)
    if origin is not None and origin != f"http://{request.host}":
        raise Refused(403, FOREIGN)


def _outside(door: Door, now: datetime, tell: Callable[[str], None]) -> NoReturn:
    if key := door.knock(now):
        tell(key)
    wait = door.wait(now)
    raise Refused(429, GUESSED, wait) if wait else Refused(403, STRANGER)


def _welcome(session: str) -> Answer:
    home = redirect("/")
    # Neither Secure nor `__Host-`: Chromium (156) takes them from http://127.0.0.1, but not every client sends such a cookie
    # back over http (Python's cookie jar does not); and they would add nothing where there is no network and no subdomain.
    home.set_cookie(_cookie(), session, httponly=True, samesite="Strict", path="/")
    return home


def _worded(error: HTTPException) -> Answer:
    """The page that a person sees, or what the script of the page reads."""
    words = error.words if isinstance(error, Refused) else WORDS.get(error.code or 500, WORDS[500])
    answer = error.get_response()
    if request.method in ("GET", "HEAD"):
        answer.set_data(PAGE.format(html.escape(words)))
    else:
        answer.set_data(json.dumps({"failures": [words]}))
        answer.content_type = "application/json"
    if isinstance(error, Refused) and error.wait:
        answer.headers["Retry-After"] = str(error.wait)
    return answer


def _sealed(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
