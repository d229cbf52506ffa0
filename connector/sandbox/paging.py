"""Cutting a list into pages: cursors of both families, `next` and `previous`."""

from __future__ import annotations

import base64
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from .errors import GraphError, bad_request
from .options import Options

Key = tuple[int, int]
_STUFF = str.maketrans({"Z": "ZA", "+": "ZB", "/": "ZC", "=": "ZD"})
_UNSTUFF = {"ZA": "Z", "ZB": "+", "ZC": "/", "ZD": "="}


@dataclass(slots=True)
class Listing:
    """What an edge holds: `items` in ascending order of `key`, or in their own order when `key` is None.

    `newest_first` reads it from the end. `shown` filters *after* the cut, so a page may come short or empty.
    `strict`: a cursor whose item is gone is an error. `offset`: cursors are mere numbers, whatever the options say.
    `bare`: no paging at all. `next_always`: `next` even after the last item.
    """

    items: Sequence[Any]
    key: Callable[[Any], Key] | None = None
    newest_first: bool = False
    shown: Callable[[Any], bool] | None = None
    summary: dict[str, Any] | None = None
    name: str = "item"
    strict: bool = False
    offset: bool = False
    deepest: int | None = None
    bare: bool = False
    next_always: bool = False


@dataclass(slots=True)
class Cut:
    """One page: what is shown, the cursors of the cut, and whether there is more on either side."""

    items: list[Any]
    before: str = ""
    after: str = ""
    more: bool = False
    earlier: bool = False


def encode(text: str) -> str:
    """Base64 with Facebook's letter stuffing (`=` becomes `ZD`)."""
    return base64.b64encode(text.encode()).decode().translate(_STUFF)


def decode(cursor: str) -> str:
    """The text of a cursor; error 100 when it is none of ours."""
    plain, at = [], 0
    while at < len(cursor):
        pair = cursor[at : at + 2]
        plain.append(_UNSTUFF.get(pair, cursor[at]))
        at += 2 if pair in _UNSTUFF else 1
    try:
        return base64.b64decode("".join(plain), validate=True).decode()
    except ValueError as error:
        raise stale() from error


def stale() -> GraphError:
    """A stale or foreign cursor."""
    return bad_request("Invalid cursors values")


def cut(listing: Listing, limit: int, arguments: dict[str, str], options: Options) -> Cut:
    """The page that `limit`, `after` and `before` ask for."""
    offset = listing.offset or options.cursors == "offset"
    size, start = len(listing.items), 0
    stop = size
    if after := arguments.get("after"):
        start = _position(listing, after, offset, behind=True)
    if before := arguments.get("before"):
        stop = _position(listing, before, offset, behind=False)
        start = max(0, stop - limit)
    if listing.deepest is not None and start > listing.deepest:
        raise bad_request("The After Cursor specified exceeds the max limit supported by this endpoint")
    stop = min(stop, start + limit)
    page = _slice(listing, start, stop)
    if not page:
        return Cut([], earlier=start > 0)
    more = stop < size or options.next_after_last or listing.next_always
    first, last = _cursor(listing, page[0], start, offset), _cursor(listing, page[-1], stop - 1, offset)
    shown = page if listing.shown is None else [item for item in page if listing.shown(item)]
    return Cut(shown, first, last, more, start > 0)


def _slice(listing: Listing, start: int, stop: int) -> list[Any]:
    items = listing.items
    if not listing.newest_first:
        return list(items[start:stop])
    size = len(items)
    return list(items[max(0, size - stop) : max(0, size - start)][::-1])


def _cursor(listing: Listing, item: Any, index: int, offset: bool) -> str:
    if offset:
        return encode(str(index))
    time, n = listing.key(item) if listing.key else (0, item.n)
    return encode(encode(f"{listing.name}_cursor:{n}:{time}"))


def _position(listing: Listing, cursor: str, offset: bool, *, behind: bool) -> int:
    """Where reading starts (`behind` the item) or stops (at it), counted in reading order."""
    plain = decode(cursor)
    if offset:
        if not plain.isdigit():
            raise stale()
        return int(plain) + behind
    name, _, rest = decode(plain).partition(":")
    n, _, time = rest.partition(":")
    if name != f"{listing.name}_cursor" or not (n.isdigit() and time.isdigit()):
        raise stale()
    return _anchored(listing, (int(time), int(n)), behind)


def _anchored(listing: Listing, anchor: Key, behind: bool) -> int:
    if listing.key is None:
        for index, item in enumerate(listing.items):
            if item.n == anchor[1]:
                return index + behind
        raise stale()
    at = bisect_left(listing.items, anchor, key=listing.key)
    found = at < len(listing.items) and listing.key(listing.items[at]) == anchor
    if not found and listing.strict:
        raise stale()
    if listing.newest_first:
        return len(listing.items) - at - (found and not behind)
    return at + (found and behind)


def link(base: str, path: str, arguments: dict[str, str], token: str) -> str:
    """A `next` or `previous`: the whole address, the token in clear."""
    secret = {"access_token": token} if token else {}
    return f"{base}{path}?{urlencode(secret | {'pretty': '0'} | arguments)}"


def wrap(data: list[Any], page: Cut, address: Callable[[dict[str, str]], str]) -> dict[str, Any]:
    """`data` with its paging: none when there is nothing, cursors always, `next` only if there is more."""
    answer: dict[str, Any] = {"data": data}
    paging: dict[str, Any] = {}
    if page.after:
        paging["cursors"] = {"before": page.before, "after": page.after}
    if page.earlier and page.before:
        paging["previous"] = address({"before": page.before})
    if page.more:
        paging["next"] = address({"after": page.after})
    if paging:
        answer["paging"] = paging
    return answer
