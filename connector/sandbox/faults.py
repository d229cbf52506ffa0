"""Acts: what a fault does to the calls that its rule hits.

An act gets the request and a function that gives the honest answer; it may never call it, call it and spoil the
answer, or call it and lose the answer (the comment is stored, the client hears nothing).
"""

from __future__ import annotations

import gzip
import itertools
import json
import zlib
from collections.abc import Callable
from typing import Any

from . import versions
from .rules import Act, Proceed
from .wire import Request, Response, Wire, dumps

_HTML = {"Content-Type": "text/html; charset=utf-8"}


# -- answers in place of the honest one ----------------------------------------------------------------------------


def error(
    code: int,
    message: str = "An error on demand",
    *,
    subcode: int | None = None,
    http: int = 400,
    type: str | None = "OAuthException",
    transient: bool | None = None,
    **more: Any,
) -> Act:
    """Any error body. The honest answer is not computed; its headers are those of an error of that status."""
    body: dict[str, Any] = {"message": message}
    body |= {"type": type} if type is not None else {}
    body |= {"code": code} | ({"error_subcode": subcode} if subcode is not None else {})
    body |= {"is_transient": transient} if transient is not None else {}
    return raw_error(body | {"fbtrace_id": "AFaultOnDemand000000000"} | more, http)


def raw_error(body: Any, http: int = 400) -> Act:
    """An answer whose `error` is exactly `body`."""

    def act(request: Request, proceed: Proceed) -> Response:
        kind = "invalid_token" if isinstance(body, dict) and body.get("code") == 190 else "invalid_request"
        headers = {"Content-Type": "application/json; charset=UTF-8", "Cache-Control": "no-store"}
        headers["Www-Authenticate"] = f'OAuth "Facebook Platform" "{kind}"'
        if asked := versions.split(request.path)[0]:
            headers["Facebook-Api-Version"] = asked
        return Response(http, headers, dumps({"error": body}))

    return act


def answer(status: int, body: bytes = b"", content_type: str | None = None, **headers: str) -> Act:
    """Any answer at all; without a content type there is no such header."""

    def act(request: Request, proceed: Proceed) -> Response:
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        return Response(status, ({"Content-Type": content_type} if content_type else {}) | named, body)

    return act


def html(status: int = 502) -> Act:
    """A proxy's HTML page: 502, 503, 504."""
    page = f"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>{status}</h1></body></html>"
    return answer(status, page.encode(), _HTML["Content-Type"])


def empty(status: int = 503) -> Act:
    """No body and no content type."""
    return answer(status)


def redirect(location: str, status: int = 302) -> Act:
    """A redirect, to another host for instance."""
    return answer(status, b"", "text/html", location=location)


def gzip_bomb(size: int = 256 << 20) -> Act:
    """A small gzip body that unpacks to `size` bytes of valid JSON."""

    def act(request: Request, proceed: Proceed) -> Response:
        pack = zlib.compressobj(9, zlib.DEFLATED, 31)
        block = b" " * (1 << 20)
        parts = [pack.compress(b'{"data":['), *(pack.compress(block) for _ in range(size >> 20))]
        body = b"".join([*parts, pack.compress(b"]}"), pack.flush()])
        return Response(200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, body)

    return act


def huge(size: int = 64 << 20) -> Act:
    """A plain JSON body of about `size` bytes."""
    return answer(200, b'{"data":[' + b" " * size + b"]}", "application/json")


# -- how the honest answer is sent ---------------------------------------------------------------------------------


def sent(**changes: Any) -> Act:
    """The honest answer, sent as `Wire` fields say."""

    def act(request: Request, proceed: Proceed) -> Response:
        return proceed().sent(**changes)

    return act


def latency(seconds: float) -> Act:
    """The answer comes later."""
    return sent(delay=seconds)


def drip(bytes_per_second: float = 1) -> Act:
    """The body comes in single bytes."""
    return sent(bytes_per_second=bytes_per_second)


def reset(after: int = 20) -> Act:
    """The connection is reset after so many bytes of the body."""
    return sent(cut_after=after)


def lost() -> Act:
    """What was asked is done (the comment is stored), but the answer never comes."""
    return sent(hang=True)


