"""The walk over an account's conversations: newest activity first, down to what has been read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..errors import BadRequest, Gone, StaleCursor
from ..platforms.facebook import asks
from ..platforms.facebook.parse import child, nodes_of, raw_message, usable_id, when, whole_number
from ..records import RawItem
from ..store import raw
from ..store.checkpoints import LIVE_SCOPE, Checkpoint
from ..store.engine import reading
from .feed import Row, moved
from .kin import MESSAGES, oldest_shown
from .reader import OVERLAP, SETTLED, Reader
from .walk import onward, walk


def walk_conversations(reader: Reader) -> datetime | None:
    """Notes which conversations moved; on a first or full reading their newest messages come along.

    Returns Graph's own time. The order newest first is what Graph does but nowhere promises: out of order, all are listed.
    """
    with reading(reader.engine) as connection:
        checkpoint = reader.shelf("messages").get(connection)
    if reader.order.scope != LIVE_SCOPE and checkpoint.complete_at:
        return None
    thorough = reader.order.full or checkpoint.complete_at is None
    walk = _Walk(reader, thorough, checkpoint, checkpoint.position if thorough else None)
    try:
        walk.run()
    except StaleCursor:
        walk = _Walk(reader, thorough, checkpoint, None)
        walk.run()
    return walk.server_time


class _Walk:
    """One walk; `highest` is the latest activity met, the next checkpoint."""

    def __init__(
        self, reader: Reader, thorough: bool, checkpoint: Checkpoint, position: Mapping[str, Any] | None
    ) -> None:
        position = position or {}
        self.reader, self.thorough, self.whole, self.checkpoint = reader, thorough, thorough, checkpoint
        self.after: str | None = position.get("after")
        self.started = when(position.get("started")) or reader.clock()
        self.highest = when(position.get("highest"))
        self.server_time: datetime | None = None
        self.lowest: datetime | None = None
        self.ordered = True

    def run(self) -> None:
        """Down to what is known, or to the end."""
        if walk(self.reader, "messages", self.after, self._ask, self._keep, self._note):
            return
        self.reader.lame = True
        if self.thorough:
            with self.reader.writing() as connection:
                self.reader.shelf("messages").put(connection, position=None)

    def _ask(self, after: str | None) -> Any:
        answer = self._answer(after)
        self.server_time = answer.server_time
        return answer.data

    def _answer(self, after: str | None) -> Any:
        account, asker = self.reader.account.id, self.reader.asker
        if after is None and not self.thorough and "conversations" in self.reader.seen:
            return self.reader.seen["conversations"]
        if self.whole:
            try:
                return asker.ask(asks.conversations_whole(account), after, about_account=True)
            except (BadRequest, Gone):
                self.whole = False  # Graph cannot do it in one call: list them, then read each
        return asker.ask(asks.conversations_listed(account), after, about_account=True)

    def _measure(self, nodes: Sequence[Any]) -> None:
        times = [at for node in nodes if (at := when(child(node, "updated_time")))]
        before = [*([self.lowest] if self.lowest else []), *times]
        self.ordered = self.ordered and before == sorted(before, reverse=True)
        self.lowest = min(before, default=None)
        self.highest = max([*times, *([self.highest] if self.highest else [])], default=None)

    def _reached(self) -> bool:
        """Whether all further conversations are known, or lie before the window."""
        if not self.ordered or self.lowest is None:
            return False
        if self.thorough:
            return self.lowest < self.reader.order.since
        return self.checkpoint.newest is not None and self.lowest < self.checkpoint.newest - OVERLAP

    def _keep(self, connection: Connection, edge: Any, after: str | None) -> bool:
        nodes = nodes_of(edge)
        self._measure(nodes)
        self._note(connection, nodes)
        enough = after is None or self._reached()
        self._move(connection, None if enough else after)
        return enough

    def _note(self, connection: Connection, nodes: Sequence[Any]) -> None:
        shelf = self.reader.shelf("messages")
        ids = [key for node in nodes if (key := usable_id(child(node, "id")))]
        known = shelf.seen(connection, ids)
        items: list[RawItem] = []
        rows: list[Row] = []
        for node in nodes:
            key = usable_id(child(node, "id"))
            if key is None:
                self.reader.progress.fail(f"{self.reader.account.key}: a conversation came without an id: not read")
                continue
            seen = moved(node, self.started)
            inner, total = child(node, "messages"), whole_number(child(node, "message_count"))
            counted = {"total": total} if total is not None else {}
            if self.whole and nodes_of(inner) and not self._before(seen):
                rows.append(self._nested(key, seen, inner, items, total))
            elif key not in known or known[key][0] != seen or self.reader.order.full:
                rows.append({"object_id": key, "seen": seen} | counted | self._unread(seen, key in known, total))
        self.reader.land(connection, items, self.started)
        self.reader.progress.add("conversations", len(nodes))
        for columns in dict.fromkeys(map(tuple, rows)):
            same = [row for row in rows if tuple(row) == columns]
            shelf.put_all(connection, same, tuple(c for c in columns if c != "object_id"))
            if "unshown" in columns:
                self.reader.books(connection, "messages", same)
        if self.reader.order.full:
            self._bury(connection, nodes)

    def _bury(self, connection: Connection, nodes: Sequence[Any]) -> None:
        """Messages taken back: those that a conversation of the window, shown whole and not empty, does not show any more."""
        now = self.reader.clock()
        for node in nodes if self.whole else ():
            key, inner = usable_id(child(node, "id")), child(node, "messages")
            below = [] if self._before(moved(node, self.started)) else nodes_of(inner)
            if key and 0 < len(below) <= asks.READABLE_MESSAGES and onward(inner) == (None, True):
                oldest = min((at for one in below if (at := when(child(one, "created_time")))), default=None)
                oldest = oldest_shown(connection, key, len(below), oldest)
                gone = raw.bury(connection, MESSAGES.under(key), self.started, now, oldest)
                self.reader.progress.add("deleted", gone)

    def _before(self, seen: str) -> bool:
        at = when(seen)
        return at is not None and at < self.reader.order.since

    def _unread(self, seen: str, known: bool, total: int | None) -> Row:
        """A conversation that came without its messages; one that ended before the window is not read, and all of it is older."""
        if not known:
            older = self._before(seen)
            mine = older and total is not None and self.reader.order.scope == LIVE_SCOPE
            return {"done": seen if older else None} | ({"unshown": total} if mine else {})
        return (
            {"done": None, "newest": None, "position": None}
            if self.reader.order.full and not self._before(seen)
            else {}
        )

    def _nested(self, key: str, seen: str, inner: Any, items: list[RawItem], total: int | None) -> Row:
        below = nodes_of(inner)
        inside = [raw_message(self.reader.account, key, node) for node in below]
        cut = any(self.reader.order.leaves_out(item) for item in inside)
        items += inside
        after, usable = onward(inner)
        newest = max((at for node in below if (at := when(child(node, "created_time")))), default=None)
        at = when(seen)
        fresh = bool(at and self.server_time and self.server_time - at < SETTLED)
        done = seen if usable and not fresh else None
        row: Row = {"object_id": key, "seen": seen, "done": done, "newest": newest, "position": None}
        if total is not None:
            row |= {"total": total}
        if not usable or (after and fresh):
            row["newest"] = None  # read on its own, from the top
        elif done is not None and total is not None and not after and not cut:
            row |= {"unshown": total - len(below), "gap": None, "complete_at": self.started}
        elif after:
            start = {"after": after, "seen": seen, "started": self.started.isoformat(), "shown": len(below)}
            row |= {"done": None, "newest": None}
            oldest = min((at for node in below if (at := when(child(node, "created_time")))), default=None)
            row["position"] = start | {
                "newest": newest.isoformat() if newest else None,
                "oldest": oldest.isoformat() if oldest else None,
            }
        return row

    def _move(self, connection: Connection, after: str | None) -> None:
        shelf = self.reader.shelf("messages")
        if after is None:
            newest = max([t for t in (self.highest, self.checkpoint.newest) if t], default=None)
            newest = min(newest, self.reader.clock()) if newest else None
            now, began = self.reader.clock(), self.started.isoformat()
            shelf.put(connection, position=None, complete_at=now, newest=newest, seen=began)
        elif self.thorough:
            highest = self.highest.isoformat() if self.highest else None
            position = {"after": after, "started": self.started.isoformat(), "highest": highest}
            shelf.put(connection, position=position)
