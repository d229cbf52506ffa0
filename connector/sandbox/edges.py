"""The edges: what a Page, post, comment or conversation holds, before it is cut into pages."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import bad_request, message_gone
from .paging import Listing
from .things import Comment, Conversation, Message, Page, Post, Profile
from .values import message_attachment, story_attachment, user_of
from .view import View, choice, moment, page_of
from .world import by_time, readable

Arguments = dict[str, str]
Select = Callable[[Any, Arguments, View], Listing]


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge: the node type of its items, how they are found, limits, its own default fields if any, and whether no
    version serves it any more."""

    items: str
    select: Select
    limit: int = 25
    refuse_above: int | None = None
    default: tuple[str, ...] | None = None
    dead: bool = False


# -- posts ---------------------------------------------------------------------------------------------------------


def _posts(wanted: Callable[[Post], bool], *scopes: str) -> Select:
    def select(page: Page, arguments: Arguments, view: View) -> Listing:
        if view.token.kind == "PAGE":
            view.require_page(page)
        view.require("pages_read_engagement", *scopes)
        hidden, expired = (arguments.get(name) in ("true", "1") for name in ("include_hidden", "show_expired"))
        since, until = _window(arguments, view)
        found = [
            post
            for post in page.posts
            if since <= post.created <= until
            and (hidden or not post.hidden)
            and (expired or not post.expired)
            and wanted(post)
        ]
        return Listing(found, by_time, newest_first=True, name="post", strict=view.options.stale_cursors)

    return select


def _window(arguments: Arguments, view: View) -> tuple[int, int]:
    since, until = arguments.get("since"), arguments.get("until")
    return (
        moment(since, view.now, "since") if since else 0,
        moment(until, view.now, "until") if until else 1 << 40,
    )


def _own(post: Post) -> bool:
    return post.author.id == post.page.id and not post.dark


def _visitor_posts(page: Page, arguments: Arguments, view: View) -> Listing:
    if page.new_experience:
        raise bad_request("This endpoint is not supported in the new Pages experience.", 2069030)
    of_visitors = _posts(lambda post: post.author.id != page.id and not post.tagged, "pages_read_user_content")
    return of_visitors(page, arguments, view)


def _nothing(node: Any, arguments: Arguments, view: View) -> Listing:
    return Listing([], bare=True)


# -- comments ------------------------------------------------------------------------------------------------------


def _comments(node: Post | Comment, arguments: Arguments, view: View) -> Listing:
    """Comments of a post, replies of a comment. Any token but the Page's own finds nothing, without an error."""
    if not view.owns(page_of(node)):
        return Listing([])
    view.require("pages_read_engagement")
    stream = choice(arguments, "filter", "toplevel", "stream") == "stream"
    order = choice(arguments, "order", "chronological", "reverse_chronological", "ranked")
    choice(arguments, "live_filter", "filter_low_quality", "no_filter")
    items = _all(node, stream)
    ranked = isinstance(node, Post) and node.ranked and not stream and order != "reverse_chronological"
    listing = Listing(
        _since(items, arguments, view),
        by_time,
        newest_first=order == "reverse_chronological",
        shown=lambda comment: not comment.held,
        summary=_summary(node, items, stream, "ranked" if ranked and not order else order, arguments),
        name="comment",
        strict=view.options.stale_cursors,
        deepest=view.options.deepest,
    )
    if ranked and order in ("", "ranked"):
        listing.items = sorted(listing.items, key=lambda c: (-c.likes - len(c.replies or ()), by_time(c)))
        listing.key = None
    return listing


def _all(node: Post | Comment, stream: bool) -> list[Comment]:
    if isinstance(node, Post):
        return node.stream if stream else node.comments
    replies = node.replies or []
    if not stream:
        return replies
    return sorted([found for reply in replies for found in (reply, *_all(reply, True))], key=by_time)


def _since(items: list[Comment], arguments: Arguments, view: View) -> list[Comment]:
    since = arguments.get("since")
    return items[bisect_left(items, (moment(since, view.now, "since"), 0), key=by_time) :] if since else items


def _summary(
    node: Post | Comment, items: list[Comment], stream: bool, order: str, arguments: Arguments
) -> dict[str, Any] | None:
    asked = arguments.get("summary")
    if asked not in ("true", "1", "total_count"):
        return None
    lost = (node.lost if stream else node.lost_top) if isinstance(node, Post) else 0
    total = {"total_count": len(items) + lost}
    return total if asked == "total_count" else {"order": order or "chronological"} | total | {"can_comment": True}


def _reactions(node: Post | Comment, arguments: Arguments, view: View) -> Listing:
    """Only the count is shown: who reacted is not for a Page's token."""
    kind = arguments.get("type", "")
    counts = {"LIKE": node.likes} if isinstance(node, Comment) else node.reactions
    total = counts.get(kind, 0) if kind else sum(counts.values())
    counted = arguments.get("summary") in ("true", "1", "total_count")
    return Listing([], summary={"total_count": total} if counted else None, bare=True)


def _likes(node: Any, arguments: Arguments, view: View) -> Listing:
    return _reactions(node, arguments | {"type": "LIKE"}, view)


