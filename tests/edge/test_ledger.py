"""The completeness ledger: what Graph counts against what is stored, and what is done about a rest."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.records import Balance
from connector.sandbox import World
from connector.store import landing, ledger
from connector.store.engine import reading
from tests.reading import Bench, calm_bench, one_page, register

NOW = datetime.now(UTC)


@pytest.fixture
def world() -> World:
    return one_page()


@pytest.fixture
def reader(engine: Engine, world: World) -> Iterator[Bench]:
    with calm_bench(engine, world) as made:
        yield made


@pytest.fixture
def quick(sqlite_engine: Engine, world: World) -> Iterator[Bench]:
    with calm_bench(sqlite_engine, world) as made:
        yield made


def post_with(world: World, comments: int, days: float = 5) -> Any:
    page = world.pages["gubernur"]
    post = world.add_post(page, "Kunjungan", at=NOW - timedelta(days=days))
    for n in range(comments):
        at = NOW - timedelta(days=days) + timedelta(minutes=n + 1)
        world.add_comment(post, f"jalan rusak {n}", f"Warga {n % 9}", at=at)
    return post


def book(reader: Bench, stream: str = "comments") -> Balance:
    with reading(reader.engine) as connection:
        return next(b for b in ledger.by_stream(connection) if b.stream == stream)


def rest(reader: Bench) -> list[ledger.Entry]:
    with reading(reader.engine) as connection:
        return ledger.unexplained(connection, 10)


def test_what_is_lost_here_is_not_called_hidden_by_facebook(
    reader: Bench, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lands = landing.land

    def leaky(connection: Any, batch: Any, *more: Any) -> Any:
        return lands(
            connection, [item for item in batch if not (item.kind == "comment" and item.id.endswith("7"))], *more
        )

    monkeypatch.setattr(landing, "land", leaky)
    post = post_with(world, 120)
    lost = sum(comment.id.endswith("7") for comment in post.stream)
    assert lost > 3
    reader.poll()
    reader.poll(full=True)
    found = book(reader)
    assert (found.counted, found.stored, found.hidden, found.unexplained) == (120, 120 - lost, 0, lost)


def test_the_books_tell_counted_stored_gone_and_hidden(reader: Bench, world: World) -> None:
    post = post_with(world, 120)
    post_with(world, 0)
    talk = world.conversation(world.pages["gubernur"], "Siti")
    for n in range(4):
        world.add_message(talk, f"pesan {n}", at=NOW - timedelta(hours=9 - n))
    world.delete(post.stream[3], still_counted=True)
    gone = post.stream[5]
    reader.poll()
    world.delete(gone)
    reader.poll(full=True)
    found = book(reader)
    assert (found.known, found.objects, found.counted, found.stored) == (2, 2, 119, 118)
    assert (found.gone, found.hidden, found.older, found.unexplained) == (1, 1, 0, 0)
    messages = book(reader, "messages")
    assert (messages.objects, messages.counted, messages.stored, messages.unexplained) == (1, 4, 4, 0)
    assert rest(reader) == []


def test_a_gap_orders_one_reading_to_the_end_and_never_again_for_the_same_gap(quick: Bench, world: World) -> None:
    reader, post = quick, post_with(world, 230)
    reader.poll()
    held = world.add_comment(post, "disetujui kemudian", "Warga", at=NOW - timedelta(days=4, hours=23), held=True)
    world.approve(held)
    _age(reader, hours=30)
    world.add_comment(post, "satu lagi", "Warga")
    done = reader.poll()
    assert done.counts["gaps"] == 1 and done.failures == ()
    reader.process()
    assert held.id in reader.items(), "an old comment shown late lies deep below what is known"
    assert book(reader).unexplained == 0 and rest(reader) == []
    reader.calls()
    assert "gaps" not in reader.poll().counts and reader.calls() <= 3


def test_one_that_stays_is_said_and_not_looked_into_again(quick: Bench, world: World) -> None:
    reader, post = quick, post_with(world, 150)
    reader.poll()
    _age(reader, hours=30)
    post.lost += 2  # Facebook counts two that it shows to nobody
    world.add_comment(post, "satu lagi", "Warga")
    assert reader.poll().counts["gaps"] == 1
    found = book(reader)
    assert (found.counted, found.stored, found.hidden, found.unexplained) == (153, 151, 2, 0)
    _age(reader, hours=30)
    world.add_comment(post, "dan satu", "Warga")
    assert "gaps" not in reader.poll().counts
    assert (book(reader).hidden, book(reader).unexplained) == (2, 0)


def test_a_dear_post_is_not_read_to_its_end_for_every_gap(quick: Bench, world: World) -> None:
    reader, post = quick, post_with(world, 230)
    reader.poll()
    post.lost += 1
    world.add_comment(post, "satu lagi", "Warga")
    assert "gaps" not in reader.poll().counts, "it was read to its end a moment ago"
    assert [(e.object_id, e.unexplained) for e in rest(reader)] == [(post.id, 1)]


def test_what_lies_before_the_first_reading_is_told_as_older(quick: Bench, world: World) -> None:
    reader, post = quick, post_with(world, 150, days=200)
    world.add_comment(post, "baru", "Warga", at=NOW - timedelta(days=1))
    reader.poll()
    found = book(reader)
    assert (found.counted, found.stored, found.older) == (151, 100, 51)
    assert found.unexplained == 0 and found.hidden == 0


def talk_with(world: World, messages: int, first: float, last: float) -> Any:
    """A conversation of so many messages, the first and the last so many days ago."""
    talk = world.conversation(world.pages["gubernur"], "Siti")
    for n in range(messages):
        days = first - (first - last) * n / (messages - 1)
        world.add_message(talk, f"pesan {n}", at=NOW - timedelta(days=days))
    return talk


def told(reader: Bench) -> tuple[int, int, int, int, int]:
    """Of messages: counted, stored, hidden, older, unexplained."""
    found = book(reader, "messages")
    return found.counted, found.stored, found.hidden, found.older, found.unexplained


def test_a_conversation_that_ended_before_the_first_reading_is_older_and_no_gap(reader: Bench, world: World) -> None:
    talk = talk_with(world, 600, first=600, last=200)
    for _ in range(2):
        reader.poll(full=True)
        assert told(reader) == (600, 0, 0, 600, 0) and rest(reader) == []
    reader.poll(full=True, scope="sweep")
    assert told(reader) == (600, 0, 0, 600, 0)
    month: Any = {"since": NOW - timedelta(days=301), "until": NOW - timedelta(days=271)}
    reader.poll(full=True, scope="backfill", exact=True, **month)
    _, stored, hidden, older, unexplained = told(reader)
    assert 40 < stored < 50 and (hidden, older, unexplained) == (0, 600 - stored, 0)
    world.add_message(talk, "saya lagi")
    reader.poll()
    assert told(reader) == (601, 601, 0, 0, 0), "it is read to its end when it moves"


def test_what_graph_shows_no_more_of_a_conversation_is_older_whoever_reads(sqlite_engine: Engine, world: World) -> None:
    talk_with(world, 600, first=600, last=1)
    with calm_bench(sqlite_engine, world, old_messages="error") as reader:
        reader.poll()
        assert told(reader) == (600, 20, 0, 580, 0)
        reader.poll(full=True, scope="sweep")
        assert told(reader) == (600, 20, 0, 580, 0) and rest(reader) == []


def test_a_reading_of_a_window_keeps_the_live_books(quick: Bench, world: World) -> None:
    reader, post = quick, post_with(world, 130)
    few = post_with(world, 3)
    reader.poll()
    world.delete(post.stream[2])
    world.delete(few.stream[0])
    reader.poll(full=True, scope="sweep", since=NOW - timedelta(days=30))
    found = book(reader)
    assert (found.counted, found.stored, found.gone, found.unexplained) == (131, 131, 2, 0)
    world.delete(few)
    reader.poll(full=True, scope="sweep2", since=NOW - timedelta(days=30))
    found = book(reader)
    assert (found.objects, found.counted, found.stored, found.unexplained) == (1, 129, 129, 0)


def test_books_of_one_account_hold_nothing_of_another(reader: Bench, world: World) -> None:
    from dataclasses import replace

    post_with(world, 3)
    reader.poll()
    register(reader.engine, replace(reader.account, key="lain", id="9"))
    assert {b.account for b in _all(reader)} == {"gubernur"}


def _all(reader: Bench) -> list[Balance]:
    with reading(reader.engine) as connection:
        return ledger.by_stream(connection)


def _age(reader: Bench, hours: float) -> None:
    """As if the last readings to the end had been so long ago."""
    from sqlalchemy import update

    from connector.store.engine import writing
    from connector.store.schema import checkpoints

    with writing(reader.engine) as connection:
        for row in connection.execute(checkpoints.select()).all():
            if row.complete_at and row.object_id:
                where = (checkpoints.c.object_id == row.object_id, checkpoints.c.stream == row.stream)
                at = row.complete_at - timedelta(hours=hours)
                connection.execute(update(checkpoints).where(*where).values(complete_at=at))


def test_what_another_account_met_first_is_no_gap(quick: Bench, world: World) -> None:
    post_with(world, 7)
    quick.poll()
    second = replace(quick, account=replace(quick.account, key="wagub"))  # its Page shows the same post
    register(quick.engine, second.account)
    second.poll()
    with reading(quick.engine) as connection:
        books = {b.account: b for b in ledger.by_stream(connection) if b.stream == "comments"}
    assert (books["wagub"].counted, books["wagub"].stored, books["wagub"].unexplained) == (7, 7, 0)
    assert rest(quick) == []
