"""(b) How many calls a pass costs; counted by the sandbox, so nothing here depends on the machine.

The naive script asks for the feed and for every post's comments: its calls are reckoned, not counted.
"""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from connector.sandbox import Options, Sandbox
from connector.store import migrate
from connector.store.engine import open_store

from ..reading import bench
from .figures import head, show
from .worlds import crowd, mixed

MIXES = {
    "usual mix (0–200, most of them few)": mixed(10_000),
    "0–200, evenly spread": random.Random(1).choices(range(201), k=100),
    "no comments at all": [0] * 500,
    "5 comments a post": [5] * 400,
    "20 comments a post": [20] * 200,
    "51 comments a post": [51] * 100,
    "200 comments a post": [200] * 40,
}


def run() -> None:
    """Calls of a quiet pass, of a pass that finds ten comments, and of first reads."""
    head("Calls to Graph, all four streams")
    for posts in (1, 100, 101, 1000):
        quiet, busy = _passes(posts)
        show(f"quiet poll, {posts} posts", f"{quiet} calls", f"naive script, reckoned: {1 + posts + posts // 100}")
        if posts >= 100:
            show(f"ten new comments on ten old posts of {posts}", f"{busy} calls", f"{busy - quiet} more than quiet")
    for name, counts in MIXES.items():
        calls, items = _first(counts)
        show(f"first read, {name}", f"{1000 * calls / items:.1f} / 1,000", f"{calls} calls, {items:,} items")


def _passes(posts: int) -> tuple[int, int]:
    """A quiet pass, and one after ten posts, evenly spread from the oldest on, got a comment each."""
    now = datetime.now(UTC) - timedelta(minutes=30)
    world = crowd([1] * posts, now)
    sandbox = Sandbox(world, options=Options(conversations_per_second=None))
    with TemporaryDirectory() as folder:
        engine = open_store(f"sqlite:///{Path(folder) / 'calls.db'}")
        migrate.migrate(engine)
        with bench(engine, world, sandbox) as rig:
            rig.poll()
            rig.calls()
            rig.poll()
            quiet = rig.calls()
            page = world.pages["page1"]
            for post in page.posts[:: max(posts // 10, 1)][:10]:
                world.add_comment(post, "Air mati lagi", "Warga Baru", at=now + timedelta(minutes=20))
            found = rig.poll().counts["new"]
            assert posts < 10 or found == 10, found
            busy = rig.calls()
        engine.dispose()
    return quiet, busy


def _first(counts: Sequence[int]) -> tuple[int, int]:
    world = crowd(counts, datetime.now(UTC) - timedelta(minutes=30))
    sandbox = Sandbox(world, options=Options(conversations_per_second=None))
    with TemporaryDirectory() as folder:
        engine = open_store(f"sqlite:///{Path(folder) / 'calls.db'}")
        migrate.migrate(engine)
        with bench(engine, world, sandbox) as rig:
            items = rig.poll().counts["new"]
            calls = rig.calls()
        engine.dispose()
    assert items == len(counts) + sum(counts)
    return calls, items
