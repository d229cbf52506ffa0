"""What is asked of the Graph API: one `Ask` for each kind of call, and how it shrinks when Graph wants less.

Every field and edge named here exists in Meta's node specs (a test compares them). Messages have no public spec;
their fields are those of the Conversations API reference.
"""

import re
from dataclasses import dataclass, field, replace

from .fields import Edge, Field, name_of, render, without

FEED_LIMIT = 100  # above it the feed answers error 100 instead of fewer
NESTED = 25  # posts or conversations in one call, each with its newest children
NESTED_COMMENTS = 50
UNASKED = 25  # so many Graph gives where no limit is asked for
CHILDREN = 100
READABLE_MESSAGES = 20  # Graph gives details of the newest 20 messages only

_person = Edge("from", ("id", "name"))
COMMENT: tuple[Field, ...] = (
    "id",
    "message",
    _person,
    "created_time",
    Edge("parent", ("id",)),
    "attachment",
    "comment_count",
    "is_hidden",
    "is_private",
    "permalink_url",
)
POST: tuple[Field, ...] = (
    "id",
    "message",
    "story",
    _person,
    "to",
    "created_time",
    "updated_time",
    "permalink_url",
    "status_type",
    "is_published",
    "is_hidden",
    Edge("attachments", ("media_type", "type", "title", "url", "target")),
)
MESSAGE: tuple[Field, ...] = (
    "id",
    "message",
    _person,
    "created_time",
    "sticker",
    Edge("attachments", ("id", "mime_type", "name", "size")),
    Edge("shares", ("id", "name", "link")),
    "is_unsupported",
)
LISTED: tuple[Field, ...] = ("id", "created_time", "updated_time")
CONVERSATION: tuple[Field, ...] = ("id", "updated_time", "message_count")
_stream = (("filter", "stream"), ("order", "reverse_chronological"))


@dataclass(frozen=True, slots=True)
class Ask:
    """One call: `name` is under which its size is remembered; `inner` bounds the nested edge.

    `of_one`: it is about one post, conversation or message among many, and what it teaches concerns that one alone.
    """

    name: str
    path: str
    fields: tuple[Field, ...]
    limit: int | None = None
    inner: int | None = None
    params: tuple[tuple[str, str], ...] = ()
    dropped: frozenset[str] = field(default_factory=frozenset)
    of_one: bool = False

    def query(self, after: str | None = None) -> dict[str, str]:
        """The parameters of the call; a cursor goes with it when a walk goes on."""
        fields = without(self.fields, self.dropped)
        sized = tuple(self._size(f) for f in fields if not (self.inner == 0 and self._nested(f)))
        query = {"fields": render(sized), **dict(self.params)}
        if self.limit is not None:
            query["limit"] = str(self.limit)
        if after:
            query["after"] = after
        return query

    @property
    def messenger(self) -> bool:
        """Whether Graph counts the call against Messenger's own budget."""
        listed = self.name in ("newest", "conversations_listed", "conversations_whole", "messages")
        return listed or self.path.startswith(("t_", "m_"))

    @staticmethod
    def _nested(field: Field) -> bool:
        return name_of(field) in ("comments", "messages", "feed", "conversations")

    def _size(self, field: Field) -> Field:
        return replace(field, limit=self.inner) if isinstance(field, Edge) and self._nested(field) else field

    def less(self) -> "Ask | None":
        """Half the amount: first of the nested edge, which is dropped at last, then of the list; None at the end."""
        if self.inner and (self.inner > 3 or not all(map(self._nested, self.fields))):
            return replace(self, inner=self.inner // 2 if self.inner > 3 else 0)
        if self.limit and self.limit > 1:
            return replace(self, limit=self.limit // 2)
        return None

    def dropping(self, name: str) -> "Ask | None":
        """The same without one field; with no name given, without attachments, the usual culprit. None if it is not there."""
        name = name or "attachments"
        return replace(self, dropped=self.dropped | {name}) if name != "id" and name in self.names() else None

    def names(self) -> frozenset[str]:
        """The fields and edges that go with the call, at any depth."""
        return frozenset(re.findall(r"[A-Za-z_]\w*", re.sub(r"\.\w+\([^)]*\)", "", self.query()["fields"])))


def _comments_edge() -> Edge:
    return Edge("comments", COMMENT, (*_stream, ("summary", "true")))


def feed_listed(account_id: str) -> Ask:
    """The light walk: which posts are there, and when did each last move (a comment moves updated_time too)."""
    return Ask("feed_listed", f"{account_id}/feed", LISTED, limit=FEED_LIMIT)


def feed_whole(account_id: str, comments: bool) -> Ask:
    """Posts with their newest comments, many in one call."""
    fields = (*POST, _comments_edge()) if comments else POST
    return Ask("feed_whole", f"{account_id}/feed", fields, limit=NESTED, inner=NESTED_COMMENTS if comments else None)


def post_whole(post_id: str, comments: bool) -> Ask:
    """One post as it is now, with its newest comments."""
    fields = (*POST, _comments_edge()) if comments else POST
    return Ask("post_whole", post_id, fields, inner=CHILDREN if comments else None, of_one=True)


def comments_of(post_id: str) -> Ask:
    """Comments of a post with all replies, newest first; the count comes along."""
    summed = (*_stream, ("summary", "true"))
    return Ask("comments", f"{post_id}/comments", COMMENT, limit=CHILDREN, params=summed, of_one=True)


def newest(account_id: str) -> Ask:
    """The newest posts and conversations in one call, as nested edges of the Page: which are there, when they moved."""
    talks = Edge("conversations", CONVERSATION, (("platform", "messenger"),))
    return Ask("newest", account_id, (Edge("feed", LISTED), talks), inner=FEED_LIMIT)


def conversations_listed(account_id: str) -> Ask:
    """Which conversations are there, and when did each last move."""
    platform = (("platform", "messenger"),)
    return Ask("conversations_listed", f"{account_id}/conversations", CONVERSATION, limit=100, params=platform)


def conversations_whole(account_id: str) -> Ask:
    """Conversations with their newest messages, many in one call."""
    return Ask(
        "conversations_whole",
        f"{account_id}/conversations",
        (*CONVERSATION, Edge("messages", MESSAGE)),
        limit=NESTED,
        inner=READABLE_MESSAGES,
        params=(("platform", "messenger"),),
    )


def messages_of(conversation_id: str) -> Ask:
    """Messages of one conversation, newest first."""
    return Ask("messages", f"{conversation_id}/messages", MESSAGE, limit=READABLE_MESSAGES, of_one=True)


def exists(object_id: str) -> Ask:
    """Whether a post, a message or a conversation is there at all."""
    return Ask("exists", object_id, ("id",), of_one=True)
