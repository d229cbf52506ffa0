"""The demo world: three Pages of NTB with what citizens write there, the same at every start.

Each Page's story is a table: one line a post, comment or message. `when` is the time before now for a post, visitor
post or chat, and the time after the line before for all that follows it. `more` holds marks and `name=number`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from .things import Attachment, Comment, Conversation, Page, Post
from .world import Clock, World, utc_now

_PAGES = (
    ("gubernur", "100000000000001", "Gubernur NTB", True),
    ("wagub", "100000000000002", "Wakil Gubernur NTB", True),
    ("ntbcare", "100000000000003", "NTB Care", False),
)
_PART = re.compile(r"(\d+)([dhm])")
_UNIT = {"d": "days", "h": "hours", "m": "minutes"}
_STICKER = "https://scontent.xx.fbcdn.net/v/t39.1997-6/sticker_369239263222822.png"
_KINDS = {"photo": "photo", "video": "video_inline", "album": "album", "share": "share", "sticker": "sticker"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a story."""

    what: str
    when: timedelta
    who: str
    text: str
    marks: frozenset[str]
    numbers: dict[str, int]


def demo_world(now: datetime, clock: Clock | None = None) -> World:
    """The three Pages as they stand at `now` (aware); what happens later is told by `clock` (the machine's)."""
    world = World(clock or utc_now)
    for key, id, name, new_experience in _PAGES:
        page = world.add_page(key, id, name, new_experience=new_experience)
        teller = _Teller(world, page, now)
        for line in read(key):
            teller.tell(line)
    return world


def read(key: str) -> Iterator[Line]:
    """The lines of one Page's story."""
    text = files(__package__).joinpath(f"{key}.tsv").read_text(encoding="utf-8")
    for row in text.splitlines()[1:]:
        what, when, who, said, more = (row.split("\t") + [""] * 5)[:5]
        marks = [mark for mark in more.split(",") if mark]
        numbers = {name: int(value) for name, _, value in (mark.partition("=") for mark in marks) if value}
        yield Line(what, _span(when), who, said, frozenset(marks), numbers)


def _span(text: str) -> timedelta:
    return timedelta(**{_UNIT[unit]: int(count) for count, unit in _PART.findall(text)})


class _Teller:
    """Puts lines into the world, keeping the place: the post, comment or conversation that a line belongs to."""

    def __init__(self, world: World, page: Page, now: datetime) -> None:
        self.world, self.page, self.now = world, page, now
        self.at = now
        self.post: Post
        self.comment: Comment
        self.last: Comment
        self.chat: Conversation

    def tell(self, line: Line) -> None:
        """One line more."""
        if line.what in ("post", "visitor", "tagged", "chat"):
            self.at = self.now - line.when
        else:
            self.at = min(self.at + line.when, self.now)
        if line.what == "chat":
            self.chat = self.world.conversation(self.page, line.who)
        elif line.what in ("in", "out"):
            self._message(line)
        elif line.what in ("post", "visitor", "tagged"):
            self._post(line)
        else:
            self._comment(line)

    def _post(self, line: Line) -> None:
        likes = line.numbers.get("reactions", 0)
        more: dict[str, Any] = {
            "attachments": self._attachments(line),
            "shares": line.numbers.get("shares", 0),
            "reactions": {"LIKE": likes - likes // 9, "LOVE": likes // 9} if likes else {},
            "ranked": "ranked" in line.marks,
            "anonymous": "anon" in line.marks,
            "object_id": str(self.world.number()) if "object" in line.marks else "",
            "tagged": line.what == "tagged",
        }
        if line.what == "visitor":
            self.post = self.world.add_visitor_post(self.page, line.text, line.who, at=self.at, **more)
        else:
            more["status_type"] = "added_photos" if more["attachments"] else "mobile_status_update"
            self.post = self.world.add_post(self.page, line.text, author=line.who or None, at=self.at, **more)

    def _comment(self, line: Line) -> None:
        under: Post | Comment = self.post
        if line.what in ("reply", "answer", "deep"):
            under = self.last if line.what == "deep" else self.comment
        attachments = self._attachments(line)
        made = self.world.add_comment(
            under,
            line.text,
            self.page if line.what in ("answer", "own") else line.who,
            at=self.at,
            nested=line.what == "deep",
            attachment=attachments[0] if attachments else None,
            likes=line.numbers.get("likes", 0),
            hidden="hidden" in line.marks,
            held="held" in line.marks,
            anonymous="anon" in line.marks,
        )
        if made.parent is None:
            self.comment = made
        self.last = made
        if "lost" in line.marks:
            self.world.delete(made, still_counted=True)

    def _message(self, line: Line) -> None:
        files = [kind for kind in ("image", "video", "audio", "file") if kind in line.marks]
        self.world.add_message(
            self.chat,
            line.text,
            by_page=line.what == "out",
            at=self.at,
            attachments=tuple(self.world.photo(kind) for kind in files),
            sticker=_STICKER if "sticker" in line.marks else "",
            unsupported="unsupported" in line.marks,
            unsent="unsent" in line.marks,
            reaction="love" if "love" in line.marks else "",
        )

    def _attachments(self, line: Line) -> tuple[Attachment, ...]:
        kinds = [kind for mark, kind in _KINDS.items() if mark in line.marks]
        made = []
        for kind in kinds:
            parts = tuple(self.world.photo("photo") for _ in range(3)) if kind == "album" else ()
            made.append(self.world.photo(kind, parts=parts))
        return tuple(made)
