"""What tells comments of a post from messages of a conversation."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..platforms.facebook import asks
from ..platforms.facebook.asks import Ask
from ..platforms.facebook.parse import raw_comment, raw_message
from ..records import RawItem, Stream
from ..store import raw


@dataclass(frozen=True, slots=True)
class Kin:
    """Those that hang on one object: how they are asked for, and how they are stored."""

    stream: Stream
    column: str
    kind: str
    more: Callable[[str], Ask]
    raw: Callable[[Any, str, Any], RawItem]

    def under(self, object_id: str) -> dict[str, str]:
        """What the stored ones under an object have in common, by column."""
        return {"kind": self.kind, self.column: object_id}

    def alive(self, connection: Connection, object_id: str) -> int:
        """How many are stored under an object and not known to be gone."""
        return raw.alive(connection, self.under(object_id))


COMMENTS = Kin("comments", "post_id", "comment", asks.comments_of, raw_comment)
MESSAGES = Kin("messages", "conversation_id", "message", asks.messages_of, raw_message)


def oldest_shown(connection: Connection, conversation_id: str, shown: int, oldest: datetime | None) -> datetime | None:
    """How far down messages that a list to its end did not show are gone; None: all the way.

    Graph may show the newest 20 only, and no sign that there are more: what is older is out of its sight, not deleted.
    """
    return oldest if shown <= asks.READABLE_MESSAGES < MESSAGES.alive(connection, conversation_id) else None
