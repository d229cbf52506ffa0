"""The world grows by itself: citizens write, edit, delete; admins hide, hold and approve."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from connector.sandbox import World
from connector.sandbox.things import Comment, Conversation, Message, Page, Post

Thing = Post | Comment | Message
WORDS = ("ADUAN jalan rusak", "ADUAN lampu mati", "DARURAT banjir", "terima kasih", "kapan buka?", "RAGU itu")
MOST = 40
LATEST = 800  # seconds: a comment shown later than this may wait for the next full reading
PEOPLE = tuple(f"Warga {n}" for n in range(6))


class Life:
    """All that happens on one Page. `things` keeps every thing that ever was, `vanished` those that ever were out of sight;
    of these, `late` are the comments that were out of sight only at first, and until when."""

    def __init__(self, world: World, page: Page, rng: Random, told: Callable[[str], None]) -> None:
        self.world, self.page, self.rng, self.told = world, page, rng, told
        self.things: dict[str, Thing] = {}
        self.vanished: set[str] = set()
        self.late: dict[str, int] = {}  # shown from this second on, with an older time of creation
        self.waiting: list[tuple[int, Comment]] = []
        self.talks: list[Conversation] = []
        self.count = 0
        self.most = MOST
        self.post_lost = 0  # the second in which a post was last deleted
        self.anchored = False  # only then may a count stay while its comment goes: see the documented limit

    def begin(self, posts: int, comments: int, passing: Callable[[float], None]) -> None:
        """What stands there before anybody reads; it comes over some days."""
        for _ in range(posts):
            self._post()
            for _ in range(self.rng.randint(0, comments)):
                passing(self.rng.choice((0, 30, 7200)))
                self._comment()
            for _ in range(self.rng.randint(1, 3)):
                passing(self.rng.uniform(0, 43200))
                self._message()

    def act(self) -> None:
        """One thing happens; in a full world only what adds nothing."""
        self._show_late()
        if len(self.things) > self.most:
            self.rng.choice((self._edit, self._delete, self._approve, self._hold, self._unsend, self._delete_talk))()
            return
        kinds: tuple[tuple[Callable[[], None], int], ...] = (
            (self._comment, 30), (self._burst, 4), (self._post, 4), (self._message, 8), (self._edit, 10),
            (self._delete, 8), (self._delete_post, 1), (self._hold, 3), (self._approve, 5), (self._hide, 3), (self._late, 9),
            (self._unsend, 2), (self._edit_post, 2), (self._repost, 2), (self._delete_talk, 1),
        )  # fmt: skip
        (act,) = self.rng.choices([k for k, _ in kinds], [w for _, w in kinds])
        act()

    def meanwhile(self, chance: float) -> None:
        """Between a question and its answer things happen, too."""
        self._show_late()
        while self.rng.random() < chance:
            self.act()

    def text(self) -> str:
        """A text that no other thing has."""
        self.count += 1
        return f"{self.rng.choice(WORDS)} {self.count}"

    def posts(self) -> list[Post]:
        """The posts that stand."""
        return list(self.page.posts)

    def comments(self) -> list[Comment]:
        """The comments that can be seen."""
        return [c for p in self.page.posts for c in p.stream if not c.held]

    def _keep(self, thing: Thing, what: str) -> None:
        self.things[thing.id] = thing
        self.told(f"{what} {thing.id} {thing.text}")

    def _post(self) -> None:
        if self.rng.random() < 0.6:
            self._keep(self.world.add_post(self.page, self.text()), "post")
        else:
            self._keep(self.world.add_visitor_post(self.page, self.text(), self.rng.choice(PEOPLE)), "visit")

    def _comment(self) -> None:
        if not (posts := self.posts()):
            return
        post = self.rng.choice(posts[-3:] if self.rng.random() < 0.7 else posts)
        under: Post | Comment = post
        if post.stream and self.rng.random() < 0.3:
            under = self.rng.choice(post.stream)
        author: Any = self.page if self.rng.random() < 0.1 else self.rng.choice(PEOPLE)
        held = self.rng.random() < 0.05
        made = self.world.add_comment(
            under, self.text(), author, held=held, anonymous=author is not self.page and self.rng.random() < 0.05
        )
        if held:
            self.vanished.add(made.id)
        self._keep(made, "comment")

    def _late(self) -> None:
        """Facebook shows a comment minutes after it was written; the post's time moved long before."""
        if posts := self.posts():
            made = self.world.add_comment(posts[-1], self.text(), self.rng.choice(PEOPLE), held=True)
            self.vanished.add(made.id)
            self.waiting.append((self.world.now() + self.rng.choice((5, 60, 240)), made))
            self._keep(made, "late")

    def _show_late(self) -> None:
        for at, comment in [one for one in self.waiting if one[0] <= self.world.now()]:
            self.waiting.remove((at, comment))
            if comment.id in self.world.nodes and comment.held:
                if self.world.now() - comment.created < LATEST:
                    self.late[comment.id] = self.world.now()
                self.told(f"shown late {comment.id}")
                self.world.approve(comment)

    def _burst(self) -> None:
        for _ in range(self.rng.randint(2, 6)):
            self._comment()

    def _message(self) -> None:
        talk = self.world.conversation(self.page, self.rng.choice(PEOPLE))
        if talk not in self.talks:
            self.talks.append(talk)
        self._keep(self.world.add_message(talk, self.text(), by_page=self.rng.random() < 0.25), "message")

    def _lose(self, thing: Thing) -> None:
        self.vanished.add(thing.id)
        self.late.pop(thing.id, None)

    def _some(self) -> Comment | None:
        comments = self.comments()
        return self.rng.choice(comments) if comments else None

    def _edit(self) -> None:
        if comment := self._some():
            self.world.edit(comment, self.text())
            self.told(f"edit {comment.id} {comment.text}")

    def _edit_post(self) -> None:
        if posts := self.posts():
            post = self.rng.choice(posts)
            self.world.edit(post, self.text())
            self.told(f"edit {post.id} {post.text}")

    def _delete(self) -> None:
        if comment := self._some():
            for gone in _below(comment):
                self._lose(gone)
            self.told(f"delete {comment.id}")
            self.world.delete(comment, still_counted=self.anchored and self.rng.random() < 0.1)

    def _repost(self) -> None:
        """Deletes a comment; the same author writes the same again."""
        if (comment := self._some()) and not comment.replies:
            self._lose(comment)
            self.world.delete(comment)
            again = self.world.add_comment(comment.parent or comment.post, comment.text, comment.author.name)
            self._keep(again, f"repost {comment.id}")

    def _delete_post(self) -> None:
        if len(posts := self.posts()) > 1:
            post = self.rng.choice(posts)
            things: list[Any] = [post, *post.stream]
            for thing in things:
                self._lose(thing)
            self.told(f"delete {post.id}")
            self.world.delete(post)
            self.post_lost = self.world.now()

    def _hold(self) -> None:
        if comment := self._some():
            self._lose(comment)
            self.told(f"hold {comment.id}")
            self.world.hold(comment)

    def _approve(self) -> None:
        waiting = [comment for _, comment in self.waiting]
        held = [c for p in self.page.posts for c in p.stream if c.held and c not in waiting]
        if held:
            comment = self.rng.choice(held)
            self.told(f"approve {comment.id}")
            self.world.approve(comment)

    def _hide(self) -> None:
        if comment := self._some():
            self.told(f"hide {comment.id} {not comment.hidden}")
            self.world.hide(comment, not comment.hidden)

    def _unsend(self) -> None:
        said = [m for t in self.talks for m in t.messages if not m.unsent]
        if said:
            message = self.rng.choice(said)
            self.vanished.add(message.id)
            self.told(f"unsend {message.id}")
            self.world.unsend(message)

    def _delete_talk(self) -> None:
        if self.talks:
            talk = self.rng.choice(self.talks)
            self.talks.remove(talk)
            self.vanished |= {message.id for message in talk.messages}
            self.told(f"delete {talk.id}")
            self.world.delete(talk)


def _below(comment: Comment) -> Iterator[Comment]:
    yield comment
    for reply in comment.replies or ():
        yield from _below(reply)
