"""The sandbox on a socket: HTTP/1.1 with keep-alive on the loopback, one thread a connection."""

from __future__ import annotations

import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .answer import Sandbox
from .wire import Response, Wire


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        super().__init__(address, _Handler)
        self.sandbox = sandbox
        self.stopping = threading.Event()
        self.open: set[socket.socket] = set()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours; anything else is told on stderr."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def close_all(self) -> None:
        """Wake every waiting answer and close every connection."""
        self.stopping.set()
        for connection in list(self.open):
            with _quiet():
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def _quiet() -> Iterator[None]:
    try:
        yield
    except OSError:
        return


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        with _quiet():
            super().finish()

    def log_message(self, format: str, *args: object) -> None:
        """Silent: `Sandbox.calls` is the log."""

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        response = self.server.sandbox.handle(self.command, path, query, dict(self.headers.items()), body)
        self._send(response, response.wire or Wire())

    do_GET = do_POST = do_DELETE = do_PUT = _serve  # noqa: N815 - the names http.server calls

    def _send(self, response: Response, wire: Wire) -> None:
        if self._wait(wire.delay if not wire.hang else 1e9):
            self.close_connection = True
            return
        head = self._head(response)
        if wire.stall_header:
            self.wfile.write(head[: len(head) // 2])
            self._wait(1e9)
            self.close_connection = True
        elif wire.cut_after is not None:
            self.wfile.write(head + response.body[: wire.cut_after])
            self._reset()
        elif wire.bytes_per_second is not None:
            self.wfile.write(head)
            self._drip(response.body, wire.bytes_per_second)
        else:
            self.wfile.write(head + response.body)

    def _head(self, response: Response) -> bytes:
        lines = [f"HTTP/1.1 {response.status} {responses.get(response.status, '')}"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        lines += [f"Content-Length: {len(response.body)}", "Connection: keep-alive", "", ""]
        return "\r\n".join(lines).encode("latin-1")

    def _wait(self, seconds: float) -> bool:
        """Sleep, but not longer than the server lives: True when it is stopping."""
        return seconds > 0 and self.server.stopping.wait(min(seconds, threading.TIMEOUT_MAX))

    def _drip(self, body: bytes, rate: float) -> None:
        for at in range(len(body)):
            if self._wait(1 / rate):
                break
            self.wfile.write(body[at : at + 1])
            self.wfile.flush()
        self.close_connection = True

    def _reset(self) -> None:
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


@contextmanager
def serve(sandbox: Sandbox, port: int = 0, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve until the block ends; gives the address, `http://127.0.0.1:PORT`. Port 0 takes a free one."""
    server = _Server((host, port), sandbox)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="sandbox", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_address[1]}"
    finally:
        server.close_all()
        server.shutdown()
        server.server_close()
        thread.join()
