"""A pass over some of an account's streams: what it leaves out is neither lost nor taken for deleted."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.records import Stream
from connector.sandbox import World
from connector.store import raw
from tests.reading import ALL, Bench, calm_bench, one_page

NOW = datetime.now(UTC)
BACKFILL = {"scope": "backfill:test", "lane": raw.BULK, "since": NOW - timedelta(days=60)}


@pytest.fixture
def world() -> World:
    made = one_page()
    page = made.pages["gubernur"]
    for n in range(4):
        at = NOW - timedelta(days=9, hours=n)
        post = made.add_post(page, f"Kunjungan {n}", at=at)
        for m in range(3):
            made.add_comment(post, f"jalan rusak {n}/{m}", f"Warga {m}", at=at + timedelta(minutes=m + 1))
    made.add_post(page, "Lapor, jalan rusak", author="Warga 9", at=NOW - timedelta(days=3))
    return made


@pytest.fixture
def reader(sqlite_engine: Engine, world: World) -> Iterator[Bench]:
    with calm_bench(sqlite_engine, world) as made:
        yield made


def texts(reader: Bench, deleted: bool = False) -> set[str]:
    reader.process()
    return {item["text"] for item in reader.items().values() if item["deleted"] is deleted}


@pytest.mark.parametrize("streams", [("posts",), ("posts", "visitor_posts")])
@pytest.mark.parametrize("how", [{}, BACKFILL])
def test_posts_read_whole_bury_no_comments(
    reader: Bench, world: World, streams: tuple[Stream, ...], how: dict[str, Any]
) -> None:
    reader.poll()
    before = texts(reader)
    assert reader.poll(full=True, streams=streams, **how).failures == ()
    assert texts(reader) == before and len(before) == 4 * 4 + 1


@pytest.mark.parametrize("first", ALL[:3])
def test_what_a_narrowed_first_read_left_out_is_read_by_the_next(reader: Bench, first: Stream) -> None:
    reader.poll(streams=(first,))
    kept = texts(reader)
    assert 0 < len(kept) < 4 * 4 + 1
    reader.poll()
    assert len(texts(reader)) == 4 * 4 + 1


def test_what_a_narrowed_poll_left_out_is_read_by_the_next(reader: Bench, world: World) -> None:
    reader.poll()
    post = world.pages["gubernur"].posts[1]
    world.add_comment(post, "masih rusak", "Warga Baru")
    reader.poll(streams=("posts",))
    world.edit(post, "Kunjungan, diperbarui")
    reader.poll(streams=("comments",))
    reader.poll()
    assert {"masih rusak", "Kunjungan, diperbarui"} <= texts(reader)


@pytest.mark.parametrize("streams", [("comments",), ("visitor_posts",)])
def test_a_full_read_looks_only_for_the_posts_that_it_asked_for(reader: Bench, streams: tuple[Stream, ...]) -> None:
    reader.poll()
    reader.calls()
    reader.poll(full=True, streams=streams)
    assert reader.calls() == 1


def test_a_narrowed_quiet_poll_costs_one_call(reader: Bench) -> None:
    reader.poll()
    reader.poll(streams=("posts",))
    reader.calls()
    reader.poll(streams=("posts",))
    assert reader.calls() == 1


@pytest.mark.parametrize("missing", [("comments",), ("visitor_posts",), ("comments", "visitor_posts")])
def test_a_stream_configured_later_is_read_from_the_start(
    reader: Bench, world: World, missing: tuple[Stream, ...]
) -> None:
    whole = reader.account
    for number in range(2):
        world.add_comment(world.pages["gubernur"].posts[number], f"sela {number}", "Warga Baru")
        some = tuple(stream for stream in ALL if stream not in missing)
        reader.account = replace(whole, streams=some)
        reader.poll(streams=some)
        reader.account = whole
        reader.poll()
        assert len(texts(reader)) == 4 * 4 + 1 + number + 1
        reader.calls()
        reader.poll()
        assert reader.calls() == 2
