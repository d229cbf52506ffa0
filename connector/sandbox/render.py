"""From nodes to JSON: asked fields are compiled into a plan once, and a plan renders any number of nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from . import names, values
from .edges import EDGES, EMPTY, Edge, is_old
from .errors import bad_request, dead_edge, dead_field, unknown_field
from .fields import Field, unparse
from .paging import Cut, Listing, cut, link, wrap
from .things import Comment, Conversation, Message, Page, Post
from .values import Getter, Getters
from .view import View, number

_NOT_REPEATED = frozenset(
    {"fields", "limit", "after", "before", "access_token", "appsecret_proof", "as", "pretty", "method"}
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A node type: the names it knows, how its fields are read, and what is given when no field is asked."""

    fields: frozenset[str]
    edges: frozenset[str]
    getters: Getters
    default: tuple[str, ...]


KINDS: Mapping[str, Kind] = {
    "Page": Kind(names.PAGE_FIELDS, names.PAGE_EDGES, values.PAGE, ("name", "id")),
    "PagePost": Kind(names.POST_FIELDS, names.POST_EDGES, values.POST, ("created_time", "message", "story", "id")),
    "Comment": Kind(
        names.COMMENT_FIELDS, names.COMMENT_EDGES, values.COMMENT, ("created_time", "from", "message", "id")
    ),
    "UnifiedThread": Kind(names.THREAD_FIELDS, names.THREAD_EDGES, values.THREAD, ("id", "updated_time")),
    "UnifiedMessage": Kind(names.MESSAGE_FIELDS, names.MESSAGE_EDGES, values.MESSAGE, ("id", "created_time")),
    "User": Kind(names.PROFILE_FIELDS, names.USER_EDGES, values.USER, ("name", "id")),
}
# Values that are plain objects; what may be asked of them.
SHAPES: Mapping[str, frozenset[str]] = {
    "StoryAttachment": names.ATTACHMENT_FIELDS,
    "MessageAttachment": names.MESSAGE_ATTACHMENT_FIELDS,
    "Permission": frozenset({"permission", "status"}),
}
_DEFAULT_SHAPE = {"StoryAttachment": ("description", "media", "target", "title", "type", "url", "subattachments")}
# Fields that hold another node.
_NODES = {("Comment", "parent"): "Comment", ("Comment", "object"): "PagePost"}
_SHAPED = {"from": names.PROFILE_FIELDS, "to": names.PROFILE_FIELDS, "participants": names.PROFILE_FIELDS}
_SHAPED |= {"senders": names.PROFILE_FIELDS, "attachment": names.ATTACHMENT_FIELDS}

Plan = tuple[tuple[str, Getter], ...]


def kind_of(node: Any) -> str:
    """The node type's name, as error messages write it."""
    types = {Page: "Page", Post: "PagePost", Comment: "Comment", Conversation: "UnifiedThread"}
    return types.get(type(node)) or ("UnifiedMessage" if isinstance(node, Message) else "User")


def render(plan: Plan, node: Any, view: View) -> dict[str, Any]:
    """One node as JSON: the asked fields that hold data, in the order asked, `id` last when it was not asked."""
    out: dict[str, Any] = {}
    for key, read in plan:
        value = read(node, view)
        if value is not None:
            out[key] = value
    return out


@lru_cache(maxsize=2048)
def compile_plan(kind: str, fields: tuple[Field, ...] | None) -> Plan:
    """Asked fields (None: the defaults) → a plan; error 100 for an unknown name, 12 for a dead one."""
    if kind in SHAPES:
        return _shape_plan(kind, fields)
    known = KINDS[kind]
    asked = tuple(map(Field, known.default)) if fields is None else fields
    steps = [_step(kind, known, field) for field in asked]
    if not any(field.name == "id" for field in asked):
        steps.append(("id", known.getters["id"]))
    if kind == "UnifiedMessage":
        steps = [(key, read if key == "id" else _veiled(read)) for key, read in steps]
    return tuple(steps)


def _step(kind: str, known: Kind, field: Field) -> tuple[str, Getter]:
    name = field.name
    key = field.arguments.get("as", name)
    if name in known.edges:
        return key, _edge_step(kind, EDGES[kind].get(name, EMPTY), field)
    tolerated = names.TOLERATED.get(kind, frozenset())
    if name not in known.fields and name not in tolerated:
        if kind == "PagePost" and name in names.DEAD_POST_FIELDS:
            raise dead_field()
        raise unknown_field(name, kind)
    read = known.getters.get(name, _absent)
    if inner := _NODES.get((kind, name)):
        return key, _node_step(read, compile_plan(inner, field.inner))
    if field.inner:
        return key, _picked(read, field.inner, _SHAPED.get(name))
    return key, read


