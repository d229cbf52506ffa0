"""The world behind the sandbox and everything that can happen in it.

Every change takes the world's lock, so that threads may write while others read through `Sandbox.handle`.
"""

from __future__ import annotations

import itertools
import threading
from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from . import ids
from .things import Attachment, Comment, Conversation, Message, Node, Page, Post, Profile

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


def by_time(thing: Post | Comment | Message) -> tuple[int, int]:
    """The order of things on a Page: time, then running number."""
    return thing.created, thing.n


def _insert(things: list[Any], thing: Post | Comment | Message) -> None:
    if not things or by_time(things[-1]) < by_time(thing):
        things.append(thing)
    else:
        insort(things, thing, key=by_time)


def _remove(things: list[Any], thing: Post | Comment | Message) -> None:
    del things[bisect_left(things, by_time(thing), key=by_time)]


class World:
    """Pages with their posts, comments and conversations; `clock` tells the time of everything that happens."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.pages: dict[str, Page] = {}
        self.nodes: dict[str, Node] = {}
        self.people: dict[str, tuple[Profile, Page]] = {}
        self._numbers = itertools.count(122_000_000_000_001, 7)
        self._profiles: dict[tuple[str, str], Profile] = {}

    def now(self) -> int:
        """Unix seconds on the world's clock."""
        return int(self.clock().timestamp())

    def number(self) -> int:
        """The next running number."""
        return next(self._numbers)

    def profile(self, page: Page, author: str | Page) -> Profile:
        """The author as `page` sees him; the Page itself when a Page is given."""
        if isinstance(author, Page):
            return author.profile
        found = self._profiles.get((page.id, author))
        if found is None:
            found = self._profiles[page.id, author] = Profile(ids.psid(author, page.id), author)
            self.people[found.id] = (found, page)
        return found

    # -- Pages and posts ---------------------------------------------------------------------------------------

    def add_page(self, key: str, id: str, name: str, *, username: str = "", new_experience: bool = True) -> Page:
        """A new, empty Page; `key` is what our side calls it."""
        with self.lock:
            page = Page(key, id, name, username or key, new_experience=new_experience)
            self.pages[key] = self.nodes[id] = page
            return page

    def add_post(
        self, page: Page, text: str, *, author: str | Page | None = None, at: datetime | None = None, **more: Any
    ) -> Post:
        """A post by the Page (or by `author`). `more` are fields of Post: attachments, shares, published, ranked, …"""
        with self.lock:
            n, when = self.number(), self._when(at)
            profile = self.profile(page, author or page)
            post = Post(ids.post_id(page.id, n), n, page, profile, text, when, when, **more)
            _insert(page.posts, post)
            self.nodes[post.id] = post
            return post

    def add_visitor_post(self, page: Page, text: str, author: str, *, at: datetime | None = None, **more: Any) -> Post:
        """A post that a person left on the Page."""
        return self.add_post(page, text, author=author, at=at, status_type="wall_post", **more)

    # -- comments ----------------------------------------------------------------------------------------------

    def add_comment(
        self,
        under: Post | Comment,
        text: str,
        author: str | Page,
        *,
        at: datetime | None = None,
        nested: bool = False,
        **more: Any,
    ) -> Comment:
        """A comment under a post, or a reply under a comment.

        A reply to a reply lands under the top-level comment, as in Facebook's own apps; `nested=True` puts it one
        level deeper, as replies made through the API do. The post's updated_time moves, unless the comment is held.
        """
        with self.lock:
            post = under if isinstance(under, Post) else under.post
            parent = None if isinstance(under, Post) else under
            while parent is not None and parent.parent is not None and not nested:
                parent = parent.parent
            n, when = self.number(), self._when(at)
            profile = self.profile(post.page, author)
            comment = Comment(ids.comment_id(post.prefix, n), n, post, parent, profile, text, when, **more)
            self.place(comment)
            if not comment.held:
                post.updated = max(post.updated, when)
            return comment

    def reply(self, under: Post | Comment, text: str, *, at: datetime | None = None, nested: bool = False) -> Comment:
        """The Page's own comment or answer."""
        page = under.page if isinstance(under, Post) else under.post.page
        return self.add_comment(under, text, page, at=at, nested=nested)

    def place(self, comment: Comment) -> None:
        """Hang a made comment into its post's lists."""
        _insert(comment.post.stream, comment)
        if comment.parent is None:
            _insert(comment.post.comments, comment)
        else:
            comment.parent.replies = comment.parent.replies or []
            _insert(comment.parent.replies, comment)
        self.nodes[comment.id] = comment

    def hold(self, comment: Comment) -> None:
        """The comment vanishes from every list but stays counted (its author is blocked, or it awaits approval)."""
        with self.lock:
            comment.held = True

    def approve(self, comment: Comment) -> None:
        """A held comment appears, late: with its old created_time, and without moving the post's updated_time."""
        with self.lock:
            comment.held = False

    # -- changes -----------------------------------------------------------------------------------------------

    def edit(self, thing: Post | Comment | Message, text: str) -> None:
        """Another text. A post's updated_time moves; a comment shows no trace of it but the text itself."""
        with self.lock:
            thing.text = text
            if isinstance(thing, Post):
                thing.updated = max(thing.updated, self.now())

    def hide(self, thing: Post | Comment, hidden: bool = True) -> None:
        """Hidden or shown again; moves no time."""
        with self.lock:
            thing.hidden = hidden

    def delete(self, thing: Post | Comment | Conversation, *, still_counted: bool = False) -> None:
        """The thing and all under it are gone; `still_counted` leaves it in the post's total_count."""
        with self.lock:
            if isinstance(thing, Conversation):
                thing.page.conversations.remove(thing)
                for message in thing.messages:
                    self.nodes.pop(message.id, None)
            elif isinstance(thing, Post):
                _remove(thing.page.posts, thing)
                for comment in thing.stream:
                    self.nodes.pop(comment.id, None)
            else:
                self._delete_comment(thing, still_counted)
            self.nodes.pop(thing.id, None)

    def _delete_comment(self, comment: Comment, still_counted: bool) -> None:
        for reply in list(comment.replies or ()):
            self._delete_comment(reply, still_counted)
        post = comment.post
        siblings = post.comments if comment.parent is None else comment.parent.replies
        _remove(siblings or [], comment)
        _remove(post.stream, comment)
        self.nodes.pop(comment.id, None)
        post.lost += still_counted
        post.lost_top += still_counted and comment.parent is None

    # -- Messenger ---------------------------------------------------------------------------------------------

    def conversation(self, page: Page, person: str | Profile, *, folder: str = "inbox") -> Conversation:
        """The conversation of a person with a Page, begun if there is none."""
        with self.lock:
            profile = person if isinstance(person, Profile) else self.profile(page, person)
            for known in page.conversations:
                if known.person.id == profile.id:
                    return known
            n = self.number()
            made = Conversation(ids.conversation_id(n), n, page, profile, self.now(), folder)
            page.conversations.append(made)
            self.nodes[made.id] = made
            return made

    def add_message(
        self, conversation: Conversation, text: str, *, by_page: bool = False, at: datetime | None = None, **more: Any
    ) -> Message:
        """A message in either direction; both move the conversation's updated_time."""
        with self.lock:
            n, when = self.number(), self._when(at)
            author = conversation.page.profile if by_page else conversation.person
            message = Message(ids.message_id(conversation.id, n), n, conversation, author, text, when, **more)
            fresh = not conversation.messages
            _insert(conversation.messages, message)
            conversation.updated = when if fresh else max(conversation.updated, when)
            conversation.unread = 0 if by_page else conversation.unread + 1
            self.nodes[message.id] = message
            return message

    def unsend(self, message: Message) -> None:
        """The sender took the message back: gone from the list, error 9000001 when asked for by its id."""
        with self.lock:
            message.unsent = True

    def photo(self, kind: str = "photo", **more: Any) -> Attachment:
        """An attachment with a fresh id."""
        with self.lock:
            return Attachment(kind, str(self.number()), **more)

    def _when(self, at: datetime | None) -> int:
        return self.now() if at is None else int(at.timestamp())


def readable(messages: Sequence[Message]) -> list[Message]:
    """The messages that were not taken back, oldest first."""
    return [message for message in messages if not message.unsent]
