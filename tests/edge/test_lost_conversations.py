"""R-27: a conversation deleted on Facebook, or emptied, is found gone; one that only left the inbox is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.sandbox import World
from tests.reading import Bench

NOW = datetime.now(UTC)


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
