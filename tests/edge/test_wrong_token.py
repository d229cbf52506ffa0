"""R-21: a token that is shown nothing makes no tombstones, whatever Graph says of what is asked for by its id."""

from datetime import UTC, datetime, timedelta
from typing import Any

from connector.sandbox import Fault, World, faults
from connector.store.checkpoints import Shelf
from connector.store.engine import writing
from tests.reading import Bench

NOW = datetime.now(UTC)


def fill(world: World) -> None:
    """Posts with comments, and conversations."""
    page = world.pages["gubernur"]
    for n in range(4):
        post = world.add_post(page, f"Kunjungan {n}", at=NOW - timedelta(days=2, hours=n))
        for m in range(3):
            world.add_comment(post, f"jalan rusak {n}/{m}", f"Warga {m}", at=NOW - timedelta(days=1, minutes=m))
        talk = world.conversation(page, f"Warga {n}")
        world.add_message(talk, f"lampu mati {n}", at=NOW - timedelta(hours=30))


def stranger(page_id: str) -> Fault:
    """What somebody else's token is shown: empty lists, and error 100/33 for everything by its id."""
    hidden = faults.error(100, "Unsupported get request.", subcode=33, type="GraphMethodException")

    def answer(request: Any, proceed: Any) -> Any:
        path = request.path.rstrip("/").rsplit("/", 1)[-1]
        if path == "me":
            return faults.answer(200, b'{"id":"55"}', "application/json")(request, proceed)
        if path in ("feed", "conversations", "comments", "messages"):
            return faults.answer(200, b'{"data":[]}', "application/json")(request, proceed)
        return proceed() if path == page_id else hidden(request, proceed)

    return Fault(answer, times=None)


def test_what_is_hidden_from_a_stranger_is_not_taken_for_deleted(reader: Bench, world: World) -> None:
    fill(world)
    reader.poll()
    reader.sandbox.faults.add(stranger(reader.account.id))
    assert any("not the Page's own" in line for line in reader.poll(full=True).failures)
    reader.process()
    assert not any(item["deleted"] for item in reader.items().values())


def test_nor_when_hot_posts_are_re_read(reader: Bench, world: World) -> None:
    fill(world)
    reader.poll()
    posts = [post.id for post in world.pages["gubernur"].posts]
    with writing(reader.engine) as connection:
        long_ago = {"total": 3, "unshown": 0, "complete_at": NOW - timedelta(hours=9)}
        Shelf("gubernur", "comments").tell(connection, [{"object_id": post_id} | long_ago for post_id in posts])
    reader.sandbox.faults.add(stranger(reader.account.id))
    assert [reader.poll(again=True).counts["reread"] for _ in range(4)] == [1] * 4
    reader.process()
    assert not any(item["deleted"] for item in reader.items().values())
