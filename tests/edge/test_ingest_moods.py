"""Graph's moods: what it says once of one object is not taken for ever, nor for all."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.ingest.asking import Asker
from connector.platforms.facebook import asks
from connector.sandbox import Fault, World, faults
from connector.sandbox.rules import Act
from connector.store import accounts
from connector.store.engine import reading
from tests.reading import Bench

NOW = datetime.now(UTC)


class Wire:
    """Answers with its limits, unless told to fail."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []

    def get(self, path: str, *, about_account: bool = False, **params: str) -> Any:
        self.asked.append(params)
        return params


def fill(world: World, posts: int, comments: int) -> list[Any]:
    page, made = world.pages["gubernur"], []
    for n in range(posts):
        at = NOW - timedelta(days=9, hours=n)
        post = world.add_post(page, f"Kunjungan {n}", at=at)
        for m in range(comments):
            world.add_comment(post, f"jalan rusak {n}/{m}", f"Warga {m % 7}", at=at + timedelta(minutes=m + 1))
        made.append(post)
    return made


def quirks(reader: Bench) -> dict[str, Any]:
    with reading(reader.engine) as connection:
        return dict(accounts.account_states(connection)["gubernur"].quirks or {})


def unless_small(size: int) -> Act:
    """Graph wants less of every call that has more than so many nested comments in it."""

    def handle(request: Any, proceed: Any) -> Any:
        nested = re.search(r"comments[^{]*limit\((\d+)\)", request.params.get("fields", ""))
        return faults.too_much(0)(request, proceed) if nested and int(nested[1]) > size else proceed()

    return handle


def without_nested(request: Any, proceed: Any) -> Any:
    """Graph leaves nested comments out and says nothing of it."""
    answer = proceed()
    data = json.loads(answer.body)
    for node in [data, *data.get("data", [])] if "comments" in request.params.get("fields", "") else ():
        node.pop("comments", None)
    answer.body = json.dumps(data).encode()
    return answer


def test_one_object_that_wants_less_teaches_nothing_about_the_others(reader: Bench, world: World) -> None:
    posts = fill(world, 6, 3)
    reader.poll()
    for post in posts:
        world.add_comment(post, "baru", "Warga Baru")
    reader.sandbox.faults.add(Fault(faults.too_much(10), path=posts[2].id, times=3))
    reader.sandbox.faults.add(Fault(faults.error(12, "(#12) deprecated", http=400), path=posts[4].id, times=1))
    assert reader.poll().failures == ()
    assert quirks(reader) == {}
    asked = [c for c in reader.sandbox.calls if c.path.endswith(posts[0].id) or c.path.endswith(posts[5].id)]
    assert asked and all(c.status == 200 for c in asked)
    reader.process()
    assert sum(item["text"] == "baru" for item in reader.items().values()) == 6


def refusals(reader: Bench, world: World, posts: list[Any], fault: Fault, status: int) -> tuple[int, ...]:
    """How many calls are refused in each of two passes, each post having a new comment and the fault staying."""
    reader.sandbox.faults.add(fault)
    counts = []
    for round_ in range(2):
        for post in posts:
            world.add_comment(post, f"baru {round_}", "Warga Baru")
        reader.sandbox.calls.clear()
        assert reader.poll().failures == ()
        counts.append(sum(call.status == status for call in reader.sandbox.calls))
    return tuple(counts)


def test_what_several_objects_could_not_bear_is_asked_of_no_other(reader: Bench, world: World) -> None:
    posts = fill(world, 10, 3)
    reader.poll()
    first, second = refusals(reader, world, posts, Fault(unless_small(25), path="_", times=None), 500)
    assert first <= 10 and not second, "those under way learn it, nobody else has to"
    reader.process()
    assert sum(item["text"].startswith("baru") for item in reader.items().values()) == 20


@pytest.mark.parametrize("how", ["refused", "left out"])
def test_comments_that_never_come_nested_are_read_by_themselves(reader: Bench, world: World, how: str) -> None:
    fill(world, 6, 3)
    fault = unless_small(0) if how == "refused" else without_nested
    reader.sandbox.faults.add(Fault(fault, times=None))
    assert reader.poll().failures == ()
    reader.process()
    assert len(reader.items()) == 6 * 4
    world.add_comment(world.pages["gubernur"].posts[2], "baru", "Warga Baru")
    assert reader.poll().failures == ()
    reader.process()
    assert len(reader.items()) == 6 * 4 + 1
    post = world.add_post(world.pages["gubernur"], "Baru", at=NOW - timedelta(days=1))
    world.add_comment(post, "pertama", "Warga Baru", at=NOW - timedelta(days=1))
    assert post.updated == post.created
    reader.poll(full=True)
    reader.process()
    assert len(reader.items()) == 6 * 4 + 3, "a comment of the post's own second moves no time: a full read finds it"


def test_a_nested_list_without_paging_is_no_proof_of_being_whole(reader: Bench, world: World) -> None:
    fill(world, 2, 70)

    def unpaged(request: Any, proceed: Any) -> Any:
        answer = proceed()
        data = json.loads(answer.body)
        for node in data.get("data", []):
            node.get("comments", {}).pop("paging", None)
        answer.body = json.dumps(data).encode()
        return answer

    reader.sandbox.faults.add(Fault(unpaged, path="/feed", times=None))
    assert reader.poll().failures == ()
    reader.process()
    assert len(reader.items()) == 2 * 71


