"""One look at an account: its newest posts and conversations in one call, as nested edges of the Page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import BadRequest, FieldGone, Gone, NotPermitted, TryLater
from ..platforms.facebook import asks
from ..platforms.facebook.parse import child
from ..store.engine import reading
from .asking import MESSENGER
from .patience import left_alone
from .reader import FEED, Reader


@dataclass(frozen=True, slots=True)
class Seen:
    """One list as the look showed it, in the form of an answer."""

    data: Any
    server_time: datetime | None


def look(reader: Reader) -> None:
    """Keeps the first batches of both lists for the walks; where Graph refuses to show both at once, each walk asks itself.

    Only for accounts whose lists have been read to their end before. Raises GraphError that concerns all calls.
    """
    streams = reader.order.streams
    ask = asks.newest(reader.account.id)
    if not reader.order.newest or "messages" not in streams or len(streams) == 1 or reader.asker.refused(ask):
        return
    with reading(reader.engine) as connection:
        shelves = {"feed": reader.shelf("posts"), "conversations": reader.shelf("messages")}
        if not all(shelf.get(connection).complete_at for shelf in shelves.values()):
            return
        if left_alone(connection, reader, streams & FEED) or left_alone(connection, reader, streams - FEED):
            return  # not one call to Messenger while it pauses, nor to a list that is refused
        known = {name: ("comments" if name == "feed" else "messages") for name in shelves}
        empty = {name: reader.shelf(stream).count(connection) == 0 for name, stream in known.items()}  # type: ignore[arg-type]
    try:
        answer = reader.asker.ask(ask, about_account=True)
    except (BadRequest, Gone, FieldGone, NotPermitted):
        reader.asker.refuse(ask)
        return
    except TryLater as error:
        if of_messenger(error):
            reader.refused = error
            return  # posts have a budget of their own
        raise
    for name in shelves:
        edge = child(answer.data, name)
        if isinstance(child(edge, "data"), list):
            reader.seen[name] = Seen(edge, answer.server_time)
        elif edge is None and empty[name]:
            reader.seen[name] = Seen({"data": []}, answer.server_time)  # Graph leaves out what is empty


def of_messenger(error: TryLater) -> bool:
    """Whether only Messenger's budget is used up: its own percentage, or code 80006, or too many calls of one kind (613)."""
    return error.budget == MESSENGER or error.code in (613, 80006)