def _attachments(node: Post, arguments: Arguments, view: View) -> Listing:
    return Listing([story_attachment(attachment, view) for attachment in node.attachments], bare=True)


def _to(node: Post, arguments: Arguments, view: View) -> Listing:
    return Listing([node.page.profile] if node.author.id != node.page.id else [], bare=True)


# -- Messenger -----------------------------------------------------------------------------------------------------


def _messenger(page: Page, view: View) -> None:
    view.require_page(page)
    view.require("pages_messaging", "pages_manage_metadata", "pages_read_engagement")


def _conversations(page: Page, arguments: Arguments, view: View) -> Listing:
    """Newest activity first; no since or until; `user_id` for one person, `folder` for another than the inbox."""
    _messenger(page, view)
    if choice({"platform": arguments.get("platform", "").lower()}, "platform", "messenger", "instagram") == "instagram":
        return Listing([])
    folder, person = arguments.get("folder", "inbox"), arguments.get("user_id")
    found = [c for c in page.conversations if c.messages and (c.person.id == person if person else c.folder == folder)]
    return Listing(sorted(found, key=_activity), _activity, newest_first=True, name="thread")


def _activity(conversation: Conversation) -> tuple[int, int]:
    return conversation.updated, conversation.n


def _messages(conversation: Conversation, arguments: Arguments, view: View) -> Listing:
    _messenger(conversation.page, view)
    choice({"source": arguments.get("source", "").upper()}, "source", "ALL", "PARTICIPANTS")
    listing = Listing(readable(conversation.messages), by_time, newest_first=True, name="message")
    if view.options.old_messages == "error":
        listing.shown = lambda message: not _refuse(message, view)
    return listing


def is_old(message: Message, view: View) -> bool:
    """Whether the message is older than the newest 20 of its conversation, whose details alone can be read."""
    if view.options.old_messages == "readable":
        return False
    conversation = message.conversation
    oldest = view.oldest.get(conversation.id)
    if oldest is None:
        newest = readable(conversation.messages)[-view.options.readable_messages :]
        oldest = view.oldest[conversation.id] = by_time(newest[0]) if newest else (0, 0)
    return by_time(message) < oldest


def _refuse(message: Message, view: View) -> bool:
    if is_old(message, view):
        raise message_gone()
    return False


def _message_attachments(message: Message, arguments: Arguments, view: View) -> Listing:
    """Offset cursors, and a `next` even after a single attachment, as recorded."""
    return Listing([message_attachment(a, view) for a in message.attachments], offset=True, next_always=True)


# -- people --------------------------------------------------------------------------------------------------------


def _accounts(user: Profile, arguments: Arguments, view: View) -> Listing:
    if user.id != user_of(view.token).id:
        return Listing([])
    view.require("pages_show_list")
    pages = sorted(view.world.pages.values(), key=lambda page: page.id)
    return Listing(pages, lambda page: (0, int(page.id)), name="page")


def _permissions(user: Profile, arguments: Arguments, view: View) -> Listing:
    granted = sorted(view.token.scopes)
    return Listing([{"permission": scope, "status": "granted"} for scope in granted], bare=True)


def _subscribed(page: Page, arguments: Arguments, view: View) -> Listing:
    view.require("pages_manage_metadata")
    return Listing([], bare=True)


EDGES: Mapping[str, Mapping[str, Edge]] = {
    "Page": {
        "feed": Edge("PagePost", _posts(lambda post: not post.dark and not post.scheduled), refuse_above=100),
        "posts": Edge("PagePost", _posts(lambda post: _own(post) and not post.scheduled), refuse_above=100),
        "published_posts": Edge("PagePost", _posts(lambda post: _own(post) and post.published), refuse_above=100),
        "visitor_posts": Edge("PagePost", _visitor_posts, refuse_above=100),
        "tagged": Edge(
            "PagePost",
            _posts(lambda post: post.tagged, "pages_read_user_content"),
            default=("message", "tagged_time", "id"),
        ),
        "scheduled_posts": Edge("PagePost", _posts(lambda post: bool(post.scheduled))),
        "ads_posts": Edge("PagePost", _posts(lambda post: post.dark)),
        "conversations": Edge("UnifiedThread", _conversations),
        "threads": Edge("UnifiedThread", _conversations),
        "ratings": Edge("PagePost", _nothing, dead=True),
        "subscribed_apps": Edge("User", _subscribed),
    },
    "PagePost": {
        "comments": Edge("Comment", _comments),
        "attachments": Edge("StoryAttachment", _attachments),
        "reactions": Edge("User", _reactions),
        "likes": Edge("User", _likes),
        "to": Edge("User", _to),
    },
    "Comment": {
        "comments": Edge("Comment", _comments),
        "reactions": Edge("User", _reactions),
        "likes": Edge("User", _likes),
    },
    "UnifiedThread": {"messages": Edge("UnifiedMessage", _messages)},
    "UnifiedMessage": {"attachments": Edge("MessageAttachment", _message_attachments)},
    "User": {
        "accounts": Edge(
            "Page", _accounts, default=("access_token", "category", "category_list", "name", "id", "tasks")
        ),
        "permissions": Edge("Permission", _permissions),
    },
}
EMPTY = Edge("User", _nothing)
