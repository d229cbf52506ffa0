"""Faults on demand: any error body, broken transport, spoilt bodies, hostile paging."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from connector.sandbox import Fault, Request, Response, faults, serve
from connector.sandbox.rules import Act
from tests.edge.test_sandbox_server import Rig, failure, rigged

GRAPH = os.environ.get("NTBCARE_GRAPH_DIR", "")


@pytest.fixture
def rig() -> Iterator[Rig]:
    with rigged() as rig:
        post = rig.world.add_post(rig.page, "x")
        for n in range(6):
            rig.world.add_comment(post, str(n), "Siti")
        yield rig


def add(rig: Rig, act: Act, times: int | None = None, **rule: Any) -> Fault:
    return rig.sandbox.faults.add(Fault(act, times=times, **rule))


def edge(rig: Rig) -> str:
    return f"/{rig.page.posts[0].id}/comments"


# -- rules ---------------------------------------------------------------------------------------------------------


def test_a_rule_hits_the_calls_it_names(rig: Rig) -> None:
    fault = add(rig, faults.html(502), times=2, path="/feed?limit=3", method="GET", skip=1)
    seen = [rig.call("/me/feed", params={"limit": 3}).status_code for _ in range(5)]
    assert seen == [200, 502, 502, 200, 200]
    assert fault.hits == 2
    assert rig.call("/me/posts").status_code == 200
    assert [call.status for call in rig.sandbox.calls] == [*seen, 200]


def test_the_token_is_not_matched(rig: Rig) -> None:
    fault = add(rig, faults.html(), path=rig.token)
    rig.call("/me", token="", params={"access_token": rig.token})
    assert fault.hits == 0


def test_faults_combine_and_can_be_cleared(rig: Rig) -> None:
    add(rig, faults.latency(0.1))
    add(rig, faults.error(2, "later", http=500, transient=True))
    started = time.perf_counter()
    assert failure(rig.call("/me")) == (500, 2, None)
    assert time.perf_counter() - started >= 0.1
    rig.sandbox.faults.clear()
    assert rig.call("/me").status_code == 200


def test_an_act_is_a_function(rig: Rig) -> None:
    def act(request: Request, proceed: Any) -> Response:
        response: Response = proceed()
        response.headers["X-Seen"] = request.path
        return response

    add(rig, act)
    assert rig.call("/me").headers["X-Seen"] == "/v26.0/me"


# -- error bodies --------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not GRAPH, reason="NTBCARE_GRAPH_DIR is not set: the list of error bodies is not here")
def test_every_documented_error_body_can_be_had(rig: Rig) -> None:
    rows = json.loads((Path(GRAPH) / "errors.json").read_text())
    assert len(rows) > 40
    for row in rows:
        rig.sandbox.faults.clear()
        add(rig, faults.raw_error(row["body"]["error"], row["http"]))
        response = rig.call("/me")
        assert response.status_code == row["http"]
        assert response.json() == row["body"]


def test_an_error_of_any_shape_in_any_language(rig: Rig) -> None:
    add(
        rig,
        faults.error(10, "(#10) Pesan ini dikirim di luar jangka waktu é", subcode=2018278, error_user_title="Maaf"),
    )
    response = rig.call("/me")
    assert failure(response) == (400, 10, 2018278)
    assert response.json()["error"]["error_user_title"] == "Maaf"
    rig.sandbox.faults.clear()
    add(rig, faults.error(1, "x", type=None, http=500, transient=False))
    assert set(rig.call("/me").json()["error"]) == {"message", "code", "is_transient", "fbtrace_id"}


def test_an_error_under_http_200(rig: Rig) -> None:
    add(rig, faults.ok_with_error(2, "later"))
    response = rig.call("/me")
    assert (response.status_code, response.json()["error"]["code"]) == (200, 2)


def test_too_much_data_asked(rig: Rig) -> None:
    add(rig, faults.too_much(len(rig.call(edge(rig), params={"limit": 2}).content)))
    assert failure(rig.call(edge(rig), params={"limit": 6})) == (500, 1, None)
    assert rig.call(edge(rig), params={"limit": 2}).status_code == 200


# -- the transport -------------------------------------------------------------------------------------------------


def test_html_empty_and_redirecting_answers(rig: Rig) -> None:
    for status in (502, 504):
        add(rig, faults.html(status), times=1)
        response = rig.call("/me")
        assert (response.status_code, response.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    add(rig, faults.empty(503), times=1)
    response = rig.call("/me")
    assert (response.status_code, response.content, "Content-Type" in response.headers) == (503, b"", False)
    add(rig, faults.redirect("https://evil.example/"), times=1)
    response = rig.call("/me")
    assert (response.status_code, response.headers["Location"]) == (302, "https://evil.example/")


@pytest.mark.parametrize("act", [faults.hang(), faults.lost(), faults.stalled_header(), faults.drip(5)])
def test_answers_that_never_come_or_drip(rig: Rig, act: Act) -> None:
    add(rig, act)
    with pytest.raises(requests.exceptions.RequestException):
        rig.call("/me", timeout=0.15)


def test_the_server_stops_at_once_while_answers_hang(rig: Rig) -> None:
    add(rig, faults.hang())
    started = time.perf_counter()
    with serve(rig.sandbox) as address:
        client = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=5)
        client.sendall(b"GET /me HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.05)
    assert time.perf_counter() - started < 2
    assert client.recv(10) == b""
    client.close()


def test_a_reset_and_a_slow_answer(rig: Rig) -> None:
    add(rig, faults.reset(10), times=1)
    with pytest.raises(requests.exceptions.RequestException):
        rig.call(edge(rig))
    add(rig, faults.latency(0.15))
    started = time.perf_counter()
    assert rig.call("/me").status_code == 200
    assert time.perf_counter() - started >= 0.15


def test_a_slow_body_arrives_whole_in_the_end(rig: Rig) -> None:
    add(rig, faults.drip(2000))
    assert rig.call("/me").json()["id"] == rig.page.id


# -- the body ------------------------------------------------------------------------------------------------------


def test_spoilt_bodies(rig: Rig) -> None:
    whole = rig.call("/me").content
    add(rig, faults.truncated(7), times=1)
    assert rig.call("/me").content == whole[:7]
    add(rig, faults.mistyped(), times=1)
    assert rig.call("/me").headers["Content-Type"].startswith("text/html")
    add(rig, faults.mistyped(None), times=1)
    assert "Content-Type" not in rig.call("/me").headers
    add(rig, faults.spoilt(lambda value: value | {"id": 7}), times=1)
    assert rig.call("/me").json()["id"] == 7
    add(rig, faults.zipped(), times=1)
    assert rig.call("/me").content == whole


def test_bombs(rig: Rig) -> None:
    add(rig, faults.gzip_bomb(8 << 20), times=1)
    response = rig.call("/me", stream=True)
    assert int(response.headers["Content-Length"]) < 20_000
    assert len(response.content) > 8 << 20
    add(rig, faults.huge(2 << 20), times=1)
    assert rig.call("/me").json() == {"data": []}


def test_answers_are_compressed_on_request(rig: Rig) -> None:
    rig.sandbox.options.gzip = True
    assert rig.call("/me").headers["Content-Encoding"] == "gzip"
    assert rig.call("/me").json()["id"] == rig.page.id


# -- hostile paging ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["https://evil.example/x", "https://graph.facebook.com@evil.example/", "//x", ""])
def test_a_hostile_next(rig: Rig, address: str) -> None:
    add(rig, faults.next_is(address))
    assert rig.get(edge(rig), limit=2)["paging"]["next"] == address


def test_a_missing_next_an_empty_page_and_doubled_items(rig: Rig) -> None:
    add(rig, faults.next_is(None), times=1)
    assert "next" not in rig.get(edge(rig), limit=2)["paging"]
    add(rig, faults.empty_page(), times=1)
    answer = rig.get(edge(rig), limit=2)
    assert (answer["data"], "next" in answer["paging"]) == ([], True)
    add(rig, faults.twice(), times=1)
    assert len(rig.get(edge(rig), limit=2)["data"]) == 4


@pytest.mark.parametrize(
    ("cursors", "expected"),
    [(("A",), ["A", "A", "A"]), (("A", "B"), ["A", "B", "A"]), ((), ["QVFNEW0", "QVFNEW1", "QVFNEW2"])],
)
def test_paging_without_end(rig: Rig, cursors: tuple[str, ...], expected: list[str]) -> None:
    add(rig, faults.endless(*cursors, items=False))
    seen, params = [], {"limit": "2"}
    for _ in range(3):
        answer = rig.get(edge(rig), **params)
        assert answer["data"] == []
        assert "next" in answer["paging"]
        params["after"] = answer["paging"]["cursors"]["after"]
        seen.append(params["after"])
    assert seen == expected