def hang() -> Act:
    """Nothing is done and nothing comes."""

    def act(request: Request, proceed: Proceed) -> Response:
        return Response(200, {}, b"", Wire(hang=True))

    return act


def stalled_header() -> Act:
    """Half of the header comes, then nothing."""

    def act(request: Request, proceed: Proceed) -> Response:
        return Response(200, {"Content-Type": "application/json"}, b"{}", Wire(stall_header=True))

    return act


# -- the honest answer, spoilt -------------------------------------------------------------------------------------


def truncated(keep: int = -10) -> Act:
    """The JSON breaks off: the first `keep` bytes, or all but the last -`keep`; the length header agrees."""
    return spoilt_bytes(lambda body: body[:keep])


def spoilt_bytes(change: Callable[[bytes], bytes]) -> Act:
    """The body, changed."""

    def act(request: Request, proceed: Proceed) -> Response:
        response = proceed()
        response.body = change(response.body)
        return response

    return act


def spoilt(change: Callable[[Any], Any]) -> Act:
    """The decoded body, changed: by what `change` returns, or in place when it returns None."""

    def act(request: Request, proceed: Proceed) -> Response:
        response = proceed()
        value = response.json()
        changed = change(value)
        response.body = dumps(value if changed is None else changed)
        return response

    return act


def mistyped(content_type: str | None = "text/html; charset=utf-8") -> Act:
    """The right body under a wrong content type, or under none."""

    def act(request: Request, proceed: Proceed) -> Response:
        response = proceed()
        response.headers.pop("Content-Type", None)
        if content_type is not None:
            response.headers["Content-Type"] = content_type
        return response

    return act


def zipped() -> Act:
    """The honest body, gzipped."""

    def act(request: Request, proceed: Proceed) -> Response:
        response = proceed()
        response.headers["Content-Encoding"] = "gzip"
        response.body = gzip.compress(response.body, 1)
        return response

    return act


def too_much(above: int) -> Act:
    """Code 1, HTTP 500 "reduce the amount of data" for every answer larger than `above` bytes."""

    def act(request: Request, proceed: Proceed) -> Response:
        response = proceed()
        if len(response.body) <= above:
            return response
        text = "Please reduce the amount of data you're asking for, then retry your request"
        return raw_error({"message": text, "code": 1}, 500)(request, proceed)

    return act


# -- hostile paging ------------------------------------------------------------------------------------------------


def next_is(address: str | None) -> Act:
    """The answer's `next` is this text (other host, userinfo, no token), or missing when None."""

    def change(value: dict[str, Any]) -> None:
        paging = value.setdefault("paging", {})
        paging.pop("next", None)
        if address is not None:
            paging["next"] = address

    return spoilt(change)


def empty_page() -> Act:
    """The items of this page are gone, its paging stays: an empty page with `next`."""
    return spoilt(lambda value: value | {"data": []})


def endless(*cursors: str, items: bool = True) -> Act:
    """Always a `next`: with the given cursors in turn (one: the same for ever; two: a cycle), or, without any, with
    a new one each time; `items=False` gives empty pages. Cursors already handed out are answered too."""
    turn = itertools.cycle(cursors) if cursors else (f"QVFNEW{n}" for n in itertools.count())

    def act(request: Request, proceed: Proceed) -> Response:
        request.params.pop("after", None)
        response = proceed()
        value = response.json()
        cursor = next(turn)
        host = request.headers.get("host", "graph.facebook.com")
        address = f"http://{host}{request.path}?access_token={request.token()}&after={cursor}"
        paging = {"cursors": {"before": cursor, "after": cursor}, "next": address}
        response.body = dumps(value | {"data": value["data"] if items else [], "paging": paging})
        return response

    return act


def twice() -> Act:
    """Every item of the page comes twice."""
    return spoilt(lambda value: value | {"data": [item for item in value["data"] for _ in "12"]})


def ok_with_error(code: int = 1, message: str = "An unknown error occurred") -> Act:
    """HTTP 200 and yet an `error` object."""
    return answer(200, json.dumps({"error": {"message": message, "code": code}}).encode(), "application/json")
