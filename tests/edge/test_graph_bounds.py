"""R-21, R-22, S-01, S-03: the wire's bounds: time, pace, memory, certificates, and that the token stays inside."""

import logging
import socket
import ssl
import subprocess
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from connector import errors
from connector.graph.client import Stopped
from connector.graph.session import Timing
from tests.edge.test_graph_server import (
    BROKEN,
    HEAD,
    TOKEN,
    Act,
    Make,
    Scripted,
    drip,
    graph,
    half_a_header,
    reply,
    reset,
    scripted,
    silent,
    wire,
)


@pytest.fixture
def make() -> Iterator[Make]:
    with scripted() as start:
        yield start


@pytest.mark.parametrize(
    "act",
    [
        drip(HEAD + b"X: " + b"y" * 999),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 99),
        lambda peer: (peer.sendall(HEAD + b"Content-Length: 999\r\n\r\n"), drip(b"{" * 999)(peer)),
        lambda peer: (peer.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n"), drip(b"1\r\n{\r\n" * 99)(peer)),
    ],
)
def test_one_byte_at_a_time_is_cut_by_the_total_limit(make: Make, act: Act) -> None:
    server, began = make(act), time.monotonic()
    with graph(server) as g, pytest.raises(errors.Transient, match="too long"):
        g.post("1", x=1)
    assert 0.9 < time.monotonic() - began < 1.3


@pytest.mark.parametrize("act", [silent, half_a_header])
def test_silence_is_cut_and_not_asked_again_beneath(make: Make, act: Act) -> None:
    server, began = make(act), time.monotonic()
    with (
        graph(server, timing=Timing(read=0.3, total=5, tries=1)) as g,
        pytest.raises(errors.Transient, match="no byte"),
    ):
        g.get("1")
    assert time.monotonic() - began < 0.6
    assert len(server.heard) == 1


def stopped_after(delay: float) -> threading.Event:
    stop = threading.Event()
    threading.Timer(delay, stop.set).start()
    return stop


def test_stop_ends_every_wait_at_once(make: Make) -> None:
    slow = Timing(first_wait=30, longest_wait=60, per_second=0.01)
    for act, path in ((silent, "1"), (BROKEN["html 502"], "1"), (reply({}), "1/conversations")):
        stop = stopped_after(0.2)
        with graph(make(act), timing=slow, stop=stop) as g:
            began = time.monotonic()
            with pytest.raises(Stopped):
                for _ in range(3):
                    g.get(path)
            assert time.monotonic() - began < 10  # else 30 and more
            with pytest.raises(Stopped):
                g.post("1")


def test_conversations_are_read_at_their_pace_and_nothing_else_is(make: Make) -> None:
    server = make(reply({"data": []}))
    with graph(server, timing=Timing(per_second=10)) as g:
        began = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda path: g.get(path), ["1/conversations", "t_5/messages", "m_7", "1/conversations"]))
        assert 0.28 < time.monotonic() - began < 5
        began = time.monotonic()
        for _ in range(6):
            g.get("1/feed", fields="id,message")
        assert time.monotonic() - began < 0.45  # at that pace 0.5


def bomb(mib: int) -> bytes:
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(pack.compress(bytes(1 << 20)) for _ in range(mib)) + pack.flush()


@pytest.mark.parametrize(
    "act",
    [
        reply(bomb(200), Content_Encoding="gzip"),
        reply(bomb(200), 302, Content_Encoding="gzip", Location="http://127.0.0.1:1/"),
        reply(bomb(200), 500, Content_Encoding="gzip"),
        wire(HEAD + b"\r\n" + b" " * (64 << 20)),
        wire(HEAD + b"Content-Length: 99999999999\r\n\r\n" + b" " * (17 << 20)),
    ],
)
def test_bombs_and_floods_cost_no_memory(make: Make, act: Act) -> None:
    server = make(act)
    with graph(server, timing=Timing(tries=1)) as g:
        tracemalloc.start()
        try:
            with pytest.raises((errors.Transient, errors.BadRequest)):
                g.get("1")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 40 << 20


def test_no_message_and_no_log_line_holds_the_token(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    assert logging.getLogger("urllib3").getEffectiveLevel() >= logging.WARNING
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="urllib3")
    closed = make(silent)
    closed.close()
    echo = {"error": {"message": f"Malformed access token {TOKEN}", "code": 190}}
    texts = []
    echoing = [reply(b"{" + TOKEN.encode()), reply(echo, 400), reply(b"", 302, Location="//x/" + TOKEN)]
    failing = [make(act).address for act in (*echoing, silent, reset(), BROKEN["html 502"])]
    for address in (closed.address, "https://10.255.255.1", "https://nowhere.invalid", *failing):
        g = graph(address, app_secret="CANARYsecret", timing=Timing(connect=0.2, read=0.2, total=0.5, tries=1))
        for call in (lambda g=g: g.get("1", x=TOKEN[:5]), g.debug_token, lambda g=g: g.post("1", message="x")):
            with pytest.raises(errors.GraphError) as caught:
                call()
            chain: BaseException | None = caught.value
            while chain:
                texts += [str(chain), repr(chain), str(vars(chain))]
                chain = chain.__context__ or chain.__cause__
        texts.append(repr(g))
        g.close()
    shown = "\n".join(texts) + caplog.text
    assert "debug_token?input_token=***" in caplog.text
    assert "CANARY" not in shown


def test_a_certificate_nobody_knows_is_refused_and_a_known_one_works(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert], check=True, capture_output=True
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    class Tls(Scripted):
        def _serve(self, peer: socket.socket) -> None:
            with suppress(OSError):
                super()._serve(context.wrap_socket(peer, server_side=True))

    server = Tls(reply({"id": "1"}))
    address = f"https://localhost:{server.port}"
    with graph(address, timing=Timing(tries=1)) as g, pytest.raises(errors.Transient, match="not trusted"):
        g.get("1")
    assert (server.heard, server.connections) == ([], 1)
    with graph(address, ca_file=str(cert)) as g:
        assert g.get("1").data == g.get("2").data == {"id": "1"}
        server.acts = [drip(HEAD + b"X: " + b"y" * 999)]
        began = time.monotonic()
        with pytest.raises(errors.Transient, match="too long"):
            g.post("1")
        assert time.monotonic() - began < 1.3
    server.close()
