"""The demo world: rich, repeatable, and of one piece."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

from connector.sandbox import Comment, Message, Post, World, demo_world
from tests.edge.test_sandbox_server import NOW


def told(world: World) -> dict[str, tuple[str, int, str]]:
    things = (Post, Comment, Message)
    return {id: (n.text, n.created, n.author.id) for id, n in world.nodes.items() if isinstance(n, things)}


def test_the_same_now_gives_the_same_world() -> None:
    assert told(demo_world(NOW)) == told(demo_world(NOW))
    moved = told(demo_world(NOW + timedelta(hours=5)))
    assert [time - 5 * 3600 for _, time, _ in moved.values()] == [time for _, time, _ in told(demo_world(NOW)).values()]


def test_there_is_much_to_read_on_three_pages() -> None:
    world = demo_world(NOW)
    nodes = list(world.nodes.values())
    written = {n.text for n in nodes if isinstance(n, Comment | Message) and n.text}
    posts = [n for n in nodes if isinstance(n, Post)]
    assert [(page.key, page.id) for page in world.pages.values()] == [
        ("gubernur", "100000000000001"),
        ("wagub", "100000000000002"),
        ("ntbcare", "100000000000003"),
    ]
    assert len(posts) >= 40
    assert len(written) >= 450
    assert all(page.conversations for page in world.pages.values())


def test_every_kind_of_item_occurs() -> None:
    nodes = list(demo_world(NOW).nodes.values())
    comments = [n for n in nodes if isinstance(n, Comment)]
    posts = [n for n in nodes if isinstance(n, Post)]
    messages = [n for n in nodes if isinstance(n, Message)]
    own = Counter(c.author.id == c.post.page.id for c in comments)
    assert own[True] >= 20
    assert sum(c.parent is not None for c in comments) >= 50
    assert any(c.parent and c.parent.parent for c in comments)
    assert any(not c.text and c.attachment for c in comments)
    for mark in ("hidden", "held", "anonymous"):
        assert any(getattr(c, mark) for c in comments)
    assert any(post.lost for post in posts)
    assert any(post.object_id for post in posts)
    assert any(post.tagged for post in posts)
    assert sum(post.author.id != post.page.id for post in posts) >= 20
    assert any(m.sticker for m in messages)
    assert any(m.unsent for m in messages)
    assert any(m.unsupported for m in messages)
    assert {a.kind for m in messages for a in m.attachments} == {"image", "video", "audio", "file"}
    assert max(len(m.conversation.messages) for m in messages) > 20


def test_nothing_lies_in_the_future_and_no_id_occurs_twice() -> None:
    world = demo_world(datetime.now(UTC))
    made = told(world)
    assert max(time for _, time, _ in made.values()) <= datetime.now(UTC).timestamp()
    assert len(made) == sum(len(post.stream) + 1 for page in world.pages.values() for post in page.posts) + sum(
        len(c.messages) for page in world.pages.values() for c in page.conversations
    )


def test_the_sandbox_imports_nothing_of_the_product_and_only_the_standard_library() -> None:
    script = (
        "import sys; known = set(sys.modules); import connector.sandbox;"
        "new = {name for name in set(sys.modules) - known if not name.startswith('connector.sandbox')};"
        "print(sorted(n for n in new if n.partition('.')[0] not in sys.stdlib_module_names and n != 'connector'))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
