"""Where a list goes on, and when to stop following it (pure).

`paging.next` is the only sign that there is more; `cursors.after` stands on the last batch too. `next` carries the
token and could name any host, so nothing but its `after` is taken from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connector.errors import BadRequest

MOST_EMPTY, MOST_EMPTY_WHOLE = 10, 100
"""So many batches may hold nothing: what moderators hid leaves them empty. A reading of everything is more patient."""
_LONGEST_CURSOR = 4096


def after_of(data: Mapping[str, Any] | None) -> str | None:
    """The cursor of the batch after `data` (an answer, or an edge inside one); None at the end.

    Raises BadRequest when there is more but no cursor to reach it by.
    """
    paging = data.get("paging") if isinstance(data, Mapping) else None
    if not isinstance(paging, Mapping) or not paging.get("next"):
        return None
    cursors = paging.get("cursors")
    after = _after_in(paging["next"]) or (cursors.get("after") if isinstance(cursors, Mapping) else None)
    if (
        not isinstance(after, str)
        or not 0 < len(after) <= _LONGEST_CURSOR
        or not (after.isascii() and after.isprintable())
    ):
        raise BadRequest("Graph announces more items without a usable cursor: what follows here cannot be read")
    return after


def _after_in(address: Any) -> str | None:
    if not isinstance(address, str):
        return None
    try:
        query = urlsplit(address).query
    except ValueError:  # an address no one could open, such as http://[
        query = address.partition("?")[2]
    # Old time paging has bare keys (&until&since): they must not be an error.
    return dict(parse_qsl(query, keep_blank_values=True, errors="replace")).get("after")


@dataclass(frozen=True, slots=True)
class Halt:
    """Leave this walk: `reason` says why, in English."""

    reason: str


@dataclass(frozen=True, slots=True)
class Guard:
    """What one walk has met so far: a value, replaced at each step."""

    most: int = MOST_EMPTY
    seen: frozenset[str] = frozenset()
    empty: int = 0

    def step(self, after: str, items: int) -> "Guard | Halt":
        """The guard after a batch of `items` items that goes on at `after`, or Halt.

        Halts on a cursor that was there before (Graph would go in circles) and after more than `most` empty batches
        in a row.
        """
        if after in self.seen:
            return Halt("Graph repeats a cursor: the list goes in circles")
        empty = 0 if items else self.empty + 1
        if empty > self.most:
            return Halt(f"Graph sent {empty} empty batches in a row and announces still more")
        return replace(self, seen=self.seen | {after}, empty=empty)
