"""The walk over an account's posts: which are there, which moved, and - on a first or full reading - their newest comments.

The light walk asks for ids and times of 100 posts a call. Where the window lies, a first or full reading asks for posts
with their newest comments, 25 a call. Both go by the same cursor, so one walk may change between them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..errors import BadRequest, Gone, StaleCursor
from ..platforms.facebook import asks
from ..platforms.facebook.asks import Ask
from ..platforms.facebook.parse import (
    child,
    count_of,
    flat,
    nodes_of,
    raw_comment,
    raw_post,
    replied,
    stirred,
    usable_id,
    when,
)
from ..records import RawItem
from ..store import raw
from ..store.checkpoints import LIVE_SCOPE
from ..store.engine import reading
from .kin import COMMENTS
from .reader import FEED, SETTLED, Reader
from .walk import onward, walk

Row = dict[str, Any]
Known = Mapping[str, tuple[str | None, str | None]]


def walk_feed(reader: Reader) -> datetime | None:
    """Walks the whole feed and notes on the comments' shelf which posts are to be read; returns Graph's own time.

    The stream's checkpoint moves when the walk is complete. An unfinished first or full walk goes on where it stood; a
    backfill whose walk is complete does not walk again.
    """
    with reading(reader.engine) as connection:
        checkpoint = reader.shelf("posts").get(connection)
        streams = {"posts", *reader.order.streams} & FEED
        complete = all(reader.shelf(stream).get(connection).complete_at for stream in sorted(streams))
    if reader.order.scope != LIVE_SCOPE and checkpoint.complete_at:
        return None
    thorough = reader.order.full or not complete
    if reader.others and not reader.order.newest:
        with reader.writing() as connection:
            reader.shelf("comments").leave(connection, reader.others)
    walk = _Walk(reader, thorough, checkpoint.position if thorough else None)
    try:
        walk.run()
    except StaleCursor:
        walk = _Walk(reader, thorough, None)  # the post that the cursor stood on is gone: from the start
        walk.run()
    return walk.server_time


class _Walk:
    """One walk over the feed. Its position goes with every batch; `reached` is the creation time of the last post met."""

    def __init__(self, reader: Reader, thorough: bool, position: Mapping[str, Any] | None) -> None:
        position = position or {}
        self.reader, self.thorough = reader, thorough
        self.whole = self.nested = thorough
        self.after: str | None = position.get("after")
        self.started = when(position.get("started")) or reader.clock()
        self.reached = when(position.get("reached"))
        self.server_time: datetime | None = None

    def run(self) -> None:
        """To the end of the feed."""
        if walk(self.reader, "posts", self.after, self._ask, self._keep, self._note):
            return
        self.reader.lame = True
        if self.thorough:
            with self.reader.writing() as connection:
                self.reader.shelf("posts").put(connection, position=None)

    def _ask(self, after: str | None) -> Any:
        answer = self._answer(after)
        self.server_time = answer.server_time
        return answer.data

    def _answer(self, after: str | None) -> Any:
        account, asker = self.reader.account.id, self.reader.asker
        if after is None and not self.thorough and "feed" in self.reader.seen:
            return self.reader.seen["feed"]
        self.nested = self.whole and self._inside()
        if self.nested:
            try:
                return asker.ask(self._whole(), after, about_account=True)
            except (BadRequest, Gone):
                self.whole = self.nested = False  # Graph cannot do it in one call: list the posts, then read each
        return asker.ask(asks.feed_listed(account), after, about_account=True)

    def _whole(self) -> Ask:
        return asks.feed_whole(self.reader.account.id, "comments" in self.reader.order.streams)

    def _inside(self) -> bool:
        """Whether the next posts probably lie in the window, going by the last ones."""
        return self.reader.order.covers(self.reached or self.reader.clock())

    def _keep(self, connection: Connection, edge: Any, after: str | None) -> bool:
        self._note(connection, nodes_of(edge))
        if after is not None and self.reader.order.newest and not self.thorough:
            return True  # the older ones are left to the next walk over all
        self._move(connection, after)
        return False

    def _note(self, connection: Connection, nodes: Sequence[Any]) -> None:
        shelf = self.reader.shelf("comments")
        ids = [post_id for node in nodes if (post_id := usable_id(child(node, "id")))]
        known = shelf.seen(connection, ids)
        items: list[RawItem] = []
        rows: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        complete: list[str] = []
        for node in nodes:
            created, post_id = when(child(node, "created_time")), usable_id(child(node, "id"))
            self.reached = created or self.reached
            if post_id and self.reader.of_another(post_id):
                continue
            if self.nested and self.reader.order.covers(created):
                items.append(raw_post(self.reader.account, node))
                row = self._nested(post_id, node, items) if post_id else None
                if row and row["done"] is not None:
                    complete.append(row["object_id"])
            else:
                row = self._listed(post_id, node, created, known) if post_id else None
            if row:
                rows[tuple(row)].append(row)
        self.reader.land(connection, items, self.started)
        self.reader.progress.add("posts", len(nodes))
        for columns, same in rows.items():
            shelf.put_all(connection, same, tuple(c for c in columns if c != "object_id"))
            if "unshown" in columns:
                self.reader.books(connection, "comments", same)
        if self.reader.order.full and "comments" in self.reader.order.streams:
            self._bury(connection, complete)

    def _nested(self, post_id: str, node: Any, items: list[RawItem]) -> Row:
        """The checkpoint of a post that came with its newest comments: read to the end, or where to go on."""
        seen, comments = moved(node, self.started), child(node, "comments")
        below = nodes_of(comments)
        items += [raw_comment(self.reader.account, post_id, comment) for comment in below]
        after, usable = onward(comments)
        usable = usable and not _cut(comments)
        times = [at for comment in below if (at := when(child(comment, "created_time")))]
        newest = max(times, default=None)
        row: Row = {"object_id": post_id, "seen": seen, "done": seen, "newest": newest, "position": None}
        row["total"] = count_of(comments)
        if not usable or (after and self._fresh(seen)):
            # Read on its own, from the top: where it can harm nobody else, and when the second in which it moved is over.
            row |= {"done": None, "newest": None}
        elif flat(comments) and (replied(comments) or (not after and (row["total"] or 0) > len(below))):
            row |= {"done": None, "newest": None, "position": {"alone": True, "flat": True, "seen": seen}}
        elif after:
            start = {"after": after, "seen": seen, "started": self.started.isoformat(), "shown": len(below)}
            row |= {"done": None, "newest": None}
            start |= {"newest": newest.isoformat() if newest else None, "counted": row["total"], "flat": flat(comments)}
            row["position"] = start | {"total": row["total"]}
        elif "comments" in self.reader.order.streams and (self._fresh(seen) or (not below and self._unshown(node))):
            row["done"] = None
        if row["done"] is not None and row["total"] is not None:
            shown = len({str(child(comment, "id")) for comment in below})
            row |= {"unshown": row["total"] - shown, "gap": None, "complete_at": self.started}
        return row

    def _unshown(self, node: Any) -> bool:
        """Whether a post that came without comments may have some: what counts none has none, silence tells nothing."""
        if count_of(child(node, "comments")) == 0:
            return False
        return self.reader.order.full or stirred(node) or not self.reader.asker.nests(self._whole())

    def _fresh(self, seen: str | None) -> bool:
        at = when(seen)
        return bool(at and self.server_time and self.server_time - at < SETTLED)

    def _listed(self, post_id: str, node: Any, created: datetime | None, known: Known) -> Row | None:
        """A post that moved, or is new to us, is to be read; one that last moved before the window is not."""
        order, seen = self.reader.order, moved(node, self.started)
        at = when(seen)
        outside = (at is not None and at < order.since) or bool(order.until and created and created >= order.until)
        if post_id not in known:
            return {"object_id": post_id, "seen": seen, "done": seen if outside else None}
        if order.full and not outside:
            return {"object_id": post_id, "seen": seen, "done": None, "newest": None, "position": None}
        return {"object_id": post_id, "seen": seen} if known[post_id][0] != seen else None

    def _bury(self, connection: Connection, post_ids: Sequence[str]) -> None:
        now = self.reader.clock()
        for post_id in post_ids:
            gone = raw.bury(connection, COMMENTS.under(post_id), self.started, now)
            self.reader.progress.add("deleted", gone)

    def _move(self, connection: Connection, after: str | None) -> None:
        shelf = self.reader.shelf("posts")
        if after is None:
            now, streams = self.reader.clock(), self.reader.order.streams
            shelf.put(connection, position=None, complete_at=now, newest=self.started)
            for stream in sorted(FEED - {"posts"}):  # one configured later is read from the start
                self.reader.shelf(stream).put(connection, complete_at=now if stream in streams else None)
        elif self.thorough:
            reached = self.reached.isoformat() if self.reached else None
            position = {"after": after, "started": self.started.isoformat(), "reached": reached}
            shelf.put(connection, position=position)


def _cut(edge: Any) -> bool:
    """Whether a nested list may have been cut short without a word: it has no paging at all, and Graph counts more."""
    shown = len(nodes_of(edge))
    return shown >= asks.UNASKED and child(edge, "paging") is None and (count_of(edge) or 0) > shown


def moved(node: Any, now: datetime) -> str:
    """When a post or conversation last moved, as sent; when Graph does not say, something new each time: to be read."""
    value = child(node, "updated_time")
    plain = isinstance(value, str) and len(value) <= 40 and value.isascii() and value.isprintable()
    return value if plain else f"?{now.isoformat()}"
