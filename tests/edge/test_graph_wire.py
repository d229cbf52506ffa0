"""The client against a server that does exactly what a test tells it: real sockets, every way to fail."""

import gzip
import json
import logging
import socket
import ssl
import struct
import subprocess
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from connector import errors
from connector.graph.client import CallRecord, Graph, Stopped
from connector.graph.session import GraphSession, Timing, base_of, connect, proof

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


@pytest.fixture
def make() -> Iterator[Callable[..., Scripted]]:
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


def test_a_good_answer_comes_whole(make: Make) -> None:
    server = make(
        reply(
            b'{"message":"\\ud800 \\u0000 \\u00e4","id":"1"}',
            Date="Tue, 24 Nov 2026 05:00:00 GMT",
            Facebook_Api_Version="v26.0",
            X_App_Usage='{"call_count":28}',
        )
    )
    seen = list[CallRecord]()
    with graph(server, on_call=seen.append) as g:
        answer = g.get("/1_2/comments", fields="id,message", limit=25, after=None, summary=True)
        assert g.calls == 1
    assert answer.data == {"message": "\ud800 \0 ä", "id": "1"}
    assert (answer.status, answer.served_version, answer.usage.percent) == (200, "v26.0", 28)
    assert answer.server_time is not None
    assert answer.server_time.isoformat() == "2026-11-24T05:00:00+00:00"
    assert [(r.method, r.path, r.status, r.error, r.usage.percent) for r in seen] == [
        ("GET", "1_2/comments", 200, None, 28)
    ]
    line, *headers = server.heard[0].split("\r\n")
    assert line == "GET /v26.0/1_2/comments?fields=id%2Cmessage&limit=25&summary=true HTTP/1.1"
    assert f"Authorization: Bearer {TOKEN}" in headers
    assert "Accept-Encoding: gzip, deflate" in headers
    assert server.heard[0].count(TOKEN) == 1


def test_the_proof_is_the_documented_one_and_goes_along(make: Make) -> None:
    vector = "e48a368a2ce2cddf76180208f54d8c3042b7393bac62e5986465cad681a46f6b"
    assert proof("SEC", "TOK") == vector
    server = make(reply({"id": "1"}))
    with Graph(server.address, "26.0", "TOK", "SEC", timing=FAST) as g:
        g.get("1")
        g.post("1/comments", message="a&b=c", attachment={"x": True})
        g.delete("1")
        g.debug_token("12345|sssssss")
    get, post, delete, debug = server.heard
    assert f"GET /v26.0/1?appsecret_proof={vector} " in get
    assert post.startswith("POST /v26.0/1/comments HTTP")
    assert post.endswith(f"message=a%26b%3Dc&attachment=%7B%22x%22%3A+true%7D&appsecret_proof={vector}")
    assert delete.startswith(f"DELETE /v26.0/1?appsecret_proof={vector} ")
    assert "GET /v26.0/debug_token?input_token=TOK HTTP" in debug
    assert "Bearer 12345|sssssss" in debug
    assert all("access_token" not in heard for heard in server.heard)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(make: Make, status: int) -> None:
    other = make(reply({"id": "stolen"}))
    server = make(reply(b"{}", status, Location=f"{other.address}/x?access_token={TOKEN}"))
    with graph(server) as g, pytest.raises(errors.BadRequest, match="not followed") as caught:
        g.get("1/feed")
    assert caught.value.status == status
    assert TOKEN not in str(caught.value)
    assert (len(server.heard), other.connections) == (1, 0)


def test_no_path_and_no_next_reaches_another_host(make: Make) -> None:
    other, server = make(reply({})), make(reply({"id": "1"}))
    with graph(server) as g:
        for path in ("..", "../x", "a//b", "", "/", f"http://127.0.0.1:{other.port}/x", "1/./2", "é"):
            with pytest.raises(errors.BadRequest):
                g.get(path)
        g.get(f"@127.0.0.1:{other.port}")
        g.get("1?x=1#y")
        assert "GET /v26.0/1%3Fx=1%23y " in server.heard[-1]
    session = GraphSession(server.address, timing=FAST)
    with pytest.raises(ValueError, match="not an address"):
        session.request("GET", f"{other.address}/v26.0/1", params={"access_token": TOKEN})
    assert other.connections == 0
    session.close()


