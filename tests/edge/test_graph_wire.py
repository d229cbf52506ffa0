"""R-19, R-23, S-02: what goes out and what comes in: requests, answers, every way an answer can be broken."""

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connector import errors
from connector.graph.client import CallRecord, Graph
from connector.graph.session import GraphSession, Timing, base_of, connect, proof
from tests.edge.test_graph_server import (
    BROKEN,
    FAST,
    GOOD,
    HEAD,
    TOKEN,
    Make,
    Scripted,
    graph,
    reply,
    reset,
    scripted,
    wire,
)


@pytest.fixture
def make() -> Iterator[Make]:
    with scripted() as start:
        yield start


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
    ours = proof("SEC", "12345|sssssss")
    assert f"GET /v26.0/debug_token?input_token=TOK&appsecret_proof={ours} HTTP" in debug
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


def test_a_graph_under_a_path_is_asked_there_and_nowhere_else(make: Make) -> None:
    server = make(reply({"id": "1"}))
    with Graph(f"{server.address}/way/out/", "v26.0", TOKEN, timing=FAST) as g:
        assert g.get("1/feed", limit=2).data == {"id": "1"}
        with pytest.raises(errors.BadRequest):
            g.get("../1")
    assert [heard.split()[1] for heard in server.heard] == ["/way/out/v26.0/1/feed?limit=2"]


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


def test_many_threads_get_their_own_answers(make: Make) -> None:
    def echo(peer: socket.socket) -> bool:
        return bool(reply({"id": server.heard and threading.current_thread().name})(peer))

    server = make(echo)
    with graph(server) as g, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: g.get(str(n)), range(200)))
        assert g.calls == len(answers) == len(server.heard) == 200
    assert server.connections <= 8
    assert {heard.split()[1] for heard in server.heard} == {f"/v26.0/{n}" for n in range(200)}


def test_facebook_sdk_itself_works_on_the_session(make: Make) -> None:
    session = GraphSession(make(reply({"id": "1", "name": "x"})).address, timing=FAST)
    api = connect(TOKEN, "v26.0", session)
    assert api.get_object("me", fields="id") == {"id": "1", "name": "x"}
    assert session.last is not None
    assert session.last.status_code == 200
    session.close()
