"""What stands on the sandbox's Pages: plain data, no behaviour.

Times are unix seconds, since Graph knows whole seconds only. `n` is a running number: with the time it orders
things that came in the same second, and it is the second half of a comment's or post's id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Profile(NamedTuple):
    """Who wrote something, as one Page sees him: a person's id differs from Page to Page."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file or link. Kinds: photo, video_inline, animated_image_share, sticker, share, album (posts and comments);
    image, video, audio, file (messages)."""

    kind: str
    id: str
    title: str = ""
    description: str = ""
    url: str = ""
    size: int = 54_321
    parts: tuple[Attachment, ...] = ()


@dataclass(slots=True, eq=False)
class Page:
    """A Facebook Page. `new_experience` Pages have no visitor_posts edge.

    `blocked`: Facebook lets it write nothing for a while (368). `muted`: it may send no messages (10/1893063). `deaf` are the
    persons whom it cannot reach, by the subcode of the refusal: 2018108 or 1545041.
    """

    key: str
    id: str
    name: str
    username: str = ""
    category: str = "Government Official"
    new_experience: bool = True
    posts: list[Post] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)
    blocked: bool = False
    muted: bool = False
    deaf: dict[str, int] = field(default_factory=dict)

    @property
    def profile(self) -> Profile:
        """The Page as an author."""
        return Profile(self.id, self.name)


@dataclass(slots=True, eq=False)
class Post:
    """A post of the Page, of a visitor, or of a stranger who tagged the Page.

    `object_id` is the photo or video behind it: then comment ids start with that, not with the story's number.
    `stream` holds every comment of any depth, `comments` the top level; both by time. `lost` and `lost_top` count
    deleted comments that total_count still counts. `closed`: nobody may comment any more.
    """

    id: str
    n: int
    page: Page
    author: Profile
    text: str
    created: int
    updated: int
    object_id: str = ""
    story: str = ""
    status_type: str = "mobile_status_update"
    attachments: tuple[Attachment, ...] = ()
    shares: int = 0
    reactions: dict[str, int] = field(default_factory=dict)
    tagged: bool = False
    published: bool = True
    hidden: bool = False
    expired: bool = False
    dark: bool = False
    scheduled: int = 0
    anonymous: bool = False
    ranked: bool = False
    answered_privately: bool = False
    closed: bool = False
    comments: list[Comment] = field(default_factory=list)
    stream: list[Comment] = field(default_factory=list)
    lost: int = 0
    lost_top: int = 0

    @property
    def prefix(self) -> str:
        """What its comments' ids start with."""
        return self.object_id or self.id.partition("_")[2]


@dataclass(slots=True, eq=False)
class Comment:
    """A comment or reply. `held`: counted but not shown (awaiting approval, or its author is deactivated)."""

    id: str
    n: int
    post: Post
    parent: Comment | None
    author: Profile
    text: str
    created: int
    attachment: Attachment | None = None
    likes: int = 0
    hidden: bool = False
    private: bool = False
    held: bool = False
    anonymous: bool = False
    answered_privately: bool = False
    replies: list[Comment] | None = None


@dataclass(slots=True, eq=False)
class Message:
    """A Messenger message in either direction."""

    id: str
    n: int
    conversation: Conversation
    author: Profile
    text: str
    created: int
    sticker: str = ""
    attachments: tuple[Attachment, ...] = ()
    reply_to: str = ""
    reaction: str = ""
    unsupported: bool = False
    unsent: bool = False


@dataclass(slots=True, eq=False)
class Conversation:
    """The thread between a Page and one person. `owner`: whether our app may answer in it."""

    id: str
    n: int
    page: Page
    person: Profile
    updated: int = 0
    folder: str = "inbox"
    owner: bool = True
    unread: int = 0
    messages: list[Message] = field(default_factory=list)


Node = Page | Post | Comment | Conversation | Message
