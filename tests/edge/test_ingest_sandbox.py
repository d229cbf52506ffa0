"""R-17, R-20, R-24, R-26: all that Graph shows is stored once, at the fewest calls, whatever Graph does on the way."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.sandbox import Fault, World
from connector.store import ledger
from connector.store.engine import reading
from tests.reading import Bench, calm_bench, one_page

NOW = datetime.now(UTC)


def old(**ago: float) -> datetime:
    return NOW - timedelta(**ago)


@pytest.fixture(params=["anchored", "offset"])
def cursors(request: pytest.FixtureRequest) -> str:
    """Both families of paging cursors."""
    name: str = request.param
    return name


@pytest.fixture
def world() -> World:
    return one_page()


@pytest.fixture
def reader(sqlite_engine: Engine, world: World, cursors: str) -> Iterator[Bench]:
    with calm_bench(sqlite_engine, world, cursors=cursors) as made:
        yield made


def fill(world: World, posts: int, comments: int, *, replies: int = 0, days: float = 80) -> list[Any]:
    """Posts spread over the last `days`, each with comments and replies some time ago."""
    page = world.pages["gubernur"]
    made = []
    for n in range(posts):
        at = old(days=days * (posts - n) / posts, hours=1)
        post = world.add_post(page, f"Kunjungan kerja {n}", at=at)
        for m in range(comments):
            comment = world.add_comment(
                post, f"jalan rusak {n}/{m}", f"Warga {m % 17}", at=at + timedelta(minutes=m + 1)
            )
            for r in range(replies):
                world.add_comment(comment, f"betul {n}/{m}/{r}", f"Warga {r}", at=at + timedelta(minutes=m + 2))
        made.append(post)
    return made


def ids(things: list[Any]) -> set[str]:
    return {thing.id for thing in things}


def test_the_first_read_stores_every_post_comment_reply_and_message_once(reader: Bench, world: World) -> None:
    posts = fill(world, 7, 60, replies=1)
    page = world.pages["gubernur"]
    visitor = world.add_visitor_post(page, "Lampu jalan mati di Ampenan", "Siti", at=old(days=3))
    conversation = world.conversation(page, "Amaq Sahril")
    messages = [
        world.add_message(conversation, f"pesan {n}", by_page=n % 3 == 0, at=old(hours=60 - n)) for n in range(45)
    ]
    assert reader.poll().failures == ()
    reader.process()
    stored = reader.items()
    assert ids([*posts, visitor, *messages]) <= set(stored)
    assert len(stored) == 7 + 7 * 120 + 1 + 45
    assert sum(item["by_account"] for item in stored.values()) == 7 + 15
    assert stored[visitor.id]["kind"] == "post" and not stored[visitor.id]["by_account"]


def test_photo_only_hidden_author_and_third_level_replies_are_kept(reader: Bench, world: World) -> None:
    post = fill(world, 1, 0)[0]
    photo = world.add_comment(post, "", "Budi", attachment=world.photo("photo"), at=old(days=1))
    nobody = world.add_comment(post, "jalan di Praya berlubang besar", "Ani", anonymous=True, at=old(days=1))
    reply = world.add_comment(nobody, "betul", "Ida", at=old(hours=20))
    third = world.add_comment(reply, "sama di sini", "Edi", at=old(hours=19), nested=True)
    reader.poll()
    reader.process()
    stored = reader.items()
    assert stored[photo.id]["text"] in ("", None) and stored[photo.id]["attachments"][0]["type"] == "photo"
    assert stored[nobody.id]["author_id"] is None and stored[nobody.id]["decision"] in ("open", "review")
    assert stored[third.id]["parent_id"] == reply.id and stored[reply.id]["parent_id"] == nobody.id


def test_call_budgets(reader: Bench, world: World) -> None:
    posts = fill(world, 250, 12)
    reader.calls()
    reader.poll()
    assert reader.calls() <= 25 * (250 * 13) / 1000
    reader.poll()
    assert reader.calls() <= 3 + 1
    for n, post in enumerate(posts[::25]):
        world.add_comment(post, f"baru {n}", "Warga Baru")
    done = reader.poll()
    assert done.counts["new"] == 10
    assert reader.calls() <= 4 + 10
    reader.poll()
    assert reader.calls() <= 4


def test_ten_new_comments_on_long_posts_cost_ten_calls(reader: Bench, world: World) -> None:
    posts = fill(world, 12, 230)
    reader.poll()
    reader.calls()
    for post in posts[:10]:
        world.add_comment(post, "baru", "Warga Baru")
    assert reader.poll().counts["new"] == 10
    assert reader.calls() <= 2 + 10


def test_a_comment_later_in_the_same_second_is_not_missed(reader: Bench, world: World) -> None:
    post = fill(world, 1, 3)[0]
    reader.poll()
    for n in range(6):
        world.add_comment(post, f"beruntun {n}", "Warga")
        reader.poll()
    reader.process()
    assert {f"beruntun {n}" for n in range(6)} <= {item["text"] for item in reader.items().values()}


def test_an_old_post_that_moves_is_found_wherever_it_stands(reader: Bench, world: World) -> None:
    posts = fill(world, 230, 1, days=400)
    reader.poll()
    late = world.add_comment(posts[0], "masih ada yang baca?", "Warga")
    reader.poll()
    reader.process()
    assert late.id in reader.items()


def test_edits_hides_deletions_and_late_approvals_are_seen_by_a_full_read(reader: Bench, world: World) -> None:
    post = fill(world, 3, 40)[1]
    comments = [world.add_comment(post, f"komentar {n}", "Warga", at=old(hours=30 - n / 10)) for n in range(70)]
    held = world.add_comment(post, "jalan putus di Sekotong", "Warga", at=old(hours=40), held=True)
    reader.poll()
    reader.process()
    world.edit(comments[3], "sudah diperbaiki")
    world.delete(comments[5])
    world.delete(comments[60], still_counted=True)
    world.hide(comments[6])
    world.approve(held)
    done = reader.poll(full=True)
    assert done.failures == ()
    reader.process()
    stored = reader.items()
    assert (stored[comments[3].id]["text"], stored[comments[3].id]["edited"]) == ("sudah diperbaiki", True)
    assert [stored[c.id]["deleted"] for c in (comments[4], comments[5], comments[60])] == [False, True, True]
    assert stored[comments[6].id]["hidden"] and not stored[comments[6].id]["deleted"]
    assert held.id in stored
    assert sum(item["deleted"] for item in stored.values()) == 2


def test_a_deleted_post_from_before_the_window_that_people_still_wrote_under_is_found(
    reader: Bench, world: World
) -> None:
    old = world.add_post(world.pages["gubernur"], "Lama sekali", at=NOW - timedelta(days=120))
    world.add_comment(old, "masih rusak", "Warga", at=NOW - timedelta(days=20))
    fill(world, 1, 1)
    reader.poll()
    world.delete(old)
    reader.poll(full=True)
    reader.process()
    assert sum(item["deleted"] for item in reader.items().values()) == 2


def test_a_deleted_post_and_its_comments_become_tombstones(reader: Bench, world: World) -> None:
    posts = fill(world, 4, 3)
    reader.poll()
    world.delete(posts[1])
    reader.poll(full=True)
    reader.process()
    gone = [item for item in reader.items().values() if item["deleted"]]
    assert len(gone) == 4 and {item["post_id"] for item in gone} == {posts[1].id}


def test_an_edited_post_is_seen_by_a_plain_poll(reader: Bench, world: World) -> None:
    posts = fill(world, 3, 1)
    reader.poll()
    world.edit(posts[0], "Kunjungan ditunda")
    reader.poll()
    reader.process()
    assert reader.items()[posts[0].id]["text"] == "Kunjungan ditunda"


def test_conversations_that_move_are_read_on(reader: Bench, world: World) -> None:
    page = world.pages["gubernur"]
    people = [world.conversation(page, f"Warga {n}") for n in range(30)]
    for n, conversation in enumerate(people):
        world.add_message(conversation, f"halo {n}", at=old(days=n / 2, hours=3))
    reader.poll()
    reader.calls()
    world.add_message(people[25], "air PDAM mati")
    world.add_message(people[3], "terima kasih", by_page=True)
    assert reader.poll().counts["new"] == 2
    assert reader.calls() <= 2 + 2


@pytest.mark.parametrize("mode", ["ids", "error", "readable"])
def test_only_what_graph_shows_of_a_conversation_can_be_read(reader: Bench, world: World, mode: Any) -> None:
    reader.sandbox.options.old_messages = mode
    conversation = world.conversation(world.pages["gubernur"], "Inaq Rahma")
    said = [world.add_message(conversation, f"pesan {n}", at=old(hours=90 - n)) for n in range(50)]
    assert reader.poll().failures == ()
    result = reader.process()
    stored = reader.items()
    assert ids(said[-20:]) <= set(stored)
    assert len(stored) == (50 if mode == "readable" else 20)
    assert result.counts["bare"] == (30 if mode == "ids" else 0) and not result.counts["quarantined"]
    with reading(reader.engine) as connection:
        (books,) = [one for one in ledger.by_stream(connection) if one.stream == "messages"]
    told = (books.counted, books.stored, books.older, books.unexplained)
    assert told == ((50, 50, 0, 0) if mode == "readable" else (50, 20, 30, 0))
    world.add_message(conversation, "satu lagi")
    assert reader.poll().counts["new"] == 1


def test_a_crash_in_any_transaction_loses_nothing(reader: Bench, world: World) -> None:
    fill(world, 30, 60)
    total = 30 * 61

    class Crash(Exception):
        pass

    for survive in range(0, 400, 3):
        left = [survive]

        def guard(_connection: Any, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Crash

        with suppress(Crash):
            reader.poll(guard=guard, full=True)
            break
    assert survive > 10
    reader.poll()
    reader.process()
    assert len(reader.items()) == total


def test_a_deletion_while_paging_hides_no_neighbour(reader: Bench, world: World) -> None:
    post = fill(world, 1, 350)[0]
    hit = [0]

    def delete_between(request: Any, proceed: Any) -> Any:
        answer = proceed()
        hit[0] += 1
        if hit[0] == 2:
            for comment in list(post.comments)[-3:]:
                world.delete(comment)
        return answer

    reader.sandbox.faults.add(Fault(delete_between, path="/comments", times=None))
    reader.poll()
    reader.process()
    assert len(reader.items()) == 351
