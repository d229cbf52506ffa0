"""Two Pages of ours that name each other: a post stands in both feeds, and each token sees its own Page's posts only."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from connector.records import Account
from connector.sandbox import Fault, Limits, Options, Sandbox, World, faults, serve
from connector.store import ledger
from connector.store.engine import reading
from tests.reading import ALL, Bench, calm_bench, register

Pair = tuple[Bench, Bench]


@pytest.fixture
def pair(engine: Engine, world: World) -> Iterator[Pair]:
    """The readers of both Pages, which share a store."""
    world.add_page("wagub", "100000000000002", "Wakil Gubernur NTB")
    sandbox = Sandbox(world, options=Options(conversations_per_second=None), limits=Limits(pages=None, messenger=None))
    found = [Account(p.key, "facebook", p.id, p.name, ALL, 60) for p in world.pages.values()]
    with serve(sandbox) as address:
        both = [Bench(sandbox, address, engine, account, sandbox.token(account.key)) for account in found]
        for one, other in (both, both[::-1]):
            register(engine, one.account)
            one.others = frozenset({other.account.id})
        yield both[0], both[1]


def test_one_page_never_takes_for_deleted_what_stands_on_the_other(world: World, pair: Pair) -> None:
    governor, vice = pair
    post = world.add_post(world.pages["gubernur"], "bersama wakil gubernur")
    world.pages["wagub"].posts.append(post)
    comments = [world.add_comment(post, f"jalan rusak {n}", f"Warga {n}") for n in range(3)]
    alone = replace(vice, others=frozenset())
    alone.poll()  # the governor's Page was not configured yet
    governor.poll()
    world.pages["wagub"].posts.remove(post)  # named no more
    vice.poll(full=True)
    vice.process()
    found = governor.items()
    assert found.keys() == {post.id, *(c.id for c in comments)}
    assert not any(item["deleted"] for item in found.values())
    with reading(vice.engine) as connection:
        assert [(b.account, b.known) for b in ledger.by_stream(connection) if b.stream == "comments"] == [
            ("gubernur", 1)
        ]


def test_no_call_is_spent_on_the_post_that_the_other_reads(world: World, pair: Pair) -> None:
    governor, vice = pair
    post = world.add_post(world.pages["gubernur"], "bersama wakil gubernur")
    world.pages["wagub"].posts.append(post)
    for one in pair:
        one.poll()
    world.add_comment(post, "air mati", "Warga", at=datetime.now(UTC) + timedelta(seconds=5))
    governor.calls()
    vice.poll()
    assert not [call for call in vice.sandbox.calls if post.id in call.path]
    governor.poll()
    governor.process()
    assert len(governor.items()) == 2


def test_posts_of_strangers_that_graph_refuses_keep_nothing_of_ours_unread(sqlite_engine: Engine, world: World) -> None:
    """Whoever names the Page stands in its feed; reading what he wrote may need a permission that nobody has for him."""
    stranger = world.add_page("koran", "300000000000009", "Koran")
    page = world.pages["gubernur"]
    now = datetime.now(UTC)
    own = world.add_post(page, "Kunjungan", at=now - timedelta(days=3))
    said = world.add_comment(own, "jalan rusak", "Siti", at=now - timedelta(days=2))
    with calm_bench(sqlite_engine, world) as reader:
        assert reader.poll().failures == ()
        for n in range(8):
            theirs = world.add_post(stranger, f"berita {n}", at=now - timedelta(hours=1))
            world.add_comment(theirs, "setuju", "Budi", at=now - timedelta(minutes=50))
            page.posts.append(theirs)
        late = world.add_comment(own, "air mati", "Siti", at=now - timedelta(minutes=90))
        refused = faults.error(10, "(#10) requires Page Public Content Access", http=403)
        reader.sandbox.faults.add(Fault(refused, path=f"/{stranger.id}_", times=None))
        for _ in range(4):
            done = reader.poll()
            assert not done.refused
        reader.process()
        assert {own.id, said.id, late.id} <= reader.items().keys()
        reader.calls()
        assert reader.poll().failures == ()
        assert not [call for call in reader.sandbox.calls if stranger.id in call.path]
