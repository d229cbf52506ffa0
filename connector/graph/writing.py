"""Answering through Graph: under a comment or post, privately to a comment, by a message; and looking what stands there.

Graph has no idempotency key: a write is made once, and after an unknown outcome the caller looks before he writes again.
`POST /{comment}/comments` answers; `POST /{comment}` would edit: only the first is ever called here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.errors import Transient
from connector.graph.client import Graph
from connector.graph.paging import Guard, Halt, after_of

_MOST_BATCHES = 20
_READABLE_MESSAGES = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """What Graph shows of a comment or post now: hidden or not, and whether it takes an answer of the kind asked about."""

    hidden: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One of our own comments or messages."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """What we said somewhere; `whole` is False when there may be more that could not be read."""

    said: tuple[Said, ...]
    whole: bool


def see(graph: Graph, target: str, kind: str, *, private: bool) -> Seen:
    """A comment or post (`kind`) as it is now. Raises GraphError, Gone when it is deleted."""
    asked = "can_reply_privately" if private else "can_comment"
    fields = "id,is_hidden" if kind == "post" and not private else f"id,is_hidden,{asked}"  # posts know no can_comment
    data = graph.get(target, fields=fields).data
    return Seen(data.get("is_hidden") is True, data.get(asked) is not False)


def comment(graph: Graph, target: str, text: str) -> str:
    """A public answer under a comment or post; returns its id. Raises GraphError; Transient when nobody knows."""
    return _id_in(graph.post(f"{target}/comments", message=text).data, "id", target)


def reply_privately(graph: Graph, account_id: str, target: str, kind: str, text: str) -> str:
    """A private reply to a comment, or with kind "post" to a visitor's post: once for each, within 7 days. As `comment`."""
    recipient = {"post_id" if kind == "post" else "comment_id": target}
    sent = graph.post(f"{account_id}/messages", recipient=recipient, message={"text": text})
    return _id_in(sent.data, "message_id", target)


def message(graph: Graph, account_id: str, person: str, text: str) -> str:
    """A message within 24 hours of the person's last one; returns its id. As `comment`."""
    sent = graph.post(
        f"{account_id}/messages", recipient={"id": person}, messaging_type="RESPONSE", message={"text": text}
    )
    return _id_in(sent.data, "message_id", account_id)


def _id_in(data: Mapping[str, Any], name: str, target: str) -> str:
    found = data.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= 190:
        raise Transient(f"POST {target}: Graph took the answer but named no id; it is looked for")
    return found


def said_under(graph: Graph, account_id: str, target: str) -> Found:
    """Our own answers right under a comment or post, read to the end. Raises GraphError."""
    said: list[Said] = []
    guard, after = Guard(), None
    for _ in range(_MOST_BATCHES):
        data = graph.get(f"{target}/comments", fields="id,message,from{id}", limit=100, after=after).data
        said += _ours(data, account_id)
        after = after_of(data)
        if after is None:
            return Found(tuple(said), isinstance(data.get("data"), list))
        step = guard.step(after, len(data.get("data") or ()))
        if isinstance(step, Halt):
            break
        guard = step
    return Found(tuple(said), False)


def said_to(graph: Graph, account_id: str, person: str, since: datetime) -> Found:
    """Our own messages to a person; whole when all since then could be read, of which Graph shows the newest 20 only."""
    fields = f"id,messages.limit({_READABLE_MESSAGES}){{id,message,from,created_time}}"
    data = graph.get(f"{account_id}/conversations", platform="messenger", user_id=person, fields=fields).data
    talks = data.get("data")
    said: list[Said] = []
    whole = isinstance(talks, list)
    for talk in talks if isinstance(talks, list) else ():
        edge = talk.get("messages") if isinstance(talk, Mapping) else None
        edge = edge if isinstance(edge, Mapping) else {}
        said += _ours(edge, account_id)
        whole = whole and _reaches(edge.get("data"), since)
    return Found(tuple(said), whole)


def _reaches(nodes: Any, since: datetime) -> bool:
    """Whether a list of messages, newest first, goes back to a time or shows all there are."""
    if not isinstance(nodes, list) or len(nodes) < _READABLE_MESSAGES:
        return isinstance(nodes, list)
    try:
        oldest = min(datetime.fromisoformat(node["created_time"]) for node in nodes)
    except (KeyError, TypeError, ValueError):
        return False
    return oldest < since


def _ours(data: Mapping[str, Any], account_id: str) -> list[Said]:
    """What the account wrote, or what does not say who wrote it: rather one answer too few than one too many."""
    nodes = data.get("data")
    found = []
    for node in nodes if isinstance(nodes, list) else ():
        if not isinstance(node, Mapping):
            continue
        author = node.get("from")
        ident = author.get("id") if isinstance(author, Mapping) else account_id
        if str(ident) == account_id and isinstance(node.get("message"), str):
            found.append(Said(str(node.get("id")), node["message"]))
    return found
