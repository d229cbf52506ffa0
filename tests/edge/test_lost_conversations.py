"""R-27: a conversation deleted on Facebook, or emptied, is found gone; one that only left the inbox is not."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.sandbox import Fault, World, faults
from connector.store import lost
from connector.store.engine import reading
from tests.reading import Bench, calm_bench, one_page

NOW = datetime.now(UTC)
VISIT = sys.modules["connector.ingest.visit"]  # its name in the package is the function's


def talk(world: World, person: str, messages: int) -> Any:
    """A conversation with so many messages, one an hour."""
    made = world.conversation(world.pages["gubernur"], person)
    for n in range(messages):
        world.add_message(made, f"pesan {person} {n}", at=NOW - timedelta(hours=60 - n))
    return made


def gone(reader: Bench) -> set[str]:
    """Ids of what is known to be deleted."""
    reader.process()
    return {key for key, item in reader.items().items() if item["deleted"]}


def test_a_deleted_conversation_becomes_tombstones(reader: Bench, world: World) -> None:
    lost, kept = talk(world, "Siti", 45), talk(world, "Budi", 3)
    reader.poll()
    said = {message.id for message in lost.messages}
    world.delete(lost)
    assert reader.poll().failures == () and gone(reader) == set()
    assert reader.poll(full=True).failures == ()
    assert gone(reader) == said and kept.messages[0].id not in said


def test_one_that_left_the_inbox_is_asked_for_and_kept(reader: Bench, world: World) -> None:
    moved = talk(world, "Siti", 3)
    talk(world, "Budi", 3)
    reader.poll()
    moved.folder = "spam"
    assert reader.poll(full=True).failures == ()
    assert gone(reader) == set()


@pytest.mark.parametrize("messages", [1, 4])
def test_one_that_was_emptied_becomes_tombstones(reader: Bench, world: World, messages: int) -> None:
    emptied = talk(world, "Siti", messages)
    talk(world, "Budi", 3)
    reader.poll()
    for message in emptied.messages:
        world.unsend(message)
    assert reader.poll(full=True).failures == ()
    assert gone(reader) == {message.id for message in emptied.messages}


def test_one_that_ended_before_the_window_is_not_read_and_not_gone(reader: Bench, world: World) -> None:
    talk(world, "Siti", 3)
    reader.poll()
    for scope in ("live", "backfill:test"):
        assert reader.poll(full=True, scope=scope, since=NOW).failures == ()
        assert gone(reader) == set()


def asked(reader: Bench) -> list[str]:
    """The conversations that were asked for by their ids since this was last asked."""
    paths = [call.path.strip("/").split("/") for call in reader.sandbox.calls]
    reader.sandbox.calls.clear()
    return [path[-1] for path in paths if path[-1].startswith("t_")]


def out_of_the_inbox(world: World, count: int) -> list[Any]:
    """Conversations that were read and then moved to another folder; the last one spoke last."""
    return [talk(world, f"Warga {n}", n + 1) for n in range(count)]


def test_of_many_out_of_sight_each_has_its_turn(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VISIT, "MOST_LOST", 2)
    world = one_page()
    talks = out_of_the_inbox(world, 5)
    turns = []
    with calm_bench(engine, world) as reader:
        reader.poll()
        for one in talks:
            one.folder = "page_done"
        world.delete(talks[0])
        asked(reader)
        for _ in range(5):
            assert reader.poll(full=True).failures == ()
            turns.append({*asked(reader)})
        assert gone(reader) == {message.id for message in talks[0].messages}
        with reading(engine) as connection:
            assert lost.asked_since(connection, "gubernur", NOW) == 5
    ids = [one.id for one in talks]
    assert turns[0] == {ids[4], ids[3]} and turns[1] == {ids[2], ids[1]} and ids[0] in turns[2]
    assert turns[2] | turns[3] | turns[4] == {*ids}, "and again, those asked for longest ago first"


def test_a_sweep_that_is_cut_asks_nobody_twice_and_keeps_its_bound(
    reader: Bench, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    talks = out_of_the_inbox(world, 5)
    reader.poll()
    for one in talks:
        one.folder = "page_done"
    asked(reader)
    seen = []
    for most in (2, 4, 4):
        monkeypatch.setattr(VISIT, "MOST_LOST", most)
        assert reader.poll(full=True, scope="sweep").failures == ()
        seen += asked(reader)
    assert len(seen) == len({*seen}) == 4


def test_one_that_always_fails_stands_in_nobodys_way(
    reader: Bench, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VISIT, "MOST_LOST", 1)
    talks = out_of_the_inbox(world, 2)
    reader.poll()
    for one in talks:
        one.folder = "page_done"
    world.delete(talks[0])
    reader.sandbox.faults.add(Fault(faults.error(10, "not for you"), path=f"/{talks[1].id}", times=None))
    assert reader.poll(full=True).failures != ()
    assert reader.poll(full=True).failures == ()
    assert gone(reader) == {message.id for message in talks[0].messages}


def test_an_old_message_that_slips_past_is_not_taken_for_deleted(reader: Bench, world: World) -> None:
    """Asked for by its id, one older than the newest 20 is answered as one that was taken back; one of the 20 truly was."""
    said = talk(world, "Siti", 60).messages
    reader.poll()
    reader.sandbox.options.old_messages = "ids"
    reader.sandbox.options.cursors = "offset"
    asked: list[str] = []

    def while_paging(request: Any, proceed: Any) -> Any:
        if "after" in request.params:
            asked.append(request.path)
            if len(asked) == 2:
                world.unsend(said[28])
        return proceed()

    reader.sandbox.faults.add(Fault(while_paging, path="/messages", times=None))
    world.unsend(said[55])
    assert reader.poll(full=True).failures == ()
    assert said[28].unsent and gone(reader) == {said[55].id}
    assert reader.poll(full=True).failures == ()
    assert gone(reader) == {said[55].id, said[28].id}
