"""What goes wrong at Graph while an account is read: nothing is lost, and nothing else is held up."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.sandbox import Fault, World, faults
from connector.sandbox.rules import Proceed
from connector.sandbox.wire import Request, Response
from connector.store import accounts
from connector.store.engine import reading
from tests.edge.test_ingest_sandbox import NOW, fill
from tests.reading import Bench, calm_bench, one_page


@pytest.fixture
def world() -> World:
    return one_page()


@pytest.fixture(params=["anchored", "offset"])
def reader(sqlite_engine: Engine, world: World, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """With both families of paging cursors."""
    with calm_bench(sqlite_engine, world, cursors=request.param) as made:
        yield made


def test_graph_wanting_less_is_given_less_and_it_is_remembered(reader: Bench, world: World) -> None:
    fill(world, 30, 30)
    reader.sandbox.faults.add(Fault(faults.too_much(60_000), times=None))
    assert reader.poll().failures == ()
    reader.process()
    assert len(reader.items()) == 30 * 31
    with reading(reader.engine) as connection:
        assert accounts.account_states(connection)["gubernur"].quirks
    reader.calls()
    reader.poll(full=True)
    assert all(call.status == 200 for call in reader.sandbox.calls)


@pytest.mark.parametrize(
    "fault",
    [
        faults.html(502),
        faults.empty(503),
        faults.error(2, "later", transient=True, http=500),
        faults.truncated(100),
        faults.reset(50),
        faults.ok_with_error(),
        faults.mistyped(None),
        faults.twice(),
        faults.empty_page(),
    ],
)
def test_a_passing_fault_loses_nothing(reader: Bench, world: World, fault: Any) -> None:
    fill(world, 30, 30)
    reader.sandbox.faults.add(Fault(fault, skip=1, times=1))
    reader.poll()
    reader.poll()
    reader.process()
    assert len(reader.items()) == 30 * 31


def test_one_bad_post_never_stops_the_others(reader: Bench, world: World) -> None:
    posts = fill(world, 20, 70)
    reader.sandbox.faults.add(Fault(faults.html(502), path=posts[4].id, times=None))
    done = reader.poll()
    assert len(done.failures) == 1 and posts[4].id in done.failures[0]
    reader.process()
    assert len(reader.items()) >= 19 * 71
    reader.sandbox.faults.clear()
    assert reader.poll().failures == ()
    reader.process()
    assert len(reader.items()) == 20 * 71


@pytest.mark.parametrize("loop", [("x",), ("x", "y"), ()])
@pytest.mark.parametrize("items", [True, False])
def test_endless_paging_ends(reader: Bench, world: World, loop: tuple[str, ...], items: bool) -> None:
    fill(world, 3, 3)
    reader.sandbox.options.stale_cursors = False
    reader.sandbox.faults.add(Fault(faults.endless(*loop, items=items), path="/feed", times=60))
    done = reader.poll(streams=("posts", "comments", "visitor_posts"))
    assert done.failures
    reader.sandbox.faults.clear()
    reader.poll()
    reader.process()
    assert len(reader.items()) == 12


def _onward_unsaid(data: Any) -> Any:
    """More is announced, by a time as in old paging, and no cursor leads there."""
    data["paging"] = {"next": "https://graph.facebook.com/v26.0/1/feed?until=5"}
    return data


@pytest.mark.parametrize("path", ["/feed", "/comments", "/conversations", "/messages"])
def test_what_came_is_kept_where_nobody_can_say_what_follows(reader: Bench, world: World, path: str) -> None:
    (post,) = fill(world, 1, 120)
    talk = world.conversation(world.pages["gubernur"], "Inaq Rahma")
    said = [world.add_message(talk, f"pesan {n}", at=NOW - timedelta(hours=90 - n)) for n in range(60)]
    reader.sandbox.faults.add(Fault(faults.spoilt(_onward_unsaid), path=path, times=None))
    done = reader.poll(full=True)
    reader.process()
    held = reader.items().keys()
    assert any("without a usable cursor" in line for line in done.failures)
    assert len(held & {post.id, *(c.id for c in post.stream)}) > 50 and len(held & {m.id for m in said}) >= 20
    reader.sandbox.faults.clear()
    assert reader.poll(full=True).failures == ()
    reader.process()
    assert len(reader.items()) == 121 + 60


def test_a_full_reading_goes_through_batches_of_which_moderators_hid_all(reader: Bench, world: World) -> None:
    (post,) = fill(world, 1, 3)
    for n in range(1_300):
        world.add_comment(post, f"judi {n}", "Bandar", at=NOW - timedelta(minutes=1), held=True)
    done = reader.poll()
    assert "empty batches in a row" in done.failures[0]
    assert reader.poll(full=True).failures == ()
    reader.process()
    assert len(reader.items()) == 4


def test_a_post_that_slips_past_a_deletion_is_read_all_the_same(reader: Bench, world: World) -> None:
    posts = sorted(fill(world, 30, 1), key=lambda post: post.created, reverse=True)
    reader.poll()
    world.add_comment(posts[25], "Masih gelap", "Warga Baru")

    def meanwhile(_: Request, proceed: Proceed) -> Response:
        answer = proceed()
        world.delete(posts[3])
        return answer

    reader.sandbox.faults.add(Fault(meanwhile, path="/feed", times=1))
    assert reader.poll(full=True).failures == ()
    reader.process()
    assert "Masih gelap" in {item["text"] for item in reader.items().values()}


def test_a_stale_cursor_starts_the_walk_again(reader: Bench, world: World) -> None:
    fill(world, 60, 2)
    reader.sandbox.faults.add(
        Fault(
            faults.error(100, "(#100) The After Cursor specified exceeds the max limit", http=400),
            path="after=",
            times=1,
        )
    )
    assert reader.poll().failures == ()
    reader.process()
    assert len(reader.items()) == 180


def test_a_dead_token_blocks_its_account_and_is_said_once(reader: Bench, world: World) -> None:
    fill(world, 3, 3)
    reader.sandbox.faults.add(Fault(faults.error(190, "expired", subcode=463), times=None))
    done = reader.poll()
    assert done.blocked and len(done.failures) == 1
    assert reader.calls() == 1
    reader.sandbox.faults.clear()
    assert reader.poll().blocked is None


def test_a_throttle_is_kept_and_nothing_is_asked_meanwhile(reader: Bench, world: World) -> None:
    fill(world, 3, 3)
    reader.sandbox.faults.add(Fault(faults.error(80001, "too many calls", subcode=2446079), times=1))
    done = reader.poll()
    assert done.paused_until and done.paused_until > NOW + timedelta(minutes=4)
    reader.calls()
    assert reader.poll().failures and reader.calls() == 0


@pytest.mark.parametrize("body", [b"{}", b'{"data":null}', b'{"success":true}'])
def test_an_answer_without_a_list_buries_nothing(reader: Bench, world: World, body: bytes) -> None:
    fill(world, 5, 4)
    reader.poll()
    reader.sandbox.faults.add(Fault(faults.answer(200, body, "application/json"), times=None))
    assert reader.poll(full=True).failures
    reader.process()
    assert not any(item["deleted"] for item in reader.items().values())
    reader.sandbox.faults.clear()
    assert reader.poll(full=True).failures == ()


def test_one_forbidden_post_never_stops_the_others(reader: Bench, world: World) -> None:
    posts = fill(world, 20, 2)
    reader.poll()
    for post in posts:
        world.add_comment(post, "baru", "Warga Baru")
    reader.sandbox.faults.add(Fault(faults.error(10, "(#10) no", http=403), path=posts[7].id, times=None))
    assert len(reader.poll().failures) == 1
    reader.process()
    assert sum(item["text"] == "baru" for item in reader.items().values()) == 19


def test_a_missing_permission_stops_its_stream_only(reader: Bench, world: World) -> None:
    fill(world, 3, 3)
    reader.sandbox.faults.add(
        Fault(faults.error(200, "(#200) pages_messaging", http=403), path="conversations", times=None)
    )
    done = reader.poll()
    assert len(done.failures) == 1
    reader.process()
    assert len(reader.items()) == 12


def test_a_field_that_graph_knows_no_more_is_dropped_and_remembered(reader: Bench, world: World) -> None:
    fill(world, 3, 3)
    gone = faults.error(100, "(#100) Tried accessing nonexisting field (is_private) on node type (Comment)", http=400)
    reader.sandbox.faults.add(Fault(gone, path="is_private", times=None))
    assert reader.poll().failures == ()
    reader.process()
    assert len(reader.items()) == 12
    with reading(reader.engine) as connection:
        quirks = accounts.account_states(connection)["gubernur"].quirks or {}
    assert quirks["feed_whole"]["dropped"] == ["is_private"]
