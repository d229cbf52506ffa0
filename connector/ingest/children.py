"""Reading one post's comments or one conversation's messages: newest first, until what is known, or to the very end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..errors import Gone, GraphError, StaleCursor, TokenRejected, TryLater
from ..platforms.facebook import asks
from ..platforms.facebook.parse import child, count_of, flat, nodes_of, raw_post, replied, stirred, when
from ..records import RawItem
from ..schedule import worth_reading
from ..store import raw
from ..store.checkpoints import Checkpoint
from ..store.engine import reading
from ..store.landing import Landed
from .kin import COMMENTS, MESSAGES, Kin, oldest_shown
from .patience import put_back
from .reader import OVERLAP, Reader
from .walk import walk

TOO_OLD = 9000001  # "message has been deleted": beyond the newest 20 that Graph shows


def read_children(reader: Reader, kin: Kin, object_id: str, server_time: datetime | None) -> None:
    """Reads what is new under one object; its checkpoint moves when the reading is complete."""
    with reading(reader.engine) as connection:
        checkpoint = reader.shelf(kin.stream).get(connection, object_id)
    reader.settle(checkpoint.seen, server_time)
    try:
        if kin is COMMENTS and "comments" not in reader.order.streams:
            _read_post(reader, checkpoint)
            return
        try:
            one = _Reading(reader, kin, object_id, checkpoint, checkpoint.position)
            ended = one.run()
        except StaleCursor:
            one = _Reading(reader, kin, object_id, checkpoint, {"whole": one.whole}, again=True)
            ended = one.run()
        if not ended:
            put_back(reader, kin, checkpoint)
        _look_for_lost(reader, one)
    except (TryLater, TokenRejected):
        raise  # no fault of this object
    except GraphError as error:
        if not reader.stop.is_set():
            put_back(reader, kin, checkpoint, error)
        raise


def _read_post(reader: Reader, checkpoint: Checkpoint) -> None:
    """A post as it is now, where its comments are not asked for."""
    started = reader.clock()
    post = reader.asker.ask(asks.post_whole(checkpoint.object_id, comments=False)).data
    with reader.writing() as connection:
        reader.land(connection, [raw_post(reader.account, post)], started, checkpoint.object_id)
        read = {"done": checkpoint.seen, "position": None, "fails": 0, "gone": 0}
        reader.shelf("comments").put(connection, checkpoint.object_id, **read)


def reread(reader: Reader, kin: Kin, checkpoint: Checkpoint) -> bool:
    """Reads one object to its end in a scope of its own, or on from where that stopped; False: Graph leads in circles."""
    position = {"whole": True} | dict(checkpoint.position or {})
    return _Reading(reader, kin, checkpoint.object_id, checkpoint, position).run()


def _look_for_lost(reader: Reader, one: "_Reading") -> None:
    """Where Graph counts nothing, as with messages, one deleted while we paged may have hidden its neighbour.

    What a second reading does not show either is asked for; not before, since of messages older than the newest 20 Graph says
    the same as of those taken back.
    """
    if not one.unsure or not _unseen(reader, one):
        return
    second = _Reading(reader, one.kin, one.id, one.checkpoint, {"whole": True, "seen": one.seen}, again=True)
    try:
        second.run()
    except StaleCursor:
        return
    for key in _unseen(reader, one) if second.unsure else ():
        if reader.is_gone(key):
            with reader.writing() as connection:
                where = one.kin.under(one.id) | {"external_id": key}
                reader.progress.add("deleted", raw.bury(connection, where, one.started, reader.clock()))


def _unseen(reader: Reader, one: "_Reading") -> list[str]:
    with reading(reader.engine) as connection:
        return raw.unseen(connection, one.kin.under(one.id), one.started, one.lowest(connection))


class _Reading:
    """One reading of one object. Its position holds what a later run needs to go on with the very same reading."""

    def __init__(
        self,
        reader: Reader,
        kin: Kin,
        object_id: str,
        checkpoint: Checkpoint,
        position: Mapping[str, Any] | None,
        again: bool = False,
    ) -> None:
        position = position or {}
        self.reader, self.kin, self.id, self.checkpoint = reader, kin, object_id, checkpoint
        self.after: str | None = position.get("after")
        self.seen: str | None = position.get("seen", checkpoint.seen)
        self.started = when(position.get("started")) or reader.clock()
        self.newest = when(position.get("newest"))
        self.total: int | None = position.get("total")
        self.counted: int | None = position.get("counted", checkpoint.total if kin is MESSAGES else None)
        self.whole: bool = reader.order.full or position.get("whole", False)
        self.shrank: bool = position.get("shrank", False)
        self.shown: int = position.get("shown", 0)
        self.oldest = when(position.get("oldest"))
        self.cut, self.again, self.post = False, again, None
        self.before: set[str] = set()
        self.unsure = self.turned = False
        self.flat: bool = position.get("flat", False)
        self.alone: bool = position.get("alone", False)

    def run(self) -> bool:
        """To what is known, or to the end; False when Graph shows it only in circles."""
        ended = walk(self.reader, self.id, self.after, self._ask, self._keep, self._land)
        if self.turned:
            ended = walk(self.reader, self.id, None, self._ask, self._keep, self._land)
        return ended

    def _ask(self, after: str | None) -> Any:
        """The next batch; a post read afresh comes with its own text, since an edit moves its time too.

        Comments nested in it may come without replies whatever is asked: then they are read alone, by their own list.
        """
        self.post = None
        if self.kin is MESSAGES or after is not None or self.alone:
            return self._more(after)
        answer = self.reader.asker.ask(asks.post_whole(self.id, comments=True))
        self.post = answer.data
        edge = child(self.post, "comments")
        if edge is None:
            return self._more(None) if self._needs_edge() else {"data": []}
        self.flat = flat(edge)
        self.alone = self.flat and replied(edge)
        return self._more(None) if self.alone else edge or {"data": []}

    def _more(self, after: str | None) -> Any:
        try:
            return self.reader.asker.ask(self.kin.more(self.id), after).data
        except Gone as error:
            if self.kin is COMMENTS or error.code != TOO_OLD:
                raise
            self.cut = True  # Graph shows no more of this conversation
            return {"data": []}

    def _needs_edge(self) -> bool:
        """No nested comments came: there are none, or Graph wanted less and dropped them, or it does not show them there."""
        if self.whole or stirred(self.post) or not self.reader.asker.nests(asks.post_whole(self.id, True)):
            return True
        with reading(self.reader.engine) as connection:
            return COMMENTS.alive(connection, self.id) > 0

    def _keep(self, connection: Connection, edge: Any, after: str | None) -> bool:
        items, landed = self._land(connection, nodes_of(edge))
        here = {item.id for item in items}
        self.shown += len(here - self.before)  # what comes meanwhile may push some of a batch into the next one
        self.before = here
        times = [item.created_at for item in items if item.created_at]
        self.newest = max([*times, *([self.newest] if self.newest else [])], default=None)
        self.oldest = min([*times, *([self.oldest] if self.oldest else [])], default=None)
        self._count(edge)
        if self.flat and self.alone and not flat(edge) and items:
            self.reader.asker.apart(asks.feed_whole(self.reader.account.id, True), asks.post_whole(self.id, True))
        if after is None or self._known(items, landed.known):
            if self._lacks(connection):
                self._turn(connection)
                return True
            if not self.shrank:
                self._finish(connection, complete=after is None and not self.cut, ended=after is None)
                return True
            if not self.again:
                raise StaleCursor(f"{self.id}: something was deleted while it was read; it is read again")
            top = {"whole": True} if self.whole else None
            self.reader.shelf(self.kin.stream).put(connection, self.id, position=top)  # the next pass reads it again
            return True
        self.after = after
        self._advance(connection)
        return False

    def _land(self, connection: Connection, nodes: Sequence[Any]) -> tuple[list[RawItem], Landed]:
        items = [self.kin.raw(self.reader.account, self.id, node) for node in nodes]
        post: list[RawItem] = [raw_post(self.reader.account, self.post)] if self.post else []
        return items, self.reader.land(connection, [*post, *items], self.started, self.id)

    def _lacks(self, connection: Connection) -> bool:
        """Whether replies may be missing: none came with the post, and Graph counts more than that."""
        if not self.flat or self.alone or self.total is None:
            return False
        if self.whole or self.checkpoint.newest is None:
            return self.total > self.shown
        return self.total - self.kin.alive(connection, self.id) > (self.checkpoint.unshown or 0)

    def _turn(self, connection: Connection) -> None:
        """Once more from the top, by the list itself."""
        self.alone = self.turned = True
        self.before = set()
        self.after, self.total, self.counted, self.shown, self.shrank = None, None, None, 0, False
        self._advance(connection)

    def _count(self, edge: Any) -> None:
        """Something deleted while we paged: where cursors are offsets, its neighbour slipped past us.

        From batch to batch, since what comes meanwhile hides it from a comparison of the first count with the last.
        """
        total = count_of(edge)
        if total is not None:
            paged = self.after is not None and self.total is not None
            self.shrank = self.shrank or (paged and total < (self.total or 0))
            self.total = total
            self.counted = total if self.counted is None else self.counted  # what comes meanwhile is not counted yet

    def _known(self, items: Sequence[RawItem], known: frozenset[str]) -> bool:
        """Whether the rest is known: the batch reaches behind what was read, and all that lies there is stored."""
        newest = self.checkpoint.newest
        times = [item.created_at for item in items if item.created_at]
        if self.whole or not times:
            return False
        if newest is None:
            return self.kin is COMMENTS and min(times) < self.reader.order.since
        horizon = newest - OVERLAP
        old = [item for item in items if item.created_at and item.created_at <= horizon]
        return bool(old) and all(item.id in known for item in old)

    def _advance(self, connection: Connection) -> None:
        position = {
            "after": self.after,
            "seen": self.seen,
            "started": self.started.isoformat(),
            "newest": self.newest.isoformat() if self.newest else None,
            "oldest": self.oldest.isoformat() if self.oldest else None,
            "total": self.total,
            "counted": self.counted,
            "whole": self.whole,
            "shown": self.shown,
            "shrank": self.shrank,
            "flat": self.flat,
            "alone": self.alone,
        }
        self.reader.shelf(self.kin.stream).put(connection, self.id, position=position)

    def _finish(self, connection: Connection, *, complete: bool, ended: bool) -> None:
        newest = max((t for t in (self.newest, self.checkpoint.newest) if t), default=None)
        now = self.reader.clock()
        values: dict[str, Any] = {"done": self.seen, "newest": min(newest, now) if newest else None, "position": None}
        if complete:
            values["complete_at"] = now
            self._bury(connection, now)
        if self.counted is None and complete and self.kin is COMMENTS:
            self.counted = self.shown  # Graph does not say: there are those that it shows
        if self.counted is not None:
            values |= self._balance(connection, self.counted, ended, now)
        self.reader.shelf(self.kin.stream).put(connection, self.id, fails=0, gone=0, **values)

    def _balance(self, connection: Connection, total: int, ended: bool, now: datetime) -> dict[str, Any]:
        """The ledger's line: what Graph counts against what is stored. A new unexplained gap orders one reading to the end."""
        stored = self.kin.alive(connection, self.id)
        if ended or self.checkpoint.newest is None:
            rest = {"total": total, "unshown": max(total - self.shown, 0) if ended else total - stored}
            if ended and (self.kin is COMMENTS or self.reader.order.whole(self.oldest, self.newest)):
                at = None if self.cut else now
                self.reader.books(connection, self.kin.stream, [{"object_id": self.id, "complete_at": at, **rest}])
            return {**rest, "gap": None}
        gap = total - stored - (self.checkpoint.unshown or 0)
        again = gap not in (0, self.checkpoint.gap) and worth_reading(
            now, when(self.seen), self.checkpoint.complete_at, total
        )
        if not again:
            return {"total": total}
        self.reader.progress.add("gaps")
        return {"total": total, "gap": gap, "done": None, "position": {"whole": True, "seen": self.seen}}

    def _bury(self, connection: Connection, now: datetime) -> None:
        """What a complete walk did not show is gone, unless it showed nothing at all: a wrong token looks like silence."""
        if not self.shown and self.total != 0 and not self.reader.own_token():
            return
        if self.total is None and self.after is not None:
            self.unsure = True
            return
        gone = raw.bury(connection, self.kin.under(self.id), self.started, now, self.lowest(connection))
        self.reader.progress.add("deleted", gone)

    def lowest(self, connection: Connection) -> datetime | None:
        """How far down what was not shown is gone; None: all the way."""
        return oldest_shown(connection, self.id, self.shown, self.oldest) if self.kin is MESSAGES else None
