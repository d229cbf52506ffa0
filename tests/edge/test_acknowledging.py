"""Answers from phones: Telegram's chats, and the one public route of signed links."""

import base64
import hashlib
import json
import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest
import structlog
from sqlalchemy import Engine, update

from connector.acknowledging import serving
from connector.alarms import sign
from connector.contactbook import ContactBook
from connector.records import Roster
from connector.settings import Settings, load_routing
from connector.store import alarms
from connector.store.engine import writing
from connector.store.schema import counters
from connector.telegram import SEQUENTIAL, Answers
from connector.telegram import read as read_answer
from connector.wiring import Works
from tests.edge.ringing import NTB, fresh, now, put, rung, until
from tests.sinks import Sink, webhook

Hear = Callable[..., list[tuple[str, str]]]


@contextmanager
def hearing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Sink, Hear]]:
    """A bot, and what says something to it and returns the notes that are sent to the chats for it."""
    monkeypatch.setenv("CHANNEL_TG", "tgram://123456789:AAabcdefghijklmnopqrstuvwxyz123456789/{address}")
    monkeypatch.setattr("connector.telegram.EVERY", timedelta(0))
    notes: list[tuple[str, str]] = []
    with webhook() as bot, ThreadPoolExecutor(1) as pool:
        settings = {"alarms": {"telegram_url": bot.address.replace("json", "http").rstrip("/")}}
        book = ContactBook.model_validate({"channels": {"tg": {"url_env": "CHANNEL_TG"}}})
        works = Works(Settings.model_validate(settings), load_routing(None), engine, Path(), contacts=book)
        answers = Answers(works, structlog.get_logger(), lambda lane, key, text: notes.append((lane, text)))

        def hear(*said: tuple[int, str]) -> list[tuple[str, str]]:
            for chat, text in said:
                bot.say(chat, text)
            notes.clear()
            answers.look(pool, now())
            until(lambda: answers._running is None or answers._running.done())
            return list(notes)

        yield bot, hear


def test_answers_are_heard_from_known_chats_only_and_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with hearing(engine, monkeypatch) as (bot, hear):
        duta = put(engine, "52.01", "tg:42")
        put(engine, "52.71", "tg:42")
        rung(engine, fresh("1_1", "TOLONG di Gerung Lombok Barat"), fresh("1_2", "TOLONG banjir di Gerung", "7002"))
        assert hear((666, f"ok {NTB}-000001"), (42, "halo")) == []
        (asked,) = hear((42, "ok"))
        assert asked[0] == f"contact:{duta}" and f"{NTB}-000002" in asked[1]
        (said,) = hear((42, f"ok {NTB.lower()}-000002"))
        assert f"{NTB}-000002 tercatat" in said[1]
        (said,) = hear((42, "siap"))
        assert f"{NTB}-000001 tercatat" in said[1]
        assert hear() == [] and len(bot.asked) >= 4 and bot.asked[-1] > 0


def test_after_a_week_of_silence_telegram_may_number_from_below_and_is_heard(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hearing(engine, monkeypatch) as (bot, hear):
        put(engine, "52.01", "tg:42")
        bot.first_update = 900_000
        rung(engine, fresh("1_1", "TOLONG di Gerung Lombok Barat"), fresh("1_2", "TOLONG banjir di Gerung", "7002"))
        assert len(hear((42, f"ok {NTB}-000001"))) == 1
        bot.updates.clear()
        bot.first_update = 100
        with writing(engine) as connection:
            connection.execute(update(counters).where(counters.c.name.like("telegram:%")).values(at=now() - SEQUENTIAL))
        (said,) = hear((42, f"ok {NTB}-000002"))
        assert f"{NTB}-000002 tercatat" in said[1] and bot.asked[-1] == 0


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"result": {}}', b'{"result": [1, null, {"update_id": "x"}, {"update_id": 5}]}', b"{" * 99]
)
def test_whatever_telegram_answers_breaks_nothing(body: bytes) -> None:
    for one in json.loads(body)["result"] if body.startswith(b'{"result": [') else [None, 3, {"message": []}]:
        words, _, chat, _, at = read_answer(one)
        assert words == "" and chat == "" and at.year == 1970
    assert read_answer({"text": 5, "chat": {"id": 4}, "date": 10**18, "from": []})[2] == "4"


HOSTILE_REQUESTS = (
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET /a/../x HTTP/1.1\r\n\r\n",
    b"GET /a/" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
    b"POST /a/1-2-x HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
    b"POST /a/1-2-x HTTP/1.1\r\nContent-Length: -1\r\n\r\n" + b"&" * 5000,
    b"PUT /a/1-2-x HTTP/1.1\r\n\r\n",
    b"\x00\xff\xfe\r\n\r\n",
    b"GET /a/\xff\xfe%00 HTTP/1.1\r\n\r\n",
)


def test_the_route_stands_hostile_requests_and_crowds(sqlite_engine: Engine) -> None:
    settings = Settings.model_validate({"alarms": {"public_url": "https://care.example/a"}})
    works = Works(settings, load_routing(None), sqlite_engine, Path())
    with serving(works, structlog.get_logger(), 0) as port:
        for request in HOSTILE_REQUESTS:
            with socket.create_connection(("127.0.0.1", port), 10) as client:
                client.sendall(request)
                assert not client.recv(4096).startswith((b"HTTP/1.0 2", b"HTTP/1.1 2"))
        crowd = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(40)]
        for client in crowd:
            client.close()
        until(lambda: status(port) == 404)


def test_a_link_means_its_own_alarm_though_another_one_has_the_number_of_its_row(sqlite_engine: Engine) -> None:
    """SQLite gives the number of a row that was wiped out to the next one."""
    settings = Settings.model_validate({"alarms": {"public_url": "https://care.example/a"}})
    works = Works(settings, load_routing(None), sqlite_engine, Path())
    (first,) = rung(sqlite_engine, fresh("1_1"), roster=Roster(((1, "piket"),)))
    with writing(sqlite_engine) as connection:
        alarms.make_key(connection)
        key = alarms.link_key(connection) or b""
        link = sign(key, first.id, first.ticket_id, now() + timedelta(hours=1))
    with serving(works, structlog.get_logger(), 0) as port:
        assert status(port, link) == status(port, link, "HEAD") == 200  # as some ask who preview a link
        with writing(sqlite_engine) as connection:
            alarms.forget(connection, [first.ticket_id])
        (second,) = rung(sqlite_engine, fresh("1_2", "TOLONG longsor di Dompu", "7002"), roster=Roster(((1, "piket"),)))
        assert second.id == first.id and second.ticket_id != first.ticket_id
        assert status(port, link) == 410


def test_the_page_of_a_link_is_large_enough_for_a_thumb_and_runs_nothing(sqlite_engine: Engine) -> None:
    works = Works(Settings(), load_routing(None), sqlite_engine, Path())
    with serving(works, structlog.get_logger(), 0) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/a/1-2-" + "x" * 32)
        answer = connection.getresponse()
        policy, page = str(answer.getheader("Content-Security-Policy")), answer.read().decode()
        connection.close()
    (style,) = re.findall("<style>(.*)</style>", page)
    seal = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{seal}'" in policy and policy.startswith("default-src 'none'")
    assert "button{font:inherit;box-sizing:border-box;width:100%;min-height:3rem}" in style and "<script" not in page


def status(port: int, link: str = f"1-2-3-{'x' * 32}", verb: str = "GET") -> int:
    """What the route answers to a link, else to one that it never signed; 0 when it does not."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(verb, f"/a/{link}")
        return int(connection.getresponse().status)
    except OSError:
        return 0
    finally:
        connection.close()