def _absent(node: Any, view: View) -> None:
    return None


def _veiled(read: Getter) -> Getter:
    """Nothing but the id of a message that is too old to be read."""
    return lambda message, view: None if is_old(message, view) else read(message, view)


def _node_step(read: Getter, plan: Plan) -> Getter:
    def step(node: Any, view: View) -> Any:
        found = read(node, view)
        return None if found is None else render(plan, found, view)

    return step


def _picked(read: Getter, inner: tuple[Field, ...], allowed: frozenset[str] | None) -> Getter:
    for field in inner:
        if allowed is not None and field.name not in allowed:
            raise unknown_field(field.name, "User" if allowed is names.PROFILE_FIELDS else "StoryAttachment")
    return lambda node, view: pick(read(node, view), inner)


def pick(value: Any, inner: tuple[Field, ...] | None) -> Any:
    """The asked parts of a plain object (or of each in its `data`), `id` last when there is one."""
    if value is None or not inner or not isinstance(value, dict):
        return value
    if isinstance(value.get("data"), list):
        return value | {"data": [pick(item, inner) for item in value["data"]]}
    out = {field.name: pick(value[field.name], field.inner) for field in inner if field.name in value}
    return out | ({"id": value["id"]} if "id" in value and "id" not in out else {})


def _shape_plan(kind: str, fields: tuple[Field, ...] | None) -> Plan:
    default = _DEFAULT_SHAPE.get(kind, tuple(sorted(SHAPES[kind])))
    steps: list[tuple[str, Getter]] = []
    for field in tuple(map(Field, default)) if fields is None else fields:
        if field.name not in SHAPES[kind]:
            raise unknown_field(field.name, kind)
        steps.append((field.name, _picked(_item(field.name), field.inner or (), None)))
    return tuple(steps)


def _item(name: str) -> Getter:
    return lambda value, view: value.get(name)


# -- edges ---------------------------------------------------------------------------------------------------------


def _edge_step(kind: str, edge: Edge, field: Field) -> Getter:
    arguments = field.arguments
    plan = edge_plan(field.name, edge, field.inner)
    if field.inner is not None:
        arguments["fields"] = unparse(field.inner)

    def step(node: Any, view: View) -> Any:
        answer = read_edge(node, field.name, edge, plan, arguments, view)
        return answer if answer["data"] or len(answer) > 1 else None

    return step


def edge_plan(name: str, edge: Edge, fields: tuple[Field, ...] | None) -> Plan:
    """The plan for an edge's items; error 12 for an edge that no version serves any more."""
    if edge.dead:
        raise dead_edge(name)
    if fields is None and edge.default is not None:
        fields = tuple(map(Field, edge.default))
    return compile_plan(edge.items, fields)


def read_edge(node: Any, name: str, edge: Edge, plan: Plan, arguments: dict[str, str], view: View) -> dict[str, Any]:
    """An edge's page as JSON: data, paging, summary."""
    limit = _limit(edge, name, arguments, view)
    listing = edge.select(node, arguments, view)
    page = _page(listing, limit, arguments, view)
    data = [render(plan, item, view) for item in page.items]
    kept = {key: value for key, value in arguments.items() if key not in _NOT_REPEATED and value}
    repeated = ({"fields": arguments["fields"]} if "fields" in arguments else {}) | kept | {"limit": str(limit)}
    answer = wrap(data, page, lambda cursor: link(view.base, f"/{node.id}/{name}", repeated | cursor, view.link_token))
    if listing.summary is not None:
        answer["summary"] = listing.summary
    return answer


def _page(listing: Listing, limit: int, arguments: dict[str, str], view: View) -> Cut:
    if listing.bare:
        return Cut(list(listing.items[:limit]))
    if limit == 0:
        return Cut([])
    return cut(listing, limit, arguments, view.options)


def _limit(edge: Edge, name: str, arguments: dict[str, str], view: View) -> int:
    limit = number(arguments.get("limit") or str(edge.limit), "limit")
    if limit < 0:
        raise bad_request("Param limit must be a non-negative integer")
    if edge.refuse_above is not None and limit > edge.refuse_above:
        raise bad_request(f"The 'limit' parameter should not exceed {edge.refuse_above}")
    return min(limit, view.options.comments_ceiling) if name == "comments" else min(limit, 500)
