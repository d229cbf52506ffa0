"""From a call to its value: who asks, about what, and which node or edge answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import tokens, writes
from .edges import EDGES, EMPTY, is_old
from .errors import GraphError, bad_request, dead_edge, gone, message_gone, unknown_alias, unknown_field
from .fields import Field, parse
from .options import Options
from .render import KINDS, compile_plan, edge_plan, kind_of, read_edge, render
from .things import Message, Page, Profile
from .tokens import Token, Tokens
from .usage import Bucket, Usage
from .values import user_of
from .view import View, is_messenger, may_see, page_of
from .wire import Request
from .world import World

_MESSENGER = frozenset({"conversations", "threads", "messages"})
_TWO_MONTHS = 5_184_000


@dataclass(slots=True)
class Context:
    """What is known of a call while it is answered; the headers, also those of a failed call, are made from it."""

    request: Request
    segments: list[str]
    now: int
    trace: str
    version: str = ""
    token: Token | None = None
    budget: tuple[Bucket, str] | None = None
    throttled: bool = False


@dataclass(slots=True)
class Routes:
    """The ways through the API over one world."""

    world: World
    options: Options
    tokens: Tokens
    usage: Usage

    def value(self, context: Context) -> Any:
        """The JSON value that answers the call, or a GraphError."""
        request, segments = context.request, context.segments
        if "ids" in request.params:
            raise GraphError(100, "The ids query parameter is deprecated in v26.0+.", http=500)
        if segments == ["oauth", "access_token"]:
            return self._exchange(request, context.now)
        context.token = self.authorise(context)
        if segments == ["debug_token"]:
            return self._debug(context.token, request.text("input_token"), context.now)
        if not segments or len(segments) > 2:
            raise GraphError(2500, f"Unknown path components: /{'/'.join(segments)}")
        node = self._node(segments[0], context.token, request.method)
        fields = parse(request.text("fields")) if request.text("fields") else None
        view = self._view(context, context.token)
        self._spend(node, view, fields, context)
        edge = segments[1] if len(segments) == 2 else ""
        if request.method == "GET":
            return self._read_edge(node, edge, fields, view, request) if edge else self._read(node, fields, view)
        return self._write(node, edge, view, request)

    def authorise(self, context: Context) -> Token:
        """The living token of the call, its proof checked."""
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

    def _view(self, context: Context, token: Token) -> View:
        base = self.options.next_base or f"http://{context.request.headers.get('host', 'graph.facebook.com')}"
        return View(self.world, self.options, self.tokens, token, context.now, f"{base}/{context.version}")

    def _node(self, name: str, token: Token, method: str) -> Any:
        """The node behind an id, `me`, a Page's user name, or a person's PSID (for the Page that knows him)."""
        if name == "me":
            return self.world.nodes[token.page_id] if token.kind == "PAGE" else user_of(token)
        if node := self.world.nodes.get(name):
            return node
        if token.kind in ("USER", "SYSTEM_USER") and name == token.user_id:
            return user_of(token)
        person = self.world.people.get(name)
        if person is not None and person[1].id == token.page_id:
            return person[0]
        for page in self.world.pages.values():
            if page.username == name:
                return page
        raise gone(name, method) if name[:1].isdigit() or "_" in name else unknown_alias(name)

    def _spend(self, node: Any, view: View, fields: tuple[Field, ...] | None, context: Context) -> None:
        """Count the call against the budget it belongs to, and keep the pace of the Conversations API."""
        person = isinstance(node, Profile)
        threads = context.segments[-1] in _MESSENGER or is_messenger(node)
        threads = threads or any(field.name in _MESSENGER for field in fields or ())
        bucket: Bucket = "messenger" if threads or person else "pages"
        context.budget = (bucket, view.page_id) if view.page_id else ("app", self.tokens.app_id)
        try:
            self.usage.spend(*context.budget, context.now)
            if threads and not person and context.request.method == "GET":
                options, exact = self.options, self.world.clock().timestamp()
                self.usage.pace(page_of(node).id, exact, options.conversations_per_second, options.conversations_error)
        except GraphError:
            context.throttled = True
            raise

    # -- reading and writing ---------------------------------------------------------------------------------------

    def _read(self, node: Any, fields: tuple[Field, ...] | None, view: View) -> Any:
        _visible(node, view)
        return render(compile_plan(kind_of(node), fields), node, view)

    def _read_edge(self, node: Any, name: str, fields: tuple[Field, ...] | None, view: View, request: Request) -> Any:
        kind = kind_of(node)
        if name not in KINDS[kind].edges:
            raise unknown_field(name, kind)
        edge = EDGES[kind].get(name, EMPTY)
        if edge.dead:
            raise dead_edge(name)
        silent = name == "comments" and view.token.kind in ("USER", "SYSTEM_USER")
        if not (silent or isinstance(node, Page)):
            _visible(node, view)
        arguments = {name: request.text(name) for name in request.params}
        return read_edge(node, name, edge, edge_plan(name, edge, fields), arguments, view)

    def _write(self, node: Any, edge: str, view: View, request: Request) -> Any:
        if isinstance(node, Profile):
            raise gone(node.id, request.method)
        if request.method == "DELETE" and not edge:
            return writes.delete_node(node, view)
        if request.method != "POST":
            raise bad_request(f"Unsupported {request.method.lower()} request")
        if not edge:
            return writes.post_node(node, request, view)
        return writes.post_edge(node, edge, request, view, self.usage)

    # -- the calls that are about no node --------------------------------------------------------------------------

    def _debug(self, token: Token, asked: str, now: int) -> Any:
        if token.kind == "PAGE" and asked != token.value:
            raise bad_request("You must provide an app access token, or a user access token of a developer of the app")
        return tokens.inspect(self.tokens, asked, now)

    def _exchange(self, request: Request, now: int) -> Any:
        """An app token for id and secret, or a user's token of 60 days for his short one."""
        app = self.tokens.find(f"{request.text('client_id')}|{request.text('client_secret')}", now)
        if request.text("grant_type") == "client_credentials":
            return {"access_token": app.value, "token_type": "bearer"}
        short = self.tokens.find(request.text("fb_exchange_token"), now)
        made = self.tokens.issue("USER", scopes=short.scopes, user_id=short.user_id, expires_at=now + _TWO_MONTHS)
        return {"access_token": made.value, "token_type": "bearer", "expires_in": _TWO_MONTHS}


def _visible(node: Any, view: View) -> None:
    """Refuse what the token may not load: things of another Page, messages that are gone or too old."""
    if isinstance(node, Profile):
        return
    if not may_see(node, view):
        raise gone(node.id)
    if isinstance(node, Message) and (node.unsent or is_old(node, view)):
        raise message_gone()
