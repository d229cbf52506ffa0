"""Reading one post's comments or one conversation's messages: newest first, until what is known, or to the very end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..errors import Gone, GraphError, StaleCursor
from ..graph.paging import Guard, Halt, after_of
from ..platforms.facebook import asks
from ..platforms.facebook.asks import Ask
from ..platforms.facebook.parse import child, nodes_of, raw_comment, raw_message, raw_post, when
from ..records import RawItem, Stream
from ..store import raw
from ..store.checkpoints import Checkpoint
from ..store.engine import reading
from .reader import OVERLAP, Reader

TOO_OLD = 9000001  # "message has been deleted": beyond the newest 20 that Graph shows


@dataclass(frozen=True, slots=True)
class Kin:
    """What tells comments of a post from messages of a conversation."""

    stream: Stream
    column: str
    kind: str
    first: Callable[[str], Ask]
    more: Callable[[str], Ask]
    raw: Callable[[Any, str, Any], RawItem]


COMMENTS = Kin("comments", "post_id", "comment", asks.comments_of, asks.comments_of, raw_comment)
MESSAGES = Kin("messages", "conversation_id", "message", asks.messages_of, asks.messages_of, raw_message)


def read_children(reader: Reader, kin: Kin, object_id: str, server_time: datetime | None) -> None:
    """Reads what is new under one object; its checkpoint moves when the reading is complete."""
    with reading(reader.engine) as connection:
        checkpoint = reader.shelf(kin.stream).get(connection, object_id)
    reader.settle(checkpoint.seen, server_time)
    try:
        _Reading(reader, kin, object_id, checkpoint, checkpoint.position).run()
    except StaleCursor:
        _Reading(reader, kin, object_id, checkpoint, None).run()
    except GraphError as error:
        _failed(reader, kin, checkpoint, error)
        raise


def _failed(reader: Reader, kin: Kin, checkpoint: Checkpoint, error: GraphError) -> None:
    """One that is gone is not asked for again until it moves; anything else is tried on the next pass."""
    values: dict[str, Any] = {"fails": checkpoint.fails + 1}
    if isinstance(error, Gone):
        values["done"] = checkpoint.seen
    with reader.writing() as connection:
        reader.shelf(kin.stream).put(connection, checkpoint.object_id, **values)


class _Reading:
    """One reading of one object. Its position holds what a later run needs to go on with the very same reading."""

    def __init__(
        self, reader: Reader, kin: Kin, object_id: str, checkpoint: Checkpoint, position: Mapping[str, Any] | None
    ) -> None:
        position = position or {}
        self.reader, self.kin, self.id, self.checkpoint = reader, kin, object_id, checkpoint
        self.after: str | None = position.get("after")
        self.seen: str | None = position.get("seen", checkpoint.seen)
        self.started = when(position.get("started")) or reader.clock()
        self.newest = when(position.get("newest"))
        self.total: int | None = position.get("total")
        self.first_total: int | None = position.get("total")
        self.shown: int = position.get("shown", 0)
        self.guard, self.met = Guard(), set[str]()
        self.cut = self.again = False

    def run(self) -> None:
        """Batch by batch; each batch and the position in one transaction."""
        while not self.reader.stop.is_set():
            try:
                edge, post = self._ask()
            except Gone as error:
                if error.code != TOO_OLD and not (self.kin is MESSAGES and self.after):
                    raise
                edge, post, self.cut = {"data": []}, None, True  # Graph shows no more of this conversation
            nodes, after = nodes_of(edge), after_of(edge)
            self._count(edge)
            with self.reader.writing() as connection:
                over = self._keep(connection, nodes, post, after)
            if over or (after and self._looping(after, self._unmet(nodes))):
                return

    def _looping(self, after: str, fresh: int) -> bool:
        """Whether Graph leads us round in circles; then the object stays unread and is said to be so."""
        step = self.guard.step(after, fresh)
        if not isinstance(step, Halt):
            self.guard = step
            return False
        self.reader.progress.fail(f"{self.reader.account.key}: {self.id}: {step.reason}; not read to the end")
        with self.reader.writing() as connection:
            self.reader.shelf(self.kin.stream).put(connection, self.id, position=None, fails=self.checkpoint.fails + 1)
        return True

    def _unmet(self, nodes: Sequence[Any]) -> int:
        """How many of a batch this walk meets for the first time: an endless paging shows the same again and again."""
        before = len(self.met)
        self.met.update(str(child(node, "id")) for node in nodes)
        return len(self.met) - before

    def _ask(self) -> tuple[Any, Any]:
        """The next batch; a post read afresh comes with its own text, since an edit moves its time too."""
        if self.kin is MESSAGES or self.after is not None:
            answer = self.reader.asker.ask(self.kin.more(self.id), self.after)
            return answer.data, None
        answer = self.reader.asker.ask(asks.post_whole(self.id, "comments" in self.reader.order.streams))
        post = answer.data
        edge = child(post, "comments")
        if edge is None and "comments" in self.reader.order.streams and self._needs_edge():
            edge = self.reader.asker.ask(asks.comments_of(self.id)).data
        return edge or {"data": []}, post

    def _needs_edge(self) -> bool:
        """No nested comments came: there are none, or Graph wanted less and dropped them, or it hides them from us."""
        if not self.reader.asker.nests(asks.post_whole(self.id, True)):
            return True
        with reading(self.reader.engine) as connection:
            return raw.stored_children(connection, self.id) > 0

    def _keep(self, connection: Connection, nodes: Sequence[Any], post: Any, after: str | None) -> bool:
        items = [self.kin.raw(self.reader.account, self.id, node) for node in nodes]
        landed = self.reader.land(connection, [*([raw_post(self.reader.account, post)] if post else []), *items])
        self.shown += len(nodes)
        times = [item.created_at for item in items if item.created_at]
        self.newest = max([*times, *([self.newest] if self.newest else [])], default=None)
        if after is None and self._shrank():
            self._restart(connection)
            return False
        if after is None:
            self._finish(connection, complete=not self.cut)
            return True
        if self._known(items, landed.known):
            self._finish(connection, complete=False)
            return True
        self.after = after
        self._advance(connection)
        return False

    def _count(self, edge: Any) -> None:
        total = child(edge, "summary", "total_count")
        if isinstance(total, int):
            self.total = total
            self.first_total = total if self.first_total is None else self.first_total

    def _shrank(self) -> bool:
        """Something was deleted while we paged: where cursors are offsets, its neighbour slipped past us."""
        paged = self.after is not None and self.total is not None and self.first_total is not None
        return paged and not self.again and (self.total or 0) < (self.first_total or 0)

    def _restart(self, connection: Connection) -> None:
        self.after, self.again, self.guard, self.met = None, True, Guard(), set()
        self.started, self.first_total, self.shown = self.reader.clock(), None, 0
        self.reader.shelf(self.kin.stream).put(connection, self.id, position=None)

    def _known(self, items: Sequence[RawItem], known: frozenset[str]) -> bool:
        """Whether the rest is known: the batch reaches behind what was read, and all that lies there is stored."""
        order, newest = self.reader.order, self.checkpoint.newest
        times = [item.created_at for item in items if item.created_at]
        if order.full or not times:
            return False
        if newest is None:
            return self.kin is COMMENTS and min(times) < order.since
        horizon = newest - OVERLAP
        old = [item for item in items if item.created_at and item.created_at <= horizon]
        return bool(old) and all(item.id in known for item in old)

    def _advance(self, connection: Connection) -> None:
        position = {
            "after": self.after,
            "seen": self.seen,
            "started": self.started.isoformat(),
            "newest": self.newest.isoformat() if self.newest else None,
            "total": self.total,
            "shown": self.shown,
        }
        self.reader.shelf(self.kin.stream).put(connection, self.id, position=position)

    def _finish(self, connection: Connection, *, complete: bool) -> None:
        newest = max((t for t in (self.newest, self.checkpoint.newest) if t), default=None)
        now = self.reader.clock()
        values: dict[str, Any] = {"done": self.seen, "newest": min(newest, now) if newest else None, "position": None}
        if self.total is not None:
            values["total"] = self.total
        if complete:
            values["complete_at"] = now
            self._bury(connection, now)
        self.reader.shelf(self.kin.stream).put(connection, self.id, fails=0, **values)

    def _bury(self, connection: Connection, now: datetime) -> None:
        """What a complete walk did not show is gone, unless it showed nothing at all: a wrong token looks like silence."""
        if not self.shown and self.total != 0 and not self.reader.own_token():
            return
        where = {"kind": self.kin.kind, self.kin.column: self.id}
        gone = raw.bury(connection, where, self.started, now)
        self.reader.progress.add("deleted", gone)
