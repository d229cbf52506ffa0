"""A Graph whose nested comments ignore `filter(stream)`: replies come only where a post's comments are asked for themselves."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Engine

from connector.records import Account
from connector.sandbox import Sandbox
from connector.store import ledger
from connector.store.engine import reading
from tests.reading import ALL, Bench, one_page, register

PAGE = "100000000000001"
NOW = datetime.now(UTC)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}+0000"


@dataclass
class Flat:
    """One Page: its posts, oldest first, each with its comments as Graph's objects in the order they came.

    `counts_all`: nested comments are counted with their replies. `tells`: a comment says how many replies it has.
    """

    counts_all: bool = True
    tells: bool = True
    posts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def post(self) -> str:
        self.posts[f"{PAGE}_{len(self.posts) + 1}"] = []
        return list(self.posts)[-1]

    def comment(self, post: str, text: str, under: str | None = None) -> str:
        number = sum(map(len, self.posts.values())) + 1
        said: dict[str, Any] = {"id": f"9_{number}", "message": text, "from": {"id": f"70{number}", "name": "Warga"}}
        said["created_time"] = _time(NOW - timedelta(days=5) + timedelta(minutes=number))
        if under:
            said["parent"] = {"id": under}
        self.posts[post].append(said)
        return str(said["id"])

    def answer(self, path: str, asked: dict[str, str]) -> Any:
        self.calls.append(path)
        target, _, edge = path.partition("/")
        if edge == "feed":
            return {"data": [self._post(post, asked) for post in reversed(self.posts)]}
        if edge == "comments":
            shown = self.posts[target] if asked.get("filter") == "stream" else self._top(target)
            return self._listed(target, shown, int(asked["limit"]), asked.get("after"), len(self.posts[target]))
        return self._post(target, asked) if target in self.posts else {"data": []}

    def _top(self, post: str) -> list[dict[str, Any]]:
        return [said for said in self.posts[post] if "parent" not in said]

    def _post(self, post: str, asked: dict[str, str]) -> Any:
        said = self.posts[post]
        moved = said[-1]["created_time"] if said else _time(NOW - timedelta(days=6))
        node = {"id": post, "created_time": _time(NOW - timedelta(days=6)), "updated_time": moved}
        node |= {"message": "Kunjungan", "from": {"id": PAGE, "name": "Gubernur"}}
        nested = re.search(r"comments[^{]*limit\((\d+)\)", asked["fields"])
        if nested and said:
            total = len(said) if self.counts_all else len(self._top(post))
            node["comments"] = self._listed(post, self._top(post), int(nested[1]), None, total)
        return node

    def _listed(self, post: str, said: list[dict[str, Any]], limit: int, after: str | None, total: int) -> Any:
        newest = said[::-1]
        start = next(n for n, one in enumerate(newest, 1) if one["id"] == after) if after else 0
        shown = [self._told(post, one) for one in newest[start : start + limit]]
        paging: dict[str, Any] = {"cursors": {"after": shown[-1]["id"]}} if shown else {}
        if start + limit < len(newest):
            paging["next"] = "https://graph.facebook.com/next"
        return {"data": shown, "paging": paging, "summary": {"total_count": total}}

    def _told(self, post: str, one: dict[str, Any]) -> dict[str, Any]:
        replies = sum(other.get("parent") == {"id": one["id"]} for other in self.posts[post])
        return one | ({"comment_count": replies} if self.tells else {})


@contextmanager
def serving(flat: Flat) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(url.query).items()}
            body = json.dumps(flat.answer(url.path.partition("/v26.0/")[2], asked)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@contextmanager
def reading_from(engine: Engine, flat: Flat) -> Iterator[Bench]:
    account = Account("gubernur", "facebook", PAGE, "Gubernur", ALL, 60)
    register(engine, account)
    with serving(flat) as address:
        yield Bench(Sandbox(one_page()), address, engine, account, "TOKEN")


def stored(reader: Bench) -> set[str]:
    reader.process()
    return {key for key, item in reader.items().items() if item["kind"] == "comment" and not item["deleted"]}


def shown(flat: Flat) -> set[str]:
    return {str(one["id"]) for said in flat.posts.values() for one in said}


def talk(flat: Flat, tops: int, replies: int) -> str:
    post = flat.post()
    made = [flat.comment(post, f"jalan rusak {n}") for n in range(tops)]
    for n in range(replies):
        flat.comment(post, f"benar, di sini juga {n}", under=made[-1 - n % len(made)])
    return post


@pytest.mark.parametrize(("tops", "replies"), [(3, 2), (60, 5), (130, 40), (1, 120)])
@pytest.mark.parametrize(("counts_all", "tells"), [(True, True), (True, False), (False, True)])
def test_no_reply_is_lost(sqlite_engine: Engine, tops: int, replies: int, counts_all: bool, tells: bool) -> None:
    flat = Flat(counts_all, tells)
    post = talk(flat, tops, replies)
    talk(flat, 2, 0)
    with reading_from(sqlite_engine, flat) as reader:
        assert reader.poll().failures == ()
        assert stored(reader) == shown(flat)
        flat.comment(post, "saya juga", under=str(flat.posts[post][0]["id"]))
        reader.poll()
        assert stored(reader) == shown(flat), "a later reply"
        reader.poll(full=True)
        assert stored(reader) == shown(flat), "a full reading buries nobody"
        with reading(sqlite_engine) as connection:
            assert ledger.unexplained(connection, 10) == []
            assert [b.hidden for b in ledger.by_stream(connection) if b.stream == "comments"] == [0]


def test_what_is_only_counted_costs_no_more_each_time(sqlite_engine: Engine) -> None:
    flat = Flat()
    post = talk(flat, 3, 2)
    for said in [one for one in flat.posts[post] if "parent" in one]:
        flat.posts[post].remove(said)
    with reading_from(sqlite_engine, flat) as reader:
        reader.poll()
        flat.calls.clear()
        flat.comment(post, "satu lagi")
        reader.poll()
        assert len(flat.calls) == 3 and stored(reader) == shown(flat)