@pytest.mark.parametrize(
    "address",
    ["", "graph.facebook.com", "http://graph.facebook.com", "ftp://127.0.0.1", "https://u:p@h", "https://h/?x=1", "http://[",
     "https://h:99999", "http://127.0.0.1.evil.example", "https://h h"],
)  # fmt: skip
def test_addresses_the_token_must_not_go_to(address: str) -> None:
    with pytest.raises(errors.SettingsError):
        Graph(address, "v26.0", TOKEN)


def test_addresses_that_are_fine() -> None:
    assert base_of("https://graph.facebook.com") == "https://graph.facebook.com/"
    assert base_of("http://[::1]:8080/graph/") == "http://[::1]:8080/graph/"
    assert base_of("http://localhost:1") == "http://localhost:1/"


@pytest.mark.parametrize(
    ("version", "token"), [("26", TOKEN), ("v26.0", ""), ("v26.0", "a b"), ("v26.0", "a\nb"), ("v26.0", "é")]
)
def test_unusable_settings_are_refused_without_showing_the_token(version: str, token: str) -> None:
    with pytest.raises(errors.SettingsError) as caught:
        Graph("https://graph.facebook.com", version, token)
    assert TOKEN not in str(caught.value)


def test_the_environment_neither_gives_a_proxy_nor_a_password(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other, server = make(reply({})), make(reply({"id": "1"}))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", other.address)
    monkeypatch.setenv("ALL_PROXY", other.address)
    with graph(server) as g:
        g.get("1")
    assert f"Bearer {TOKEN}" in server.heard[0]
    assert other.connections == 0


GOOD = b'{"data":[{"id":"1"}]}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
HEADS = {
    "sized": HEAD + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD,
    "unsized": HEAD + b"\r\n" + GOOD,
    "chunked": HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(GOOD) + GOOD + b"\r\n0\r\n\r\n",
    "packed": HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(GOOD),
}


@pytest.mark.parametrize("form", HEADS)
def test_an_answer_cut_at_any_byte_is_a_passing_fault(make: Make, form: str) -> None:
    whole = HEADS[form]
    # A connection may end after the last byte that matters: the closing brace, the last chunk's 0, the end of gzip.
    needed = len(whole) - {"chunked": 4}.get(form, 0)
    for at in sorted({*range(1, needed, 7), *range(whole.index(b"\r\n\r\n"), needed)}):
        server = Scripted(wire(whole[:at]))
        with graph(server, timing=Timing(tries=1)) as g, pytest.raises(errors.Transient):
            g.get("1/feed")
        server.close()
    with graph(make(wire(whole))) as g:
        assert g.get("1/feed").data == {"data": [{"id": "1"}]}


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
    "header flood": wire(HEAD + b"X: y\r\n" * 200 + b"\r\n{}"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_answers_are_tried_three_times_and_then_told(make: Make, name: str) -> None:
    server = make(BROKEN[name])
    seen = list[CallRecord]()
    with graph(server, on_call=seen.append) as g, pytest.raises(errors.Transient) as caught:
        g.get("1/feed", limit=3)
    assert g.calls == len(seen) == 3
    assert {record.error for record in seen} == {"Transient"}
    assert "GET 1/feed" in str(caught.value)
    assert caught.value.__context__ is caught.value.__cause__ is None


def test_a_write_is_never_repeated(make: Make) -> None:
    for act in (reset(), BROKEN["html 502"], BROKEN["empty 503"]):
        server = make(act)
        with graph(server) as g:
            with pytest.raises(errors.Transient):
                g.post("1/comments", message="x")
            with pytest.raises(errors.Transient):
                g.delete("1")
        assert len(server.heard) == 2


def test_an_old_way_to_say_yes(make: Make) -> None:
    with graph(make(reply(True))) as g:
        assert g.delete("1").data == {"success": True}


def test_a_kept_connection_that_was_closed_costs_no_try(make: Make) -> None:
    def once(peer: socket.socket) -> None:
        reply({"id": "1"})(peer)

    server = make(once, reply({"id": "2"}))
    seen = list[CallRecord]()
    with graph(server, on_call=seen.append) as g:
        g.get("1")
        g.get("2")
    assert [record.status for record in seen] == [200, 200]


def test_connections_are_kept(make: Make) -> None:
    server = make(reply({"id": "1"}))
    with graph(server) as g:
        for _ in range(5):
            g.get("1")
    assert server.connections == 1


def test_errors_come_with_code_status_and_trace(make: Make) -> None:
    body = {"error": {"message": f"dead {TOKEN}", "code": 190, "error_subcode": 463, "fbtrace_id": "Ab1"}}
    for status in (200, 400):
        server = make(reply(body, status, kind="text/javascript"))
        with graph(server) as g, pytest.raises(errors.TokenRejected, match="expired") as caught:
            g.get("1/feed")
        error = caught.value
        assert (error.code, error.subcode, error.status, error.trace) == (190, 463, status, "Ab1")
        assert TOKEN not in str(error)
        assert len(server.heard) == 1


def test_a_throttle_is_told_once_with_its_pause(make: Make) -> None:
    usage = json.dumps({"77": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 19}]})
    server = make(reply({"error": {"message": "x", "code": 80001}}, 400, X_Business_Use_Case_Usage=usage))
    seen = list[CallRecord]()
    with graph(server, account="77", on_call=seen.append) as g, pytest.raises(errors.TryLater) as caught:
        g.get("1/feed")
    assert (caught.value.retry_after, len(server.heard)) == (19 * 60, 1)
    assert (seen[0].usage.percent, seen[0].code, seen[0].error) == (100, 80001, "TryLater")


