"""A field that Graph knows no more, of one object or of all, is left out; nothing that is stored is lost for it."""

import re
from typing import Any

import pytest

from connector.ingest.asking import left_out
from connector.sandbox import Fault, World, faults
from connector.sandbox.rules import Act
from connector.store import accounts
from connector.store.engine import writing
from tests.edge.test_ingest_moods import NOW, fill, quirks, refusals
from tests.reading import Bench


@pytest.mark.parametrize("field", ["message", "from"])
def test_a_field_that_is_gone_takes_no_stored_words_and_authors_with_it(
    reader: Bench, world: World, field: str
) -> None:
    def unknown(request: Any, proceed: Any) -> Any:
        asked = re.search(rf"\b{field}\b", request.params.get("fields", ""))
        return (
            faults.error(100, f"(#100) Tried accessing nonexisting field ({field})")(request, proceed)
            if asked
            else proceed()
        )

    (post,) = fill(world, 1, 3)
    reader.poll()
    reader.process()
    before = {key: (item["text"], item["author_id"]) for key, item in reader.items().items()}
    assert len(before) == 4 and all(text and author for text, author in before.values())
    world.add_comment(post, "jalan rusak lagi", "Warga Baru")
    reader.sandbox.faults.add(Fault(unknown, times=None))
    assert reader.poll(full=True).failures == ()
    reader.process()
    after = {key: (item["text"], item["author_id"]) for key, item in reader.items().items()}
    assert len(after) == 5 and before.items() <= after.items()
    reader.sandbox.faults.clear()
    with writing(reader.engine) as connection:
        accounts.set_account(connection, "gubernur", quirks=None)
    reader.poll(full=True)
    reader.process()
    assert all(item["text"] and item["author_id"] for item in reader.items().values())


def lacking(field: str, *ids: str) -> Act:
    """Graph says of these objects that they have no such field; of all others it answers."""

    def handle(request: Any, proceed: Any) -> Any:
        asked = re.search(rf"\b{field}\b", f"{request.path} {request.params.get('fields', '')}")
        if asked and any(one in request.path for one in ids):
            return faults.error(100, f"(#100) Tried accessing nonexisting field ({field}) on node type (Offer)")(
                request, proceed
            )
        return proceed()

    return handle


@pytest.mark.parametrize("odd", [1, 4])
def test_odd_posts_without_words_take_nobody_elses(reader: Bench, world: World, odd: int) -> None:
    posts = fill(world, 6, 2)
    reader.poll()
    world.edit(posts[5].comments[0], "jalan rusak, diubah")
    for round_ in range(3):
        for post in posts:
            world.add_comment(post, f"baru {round_}", "Warga Baru")
        fault = Fault(lacking("message", *(post.id for post in posts[:odd])), times=None)
        reader.sandbox.faults.add(fault)
        assert reader.poll().failures == ()
        assert left_out(quirks(reader), NOW) == []
    reader.process()
    words = [item["text"] for item in reader.items().values()]
    assert sum((text or "").startswith("baru") for text in words) == 3 * (6 - odd) and "jalan rusak, diubah" in words
    reader.sandbox.faults.clear()
    reader.poll(full=True)
    reader.process()
    assert sum(item["text"].startswith("baru") for item in reader.items().values()) == 18


def test_an_odd_post_without_a_list_of_comments_fails_alone(reader: Bench, world: World) -> None:
    posts = fill(world, 4, 2)
    reader.poll()
    for post in posts:
        world.add_comment(post, "baru", "Warga Baru")
    reader.sandbox.faults.add(Fault(lacking("comments", posts[1].id), times=None))
    reader.sandbox.calls.clear()
    (line,) = reader.poll().failures
    assert f"{posts[1].id}/comments: Graph has no such list there" in line
    assert left_out(quirks(reader), NOW) == []
    assert sum(call.path.endswith(f"{posts[1].id}/comments") for call in reader.sandbox.calls) == 1


def test_a_field_that_no_object_is_answered_with_is_asked_of_no_other(reader: Bench, world: World) -> None:
    posts = fill(world, 8, 2)
    reader.poll()
    fault = Fault(lacking("is_private", *(post.id for post in posts)), times=None)
    first, second = refusals(reader, world, posts, fault, 400)
    assert first <= 8 and not second, "those under way learn it, nobody else has to"
    assert left_out(quirks(reader), NOW) == ["is_private"]
