"""The one entry: a call comes in, an answer goes out. No sockets, no sleeping, no state but the world's."""

from __future__ import annotations

import gzip
import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, NamedTuple

from . import batch, ids, versions
from .errors import GraphError
from .options import Options
from .route import Context, Routes
from .rules import Faults
from .things import Page
from .tokens import Tokens
from .usage import Limits, Usage
from .wire import Request, Response, dumps
from .world import World

_HEADERS = {
    "Content-Type": "application/json; charset=UTF-8",
    "Vary": "Origin, Accept-Encoding",
    "Access-Control-Allow-Origin": "*",
    "Strict-Transport-Security": "max-age=15552000; preload",
    "Pragma": "no-cache",
    "Expires": "Sat, 01 Jan 2000 00:00:00 GMT",
    "X-Fb-Rev": "1031000000",
}
_CHALLENGE = {190: "invalid_token", 101: "invalid_client"}


class Call(NamedTuple):
    """One call as the log keeps it; the query (with the form) is without secrets."""

    method: str
    path: str
    query: str
    status: int


@dataclass(slots=True)
class Sandbox:
    """A Graph API over a world. `calls` is the log; `options`, `limits`, `tokens` and `faults` may change any time."""

    world: World
    options: Options = field(default_factory=Options)
    limits: Limits = field(default_factory=Limits)
    tokens: Tokens = field(default_factory=Tokens)
    faults: Faults = field(default_factory=Faults)
    calls: list[Call] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    _traces: itertools.count[int] = field(default_factory=itertools.count)

    def token(self, page: Page | str) -> str:
        """The text of a Page's token; the Page by itself or by its key."""
        known = self.tokens.page(self.world.pages[page] if isinstance(page, str) else page)
        return known.value

    def handle(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Response:
        """Answer one HTTP call. `path` without, `query` without `?`; `response.wire` says how to send the answer."""
        request = Request.parse(method, path, query, headers or {}, body)
        response = self._answer(request)
        if self.options.gzip and response.body and "gzip" in request.headers.get("accept-encoding", ""):
            response.headers["Content-Encoding"] = "gzip"
            response.body = gzip.compress(response.body, 1)
        return response

    def _answer(self, request: Request) -> Response:
        query = request.query()
        response = self.faults.around(request, lambda: self._honest(request))()
        self.calls.append(Call(request.method, request.path, query, response.status))
        return response

    def _honest(self, request: Request) -> Response:
        clock = self.world.clock()
        asked, segments = versions.split(request.path)
        context = Context(request, segments, int(clock.timestamp()), ids.trace_id(next(self._traces)))
        with self.world.lock:
            try:
                context.version = versions.served(asked, clock.date())
                body, status, error = dumps(self._value(context)), 200, None
            except GraphError as failure:
                body, status, error = dumps(failure.body(context.trace)), failure.http, failure
            headers = _headers(context, clock, body, error) | self._usage(context, error is not None)
        return Response(status, headers, body)

    def _value(self, context: Context) -> Any:
        for page in self.world.pages.values():
            self.tokens.page(page, now=context.now)
        self.usage.limits = self.limits
        routes, request = Routes(self.world, self.options, self.tokens, self.usage), context.request
        if not context.segments and "batch" in request.params:
            context.token = routes.authorise(context)
            return batch.run(request.params["batch"], request, context.version, self._answer)
        return routes.value(context)

    def _usage(self, context: Context, failed: bool) -> dict[str, str]:
        """A Page's own budget with its token; the app's with other tokens and after failures; none without a token."""
        if context.token is None:
            return {}
        bucket, owner = context.budget or ("app", self.tokens.app_id)
        if failed and not context.throttled:
            bucket, owner = "app", self.tokens.app_id
        return self.usage.headers(bucket, owner, context.now)


def _headers(context: Context, clock: datetime, body: bytes, error: GraphError | None) -> dict[str, str]:
    """The header set of an answer; an error carries a challenge in place of an entity tag."""
    headers = dict(_HEADERS)
    if error is None:
        headers["Cache-Control"] = "private, no-cache, no-store, must-revalidate"
        headers["Etag"] = f'"{hashlib.sha1(body, usedforsecurity=False).hexdigest()}"'
    else:
        kind = _CHALLENGE.get(error.code, "invalid_request")
        text = " ".join(error.message.encode("ascii", "replace").decode().split())
        headers["Www-Authenticate"] = f'OAuth "Facebook Platform" "{kind}" "{text}"'
        headers["Cache-Control"] = "no-store"
    if context.version:
        headers["Facebook-Api-Version"] = context.version
    headers |= {"X-Fb-Request-Id": context.trace, "X-Fb-Trace-Id": context.trace, "X-Fb-Debug": context.trace}
    headers["Date"] = format_datetime(clock.astimezone(UTC), usegmt=True)
    return headers