def test_a_size_learned_a_day_ago_grows_back() -> None:
    wire, now = Wire(), [NOW]
    remembered = {"feed_listed": {"limit": 12, "dropped": ["created_time"], "at": NOW.isoformat()}}
    Asker(wire, remembered, lambda: now[0]).ask(asks.feed_listed("1"))
    assert wire.asked[-1]["limit"] == "12" and "created_time" not in wire.asked[-1]["fields"]
    now[0] += timedelta(hours=25)
    asker = Asker(wire, remembered, lambda: now[0])
    asker.ask(asks.feed_listed("1"))
    assert wire.asked[-1]["limit"] == "100" and "created_time" in wire.asked[-1]["fields"]
    assert asker.quirks == {}
    Asker(wire, {"feed_listed": {"limit": 3}}, lambda: now[0]).ask(asks.feed_listed("1"))
    assert wire.asked[-1]["limit"] == "100", "what an older release kept without a time is not taken for ever"


def test_a_post_that_is_not_there_once_is_asked_for_again(reader: Bench, world: World) -> None:
    posts = fill(world, 3, 2)
    reader.poll()
    late = world.add_comment(posts[1], "masih di sini", "Warga")
    fault = reader.sandbox.faults.add(
        Fault(
            faults.error(100, "Unsupported get request", type="GraphMethodException", subcode=33),
            path=posts[1].id,
            times=2,
        )
    )
    for _ in range(2):
        done = reader.poll()
        assert done.counts["unavailable"] == 1 and done.failures == ()
    assert fault.hits == 2
    assert "unavailable" not in reader.poll().counts
    reader.process()
    assert late.id in reader.items()


def test_a_conversation_that_is_not_there_once_is_asked_for_again(reader: Bench, world: World) -> None:
    talk = world.conversation(world.pages["gubernur"], "Siti")
    for n in range(30):
        world.add_message(talk, f"pesan {n}", at=NOW - timedelta(hours=40 - n))
    gone = faults.error(100, "Unsupported get request", type="GraphMethodException", subcode=33)
    fault = reader.sandbox.faults.add(Fault(gone, path=f"{talk.id}/messages", times=1))
    assert reader.poll().counts["unavailable"] == 1 and fault.hits == 1
    reader.poll()
    reader.process()
    assert {m.id for m in talk.messages} <= set(reader.items())


def test_a_post_that_is_never_there_is_given_up_after_some_passes(reader: Bench, world: World) -> None:
    posts = fill(world, 3, 2)
    reader.poll()
    world.add_comment(posts[1], "masih di sini", "Warga")
    fault = reader.sandbox.faults.add(
        Fault(
            faults.error(100, "Unsupported get request", type="GraphMethodException", subcode=33),
            path=posts[1].id,
            times=None,
        )
    )
    for _ in range(3):
        done = reader.poll()
        assert done.counts["unavailable"] == 1 and done.failures == ()
    hits = fault.hits
    assert reader.poll().failures == () and fault.hits == hits
    reader.sandbox.faults.clear()
    moved = world.add_comment(posts[1], "bergerak lagi", "Warga")
    assert reader.poll().failures == ()
    reader.process()
    assert moved.id in reader.items()


def test_messages_older_than_those_that_graph_shows_are_not_taken_for_deleted(reader: Bench, world: World) -> None:
    talk = world.conversation(world.pages["gubernur"], "Inaq Rahma")
    said = [world.add_message(talk, f"pesan {n}", at=NOW - timedelta(hours=90 - n)) for n in range(50)]
    reader.poll()

    def newest_only(request: Any, proceed: Any) -> Any:
        answer = proceed()
        data = json.loads(answer.body)
        lists = (
            [data] if "/messages" in request.path else [n["messages"] for n in data.get("data", []) if "messages" in n]
        )
        for one in lists:
            one["data"] = one["data"][:20]
            one["paging"] = {"cursors": one.get("paging", {}).get("cursors", {})}
        answer.body = json.dumps(data).encode()
        return answer

    reader.sandbox.faults.add(Fault(newest_only, path="/conversations", times=None))
    reader.sandbox.faults.add(Fault(newest_only, path="/messages", times=None))
    world.unsend(said[40])
    assert reader.poll(full=True).failures == ()
    reader.process()
    stored = reader.items()
    assert {key for key, item in stored.items() if item["deleted"]} == {said[40].id}


@pytest.mark.parametrize("left", [{"id"}, {"id", "created_time"}])
def test_a_message_that_graph_shows_no_more_keeps_its_text(reader: Bench, world: World, left: set[str]) -> None:
    talk = world.conversation(world.pages["gubernur"], "Inaq Rahma")
    for n in range(20):
        world.add_message(talk, f"pesan {n}", at=NOW - timedelta(hours=90 - n))
    reader.poll()

    def newest_readable(request: Any, proceed: Any) -> Any:
        answer = proceed()
        data = json.loads(answer.body)
        if "after" in request.params:
            data["data"] = [{name: message[name] for name in left} for message in data["data"]]
        answer.body = json.dumps(data).encode()
        return answer

    for n in range(10):
        world.add_message(talk, f"lagi {n}", at=NOW - timedelta(minutes=30 - n))
    reader.sandbox.faults.add(Fault(newest_readable, path="/messages", times=None))
    for full in (False, True):
        assert reader.poll(full=full).counts["changed"] == 0
    reader.process()
    assert {item["text"] for item in reader.items().values()} == {
        *(f"pesan {n}" for n in range(20)),
        *(f"lagi {n}" for n in range(10)),
    }