def test_a_fault_that_passes_is_not_noticed(make: Make) -> None:
    server = make(BROKEN["html 502"], reset(HEAD), reply({"id": "1"}))
    with graph(server) as g:
        assert g.get("1").data == {"id": "1"}


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
            assert time.monotonic() - began < 0.6
            with pytest.raises(Stopped):
                g.post("1")


def test_conversations_are_read_at_their_pace_and_nothing_else_is(make: Make) -> None:
    server = make(reply({"data": []}))
    with graph(server, timing=Timing(per_second=10)) as g:
        began = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda path: g.get(path), ["1/conversations", "t_5/messages", "m_7", "1/conversations"]))
        assert 0.28 < time.monotonic() - began < 0.6
        began = time.monotonic()
        for _ in range(6):
            g.get("1/feed", fields="id,message")
        assert time.monotonic() - began < 0.25


def test_many_threads_get_their_own_answers(make: Make) -> None:
    def echo(peer: socket.socket) -> bool:
        return bool(reply({"id": server.heard and threading.current_thread().name})(peer))

    server = make(echo)
    with graph(server) as g, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: g.get(str(n)), range(200)))
        assert g.calls == len(answers) == len(server.heard) == 200
    assert server.connections <= 8
    assert {heard.split()[1] for heard in server.heard} == {f"/v26.0/{n}" for n in range(200)}


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
    assert server.heard == []
    with graph(address, ca_file=str(cert)) as g:
        assert g.get("1").data == g.get("2").data == {"id": "1"}
        server.acts = [drip(HEAD + b"X: " + b"y" * 999)]
        began = time.monotonic()
        with pytest.raises(errors.Transient, match="too long"):
            g.post("1")
        assert time.monotonic() - began < 1.3
    server.close()


def test_facebook_sdk_itself_works_on_the_session(make: Make) -> None:
    session = GraphSession(make(reply({"id": "1", "name": "x"})).address, timing=FAST)
    api = connect(TOKEN, "v26.0", session)
    assert api.get_object("me", fields="id") == {"id": "1", "name": "x"}
    assert session.last is not None
    assert session.last.status_code == 200
    session.close()
