"""The sandbox on a socket: keep-alive, call log, threads, speed. Its Rig serves the other sandbox tests."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any

import requests

from connector.sandbox import Limits, Options, Page, Sandbox, World, bulk_world, serve

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


class Time:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


class Rig:
    """A world with one Page, served, and a client with its token."""

    def __init__(self, options: Options | None = None, limits: Limits | None = None) -> None:
        self.time = Time()
        self.world = World(self.time)
        self.page: Page = self.world.add_page("gubernur", "100000000000001", "Gubernur NTB")
        options = options or Options(conversations_per_second=None)
        self.sandbox = Sandbox(self.world, options, limits or Limits())
        self.session = requests.Session()
        self.session.trust_env = False
        self.address = ""
        self.token = self.sandbox.token("gubernur")

    def call(self, path: str, method: str = "GET", token: str | None = None, **kw: Any) -> requests.Response:
        """`path` begins behind the version; the Page's token goes into the header unless another is given."""
        given = self.token if token is None else token
        headers = {"Authorization": f"Bearer {given}"} if given else {}
        kw.setdefault("timeout", 10)
        kw.setdefault("allow_redirects", False)
        version = kw.pop("version", "/v26.0")
        headers |= kw.pop("headers", {})
        return self.session.request(method, f"{self.address}{version}{path}", headers=headers, **kw)

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of a call that must succeed."""
        response = self.call(path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, **data: Any) -> requests.Response:
        return self.call(path, "POST", data=data)

    def fails(self, path: str, token: str | None = None, **params: Any) -> tuple[int, int, int | None]:
        """(HTTP status, code, subcode) of a call that must fail."""
        return failure(self.call(path, token=token, params=params))

    def walk(self, path: str, **params: Any) -> list[list[Any]]:
        """Every page of an edge, by `after` alone, until `next` is absent."""
        pages: list[list[Any]] = []
        while True:
            answer = self.get(path, **params)
            pages.append(answer["data"])
            if "next" not in answer.get("paging", {}):
                return pages
            params["after"] = answer["paging"]["cursors"]["after"]


def failure(response: requests.Response) -> tuple[int, int, int | None]:
    error = response.json()["error"]
    return response.status_code, error["code"], error.get("error_subcode")


@contextmanager
def rigged(options: Options | None = None, limits: Limits | None = None) -> Iterator[Rig]:
    rig = Rig(options, limits)
    with serve(rig.sandbox) as rig.address, rig.session:
        yield rig


def test_a_connection_is_kept_and_used_again() -> None:
    with rigged() as rig:
        connection = HTTPConnection(rig.address.removeprefix("http://"), timeout=5)
        sockets = []
        for _ in range(3):
            connection.request("GET", "/v26.0/me", headers={"Authorization": f"Bearer {rig.token}"})
            assert connection.getresponse().read()
            sockets.append(connection.sock)
        connection.close()
        assert sockets[0] is not None
        assert sockets[0] is sockets[1] is sockets[2]


def test_the_call_log_names_every_call_and_no_secret() -> None:
    with rigged() as rig:
        rig.call("/me", params={"fields": "name", "access_token": rig.token, "appsecret_proof": "00"})
        rig.post(f"/{rig.page.id}/feed", message="halo", access_token=rig.token)
        rig.call("/debug_token", params={"input_token": rig.token})
        assert [(call.method, call.path, call.status) for call in rig.sandbox.calls] == [
            ("GET", "/v26.0/me", 400),
            ("POST", f"/v26.0/{rig.page.id}/feed", 200),
            ("GET", "/v26.0/debug_token", 200),
        ]
        assert rig.sandbox.calls[0].query == "fields=name"
        assert rig.token not in json.dumps(rig.sandbox.calls)


def test_the_same_answer_comes_without_a_socket() -> None:
    with rigged() as rig:
        rig.world.add_post(rig.page, "Selamat pagi")
        query, headers = "fields=message", {"Authorization": f"OAuth {rig.token}"}
        inside = rig.sandbox.handle("GET", f"/v26.0/{rig.page.id}/feed", query, headers)
        assert inside.json() == rig.get(f"/{rig.page.id}/feed", fields="message")


def test_the_token_may_come_in_query_form_or_header() -> None:
    with rigged() as rig:
        assert rig.call("/me", token="", params={"access_token": rig.token}).status_code == 200
        post = rig.world.add_post(rig.page, "x")
        data = {"message": "halo", "access_token": rig.token}
        assert rig.call(f"/{post.id}/comments", "POST", token="", data=data).status_code == 200
        as_json = rig.call(f"/{post.id}/comments", "POST", json={"message": "dua"})
        as_parts = rig.call(f"/{post.id}/comments", "POST", files={"message": (None, "tiga")})
        assert as_json.status_code == as_parts.status_code == 200
        assert [comment.text for comment in post.stream] == ["halo", "dua", "tiga"]


def test_many_threads_read_while_others_write() -> None:
    with rigged() as rig:
        post = rig.world.add_post(rig.page, "Selamat pagi")

        def write(n: int) -> None:
            comment = rig.world.add_comment(post, f"komentar {n}", f"Warga {n % 7}")
            if n % 5 == 0:
                rig.world.delete(comment)

        def read(_: int) -> int:
            headers = {"Authorization": f"Bearer {rig.token}"}
            response = requests.get(f"{rig.address}/v26.0/{post.id}/comments?limit=100", headers=headers, timeout=10)
            return response.status_code

        with ThreadPoolExecutor(12) as pool:
            writing = [pool.submit(write, n) for n in range(400)]
            assert set(pool.map(read, range(80))) == {200}
            for done in writing:
                done.result()
        assert len(post.stream) == 320
        found = [item["id"] for page in rig.walk(f"/{post.id}/comments", limit=100) for item in page]
        assert found == [comment.id for comment in post.stream]


def test_two_hundred_thousand_comments_are_made_and_served_quickly() -> None:
    started = time.perf_counter()
    world = bulk_world(200, 1000, now=NOW)
    made = time.perf_counter() - started
    assert sum(len(post.stream) for page in world.pages.values() for post in page.posts) == 200_000
    sandbox = Sandbox(world)
    names = (
        "id,message,from{id,name},created_time,parent{id},attachment,comment_count,like_count,is_hidden,permalink_url"
    )
    headers = {"Authorization": f"Bearer {sandbox.token('page1')}"}
    started, served = time.thread_time(), 0
    for post in world.pages["page1"].posts[:20]:
        query = f"filter=stream&limit=100&fields={names}"
        served += len(sandbox.handle("GET", f"/v26.0/{post.id}/comments", query, headers).json()["data"])
    rate = served / (time.thread_time() - started)
    assert served == 2000
    assert made < 10
    if sys.gettrace() is None:  # not under a tracer, which costs several times the work
        assert rate > 20_000
