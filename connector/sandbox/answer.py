"""The one entry: a call comes in, an answer goes out. No sockets, no sleeping, no state but the world's."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, NamedTuple

from . import ids, tokens, versions, writes
from .edges import EDGES, EMPTY, is_old
from .errors import GraphError, bad_request, dead_edge, gone, message_gone, unknown_alias, unknown_field
from .faults import Faults
from .fields import parse
from .options import Options
from .render import KINDS, compile_plan, edge_plan, kind_of, read_edge, render
from .things import Message, Node, Page, Profile
from .tokens import Token, Tokens
from .usage import Bucket, Limits, Usage
from .values import user_of
from .view import View, is_messenger, may_see, page_of
from .wire import Request, Response, dumps
from .world import World

_PLAIN = {
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
    """One call as the log keeps it; the query without secrets."""

    method: str
    path: str
    query: str
    status: int


@dataclass(slots=True)
class _Context:
    """What is known of a call while it is answered: for the headers, also of a failed one."""

    request: Request
    version: str
    segments: list[str]
    now: int
    trace: str
    token: Token | None = None
    budget: tuple[Bucket, str] | None = None
    throttled: bool = False


@dataclass(slots=True)
class Sandbox:
    """A Graph API over a world. `calls` is the log; `faults`, `options`, `usage.limits` and `tokens` may be changed
    at any time."""

    world: World
    options: Options = field(default_factory=Options)
    limits: Limits = field(default_factory=Limits)
    tokens: Tokens = field(default_factory=Tokens)
    faults: Faults = field(default_factory=Faults)
    calls: list[Call] = field(default_factory=list)
    usage: Usage = field(init=False)
    _count: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.usage = Usage(self.limits)
        now = self.world.now()
        for page in self.world.pages.values():
            token = self.tokens.page(page)
            token.issued_at, token.data_access_expires_at = now - 10 * 86_400, now + 80 * 86_400

    def token(self, page: Page | str) -> str:
        """The text of a Page's token; the Page by itself or by its key."""
        return self.tokens.page(self.world.pages[page] if isinstance(page, str) else page).value

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
        if self.options.gzip and "gzip" in request.headers.get("accept-encoding", "") and response.body:
            response.headers["Content-Encoding"] = "gzip"
            response.body = gzip.compress(response.body, 1)
        return response

    def _answer(self, request: Request) -> Response:
        logged = request.query()
        response = self.faults.around(request, lambda: self._honest(request))()
        self.calls.append(Call(request.method, request.path, logged, response.status))
        return response

    def _honest(self, request: Request) -> Response:
        now = self.world.clock()
        asked, segments = versions.split(request.path)
        context = _Context(request, "", segments, int(now.timestamp()), ids.trace_id(next(self._count)))
        with self.world.lock:
            try:
                context.version = versions.served(asked, now.date())
                status, value = 200, self._value(context)
            except GraphError as error:
                return self._response(context, error.http, dumps(error.body(context.trace)), now, error)
        return self._response(context, status, dumps(value), now)

    def _response(
        self, context: _Context, status: int, body: bytes, now: datetime, error: GraphError | None = None
    ) -> Response:
        headers = dict(_PLAIN)
        if error is None:
            headers["Cache-Control"] = "private, no-cache, no-store, must-revalidate"
            headers["Etag"] = f'"{hashlib.sha1(body, usedforsecurity=False).hexdigest()}"'
        else:
            kind = _CHALLENGE.get(error.code, "invalid_request")
            text = error.message.encode("ascii", "replace").decode().replace("\n", " ")
            headers["Www-Authenticate"] = f'OAuth "Facebook Platform" "{kind}" "{text}"'
            headers["Cache-Control"] = "no-store"
        if context.version:
            headers["Facebook-Api-Version"] = context.version
        headers |= {"X-Fb-Request-Id": context.trace, "X-Fb-Trace-Id": context.trace, "X-Fb-Debug": context.trace}
        headers["Date"] = format_datetime(now.astimezone(UTC), usegmt=True)
        return Response(status, headers | self._usage_headers(context, error is not None), body)

    def _usage_headers(self, context: _Context, failed: bool) -> dict[str, str]:
        """A Page's own budget with its token; the app's with other tokens and after failures; none without a token."""
        if context.token is None:
            return {}
        bucket, owner = context.budget or ("app", self.tokens.app_id)
        if failed and not context.throttled:
            bucket, owner = "app", self.tokens.app_id
        return self.usage.headers(bucket, owner, context.now)

    # -- from a call to a value ------------------------------------------------------------------------------------

    def _value(self, context: _Context) -> Any:
        request, segments = context.request, context.segments
        if not segments and "batch" in request.params:
            return self._batch(context)
        if "ids" in request.params:
            raise GraphError(100, "The ids query parameter is deprecated in v26.0+.", http=500)
        if segments == ["oauth", "access_token"]:
            return self._exchange(request, context.now)
        context.token = self._token(context)
        if segments == ["debug_token"]:
            return self._debug(context)
        if not segments or len(segments) > 2:
            raise GraphError(2500, f"Unknown path components: /{'/'.join(segments)}")
        node, view = self._node(segments[0], context), self._view(context)
        self._spend(node, view, context)
        edge = segments[1] if len(segments) == 2 else ""
        if request.method == "GET":
            return self._read(node, edge, view, request)
        return self._write(node, edge, view, context)

    def _token(self, context: _Context) -> Token:
        request, value = context.request, context.request.token()
        if not value:
            if context.segments[:1] == ["me"]:
                text = "An active access token must be used to query information about the current user."
                raise GraphError(2500, text)
            raise GraphError(104, "An access token is required to request this resource.")
        token = self.tokens.find(value, context.now)
        proof, time = request.text("appsecret_proof"), request.text("appsecret_time")
        self.tokens.check_proof(value, proof, time, self.options.require_proof and token.kind != "APP")
        return token

    def _view(self, context: _Context) -> View:
        base = self.options.next_base or f"http://{context.request.headers.get('host', 'graph.facebook.com')}"
        token = context.token or self.tokens.app()
        return View(self.world, self.options, self.tokens, token, context.now, f"{base}/{context.version}")

    def _node(self, name: str, context: _Context) -> Any:
        token = context.token
        if name == "me" and token is not None:
            return self.world.nodes[token.page_id] if token.kind == "PAGE" else user_of(token)
        node = self.world.nodes.get(name)
        if node is not None:
            return node
        if token is not None and token.kind in ("USER", "SYSTEM_USER") and name == token.user_id:
            return user_of(token)
        if name in self.world.people and token is not None and self.world.people[name][1].id == token.page_id:
            return self.world.people[name][0]
        for page in self.world.pages.values():
            if page.username == name:
                return page
        raise gone(name, context.request.method) if name[:1].isdigit() or "_" in name else unknown_alias(name)

    def _spend(self, node: Any, view: View, context: _Context) -> None:
        """Count the call against the budget it belongs to, and keep the pace of the Conversations API."""
        edge = context.segments[-1]
        person = isinstance(node, Profile)
        messenger = person or edge in ("conversations", "threads", "messages") or is_messenger(node)
        bucket: Bucket = "messenger" if messenger else "pages"
        context.budget = (bucket, view.page_id) if view.page_id else ("app", self.tokens.app_id)
        try:
            self.usage.spend(*context.budget, context.now)
            if messenger and not person and context.request.method == "GET":
                exact, options = self.world.clock().timestamp(), self.options
                pace, code = options.conversations_per_second, options.conversations_error
                self.usage.pace(page_of(node).id, exact, pace, code)
        except GraphError:
            context.throttled = True
            raise

    def _read(self, node: Any, edge_name: str, view: View, request: Request) -> Any:
        kind = kind_of(node)
        fields = parse(request.text("fields")) if request.text("fields") else None
        if not edge_name:
            self._check_visible(node, view, request.method)
            return render(compile_plan(kind, fields), node, view)
        if edge_name not in KINDS[kind].edges:
            raise unknown_field(edge_name, kind)
        edge = EDGES[kind].get(edge_name, EMPTY)
        if edge.dead:
            raise dead_edge(edge_name)
        quiet = edge_name == "comments" and view.token.kind in ("USER", "SYSTEM_USER")
        if kind != "Page" and not quiet:
            self._check_visible(node, view, request.method)
        arguments = {name: request.text(name) for name in request.params}
        return read_edge(node, edge_name, edge, edge_plan(edge_name, edge, fields), arguments, view)

    def _check_visible(self, node: Any, view: View, method: str) -> None:
        if isinstance(node, Profile):
            return
        if not may_see(node, view):
            raise gone(node.id, method)
        if isinstance(node, Message) and (node.unsent or is_old(node, view)):
            raise message_gone()

    def _write(self, node: Node, edge: str, view: View, context: _Context) -> Any:
        request = context.request
        if isinstance(node, Profile):
            raise gone(node.id, request.method)
        if request.method == "DELETE" and not edge:
            return writes.delete_node(node, view)
        if request.method != "POST":
            raise bad_request(f"Unsupported {request.method.lower()} request")
        return writes.post_edge(node, edge, request, view) if edge else writes.post_node(node, request, view)

    # -- the calls that are about no node --------------------------------------------------------------------------

    def _debug(self, context: _Context) -> Any:
        asked = context.request.text("input_token")
        if context.token is not None and context.token.kind == "PAGE" and asked != context.token.value:
            raise bad_request("You must provide an app access token, or a user access token of a developer of the app")
        return tokens.inspect(self.tokens, asked, context.now)

    def _exchange(self, request: Request, now: int) -> Any:
        app = f"{request.text('client_id')}|{request.text('client_secret')}"
        self.tokens.find(app, now)
        if request.text("grant_type") == "client_credentials":
            return {"access_token": self.tokens.app().value, "token_type": "bearer"}
        short = self.tokens.find(request.text("fb_exchange_token"), now)
        made = self.tokens.issue("USER", scopes=short.scopes, user_id=short.user_id, expires_at=now + 5_184_000)
        return {"access_token": made.value, "token_type": "bearer", "expires_in": 5_184_000}

    def _batch(self, context: _Context) -> Any:
        """At most 50 calls in one: each with its own status; an entry that never answers is null."""
        context.token = self._token(context)
        batch = context.request.params["batch"]
        entries = json.loads(batch) if isinstance(batch, str) else batch
        if not isinstance(entries, list) or len(entries) > 50:
            raise bad_request("Too many requests in batch message. Maximum batch size is 50")
        return [self._entry(entry, context) for entry in entries]

    def _entry(self, entry: dict[str, Any], context: _Context) -> Any:
        path, _, query = str(entry.get("relative_url", "")).partition("?")
        shared = {"host": context.request.headers.get("host", "graph.facebook.com")}
        path = path if versions.split(path)[0] else f"{context.version}/{path.lstrip('/')}"
        shared |= {"content-type": "application/x-www-form-urlencoded"}
        body = str(entry.get("body", "")).encode()
        request = Request.parse(str(entry.get("method", "GET")), f"/{path.lstrip('/')}", query, shared, body)
        for name in ("access_token", "appsecret_proof"):
            value = context.request.token() if name == "access_token" else context.request.text(name)
            if value:
                request.params.setdefault(name, value)
        response = self._answer(request)
        if response.wire is not None and response.wire.hang:
            return None
        answer: dict[str, Any] = {"code": response.status}
        if context.request.text("include_headers").lower() not in ("false", "0"):
            answer["headers"] = [{"name": name, "value": value} for name, value in response.headers.items()]
        return answer | {"body": response.body.decode("utf-8", "replace")}
