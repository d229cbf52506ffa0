"""Sinks that alarms go to, on this machine, and that fail in every way: a webhook, a mail server, Telegram's bot API."""

import json
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Sink:
    """What a sink took, in order, with the times; and how it behaves: ok, 500, hang, cut, slow, drip."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.times: list[float] = []
        self.tries = 0
        self.mode = "ok"
        self.address = ""
        self.stopping = threading.Event()
        self.updates: list[dict[str, Any]] = []
        self.first_update = 7
        self.asked: list[int] = []

    @property
    def texts(self) -> list[str]:
        """Title and message of each delivery."""
        return [f"{m['title']}\n{m['message']}" for m in self.taken]

    def take(self, message: Any) -> None:
        """Keeps one message."""
        self.times.append(time.time())
        self.taken.append(message)

    def say(self, chat: int, text: str, *, quoted: str = "", name: str = "Ani") -> None:
        """Somebody writes to the bot."""
        number = len(self.updates) + self.first_update
        message: dict[str, Any] = {
            "date": int(time.time()),
            "chat": {"id": chat},
            "from": {"first_name": name},
            "text": text,
        }
        if quoted:
            message["reply_to_message"] = {"text": quoted}
        self.updates.append({"update_id": number, "message": message})


class _Http(BaseHTTPRequestHandler):
    server: Any

    def do_POST(self) -> None:
        sink: Sink = self.server.sink
        sink.tries += 1
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if sink.mode == "hang":
            sink.stopping.wait(60)
            return
        if sink.mode == "cut":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        if sink.mode == "drip":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not sink.stopping.wait(0.3):
                self.wfile.write(b"X")
            return
        if sink.mode == "slow":
            sink.stopping.wait(1.5)
        if sink.mode == "500" or (sink.mode == "poison" and b"racun" in body):
            self.send_error(500)
            return
        sink.take(json.loads(body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        sink: Sink = self.server.sink
        offset = int(parse_qs(urlsplit(self.path).query).get("offset", ["0"])[0])
        sink.asked.append(offset)
        body = json.dumps({"ok": True, "result": [u for u in sink.updates if u["update_id"] >= offset]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that give up are what this is for."""


@contextmanager
def webhook(port: int = 0) -> Iterator[Sink]:
    """A webhook; `address` is what apprise needs. Posts are kept, GETs answer as getUpdates."""
    sink = Sink()
    server = _Quiet(("127.0.0.1", port), _Http)
    server.sink = sink  # type: ignore[attr-defined]
    sink.address = f"json://127.0.0.1:{server.server_address[1]}/"
    with _serving(server, sink):
        yield sink


@contextmanager
def _serving(server: Any, sink: Sink) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        sink.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Smtp(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        sink: Sink = self.server.sink
        sink.tries += 1
        if sink.mode == "hang":
            sink.stopping.wait(60)
            return
        self.wfile.write(b"220 uji ESMTP\r\n")
        while line := self.rfile.readline(2000):
            verb = line[:4].upper().strip()
            if sink.mode == "500" and verb == b"RCPT":
                self.wfile.write(b"550 no such user\r\n")
            elif verb == b"DATA":
                if sink.mode == "cut":
                    return
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (part := self.rfile.readline(10_000)) not in (b".\r\n", b""):
                    lines.append(part)
                sink.take(b"".join(lines).decode("utf-8", "replace"))
                self.wfile.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


class _Mail(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that give up are what this is for."""


@contextmanager
def mailbox() -> Iterator[Sink]:
    """A mail server; `address` is what apprise needs, with {address} for the recipient."""
    sink = Sink()
    server = _Mail(("127.0.0.1", 0), _Smtp)
    server.sink = sink  # type: ignore[attr-defined]
    sink.address = f"mailto://127.0.0.1:{server.server_address[1]}?mode=insecure&from=care@ntb.example&to={{address}}"
    with _serving(server, sink):
        yield sink
