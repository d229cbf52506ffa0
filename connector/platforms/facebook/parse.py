"""Graph's objects as raw items, and raw items as items. Pure; nothing that a stranger sends makes it raise but Unreadable."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ...errors import OutOfSight, Unreadable
from ...records import THIN, Account, Attachment, Item, ItemKind, RawItem, Stream

PLATFORM = "facebook"
_ID = re.compile(r"[!-~]{1,190}")
_NO_ID = re.compile(r"[/?#\\]")  # what would lead to another address when the id is asked for
_PAGING = {"paging"}
_sorted = json.JSONEncoder(sort_keys=True, default=str).encode


def usable_id(value: Any) -> str | None:
    """An id as text, or None when it cannot be one. Old answers have numbers."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return text if isinstance(text, str) and _ID.fullmatch(text) and not _NO_ID.search(text) else None


def when(value: Any) -> datetime | None:
    """A Graph time such as 2021-02-12T16:27:12+0000, aware; None for anything else, and for years that no clock shows."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        at = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if 1970 <= at.year <= 2200 else None


def child(node: Any, *path: str) -> Any:
    """What stands at a path of nested objects, or None."""
    for name in path:
        node = node.get(name) if isinstance(node, dict) else None
    return node


def nodes_of(data: Any) -> list[Any]:
    """The objects in an answer or nested edge; none when it has no list of them."""
    nodes = child(data, "data")
    return nodes if isinstance(nodes, list) else []


def count_of(edge: Any) -> int | None:
    """How many objects Graph counts in a list; None when it does not say, or says no number."""
    return whole_number(child(edge, "summary", "total_count"))


def whole_number(value: Any) -> int | None:
    """A count as sent; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None


def flat(edge: Any) -> bool:
    """Whether a list of comments has no reply among them, as one has that leaves replies out."""
    nodes = nodes_of(edge)
    return bool(nodes) and not any(child(node, "parent") for node in nodes)


def replied(edge: Any) -> bool:
    """Whether a comment of a list says that it has replies."""
    return any(whole_number(child(node, "comment_count")) for node in nodes_of(edge))


def stirred(node: Any) -> bool:
    """Whether a post has moved since it was made: by a comment, a reply or an edit; where Graph does not say, it may have."""
    made, moved = when(child(node, "created_time")), when(child(node, "updated_time"))
    return made is None or moved is None or moved > made


def without_paging(value: Any) -> Any:
    """The same object less all paging: its addresses carry the access token."""
    if isinstance(value, dict):
        return {k: without_paging(v) for k, v in value.items() if k not in _PAGING}
    if isinstance(value, list):
        return [without_paging(v) for v in value]
    return value


def raw_post(account: Account, node: Any) -> RawItem:
    """A post of the feed: the account's own, or a visitor's when somebody else wrote it."""
    stream: Stream = "posts" if author_of(node) == account.id else "visitor_posts"
    return _raw(account, stream, "post", node, post_id=usable_id(child(node, "id")))


def raw_comment(account: Account, post_id: str, node: Any) -> RawItem:
    """A comment or reply; `post_id` is the post it was asked under, since its own id need not tell."""
    return _raw(account, "comments", "comment", node, post_id=post_id, parent_id=usable_id(child(node, "parent", "id")))


def raw_message(account: Account, conversation_id: str, node: Any) -> RawItem:
    """A Messenger message."""
    return _raw(account, "messages", "message", node, conversation_id=conversation_id)


def _raw(
    account: Account,
    stream: Stream,
    kind: ItemKind,
    node: Any,
    *,
    post_id: str | None = None,
    parent_id: str | None = None,
    conversation_id: str | None = None,
) -> RawItem:
    payload = node if isinstance(node, dict) else {"not_an_object": node}
    payload = {k: without_paging(v) for k, v in payload.items() if k not in ("comments", "messages", "paging")}
    fingerprint = _fingerprint(payload)
    return RawItem(
        platform=PLATFORM,
        account=account.key,
        stream=stream,
        kind=kind,
        id=usable_id(payload.get("id")) or f"?{fingerprint}",
        post_id=post_id,
        parent_id=parent_id,
        conversation_id=conversation_id,
        created_at=when(payload.get("created_time")),
        payload=payload,
        fingerprint=fingerprint,
        thin=payload.keys() <= THIN,
        author_id=author_of(payload),
    )


def words_of(payload: Any) -> str | None:
    """What a post, comment or message says; None where that is no text."""
    words = child(payload, "message")
    return words if isinstance(words, str) else None


def author_of(node: Any) -> str | None:
    """Who sent a post, comment or message; None where Graph hides it."""
    return usable_id(child(node, "from", "id"))


def _fingerprint(payload: Mapping[str, Any]) -> str:
    """Of what an item means; signed addresses, counters and moved times are left out."""
    meaning = [
        payload.get("id"),
        payload.get("message"),
        child(payload, "from", "id"),
        child(payload, "parent", "id"),
        payload.get("created_time"),
        bool(payload.get("is_hidden")),
        bool(payload.get("is_private")),
        payload.get("story"),
        bool(payload.get("sticker")),
        [(a.type, a.name) for a in _attachments(payload)],
    ]
    if "id" not in payload:
        meaning.append(payload)
    return hashlib.blake2b(_sorted(meaning).encode(), digest_size=16).hexdigest()


def parse(raw: RawItem, account_id: str) -> Item:
    """A raw item as understood. Raises Unreadable with the reason when it has no id or its text is no text, OutOfSight for a
    message of which there is no more than the id.
    """
    payload = raw.payload
    if raw.id.startswith("?"):
        raise Unreadable("the object came without a usable id")
    text = payload.get("message")
    if text is not None and not isinstance(text, str):
        raise Unreadable(f"message is a {type(text).__name__}, not a text")
    if raw.kind == "message" and raw.thin:
        raise OutOfSight("Graph shows only the id of this message: it is older than the newest 20")
    author = author_of(payload)
    name = child(payload, "from", "name")
    link = payload.get("permalink_url")
    return Item(
        platform=raw.platform,
        account=raw.account,
        stream=raw.stream,
        kind=raw.kind,
        id=raw.id,
        post_id=raw.post_id,
        parent_id=raw.parent_id,
        conversation_id=raw.conversation_id,
        author_id=author,
        author_name=name if isinstance(name, str) else None,
        by_account=author == account_id,
        text=text,
        created_at=raw.created_at,
        permalink=link if isinstance(link, str) and link.startswith("https://") else None,
        hidden=payload.get("is_hidden") is True,
        attachments=tuple(_attachments(payload)),
    )


def _attachments(payload: Mapping[str, Any]) -> list[Attachment]:
    found: list[Attachment] = []
    single = payload.get("attachment")
    for node in [single, *nodes_of(payload.get("attachments")), *nodes_of(payload.get("shares"))]:
        if isinstance(node, dict):
            kind = node.get("mime_type") or node.get("media_type") or node.get("type") or "share"
            name = node.get("name") or node.get("title")
            found.append(Attachment(str(kind), name if isinstance(name, str) else None, _stable(node)))
    if payload.get("sticker"):
        found.append(Attachment("sticker"))
    return found


def _stable(node: Mapping[str, Any]) -> str | None:
    """An address a person may open; signed addresses of files die within days and are left out."""
    link = child(node, "target", "url") or node.get("url") or node.get("link")
    return link if isinstance(link, str) and link.startswith("https://") and "fbcdn" not in link else None
