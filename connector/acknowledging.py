"""The one public route: a signed link from an alarm shows a button, and the button says "I have it".

Served on loopback for a reverse proxy. GET changes nothing, since programs that preview links follow them; the link is good
for one ticket and a day, and once somebody has acknowledged, it only tells who. There is nothing else behind this address.
"""

import base64
import hashlib
import html
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy.exc import SQLAlchemyError

from .alarm_texts import plain
from .alarms import signed
from .notify import area_name
from .store import alarms, outbox
from .store.engine import reading, writing
from .store.raw import ResultRow
from .wita import clock

if TYPE_CHECKING:
    from .wiring import Works

AT_ONCE = 16
SECONDS = 5.0
LONGEST = 2000
STYLE = (
    ":root{color-scheme:light dark}body{font:1.15rem/1.5 system-ui,sans-serif;max-width:30rem;margin:0 auto;padding:1rem}"
    "h1{font-size:1.4rem}label{display:block}input,button{font:inherit;box-sizing:border-box;width:100%;min-height:3rem}"
    "button{font-weight:700;color:#fff;background:#a61b1b;border:0;border-radius:6px}"
)
_SEAL = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_SEAL}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
PAGE = (
    '<!doctype html><html lang="id"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    f"<title>NTB Care</title><style>{STYLE.replace('{', '{{').replace('}', '}}')}</style>"
    "<body><h1>{title}</h1>{body}</body></html>"
)
FORM = (
    '<form method="post"><p><label>Nama Anda <input name="nama" maxlength="40" autocomplete="name"></label></p>'
    '<p><button type="submit">Saya tangani</button></p></form>'
)
Page = tuple[int, str, str]


class Desk:
    """What the route does with a link, apart from HTTP: status, title and body of the page, already escaped."""

    def __init__(self, works: "Works", log: Any) -> None:
        self.works, self.log = works, log

    def show(self, token: str) -> Page:
        """What the link is about, with the button."""
        with reading(self.works.engine) as connection:
            found, page = self._found(connection, token)
            if found is None:
                return page
            row, _ = found
            if row.acked_by:
                return 200, row.number, self._taken(row.acked_by, "")
            where = area_name(row.kabupaten, row.kecamatan, row.desa) or "tempat belum diketahui"
            return 200, row.number, f"<p>MENDESAK: {html.escape(where)}</p>{FORM}"

    def take(self, token: str, name: str) -> Page:
        """The button was pressed."""
        with writing(self.works.engine) as connection:
            found, page = self._found(connection, token)
            if found is None:
                return page
            row, lane = found
            who = plain(name, 40) or self.works.contacts.name_of(lane)
            done = alarms.acknowledge(connection, row.number, f"{who} (tautan)", "tautan", self.works.clock())
        if done.fresh:
            self.log.info("acknowledged", action="acknowledged", ticket=row.number, how="link")
        return 200, row.number, self._taken(done.by or "", f" pada {clock(done.at)} WITA" if done.at else "")

    def _taken(self, who: str, when: str) -> str:
        return f"<p>Sudah diterima oleh {html.escape(plain(who, 60))}{html.escape(when)}. Terima kasih.</p>"

    def _found(self, connection: Any, token: str) -> tuple[tuple[ResultRow, str] | None, Page]:
        """The ticket that a link stands for and the lane it was sent on, else the page that says why not."""
        key = alarms.link_key(connection)
        proof = signed(key, token, self.works.clock()) if key else None
        if proof is None:
            return None, (404, "Tidak ada", "<p>Tautan ini tidak dikenal.</p>")
        row_id, ticket_id, good = proof
        letter = outbox.get(connection, row_id) if good else None
        ticket = alarms.told_of(connection, ticket_id) if letter and letter.ticket_id == ticket_id else None
        if letter is None or ticket is None:
            return None, (410, "Kedaluwarsa", "<p>Tautan ini sudah tidak berlaku.</p>")
        return (ticket[0], letter.lane), (200, "", "")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, desk: Desk, public: str) -> None:
        self.desk, self.prefix = desk, urlsplit(public).path.rstrip("/") + "/"
        self.places = threading.BoundedSemaphore(AT_ONCE)
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Beyond so many at once, connections are closed: a crowd must not exhaust the daemon."""
        if self.places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Gives the place back, whatever happened."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version, sys_version = "NTBCare", ""
    timeout = SECONDS

    def do_GET(self) -> None:
        self._answer(lambda token: self.server.desk.show(token))

    def do_HEAD(self) -> None:  # as some ask who preview a link
        self.do_GET()

    def do_POST(self) -> None:
        size = self.headers.get("Content-Length", "")
        body = self.rfile.read(int(size)) if size.isdigit() and len(size) < 5 and int(size) <= LONGEST else b""
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=5) if body.count(b"&") < 5 else {}
        self._answer(lambda token: self.server.desk.take(token, fields.get("nama", [""])[0]))

    def _answer(self, act: Any) -> None:
        path = urlsplit(self.path).path
        token = path.removeprefix(self.server.prefix)
        if not path.startswith(self.server.prefix) or "/" in token or len(token) > 100:
            self._send((404, "Tidak ada", "<p>Tidak ada apa-apa di sini.</p>"))
            return
        try:
            self._send(act(token))
        except SQLAlchemyError:
            self._send((503, "Coba lagi", "<p>Sistem sedang terganggu. Coba lagi sebentar.</p>"))

    def _send(self, page: Page) -> None:
        status, title, body = page
        content = PAGE.format(title=html.escape(title), body=body).encode()
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Length": str(len(content)), "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Silent: a request line holds the link."""


@contextmanager
def serving(works: "Works", log: Any, port: int) -> Iterator[int]:
    """Serves the route on loopback until the block ends; gives the port. Raises OSError when it is taken."""
    server = _Server(port, Desk(works, log), works.settings.alarms.public_url)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="acknowledge", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
