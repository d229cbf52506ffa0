"""Re-reading hot posts by themselves: edits, hides and deletions of comments move no post's time."""

from datetime import datetime

from sqlalchemy import Connection

from ..errors import Gone, GraphError, StaleCursor, TokenRejected, TryLater
from ..platforms.facebook.parse import when
from ..records import Account
from ..schedule import HOT, Post, rereads
from ..store import lost
from ..store.checkpoints import Shelf
from ..store.engine import reading
from .children import reread
from .kin import COMMENTS
from .patience import GIVEN_UP, put_back, rests
from .reader import Reader


def due(connection: Connection, account: Account, now: datetime, scope: str) -> list[str]:
    """The posts whose turn it is, the most overdue first. One that keeps failing in this scope rests: others have their turn."""
    hot = Shelf(account.key, "comments").read_since(connection, f"{now - HOT:%Y-%m-%dT%H:%M:%S}")
    rest = {c.object_id for c in Shelf(account.key, "comments", scope).failing(connection) if rests(c, now)}
    ready = [c for c in hot if c.object_id not in rest]
    posts = [Post(c.object_id, at, c.complete_at, c.total or 0) for c in ready if (at := when(c.seen))]
    return rereads(now, posts, account.every_seconds)


def read_again(reader: Reader) -> None:
    """Re-reads to their end the posts whose turn it is, in the shelf of this order's scope."""
    with reading(reader.engine) as connection:
        chosen = due(connection, reader.account, reader.clock(), reader.order.scope)
    reader.progress.add("reread", len(chosen))
    reader.each(lambda post_id: _again(reader, post_id), chosen)


def _again(reader: Reader, post_id: str) -> None:
    """One post; one that Graph says is not there, several times in a row, is gone with all that hung on it."""
    shelf = reader.shelf("comments")
    with reading(reader.engine) as connection:
        checkpoint = shelf.get(connection, post_id)
    try:
        if not reread(reader, COMMENTS, checkpoint):
            put_back(reader, COMMENTS, checkpoint)
        elif not reader.stop.is_set():
            with reader.writing() as connection:
                shelf.drop(connection, post_id)
    except StaleCursor:
        with reader.writing() as connection:
            shelf.put(connection, post_id, position=None)  # from the top next time
        return
    except (TryLater, TokenRejected):
        raise
    except Gone:
        with reader.writing() as connection:
            gone = shelf.get(connection, post_id).gone + 1
            shelf.put(connection, post_id, gone=gone, position=None)
        if gone < GIVEN_UP or not reader.own_token():
            return
        with reader.writing() as connection:
            reader.progress.add("deleted", lost.bury_post(connection, post_id, reader.clock()))
        _count_nothing(reader, post_id)
    except GraphError as error:
        if reader.closed_to_us(post_id, error):
            _count_nothing(reader, post_id)
        elif not reader.stop.is_set():
            put_back(reader, COMMENTS, checkpoint, error)
        raise


def _count_nothing(reader: Reader, post_id: str) -> None:
    """Graph counts nothing there for us: it is not hot any more."""
    nothing = {"object_id": post_id, "total": None, "unshown": None, "complete_at": reader.clock()}
    with reader.writing() as connection:
        Shelf(reader.account.key, "comments").tell(connection, [nothing])
