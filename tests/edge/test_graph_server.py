"""A server that does exactly what a test tells it, on real sockets; shared by the tests of the wire."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from connector import errors
from connector.graph.client import Graph
from connector.graph.session import Timing

TOKEN = "EAACANARYtoken0123456789"
FAST = Timing(connect=0.5, read=0.6, total=1.0, first_wait=0.01, longest_wait=0.02, per_second=1000)
Act = Callable[[socket.socket], object]


class Scripted:
    """A listener that answers the n-th request by the n-th act, the last one for ever. `heard` are the requests."""

    def __init__(self, *acts: Act) -> None:
        self.acts, self.heard, self.connections = list(acts), list[str](), 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                peer, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with peer, suppress(OSError):
            while head := _request(peer):
                self.heard.append(head)
                act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
                if act(peer) is not True:
                    return

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def _request(peer: socket.socket) -> str:
    got = b""
    while b"\r\n\r\n" not in got:
        piece = peer.recv(65536)
        if not piece:
            return ""
        got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    size = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(body) < size:
        body += peer.recv(65536)
    return (head + b"\r\n\r\n" + body).decode("latin-1")


def reply(
    body: Any, status: int = 200, keep: bool = True, kind: str | None = "application/json", **headers: str
) -> Act:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(data)}"] + ([f"Content-Type: {kind}"] if kind else [])
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]

    def act(peer: socket.socket) -> bool:
        peer.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
        return keep

    return act


def wire(data: bytes) -> Act:
    return lambda peer: peer.sendall(data)


def drip(data: bytes, gap: float = 0.05) -> Act:
    def act(peer: socket.socket) -> None:
        for byte in data:
            peer.sendall(bytes((byte,)))
            time.sleep(gap)

    return act


def reset(data: bytes = b"") -> Act:
    def act(peer: socket.socket) -> None:
        peer.sendall(data)
        time.sleep(0.05)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()

    return act


def silent(peer: socket.socket) -> None:
    with suppress(OSError):
        peer.recv(1)


def half_a_header(peer: socket.socket) -> None:
    peer.sendall(HEAD[:25])
    silent(peer)


@contextmanager
def scripted() -> Iterator[Callable[..., Scripted]]:
    """A maker of servers that all end together."""
    made = list[Scripted]()

    def start(*acts: Act) -> Scripted:
        made.append(Scripted(*acts))
        return made[-1]

    yield start
    for server in made:
        server.close()


Make = Callable[..., Scripted]


def graph(server: Scripted | str, **more: Any) -> Graph:
    address = server if isinstance(server, str) else server.address
    return Graph(address, "v26.0", TOKEN, **{"timing": FAST, **more})


GOOD = b'{"data":[{"id":"1"}]}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BROKEN = {
    "html 502": reply(b"<html>Bad Gateway</html>", 502, kind="text/html"),
    "empty 503": reply(b"", 503, kind=None),
    "304": wire(b"HTTP/1.1 304 Not Modified\r\nEtag: x\r\n\r\n"),
    "204": wire(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "html 200": reply(b"<html>log in</html>", kind="text/html"),
    "true": reply(True),
    "list": reply([]),
    "empty 200": reply(b""),
    "garbage": wire(b"\x16\x03\x01\x02\x00garbage\r\n\r\n"),
    "reset at once": reset(),
    "reset in header": reset(HEAD[:20]),
    "reset in body": reset(HEAD + b"Content-Length: 99\r\n\r\n{"),
    "brotli": reply(b"xx", Content_Encoding="br"),
    "deep": reply(b"[" * 100_000),
    "retry-after": reply(b"", 503, Retry_After="3600"),
    "negative chunk": wire(HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n0\r\n\r\n"),
    "header flood": wire(HEAD + b"X: y\r\n" * 200 + b"\r\n{}"),
}


@pytest.fixture
def make() -> Iterator[Make]:
    with scripted() as start:
        yield start


def test_the_server_does_what_it_is_told(make: Make) -> None:
    server = make(reply({"n": 1}), reply({"n": 2}, 500))
    with graph(server, timing=Timing(tries=1)) as g:
        assert g.get("1").data == {"n": 1}
        for _ in range(2):
            with pytest.raises(errors.Transient):
                g.get("1")
    assert [heard.split()[1] for heard in server.heard] == ["/v26.0/1"] * 3
